"""The furthest point of a continuous solid along a direction."""

from __future__ import annotations

from itertools import product

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from ...geometry import FloatArray
from ..shape.solids import Box
from .search import Function

_COARSE = 1.0
_FINEST = 0.01
_SHRINK = 3
_TIE = 1e-4
_PARTS = 8


def furthest_point(inside: Function, box: Box, direction: FloatArray) -> FloatArray | None:
    """Return the point (3,) of a solid that lies furthest along a direction, or None where the box holds nothing of it.

    Parameters
    ----------
    inside : function
        Takes points (n, 3), negative inside.
    box : two corners
        Contains the solid.
    direction : (3,) array
        Of any length.

    Notes
    -----
    The furthest voxel centre of a mask tends to this point as the voxels shrink. Where a whole face or edge lies equally far
    (to 0.1 micrometre), its middle is meant. The surface is seen as heights over a plane across the direction: first over
    columns 1 mm apart, of the largest piece only, then over ever finer ones around the highest, down to 0.01 mm.
    """
    along = direction / np.linalg.norm(direction)
    helper = np.array([1.0, 0.0, 0.0]) if abs(along[0]) < 0.1 else np.array([0.0, 0.0, 1.0])
    first = helper - (helper @ along) * along
    first = first / np.linalg.norm(first)
    return _climb(inside, box, np.zeros(3), np.stack([first, np.cross(along, first), along]), planar=False)


def rim(inside: Function, box: Box, middle: FloatArray, first: FloatArray, second: FloatArray) -> FloatArray | None:
    """Return the rim (3,) of a solid between two directions, or None where the plane does not meet it.

    In the plane through `middle` that the unit vectors `first` and `second` (3,) span, it is the point that lies furthest
    along their bisector: the corner of a box, and where a rounded edge has turned half way.
    """
    along, across = (first + second) / np.sqrt(2.0), (first - second) / np.sqrt(2.0)
    return _climb(inside, box, middle, np.stack([across, np.cross(along, across), along]), planar=True)


def _climb(inside: Function, box: Box, origin: FloatArray, axes: FloatArray, *, planar: bool) -> FloatArray | None:
    """Find the highest point over the plane of the first two axes, or over the line of the first one only."""

    def seen(p: FloatArray) -> FloatArray:
        return inside(p @ axes + origin)

    corners = (np.array(list(product(*zip(*box, strict=True)))) - origin) @ axes.T
    start = _columns(seen, corners, planar=planar)
    if start is None:
        return None
    columns, tops = start
    heights = _heights(seen, columns, tops, _COARSE)
    offsets = np.arange(-_SHRINK, _SHRINK + 1)
    window = np.array(list(product(offsets, [0] if planar else offsets)))
    step = _COARSE
    while step > _FINEST:
        middle, highest = _middle_of_highest(columns, heights)
        step /= _SHRINK
        columns = middle + step * window
        heights = _heights(seen, columns, np.full(len(columns), highest - 2 * step), 4 * step)
    middle, highest = _middle_of_highest(columns, heights)
    return np.asarray(np.append(middle, highest) @ axes + origin)


def _columns(seen: Function, corners: FloatArray, *, planar: bool) -> tuple[FloatArray, FloatArray] | None:
    """Columns (n, 2) that may hold the highest point, and the height (n,) of the last node inside in each."""
    low, high = np.floor(corners.min(axis=0) / _COARSE), np.ceil(corners.max(axis=0) / _COARSE)
    ticks = [np.arange(a, b + 1) * _COARSE for a, b in zip(low, high, strict=True)]
    if planar:
        ticks[1] = np.zeros(1)
    nodes = np.stack(np.meshgrid(*ticks, indexing="ij"), axis=-1)
    solid = _largest_piece(seen(nodes.reshape(-1, 3)).reshape(nodes.shape[:3]) < 0)
    if not solid.any():
        return None
    tops = np.where(solid, ticks[2], -np.inf).max(axis=2)
    chosen = tops >= tops.max() - 2 * _COARSE
    return nodes[..., 0, :2][chosen], tops[chosen]


def _largest_piece(mask: npt.NDArray[np.bool_]) -> npt.NDArray[np.bool_]:
    pieces, count = ndimage.label(mask, np.ones((3, 3, 3)))
    return np.asarray(pieces == np.bincount(pieces.ravel())[1:].argmax() + 1) if count else mask


def _heights(seen: Function, columns: FloatArray, low: FloatArray, length: float) -> FloatArray:
    """Height (n,) of the last point inside between `low` (n,) and `low` + `length` in each column; -inf where there is none."""
    rows = np.arange(len(columns))
    found = np.ones(len(columns), dtype=bool)
    while length > _TIE / 10:
        t = low[:, None] + np.arange(_PARTS + 1) * (length / _PARTS)
        points = np.concatenate([np.broadcast_to(columns[:, None], (*t.shape, 2)), t[..., None]], axis=-1)
        solid = seen(points.reshape(-1, 3)).reshape(t.shape) < 0
        found &= solid.any(axis=1)
        low, length = t[rows, _PARTS - solid[:, ::-1].argmax(axis=1)], length / _PARTS
    return np.where(found, low, -np.inf)


def _middle_of_highest(columns: FloatArray, heights: FloatArray) -> tuple[FloatArray, float]:
    highest = float(heights.max())
    tied = columns[heights > highest - _TIE]
    return np.asarray((tied.min(axis=0) + tied.max(axis=0)) / 2), highest
