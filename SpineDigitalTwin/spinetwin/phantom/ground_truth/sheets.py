"""Which nodes of a sagittal sheet lie in a solid: blocks of them that are far from its surface are told by one value."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from ...geometry import FloatArray, IntArray
from .search import STEEPEST, WHOLE, Search, values

_BLOCKS = ((16, 4), (4, 2), (2, 1))
"""Nodes along the edges of blocks, and of those into which they are split near a surface."""

Mask = npt.NDArray[np.bool_]


def inside_sheet(x: float, y: FloatArray, z: FloatArray, parts: tuple[int, ...] = WHOLE) -> Search[Mask]:
    """Search which nodes lie in a solid.

    Parameters
    ----------
    x : float
        Place of the sheet, mm to the right.
    y, z : (n,) and (m,) arrays
        Places of the nodes, mm, ascending in steps that are all alike.
    parts : tuple of int
        The solid.

    Returns
    -------
    (m, n) array of bool
    """
    size = np.array([len(z), len(y)])
    inside = np.zeros((len(z), len(y)), dtype=bool)
    if not inside.size:
        return inside
    step = max(float(np.ptp(each)) / max(len(each) - 1, 1) for each in (y, z))
    first = _BLOCKS[0][0]
    blocks: IntArray = first * np.indices((-(-len(z) // first), -(-len(y) // first))).reshape(2, -1).T
    for edge, finer in _BLOCKS:
        off = step * (edge - 1) / 2
        middles = np.column_stack([np.full(len(blocks), x), y[blocks[:, 1]] + off, z[blocks[:, 0]] + off])
        found = yield from values(middles, parts)
        clear = np.abs(found) > STEEPEST * np.sqrt(2.0) * off
        inside[tuple(_split(blocks[clear & (found < 0)], edge, 1, size).T)] = True
        blocks = _split(blocks[~clear], edge, finer, size)
    nodes = np.column_stack([np.full(len(blocks), x), y[blocks[:, 1]], z[blocks[:, 0]]])
    inside[tuple(blocks.T)] = (yield from values(nodes, parts)) < 0
    return inside


def _split(blocks: IntArray, edge: int, finer: int, size: IntArray) -> IntArray:
    """Return the finer blocks (n, 2) of blocks, those that begin within the sheet."""
    within = (blocks[:, None] + finer * np.indices((edge // finer,) * 2).reshape(2, -1).T).reshape(-1, 2)
    return np.asarray(within[(within < size).all(axis=1)])
