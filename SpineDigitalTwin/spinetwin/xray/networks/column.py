"""Which vertebra of one film is which of the other, and what their levels are.

The rays to the middle of a body meet in space. So vertebrae of both films are matched in their order from the top, so that rays
miss each other least, and then counted from the lowest; where it is as far to the next as over two levels, one was not found.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np

from ...anatomy import Level, levels_between
from ...anatomy import level as level_of
from ...geometry import FloatArray
from ...phantom.person.dimensions import DIMENSIONS
from ..films import Film
from ..triangulate import triangulate

ALONE_MM = 8.0
"""Rays that miss each other by more belong to two vertebrae, each seen on one film only."""

_MOST_MISSING = 3
"""So many neighbouring vertebrae may not have been found."""

_DEAR = 0.2
"""That one is missing fits as badly as a distance that is off by this share."""

_SIZES = np.linspace(0.65, 1.35, 36)
"""Of people, against the mean adult."""

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
    gaps, usual = np.linalg.norm(np.diff(places, axis=0), axis=1)[::-1], _usual_distances(upwards)
    walks = [_walk(gaps, size * usual) for size in _SIZES]
    steps, _ = min(walks, key=lambda walk: walk[1])
    return [upwards[0], *(upwards[at] for at in np.cumsum(steps, dtype=int))][::-1]


def _walk(gaps: FloatArray, usual: FloatArray) -> tuple[list[int], float]:
    """Return how many levels up each gap leads as far as there are levels, and how badly that fits, levels."""
    at, steps, misfit = 0, list[int](), 0.0
    for gap in gaps:
        ways = np.cumsum(usual[at : at + _MOST_MISSING + 1])
        if not len(ways):
            break
        missing = int(np.abs(ways - gap).argmin())
        misfit += abs(float(ways[missing] - gap)) / float(usual[at]) + _DEAR * missing
        steps.append(1 + missing)
        at += 1 + missing
    return steps, misfit


def _usual_distances(upwards: Sequence[Level]) -> FloatArray:
    """Return how far the middle of each body lies from that of the next above, in the mean adult, mm."""
    rows = [DIMENSIONS[each.id] for each in upwards]
    return np.array([(a.height + b.height) / 2 + b.disc_height for a, b in pairwise(rows)])
