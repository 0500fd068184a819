"""The state of the panel that is saved with the scene."""

from typing import Annotated, Union

import slicer
from slicer.parameterNodeWrapper import Default, parameterNodeWrapper

# Slicer 5.10 does not read the newer form, A | B
Map = Union[slicer.vtkMRMLLabelMapVolumeNode, slicer.vtkMRMLSegmentationNode, None]  # noqa: UP007


@parameterNodeWrapper
class SpinePOIParameters:
    """What the panel works with.

    Attributes
    ----------
    subregions, vertebrae : label map volume or segmentation
        What points are computed from.
    keepEdits : bool
        Whether computing again leaves edited points where they are.
    keepOnSurface : bool
        Whether points that are moved are held on the bone.
    reader : str
        Who reviews.
    """

    subregions: Map
    vertebrae: Map
    keepEdits: Annotated[bool, Default(True)]
    keepOnSurface: bool
    reader: str
