"""What only the two uppermost vertebrae have: the ring of the atlas, the dens of the axis."""

from __future__ import annotations

import numpy as np

from ...anatomy.subregions import SubregionId as Sub
from ..person.dimensions import Dimensions
from .part import JOINT_GAP, Joint, Part, pair
from .parts import canal_of
from .processes import Articular, Pierced, triple
from .solids import Arch, Plane, Rod, Spinous

_MASS = 8.0
"""Radius of the lateral masses, mm at a body of 18 mm."""


def dens(row: Dimensions) -> Rod:
    """Return the dens of the axis."""
    return Rod((0.0, 0.5, row.height / 2 - 4.0), (0.0, -0.5, row.height / 2 + 12.0), (5.6, 5.0))


def atlas(row: Dimensions, superior: Joint, inferior: Joint) -> tuple[Part, ...]:
    """Return the parts of C1: a ring, lateral masses that carry the head, transverse processes with a foramen."""
    canal = canal_of(row)
    size = row.body_width / 18.0
    ring = Arch(canal, (5.0, row.lamina_thickness), (-0.5, -1.0), (10.5, row.lamina_height), cut=0.0, ring=True)
    front = canal.front + 3.5
    tubercle = Rod((0.0, front, -0.5), (0.0, front + 1.5, -1.0), (4.5 * size, 3.2 * size))
    back = canal.front - canal.depth - row.lamina_thickness + 1.5
    spinous = Spinous((back, -1.0), row.spinous_length, 10.0, (row.spinous_height, row.spinous_height * 0.7), (4.0, 3.4, 3.0))
    return (
        Part(Sub.ARCH, ring, priority=4.0),
        Part(Sub.ARCH, tubercle, front=True),
        Part(Sub.SPINOUS, spinous),
        *pair(Sub.COSTAL_LEFT, Sub.COSTAL_RIGHT, _transverse(row, size)),
        *pair(Sub.SUPERIOR_ARTICULAR_LEFT, Sub.SUPERIOR_ARTICULAR_RIGHT, _mass(row, superior, 1.0, size)),
        *pair(Sub.INFERIOR_ARTICULAR_LEFT, Sub.INFERIOR_ARTICULAR_RIGHT, _mass(row, inferior, -1.0, size)),
    )


def _transverse(row: Dimensions, size: float) -> Pierced:
    tip = row.transverse_span / 2 - 4.5 * size
    inner = row.canal_width / 2 + 7.0 * size
    y = row.canal_depth * -0.18
    bars = (
        Rod((inner, y + 5.0, -1.0), (tip, y, -1.5), (3.4 * size, 4.2 * size)),
        Rod((inner, y - 5.0, -1.0), (tip, y, -1.5), (3.4 * size, 4.2 * size)),
    )
    return Pierced(bars, ((inner + tip) / 2 - 1.5 * size, y), 3.2 * size)


def _mass(row: Dimensions, joint: Joint, up: float, size: float) -> Articular:
    n, p = up * np.array(joint.normal), np.array(joint.point)
    point = p - n * JOINT_GAP / 2
    middle = np.array([p[0], p[1], 0.0])
    limb = Rod(triple(middle), triple(point - n * 3.0), (_MASS * size, 7.0 * size))
    half = (7.5 * size, (10.5 if up > 0 else 9.0) * size)
    return Articular(Plane(triple(point), triple(n)), half, 6.0, (limb,), canal_of(row))
