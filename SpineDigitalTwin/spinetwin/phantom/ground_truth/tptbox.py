"""True points of one vertebra by the rule set "tptbox": only where it differs from the paper, in the vertebra's own frame.

The rules come from the reference implementation (TPTBox), which works on voxels. What each tends to as voxels shrink:

* *extreme voxel* (51, 81-83, 86-89): the furthest point of the continuous part (`furthest_point`).
* *extended corner* (101-104, 109-112, 117-120): the rectangle spanned by the ways to the two surfaces is shrunk (by 0.9 and
  0.7) until its corner lies inside, then grown by fractions of these ways (1.0 and 0.4), halved whenever neither fits.
* *stepwise approach* (125, 127): from the middle of the spinous process, steps of 1 mm up and forward as long as they stay in
  the arch and come closer to a corner of the body, halved whenever neither does.

The last two are searches with steps of their own, so that on the continuous shape they mean exactly what they say.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import numpy.typing as npt

from ...anatomy import level as level_of
from ...anatomy.subregions import SubregionId as Sub
from ...geometry import FloatArray
from ...geometry.frame import direction_coefficients
from ..shape.nearby import nearby
from ..shape.solids import Box
from ..shape.vertebra import VertebraShape
from .columns import last_exits
from .extremes import furthest_point
from .flavum import flavum_points
from .levels import body_shift, level_points
from .search import Function

Points = dict[int, FloatArray]
Mask = npt.NDArray[np.bool_]

_EXTREMES = (
    (81, Sub.SPINOUS, "P + 0.2 I"),
    (82, Sub.COSTAL_RIGHT, "R + P"),
    (83, Sub.COSTAL_LEFT, "L + P"),
    (86, Sub.INFERIOR_ARTICULAR_LEFT, "I"),
    (87, Sub.INFERIOR_ARTICULAR_RIGHT, "I"),
    (88, Sub.SUPERIOR_ARTICULAR_LEFT, "S"),
    (89, Sub.SUPERIOR_ARTICULAR_RIGHT, "S"),
)
_CORNERS = {("A", "S"): (101, 117, 109), ("P", "S"): (102, 118, 110), ("A", "I"): (103, 119, 111), ("P", "I"): (104, 120, 112)}
"""Median, right and left corner between two directions."""

_APPROACHES = ((125, 101), (127, 104))
_LATERAL_FLAVUM = (141, 143, 149, 151)
_LEFT = (Sub.COSTAL_LEFT, Sub.SUPERIOR_ARTICULAR_LEFT, Sub.INFERIOR_ARTICULAR_LEFT)
_SAME, _MIRROR = np.ones(3), np.array([-1.0, 1.0, 1.0])
_TOLERANCE = 1e-3
_REACH = 60.0


@lru_cache(maxsize=128)
def tptbox_points(shape: VertebraShape) -> Points:
    """Return the points of one vertebra (rule set "tptbox") in its own frame, mm."""
    points = dict(level_points(shape))
    if not points:
        return {}
    points.update(_extremes(shape))
    if int(Sub.BODY) in points:
        points.update(_corners(shape, points[Sub.BODY]))
        points.update(_approaches(shape, points))
        lateral = flavum_points(shape, points, body_shift(shape))
        points.update({poi: lateral[poi] for poi in _LATERAL_FLAVUM if poi in lateral})
    return points


def _extremes(shape: VertebraShape) -> Points:
    points: Points = {}
    wanted = [*_EXTREMES, (51, Sub.BODY_BORDER, "S + P")] if level_of(shape.level).name == "C2" else [*_EXTREMES]
    for poi, part, direction in [each for each in wanted if each[1] in shape.subregions]:
        # a left part is searched in the mirror, so that a symmetric vertebra has symmetric points to the last bit
        way = direction_coefficients(direction)
        mirror = _MIRROR if part in _LEFT else _SAME
        found = furthest_point(_mirrored(nearby(shape).inside((part,)), mirror), _box(shape, part, mirror), way * mirror)
        if found is not None:
            points[poi] = found * mirror
    return points


def _mirrored(inside: Function, mirror: FloatArray) -> Function:
    return lambda p: inside(p * mirror)


def _box(shape: VertebraShape, subregion: int, mirror: FloatArray) -> Box:
    """Two corners around a part and the fillets that join it, seen in the mirror."""
    corners = np.array([corner for part in shape.parts if part.subregion == subregion for corner in part.box]) * mirror
    low, high = corners.min(axis=0) - shape.blend, corners.max(axis=0) + shape.blend
    return (float(low[0]), float(low[1]), float(low[2])), (float(high[0]), float(high[1]), float(high[2]))


def _corners(shape: VertebraShape, centre: FloatArray) -> Points:
    """Corners of the body in the sagittal planes through its middle, and through the places shifted right and left."""
    body, shift, points = nearby(shape).inside((Sub.BODY_BORDER,)), body_shift(shape), Points()
    ways = [np.array([direction_coefficients(pair[place]) for pair in _CORNERS]) for place in (0, 1)]
    for place, (side, mirror) in enumerate(((0.0, _SAME), (1.0, _SAME), (1.0, _MIRROR))):
        start = centre * mirror + np.array([side * shift, 0.0, 0.0])
        found = extended_corners(_mirrored(body, mirror), start, *ways)
        points.update({names[place]: at * mirror for names, at in zip(_CORNERS.values(), found, strict=True) if at is not None})
    return points


def extended_corners(inside: Function, start: FloatArray, first: FloatArray, second: FloatArray) -> list[FloatArray | None]:
    """Return corners of a solid, each between two unit directions (n, 3), as the reference implementation finds them.

    None where a direction never meets the solid, and everywhere when `start` lies outside.
    """
    both = np.concatenate([first, second])
    ways = (last_exits(inside, np.broadcast_to(start, both.shape), both, _REACH)[:, None] * both).reshape(2, -1, 3)
    usable = np.isfinite(ways).all(axis=(0, 2)) & (inside(start[None])[0] < 0)
    corners = iter(_grown(inside, start, ways[:, usable]))
    return [next(corners) if each else None for each in usable]


def _grown(inside: Function, start: FloatArray, ways: FloatArray) -> FloatArray:
    """Return the corners (n, 3) of the rectangles spanned by `ways` (2, n, 3), shrunk and grown until they just fit."""

    def fits(factors: FloatArray) -> Mask:
        return np.asarray(inside(start + np.einsum("na,anc->nc", factors, ways)) < 0)[:, None]

    factors, steps = np.ones((ways.shape[1], 2)), np.tile([1.0, 0.4], (ways.shape[1], 1))
    while not (found := fits(factors)).all():
        factors = np.where(found, factors, factors * (0.9, 0.7))
    while (steps * np.linalg.norm(ways, axis=2).T).max(initial=0.0) > _TOLERANCE:
        before = factors
        for axis in np.eye(2):
            factors = np.where(fits(factors + steps * axis), factors + steps * axis, factors)
        steps = np.where((factors != before).any(axis=1)[:, None], steps, steps / 2)
    return np.asarray(start + np.einsum("na,anc->nc", factors, ways))


def _approaches(shape: VertebraShape, points: Points) -> Points:
    """Points 125 and 127; without a spinous process the way begins in the middle of the arch."""
    start = points.get(int(Sub.SPINOUS), points.get(int(Sub.ARCH)))
    if start is None:
        return {}
    return {poi: _approach(shape, start, points[goal]) for poi, goal in _APPROACHES if goal in points}


def _approach(shape: VertebraShape, start: FloatArray, goal: FloatArray) -> FloatArray:
    """Return where steps up and forward within the arch come closest to a goal."""
    inside = nearby(shape).inside(
        (
            Sub.ARCH,
            Sub.SPINOUS,
        )
    )
    point, step = start, 1.0
    while step > _TOLERANCE:
        before = point
        for way in (direction_coefficients("S"), direction_coefficients("A")):
            trial = point + step * way
            closer = np.linalg.norm(trial - goal) < np.linalg.norm(point - goal)
            if closer and inside(trial[None])[0] < 0:
                point = trial
        if point is before:
            step /= 2
    return point
