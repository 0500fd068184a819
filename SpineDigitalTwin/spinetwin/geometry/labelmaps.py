"""The pair of label maps that the whole product works on."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from .grid import Grid, IntArray

_BLOCK = 1 << 20


@dataclass(frozen=True)
class LabelMaps:
    """Subregions and vertebrae of one spine on one grid.

    Attributes
    ----------
    grid : Grid
        Where the voxels lie.
    subregions, vertebrae : (i, j, k) arrays of uint8 or uint16
        What a voxel is, and to which level it belongs (disc below level n: 100 + n, its endplates: 200 + n). 0 is background.
    """

    grid: Grid
    subregions: IntArray
    vertebrae: IntArray

    def __post_init__(self) -> None:
        _check(self.grid, self.subregions, self.vertebrae)


@dataclass(frozen=True)
class PartialMaps:
    """What there is of the label maps of one spine, on one grid.

    Attributes
    ----------
    grid : Grid
        Where the voxels lie.
    subregions, vertebrae : (i, j, k) arrays of uint8 or uint16, or None
        As those of `LabelMaps`, where they are known.
    """

    grid: Grid
    subregions: IntArray | None
    vertebrae: IntArray | None

    def __post_init__(self) -> None:
        _check(self.grid, *(each for each in (self.subregions, self.vertebrae) if each is not None))


def _check(grid: Grid, *arrays: IntArray) -> None:
    for array in arrays:
        if array.shape != grid.shape:
            raise ValueError(f"a map of shape {array.shape} on a grid of shape {grid.shape}")
        if array.dtype not in (np.uint8, np.uint16):
            raise ValueError(f"label maps are uint8 or uint16, not {array.dtype}")


def label_counts(array: IntArray) -> npt.NDArray[np.int64]:
    """Return how many voxels have each label from 0 to the largest, counted block by block to keep memory small."""
    flat = array.ravel(order="K")
    counts = np.zeros(int(array.max(initial=0)) + 1, dtype=np.int64)
    for start in range(0, len(flat), _BLOCK):
        counts += np.bincount(flat[start : start + _BLOCK], minlength=len(counts))
    return counts


def labels_in(array: IntArray) -> tuple[int, ...]:
    """Return the labels that occur, in rising order, without the background."""
    return tuple(int(label) for label in np.flatnonzero(label_counts(array)) if label)


def label_boxes(array: IntArray) -> dict[int, tuple[slice, ...]]:
    """Return the smallest box that holds each label that occurs, by label, without the background.

    Parameters
    ----------
    array : (i, j, k) array
        Of whole numbers; any storage order.
    """
    from scipy import ndimage

    # SciPy walks along the last axis, which is slow by an order of magnitude where another one lies together in memory
    order = sorted(range(array.ndim), key=lambda axis: -abs(array.strides[axis]))
    found = ndimage.find_objects(array.transpose(order))
    back = np.argsort(order)
    return {label: tuple(box[axis] for axis in back) for label, box in enumerate(found, start=1) if box is not None}
