"""Which nodes of a sagittal sheet lie in a solid: blocks of them that are far from its surface are told by one value."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import numpy.typing as npt

from ...geometry import FloatArray, IntArray
from .cells import slopes
from .search import STEEPEST, WHOLE, Search, values

_EDGES = (16, 8, 4, 2, 1)
"""Nodes along the edges of blocks, and of the finer ones, four of each, into which they are split near a surface."""

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
    inside = np.zeros((len(z), len(y)), dtype=bool)
    if not inside.size:
        return inside
    step = max(float(np.ptp(each)) / max(len(each) - 1, 1) for each in (y, z))
    first = _EDGES[0]
    blocks: IntArray = first * np.indices((-(-len(z) // first), -(-len(y) // first))).reshape(2, -1).T
    steep = np.full(len(blocks), STEEPEST)
    for edge, finer in pairwise(_EDGES):
        off = step * (edge - 1) / 2
        places = y[0] + step * blocks[:, 1] + off, z[0] + step * blocks[:, 0] + off
        found = yield from values(_in_sheet(x, *places), parts)
        steep = slopes(found, 2, step * edge) if edge < first else steep
        clear = np.abs(found) > steep * np.sqrt(2.0) * off
        inside[tuple(_within(_split(blocks[clear & (found < 0)], edge, 1), inside.shape).T)] = True
        blocks = _split(blocks[~clear], edge, finer)
    blocks = _within(blocks, inside.shape)
    found = yield from values(_in_sheet(x, y[blocks[:, 1]], z[blocks[:, 0]]), parts)
    inside[tuple(blocks.T)] = found < 0
    return inside


def _in_sheet(x: float, y: FloatArray, z: FloatArray) -> FloatArray:
    return np.column_stack([np.full(len(y), x), y, z])


def _split(blocks: IntArray, edge: int, finer: int) -> IntArray:
    """Return the finer blocks (n, 2) of blocks, one after the other."""
    return np.asarray((blocks[:, None] + finer * np.indices((edge // finer,) * 2).reshape(2, -1).T).reshape(-1, 2))


def _within(blocks: IntArray, shape: tuple[int, ...]) -> IntArray:
    """Return those that begin within the sheet."""
    return blocks[(blocks < shape).all(axis=1)]
