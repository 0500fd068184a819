"""Body, canal, heights and joints of a vertebra, around which its parts are placed."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from ...anatomy import level as level_of
from ..person.dimensions import Dimensions
from .distances import Triple
from .part import Joint
from .proportions import proportions, uncinate
from .solids import Body, Canal, Rod

FORAMINA = {"C3": 2.9, "C4": 2.9, "C5": 3.0, "C6": 3.1, "C7": 1.9}
"""Radius of the transverse foramen where it runs along the spine, mm at the mean size; that of C2 is oblique."""

_BELLY, _CORNER = 0.5, 0.15
"""Where a canal with straight side walls is widest, from front to back; the radius of its front corners against its depth."""

_RING_BELLY, _RING_CORNER, _RING_SPLAY = 0.55, 0.2, 0.33
"""As above in the atlas, between whose lateral masses there is room for the dens only; how its walls go outwards behind it."""

_NECK_BELLY, _NECK_CORNER = 0.32, 0.1
"""As for the chest, from C3 to C7, where the side walls of the canal are short and go outwards as their pedicles do."""

_FREE = 2.25
"""How far from the body the inner wall of a pedicle is free of the fillet between both, mm."""

ENDLESS = 40.0
"""How far a foramen reaches up and down, mm: beyond the vertebra."""

_BOWL = 1.3
"""Depth of an endplate's hollow against its concavity, because the hollow reaches under the rim; in the neck it does not."""


def mean_width(key: int) -> float:
    """Return how wide the body of a level is in the mean person, mm."""
    from ..person.dimensions import DIMENSIONS

    return DIMENSIONS[key].body_width


def in_neck(row: Dimensions) -> bool:
    """Tell whether a level is cervical."""
    return level_of(row.level).region == "cervical"


def is_axis(row: Dimensions) -> bool:
    """Tell whether a level is C2."""
    return level_of(row.level).name == "C2"


def in_loin(row: Dimensions) -> bool:
    """Tell whether articular processes of a level are those of the loin: from T12 down."""
    return level_of(row.level).region == "lumbar" or level_of(row.level).name == "T12"


def fillet_width(row: Dimensions) -> float:
    """Return the width of the fillets between the parts of a vertebra, mm."""
    return 1.5 + 0.03 * row.body_width


def body_of(row: Dimensions) -> Body:
    """Return the body; for C1 the one it would have, which only serves to place discs and neighbours."""
    form, uncus, size = proportions(row.level), uncinate(row.level), row.body_width / mean_width(row.level)
    bowl = 1.0 if in_neck(row) else _BOWL
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
    if is_axis(row):
        return canal
    if in_neck(row):
        return replace(canal, belly=_NECK_BELLY, corner=_NECK_CORNER * depth, splay=inwards(row))
    return replace(canal, belly=_BELLY, corner=_CORNER * depth, splay=form.pedicle_inner * inwards(row))


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


def inwards(row: Dimensions) -> float:
    """Return by how much the axis of a pedicle approaches the midline for each mm forwards."""
    return float(np.tan(np.radians(row.pedicle_angle)))


def foramen_of(row: Dimensions) -> Rod:
    """Return the right transverse foramen from C3 to C7: a pedicle's width beside the side wall of the canal."""
    canal, angle = canal_of(row), np.radians(row.pedicle_angle)
    radius = FORAMINA[level_of(row.level).name] * row.body_width / mean_width(row.level)
    way = canal.belly * float(canal.half_depth(np.array(pedicle_middle(row))))  # to the middle of the wall
    away = row.pedicle_width + radius
    x = row.canal_width / 2 - canal.splay * way + away * float(np.cos(angle))
    y = canal.front - way + away * float(np.sin(angle))
    return Rod((x, y, -ENDLESS), (x, y, ENDLESS), (radius, radius))


def joint_drop(row: Dimensions) -> float:
    """Return how far the facet joint above a vertebra lies below the middle of the disc there, mm."""
    return proportions(row.level).joint_drop * row.body_width / mean_width(row.level)


def default_joint(row: Dimensions, above: bool) -> Joint:
    """Return the joint above or below as it is between equal neighbours in a straight spine."""
    z = (row.height + row.disc_height) / 2 * (1 if above else -1) - joint_drop(row)
    return Joint((row.facet_x, -row.body_depth / 2 - row.facet_behind, z), facet_normal(row), facet_curve(row))


def facet_curve(row: Dimensions) -> float:
    """Return how hollow the superior facets are from side to side (`Joint.curve`), 1/mm."""
    return proportions(row.level).facet_curve * mean_width(row.level) / row.body_width


def facet_normal(row: Dimensions) -> Triple:
    """Return the direction the right superior facet of a vertebra looks."""
    axial, tilt = np.radians(row.facet_axial), np.radians(row.facet_tilt)
    return float(np.sin(axial) * np.cos(tilt)), float(-np.cos(axial) * np.cos(tilt)), float(np.sin(tilt))
