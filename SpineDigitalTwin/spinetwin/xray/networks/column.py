"""Which vertebra of one film is which of the other, and what their levels are.

The rays to the middle of a body meet in space. So vertebrae of both films are matched in their order from the top, so that rays
miss each other least, and are then counted from the lowest; where the column has a gap, a vertebra was not found.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ...anatomy import Level, levels_between
from ...anatomy import level as level_of
from ...geometry import FloatArray
from ..films import Film
from ..triangulate import triangulate

ALONE_MM = 8.0
"""Rays that miss each other by more belong to two vertebrae, each seen on one film only."""

_TOP = "C3"
_RARE = ("T13", "L6")


def matched(films: Sequence[Film], first: Sequence[FloatArray], second: Sequence[FloatArray]) -> list[tuple[int, int]]:
    """Return which centres of one film and of the other belong to one vertebra, from the top.

    Parameters
    ----------
    films : sequence of Film
        Two.
    first, second : sequences of (2,) array
        Column and row of centres on each film, from the top.
    """
    if not len(first) or not len(second):
        return []
    miss = np.array([[_miss(films, (a, b)) for b in second] for a in first])
    cost = np.zeros((len(first) + 1, len(second) + 1))
    for i in range(1, len(first) + 1):
        for j in range(1, len(second) + 1):
            both = cost[i - 1, j - 1] + min(float(miss[i - 1, j - 1]) - ALONE_MM, 0.0)
            cost[i, j] = min(both, cost[i - 1, j], cost[i, j - 1])
    return _traced(cost, miss)


def _traced(cost: FloatArray, miss: FloatArray) -> list[tuple[int, int]]:
    """Return the pairs on the best way through a table of costs."""
    i, j = (size - 1 for size in cost.shape)
    pairs = []
    while i and j:
        if cost[i, j] == cost[i - 1, j]:
            i -= 1
        elif cost[i, j] == cost[i, j - 1]:
            j -= 1
        else:
            i, j = i - 1, j - 1
            if miss[i, j] < ALONE_MM:
                pairs.append((i, j))
    return pairs[::-1]


def _miss(films: Sequence[Film], pixels: Sequence[FloatArray]) -> float:
    """Return by how many mm the rays of a point on two films miss each other."""
    return triangulate([film.camera for film in films], list(pixels)).miss * films[0].pixel_mm


def counted(places: FloatArray, lowest: int) -> list[Level]:
    """Return the levels of a column of vertebrae.

    Parameters
    ----------
    places : (n, 3) array
        Their middles from the top, RAS mm.
    lowest : int
        Level id of the lowest one.

    Returns
    -------
    list of Level
        As many as there are levels, from the top; a vertebra that is missing in the column has its level left out, and those
        above C3 are dropped.
    """
    names = [each for each in levels_between(level_of(_TOP), level_of(lowest)) if each.name not in _RARE or each.id == lowest]
    upwards = names[::-1]
    gaps = np.linalg.norm(np.diff(places, axis=0), axis=1)[::-1]
    at, found = 0, [upwards[0]]
    usual = float(np.median(gaps)) if len(gaps) else 0.0
    for gap in gaps:
        steps = max(1, round(float(gap) / usual)) if usual > 0 else 1
        # vertebrae are the smaller the higher they are, and only a whole one more is a gap
        usual = 0.5 * usual + 0.5 * float(gap) / steps
        at += steps
        if at >= len(upwards):
            break
        found.append(upwards[at])
    return found[::-1]
