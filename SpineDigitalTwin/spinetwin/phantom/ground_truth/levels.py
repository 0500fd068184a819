"""Points of one vertebra that depend on its own shape only, in its own frame."""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from ...anatomy import POINTS
from ...anatomy import level as level_of
from ...anatomy.subregions import SubregionId as Sub
from ...geometry import FloatArray
from ...geometry.frame import direction_coefficients
from ..shape.nearby import nearby
from ..shape.vertebra import VertebraShape
from .flavum import flavum_points
from .quadrature import part_moments
from .search import Function, corners, last_exit

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


@lru_cache(maxsize=128)
def level_points(shape: VertebraShape) -> Points:
    """Return the points of one vertebra (rule set "paper") in its own frame, mm.

    The left points of a symmetric shape are the mirror images of the right ones, to the last bit; those of another shape are
    looked for on their own.
    """
    if level_of(shape.level).region == "sacral":
        return {}
    moments = part_moments(shape)
    points = {int(key): np.array(each.centroid) for key, each in moments.items() if key != Sub.BODY_BORDER}
    for poi, part, direction in _PROCESS_RAYS:
        if part in points and not (shape.symmetric and poi in _ON_THE_LEFT):
            points.update(_sided(shape, poi, _ray(shape, part, points[part], direction)))
    if Sub.BODY_BORDER in moments:
        centre = np.array(moments[Sub.BODY_BORDER].centroid)
        points.update(_body_points(shape, centre))
        points.update(flavum_points(shape, points, body_shift(shape)))
    return points


def _sided(shape: VertebraShape, poi: int, point: FloatArray | None) -> Points:
    """Return a point, and with a symmetric shape the one on the other side."""
    if point is None:
        return {}
    if not shape.symmetric or _MIRROR[poi] == poi:
        return {poi: point}
    return {poi: point, _MIRROR[poi]: point * np.array([-1.0, 1.0, 1.0])}


def _ray(shape: VertebraShape, part: int, start: FloatArray, direction: str) -> FloatArray | None:
    unit = direction_coefficients(direction)
    t = last_exit(nearby(shape).part(part), start, unit)
    return None if t is None else start + t * unit


def _body_points(shape: VertebraShape, centre: FloatArray) -> Points:
    inside = nearby(shape).part(Sub.BODY_BORDER)
    points: Points = {int(Sub.BODY): centre}
    shift = np.array([body_shift(shape), 0.0, 0.0])
    points.update(_sagittal(inside, centre, _MEDIAN))
    for side, poi, direction, names in ((1, 85, "R", _RIGHT), (-1, 84, "L", _LEFT)):
        if side > 0 or not shape.symmetric:
            points.update(_sided(shape, poi, _ray(shape, Sub.BODY_BORDER, centre, direction)))
            for name, point in _sagittal(inside, centre + side * shift, names).items():
                points.update(_sided(shape, name, point))
    if level_of(shape.level).name == "C2":
        dens = _ray(shape, Sub.BODY_BORDER, centre, "S + P")
        points.update({} if dens is None else {51: dens})
    elif 105 in points:
        points[52] = points[105]
    if 107 in points:
        points[53] = points[107]
    for poi, direction in _DIRECTIONS:
        points[poi] = centre + 10.0 * direction_coefficients(direction)
    return points


def _sagittal(inside: Function, start: FloatArray, names: dict[str, int]) -> Points:
    """Mid points and corners of the body in the sagittal plane through `start`."""
    ways: dict[str, FloatArray] = {}
    for letter in "SPIA":
        t = last_exit(inside, start, direction_coefficients(letter))
        if t is not None:
            ways[letter] = t * direction_coefficients(letter)
    points = {names[letter]: start + way for letter, way in ways.items()}
    pairs = [pair for pair in ("AS", "PS", "AI", "PI") if pair[0] in ways and pair[1] in ways]
    first, second = (np.array([direction_coefficients(pair[place]) for pair in pairs]).reshape(-1, 3) for place in (0, 1))
    found = corners(inside, start, first, second)
    return points if found is None else points | {names[pair]: at for pair, at in zip(pairs, found, strict=True)}
