"""Points that step through a solid in two directions in turn, as the rules for corners of a body and of the arch have it."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from ...geometry import FloatArray
from .search import WHOLE, Search, values

Mask = npt.NDArray[np.bool_]

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
    size = (len(first), 2)
    factors = yield from stepped(
        start, np.stack([first, second]), np.zeros(size), np.ones(size), lambda steps: steps[:, 0] > TOLERANCE, parts, goal
    )
    return np.asarray(start + np.einsum("na,anc->nc", factors, np.stack([first, second])))


def stepped(
    start: FloatArray,
    ways: FloatArray,
    factors: FloatArray,
    steps: FloatArray,
    active: Callable[[FloatArray], Mask],
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
        Where the points begin, and by how much a step changes that. Steps of a point are halved whenever it can make neither.
    active : function
        Tells from steps (n, 2) which points (n,) still go on.
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
    while len(some := np.flatnonzero(active(steps))):
        begin, unit, rows = factors[some], steps[some] / _FINER, np.arange(len(some))
        window = begin[:, None, None] + unit[:, None, None] * nodes
        points = np.asarray(start + np.einsum("nija,anc->nijc", window, ways[:, some]))
        fits = (yield from values(points.reshape(-1, 3), parts)).reshape(points.shape[:3]) < 0
        near = np.zeros(fits.shape) if goal is None else np.linalg.norm(points - goal[some, None, None], axis=-1)
        at, stride = np.zeros(begin.shape, dtype=int), np.full(len(some), _FINER)
        while (going := active(steps)[some] & _known(at, stride)).any():
            before = at
            for axis in np.eye(2, dtype=int):
                there = np.minimum(at + stride[:, None] * axis, _AHEAD)
                new, old = (rows, *there.T), (rows, *at.T)
                made = going & fits[new] & ((near[new] < near[old]) if goal is not None else True)
                at = np.where(made[:, None], there, at)
            stuck = going & (at == before).all(axis=1)
            steps[some] = np.where(stuck[:, None], steps[some] / 2, steps[some])
            stride = np.where(stuck, stride // 2, stride)
        factors[some] = begin + unit * at
    return factors


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


def _known(at: npt.NDArray[np.int_], stride: npt.NDArray[np.int_]) -> Mask:
    """Which points' next steps end within what was asked for, (n,)."""
    return np.asarray((stride > 0) & (at.max(axis=1) + stride <= _AHEAD))
