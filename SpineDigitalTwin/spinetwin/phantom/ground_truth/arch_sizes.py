"""True dimensions of pedicles, laminae, processes and facets, from the continuous shape of one vertebra.

Lines through the solid begin where the dimensions of the vertebra place a part; what is measured is where they meet a surface.
"""

from __future__ import annotations

import numpy as np

from ...anatomy import level as level_of
from ...anatomy.subregions import SubregionId as Sub
from ...geometry import FloatArray
from ...geometry.frame import direction_coefficients
from ..shape.articular import STRAIGHT
from ..shape.parts import spinous_of
from ..shape.places import isthmus, lamina_middle, pedicle_middle
from ..shape.processes import triple
from ..shape.solids import Canal
from ..shape.vertebra import VertebraShape
from .columns import first_entries, first_exits
from .extremes import furthest_point
from .search import Search, abreast
from .together import Quantity

ArchSizes = dict[str, float]

_REACH = 50.0
_INTO = 1e-3
"""How far behind a surface a line through the bone begins, mm."""

_STATIONS = np.arange(-5.0, 0.1, 0.5)
"""Where the width of a pedicle is taken, mm before (behind if negative) the back wall of the body; the least is meant."""

_ON_AXIS = np.linspace(0.0, -STRAIGHT, 6)
_FREE = 4
"""How many of these, from the front, lie before the laminae begin to draw the lower side down."""
"""Where the middle of a pedicle is taken for its axis, mm before (behind if negative) its isthmus."""

_LAMINA = 1 / 6
"""How far beside the midline a lamina is measured, in widths of the canal: between the spinous and the articular processes."""

_SPINOUS = np.array([[0.3], [0.6]])
"""Where the middle of the spinous process is taken for its axis, shares of its length."""

_TIP = 15.0
"""How much of a process is searched for its tip, mm."""

_ON_FACET = np.array([[0.0, 0.0], [1.5, 0.0], [-1.5, 0.0], [0.0, 1.5], [0.0, -1.5]])
"""Where the surface of a facet is looked for, mm along it from the middle of the joint."""

_ARCH = (int(Sub.ARCH),)
_SIDES = {"right": 1.0, "left": -1.0}
_TRANSVERSE = {"right": Sub.COSTAL_RIGHT, "left": Sub.COSTAL_LEFT}


def _arch_search(shape: VertebraShape) -> Search[ArchSizes]:
    """Return dimensions behind the body, by the names of `Sizes`; what a vertebra does not have is left out."""
    sides = ("right",) if shape.symmetric else tuple(_SIDES)
    searches = [_one_side(shape, side) for side in sides]
    median = Sub.BODY_BORDER in shape.subregions and Sub.SPINOUS in shape.subregions
    *each_side, of_spinous = yield from abreast([*searches, _spinous(shape) if median else _nothing()])
    found = dict(zip(sides, each_side, strict=True))
    found.setdefault("left", found["right"])
    sizes = {f"{name}_{side}": value for side, each in found.items() for name, value in each.items()}
    sizes |= of_spinous
    if "reach_right" in sizes and "reach_left" in sizes:
        sizes["transverse_span"] = sizes["reach_right"] + sizes["reach_left"]
    return {name: value for name, value in sizes.items() if np.isfinite(value) and not name.startswith("reach")}


arch_sizes = Quantity(_arch_search)


def _nothing() -> Search[ArchSizes]:
    yield from ()
    return {}


def _one_side(shape: VertebraShape, side: str) -> Search[ArchSizes]:
    searches: list[Search[ArchSizes]] = []
    if level_of(shape.level).region in ("thoracic", "lumbar"):
        searches.append(_pedicle(shape, _SIDES[side]))
    if Sub.BODY_BORDER in shape.subregions and Sub.ARCH in shape.subregions:
        searches.append(_lamina(shape, _SIDES[side]))
    if level_of(shape.level).name != "C1":
        searches.append(_facet(shape, _SIDES[side]))
    if _TRANSVERSE[side] in shape.subregions:
        searches.append(_reach(shape, _TRANSVERSE[side], np.array([_SIDES[side], 0.0, 0.0])))
    found = yield from abreast(searches)
    return {name: value for each in found for name, value in each.items()}


def _reach(shape: VertebraShape, subregion: int, outwards: FloatArray) -> Search[ArchSizes]:
    tip = yield from _tip(shape, subregion, outwards)
    return {"reach": float(tip @ outwards)} if np.isfinite(tip).all() else {}


def _tip(shape: VertebraShape, subregion: int, way: FloatArray) -> Search[FloatArray]:
    """Search the furthest point of a process along a unit direction, in the last piece of its box only."""
    boxes = np.array([part.box for part in shape.parts if part.subregion == subregion])
    corners = np.stack([boxes[:, 0].min(axis=0) - shape.blend, boxes[:, 1].max(axis=0) + shape.blend])
    axis = int(np.argmax(np.abs(way)))
    near, far = (1, 0) if way[axis] < 0 else (0, 1)
    if abs(corners[far, axis] - corners[near, axis]) > _TIP:
        corners[near, axis] = corners[far, axis] - np.sign(way[axis]) * _TIP
    found = yield from furthest_point((triple(corners[0]), triple(corners[1])), way, (int(subregion),))
    return found


def _pedicle(shape: VertebraShape, side: float) -> Search[ArchSizes]:
    """Least side-to-side size between canal and outside, height in the middle of that, up to an articular process; angle."""
    searches = [_across(shape, side, y) for y in (shape.canal.front + _STATIONS, _stations_of_axis(shape))]
    (middles, widths), (on_axis, _) = yield from abreast(searches)
    up_and_down = [first_exits(middles, direction_coefficients(way), _REACH, _ARCH) for way in "SI"]
    up, down, rise = yield from abreast([*up_and_down, _rise(on_axis[:_FREE])])
    of_arch = np.where(np.isfinite(up + down), widths, np.inf)  # the others lie in the body
    return {
        "pedicle_width": float(np.nanmin(widths)),
        "pedicle_height": float((up + down)[of_arch.argmin()]),
        "pedicle_angle": _slant(on_axis, side),
        "pedicle_tilt": float(rise),
    }


def _across(shape: VertebraShape, side: float, y: FloatArray) -> Search[tuple[FloatArray, FloatArray]]:
    """Search middles (n, 3) and lengths (n,) of the side-to-side lines through a pedicle, from the canal, at some depths."""
    outwards = np.array([side, 0.0, 0.0])
    starts = np.column_stack([np.zeros(len(y)), y, np.full(len(y), pedicle_middle(shape.row))])
    entries = yield from first_entries(starts, outwards, _REACH)
    inner = starts + (entries + _INTO)[:, None] * outwards
    widths = (yield from first_exits(inner, outwards, _REACH)) + _INTO
    return inner + widths[:, None] / 2 * outwards, widths


def _stations_of_axis(shape: VertebraShape) -> FloatArray:
    return np.asarray(shape.canal.front - isthmus(shape.row) + _ON_AXIS)


def _slant(middles: FloatArray, side: float) -> float:
    """Return by how many degrees the axis of a pedicle, the straight line nearest to its middles, approaches the midline."""
    x, y, _ = (middles - middles.mean(axis=0)).T
    return float(np.degrees(np.arctan2(-side * (x @ y), y @ y)))


def _rise(on_axis: FloatArray) -> Search[FloatArray]:
    """Search by how many degrees a pedicle rises backwards: its middle or, where a process stands on it, its lower side."""
    up, down = direction_coefficients("S"), direction_coefficients("I")
    above, below, of_bone = yield from abreast(
        [first_exits(on_axis, up, _REACH, _ARCH), first_exits(on_axis, down, _REACH, _ARCH), first_exits(on_axis, up, _REACH)]
    )
    free = np.abs(of_bone - above).max() < _INTO
    y, z = on_axis[:, 1] - on_axis[:, 1].mean(), (above - below) / 2 if free else -below
    return np.asarray(np.degrees(np.arctan2(-((z - z.mean()) @ y), y @ y)))


def _lamina(shape: VertebraShape, side: float) -> Search[ArchSizes]:
    """Thickness across the wall of the canal, and height of the arch in the middle of that."""
    backwards = direction_coefficients("P")
    x = side * _LAMINA * shape.row.canal_width
    start = np.array([[x, shape.canal.front - shape.canal.depth / 2, lamina_middle(shape.row)]])
    wall = start + (yield from first_entries(start, backwards, _REACH, _ARCH))[:, None] * backwards
    if not np.isfinite(wall).all():
        return {}
    outwards = _away_from(shape.canal, wall[0])
    thickness = (yield from first_exits(wall + _INTO * outwards, outwards, _REACH, _ARCH))[0] + _INTO
    middle = wall + thickness / 2 * outwards
    up, down = yield from abreast([first_exits(middle, direction_coefficients(way), _REACH, _ARCH) for way in "SI"])
    return {"lamina_thickness": float(thickness), "lamina_height": float(up[0] + down[0])}


def _away_from(canal: Canal, point: FloatArray) -> FloatArray:
    """Return the unit normal (3,) of the wall of a canal, out of it."""
    steps = _INTO * np.eye(3)
    slope = canal.distance(*(point + steps).T) - canal.distance(*(point - steps).T)
    return np.asarray(slope / np.linalg.norm(slope), dtype=np.float64)


def _facet(shape: VertebraShape, side: float) -> Search[ArchSizes]:
    """Directions that the plane through five points of a superior facet looks."""
    joint = shape.facet_joint(above=True, side=side)
    normal = np.array(joint.normal)
    across = np.cross(normal, [0.0, 0.0, 1.0])
    across /= np.linalg.norm(across)
    starts = np.array(joint.point) + _ON_FACET @ np.stack([across, np.cross(normal, across)])
    ways = yield from first_entries(starts, -normal, 5.0)
    if not np.isfinite(ways).all():
        return {}
    points = starts - ways[:, None] * normal
    plane = np.linalg.svd(points - points.mean(axis=0))[2][2]
    x, y, z = plane * np.sign(plane @ normal)
    return {
        "facet_axial": float(np.degrees(np.arctan2(side * x, -y))),
        "facet_tilt": float(np.degrees(np.arcsin(z))),
    }


def _spinous(shape: VertebraShape) -> Search[ArchSizes]:
    """Length from the back wall of the canal to the tip, and fall, of the axis through the middle of the process.

    A forked process has no bone in its middle: its length is taken along the way it was built, its fall is not measured.
    """
    form, backwards = spinous_of(shape.row), direction_coefficients("P")
    angle = np.radians(form.inclination)
    built = -np.array([0.0, np.cos(angle), np.sin(angle)])
    start = np.array([[0.0, shape.canal.front - shape.canal.depth / 2, form.root[1]]])
    to_wall, tip, axis = yield from abreast(
        [first_entries(start, backwards, _REACH), _tip(shape, Sub.SPINOUS, built), _spinous_axis(shape, built)]
    )
    wall, axis = start[0] + to_wall[0] * backwards, built if form.fork else axis
    if not np.isfinite([*axis, *wall, *tip]).all():
        return {}
    fall = {} if form.fork else {"spinous_inclination": float(np.degrees(np.arctan2(-axis[2], -axis[1])))}
    return {"spinous_length": float((tip - wall) @ axis), **fall}


def _spinous_axis(shape: VertebraShape, built: FloatArray) -> Search[FloatArray]:
    """Search the unit vector through the middles of two upright sections of the spinous process; NaN where it has none."""
    form, upwards = spinous_of(shape.row), direction_coefficients("S")
    within = np.array([0.0, *form.root]) + _SPINOUS * form.length * built
    up, down = yield from abreast([first_exits(within, sign * upwards, _REACH, (int(Sub.SPINOUS),)) for sign in (1.0, -1.0)])
    first, second = within + ((up - down) / 2)[:, None] * upwards
    return np.asarray((second - first) / np.linalg.norm(second - first))
