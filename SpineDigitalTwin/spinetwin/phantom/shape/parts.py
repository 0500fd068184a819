"""From a row of dimensions to the named parts of a vertebra."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from ...anatomy import level as level_of
from ...anatomy.subregions import SubregionId as Sub
from ..person.dimensions import Dimensions
from .articular import inferior_process, room_above, rooms_of, superior_process
from .changed_solids import Spared
from .part import Joint, Part, pair
from .places import (
    FORAMINA,
    body_of,
    canal_of,
    default_joint,
    foramen_of,
    in_neck,
    inwards,
    is_axis,
    isthmus,
    lamina_middle,
    mean_width,
    pedicle_middle,
    wall_of,
)
from .processes import Pierced
from .proportions import proportions
from .solids import Arch, Plane, Rod, Solid, Spinous

_FLATTER = {"T12": 1.3, "T13": 1.6}
"""By how much the transverse processes of the chest are flatter from front to back where they turn into those of the loin."""

_AHEAD = 1.5
"""By how many mm a transverse process of the neck is favoured, lest a broad pillar should cut its posterior bar off."""

_FLANK = (float(np.cos(np.radians(42.0))), float(np.sin(np.radians(42.0))), 0.0)
"""Direction that the outer side of a pedicle faces where it goes into the side of the body."""

NEAR = 2.0
"""How far, mm, a joint may lie nearer to the body than between equal neighbours before the edge of the laminae gives way."""

_NEAR_IN_LOIN = 4.5
"""The same in the loin, where the lordosis of people who stand brings joints near."""

_FILLET = 3.0
"""How far outside itself, mm, the arch is favoured: over the fillets between the parts, of which others would keep specks."""


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
            replace(_given_way(row, superior, inferior), rooms=rooms_of(row, superior, inferior)),
            priority=0.0 if in_neck(row) else 1.5,
            fade=_FILLET,
        ),
        Part(Sub.SPINOUS, spinous_of(row)),
        *pair(Sub.COSTAL_LEFT, Sub.COSTAL_RIGHT, _spared(row, superior), priority=_AHEAD if in_neck(row) else 0.0),
        *pair(Sub.SUPERIOR_ARTICULAR_LEFT, Sub.SUPERIOR_ARTICULAR_RIGHT, superior_process(row, superior, inferior)),
        *pair(Sub.INFERIOR_ARTICULAR_LEFT, Sub.INFERIOR_ARTICULAR_RIGHT, inferior_process(row, superior, inferior)),
    )


def arch_of(row: Dimensions) -> Arch:
    """Return pedicles and laminae."""
    neck, canal = in_neck(row), canal_of(row)
    beside = row.canal_width / 2 - canal.splay * canal.belly * canal.depth + row.pedicle_width
    slanted = 1.0 / np.cos(np.radians(row.pedicle_angle)) if neck and not is_axis(row) else 1.0
    return Arch(
        canal,
        thickness=(row.pedicle_width * float(slanted), row.lamina_thickness),
        middle=(pedicle_middle(row), lamina_middle(row)),
        height=(row.pedicle_height, row.lamina_height),
        cut=wall_of(row),
        reach=0.30 * row.body_depth,
        flare=0.0 if neck else 2.0 * (1.0 - proportions(row.level).pedicle_inner) * inwards(row),
        isthmus=0.0 if neck else isthmus(row),
        rise=float(np.tan(np.radians(row.pedicle_tilt))),
        flank=None if neck else Plane((beside, wall_of(row) + 2.0, 0.0), _FLANK),
    )


def _given_way(row: Dimensions, superior: Joint, inferior: Joint) -> Arch:
    """Return pedicles and laminae, these less high above and below by what neighbours that are bent come nearer there."""
    arch = arch_of(row)
    if in_neck(row):
        return arch
    near = _NEAR_IN_LOIN if level_of(row.level).region == "lumbar" else NEAR
    near *= row.body_width / mean_width(row.level)
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
        fork=form.fork * row.body_width / mean_width(row.level),
    )


def _transverse(row: Dimensions) -> Solid:
    if level_of(row.level).name in FORAMINA:
        return _pierced(row)
    wall, side = wall_of(row), row.canal_width / 2
    if is_axis(row):
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
    form, size = proportions(row.level), row.body_width / mean_width(row.level)
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


def _spared(row: Dimensions, superior: Joint) -> Solid:
    """Return the right transverse process; in the chest it leaves room to the inferior process of the neighbour above."""
    process = _transverse(row)
    return Spared(process, (room_above(row, superior),)) if level_of(row.level).region == "thoracic" else process
