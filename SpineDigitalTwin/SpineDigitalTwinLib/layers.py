"""The label maps in memory that a segmentation consists of: one that all segments share, and more where some overlap."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import slicer

from .sharedmap import gridOf, voxelsOf

if TYPE_CHECKING:
    from spinetwin.geometry import Grid, IntArray

LABELMAP = "Binary labelmap"
GEOMETRY = "Reference image geometry"

_SAME_MM = 0.01


@dataclass(frozen=True)
class Layer:
    """One of them.

    Attributes
    ----------
    image : vtkOrientedImageData
        Its extent may begin anywhere.
    segments : mapping of int to str
        Segment id of each label value.
    """

    image: slicer.vtkOrientedImageData
    segments: Mapping[int, str]


def of(node: slicer.vtkMRMLSegmentationNode) -> list[Layer]:
    """Return the layers of a segmentation that hold voxels; none for one that is made of surfaces only."""
    segmentation, found = node.GetSegmentation(), []
    for number in range(segmentation.GetNumberOfLayers(LABELMAP)):
        image = segmentation.GetLayerDataObject(number, LABELMAP)
        ids = segmentation.GetSegmentIDsForLayer(number, LABELMAP)
        if image is not None and image.GetNumberOfPoints():
            found.append(Layer(image, {segmentation.GetSegment(each).GetLabelValue(): each for each in ids}))
    return found


def referenceGrid(node: slicer.vtkMRMLSegmentationNode) -> Grid | None:
    """Return where the voxels of the image lie that a segmentation was made on; None where it does not tell."""
    image = slicer.vtkOrientedImageData()
    text = node.GetSegmentation().GetConversionParameter(GEOMETRY)
    if not text or not slicer.vtkSegmentationConverter.DeserializeImageGeometry(text, image, False):
        return None
    return gridOf(image) if min(image.GetDimensions()) > 0 else None


def startIn(grid: Grid, image: slicer.vtkOrientedImageData) -> tuple[int, int, int] | None:
    """Return the voxel of a grid at which an image begins; None where its voxels are others, or lie turned."""
    own = gridOf(image)
    start = np.round(grid.to_ijk(own.ijk_to_ras[:3, 3]))
    i, j, k = (int(each) for each in start)
    return (i, j, k) if grid.crop(start, own.shape).same_place(own, _SAME_MM) else None


def paste(layers: Iterable[Layer], grid: Grid, labels: Mapping[str, int]) -> IntArray:
    """Return an (i, j, k) label map on a grid that the layers fit; of two layers, the later wins.

    Parameters
    ----------
    layers : iterable of Layer
    grid : Grid
    labels : mapping of str to int
        The label of each segment; 0, or none, leaves its voxels as they are.
    """
    largest = max(labels.values(), default=0)
    whole = np.zeros(grid.shape, np.uint8 if largest <= np.iinfo(np.uint8).max else np.uint16, order="F")
    for layer in layers:
        target, source = _overlap(grid, layer.image)
        values = voxelsOf(layer.image).T[source]
        block = whole[target]
        table = _table(layer, labels, whole.dtype)
        at = np.nonzero(values)
        found = table[values[at]]
        block[at] = np.where(found, found, block[at])
    return whole


def _table(layer: Layer, labels: Mapping[str, int], dtype: np.dtype) -> IntArray:
    """Return the label of each value of a layer."""
    table = np.zeros(max([int(voxelsOf(layer.image).max()), *layer.segments, 0]) + 1, dtype)
    for value, segment in layer.segments.items():
        table[value] = labels.get(segment, 0)
    return table


def _overlap(grid: Grid, image: slicer.vtkOrientedImageData) -> tuple[tuple[slice, ...], tuple[slice, ...]]:
    """Return the block that a grid and an image share, in the voxels of each."""
    start, shape = startIn(grid, image), image.GetDimensions()
    ends = [(max(a, 0), min(a + n, most)) for a, n, most in zip(start, shape, grid.shape, strict=True)]
    bounds = [(low, max(low, high)) for low, high in ends]
    target = tuple(slice(low, high) for low, high in bounds)
    return target, tuple(slice(low - a, high - a) for (low, high), a in zip(bounds, start, strict=True))
