"""From the core's arrays to volume and segmentation nodes."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

import numpy as np
import slicer

if TYPE_CHECKING:
    from spinetwin.geometry import Grid

Name = Callable[[int], str]
Colour = Callable[[int], "tuple[float, float, float]"]


def addImage(name: str, array: np.ndarray, grid: Grid) -> slicer.vtkMRMLScalarVolumeNode:
    """Add a scalar volume to the scene.

    Parameters
    ----------
    name : str
        Of the new node.
    array : (i, j, k) array
        Grey values.
    grid : Grid
        Where the voxels lie; any storage order, any obliqueness.
    """
    return _addVolume(name, array, grid, "vtkMRMLScalarVolumeNode")


def addSubregions(name: str, array: np.ndarray, grid: Grid) -> slicer.vtkMRMLLabelMapVolumeNode:
    """Add a subregion map to the scene, with the names and colours of the parts; parameters as for `addImage`."""
    from spinetwin.anatomy import subregion
    from spinetwin.report import colours

    return _addLabelMap(
        name, array, grid, lambda key: subregion(key).meaning, lambda key: colours.rgb(colours.of_subregion(key))
    )


def addVertebrae(name: str, array: np.ndarray, grid: Grid) -> slicer.vtkMRMLLabelMapVolumeNode:
    """Add a vertebra map to the scene, with the names and colours of the levels; parameters as for `addImage`."""
    from spinetwin.anatomy import LEVELS
    from spinetwin.report import colours

    names: dict[int, str] = {}
    shades: dict[int, tuple[float, float, float]] = {}
    for each in LEVELS:
        labels = {each.id: each.name, each.disc_id: f"{each.name} disc below", each.endplate_id: f"{each.name} endplates"}
        names.update({label: text for label, text in labels.items() if label is not None})
        shades.update({label: colours.rgb(colours.of_level(each.id)) for label in labels if label is not None})
    grey = (0.7, 0.7, 0.7)
    return _addLabelMap(name, array, grid, lambda key: names.get(key, str(key)), lambda key: shades.get(key, grey))


def addSegmentation(name: str, labels: slicer.vtkMRMLLabelMapVolumeNode) -> slicer.vtkMRMLSegmentationNode:
    """Add a segmentation with one segment for each label of a label map, named and coloured like it."""
    node = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLSegmentationNode", name)
    node.CreateDefaultDisplayNodes()
    node.SetReferenceImageGeometryParameterFromVolumeNode(labels)
    slicer.modules.segmentations.logic().ImportLabelmapToSegmentationNode(labels, node)
    return node


def _addVolume(name: str, array: np.ndarray, grid: Grid, nodeClass: str) -> slicer.vtkMRMLVolumeNode:
    # VTK stores the first index fastest, so Slicer's arrays are indexed (k, j, i)
    return slicer.util.addVolumeFromArray(np.ascontiguousarray(array.T), grid.ijk_to_ras, name, nodeClass)


def _addLabelMap(name: str, array: np.ndarray, grid: Grid, nameOf: Name, colourOf: Colour) -> slicer.vtkMRMLLabelMapVolumeNode:
    node = _addVolume(name, array, grid, "vtkMRMLLabelMapVolumeNode")
    table = _addColours(f"{name} colours", [int(label) for label in np.unique(array) if label], nameOf, colourOf)
    node.GetDisplayNode().SetAndObserveColorNodeID(table.GetID())
    return node


def _addColours(name: str, labels: Iterable[int], nameOf: Name, colourOf: Colour) -> slicer.vtkMRMLColorTableNode:
    labels = list(labels)
    table = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLColorTableNode", name)
    table.SetTypeToUser()
    table.SetNumberOfColors(max(labels, default=0) + 1)
    table.SetColor(0, "background", 0.0, 0.0, 0.0, 0.0)
    for label in labels:
        table.SetColor(label, nameOf(label), *colourOf(label), 1.0)
    table.HideFromEditorsOn()
    return table
