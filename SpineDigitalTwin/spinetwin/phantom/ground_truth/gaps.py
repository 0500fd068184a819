"""Points between vertebrae: facet joints, disc, canal and cord; in the frame of the level."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from ...anatomy import level as level_of
from ...anatomy.subregions import SubregionId as Sub
from ...geometry import FloatArray, Frame
from ..posture.parameters import whole_column
from ..shape.gaps import CanalPiece, upright
from ..shape.nearby import nearby
from ..shape.part import Part
from ..shape.vertebra import VertebraShape
from ..spine import Spine
from .columns import CHORD, first_entries
from .quadrature import SECTION_SPACING, disc_moment, part_moments, section_centroid
from .search import answered

Points = dict[int, FloatArray]

MAX_FACET_GAP = 8.0
"""Beyond this distance, mm, two processes make no joint."""

_FACING = 1.5
_STEP = 0.05
_MIRROR = np.array([-1.0, 1.0, 1.0])
_SECTION = ((60, Sub.CORD), (61, Sub.CANAL))


def gap_points(spine: Spine, key: int) -> Points:
    """Return points 60, 61, 94, 95, 100 and 126 of one level in its own frame, mm; none at C1, where the rules define none."""
    points: Points = {}
    shape = spine.shapes[key]
    column = [each.id for each in whole_column(spine.parameters)]
    below = column[column.index(key) + 1 :]
    lower = below[0] if below and below[0] in spine.shapes else None
    body = part_moments(shape).get(Sub.BODY_BORDER)
    if body is None:
        return {}
    for poi, label in _SECTION:
        points.update(_named(poi, _canal_section(spine, [key], key, body.centroid[2], label)))
    if key in spine.discs and lower is not None:
        disc = spine.discs[key]
        found = disc_moment(disc)
        if found is not None:
            points[100] = np.array(found.centroid)
            points.update(_named(126, _canal_section(spine, [key, lower], key, found.centroid[2], Sub.CANAL)))
    if lower is not None and level_of(lower).region != "sacral":
        points.update(_facets(spine, key, lower))
    return points


def _named(poi: int, point: FloatArray | None) -> Points:
    return {} if point is None else {poi: point}


def relative_frame(spine: Spine, key: int, other: int) -> Frame:
    """Frame of another level seen from this one, from the upright person."""
    here, there = spine.upright[key], spine.upright[other]
    return Frame(here.to_local(there.origin), there.axes @ here.axes.T)


def _canal_section(spine: Spine, levels: list[int], key: int, z: float, label: int) -> FloatArray | None:
    """Centroid of canal (without cord) or cord in the plane at height `z`."""
    if label == Sub.CORD and not any(any(spine.canal[each].cord) for each in levels):
        return None
    views = [(spine.canal[each], spine.shapes[each], relative_frame(spine, key, each)) for each in levels]

    def distance(p: FloatArray) -> FloatArray:
        return np.asarray(np.minimum.reduce([_content(piece, frame, p, label) for piece, _, frame in views]))

    def free(p: FloatArray) -> FloatArray:
        found = distance(p)
        near = found < SECTION_SPACING  # bone makes nothing of what lies further out
        bone = np.minimum.reduce([nearby(shape).solid(frame.to_local(p[near])) for _, shape, frame in views])
        found[near] = np.maximum(found[near], -bone)
        return found

    return section_centroid(free, spine.canal[key].box, z)


def _content(piece: CanalPiece, frame: Frame, points: FloatArray, label: int) -> FloatArray:
    local = frame.to_local(points)
    x, y, z = local[..., 0], local[..., 1], local[..., 2]
    canal, cord = piece.distance(x, y, z), piece.cord_distance(x, y, z)
    return np.asarray(np.maximum(canal, cord if label == Sub.CORD else -cord))


def _facets(spine: Spine, key: int, lower: int) -> Points:
    """Mid points of the facing surfaces of the joints below, left (94) and right (95)."""
    points: Points = {}
    frame = relative_frame(spine, key, lower)
    pairs = (
        (94, -1.0, Sub.INFERIOR_ARTICULAR_LEFT, Sub.SUPERIOR_ARTICULAR_LEFT),
        (95, 1.0, Sub.INFERIOR_ARTICULAR_RIGHT, Sub.SUPERIOR_ARTICULAR_RIGHT),
    )
    shapes = spine.shapes[key], spine.shapes[lower]
    alike = all(each.symmetric for each in shapes) and upright(frame)
    for poi, side, above, below in pairs[1:] if alike else pairs:
        middle = _facing(shapes[0], above, shapes[1], below, frame, side)
        points.update(_named(poi, middle))
    if alike and 95 in points:
        points[94] = points[95] * _MIRROR
    return points


def _facing(upper: VertebraShape, above: int, lower: VertebraShape, below: int, frame: Frame, side: float) -> FloatArray | None:
    """Mean, over the lines along the joint's normal where the gap is within 1.5 mm of its least, of the middle of the gap."""
    mirror = np.array([side, 1.0, 1.0])
    joint = upper.facet_joint(above=False, side=side)
    point, normal = np.array(joint.point), np.array(joint.normal)
    u = mirror * _across(mirror * normal)
    v = np.cross(normal, u) * side
    grid = np.arange(-9.75, 10.0, 0.5)
    base = (point + grid[:, None, None] * u + grid[None, :, None] * v).reshape(-1, 3)
    first_up = _entries(upper, above, base, normal)
    base, first_up = base[np.isfinite(first_up)], first_up[np.isfinite(first_up)]
    first_down = _entries(lower, below, frame.to_local(base), -frame.axes @ normal)
    gap = first_up + first_down
    if not (gap <= MAX_FACET_GAP).any():
        return None
    facing = gap <= gap.min() + _FACING
    middle = base[facing] + ((first_up[facing] - first_down[facing]) / 2)[:, None] * normal
    return np.asarray(middle.mean(axis=0))


def _entries(shape: VertebraShape, label: int, starts: FloatArray, way: FloatArray) -> FloatArray:
    """Where lines enter a process (n,), mm: 0 where they begin in it, infinite where they do not enter."""
    part = next(part for part in shape.parts if part.subregion == label)
    rows = np.flatnonzero(_meets_box(part, starts, way))
    some = starts[rows]
    entries = answered(lambda p: _within_box(part, p), first_entries(some, way, MAX_FACET_GAP, enough=CHORD))
    found = np.full(len(starts), np.inf)
    found[rows] = np.where(_within_box(part, some) < 0, 0.0, np.nan_to_num(entries, nan=np.inf))
    return found


def _meets_box(part: Part, starts: FloatArray, way: FloatArray) -> npt.NDArray[np.bool_]:
    """Whether lines (n,) come near the box of a part within `MAX_FACET_GAP`."""
    low, high = (np.array(corner) for corner in part.box)
    slope = np.where(way == 0.0, 1e-12, way)
    walls = np.sort(np.stack([low - _STEP - starts, high + _STEP - starts]) / slope, axis=0)
    first, last = walls[0].max(axis=1), walls[1].min(axis=1)
    return np.asarray((first <= last) & (last >= 0.0) & (first <= MAX_FACET_GAP))


def _within_box(part: Part, points: FloatArray) -> FloatArray:
    """Return the distance (n,) to a part, outside its box that to the box."""
    x, y, z = np.ascontiguousarray(points.T)
    beyond = [np.maximum(low - _STEP - at, at - high - _STEP) for at, low, high in zip((x, y, z), *part.box, strict=True)]
    distance = np.asarray(np.maximum(np.maximum(beyond[0], beyond[1]), beyond[2]))
    held = np.flatnonzero(distance < 0)
    distance[held] = part.distance(x[held], y[held], z[held])
    return distance


def _across(normal: FloatArray) -> FloatArray:
    u = np.cross(normal, [1.0, 0.0, 0.0] if abs(normal[0]) < 0.9 else [0.0, 0.0, 1.0])
    return np.asarray(u / np.linalg.norm(u))
