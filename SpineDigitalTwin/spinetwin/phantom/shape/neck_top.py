"""What only the two uppermost vertebrae have: the ring of the atlas, the dens of the axis."""

from __future__ import annotations

from dataclasses import replace
from types import MappingProxyType

import numpy as np

from ...anatomy.subregions import SubregionId as Sub
from ...anatomy.tables import read_table
from ..person.dimensions import Dimensions
from .distances import Triple
from .part import JOINT_GAP, Joint, Part, pair
from .places import ENDLESS, canal_of, wall_of
from .processes import Articular, Pierced, triple
from .solids import Arch, Canal, Plane, Rod, Spinous


def _sizes(level: str) -> MappingProxyType[str, float]:
    rows = read_table("neck_top.csv", __package__)
    return MappingProxyType({row["name"]: float(row["size"]) for row in rows if row["level"] == level})


ATLAS, AXIS = _sizes("C1"), _sizes("C2")
"""Published sizes of dry bones, mm and degrees; ``neck_top.csv`` says what each is and where it comes from."""

_GROOVE = (0.80, 0.56)
"""Where the ends of the groove of the vertebral artery lie, from the front (0) to the back (1) of the ring."""

_TIP = 4.6
"""Radius of the tip of a transverse process, mm in an atlas of the size of the published ones."""

_FILLED = 0.5
"""What the fillets between the parts take off the radius of a foramen, mm."""

_STOUT, _SHARED = 1.1, 1.5
"""How broad a lateral mass is against its facet; how far beyond the middle of its height each half of it goes, mm."""


def dens(row: Dimensions) -> Rod:
    """Return the dens of the axis."""
    return Rod((0.0, 0.5, row.height / 2 - 4.0), (0.0, -0.5, row.height / 2 + 12.0), (5.6, 5.0))


def axis_facet(row: Dimensions, upper: bool) -> tuple[float, float]:
    """Return the half axes (across, along) of the facets of the axis, of which the lower ones are much the smaller."""
    which, size = "superior" if upper else "inferior", row.body_width / AXIS["width"]
    return AXIS[f"{which}_width"] * size / 2, AXIS[f"{which}_length"] * size / 2


def axis_shoulder(row: Dimensions, behind: Triple) -> Rod:
    """Return what carries a superior facet of the axis beside the body, at the foot of the dens."""
    size = row.body_width / AXIS["width"]
    return Rod((0.3 * row.body_width, behind[1], row.height / 2 - 6.0 * size), behind, (5.5 * size, 6.0 * size))


def axis_foramen(row: Dimensions) -> Rod:
    """Return the foramen of the vertebral artery, which turns outwards under a superior facet of the axis."""
    size, wall = row.body_width / AXIS["width"], wall_of(row)
    radius, y = AXIS["foramen"] * size / 2, wall + 4.0 * size
    inner, outer = row.body_width / 2 + 5.0 * size, row.transverse_span / 2 + 1.0
    return Rod((inner, y, -row.height / 2 - 6.0 * size), (outer, y, 5.0 * size), (radius, radius))


def axis_transverse(row: Dimensions) -> Pierced:
    """Return a transverse process of the axis: two bars from body and pillar to one small tip that droops."""
    size, wall = row.body_width / AXIS["width"], wall_of(row)
    tip = (row.transverse_span / 2 - 3.5 * size, wall - row.transverse_back, row.transverse_rise)
    front = Rod((0.4 * row.body_width, wall + 7.5 * size, -2.0 * size), tip, (3.2 * size, 3.5 * size))
    rear = Rod((row.canal_width / 2 + 2.5 * size, wall - 5.0 * size, -1.0 * size), tip, (3.6 * size, 3.5 * size))
    return Pierced((front, rear), (0.0, 0.0), 0.0, rooms=(axis_foramen(row),))


def atlas(row: Dimensions, superior: Joint, inferior: Joint) -> tuple[Part, ...]:
    """Return the parts of C1: a ring, lateral masses that carry the head, transverse processes with a foramen."""
    canal, size = canal_of(row), row.transverse_span / ATLAS["span"]
    front = canal.front + 3.0
    tubercle = Rod((0.0, front, -0.5), (0.0, front + 1.5, -1.0), (4.2 * size, 3.0 * size))
    back = canal.front - canal.depth - row.lamina_thickness + 1.5
    spinous = Spinous((back, -1.0), row.spinous_length, 10.0, (row.spinous_height, row.spinous_height * 0.7), (4.0, 3.4, 3.0))
    return (
        Part(Sub.ARCH, _ring(row, canal, size), priority=4.0),
        Part(Sub.ARCH, tubercle, front=True),
        *pair(Sub.ARCH, Sub.ARCH, _shoulder(canal, size)),
        Part(Sub.SPINOUS, spinous),
        *pair(Sub.COSTAL_LEFT, Sub.COSTAL_RIGHT, _transverse(row, size)),
        *pair(Sub.SUPERIOR_ARTICULAR_LEFT, Sub.SUPERIOR_ARTICULAR_RIGHT, _superior_mass(row, superior, size)),
        *pair(Sub.INFERIOR_ARTICULAR_LEFT, Sub.INFERIOR_ARTICULAR_RIGHT, _inferior_mass(row, inferior, size)),
    )


def _ring(row: Dimensions, canal: Canal, size: float) -> Arch:
    """Return both arches, with the grooves of the vertebral arteries behind the superior facets."""
    heights = ATLAS["anterior_height"] * size, row.lamina_height
    return Arch(
        canal, (5.0, row.lamina_thickness), (-0.5, -1.0), heights, cut=0.0, ring=True, rooms=(_groove(row, canal, size),)
    )


def _shoulder(canal: Canal, size: float) -> Rod:
    """Return what makes the anterior arch thicker towards the lateral masses, into which it goes without a step."""
    start, end = canal.front + 1.5 * size, canal.front - 0.3 * canal.depth
    return Rod((2.0, start, -0.5), (canal.width * 0.55, end, -0.5), (3.4 * size, 5.2 * size))


def _groove(row: Dimensions, canal: Canal, size: float) -> Rod:
    """Return the room of the vertebral artery, which runs over the posterior arch outwards and forwards."""
    radius = ATLAS["groove_width"] * size / 2
    z = -1.0 - row.lamina_height / 2 + ATLAS["groove_height"] * size + radius
    inner, outer = ATLAS["groove_inner"] * size + radius / 2, ATLAS["groove_outer"] * size
    start, end = (canal.front - share * canal.depth for share in _GROOVE)
    return Rod((inner, start, z), (outer, end, z), (radius, radius))


def _transverse(row: Dimensions, size: float) -> Pierced:
    (hole, y, _), radius = _foramen(row, size).start, _foramen(row, size).radii[0]
    tip, inner = row.transverse_span / 2 - _TIP * size, hole - 5.0 * size
    bars = (
        Rod((inner, y + 5.0 * size, -1.0), (tip, y - 1.5 * size, -3.0), (3.0 * size, _TIP * size)),
        Rod((inner, y - 5.0 * size, -1.0), (tip, y - 1.5 * size, -3.0), (3.0 * size, _TIP * size)),
    )
    return Pierced(bars, (hole, y), radius)


def _foramen(row: Dimensions, size: float) -> Rod:
    """Return the right transverse foramen of the atlas."""
    x, radius = ((ATLAS["foramen_outer"] + sign * ATLAS["foramen_inner"]) / 4 * size for sign in (1.0, -1.0))
    y, radius = row.canal_depth * -0.18, radius + _FILLED * size
    return Rod((x, y, -ENDLESS), (x, y, ENDLESS), (radius, radius))


def _superior_mass(row: Dimensions, joint: Joint, size: float) -> Articular:
    half = ATLAS["superior_width"] * size / 2, ATLAS["superior_length"] * size / 2
    return replace(_mass(row, joint, 1.0, half, size), turn=ATLAS["convergence"], dish=ATLAS["hollow"] * size)


def _inferior_mass(row: Dimensions, joint: Joint, size: float) -> Articular:
    return _mass(row, joint, -1.0, (ATLAS["inferior_width"] * size / 2, ATLAS["inferior_length"] * size / 2), size)


def _mass(row: Dimensions, joint: Joint, up: float, half: tuple[float, float], size: float) -> Articular:
    """Return the upper or lower half of a lateral mass: a column, longer than broad, that ends in its facet."""
    n, p = up * np.array(joint.normal), np.array(joint.point)
    point = p - n * JOINT_GAP / 2
    middle = np.array([p[0], p[1], 0.0])
    radius = half[0] * _STOUT
    end = Plane((0.0, 0.0, -up * _SHARED), (0.0, 0.0, -up))
    limb = Rod(triple(middle), triple(point - n * 3.0), (radius, radius), flat=half[0] / half[1], facet=end)
    return Articular(Plane(triple(point), triple(n)), half, 6.0, (limb,), canal_of(row), rooms=(_foramen(row, size),))
