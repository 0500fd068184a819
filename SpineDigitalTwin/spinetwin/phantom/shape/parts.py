"""From a row of dimensions to the named parts of a vertebra."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from ...anatomy import level as level_of
from ...anatomy.subregions import SubregionId as Sub
from ...geometry import FloatArray
from ..person.dimensions import Dimensions
from .changed_solids import Spared
from .distances import Triple
from .part import JOINT_GAP, Joint, Part, pair
from .processes import Articular, Pierced, facet_axes, triple
from .proportions import proportions, uncinate
from .solids import Arch, Body, Canal, Plane, Rod, Solid, Spinous

__all__ = [
    "JOINT_GAP",
    "Joint",
    "Part",
    "body_of",
    "canal_of",
    "default_joint",
    "facet_curve",
    "facet_normal",
    "fillet_width",
    "joint_drop",
    "parts_of",
]


_FORAMEN = {"C3": 2.9, "C4": 2.9, "C5": 3.0, "C6": 3.1, "C7": 1.9}
"""Radius of the transverse foramen where it runs along the spine, mm at the mean size; that of C2 is oblique."""

_FLATTER = {"T12": 1.3, "T13": 1.6}
"""By how much the transverse processes of the chest are flatter from front to back where they turn into those of the loin."""

_AHEAD = 1.5
"""By how many mm a transverse process of the neck is favoured, lest a broad pillar should cut its posterior bar off."""

_FLANK = (float(np.cos(np.radians(42.0))), float(np.sin(np.radians(42.0))), 0.0)
"""Direction that the outer side of a pedicle faces where it goes into the side of the body."""

_BELLY, _CORNER = 0.5, 0.15
"""Where a canal with straight side walls is widest, from front to back; the radius of its front corners against its depth."""

_RING_BELLY, _RING_CORNER, _RING_SPLAY = 0.55, 0.2, 0.33
"""As above in the atlas, between whose lateral masses there is room for the dens only; how its walls go outwards behind it."""

_NECK_BELLY, _NECK_CORNER = 0.32, 0.1
"""As for the chest, from C3 to C7, where the side walls of the canal are short and go outwards as their pedicles do."""

_FREE = 2.25
"""How far from the body the inner wall of a pedicle is free of the fillet between both, mm."""

_LOWER = 0.25
"""How far the pillars of the neck end towards one another from the middles of their facets, against the half axes of these."""

ENDLESS = 40.0
"""How far a foramen reaches up and down, mm: beyond the vertebra."""

STRAIGHT = 2.5
"""Over how many mm from its isthmus backwards a pedicle is free of processes."""

ROOM = 1.2
"""Distance of an arch from the articular processes of its neighbours, mm."""

NEAR = 2.0
"""How far, mm, a joint may lie nearer to the body than between equal neighbours before the edge of the laminae gives way."""

_NEAR_IN_LOIN = 4.5
"""The same in the loin, where the lordosis of people who stand brings joints near."""

_FILLET = 3.0
"""How far outside itself, mm, the arch is favoured: over the fillets between the parts, of which others would keep specks."""

_MAMILLARY = (0.75, 1.0, 0.75)
"""How far a mamillary process lies behind the facet, and its radius, against that of the process; how far beside the middle of
the facet, against half its width."""

_HEEL = 1.0
"""How far the middle of an inferior process of the loin lies behind its facet, against the radius of the superior one."""

_BEHIND = 2.0
"""How far the room above a lamina of the loin reaches backwards, mm, so that no horn of bone is left behind the process."""

_BOWL = 1.3
"""Depth of an endplate's hollow against its concavity, because the hollow reaches under the rim; in the neck it does not."""


def fillet_width(row: Dimensions) -> float:
    """Return the width of the fillets between the parts of a vertebra, mm."""
    return 1.5 + 0.03 * row.body_width


def body_of(row: Dimensions) -> Body:
    """Return the body; for C1 the one it would have, which only serves to place discs and neighbours."""
    form, uncus, size = proportions(row.level), uncinate(row.level), row.body_width / _mean_width(row.level)
    bowl = 1.0 if _in_neck(row) else _BOWL
    return Body(
        width=row.body_width,
        depth=row.body_depth,
        height_front=row.height_front,
        height_back=row.height_back,
        waist=form.waist,
        hollow=form.hollow * row.body_depth,
        taper=form.taper,
        concavity=(bowl * row.concavity_superior, bowl * row.concavity_inferior),
        uncus=uncus.height * size,
        bevel=uncus.bevel * size,
        power=(form.power, form.power_behind),
        rim=form.rim,
    )


def canal_of(row: Dimensions) -> Canal:
    """Return the vertebral foramen."""
    if row.level == level_of("C1").id:
        front, corner = row.canal_depth * 0.25, _RING_CORNER * row.canal_depth
        return Canal(row.canal_width, row.canal_depth, front, opening=0.0, belly=_RING_BELLY, corner=corner, splay=_RING_SPLAY)
    form = proportions(row.level)
    depth = row.canal_depth - body_of(row).recess
    canal = Canal(row.canal_width, depth, wall_of(row), form.opening, form.canal_taper)
    if _is_axis(row):
        return canal
    if _in_neck(row):
        return replace(canal, belly=_NECK_BELLY, corner=_NECK_CORNER * depth, splay=_inwards(row))
    return replace(canal, belly=_BELLY, corner=_CORNER * depth, splay=form.pedicle_inner * _inwards(row))


def joint_drop(row: Dimensions) -> float:
    """Return how far the facet joint above a vertebra lies below the middle of the disc there, mm."""
    return proportions(row.level).joint_drop * row.body_width / _mean_width(row.level)


def default_joint(row: Dimensions, above: bool) -> Joint:
    """Return the joint above or below as it is between equal neighbours in a straight spine."""
    z = (row.height + row.disc_height) / 2 * (1 if above else -1) - joint_drop(row)
    return Joint((row.facet_x, -row.body_depth / 2 - row.facet_behind, z), facet_normal(row), facet_curve(row))


def facet_curve(row: Dimensions) -> float:
    """Return how hollow the superior facets are from side to side (`Joint.curve`), 1/mm."""
    return proportions(row.level).facet_curve * _mean_width(row.level) / row.body_width


def facet_normal(row: Dimensions) -> Triple:
    """Return the direction the right superior facet of a vertebra looks."""
    axial, tilt = np.radians(row.facet_axial), np.radians(row.facet_tilt)
    return float(np.sin(axial) * np.cos(tilt)), float(-np.cos(axial) * np.cos(tilt)), float(np.sin(tilt))


def parts_of(row: Dimensions, superior: Joint, inferior: Joint) -> tuple[Part, ...]:
    """Return the parts of the vertebra of one level."""
    from .neck_top import atlas, dens
    from .sacrum import sacrum

    if level_of(row.level).region == "sacral":
        return sacrum(row, superior)
    if row.level == level_of("C1").id:
        return atlas(row, superior, inferior)
    front = [Part(Sub.BODY_BORDER, body_of(row), front=True, priority=6.0)]
    if row.level == level_of("C2").id:
        front.append(Part(Sub.BODY_BORDER, dens(row), front=True))
    return (
        *front,
        Part(
            Sub.ARCH,
            replace(_given_way(row, superior, inferior), rooms=_rooms(row, superior, inferior)),
            priority=0.0 if _in_neck(row) else 1.5,
            fade=_FILLET,
        ),
        Part(Sub.SPINOUS, spinous_of(row)),
        *pair(Sub.COSTAL_LEFT, Sub.COSTAL_RIGHT, _spared(row, superior), priority=_AHEAD if _in_neck(row) else 0.0),
        *pair(Sub.SUPERIOR_ARTICULAR_LEFT, Sub.SUPERIOR_ARTICULAR_RIGHT, superior_process(row, superior, inferior)),
        *pair(Sub.INFERIOR_ARTICULAR_LEFT, Sub.INFERIOR_ARTICULAR_RIGHT, _inferior_process(row, superior, inferior)),
    )


def _mean_width(key: int) -> float:
    from ..person.dimensions import DIMENSIONS

    return DIMENSIONS[key].body_width


def _in_neck(row: Dimensions) -> bool:
    return level_of(row.level).region == "cervical"


def _is_axis(row: Dimensions) -> bool:
    return level_of(row.level).name == "C2"


def _in_loin(row: Dimensions) -> bool:
    return level_of(row.level).region == "lumbar" or level_of(row.level).name == "T12"


def wall_of(row: Dimensions) -> float:
    """Return where the back wall of the body lies in the midline."""
    return -row.body_depth / 2


def pedicle_middle(row: Dimensions) -> float:
    """Return the height of the middle of the pedicles."""
    return (row.height - row.pedicle_height) / 2 - proportions(row.level).pedicle_drop * row.height


def isthmus(row: Dimensions) -> float:
    """Return how far behind the middle of the body's back wall the inner wall of a pedicle comes free of the body, mm."""
    ways = np.arange(0.0, 8.0, 0.25)
    x, y, z = np.full_like(ways, row.canal_width / 2), wall_of(row) - ways, np.full_like(ways, pedicle_middle(row))
    return float(ways[np.argmax(body_of(row).side(x, y, z) > _FREE)])


def lamina_middle(row: Dimensions) -> float:
    """Return the height of the middle of the laminae."""
    return (row.lamina_height - row.height - row.disc_height) / 2


def _inwards(row: Dimensions) -> float:
    """Return by how much the axis of a pedicle approaches the midline for each mm forwards."""
    return float(np.tan(np.radians(row.pedicle_angle)))


def arch_of(row: Dimensions) -> Arch:
    """Return pedicles and laminae."""
    neck, canal = _in_neck(row), canal_of(row)
    beside = row.canal_width / 2 - canal.splay * canal.belly * canal.depth + row.pedicle_width
    slanted = 1.0 / np.cos(np.radians(row.pedicle_angle)) if neck and not _is_axis(row) else 1.0
    return Arch(
        canal,
        thickness=(row.pedicle_width * float(slanted), row.lamina_thickness),
        middle=(pedicle_middle(row), lamina_middle(row)),
        height=(row.pedicle_height, row.lamina_height),
        cut=wall_of(row),
        reach=0.30 * row.body_depth,
        flare=0.0 if neck else 2.0 * (1.0 - proportions(row.level).pedicle_inner) * _inwards(row),
        isthmus=0.0 if neck else isthmus(row),
        flank=None if neck else Plane((beside, wall_of(row) + 2.0, 0.0), _FLANK),
    )


def _given_way(row: Dimensions, superior: Joint, inferior: Joint) -> Arch:
    """Return pedicles and laminae, these less high above and below by what neighbours that are bent come nearer there."""
    arch = arch_of(row)
    if _in_neck(row):
        return arch
    near = _NEAR_IN_LOIN if level_of(row.level).region == "lumbar" else NEAR
    near *= row.body_width / _mean_width(row.level)
    top = max(0.0, default_joint(row, above=True).point[2] - superior.point[2] - near)
    bottom = max(0.0, inferior.point[2] - default_joint(row, above=False).point[2] - near)
    (pedicle, lamina), (high, low) = arch.middle, arch.height
    return replace(arch, middle=(pedicle, lamina + (bottom - top) / 2), height=(high, max(low - top - bottom, low / 2)))


def spinous_of(row: Dimensions) -> Spinous:
    """Return the spinous process; its length runs from the back wall of the canal."""
    form, canal = proportions(row.level), canal_of(row)
    root = lamina_middle(row) - form.spinous_drop * row.lamina_height
    half, within = row.spinous_width / 2, 0.75 * row.lamina_thickness
    return Spinous(
        root=(canal.front - canal.depth - within, root),
        length=row.spinous_length - within,
        inclination=row.spinous_inclination,
        heights=(row.spinous_height, row.spinous_height * form.spinous_tip),
        halves=(half * form.spinous_root, half * form.spinous_waist, half * form.spinous_bulb),
        fork=form.fork * row.body_width / _mean_width(row.level),
    )


def _transverse(row: Dimensions) -> Solid:
    if level_of(row.level).name in _FORAMEN:
        return _pierced(row)
    wall, side = wall_of(row), row.canal_width / 2
    if _is_axis(row):
        from .neck_top import axis_transverse

        return axis_transverse(row)
    if level_of(row.level).region == "thoracic":
        start = (side + row.pedicle_width * 0.5, wall - row.canal_depth * 1.0, pedicle_middle(row) - 2.0)
        radius = 4.2 + 0.05 * row.body_width
        end = (row.transverse_span / 2 - radius, wall - row.transverse_back, row.transverse_rise)
        return Rod(start, end, (radius * 0.95, radius), flat=_FLATTER.get(level_of(row.level).name, 1.0), bow=_bow(row))
    start = (side + row.pedicle_width * 0.7, wall - row.canal_depth * 0.7, pedicle_middle(row) - 2.0)
    end = (row.transverse_span / 2 - 3.6, wall - row.transverse_back, row.transverse_rise)
    broad = 1.05 if level_of(row.level).name in ("L5", "L6") else 1.0
    return Rod(start, end, (5.6 * broad, 3.6), flat=1.5 / broad, bow=_bow(row))


def _bow(row: Dimensions) -> tuple[float, float]:
    form, size = proportions(row.level), row.body_width / _mean_width(row.level)
    return form.transverse_bow * size, form.transverse_arch * size


def _pierced(row: Dimensions) -> Solid:
    """Transverse process of the neck: an anterior bar from the body, a posterior one from the pillar, a foramen between."""
    wall, size, foramen = wall_of(row), row.body_width / 20.0, foramen_of(row)
    (hole, ahead, _), radius = foramen.start, foramen.radii[0]
    side, tip = row.canal_width / 2, row.transverse_span / 2 - 3.0 * size
    low = row.transverse_rise + (3.0 if row.transverse_rise < 0.0 else 0.0)
    gutter = min(tip - 3.0 * size, hole + radius + 2.4 * size)
    root = (row.body_width * 0.42, min(wall + 7.5 * size, ahead + radius + 2.0 * size), 2.0)
    front = Rod(root, (gutter, ahead + 2.2 * size, low), (2.3 * size, 2.7 * size))
    rear = Rod((side + 6.5, wall - 3.0, 0.0), (tip, wall - row.transverse_back - 1.0, low), (3.4 * size, 3.0 * size))
    edge = Rod((gutter, ahead + 1.5 * size, low), (gutter + 2.0 * size, wall, low), (2.4 * size, 2.4 * size))
    return Pierced((front, rear, edge), (hole, ahead), radius)


def foramen_of(row: Dimensions) -> Rod:
    """Return the right transverse foramen from C3 to C7: a pedicle's width beside the side wall of the canal."""
    canal, angle = canal_of(row), np.radians(row.pedicle_angle)
    radius = _FORAMEN[level_of(row.level).name] * row.body_width / _mean_width(row.level)
    way = canal.belly * float(canal.half_depth(np.array(pedicle_middle(row))))  # to the middle of the wall
    away = row.pedicle_width + radius
    x = row.canal_width / 2 - canal.splay * way + away * float(np.cos(angle))
    y = canal.front - way + away * float(np.sin(angle))
    return Rod((x, y, -ENDLESS), (x, y, ENDLESS), (radius, radius))


def _facet(joint: Joint, upper: bool) -> tuple[Plane, FloatArray, FloatArray]:
    """Facet of a superior (or inferior) process, its middle, and the direction out of the bone."""
    n, p = np.array(joint.normal), np.array(joint.point)
    out = n if upper else -n
    point = p - out * JOINT_GAP / 2
    return Plane(triple(point), triple(out)), point, out


def _half_axes(row: Dimensions, upper: bool = True) -> tuple[float, float]:
    if _is_axis(row):
        from .neck_top import axis_facet

        return axis_facet(row, upper)
    form = proportions(row.level)
    return form.facet_width * row.body_width, form.facet_height * row.body_width


def _along(normal: FloatArray) -> FloatArray:
    """Return the direction in a facet that leads most upwards."""
    up = np.array([0.0, 0.0, 1.0]) - normal[2] * normal
    return np.asarray(up / np.linalg.norm(up))


def superior_process(row: Dimensions, joint: Joint, other: Joint) -> Articular:
    """Return the right superior articular process."""
    facet, point, out = _facet(joint, upper=True)
    r = proportions(row.level).bulk * row.body_width
    behind = point - out * 0.6 * r
    if not _in_neck(row):  # the limb ends high and well behind the facet, so that the tip is a dome and no edge
        deep = 0.7 if level_of(row.level).region == "lumbar" else 1.0
        behind = point - out * deep * r + _along(out) * 0.35 * _half_axes(row)[1]
    if _in_neck(row):  # lower than the facet, whose edge would be a ball
        root, behind = _pillar(joint, other), behind - _along(out) * _LOWER * _half_axes(row)[1]
    else:
        root = np.array(
            [row.canal_width / 2 + row.pedicle_width * 0.5, behind[1] * 0.4 + 0.6 * (wall_of(row) - row.canal_depth * 0.5), 0.0]
        )
        root[1] = min(root[1], wall_of(row) - isthmus(row) - STRAIGHT - r - 1.5)
        root[2] = pedicle_middle(row) - 1.0
    limbs = [Rod(triple(root), triple(behind), (r, r * 0.9))]
    if _in_loin(row):
        limbs.append(_mamillary(joint, point - out * _MAMILLARY[0] * r, r, _half_axes(row)[0]))
    if _is_axis(row):
        from .neck_top import axis_shoulder

        limbs.append(axis_shoulder(row, triple(behind)))
    rooms = _arteries(row) if _in_neck(row) else ()
    return Articular(
        facet, _half_axes(row), max(4.0, 0.9 * r), tuple(limbs), canal_of(row), joint.hollow, _blend(row), rooms=rooms
    )


def _mamillary(joint: Joint, root: FloatArray, r: float, half: float) -> Rod:
    """Mamillary process: a knob behind and beside the facet, at its edge."""
    across = np.array(facet_axes(joint.normal)[0])
    return Rod(triple(root), triple(root + across * _MAMILLARY[1] * half), (r * 0.8, r * _MAMILLARY[2]))


def _inferior_process(row: Dimensions, superior: Joint, joint: Joint) -> Articular:
    facet, point, out = _facet(joint, upper=False)
    r = proportions(row.level).bulk * row.body_width
    behind = point - out * 0.6 * r
    if _in_neck(row):
        root, behind = _pillar(joint, superior), behind - _along(out) * _LOWER * _half_axes(row, upper=False)[1]
    else:
        root = np.array([0.85 * behind[0], behind[1], max(lamina_middle(row), behind[2] + 2.0)])
    limbs = [Rod(triple(root), triple(behind), (r, r * (0.9 if _in_neck(row) else 0.75)))]
    if level_of(row.level).region == "lumbar":
        heel = point - out * _HEEL * r
        root = np.array([0.9 * heel[0], heel[1], max(lamina_middle(row) - 2.0, heel[2] + 4.0)])
        limbs = [
            Rod(triple(root), triple(heel), (0.8 * r, _HEEL * r)),
            Rod(_isthmus_of_arch(row, superior), triple(heel), (0.75 * r, 0.9 * r)),
        ]
    rooms = _arteries(row) if _in_neck(row) else ()
    half = _half_axes(row, upper=False)
    return Articular(facet, half, max(4.0, 0.9 * r), tuple(limbs), canal_of(row), -joint.bulge, _blend(row), rooms=rooms)


def _blend(row: Dimensions) -> float:
    """Return the width of the fillets between the limbs of an articular process, mm."""
    return 5.0 if _in_loin(row) else 3.0


def _isthmus_of_arch(row: Dimensions, superior: Joint) -> Triple:
    """Return where the interarticular part leaves the superior process."""
    x, y, _ = superior.point
    side = row.canal_width / 2 + 0.5 * row.pedicle_width
    return min(side, x), 0.5 * (y + wall_of(row) - isthmus(row)) - 2.0, pedicle_middle(row) - 0.3 * row.pedicle_height


_WAY = np.array([0.0, 0.0, 12.0])
"""How far the rooms for the processes of neighbours reach, mm."""


def _rooms(row: Dimensions, superior: Joint, inferior: Joint) -> tuple[Rod, ...]:
    """Return what the arch leaves to the processes of its neighbours: in front of the joint below, behind that above."""
    if _in_neck(row):
        return _arteries(row)
    r, (_, half) = proportions(row.level).bulk * row.body_width, _half_axes(row)
    down = np.array(inferior.normal)
    below = np.array(inferior.point) - down * r + _along(down) * 0.35 * half
    return Rod(triple(below), triple(below - _WAY), (0.9 * r + ROOM, 0.9 * r + ROOM)), room_above(row, superior)


def room_above(row: Dimensions, joint: Joint) -> Rod:
    """Return the room behind the joint above for the inferior articular process of the neighbour there."""
    r, (_, half) = proportions(row.level).bulk * row.body_width, _half_axes(row)
    up = np.array(joint.normal)
    deep, free = (_HEEL * r, _HEEL * r + _BEHIND) if _in_loin(row) else (0.6 * r, 0.7 * r)
    above = np.array(joint.point) + up * deep - _along(up) * (half - 0.7 * r)
    if _in_loin(row):
        above[1] -= _BEHIND
    return Rod(triple(above), triple(above + _WAY), (free + ROOM + _blend(row) / 10,) * 2)


def _spared(row: Dimensions, superior: Joint) -> Solid:
    """Return the right transverse process; in the chest it leaves room to the inferior process of the neighbour above."""
    process = _transverse(row)
    return Spared(process, (room_above(row, superior),)) if level_of(row.level).region == "thoracic" else process


def _arteries(row: Dimensions) -> tuple[Rod, ...]:
    """Return what a vertebra of the neck leaves to the vertebral artery."""
    if _is_axis(row):
        from .neck_top import axis_foramen

        return (axis_foramen(row),)
    return (foramen_of(row),)


def _pillar(near: Joint, far: Joint) -> FloatArray:
    """Return where the articular pillar of the neck belongs to the process of the near joint: on its side of the middle."""
    return np.asarray(0.65 * np.array(near.point) + 0.35 * np.array(far.point))
