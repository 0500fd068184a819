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

import numpy as np

from ...anatomy import POINTS
from ...anatomy import level as level_of
from ...anatomy.subregions import SubregionId as Sub
from ...geometry import FloatArray
from ...geometry.frame import direction_coefficients
from ..shape.processes import triple
from ..shape.solids import Box
from ..shape.vertebra import VertebraShape
from .columns import last_exits
from .extremes import furthest_point
from .flavum import flavum_points
from .levels import body_shift, points_and_sections
from .quadrature import part_moments
from .search import WHOLE, Search, abreast, values
from .steps import stepped, stepped_corners
from .together import Quantity, find

Points = dict[int, FloatArray]

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
_PARTNER = {each.id: each.mirror for each in POINTS}
_SHRINKAGES = 40
_REACH = 60.0


def tptbox_points(shape: VertebraShape) -> Points:
    """Return the points of one vertebra (rule set "tptbox") in its own frame, mm."""
    find(shape, (extremes, attachments))
    return points_and_sections(shape)[0] | extremes(shape) | corners(shape) | attachments(shape)


def _extremes_search(shape: VertebraShape) -> Search[Points]:
    """Return the furthest points of the parts of one vertebra, in its own frame, mm."""
    return (yield from _all_of(shape, _extremes(shape)))


extremes = Quantity(_extremes_search)


def _corners_search(shape: VertebraShape) -> Search[Points]:
    """Return the corners of its body."""
    centre = part_moments(shape).get(Sub.BODY_BORDER)
    return (yield from _all_of(shape, _corners(shape, np.array(centre.centroid)) if centre else []))


corners = Quantity(_corners_search)


def _attachments_search(shape: VertebraShape) -> Search[Points]:
    """Return the points of the ligamentum flavum, which lie as near to the corners as the arch lets them."""
    paper, sections = points_and_sections(shape)
    points = paper | corners(shape)
    if int(Sub.BODY) not in points:
        return {}
    approached, lateral = yield from abreast([_approached(points), flavum_points(shape, points, body_shift(shape), sections)])
    return approached | {poi: lateral[poi] for poi in _LATERAL_FLAVUM if poi in lateral}


attachments = Quantity(_attachments_search, after=(points_and_sections, corners))


def _all_of(shape: VertebraShape, searches: list[Search[Points]]) -> Search[Points]:
    """Search all side by side, and with a symmetric shape see them in the mirror."""
    found = yield from abreast(searches)
    return {poi: at for each in found for poi, at in _mirrored(shape, each).items()}


def _extremes(shape: VertebraShape) -> list[Search[Points]]:
    """Return searches for the furthest points of parts; those on the left of a symmetric shape are left to the mirror."""
    wanted = [*_EXTREMES, (51, Sub.BODY_BORDER, "S + P")] if level_of(shape.level).name == "C2" else [*_EXTREMES]
    return [
        _extreme(shape, poi, part, direction_coefficients(direction))
        for poi, part, direction in wanted
        if part in shape.subregions and not (shape.symmetric and part in _LEFT)
    ]


def _extreme(shape: VertebraShape, poi: int, part: int, way: FloatArray) -> Search[Points]:
    # a left part is searched in the mirror, so that a vertebra that is all but symmetric has points that are too
    found = yield from furthest_point(_box(shape, part), way, (int(part),), _MIRROR if part in _LEFT else _SAME)
    return {poi: found} if np.isfinite(found).all() else {}


def _mirrored(shape: VertebraShape, points: Points) -> Points:
    """Return points, with those of the other side where the shape is symmetric."""
    return (
        points | {_PARTNER[poi]: at * _MIRROR for poi, at in points.items() if _PARTNER[poi] != poi}
        if shape.symmetric
        else points
    )


def _box(shape: VertebraShape, subregion: int) -> Box:
    """Two corners around a part and the fillets that join it."""
    corners = np.array([corner for part in shape.parts if part.subregion == subregion for corner in part.box])
    return triple(corners.min(axis=0) - shape.blend), triple(corners.max(axis=0) + shape.blend)


def _corners(shape: VertebraShape, centre: FloatArray) -> list[Search[Points]]:
    """Return searches for the corners in the sagittal planes through the middle of the body and beside it."""
    places = (0.0, 1.0) if shape.symmetric else (0.0, 1.0, -1.0)
    return [_corners_at(centre + np.array([side * body_shift(shape), 0.0, 0.0]), int(side) % 3) for side in places]


def _corners_at(start: FloatArray, column: int) -> Search[Points]:
    ways = [np.array([direction_coefficients(pair[place]) for pair in _CORNERS]) for place in (0, 1)]
    found = yield from extended_corners(start, ways[0], ways[1], (int(Sub.BODY_BORDER),))
    names = [names[column] for names in _CORNERS.values()]
    return {poi: at for poi, at in zip(names, found, strict=True) if np.isfinite(at).all()}


def extended_corners(
    start: FloatArray, first: FloatArray, second: FloatArray, parts: tuple[int, ...] = WHOLE
) -> Search[FloatArray]:
    """Search corners (n, 3) of a solid, each between two unit directions (n, 3), as the reference implementation finds them.

    NaN where a direction never meets the solid, and everywhere when `start` lies outside.
    """
    both = np.concatenate([first, second])
    reach = last_exits(np.broadcast_to(start, both.shape), both, _REACH, parts)
    lengths, begins = yield from abreast([reach, values(start[None], parts)])
    ways = (lengths[:, None] * both).reshape(2, -1, 3)
    usable = np.isfinite(ways).all(axis=(0, 2)) & (begins[0] < 0)
    corners = np.full(first.shape, np.nan)
    if usable.any():
        corners[usable] = yield from _grown(start, ways[:, usable], parts)
    return corners


def _grown(start: FloatArray, ways: FloatArray, parts: tuple[int, ...]) -> Search[FloatArray]:
    """Search the corners (n, 3) of the rectangles spanned by `ways` (2, n, 3), shrunk and grown until they just fit."""

    def corner(factors: FloatArray) -> FloatArray:
        return np.asarray(start + np.einsum("...na,anc->...nc", factors, ways))

    count = ways.shape[1]
    shrunk: FloatArray = np.array([0.9, 0.7]) ** np.arange(_SHRINKAGES)[:, None]
    trials = np.repeat(shrunk[:, None], count, axis=1)
    fits = (yield from values(corner(trials).reshape(-1, 3), parts)).reshape(_SHRINKAGES, count) < 0
    steps = np.tile([1.0, 0.4], (count, 1))
    factors = yield from stepped(start, ways, shrunk[fits.argmax(axis=0)], steps, parts)
    return corner(factors)


def _approaches(points: Points) -> dict[int, FloatArray]:
    """Goals of points 125 and 127."""
    return {poi: points[goal] for poi, goal in _APPROACHES if goal in points}


def _approached(points: Points) -> Search[Points]:
    """Search points 125 and 127: where steps up and forward within the arch come closest to a goal.

    Without a spinous process the way begins in the middle of the arch.
    """
    start, goals = points.get(int(Sub.SPINOUS), points.get(int(Sub.ARCH))), _approaches(points)
    if start is None or not goals:
        return {}
    up, ahead = (np.tile(direction_coefficients(way), (len(goals), 1)) for way in "SA")
    arch = (int(Sub.ARCH), int(Sub.SPINOUS))
    found = yield from stepped_corners(start, up, ahead, arch, np.array(list(goals.values())))
    return dict(zip(goals, found, strict=True))
