"""Where lines enter and leave a continuous solid, many of them at once."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from ...geometry import FloatArray
from .search import STEEPEST, WHOLE, Search, values

PRECISION = 1e-9
"""How exactly a surface is found, mm."""

CHORD = 0.02
"""A surface is so straight over that, mm, that it leaves the chord by some 1e-5 mm: enough for what is no point itself."""

_EVERY = 8
"""Of so many samples one is taken first, but one a mm at least; none is taken between two that are far from a surface."""

_CURVED = 0.25
"""By how many mm the values at the ends of a bracket of 1 mm may place the surface wrongly; more only costs time."""

_REACH = 130.0
_STEP = 0.1

Mask = npt.NDArray[np.bool_]


def last_exit(
    start: FloatArray,
    direction: Sequence[float] | FloatArray,
    parts: tuple[int, ...] = WHOLE,
    reach: float = _REACH,
) -> Search[FloatArray]:
    """Search the distance (1,) in mm at which a ray leaves a solid for good; NaN where it never meets it.

    Parameters
    ----------
    start : (3,) array
        Where the ray begins, in the solid or not.
    direction : (3,) array_like
        Of any length.
    parts : tuple of int
        The solid.
    reach : float
        Length that is searched, mm. What is thinner than 0.1 mm may be overlooked.
    """
    unit = np.asarray(direction, dtype=np.float64)
    found = yield from rays_out(start[None], unit[None] / np.linalg.norm(unit), parts, reach)
    return found


def rays_out(
    starts: FloatArray, directions: FloatArray, parts: tuple[int, ...] = WHOLE, reach: float = _REACH
) -> Search[FloatArray]:
    """Search the same (n,) of many rays at once, along unit `directions` (n, 3)."""
    found = yield from _exits(starts, directions, np.arange(0.0, reach, _STEP), parts, last=True)
    return found


def first_exits(
    starts: FloatArray,
    directions: FloatArray,
    reach: float,
    parts: tuple[int, ...] = WHOLE,
    step: float = 0.5,
    outside: bool = False,
    enough: float = PRECISION,
) -> Search[FloatArray]:
    """Search how far (n,) along unit directions lines from points inside a solid first leave it.

    Parameters
    ----------
    starts : (n, 3) array
        NaN is returned for a start outside.
    directions : (n, 3) or (3,) array
        Unit vectors.
    reach : float
        Length that is searched, mm; NaN is returned for a line that does not leave within it.
    parts : tuple of int
        The solid.
    step : float
        What is thinner along the line may be overlooked, mm.
    outside : bool
        Whether what lies around the solid is meant instead of the solid.
    enough : float
        Length to which a surface is narrowed down, mm.
    """
    ways = np.broadcast_to(directions, starts.shape)
    found = yield from _exits(starts, ways, np.arange(0.0, reach + step, step), parts, outside=outside, enough=enough)
    return found


def first_entries(
    starts: FloatArray,
    directions: FloatArray,
    reach: float,
    parts: tuple[int, ...] = WHOLE,
    step: float = 0.25,
    enough: float = PRECISION,
) -> Search[FloatArray]:
    """Search how far (n,) along unit directions lines from points outside a solid first enter it; NaN as `first_exits`."""
    found = yield from first_exits(starts, directions, reach, parts, step, outside=True, enough=enough)
    return found


def last_exits(
    starts: FloatArray, directions: FloatArray, reach: float, parts: tuple[int, ...] = WHOLE, step: float = 0.25
) -> Search[FloatArray]:
    """Search how far (n,) along unit `directions` (n, 3) lines leave a solid for good; NaN where they never meet it."""
    found = yield from _exits(starts, directions, np.arange(0.0, reach + step, step), parts, last=True)
    return found


def _exits(
    starts: FloatArray,
    ways: FloatArray,
    nodes: FloatArray,
    parts: tuple[int, ...],
    last: bool = False,
    outside: bool = False,
    enough: float = PRECISION,
) -> Search[FloatArray]:
    """Search the first (or last) place where lines leave a solid (or what lies around it), NaN where they do not."""
    along = yield from sampled(starts, ways, nodes, parts, last)
    along = -along if outside else along
    within = along < 0
    if last:
        node = len(nodes) - 1 - within[:, ::-1].argmax(axis=1)
        usable = within.any(axis=1) & ~within[:, -1]
    else:
        node = (~within).argmax(axis=1) - 1
        usable = ~within.all(axis=1) & within[:, 0]
    found = np.full(len(starts), np.nan)
    rows, node = np.flatnonzero(usable), node[usable]
    low, high = along[rows, node], along[rows, node + 1]
    if len(rows):
        ends, length = np.stack([low, high], axis=1), nodes[1] - nodes[0]
        found[rows] = yield from narrowed(starts[rows], ways[rows], nodes[node], length, ends, parts, outside, enough)
    return found


def sampled(
    starts: FloatArray, ways: FloatArray, nodes: FloatArray, parts: tuple[int, ...] = WHOLE, last: bool = False
) -> Search[FloatArray]:
    """Search values (n, nodes) on lines: of the right sign, and right beside the first (or last) change of sign."""
    every = min(_EVERY, max(1, round(1.0 / (nodes[1] - nodes[0]))))
    coarse = np.append(np.arange(0, len(nodes) - 1, every), len(nodes) - 1)
    asked = yield from values(_on_lines(starts, ways, np.broadcast_to(nodes[coarse], (len(starts), len(coarse)))), parts)
    known = asked.reshape(len(starts), -1)
    unclear = _unclear(known, np.diff(nodes[coarse]), last)
    place = np.searchsorted(coarse, np.arange(len(nodes)), side="right") - 1
    along = known[:, place]
    fine = np.append(unclear, np.zeros((len(starts), 1), dtype=bool), axis=1)[:, place]
    fine[:, coarse] = False
    rows, columns = np.nonzero(fine)
    if len(rows):
        along[rows, columns] = yield from values(starts[rows] + nodes[columns, None] * ways[rows], parts)
    return along


def _unclear(known: FloatArray, lengths: FloatArray, last: bool) -> Mask:
    """Between which samples (n, samples) the first (or last) change of sign may lie, (n, samples - 1)."""
    change = (known[:, 1:] < 0) != (known[:, :-1] < 0)
    close = np.abs(known[:, 1:]) + np.abs(known[:, :-1]) <= STEEPEST * lengths
    seen = np.cumsum(change[:, ::-1], axis=1)[:, ::-1] if last else np.cumsum(change, axis=1)
    return np.asarray((change & (seen == 1)) | (close & (seen == 0)))


def narrowed(
    starts: FloatArray,
    ways: FloatArray,
    low: FloatArray,
    length: float,
    ends: FloatArray,
    parts: tuple[int, ...] = WHOLE,
    outside: bool = False,
    enough: float = PRECISION,
) -> Search[FloatArray]:
    """Search the crossings (n,) in brackets that begin inside at `low` (n,) and end outside `length` further.

    `ends` (n, 2) are the values at both. Every round takes the middle, which halves the bracket at least, and three points
    close to where the straight line between both ends meets the surface, which leave little of a bracket of a smooth one.
    When brackets are as short as is `enough`, mm, what is found is where that line meets the surface.
    """
    high, before = low + length, np.arange(len(starts)) * 6 - 1
    a, b = ends[:, 0], ends[:, 1]
    t, v = np.empty((2, len(starts), 6))  # both ends, and what is asked between them
    inner = t[:, 1:5]
    while (span := high - low).max() > enough:
        width = np.minimum(np.maximum(_CURVED * span**2, PRECISION / 4), span / 4)
        guess = _on_chord(low, high, a, b)
        for place, each in enumerate((low, guess - width, guess, guess + width, (low + high) / 2, high)):
            t[:, place] = each
        np.minimum(np.maximum(inner, t[:, :1], out=inner), t[:, 5:], out=inner)
        inner.sort(axis=1)
        asked = (yield from values(_on_lines(starts, ways, inner), parts)).reshape(inner.shape)
        v[:, 0], v[:, 1:5], v[:, 5] = a, -asked if outside else asked, b
        out = v >= 0
        out[:, 0], out[:, -1] = False, True
        last = before + out.argmax(axis=1)
        low, high, a, b = t.ravel()[last], t.ravel()[last + 1], v.ravel()[last], v.ravel()[last + 1]
    return _on_chord(low, high, a, b)


def _on_chord(low: FloatArray, high: FloatArray, a: FloatArray, b: FloatArray) -> FloatArray:
    """Return where (n,) between `low` and `high` a straight line goes from `a` to `b` through zero."""
    share = np.divide(a, a - b, out=np.full_like(a, 0.5), where=a < b)
    return np.asarray(np.minimum(np.maximum(low + (high - low) * share, low), high))


def _on_lines(starts: FloatArray, ways: FloatArray, t: FloatArray) -> FloatArray:
    return np.asarray((starts[:, None] + t[..., None] * ways[:, None]).reshape(-1, 3))
