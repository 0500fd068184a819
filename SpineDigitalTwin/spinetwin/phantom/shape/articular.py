"""Articular processes, and the rooms that parts leave to those of their neighbours and to the vertebral artery."""

from __future__ import annotations

import numpy as np

from ...anatomy import level as level_of
from ...geometry import FloatArray
from ..person.dimensions import Dimensions
from .distances import Triple
from .part import JOINT_GAP, Joint
from .places import canal_of, foramen_of, in_loin, in_neck, is_axis, isthmus, lamina_middle, pedicle_middle, wall_of
from .processes import Articular, facet_axes, triple
from .proportions import proportions
from .solids import Plane, Rod

ROOM = 1.2
"""Distance of an arch from the articular processes of its neighbours, mm."""

STRAIGHT = 2.5
"""Over how many mm from its isthmus backwards a pedicle is free of processes."""

_LOWER = 0.25
"""How far the pillars of the neck end towards one another from the middles of their facets, against the half axes of these."""

_MAMILLARY = (0.75, 1.0, 0.75)
"""How far a mamillary process lies behind the facet, and its radius, against that of the process; how far beside the middle of
the facet, against half its width."""

_HEEL = 1.0
"""How far the middle of an inferior process of the loin lies behind its facet, against the radius of the superior one."""

_BEHIND = 2.0
"""How far the room above a lamina of the loin reaches backwards, mm, so that no horn of bone is left behind the process."""

_WAY = np.array([0.0, 0.0, 12.0])
"""How far the rooms for the processes of neighbours reach, mm."""


def superior_process(row: Dimensions, joint: Joint, other: Joint) -> Articular:
    """Return the right superior articular process."""
    facet, point, out = _facet(joint, upper=True)
    r = proportions(row.level).bulk * row.body_width
    behind = point - out * 0.6 * r
    if not in_neck(row):  # the limb ends high and well behind the facet, so that the tip is a dome and no edge
        deep = 0.7 if level_of(row.level).region == "lumbar" else 1.0
        behind = point - out * deep * r + _along(out) * 0.35 * _half_axes(row)[1]
    if in_neck(row):  # lower than the facet, whose edge would be a ball
        root, behind = _pillar(joint, other), behind - _along(out) * _LOWER * _half_axes(row)[1]
    else:
        root = np.array(
            [row.canal_width / 2 + row.pedicle_width * 0.5, behind[1] * 0.4 + 0.6 * (wall_of(row) - row.canal_depth * 0.5), 0.0]
        )
        root[1] = min(root[1], wall_of(row) - isthmus(row) - STRAIGHT - r - 1.5)
        root[2] = pedicle_middle(row) - 1.0
    limbs = [Rod(triple(root), triple(behind), (r, r * 0.9))]
    if in_loin(row):
        limbs.append(_mamillary(joint, point - out * _MAMILLARY[0] * r, r, _half_axes(row)[0]))
    if is_axis(row):
        from .neck_top import axis_shoulder

        limbs.append(axis_shoulder(row, triple(behind)))
    rooms = _arteries(row) if in_neck(row) else ()
    return Articular(
        facet, _half_axes(row), max(4.0, 0.9 * r), tuple(limbs), canal_of(row), joint.hollow, _blend(row), rooms=rooms
    )


def inferior_process(row: Dimensions, superior: Joint, joint: Joint) -> Articular:
    """Return the right inferior articular process."""
    facet, point, out = _facet(joint, upper=False)
    r = proportions(row.level).bulk * row.body_width
    behind = point - out * 0.6 * r
    if in_neck(row):
        root, behind = _pillar(joint, superior), behind - _along(out) * _LOWER * _half_axes(row, upper=False)[1]
    else:
        root = np.array([0.85 * behind[0], behind[1], max(lamina_middle(row), behind[2] + 2.0)])
    limbs = [Rod(triple(root), triple(behind), (r, r * (0.9 if in_neck(row) else 0.75)))]
    if level_of(row.level).region == "lumbar":
        heel = point - out * _HEEL * r
        root = np.array([0.9 * heel[0], heel[1], max(lamina_middle(row) - 2.0, heel[2] + 4.0)])
        limbs = [
            Rod(triple(root), triple(heel), (0.8 * r, _HEEL * r)),
            Rod(_isthmus_of_arch(row, superior), triple(heel), (0.75 * r, 0.9 * r)),
        ]
    rooms = _arteries(row) if in_neck(row) else ()
    half = _half_axes(row, upper=False)
    return Articular(facet, half, max(4.0, 0.9 * r), tuple(limbs), canal_of(row), -joint.bulge, _blend(row), rooms=rooms)


def _facet(joint: Joint, upper: bool) -> tuple[Plane, FloatArray, FloatArray]:
    """Facet of a superior (or inferior) process, its middle, and the direction out of the bone."""
    n, p = np.array(joint.normal), np.array(joint.point)
    out = n if upper else -n
    point = p - out * JOINT_GAP / 2
    return Plane(triple(point), triple(out)), point, out


def _half_axes(row: Dimensions, upper: bool = True) -> tuple[float, float]:
    if is_axis(row):
        from .neck_top import axis_facet

        return axis_facet(row, upper)
    form = proportions(row.level)
    return form.facet_width * row.body_width, form.facet_height * row.body_width


def _along(normal: FloatArray) -> FloatArray:
    """Return the direction in a facet that leads most upwards."""
    up = np.array([0.0, 0.0, 1.0]) - normal[2] * normal
    return np.asarray(up / np.linalg.norm(up))


def _mamillary(joint: Joint, root: FloatArray, r: float, half: float) -> Rod:
    """Mamillary process: a knob behind and beside the facet, at its edge."""
    across = np.array(facet_axes(joint.normal)[0])
    return Rod(triple(root), triple(root + across * _MAMILLARY[1] * half), (r * 0.8, r * _MAMILLARY[2]))


def _blend(row: Dimensions) -> float:
    """Return the width of the fillets between the limbs of an articular process, mm."""
    return 5.0 if in_loin(row) else 3.0


def _isthmus_of_arch(row: Dimensions, superior: Joint) -> Triple:
    """Return where the interarticular part leaves the superior process."""
    x, y, _ = superior.point
    side = row.canal_width / 2 + 0.5 * row.pedicle_width
    return min(side, x), 0.5 * (y + wall_of(row) - isthmus(row)) - 2.0, pedicle_middle(row) - 0.3 * row.pedicle_height


def _pillar(near: Joint, far: Joint) -> FloatArray:
    """Return where the articular pillar of the neck belongs to the process of the near joint: on its side of the middle."""
    return np.asarray(0.65 * np.array(near.point) + 0.35 * np.array(far.point))


def rooms_of(row: Dimensions, superior: Joint, inferior: Joint) -> tuple[Rod, ...]:
    """Return what the arch leaves to the processes of its neighbours: in front of the joint below, behind that above."""
    if in_neck(row):
        return _arteries(row)
    r, (_, half) = proportions(row.level).bulk * row.body_width, _half_axes(row)
    down = np.array(inferior.normal)
    below = np.array(inferior.point) - down * r + _along(down) * 0.35 * half
    return Rod(triple(below), triple(below - _WAY), (0.9 * r + ROOM, 0.9 * r + ROOM)), room_above(row, superior)


def room_above(row: Dimensions, joint: Joint) -> Rod:
    """Return the room behind the joint above for the inferior articular process of the neighbour there."""
    r, (_, half) = proportions(row.level).bulk * row.body_width, _half_axes(row)
    up = np.array(joint.normal)
    deep, free = (_HEEL * r, _HEEL * r + _BEHIND) if in_loin(row) else (0.6 * r, 0.7 * r)
    if level_of(row.level).region == "sacral":  # L5 has a broad one
        deep, free = 0.7 * r, 0.8 * r
    above = np.array(joint.point) + up * deep - _along(up) * (half - 0.7 * r)
    if in_loin(row):
        above[1] -= _BEHIND
    return Rod(triple(above), triple(above + _WAY), (free + ROOM + _blend(row) / 10,) * 2)


def _arteries(row: Dimensions) -> tuple[Rod, ...]:
    """Return what a vertebra of the neck leaves to the vertebral artery."""
    if is_axis(row):
        from .neck_top import axis_foramen

        return (axis_foramen(row),)
    return (foramen_of(row),)
