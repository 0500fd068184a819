"""Surfaces found on continuous functions, in float64: where a ray leaves a solid, where a stepping point stops.

A *function* here takes points (n, 3) and is negative inside. A crossing is bracketed by dense sampling and then narrowed by
dividing the bracket into many parts at once, which is bisection with fewer calls.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeAlias

import numpy as np

from ...geometry import FloatArray

Function: TypeAlias = Callable[[FloatArray], FloatArray]

STEP = 0.1
"""Sampling along a ray, mm: what is thinner may be overlooked."""

_PARTS = 64
_ROUNDS = 6


def last_exit(
    inside: Function, start: FloatArray, direction: Sequence[float] | FloatArray, reach: float = 130.0
) -> float | None:
    """Return the distance (mm) at which a ray leaves a solid for good, or None if it never meets it.

    Parameters
    ----------
    inside : function
        Negative inside the solid.
    start : (3,) array
        Where the ray begins, in the solid or not.
    direction : (3,) array_like
        Of any length.
    reach : float
        Length that is searched, mm.
    """
    t = np.arange(0.0, reach, STEP)
    unit = _unit(direction)
    hits = np.nonzero(inside(start + t[:, None] * unit) < 0)[0]
    if not len(hits) or hits[-1] + 1 == len(t):
        return None
    return _narrow(inside, start, unit, float(t[hits[-1]]), float(t[hits[-1] + 1]))


def corners(
    inside: Function, start: FloatArray, first: FloatArray, second: FloatArray, tolerance: float = 1e-3
) -> FloatArray | None:
    """Return the corners (n, 3) of a solid, each between two unit directions (n, 3), or None if `start` (3,) lies outside.

    The bisection of the paper on the continuous solid: steps of 1 mm along `first` and `second` in turn, halved whenever
    neither stays inside, until a step is shorter than `tolerance` mm. All corners are searched side by side.
    """
    if inside(start[None])[0] >= 0:
        return None
    points, steps = np.tile(start, (len(first), 1)), np.ones(len(first))
    while (active := steps > tolerance).any():
        moved = np.zeros(len(first), dtype=bool)
        for ways in (first, second):
            trial = points + steps[:, None] * ways
            fits = active & (inside(trial) < 0)
            points = np.where(fits[:, None], trial, points)
            moved |= fits
        steps = np.where(active & ~moved, steps / 2, steps)
    return points


def _unit(direction: Sequence[float] | FloatArray) -> FloatArray:
    vector = np.asarray(direction, dtype=np.float64)
    return np.asarray(vector / np.linalg.norm(vector))


def _narrow(inside: Function, start: FloatArray, unit: FloatArray, low: float, high: float) -> float:
    """Narrow a bracket whose lower end is inside and whose upper end is outside; return its lower end."""
    for _ in range(_ROUNDS):
        t = np.linspace(low, high, _PARTS + 1)
        outside = inside(start + t[:, None] * unit) >= 0
        outside[0], outside[-1] = False, True
        first = int(np.argmax(outside))
        low, high = float(t[first - 1]), float(t[first])
    return low
