"""How much a function may change within a cell, told from the cells beside it: what lies far from a surface is not refined."""

from __future__ import annotations

import numpy as np

from ...geometry import FloatArray
from ..shape.distances import Array

_STEEPER = 2.0
"""How much steeper than among the cells of a group a function may be within one of them. (Of twelve million nodes of volumes of
six spines five were taken as a whole, or left out, though they count in part; a centroid was seen to move by 7e-5 mm. Of 22
million nodes of sections of six spines none was told wrongly.)"""

_FAR = 12.0
"""What is further off than that is not told apart, mm: beyond it parts are not evaluated everywhere."""


def slopes(values: Array, dimensions: int, apart: float) -> FloatArray:
    """Return how steep a function may be in cells, mm per mm.

    Parameters
    ----------
    values : (n,) array
        The function in the middles of cells, mm, in groups of two along each dimension, those of a group one after the other.
    dimensions : int
        2 or 3.
    apart : float
        Distance of the middles, mm.

    Returns
    -------
    (n,) array
        The same for all cells of a group.
    """
    groups = np.clip(values, -_FAR, _FAR).reshape(-1, *(2,) * dimensions)
    pairs = (len(groups), 2 ** (dimensions - 1))
    steps = [np.abs(np.diff(groups, axis=axis)).reshape(pairs).max(axis=1) for axis in range(1, dimensions + 1)]
    steep = _STEEPER * np.maximum(np.linalg.norm(steps, axis=0) / apart, 1.0)
    return np.asarray(np.repeat(steep, 2**dimensions), dtype=np.float64)
