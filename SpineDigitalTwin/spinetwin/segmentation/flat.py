"""Label maps as rows of voxels: nine of ten voxels are background, and what has no label need not be looked at twice."""

from __future__ import annotations

from collections.abc import Generator

import numpy as np
import numpy.typing as npt

from ..geometry import IntArray, LabelMaps

Indices = npt.NDArray[np.int64]
Block = tuple[slice, slice, slice]

_SLAB_VOXELS = 1 << 24


def flat(array: IntArray) -> IntArray:
    """Return all voxels in one row, the first index fastest, as files and Slicer store them; a view in Fortran order."""
    return array.reshape(-1, order="F")


def occupied(*arrays: IntArray) -> Indices:
    """Return the flat indices of the voxels that have a label in any of some arrays of one shape, as `flat` counts them."""
    there = flat(arrays[0]) != 0
    for each in arrays[1:]:
        there |= flat(each) != 0
    return np.flatnonzero(there)


def replaced(array: IntArray, at: Indices, values: IntArray) -> IntArray:
    """Return a copy in Fortran order with other values at some flat indices; the array itself where there are none."""
    if not len(at):
        return array
    changed = array.copy(order="F")
    flat(changed)[at] = values
    return changed


def labels_of(array: IntArray) -> IntArray:
    """Return the labels of a map in rising order, background left out."""
    row = array.ravel(order="K")
    # counting is what takes long, and most voxels need not be counted
    return np.flatnonzero(np.bincount(row[row != 0]))


def occupied_block(*arrays: IntArray) -> Block:
    """Return the smallest block that holds every label of some (i, j, k) arrays of one shape; empty where there is none."""
    steps = finding_block(*arrays)
    while True:
        try:
            next(steps)
        except StopIteration as end:
            block: Block = end.value
            return block


def finding_block(*arrays: IntArray) -> Generator[None, None, Block]:
    """Do as `occupied_block`, some slices at each step, for an application that must not wait."""
    low, high = np.array(arrays[0].shape), np.zeros(3, np.int64)
    for array in arrays:
        found = yield from _finding_used(array)
        for axis, used in enumerate(found):
            if len(used):
                low[axis], high[axis] = min(low[axis], used[0]), max(high[axis], used[-1] + 1)
    i, j, k = (slice(int(a), int(b)) if a < b else slice(0, 0) for a, b in zip(low, high, strict=True))
    return i, j, k


def _finding_used(array: IntArray) -> Generator[None, None, list[Indices]]:
    """Return along each axis where there are labels; one pass in memory order, and a projection."""
    turned = array.T if array.flags.f_contiguous else array
    flattened, slices = np.zeros(turned.shape[1:], array.dtype), np.zeros(len(turned), bool)
    count = max(1, _SLAB_VOXELS // max(1, flattened.size))
    for start in range(0, len(turned), count):
        slab = turned[start : start + count]
        flattened |= np.bitwise_or.reduce(slab, axis=0)
        slices[start : start + count] = slab.reshape(len(slab), -1).any(axis=1)
        yield
    found = [np.flatnonzero(slices), np.flatnonzero(flattened.any(axis=1)), np.flatnonzero(flattened.any(axis=0))]
    return found[::-1] if array.flags.f_contiguous else found


def cropped(maps: LabelMaps, block: Block) -> LabelMaps:
    """Return a block of two maps with its own grid; copies, in Fortran order."""
    subregions, vertebrae = (np.asfortranarray(each[block]) for each in (maps.subregions, maps.vertebrae))
    return LabelMaps(maps.grid.crop([each.start for each in block], subregions.shape), subregions, vertebrae)
