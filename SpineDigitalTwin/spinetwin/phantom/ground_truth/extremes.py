"""The furthest point of a continuous solid along a direction."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product

import numpy as np
import numpy.typing as npt

from ...geometry import FloatArray
from ...geometry.pieces import connected_pieces
from ..shape.solids import Box
from .columns import CHORD, narrowed
from .search import WHOLE, Raster, Search, abreast, inside_raster, values

_COARSE = 1.0
_FINEST = 0.01
_SHRINK = 3
_TIE = 1e-4
_PARTS = 8


def furthest_point(
    box: Box, direction: FloatArray, parts: tuple[int, ...] = WHOLE, mirror: FloatArray | None = None
) -> Search[FloatArray]:
    """Search the point (3,) of a solid that lies furthest along a direction; NaN where the box holds nothing of it.

    Parameters
    ----------
    box : two corners
        Contains the solid.
    direction : (3,) array
        Of any length.
    parts : tuple of int
        The solid.
    mirror : (3,) array, optional
        -1 along the axes in which the solid, its box and the direction are to be seen in a mirror while they are searched.

    Notes
    -----
    The furthest voxel centre of a mask tends to this point as the voxels shrink. Where a whole face or edge lies equally far
    (to 0.1 micrometre), its middle is meant. The surface is seen as heights over a plane across the direction: first over
    columns 1 mm apart, of the largest piece only, then over ever finer ones around the highest, down to 0.01 mm.
    """
    seen = np.ones(3) if mirror is None else mirror
    along = direction * seen / np.linalg.norm(direction)
    helper = np.array([1.0, 0.0, 0.0]) if abs(along[0]) < 0.1 else np.array([0.0, 0.0, 1.0])
    first = helper - (helper @ along) * along
    first = first / np.linalg.norm(first)
    axes = np.stack([first, np.cross(along, first), along]) * seen
    found = yield from _climb(np.array(box), [_View(np.zeros(3), axes)], parts)
    return np.asarray(found[0])


def rims(
    box: Box, middle: FloatArray, firsts: FloatArray, seconds: FloatArray, parts: tuple[int, ...] = WHOLE
) -> Search[FloatArray]:
    """Search the rims (n, 3) of a solid, each between two directions; NaN where the plane does not meet it.

    In the plane through `middle` that two unit vectors of `firsts` and `seconds` (n, 3) span, it is the point that lies
    furthest along their bisector: the corner of a box, and where a rounded edge has turned half way.
    """
    views = []
    for first, second in zip(firsts, seconds, strict=True):
        along, across = (first + second) / np.sqrt(2.0), (first - second) / np.sqrt(2.0)
        views.append(_View(middle, np.stack([across, np.cross(along, across), along]), planar=True))
    found = yield from _climb(np.array(box), views, parts)
    return found


@dataclass(frozen=True, eq=False)
class _View:
    """Heights along the last of three axes (3, 3), over the plane of the others or, `planar`, the line of the first."""

    origin: FloatArray
    axes: FloatArray
    planar: bool = False

    def lines(self, columns: FloatArray) -> FloatArray:
        """Return where columns (n, 2) have height 0, and which way they go, (2, n, 3)."""
        starts = columns @ self.axes[:2] + self.origin
        return np.stack([starts, np.broadcast_to(self.axes[2], starts.shape)])

    def window(self, middle: FloatArray, step: float) -> FloatArray:
        """Return columns (n, 2) around a middle (2,), `step` mm apart."""
        offsets = np.arange(-_SHRINK, _SHRINK + 1)
        return middle + step * np.array(list(product(offsets, [0] if self.planar else offsets)))


def _climb(box: FloatArray, views: list[_View], parts: tuple[int, ...]) -> Search[FloatArray]:
    """Search the highest points (n, 3) in several views at once; NaN where there is none."""
    seen = yield from abreast([_columns(box, view, parts) for view in views])
    held = [place for place, (columns, _) in enumerate(seen) if len(columns)]
    found = np.full((len(views), 3), np.nan)
    tops = yield from _highest([views[n] for n in held], [seen[n] for n in held], _COARSE, parts)
    step, going = _COARSE, {n: top for n, top in zip(held, tops, strict=True) if top is not None}
    while going:
        for n, (middle, height) in going.items():
            found[n] = np.append(middle, height) @ views[n].axes + views[n].origin
        if step <= _FINEST:
            break
        step /= _SHRINK
        windows = [views[n].window(middle, step) for n, (middle, _) in going.items()]
        low = [np.full(len(each), height - 2 * step) for each, (_, height) in zip(windows, going.values(), strict=True)]
        asked = list(zip(windows, low, strict=True))
        tops = yield from _highest([views[n] for n in going], asked, 4 * step, parts)
        # none where two ends are equally high, such as those of a bifid tip: it stays at the middle between them
        going = {n: top for n, top in zip(going, tops, strict=True) if top is not None}
    return found


def _highest(
    views: list[_View], asked: list[tuple[FloatArray, FloatArray]], length: float, parts: tuple[int, ...]
) -> Search[list[tuple[FloatArray, float] | None]]:
    """Search the middle (2,) of the highest of some columns and its height, in each view; None without one.

    Of each view `asked` tells columns (n, 2) and the height (n,) from which on, for a `length`, they are looked at.
    """
    if not views:
        return []
    lines = np.concatenate([view.lines(columns) for view, (columns, _) in zip(views, asked, strict=True)], axis=1)
    heights = yield from _heights(lines[0], lines[1], np.concatenate([low for _, low in asked]), length, parts)
    ends = np.cumsum([len(columns) for columns, _ in asked])[:-1]
    each = zip(asked, np.split(heights, ends), strict=True)
    return [None if np.isneginf(mine).all() else _middle_of_highest(columns, mine) for (columns, _), mine in each]


def _columns(box: FloatArray, view: _View, parts: tuple[int, ...]) -> Search[tuple[FloatArray, FloatArray]]:
    """Search columns (n, 2) that may hold the highest point, and the height (n,) of the last node inside in each."""
    corners = (np.array(list(product(*box.T))) - view.origin) @ view.axes.T
    low, high = np.floor(corners.min(axis=0) / _COARSE), np.ceil(corners.max(axis=0) / _COARSE)
    ticks = [np.arange(a, b + 1) * _COARSE for a, b in zip(low, high, strict=True)]
    if view.planar:  # a rim lies on its side of the origin, in the middle of the solid
        ticks[1:] = np.zeros(1), ticks[2][ticks[2] >= 0.0]
    raster = Raster((ticks[0], ticks[1], ticks[2]), view.axes, view.origin, parts)
    solid = _largest_piece((yield from inside_raster(raster)))
    if not solid.any():
        return np.zeros((0, 2)), np.zeros(0)
    tops = np.where(solid, ticks[2], -np.inf).max(axis=2)
    chosen = tops >= tops.max() - 2 * _COARSE
    return np.column_stack([each[places] for each, places in zip(ticks, np.nonzero(chosen), strict=False)]), tops[chosen]


def _largest_piece(mask: npt.NDArray[np.bool_]) -> npt.NDArray[np.bool_]:
    pieces, count = connected_pieces(mask, corners=True)
    return np.asarray(pieces == np.bincount(pieces.ravel())[1:].argmax() + 1) if count else mask


def _heights(
    starts: FloatArray, ways: FloatArray, low: FloatArray, length: float, parts: tuple[int, ...]
) -> Search[FloatArray]:
    """Search the height (n,) of the last point inside between `low` (n,) and `low` + `length` on each line; -inf without one.

    Lines begin at `starts` and go along unit `ways` (n, 3). Heights are given down to the next multiple above `low` of what
    `length` is after it was divided by 8 often enough to be less than a tenth of `_TIE`, so that columns that are equally
    high are so to the last bit.
    """
    t = low[:, None] + np.arange(_PARTS + 1) * (length / _PARTS)
    nodes = starts[:, None] + t[..., None] * ways[:, None]
    found = (yield from values(nodes.reshape(-1, 3), parts)).reshape(t.shape)
    solid = found < 0
    last = _PARTS - solid[:, ::-1].argmax(axis=1)
    some = solid.any(axis=1)
    held = np.flatnonzero(some & (last < _PARTS))
    heights = np.where(some, t[:, -1], -np.inf)
    if len(held):
        last = last[held]
        ends = np.stack([found[held, last], found[held, last + 1]], axis=1)
        low_ends, part = last * (length / _PARTS), length / _PARTS
        ways_up = yield from narrowed(nodes[held, 0], ways[held], low_ends, part, ends, parts, enough=CHORD)
        unit = length / _PARTS ** np.ceil(np.log(length / (_TIE / 10)) / np.log(_PARTS))
        heights[held] = low[held] + unit * np.floor(ways_up / unit)
    return heights


def _middle_of_highest(columns: FloatArray, heights: FloatArray) -> tuple[FloatArray, float]:
    highest = float(heights.max())
    tied = columns[heights > highest - _TIE]
    return np.asarray((tied.min(axis=0) + tied.max(axis=0)) / 2), highest
