"""Where many parallel lines leave a continuous solid, all at once."""

from __future__ import annotations

import numpy as np

from ...geometry import FloatArray
from .search import Function

PRECISION = 1e-9
"""How exactly a surface is found, mm."""

_PARTS = 8


def first_exits(inside: Function, starts: FloatArray, direction: FloatArray, reach: float, step: float = 0.5) -> FloatArray:
    """Return how far (n,) along a unit direction lines from points inside a solid first leave it.

    Parameters
    ----------
    inside : function
        Takes points (n, 3), negative inside.
    starts : (n, 3) array
        NaN is returned for a start outside.
    direction : (3,) array
        Unit vector.
    reach : float
        Length that is searched, mm; NaN is returned for a line that does not leave within it.
    step : float
        What is thinner along the line may be overlooked, mm.
    """
    t = np.arange(0.0, reach + step, step)
    out = _values(inside, starts, direction, np.broadcast_to(t, (len(starts), len(t)))) >= 0
    first = out.argmax(axis=1)
    usable = out.any(axis=1) & ~out[:, 0]
    near = _narrow(inside, starts, direction, t[np.maximum(first - 1, 0)], step)
    return np.where(usable, near, np.nan)


def last_exits(inside: Function, starts: FloatArray, directions: FloatArray, reach: float, step: float = 0.25) -> FloatArray:
    """Return how far (n,) along unit `directions` (n, 3) lines leave a solid for good; NaN where they never meet it."""
    t = np.arange(0.0, reach + step, step)
    within = _values(inside, starts, directions, np.broadcast_to(t, (len(starts), len(t)))) < 0
    last = len(t) - 1 - within[:, ::-1].argmax(axis=1)
    usable = within.any(axis=1) & ~within[:, -1]
    return np.where(usable, _narrow(inside, starts, directions, t[last], step), np.nan)


def first_entries(inside: Function, starts: FloatArray, direction: FloatArray, reach: float, step: float = 0.25) -> FloatArray:
    """Return how far (n,) along a unit direction lines from points outside a solid first enter it; NaN as `first_exits`."""
    return first_exits(lambda p: -inside(p), starts, direction, reach, step)


def _narrow(inside: Function, starts: FloatArray, direction: FloatArray, low: FloatArray, length: float) -> FloatArray:
    """Narrow brackets that begin inside at `low` (n,) and end outside `length` further."""
    rows = np.arange(len(starts))
    while length > PRECISION:
        t = low[:, None] + np.arange(_PARTS + 1) * (length / _PARTS)
        out = _values(inside, starts, direction, t) >= 0
        out[:, 0], out[:, -1] = False, True
        low, length = t[rows, out.argmax(axis=1) - 1], length / _PARTS
    return low + length / 2


def _values(inside: Function, starts: FloatArray, direction: FloatArray, t: FloatArray) -> FloatArray:
    points = starts[:, None] + t[..., None] * np.broadcast_to(direction, starts.shape)[:, None]
    return inside(points.reshape(-1, 3)).reshape(t.shape)
