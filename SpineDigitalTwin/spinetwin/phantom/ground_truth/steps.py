"""Points that step through a solid in two directions in turn, as the rules for corners of a body and of the arch have it."""

from __future__ import annotations

import numpy as np

from ...geometry import FloatArray
from .search import WHOLE, Search, values

TOLERANCE = 1e-3
"""A shorter step is not made, mm."""

_FINER, _AHEAD = 2, 8
"""Values are asked at once at nodes of a step divided by that, and as many of them in each direction, before it is known which
steps will be made."""

_STAIRS = 24
"""So many first steps in both directions are asked for at once: far from any surface all of them are made."""


def stepped_corners(
    start: FloatArray, first: FloatArray, second: FloatArray, parts: tuple[int, ...] = WHOLE, goal: FloatArray | None = None
) -> Search[FloatArray]:
    """Search the corners (n, 3) of a solid, each between two unit directions (n, 3); NaN if `start` (3,) lies outside.

    The bisection of the paper on the continuous solid: steps of 1 mm along `first` and `second` in turn, halved whenever
    neither stays inside, until a step is no longer than `TOLERANCE`. With a `goal` (n, 3), steps must come closer to it, and
    the start may lie anywhere.
    """
    if not len(first):
        return np.zeros((0, 3))
    if goal is None:
        begins = yield from values(start[None], parts)
        if begins[0] >= 0:
            return np.full((len(first), 3), np.nan)
    factors, steps = np.zeros((len(first), 2)), np.ones((len(first), 2))
    factors = yield from stepped(start, np.stack([first, second]), factors, steps, parts, goal)
    return np.asarray(start + np.einsum("na,anc->nc", factors, np.stack([first, second])))


def stepped(
    start: FloatArray,
    ways: FloatArray,
    factors: FloatArray,
    steps: FloatArray,
    parts: tuple[int, ...] = WHOLE,
    goal: FloatArray | None = None,
) -> Search[FloatArray]:
    """Search how far n points go within a solid, stepping along the first and the second of two ways in turn.

    Parameters
    ----------
    start : (3,) array
        Where all ways begin.
    ways : (2, n, 3) array
        What a factor of 1 is, mm.
    factors, steps : (n, 2) arrays
        Where the points begin, and by how much a step changes that. Steps of a point are halved whenever it can make neither,
        until both are no longer than `TOLERANCE`.
    parts : tuple of int
        The solid.
    goal : (n, 3) array, optional
        Which every step must come closer to.

    Returns
    -------
    (n, 2) array
        Factors of the points at the end.
    """
    factors = yield from _up_the_stairs(start, ways, factors, steps, parts, goal)
    steps, nodes = steps.copy(), np.moveaxis(np.indices((_AHEAD + 1, _AHEAD + 1)), 0, -1)
    longest = (steps * np.linalg.norm(ways, axis=2).T).max(axis=1)
    left = np.ceil(np.log2(longest / TOLERANCE)).astype(int)
    while len(some := np.flatnonzero(left > 0)):
        unit = steps[some] / _FINER
        window = factors[some, None, None] + unit[:, None, None] * nodes
        points = np.asarray(start + np.einsum("nija,anc->nijc", window, ways[:, some]))
        fits = (yield from values(points.reshape(-1, 3), parts)).reshape(points.shape[:3]) < 0
        near = None if goal is None else np.linalg.norm(points - goal[some, None, None], axis=-1)
        for row, point in enumerate(some):
            at, halved = _walked(fits[row].tolist(), None if near is None else near[row].tolist(), int(left[point]))
            factors[point] += unit[row] * at
            steps[point] /= 2**halved
            left[point] -= halved
    return factors


def _walked(fits: list[list[bool]], near: list[list[float]] | None, left: int) -> tuple[tuple[int, int], int]:
    """Return how far a point steps over the nodes of a window, and how often (`left` times at most) its steps are halved."""
    i, j, stride, halved = 0, 0, _FINER, 0
    while stride and halved < left and max(i, j) + stride <= _AHEAD:
        before = i, j
        for u, v in ((stride, 0), (0, stride)):
            if fits[i + u][j + v] and (near is None or near[i + u][j + v] < near[i][j]):
                i, j = i + u, j + v
        if (i, j) == before:
            stride, halved = stride // 2, halved + 1
    return (i, j), halved


def _up_the_stairs(
    start: FloatArray,
    ways: FloatArray,
    factors: FloatArray,
    steps: FloatArray,
    parts: tuple[int, ...],
    goal: FloatArray | None,
) -> Search[FloatArray]:
    """Search the factors (n, 2) at which one of the next two steps is not made for the first time."""
    made = np.array([((count + 1) // 2, count // 2) for count in range(2 * _STAIRS + 1)])
    points = start + np.einsum("nma,anc->nmc", factors[:, None] + made * steps[:, None], ways)
    fits = (yield from values(points[:, 1:].reshape(-1, 3), parts)).reshape(len(factors), -1) < 0
    if goal is not None:
        fits &= np.diff(np.linalg.norm(points - goal[:, None], axis=-1), axis=1) < 0
    both = np.all(fits.reshape(len(factors), _STAIRS, 2), axis=2)
    count = np.where(np.all(both, axis=1), _STAIRS, np.argmin(both, axis=1))
    return np.asarray(factors + count[:, None] * steps)
