"""Where ribs run: from the joints with their vertebra around the chest, with a spine in any posture.

A rib is drawn for the upright chest of the mean adult and sized to the person. Its head is set against the bodies and the disc
it articulates with, its tubercle against the transverse process, each as close as the cartilage of the joint allows; the neck
between them keeps clear of the bone.

Behind, a rib follows its vertebra. Further along it belongs to the chest, which a scoliosis turns as it turns the vertebra of
that height and shifts by a part of the way that the spine goes aside, but does not tilt. So the ribs of the convex side stand
out behind (the rib hump), those of the concave side come forward and nearer to each other beside the spine.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np

from ...geometry import FloatArray, Frame
from ..person.dimensions import DIMENSIONS
from .distances import smoothstep
from .gaps import DiscShape
from .nearby import nearby
from .ribs import FORMS, SIDES, Rib, RibForm
from .vertebra import VertebraShape

GAP = 0.8
"""Cartilage between a rib and what it articulates with, mm."""

STEP = 7.0
"""Distance of the points of an axis, mm."""

HELD = 100.0
"""Distance from the tubercle along a rib from which on it follows the chest alone, mm."""

CHEST_FOLLOWS = 0.35
"""Share of a sideward shift of the spine that the trunk makes too."""

_MIRROR = np.array([-1.0, 1.0, 1.0])
_LATERAL = np.array([1.0, 0.0, 0.0])
_OUTWARD = 0.25
_BEFORE = np.array([0.4, 1.4, 0.0])
_NECK = 22.0
_FRONT = 0.5
_DEEP = 0.85
_NEAR = 75.0
_SLACK = 0.2
_EXACT = 1e-7

Bone: TypeAlias = Callable[[FloatArray], FloatArray]


@dataclass(frozen=True)
class Neighbourhood:
    """What lies around the joints of a rib, in the frame of its vertebra."""

    vertebra: VertebraShape
    above: tuple[VertebraShape, Frame] | None
    disc: tuple[DiscShape, Frame] | None

    def distance(self, points: FloatArray) -> FloatArray:
        """Return the distance (n,) of points (n, 3) to the nearest bone or disc, negative inside."""
        found = [nearby(self.vertebra).solid(points)]
        if self.above is not None:
            shape, frame = self.above
            found.append(nearby(shape).solid(frame.to_local(points)))
        if self.disc is not None:
            disc, frame = self.disc
            found.append(np.asarray(disc.distance(*frame.to_local(points).T), dtype=np.float64))
        return np.asarray(np.minimum.reduce(found))


@dataclass(frozen=True)
class Chest:
    """The chest around a column: how far the spine stands aside and is turned at every height of the upright person.

    Attributes
    ----------
    heights, x, y, turn : (n,) arrays
        Height of the vertebrae (ascending), place of the column to the right and to the front, mm; rotation, front to the
        right, radians.
    """

    heights: FloatArray
    x: FloatArray
    y: FloatArray
    turn: FloatArray

    @classmethod
    def around(cls, frames: Mapping[int, Frame]) -> Chest:
        """Return the chest around a column, given from the top."""
        upwards = list(frames.values())[::-1]
        x, y, z = np.array([frame.origin for frame in upwards]).T
        middle = x[0] + (x[-1] - x[0]) * (z - z[0]) / (z[-1] - z[0])
        turn = np.array([np.arctan2(-frame.right[1], frame.right[0]) for frame in upwards])
        return cls(z, middle + CHEST_FOLLOWS * (x - middle), y, turn)

    def place(self, points: FloatArray) -> FloatArray:
        """Return where points (n, 3) of a chest without curves come to lie, RAS mm: each is turned and moved at its height."""
        x, y, z = points.T
        middle, behind, turn = (np.interp(z, self.heights, each) for each in (self.x, self.y, self.turn))
        ahead = y - behind
        return np.stack(
            [middle + x * np.cos(turn) + ahead * np.sin(turn), behind - x * np.sin(turn) + ahead * np.cos(turn), z], axis=1
        )


def ribs_between(
    shapes: Mapping[int, VertebraShape],
    frames: Mapping[int, Frame],
    discs: Mapping[int, DiscShape],
    wanted: Collection[int],
) -> dict[int, tuple[Rib, Rib]]:
    """Return the left and the right rib of the thoracic levels of a whole upright column, by level id from the top.

    Parameters
    ----------
    shapes, frames : mapping of level id
        The vertebrae and where they stand, from the top.
    discs : mapping of level id to DiscShape
        The disc below each level, in its frame.
    wanted : collection of int
        Level ids of which the ribs are wanted.
    """
    column = list(shapes)
    keys = [key for key in column if key in FORMS and key in wanted]
    size = float(np.mean([shapes[key].row.height / DIMENSIONS[key].height for key in column if key in FORMS]))
    chest = Chest.around(frames)
    ribs = {}
    for key in keys:
        upper = column[column.index(key) - 1]
        seen = Frame(frames[key].to_local(frames[upper].origin), frames[upper].axes @ frames[key].axes.T)
        near = Neighbourhood(shapes[key], (shapes[upper], seen), (discs[upper], seen) if upper in discs else None)
        left, right = (_rib(key, side, near, size, frames[key], chest) for side in SIDES)
        ribs[key] = left, right
    return ribs


def _without_curves(frame: Frame) -> Frame:
    """Return where a vertebra would stand in a person without a scoliosis: neither turned nor leaning nor aside."""
    _, ahead, high = frame.superior
    length = float(np.hypot(ahead, high))
    c, s = high / length, ahead / length
    return Frame(np.array([0.0, *frame.origin[1:]]), np.array([[1.0, 0.0, 0.0], [0.0, c, -s], [0.0, s, c]]))


def _rib(key: int, side: str, near: Neighbourhood, size: float, frame: Frame, chest: Chest) -> Rib:
    mirror = np.ones(3) if side == "right" else _MIRROR

    def bone(points: FloatArray) -> FloatArray:
        return near.distance(points * mirror)

    form, shape = FORMS[key], near.vertebra
    head = _head(form, shape, bone, size)
    joint = _tubercle(form, shape, bone, size) if form.has_tubercle else None
    axis, at_joint = _axis(form, head, joint, size)
    axis = _held(axis * mirror, at_joint, frame, chest) * mirror
    axis = _kept_clear(axis, form, at_joint, bone, size)
    up, half = _sections(axis, form, at_joint, size)
    return Rib(key, side, axis * mirror, up * mirror, half, None if joint is None else joint * mirror, _bump(form, size))


def _bump(form: RibForm, size: float) -> float:
    return 0.42 * form.neck_height * size


def _head(form: RibForm, shape: VertebraShape, bone: Bone, size: float) -> FloatArray:
    """Return the middle of the head, beside the back of the body."""
    start = np.array([0.0, -0.22 * shape.row.body_depth, form.head_rise * shape.row.height])
    return start + _out_of(bone, start, _LATERAL, _DEEP * size * form.head / 2 + GAP) * _LATERAL


def _tubercle(form: RibForm, shape: VertebraShape, bone: Bone, size: float) -> FloatArray:
    """Return the middle of the tubercle, in front of the tip of the transverse process."""
    row = shape.row
    radius = 4.2 + 0.05 * row.body_width
    tip = np.array([row.transverse_span / 2 - radius, -row.body_depth / 2 - row.transverse_back, row.transverse_rise])
    rise = np.radians(form.facet_up)
    way = np.array([_OUTWARD, np.cos(rise), np.sin(rise)])
    way /= np.linalg.norm(way)
    return np.asarray(tip + _out_of(bone, tip, way, _bump(form, size) + GAP) * way)


def _out_of(bone: Bone, start: FloatArray, way: FloatArray, clearance: float) -> float:
    """Return the distance along a unit vector at which bone is first left behind by a clearance."""
    t = np.arange(0.0, 40.0, 0.5)
    first = int(np.argmax(bone(start + t[:, None] * way) >= clearance))
    low, high = float(t[max(first - 1, 0)]), float(t[first])
    while high - low > _EXACT:
        ticks = np.linspace(low, high, 33)
        beyond = int(np.argmax(np.append(bone(start + ticks[:-1, None] * way) >= clearance, True)))
        low, high = float(ticks[max(beyond - 1, 0)]), float(ticks[beyond])
    return high


def _axis(form: RibForm, head: FloatArray, joint: FloatArray | None, size: float) -> tuple[FloatArray, float]:
    """Return points (n, 3) of the axis, evenly spaced, and how far along it the tubercle lies or would lie."""
    from scipy.interpolate import CubicSpline

    lean = np.radians(form.lean)
    upright = np.array([[1.0, 0.0, 0.0], [0.0, np.cos(lean), np.sin(lean)], [0.0, -np.sin(lean), np.cos(lean)]])
    start = [head] if joint is None else [head, joint + size * _BEFORE]
    knots = np.vstack([*start, _around_the_chest(form, upright @ start[-1], size) @ upright])
    places = np.append(0.0, np.cumsum(np.linalg.norm(np.diff(knots, axis=0), axis=1)))
    fine = np.linspace(0.0, places[-1], 1200)
    curve = CubicSpline(places, knots)(fine)
    along = np.append(0.0, np.cumsum(np.linalg.norm(np.diff(curve, axis=0), axis=1)))
    length = min(form.length * size, float(along[-1]))
    even = np.linspace(0.0, length, int(np.ceil(length / STEP)) + 1)
    points = np.stack([np.interp(even, along, column) for column in curve.T], axis=1)
    return points, _NECK * size if joint is None else float(np.interp(places[1], fine, along))


def _around_the_chest(form: RibForm, joint: FloatArray, size: float) -> FloatArray:
    """Return points (n, 3) from the back of the chest around it to the front, in the directions of the upright person."""
    angle = np.radians(np.arange(0.0, 179.0, 14.0))
    x, back, widest, front = (size * value for value in (form.angle_x, form.back, form.widest, form.front))
    y = widest - np.where(angle < np.pi / 2, widest + back, front - widest) * np.cos(angle)
    middle = np.where(angle < np.pi / 2, x, _FRONT * x)
    across = middle + (size * form.half_width - middle) * np.sin(angle)
    fall = np.tan(np.radians(form.fall_back))
    low = joint[2] - fall * (x - joint[0]) - 0.6 * fall * (across - x)
    return np.stack([across, y, low - np.tan(np.radians(form.fall_side)) * (y + back)], axis=1)


def _kept_clear(axis: FloatArray, form: RibForm, at_joint: float, bone: Bone, size: float) -> FloatArray:
    """Move the neck and the beginning of the shaft away from bone where they come closer to it than the joints do."""
    axis = axis.copy()
    count = min(int(_NEAR / STEP), len(axis) - 2)
    for _ in range(12):
        up, half = _sections(axis, form, at_joint, size)
        out = np.cross(_tangents(axis), up)
        turn = np.linspace(0.0, 2 * np.pi, 12, endpoint=False)
        ring = np.cos(turn)[:, None, None] * (half[:, :1] * up) + np.sin(turn)[:, None, None] * (half[:, 1:] * out)
        points = (axis + ring)[:, 1 : count + 1]
        points = np.concatenate([points, (points + (axis + ring)[:, :count]) / 2])
        distance = bone(points.reshape(-1, 3)).reshape(points.shape[:2])
        worst = distance.argmin(axis=0)
        short = np.maximum(GAP + _SLACK - distance.min(axis=0), 0.0)
        if short.max() < _SLACK:
            break
        nearest = points[worst, np.arange(count)]
        axis[1 : count + 1] += 1.05 * short[:, None] * _gradient(bone, nearest)
    return axis


def _gradient(bone: Bone, points: FloatArray) -> FloatArray:
    steps = 0.05 * np.concatenate([np.eye(3), -np.eye(3)])
    ahead, behind = bone((points + steps[:, None]).reshape(-1, 3)).reshape(2, 3, -1)
    slope = (ahead - behind).T
    return np.asarray(slope / np.maximum(np.linalg.norm(slope, axis=1, keepdims=True), 1e-9))


def _held(axis: FloatArray, at_joint: float, frame: Frame, chest: Chest) -> FloatArray:
    """Return the axis as vertebra and chest hold it."""
    along = np.append(0.0, np.cumsum(np.linalg.norm(np.diff(axis, axis=0), axis=1)))
    share = smoothstep((along - at_joint) / HELD)[:, None]
    there = chest.place(_without_curves(frame).to_ras(axis))
    return np.asarray(axis + share * (frame.to_local(there) - axis))


def _tangents(axis: FloatArray) -> FloatArray:
    ways = np.gradient(axis, axis=0)
    return np.asarray(ways / np.linalg.norm(ways, axis=1, keepdims=True))


def _sections(axis: FloatArray, form: RibForm, at_joint: float, size: float) -> tuple[FloatArray, FloatArray]:
    """Return the direction of the height (n, 3) and half the height and thickness (n, 2) of the sections of a right rib."""
    along = np.append(0.0, np.cumsum(np.linalg.norm(np.diff(axis, axis=0), axis=1)))
    places = [0.0, 9.0 * size, max(at_joint, 9.5 * size), at_joint + 20.0 * size, 0.85 * along[-1], along[-1]]
    places = list(np.maximum.accumulate(places))
    tall = [form.head, form.neck_height, form.neck_height, form.height, form.height, form.tip * form.height]
    thick = [
        _DEEP * form.head,
        form.neck_thickness,
        form.neck_thickness,
        form.thickness,
        form.thickness,
        form.tip * form.thickness,
    ]
    half = np.stack([np.interp(along, places, np.array(each) * size / 2) for each in (tall, thick)], axis=1)
    lean = np.radians(form.lean)
    tangent = _tangents(axis)
    vertical = np.array([0.0, -np.sin(lean), np.cos(lean)])
    up = vertical - (tangent @ vertical)[:, None] * tangent
    up /= np.linalg.norm(up, axis=1, keepdims=True)
    turn = np.radians(form.turn) * np.clip((along - at_joint) / (40.0 * size), 0.0, 1.0)[:, None]
    return np.asarray(np.cos(turn) * up - np.sin(turn) * np.cross(tangent, up)), half
