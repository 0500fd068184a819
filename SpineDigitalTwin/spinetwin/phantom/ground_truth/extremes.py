"""The furthest point of a continuous solid along a direction."""

from __future__ import annotations

from itertools import product

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from ...geometry import FloatArray
from ..shape.solids import Box
from .columns import narrowed
from .search import WHOLE, Search, values

_COARSE = 1.0
_FINEST = 0.01
_SHRINK = 3
_TIE = 1e-4
_PARTS = 8
_NOWHERE = np.full(3, np.nan)


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
    found = yield from _climb(np.array(box), np.zeros(3), axes, parts, planar=False)
    return found


def rim(
    box: Box, middle: FloatArray, first: FloatArray, second: FloatArray, parts: tuple[int, ...] = WHOLE
) -> Search[FloatArray]:
    """Search the rim (3,) of a solid between two directions; NaN where the plane does not meet it.

    In the plane through `middle` that the unit vectors `first` and `second` (3,) span, it is the point that lies furthest
    along their bisector: the corner of a box, and where a rounded edge has turned half way.
    """
    along, across = (first + second) / np.sqrt(2.0), (first - second) / np.sqrt(2.0)
    axes = np.stack([across, np.cross(along, across), along])
    found = yield from _climb(np.array(box), middle, axes, parts, planar=True)
    return found


def _climb(
    box: FloatArray, origin: FloatArray, axes: FloatArray, parts: tuple[int, ...], *, planar: bool
) -> Search[FloatArray]:
    """Search the highest point over the plane of the first two axes, or over the line of the first one only."""
    corners = (np.array(list(product(*box.T))) - origin) @ axes.T
    columns, tops = yield from _columns(corners, origin, axes, parts, planar=planar)
    if not len(columns):
        return _NOWHERE
    heights = yield from _heights(columns, tops, _COARSE, origin, axes, parts)
    offsets = np.arange(-_SHRINK, _SHRINK + 1)
    window = np.array(list(product(offsets, [0] if planar else offsets)))
    step = _COARSE
    middle, highest = _middle_of_highest(columns, heights)
    while step > _FINEST:
        step /= _SHRINK
        columns = middle + step * window
        heights = yield from _heights(columns, np.full(len(columns), highest - 2 * step), 4 * step, origin, axes, parts)
        if np.isneginf(heights).all():
            break  # two ends are equally high, such as those of a bifid tip: it stays at the middle between them
        middle, highest = _middle_of_highest(columns, heights)
    return np.asarray(np.append(middle, highest) @ axes + origin)


def _columns(
    corners: FloatArray, origin: FloatArray, axes: FloatArray, parts: tuple[int, ...], *, planar: bool
) -> Search[tuple[FloatArray, FloatArray]]:
    """Search columns (n, 2) that may hold the highest point, and the height (n,) of the last node inside in each."""
    low, high = np.floor(corners.min(axis=0) / _COARSE), np.ceil(corners.max(axis=0) / _COARSE)
    ticks = [np.arange(a, b + 1) * _COARSE for a, b in zip(low, high, strict=True)]
    if planar:
        ticks[1] = np.zeros(1)
    nodes = np.stack(np.meshgrid(*ticks, indexing="ij"), axis=-1)
    found = yield from values(nodes.reshape(-1, 3) @ axes + origin, parts)
    solid = _largest_piece(found.reshape(nodes.shape[:3]) < 0)
    if not solid.any():
        return np.zeros((0, 2)), np.zeros(0)
    tops = np.where(solid, ticks[2], -np.inf).max(axis=2)
    chosen = tops >= tops.max() - 2 * _COARSE
    return nodes[..., 0, :2][chosen], tops[chosen]


def _largest_piece(mask: npt.NDArray[np.bool_]) -> npt.NDArray[np.bool_]:
    pieces, count = ndimage.label(mask, np.ones((3, 3, 3)))
    return np.asarray(pieces == np.bincount(pieces.ravel())[1:].argmax() + 1) if count else mask


def _heights(
    columns: FloatArray, low: FloatArray, length: float, origin: FloatArray, axes: FloatArray, parts: tuple[int, ...]
) -> Search[FloatArray]:
    """Search the height (n,) of the last point inside between `low` (n,) and `low` + `length` in each column; -inf without one.

    Heights are given down to the next multiple above `low` of what `length` is after it was divided by 8 often enough to be
    less than a tenth of `_TIE`, so that columns that are equally high are so to the last bit.
    """
    t = low[:, None] + np.arange(_PARTS + 1) * (length / _PARTS)
    nodes = np.concatenate([np.broadcast_to(columns[:, None], (*t.shape, 2)), t[..., None]], axis=-1)
    found = (yield from values(nodes.reshape(-1, 3) @ axes + origin, parts)).reshape(t.shape)
    solid = found < 0
    last = _PARTS - solid[:, ::-1].argmax(axis=1)
    held = np.flatnonzero(solid.any(axis=1) & (last < _PARTS))
    heights = np.where(solid.any(axis=1), t[:, -1], -np.inf)
    if len(held):
        starts = np.column_stack([columns, low])[held] @ axes + origin
        ways, last = np.broadcast_to(axes[2], starts.shape), last[held]
        ends = np.stack([found[held, last], found[held, last + 1]], axis=1)
        ways_up = yield from narrowed(starts, ways, last * (length / _PARTS), length / _PARTS, ends, parts)
        unit = length / _PARTS ** np.ceil(np.log(length / (_TIE / 10)) / np.log(_PARTS))
        heights[held] = low[held] + unit * np.floor(ways_up / unit)
    return heights


def _middle_of_highest(columns: FloatArray, heights: FloatArray) -> tuple[FloatArray, float]:
    highest = float(heights.max())
    tied = columns[heights > highest - _TIE]
    return np.asarray((tied.min(axis=0) + tied.max(axis=0)) / 2), highest
