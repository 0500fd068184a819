"""The voxels of label map volumes and segmentations, as arrays on one grid."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import slicer
from slicer.i18n import tr as _
from spinetwin.errors import MapError

from . import layers, resampledlayers

if TYPE_CHECKING:
    from collections.abc import Generator, Mapping

    from spinetwin.geometry import Grid, IntArray, LabelMaps

_LARGEST = 65535


def isVolume(node: slicer.vtkMRMLNode) -> bool:
    """Say whether a node is a volume, and no segmentation."""
    return bool(node.IsA("vtkMRMLVolumeNode"))


def contentTime(node: slicer.vtkMRMLNode) -> int:
    """Return a number that grows whenever the voxels of a label map or segmentation change."""
    data = node.GetImageData() if isVolume(node) else node.GetSegmentation()
    return int(data.GetMTime()) if data is not None else 0


def identityOf(node: slicer.vtkMRMLNode | None) -> tuple[str, int]:
    """Return what tells a map and its content from another."""
    return ("", 0) if node is None else (node.GetID(), contentTime(node))


def gridOf(volume: slicer.vtkMRMLVolumeNode) -> Grid:
    """Return where the voxels of a volume lie."""
    import vtk
    from spinetwin.geometry import Grid

    matrix = vtk.vtkMatrix4x4()
    volume.GetIJKToRASMatrix(matrix)
    return Grid(volume.GetImageData().GetDimensions(), slicer.util.arrayFromVTKMatrix(matrix))


def labelsOf(volume: slicer.vtkMRMLVolumeNode) -> IntArray:
    """Return the voxels of a label map as an (i, j, k) array of uint8 or uint16; a view, but of larger numbers.

    Raises
    ------
    MapError
        If a value is no label: negative, or above 65535.
    """
    array = slicer.util.arrayFromVolume(volume).T
    if array.dtype in (np.uint8, np.uint16):
        return array
    kept = array.view(f"u{array.dtype.itemsize}") if array.dtype in (np.int8, np.int16) else array
    low, high = (0 if kept is not array else array.min(initial=0)), kept.max(initial=0)
    most = np.iinfo(array.dtype).max if kept is not array else _LARGEST
    if low < 0 or high > most:
        raise MapError(
            _("{name} holds {value}, which is no label.").format(name=volume.GetName(), value=int(low if low < 0 else high)),
            _("Labels are whole numbers from 0 to {most}.").format(most=_LARGEST),
        )
    return kept if kept is not array else array.astype(np.uint16)


def takingLabelMaps(
    subregions: slicer.vtkMRMLNode, vertebrae: slicer.vtkMRMLNode, segmentLabels: Mapping[str, Mapping[str, int]]
) -> Generator[float, None, LabelMaps]:
    """Return the two maps as arrays on one grid, in steps.

    Parameters
    ----------
    subregions, vertebrae : label map volume or segmentation
    segmentLabels : mapping of node id to mapping of segment id to label
        What the segments of each segmentation stand for; 0 for those that count as background.

    Raises
    ------
    MapError
        If they do not lie on the same voxels.
    """
    from spinetwin.geometry import LabelMaps

    reference = next((node for node in (subregions, vertebrae) if isVolume(node)), None)
    found = []
    for node in (subregions, vertebrae):
        if isVolume(node):
            found.append((labelsOf(node), gridOf(node)))
        else:
            taken = yield from _takingSegments(node, reference, segmentLabels[node.GetID()])
            found.append(taken)
    (parts, grid), (levels, other) = found
    if not grid.same_place(other):
        raise MapError(
            f"{subregions.GetName()} and {vertebrae.GetName()} do not lie on the same voxels.",
            "Choose two maps of the same image, or resample one of them.",
        )
    return LabelMaps(grid, parts, levels)


def _takingSegments(
    node: slicer.vtkMRMLSegmentationNode, reference: slicer.vtkMRMLVolumeNode | None, labels: Mapping[str, int]
) -> Generator[float, None, tuple[np.ndarray, Grid]]:
    grid = gridOf(reference) if reference is not None else layers.referenceGrid(node)
    found = layers.of(node)
    if grid is None or (not found and node.GetSegmentation().GetSourceRepresentationName() != layers.LABELMAP):
        return _exported(node, reference, labels)
    together = reference is None or node.GetParentTransformNode() is reference.GetParentTransformNode()
    if together and all(layers.startIn(grid, each.image) is not None for each in found):
        return layers.paste(found, grid, labels), grid
    target = reference.GetParentTransformNode() if reference is not None else node.GetParentTransformNode()
    matrix = resampledlayers.betweenNodes(target, node.GetParentTransformNode())
    if matrix is None:
        return _exported(node, reference, labels)
    array = yield from resampledlayers.resampling(found, grid, labels, matrix)
    return array, grid


def _exported(
    node: slicer.vtkMRMLSegmentationNode, reference: slicer.vtkMRMLVolumeNode | None, labels: Mapping[str, int]
) -> tuple[np.ndarray, Grid]:
    """Let Slicer make voxels of a segmentation that has surfaces only, or that a transform bends; it takes a second."""
    import vtk

    known = {segment: label for segment, label in labels.items() if label}
    segments = vtk.vtkStringArray()
    for segment in known:
        segments.InsertNextValue(segment)
    volume = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLLabelMapVolumeNode")
    volume.HideFromEditorsOn()
    try:
        # without a volume to follow, the segmentation's own geometry is taken whole, not cropped to the segments
        extent = slicer.vtkSegmentation.EXTENT_REFERENCE_GEOMETRY
        slicer.modules.segmentations.logic().ExportSegmentsToLabelmapNode(node, segments, volume, reference, extent)
        # Slicer numbers what it exports from 1
        table = np.array([0, *known.values()], dtype=np.uint16)
        return table[slicer.util.arrayFromVolume(volume).T], gridOf(volume)
    finally:
        display = volume.GetDisplayNode()
        colours = display.GetColorNode() if display else None
        for each in (colours, display, volume):
            if each is not None:
                slicer.mrmlScene.RemoveNode(each)
