"""Surfaces found on continuous functions, in float64: where a ray leaves a solid, where a sliding point stops.

A *function* here takes points (n, 3) and is negative inside. A crossing is bracketed by dense sampling and then narrowed by
dividing the bracket into many parts at once, which is bisection with fewer calls.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeAlias

import numpy as np

from ..geometry import FloatArray

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


def first_exit(inside: Function, start: FloatArray, direction: Sequence[float] | FloatArray, reach: float = 40.0) -> float:
    """Return how far (mm) one can go from a point inside, or on the surface, before leaving the solid; 0 if not at all."""
    t = np.arange(0.0, reach, STEP)
    unit = _unit(direction)
    outside = inside(start + t[:, None] * unit) >= 0
    outside[0] = False
    first = int(np.argmax(outside)) if outside.any() else len(t) - 1
    return _narrow(inside, start, unit, float(t[first - 1]), float(t[first]))


def corner(
    inside: Function, start: FloatArray, first: FloatArray, second: FloatArray, tolerance: float = 1e-3
) -> FloatArray | None:
    """Return the corner of a solid between two of its surface points.

    From `start` along the diagonal of the vectors `first` and `second` (mm) to the surface, then sliding along each of the
    two in turn, forward only, until a turn gains less than `tolerance` mm.
    """
    diagonal = first + second
    t = last_exit(inside, start, diagonal)
    if t is None:
        return None
    point = start + _unit(diagonal) * t
    for _ in range(50):
        gain = 0.0
        for way in (first, second):
            step = first_exit(inside, point, way)
            point = point + _unit(way) * step
            gain = max(gain, step)
        if gain < tolerance:
            break
    return np.asarray(point)


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
