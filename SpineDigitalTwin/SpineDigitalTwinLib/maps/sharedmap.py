"""The one label map in memory that all segments share: each part of each level has a number of its own in it."""

from __future__ import annotations

from collections.abc import Generator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import slicer
import vtk

from ..running.draining import Made
from .parts import Part, rank

if TYPE_CHECKING:
    from spinetwin.geometry import Grid, IntArray, LabelMaps


@dataclass(frozen=True)
class SharedMap:
    """The block of the image that holds labels.

    Attributes
    ----------
    image : vtkOrientedImageData
        Of short; its extent tells where the block lies in the grid of the maps.
    numbers : mapping of Part to int
        From the top down.
    """

    image: slicer.vtkOrientedImageData
    numbers: Mapping[Part, int]


def combining(maps: LabelMaps, whole: Grid) -> Generator[float, None, SharedMap]:
    """Give each pair of labels a number of its own, counted from 1; in steps, each far below the tenth of a second.

    Parameters
    ----------
    maps : LabelMaps
    whole : Grid
        That they lie on, or are a block of.
    """
    from spinetwin.segmentation.flat import finding_block, flat, occupied

    block = yield from _restful(finding_block(maps.subregions, maps.vertebrae))
    subregions, vertebrae = (np.asfortranarray(each[block]) for each in (maps.subregions, maps.vertebrae))
    at = occupied(subregions, vertebrae)
    yield 0.0
    (upper, first), (lower, second) = _ranked(flat(vertebrae)[at]), _ranked(flat(subregions)[at])
    pairs = first * len(lower) + second
    yield 0.0
    present = np.flatnonzero(np.bincount(pairs))
    parts = [Part(int(upper[pair // len(lower)]), int(lower[pair % len(lower)])) for pair in present]
    order = sorted(range(len(parts)), key=lambda index: rank(parts[index]))
    number = np.zeros(len(upper) * len(lower), np.int16)
    number[present[order]] = np.arange(1, len(parts) + 1)
    first = np.round(whole.to_ijk(maps.grid.ijk_to_ras[:3, 3])).astype(int)
    image = _emptyImage(whole, [slice(each.start + a, each.stop + a) for each, a in zip(block, first, strict=True)])
    yield 0.0
    voxelsOf(image).reshape(-1)[at] = number[pairs]
    return SharedMap(image, {parts[index]: place for place, index in enumerate(order, start=1)})


def _restful(steps: Generator[None, None, Made]) -> Generator[float, None, Made]:
    """Say after each step that nothing can be said of how far all is."""
    while True:
        try:
            next(steps)
        except StopIteration as end:
            made: Made = end.value
            return made
        yield 0.0


def _ranked(labels: IntArray) -> tuple[IntArray, IntArray]:
    """Return the labels that occur in rising order, and the place among them of each one given."""
    occurring = np.flatnonzero(np.bincount(labels))
    place = np.zeros(int(occurring[-1]) + 1 if len(occurring) else 1, np.int32)
    place[occurring] = np.arange(len(occurring))
    return occurring, place[labels]


def _emptyImage(grid: Grid, block: Sequence[slice]) -> slicer.vtkOrientedImageData:
    image = slicer.vtkOrientedImageData()
    # an image without voxels would have no place either
    image.SetExtent(*[bound for each in block for bound in (each.start, max(each.stop, each.start + 1) - 1)])
    image.SetImageToWorldMatrix(slicer.util.vtkMatrixFromArray(grid.ijk_to_ras))
    image.AllocateScalars(vtk.VTK_SHORT, 1)
    voxelsOf(image)[:] = 0
    return image


def geometryOf(grid: Grid) -> str:
    """Return Slicer's text for the place of a whole grid."""
    whole = slicer.vtkOrientedImageData()
    whole.SetExtent(*[bound for count in grid.shape for bound in (0, count - 1)])
    whole.SetImageToWorldMatrix(slicer.util.vtkMatrixFromArray(grid.ijk_to_ras))
    return str(slicer.vtkSegmentationConverter.SerializeImageGeometry(whole))


def voxelsOf(image: slicer.vtkOrientedImageData) -> IntArray:
    """Return the voxels of an image as a (k, j, i) array, which is a view."""
    from vtkmodules.util.numpy_support import vtk_to_numpy

    return vtk_to_numpy(image.GetPointData().GetScalars()).reshape(image.GetDimensions()[::-1])


def gridOf(image: slicer.vtkOrientedImageData) -> Grid:
    """Return where the voxels of an image lie; its extent may begin anywhere."""
    from spinetwin.geometry import Grid

    matrix = vtk.vtkMatrix4x4()
    image.GetImageToWorldMatrix(matrix)
    shape = image.GetDimensions()
    return Grid(shape, slicer.util.arrayFromVTKMatrix(matrix)).crop(image.GetExtent()[::2], shape)
