"""What lies between two vertebrae: facet joints, the disc, the canal with the cord."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from ...anatomy import level as level_of
from ...geometry import FloatArray, Frame
from ..person.dimensions import Dimensions
from .distances import Array, Triple, ellipse, rounded_max
from .part import Joint
from .places import facet_curve, facet_normal, joint_drop
from .solids import Body, Box
from .vertebra import VertebraShape

CORD_TIP = 20
"""Level id of L1, in whose middle third the cord ends."""


_NO_CORD = 10.0
"""A distance that stands for "there is no cord at this height", mm."""

ALIKE = 1e-9
"""Below this difference, mm, the joints of both sides are one joint and its mirror image."""


@dataclass(frozen=True)
class Joints:
    """The right and the left facet joint with one neighbour; the left one seen in a mirror, None where it is the same."""

    right: Joint
    left: Joint | None = None

    @property
    def on_the_left(self) -> Joint:
        """The left joint, seen in a mirror."""
        return self.right if self.left is None else self.left


def joints_between(upper: Dimensions, above: Frame, lower: Dimensions, below: Frame) -> tuple[Joints, Joints]:
    """Return the facet joints between two vertebrae as the upper and as the lower one sees them.

    They lie half way between the two, so that facets meet in any posture. Where the column neither leans nor turns to a side,
    the left joint is the mirror image of the right one to the last bit.
    """
    down = (upper.height + upper.disc_height) / 2
    up = (lower.height + upper.disc_height) / 2
    middle = _half_way(above, below, (above.origin - down * above.superior + below.origin + up * below.superior) / 2)
    wall = -(upper.body_depth + lower.body_depth) / 4
    at = lower.facet_x, wall - lower.facet_behind, -joint_drop(lower)
    right = Joint(at, facet_normal(lower), facet_curve(lower))
    mirror = np.array([-1.0, 1.0, 1.0])
    pair = np.array([right.point, right.point * mirror]), np.array([right.normal, right.normal * mirror])
    return _seen_from(above, middle, *pair, right.curve), _seen_from(below, middle, *pair, right.curve)


def _seen_from(frame: Frame, middle: Frame, points: FloatArray, normals: FloatArray, curve: float) -> Joints:
    mirror = np.array([[1.0], [-1.0]]) * np.array([[1.0, 0.0, 0.0]]) + np.array([[0.0, 1.0, 1.0]])
    points = frame.to_local(middle.to_ras(points)) * mirror
    normals = normals @ middle.axes @ frame.axes.T * mirror
    if np.abs(points[0] - points[1]).max() < ALIKE and np.abs(normals[0] - normals[1]).max() < ALIKE:
        return Joints(Joint(_triple(points.mean(axis=0)), _triple(normals.mean(axis=0)), curve))
    right, left = (Joint(_triple(point), _triple(normal), curve) for point, normal in zip(points, normals, strict=True))
    return Joints(right, left)


def _triple(vector: FloatArray) -> Triple:
    x, y, z = (float(value) for value in vector)
    return x, y, z


def _half_way(first: Frame, second: Frame, origin: FloatArray) -> Frame:
    u, _, v = np.linalg.svd(first.axes + second.axes)
    return Frame(origin, u @ v)


@dataclass(frozen=True, eq=False)
class DiscShape:
    """A disc: what lies between two endplates and within the side walls, in the frame of the level above; equal only to itself.

    Attributes
    ----------
    upper, lower : Body
        The bodies it joins.
    to_lower : Frame
        Frame of the lower vertebra, seen from the upper one.
    """

    upper: Body
    lower: Body
    to_lower: Frame

    @property
    def box(self) -> Box:
        """Two corners that contain the disc."""
        a, b = max(self.upper.width, self.lower.width) / 2 + 3, max(self.upper.depth, self.lower.depth) / 2 + 4
        z = float(self.to_lower.origin[2]) + self.lower.height / 2
        return (-a, -b, z - 6.0), (a, b, -self.upper.height / 2 + 6.0)

    @property
    def symmetric(self) -> bool:
        """Whether its left side is the mirror image of the right one, but for rounding."""
        return not (self.upper.lateral or self.lower.lateral) and upright(self.to_lower)

    def distance(self, x: Array, y: Array, z: Array) -> Array:
        """Return the signed distance in mm, negative in the disc."""
        u, v, w = self.seen_from_below(x, y, z)
        plates = np.maximum(-self.upper.below(x, y, z), -self.lower.above(u, v, w))
        side = 0.5 * (self.upper.side(x, y, z) + self.lower.side(u, v, w))
        return rounded_max(side, plates, 0.3)

    def seen_from_below(self, x: Array, y: Array, z: Array) -> tuple[Array, Array, Array]:
        """Return the same points in the frame of the lower vertebra."""
        ox, oy, oz = (float(value) for value in self.to_lower.origin)
        x, y, z = x - ox, y - oy, z - oz
        rows = [[float(value) for value in row] for row in self.to_lower.axes]
        u, v, w = (np.asarray(x * a + y * b + z * c) for a, b, c in rows)
        return u, v, w


def upright(frame: Frame) -> bool:
    """Whether a vertebra seen from its neighbour neither leans nor turns nor stands to a side."""
    sideways = [*frame.axes[0, 1:], *frame.axes[1:, 0], frame.origin[0]]
    return float(np.abs(sideways).max()) < ALIKE


def disc_shape(upper: VertebraShape, above: Frame, lower: VertebraShape, below: Frame) -> DiscShape:
    """Return the disc between two vertebrae."""
    relative = Frame(above.to_local(below.origin), below.axes @ above.axes.T)
    return DiscShape(upper.body, lower.body, relative)


@dataclass(frozen=True)
class CanalPiece:
    """Canal and cord from half way to the level above to half way to the level below, in the frame of the level.

    Attributes
    ----------
    heights : (n,) tuple
        Where the sizes below hold, ascending; linear between.
    x, y, width, depth, cord : (n,) tuples
        Centre, half axes of the canal, size of the cord against its mean (0: none).
    """

    heights: tuple[float, ...]
    x: tuple[float, ...]
    y: tuple[float, ...]
    width: tuple[float, ...]
    depth: tuple[float, ...]
    cord: tuple[float, ...]
    overlap: float = 3.0

    @property
    def box(self) -> Box:
        """Two corners that contain the piece."""
        a, b = max(self.width) + max(np.abs(self.x)) + 1, max(self.depth) + 1
        low, high = self.heights[0] - self.overlap, self.heights[-1] + self.overlap
        return (-a, min(self.y) - b, low), (a, max(self.y) + b, high)

    def at(self, z: Array, *columns: tuple[float, ...]) -> list[Array]:
        """Return columns, such as `x` and `width`, at heights in the frame of the level, each of the shape of `z`."""
        along = [np.clip(z - low, 0.0, high - low) for low, high in pairwise(self.heights)]
        return [self._joined(column, along) for column in columns]

    def _joined(self, column: tuple[float, ...], along: list[Array]) -> Array:
        """Add up what a column changes by on the way up, of which each stretch between two heights is `along` so far."""
        rises = zip(pairwise(column), pairwise(self.heights), along, strict=True)
        return np.asarray(sum((float((b - a) / (high - low)) * part for (a, b), (low, high), part in rises), float(column[0])))

    def distance(self, x: Array, y: Array, z: Array) -> Array:
        """Return about the signed distance to the wall of the canal."""
        middle, front, width, depth = self.at(z, self.x, self.y, self.width, self.depth)
        d = ellipse(x - middle, y - front, width, depth)
        low, high = self.heights[0] - self.overlap, self.heights[-1] + self.overlap
        return np.asarray(np.maximum(d, np.maximum(low - z, z - high)))

    def cord_distance(self, x: Array, y: Array, z: Array) -> Array:
        """Return about the signed distance to the surface of the cord; large where there is none."""
        if not any(self.cord):
            return np.full_like(z, _NO_CORD)
        middle, front, size = self.at(z, self.x, self.y, self.cord)
        a, b = np.maximum(6.0 * size, 0.05), np.maximum(4.2 * size, 0.05)
        d = ellipse(x - middle, y - front, a, b)
        low, high = self.heights[0] - self.overlap, self.heights[-1] + self.overlap
        return np.asarray(np.where(size > 0.05, np.maximum(d, np.maximum(low - z, z - high)), _NO_CORD))


def canal_piece(
    column: Sequence[int], key: int, shapes: Mapping[int, VertebraShape], frames: Mapping[int, Frame]
) -> CanalPiece:
    """Return the stretch of canal that belongs to one level; the ends are shared with the neighbours."""
    place = column.index(key)
    knots = [_own(shapes[key])]
    for other, up in ((place - 1, True), (place + 1, False)):
        if 0 <= other < len(column):
            knots.append(_shared(shapes[key], frames[key], shapes[column[other]], frames[column[other]], up))
        else:
            knots.append((_end(shapes[key], up), *_own(shapes[key])[1:]))
    heights, x, y, width, depth = zip(*sorted(knots), strict=True)
    return CanalPiece(heights, x, y, width, depth, _cord(key, heights))


def _own(shape: VertebraShape) -> tuple[float, float, float, float, float]:
    canal = shape.canal
    b = canal.depth / 2
    if shape.row.level == level_of("C1").id:
        return 0.0, 0.0, canal.front - canal.depth + 9.5, canal.width * 0.42, 9.5
    return 0.0, 0.0, canal.front - b, canal.width / 2, b


def _end(shape: VertebraShape, up: bool) -> float:
    return 8.0 if up else -28.0 * shape.row.body_width / 51


def _shared(
    shape: VertebraShape, frame: Frame, other: VertebraShape, there: Frame, up: bool
) -> tuple[float, float, float, float, float]:
    upper = other if up else shape
    half = (upper.row.height + upper.row.disc_height) / 2
    lower = shape if up else other
    rest = lower.row.height / 2 + upper.row.disc_height / 2
    mine, theirs = _own(shape), _own(other)
    ends = (rest, -half) if up else (-half, rest)
    here = frame.to_ras([mine[1], mine[2], ends[0]])
    neighbour = there.to_ras([theirs[1], theirs[2], ends[1]])
    x, y, z = (float(value) for value in frame.to_local((here + neighbour) / 2))
    return z, x, y, (mine[3] + theirs[3]) / 2, (mine[4] + theirs[4]) / 2


def _cord(key: int, heights: tuple[float, ...]) -> tuple[float, ...]:
    order, tip = level_of(key).order, level_of(CORD_TIP).order
    if order > tip:
        return tuple(0.0 for _ in heights)
    if order == tip:
        return 0.0, 0.6, 0.9
    return tuple(1.0 for _ in heights) if order < tip - 1 else (0.9, 1.0, 1.0)
