"""From the core's arrays to volume and segmentation nodes."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

import numpy as np
import slicer
import vtk
from spinetwin.segmentation.flat import labels_of
from spinetwin.segmentation.kinds import SUBREGIONS, VERTEBRAE

from .parts import GREY, levelOf
from .sharedmap import voxelsOf

if TYPE_CHECKING:
    from spinetwin.geometry import Grid
    from spinetwin.segmentation.flat import Block

IMAGE = "image"

_CLASSES = {
    IMAGE: "vtkMRMLScalarVolumeNode",
    SUBREGIONS: "vtkMRMLLabelMapVolumeNode",
    VERTEBRAE: "vtkMRMLLabelMapVolumeNode",
}

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
    return addVolume(IMAGE, name, imageOf(array), grid)


def addSubregions(name: str, array: np.ndarray, grid: Grid) -> slicer.vtkMRMLLabelMapVolumeNode:
    """Add a subregion map to the scene, with the names and colours of the parts; parameters as for `addImage`."""
    return addVolume(SUBREGIONS, name, imageOf(array), grid, labels_of(array).tolist())


def addVertebrae(name: str, array: np.ndarray, grid: Grid) -> slicer.vtkMRMLLabelMapVolumeNode:
    """Add a vertebra map to the scene, with the names and colours of the levels; parameters as for `addImage`."""
    return addVolume(VERTEBRAE, name, imageOf(array), grid, labels_of(array).tolist())


def addVolume(
    kind: str, name: str, image: vtk.vtkImageData, grid: Grid, labels: Iterable[int] = ()
) -> slicer.vtkMRMLVolumeNode:
    """Add an IMAGE, or a map of SUBREGIONS or VERTEBRAE with the names and colours of its labels, to the scene."""
    node = slicer.mrmlScene.AddNewNodeByClass(_CLASSES[kind], name)
    node.SetIJKToRASMatrix(slicer.util.vtkMatrixFromArray(grid.ijk_to_ras))
    node.SetAndObserveImageData(image)
    node.CreateDefaultDisplayNodes()
    if kind != IMAGE:
        names, colours = (_partName, _partColour) if kind == SUBREGIONS else (_vertebraName, _vertebraColour)
        table = _addColours(f"{name} colours", labels, names, colours)
        node.GetDisplayNode().SetAndObserveColorNodeID(table.GetID())
    return node


def emptyImage(shape: Iterable[int], dtype: np.dtype) -> vtk.vtkImageData:
    """Return an (i, j, k) image whose voxels are still to be filled in, for instance through `sharedmap.voxelsOf`."""
    from vtkmodules.util.numpy_support import get_vtk_array_type

    image = vtk.vtkImageData()
    image.SetDimensions(*shape)
    image.AllocateScalars(get_vtk_array_type(dtype), 1)
    return image


def imageOf(array: np.ndarray) -> vtk.vtkImageData:
    """Return an (i, j, k) array as an image."""
    image = emptyImage(array.shape, array.dtype)
    # VTK stores the first index fastest, so Slicer's arrays are indexed (k, j, i)
    voxelsOf(image)[:] = array.T
    return image


def _partName(label: int) -> str:
    from spinetwin.anatomy import subregion

    return subregion(label).meaning


def _partColour(label: int) -> tuple[float, float, float]:
    from spinetwin.report import colours

    return colours.rgb(colours.of_subregion(label))


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


def update(node: slicer.vtkMRMLLabelMapVolumeNode, array: np.ndarray, block: Block) -> None:
    """Give a volume other voxels.

    Parameters
    ----------
    node : vtkMRMLLabelMapVolumeNode
    array : (i, j, k) array
    block : tuple of 3 slices
        Where they go.
    """
    slicer.util.arrayFromVolume(node).T[block] = array
    slicer.util.arrayFromVolumeModified(node)


def updateVertebrae(node: slicer.vtkMRMLLabelMapVolumeNode, array: np.ndarray, block: Block) -> None:
    """Give a vertebra map other voxels, and its colour table the names and colours of the levels that it has now."""
    update(node, array, block)
    table = node.GetDisplayNode().GetColorNode() if node.GetDisplayNode() else None
    if table is None or not table.IsA("vtkMRMLColorTableNode") or table.GetType() != table.User:
        return
    _fill(table, labels_of(array).tolist(), _vertebraName, _vertebraColour)


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
