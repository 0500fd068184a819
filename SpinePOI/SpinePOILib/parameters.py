"""The state of the panel that is saved with the scene."""

from typing import Annotated

import slicer
from slicer.parameterNodeWrapper import Default, parameterNodeWrapper


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

    subregions: slicer.vtkMRMLLabelMapVolumeNode | slicer.vtkMRMLSegmentationNode
    vertebrae: slicer.vtkMRMLLabelMapVolumeNode | slicer.vtkMRMLSegmentationNode
    keepEdits: Annotated[bool, Default(True)]
    keepOnSurface: bool
    reader: str
