"""The column of bodies and discs among all voxels: what lies apart from it is no part of it."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from ...geometry import FloatArray
from .voxels import BODY, DISC, ENDPLATE, Mask, VoxelList

_CELL = 8.0
"""Edge of the cells that the column is looked for in, mm; cells further apart than that do not belong together."""
_FILLED = 0.2
"""Less of a cell filled than this is a speckle."""
_LEAST = 1000.0
"""A smaller group of cells is no stretch of a column, cubic mm."""
_ASIDE, _DIVERGING = 25.0, 0.4
"""How far beside the axis of the largest stretch another one may lie, mm, and how much more for each mm along it."""

_ELONGATED, _UPRIGHT = 1.5, 0.5

Cells = npt.NDArray[np.int64]


def column_of(voxels: VoxelList) -> Mask:
    """Say of each voxel whether it lies in the column of bodies, discs and endplates.

    Speckles, and false bodies in the abdomen, lie apart from it; stretches that are parted by missing vertebrae lie in line.
    All is done on cells of 8 mm, or of two voxels where these are larger.

    Returns
    -------
    (n,) array of bool
        All False where there is no body.
    """
    kinds = voxels.which((*BODY, *DISC, *ENDPLATE))
    rows = np.flatnonzero(kinds)
    result = np.zeros(len(voxels), dtype=bool)
    if not len(rows):
        return result
    size = max(_CELL, 2.0 * float(voxels.grid.spacing.max()))
    cells = np.floor(voxels.points[rows] / size).astype(np.int64)
    cells -= cells.min(axis=0) - 1
    result[rows] = _kept(cells, size, voxels.grid.voxel_volume)[tuple(cells.T)]
    return result


def _kept(cells: Cells, size: float, voxel_volume: float) -> npt.NDArray[np.bool_]:
    """Return for every cell whether it belongs to the column or borders on it."""
    from scipy import ndimage

    counts = np.zeros(cells.max(axis=0) + 2, dtype=np.int64)
    np.add.at(counts, tuple(cells.T), 1)
    around = np.ones((3, 3, 3))
    groups, number = ndimage.label(counts * voxel_volume > _FILLED * size**3, around)
    if not number:
        return np.asarray(counts > 0)
    volumes = np.asarray(ndimage.sum_labels(counts, groups, np.arange(1, number + 1))) * voxel_volume
    largest = int(volumes.argmax())
    places: list[FloatArray] = [np.argwhere(groups == name + 1) * np.float64(size) for name in range(number)]
    good = [
        name + 1
        for name in range(number)
        if name == largest or (volumes[name] > _LEAST and _in_line(places[largest], places[name]))
    ]
    return np.asarray(ndimage.binary_dilation(np.isin(groups, good), around))


def _in_line(stretch: FloatArray, other: FloatArray) -> bool:
    """Say whether another stretch lies where the nearer end of this one points to."""
    middle = other.mean(axis=0)
    near = stretch[np.argsort(np.linalg.norm(stretch - middle, axis=1))[: max(len(stretch) // 4, 8)]]
    axis = _long_axis(near, stretch)
    offset = middle - near.mean(axis=0)
    along = abs(float(offset @ axis))
    return float(np.linalg.norm(offset - (offset @ axis) * axis)) < _ASIDE + _DIVERGING * along


def _long_axis(near: FloatArray, stretch: FloatArray) -> FloatArray:
    """Return the axis of the nearer end where that is long and not across the patient; else of the whole, or the patient."""
    for points in (near, stretch):
        if len(points) > 3:
            variance, directions = np.linalg.eigh(np.cov(points.T))
            if variance[2] > _ELONGATED * variance[1] and abs(directions[2, 2]) > _UPRIGHT:
                return np.asarray(directions[:, 2])
    return np.array([0.0, 0.0, 1.0])
