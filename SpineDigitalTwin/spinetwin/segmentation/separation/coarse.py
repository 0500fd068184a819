"""Maps with voxels much finer than 1 mm: they are separated on a coarser copy, and every voxel follows its like there.

What tells vertebrae apart is some millimetres large; the finer voxels only cost time and memory, eight times as much for half
the spacing.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product

import numpy as np
import numpy.typing as npt

from ...geometry import FloatArray, Grid, IntArray
from .voxels import BODY, DISC, ENDPLATE, POSTERIOR, SACRUM, Mask, Rows

_ENOUGH = 1.0
"""Spacing, mm, that tells everything; a step is taken as long as that leaves no larger one."""
_FINE = 0.3
"""Volume of a voxel, cubic mm, up to which a map counts as much finer."""
_FAR = 3.0
"""A voxel that is farther than this from all of its kind in the copy, mm, is a speckle that the copy does not hold."""
_PLANES = 24
_ROUNDING = 0.01

Steps = tuple[int, int, int]
_FAMILIES = (BODY, ENDPLATE, DISC, SACRUM, *((label,) for label in POSTERIOR))
_AROUND = sorted(product((-1, 0, 1), repeat=3), key=lambda way: sum(each * each for each in way))
"""The cell itself, and those around it, the nearest first."""


def steps_of(grid: Grid) -> Steps:
    """Return how many voxels of a map become one in its copy, along each array axis; 1 where it is coarse enough."""
    if grid.voxel_volume > _FINE:
        return 1, 1, 1
    i, j, k = (max(1, int(_ENOUGH / spacing + _ROUNDING)) for spacing in grid.spacing)
    return min(i, grid.shape[0]), min(j, grid.shape[1]), min(k, grid.shape[2])


def coarser(subregions: IntArray, grid: Grid, steps: Steps) -> tuple[IntArray, Grid]:
    """Return the copy that holds one voxel of each cell, the middle one, with its grid."""
    first = _first(steps)
    copy = np.array(subregions[tuple(slice(at, None, step) for at, step in zip(first, steps, strict=True))], order="K")
    affine = grid.ijk_to_ras.copy()
    affine[:3, 3] = grid.to_ras(np.array(first))
    affine[:3, :3] *= steps
    return copy, Grid(copy.shape, affine)


def _first(steps: Steps) -> Steps:
    i, j, k = ((step - 1) // 2 for step in steps)
    return i, j, k


def brought_back(subregions: IntArray, copy: IntArray, labels: IntArray, grid: Grid, steps: Steps) -> IntArray:
    """Return the vertebra map of a fine map, from that of its copy.

    A voxel follows its own cell where that is of its kind, else the nearest cell of its kind.

    Parameters
    ----------
    subregions : (i, j, k) array
        The fine map.
    copy, labels : (i', j', k') arrays
        The copy, and its vertebra map.
    grid : Grid
        Of the fine map.
    steps : tuple of 3 int
        As `steps_of` gave them.
    """
    family = _families(subregions)
    kinds = family[copy]
    result = np.zeros_like(subregions, dtype=labels.dtype)
    left: list[tuple[Rows, IntArray]] = []
    for at, mine in _slabs(subregions, family):
        values, found = _of_cells(at, mine, kinds, labels, steps)
        result[tuple(at)] = values
        if not found.all():
            left.append((at[:, ~found], mine[~found]))
    if left:
        rest, mine = np.concatenate([at for at, _ in left], axis=1), np.concatenate([kind for _, kind in left])
        result[tuple(rest)] = _of_nearest(rest, mine, kinds, labels, grid, steps)
    return result


def _families(subregions: IntArray) -> npt.NDArray[np.uint8]:
    """Return the number of the kind of each label; 0 for what is of no vertebra."""
    table = np.zeros(max(256, int(subregions.max(initial=0)) + 1), dtype=np.uint8)
    for number, labels in enumerate(_FAMILIES, start=1):
        table[list(labels)] = number
    return table


def _slabs(subregions: IntArray, family: IntArray) -> Iterator[tuple[Rows, IntArray]]:
    """Yield the indices (3, n) and the kinds of the voxels of vertebrae, some planes at a time, so that memory stays small."""
    slow = 2 if subregions.flags.f_contiguous else 0
    for start in range(0, subregions.shape[slow], _PLANES):
        block = [slice(None)] * 3
        block[slow] = slice(start, start + _PLANES)
        part = subregions[tuple(block)]
        row = part.ravel(order="F" if slow else "C")
        there = np.flatnonzero(row)
        kinds = family[row[there]]
        there, kinds = there[kinds > 0], kinds[kinds > 0]
        at = np.array(np.unravel_index(there, part.shape, order="F" if slow else "C"))
        at[slow] += start
        yield at, kinds


def _of_cells(at: Rows, mine: IntArray, kinds: IntArray, labels: IntArray, steps: Steps) -> tuple[IntArray, Mask]:
    """Return the label of each voxel by its cell or one beside it, and for which there was one of its kind."""
    last = np.array(kinds.shape)[:, None] - 1
    cell = np.minimum(at // np.array(steps)[:, None], last)
    values, open_rows = np.zeros(len(mine), dtype=labels.dtype), np.arange(len(mine))
    for way in _AROUND:
        near = tuple(np.clip(cell[:, open_rows] + np.array(way)[:, None], 0, last)) if any(way) else tuple(cell)
        alike = kinds[near] == mine[open_rows]
        values[open_rows[alike]] = labels[near][alike]
        open_rows = open_rows[~alike]
    found = np.ones(len(mine), dtype=bool)
    found[open_rows] = False
    return values, found


def _of_nearest(at: Rows, mine: IntArray, kinds: IntArray, labels: IntArray, grid: Grid, steps: Steps) -> IntArray:
    """Return the label of the nearest voxel of the same kind in the copy; 0 where there is none near by."""
    from scipy.spatial import cKDTree

    values = np.zeros(len(mine), dtype=labels.dtype)
    points: FloatArray = grid.to_ras(at.T)
    for kind in np.unique(mine):
        asked, cells = np.flatnonzero(mine == kind), np.argwhere(kinds == kind)
        if len(cells):
            tree = cKDTree(grid.to_ras(cells * np.array(steps) + np.array(_first(steps))))
            distance, nearest = tree.query(points[asked], distance_upper_bound=_FAR)
            near = np.isfinite(distance)
            values[asked[near]] = labels[tuple(cells[nearest[near]].T)]
    return values
