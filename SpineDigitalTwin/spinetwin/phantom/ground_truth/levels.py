"""Points of one vertebra that depend on its own shape only, in its own frame."""

from __future__ import annotations

import numpy as np

from ...anatomy import POINTS
from ...anatomy import level as level_of
from ...anatomy.subregions import SubregionId as Sub
from ...geometry import FloatArray
from ...geometry.frame import direction_coefficients
from ..shape.vertebra import VertebraShape
from .columns import last_exit, rays_out
from .flavum import Sections, flavum_points, flavum_sections
from .quadrature import part_moments
from .search import Search, abreast, side_by_side
from .steps import stepped_corners
from .together import Quantity

Points = dict[int, FloatArray]

_PROCESS_RAYS = (
    (81, Sub.SPINOUS, "I + 0.2 P"),
    (82, Sub.COSTAL_RIGHT, "0.5 R + 0.5 P"),
    (83, Sub.COSTAL_LEFT, "0.5 L + 0.5 P"),
    (86, Sub.INFERIOR_ARTICULAR_LEFT, "I"),
    (87, Sub.INFERIOR_ARTICULAR_RIGHT, "I"),
    (88, Sub.SUPERIOR_ARTICULAR_LEFT, "S"),
    (89, Sub.SUPERIOR_ARTICULAR_RIGHT, "S"),
    (133, Sub.SPINOUS, "S"),
    (135, Sub.SPINOUS, "I"),
)
_MEDIAN = {"S": 105, "P": 106, "I": 107, "A": 108, "AS": 101, "PS": 102, "AI": 103, "PI": 104}
_RIGHT = {"S": 121, "P": 122, "I": 123, "A": 124, "AS": 117, "PS": 118, "AI": 119, "PI": 120}
_MIRROR = {each.id: each.mirror for each in POINTS}
_ON_THE_LEFT = {each.id for each in POINTS if each.side == "left"}
_LEFT = {way: _MIRROR[poi] for way, poi in _RIGHT.items()}
_LETTERS, _PAIRS = "SPIA", ("AS", "PS", "AI", "PI")
_BODY = (int(Sub.BODY_BORDER),)
_BESIDE_DENS = {1: "S + 0.4 R", -1: "S + 0.4 L"}
"""Where the shoulders of the axis are looked for, by side: straight up, a line would run along the wall of the dens."""

_DIRECTIONS = ((128, "P"), (129, "I"), (130, "R"))


def body_shift(shape: VertebraShape) -> float:
    """Return how far (mm) the shifted starts lie to the side: a third of the distance between the superior articular centroids.

    Divided, in the upper levels, by f = (12 - v) / 11 + 1 with v counted from C1 = 1, because bodies shrink more towards the
    neck than the posterior parts do.
    """
    moments = part_moments(shape)
    left, right = moments[Sub.SUPERIOR_ARTICULAR_LEFT].centroid, moments[Sub.SUPERIOR_ARTICULAR_RIGHT].centroid
    v = shape.level
    f = (12 - v) / 11 + 1 if v <= 11 else 1.0
    return abs(right[0] - left[0]) / 3 / f


def level_points(shape: VertebraShape) -> Points:
    """Return the points of one vertebra (rule set "paper") in its own frame, mm.

    The left points of a symmetric shape are the mirror images of the right ones, to the last bit; those of another shape are
    looked for on their own.
    """
    return points_and_sections(shape)[0]


def _search(shape: VertebraShape) -> Search[tuple[Points, Sections]]:
    """Search the points of one vertebra, and the sections of its arch in which those of the ligamentum flavum lie."""
    if level_of(shape.level).region == "sacral":
        return {}, {}
    moments = part_moments(shape)
    points = {int(key): np.array(each.centroid) for key, each in moments.items() if key != Sub.BODY_BORDER}
    rays = [each for each in _PROCESS_RAYS if each[1] in points and not (shape.symmetric and each[0] in _ON_THE_LEFT)]
    searches: list[Search[Points]] = [_ray(poi, points[part], direction, (part,)) for poi, part, direction in rays]
    centre = moments.get(Sub.BODY_BORDER)
    if centre is None:
        return points | _sided_all(shape, (yield from abreast(searches))), {}
    middle, shift = np.array(centre.centroid), body_shift(shape)
    found, sections = yield from side_by_side(
        abreast([*searches, *_body_searches(shape, middle)]), flavum_sections(shape, points[Sub.ARCH], shift)
    )
    points |= _sided_all(shape, found)
    points |= _derived(shape, middle, points)
    points |= yield from flavum_points(shape, points, shift, sections)
    return points, sections


points_and_sections = Quantity(_search)


def _sided_all(shape: VertebraShape, found: list[Points]) -> Points:
    return {poi: at for each in found for one, point in each.items() for poi, at in _sided(shape, one, point).items()}


def _sided(shape: VertebraShape, poi: int, point: FloatArray) -> Points:
    """Return a point, and with a symmetric shape the one on the other side."""
    if not shape.symmetric or _MIRROR[poi] == poi:
        return {poi: point}
    return {poi: point, _MIRROR[poi]: point * np.array([-1.0, 1.0, 1.0])}


def _ray(poi: int, start: FloatArray, direction: str, parts: tuple[int, ...]) -> Search[Points]:
    unit = direction_coefficients(direction)
    (t,) = yield from last_exit(start, unit, parts)
    return {poi: start + t * unit} if np.isfinite(t) else {}


def _body_searches(shape: VertebraShape, centre: FloatArray) -> list[Search[Points]]:
    shift = np.array([body_shift(shape), 0.0, 0.0])
    searches, axis = [_sagittal(centre, _MEDIAN)], level_of(shape.level).name == "C2"
    for side, poi, direction, names in ((1, 85, "R", _RIGHT), (-1, 84, "L", _LEFT)):
        if side > 0 or not shape.symmetric:
            up = _BESIDE_DENS[side] if axis else "S"
            searches += [_ray(poi, centre, direction, _BODY), _sagittal(centre + side * shift, names, up)]
    if axis:
        searches.append(_ray(51, centre, "S + P", _BODY))
    return searches


def _derived(shape: VertebraShape, centre: FloatArray, points: Points) -> Points:
    """Return points of the body that follow from others."""
    derived = {int(Sub.BODY): centre}
    if level_of(shape.level).name != "C2" and 105 in points:
        derived[52] = points[105]
    if 107 in points:
        derived[53] = points[107]
    return derived | {poi: centre + 10.0 * direction_coefficients(direction) for poi, direction in _DIRECTIONS}


def _sagittal(start: FloatArray, names: dict[str, int], up: str = "S") -> Search[Points]:
    """Search mid points and corners of the body in the sagittal plane through `start`, the upper mid point along `up`."""
    units = np.array([direction_coefficients({"S": up}.get(letter, letter)) for letter in _LETTERS])
    first, second = (np.array([direction_coefficients(pair[place]) for pair in _PAIRS]) for place in (0, 1))
    exits, found = yield from abreast(
        [rays_out(np.tile(start, (len(units), 1)), units, _BODY), stepped_corners(start, first, second, _BODY)]
    )
    ways = {letter: t * unit for letter, t, unit in zip(_LETTERS, exits, units, strict=True) if np.isfinite(t)}
    points = {names[letter]: start + way for letter, way in ways.items()}
    usable = {pair: at for pair, at in zip(_PAIRS, found, strict=True) if pair[0] in ways and pair[1] in ways}
    return points | {names[pair]: at for pair, at in usable.items() if np.isfinite(at).all()}
