"""From the core's arrays to volume and segmentation nodes."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

import numpy as np
import slicer

from .parts import GREY, levelOf

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
    return _addLabelMap(name, array, grid, _vertebraName, _vertebraColour)


def _vertebraName(label: int) -> str:
    level = levelOf(label)
    if level is None:
        return str(label)
    names = {level.id: level.name, level.disc_id: f"{level.name} disc below", level.rib_id: f"{level.name} ribs"}
    return names.get(label, f"{level.name} endplates")


def _vertebraColour(label: int) -> tuple[float, float, float]:
    from spinetwin.report import colours

    level = levelOf(label)
    return colours.rgb(colours.of_level(level.id)) if level else GREY


def update(node: slicer.vtkMRMLLabelMapVolumeNode, array: np.ndarray) -> None:
    """Give a volume other voxels.

    Parameters
    ----------
    node : vtkMRMLLabelMapVolumeNode
    array : (i, j, k) array
        Of the shape that it has.
    """
    slicer.util.arrayFromVolume(node)[:] = array.T
    slicer.util.arrayFromVolumeModified(node)


def updateVertebrae(node: slicer.vtkMRMLLabelMapVolumeNode, array: np.ndarray) -> None:
    """Give a vertebra map other voxels, and its colour table the names and colours of the levels that it has now."""
    update(node, array)
    table = node.GetDisplayNode().GetColorNode() if node.GetDisplayNode() else None
    if table is None or not table.IsA("vtkMRMLColorTableNode") or table.GetType() != table.User:
        return
    flat = array.ravel(order="K")
    labels = np.flatnonzero(np.bincount(flat[flat != 0])).tolist()
    _fill(table, labels, _vertebraName, _vertebraColour)


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
    table = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLColorTableNode", name)
    table.SetTypeToUser()
    _fill(table, list(labels), nameOf, colourOf)
    table.HideFromEditorsOn()
    return table


def _fill(table: slicer.vtkMRMLColorTableNode, labels: list[int], nameOf: Name, colourOf: Colour) -> None:
    was = table.StartModify()
    table.SetNumberOfColors(max([*labels, table.GetNumberOfColors() - 1], default=0) + 1)
    table.SetColor(0, "background", 0.0, 0.0, 0.0, 0.0)
    for label in labels:
        table.SetColor(label, nameOf(label), *colourOf(label), 1.0)
    table.EndModify(was)
