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
    whole = np.zeros(grid.shape[::-1], np.uint8 if largest <= np.iinfo(np.uint8).max else np.uint16)
    for layer in layers:
        start, block = _inside(grid, layer.image)
        values = np.ascontiguousarray(voxelsOf(layer.image)[block])
        at = np.flatnonzero(values.reshape(-1) != 0)
        found = tableOf(layer, labels, whole.dtype)[values.reshape(-1)[at]]
        at, found = at[found != 0], found[found != 0]
        where = [index + first for index, first in zip(np.unravel_index(at, values.shape), start, strict=True)]
        whole.reshape(-1)[np.ravel_multi_index(where, whole.shape)] = found
    return whole.T


def tableOf(layer: Layer, labels: Mapping[str, int], dtype: np.dtype) -> IntArray:
    """Return the label of each value of a layer."""
    table = np.zeros(max([int(voxelsOf(layer.image).max()), *layer.segments, 0]) + 1, dtype)
    for value, segment in layer.segments.items():
        table[value] = labels.get(segment, 0)
    return table


def _inside(grid: Grid, image: slicer.vtkOrientedImageData) -> tuple[tuple[int, ...], tuple[slice, ...]]:
    """Return the block (k, j, i) of an image that lies in a grid, and the voxel of the grid at which it begins."""
    start, shape = startIn(grid, image), image.GetDimensions()
    low = [max(-a, 0) for a in start]
    high = [max(min(n, most - a), first) for a, n, most, first in zip(start, shape, grid.shape, low, strict=True)]
    begin = tuple(a + first for a, first in zip(start, low, strict=True))[::-1]
    return begin, tuple(slice(a, b) for a, b in zip(low, high, strict=True))[::-1]
