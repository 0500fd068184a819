"""From a row of dimensions to the named parts of a vertebra."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from ...anatomy import level as level_of
from ...anatomy.subregions import SubregionId
from ..person.dimensions import Dimensions
from .distances import Array, Triple
from .solids import Arch, Body, Box, Canal, Plane, Rod, Solid, Spinous

JOINT_GAP = 1.6
"""Width of a facet joint between the bones, mm."""


@dataclass(frozen=True)
class Joint:
    """The right facet joint with a neighbour, in the vertebra's frame; the left one is its mirror image.

    Attributes
    ----------
    point : (x, y, z)
        Middle of the joint, mm.
    normal : (x, y, z)
        Unit vector from the superior process of the lower vertebra to the inferior process of the upper one.
    """

    point: Triple
    normal: Triple


@dataclass(frozen=True)
class Part:
    """One named part.

    Attributes
    ----------
    subregion : int
        Its label.
    solid : Solid
        Its shape; for a left part the mirror image of it.
    mirrored : bool
        Whether this is a left part.
    front : bool
        Whether it belongs to the body (the others leave the canal open).
    priority : float
        mm by which the part is favoured where parts meet.
    """

    subregion: int
    solid: Solid
    mirrored: bool = False
    front: bool = False
    priority: float = 0.0

    @property
    def box(self) -> Box:
        """Two corners that contain the part."""
        low, high = self.solid.box
        if self.mirrored:
            return (-high[0], low[1], low[2]), (-low[0], high[1], high[2])
        return low, high

    def distance(self, x: Array, y: Array, z: Array) -> Array:
        """Return the signed distance in mm, negative inside."""
        return self.solid.distance(-x if self.mirrored else x, y, z)

    def claim(self, distance: Array) -> Array:
        """Return what competes with other parts for a point: the distance, less the priority within the part."""
        return np.asarray(distance - self.priority * np.clip(1.0 - distance, 0.0, 1.0)) if self.priority else distance


def body_of(row: Dimensions) -> Body:
    """Return the body; for C1 the one it would have, which only serves to place discs and neighbours."""
    region = level_of(row.level).region
    neck, chest = region == "cervical", region == "thoracic"
    return Body(
        width=row.body_width,
        depth=row.body_depth,
        height_front=row.height_front,
        height_back=row.height_back,
        waist=0.05 if neck else 0.09,
        hollow=0.0 if neck else 0.05 * row.body_depth,
        taper=0.14 if chest else 0.05,
        concavity=0.4 if neck else 0.04 * row.height + 0.2,
        uncus=2.5 if neck and level_of(row.level).order > 2 else 0.0,
        power=2.5 if neck else 2.25,
        rim=1.2 if neck else 1.8,
    )


def canal_of(row: Dimensions) -> Canal:
    """Return the vertebral foramen."""
    if row.level == level_of("C1").id:
        return Canal(row.canal_width, row.canal_depth, front=row.canal_depth * 0.22, opening=0.0)
    return Canal(row.canal_width, row.canal_depth, front=-row.body_depth / 2 + body_of(row).hollow * 0.7)


def default_joint(row: Dimensions, above: bool) -> Joint:
    """Return the joint above or below as it is between equal neighbours in a straight spine."""
    z = (row.height + row.disc_height) / 2
    return Joint((row.facet_x, -row.body_depth / 2 - row.facet_behind, z if above else -z), facet_normal(row))


def facet_normal(row: Dimensions) -> Triple:
    """Return the direction the right superior facet of a vertebra looks."""
    axial, tilt = np.radians(row.facet_axial), np.radians(row.facet_tilt)
    return float(np.sin(axial) * np.cos(tilt)), float(-np.cos(axial) * np.cos(tilt)), float(np.sin(tilt))


def parts_of(row: Dimensions, superior: Joint, inferior: Joint) -> tuple[Part, ...]:
    """Return the parts of the vertebra of one level."""
    if level_of(row.level).region == "sacral":
        return _sacrum(row, superior)
    body = [] if row.level == level_of("C1").id else [Part(SubregionId.BODY_BORDER, body_of(row), front=True, priority=6.0)]
    if row.level == level_of("C2").id:
        body.append(Part(SubregionId.BODY_BORDER, _dens(row), front=True))
    sides = [
        *_pair(SubregionId.COSTAL_LEFT, SubregionId.COSTAL_RIGHT, _transverse(row)),
        *_pair(SubregionId.SUPERIOR_ARTICULAR_LEFT, SubregionId.SUPERIOR_ARTICULAR_RIGHT, _superior(row, superior)),
        *_pair(SubregionId.INFERIOR_ARTICULAR_LEFT, SubregionId.INFERIOR_ARTICULAR_RIGHT, _inferior(row, inferior)),
    ]
    arch = Part(SubregionId.ARCH, _arch(row), priority=4.0 if row.level == level_of("C1").id else 1.5)
    return (*body, arch, Part(SubregionId.SPINOUS, _spinous(row)), *sides)


def _pair(left: int, right: int, solid: Solid) -> tuple[Part, Part]:
    return Part(left, solid, mirrored=True), Part(right, solid)


def _pedicle_middle(row: Dimensions) -> float:
    return (row.height - row.pedicle_height) / 2 - 0.08 * row.height


def _lamina_middle(row: Dimensions) -> float:
    return (row.lamina_height - row.height - row.disc_height) / 2


def _wall(row: Dimensions) -> float:
    return -row.body_depth / 2


def _arch(row: Dimensions) -> Arch:
    if row.level == level_of("C1").id:
        return Arch(canal_of(row), (3.0, row.lamina_thickness), (0.0, -1.0), (10.0, row.lamina_height), cut=0.0, ring=True)
    return Arch(
        canal_of(row),
        thickness=(row.pedicle_width, row.lamina_thickness),
        middle=(_pedicle_middle(row), _lamina_middle(row)),
        height=(row.pedicle_height, row.lamina_height),
        cut=_wall(row),
        reach=(0.35 if level_of(row.level).region == "cervical" else 0.25) * row.body_depth,
        straight=0.0 if level_of(row.level).region == "cervical" else 0.5,
    )


def _dens(row: Dimensions) -> Rod:
    return Rod((0.0, -0.5, row.height / 2 - 4.0), (0.0, 0.5, row.height / 2 + 13.0), (5.6, 4.6))


def _spinous(row: Dimensions) -> Spinous:
    canal, atlas = canal_of(row), row.level == level_of("C1").id
    middle = -1.0 if atlas else _lamina_middle(row) - 0.12 * row.lamina_height
    back = canal.front - canal.depth
    overlap = row.lamina_thickness * 0.5
    return Spinous(
        root=(back - row.lamina_thickness + overlap, middle),
        length=row.spinous_length + overlap,
        inclination=row.spinous_inclination,
        heights=(row.spinous_height, row.spinous_height * 0.8),
        halves=(row.spinous_width * 0.45, row.spinous_width * 0.6),
    )


def _transverse(row: Dimensions) -> Rod:
    region, wall = level_of(row.level).region, _wall(row)
    if row.level == level_of("C1").id:
        return Rod((19.0, -3.0, 0.0), (row.transverse_span / 2 - 4.5, -4.0, 0.0), (5.0, 4.5))
    if region == "cervical":
        start = (row.canal_width / 2 + row.pedicle_width * 0.4, wall - 1.0, 0.0)
        return Rod(start, (row.transverse_span / 2 - 4.0, wall - row.transverse_back, row.transverse_rise), (4.2, 4.0))
    chest = region == "thoracic"
    start = (row.canal_width / 2 + row.pedicle_width * 0.7, wall - row.canal_depth * 0.62, _pedicle_middle(row) * 0.6)
    radii = (4.8, 4.8) if chest else (5.4, 4.2)
    end = (row.transverse_span / 2 - radii[1], wall - row.transverse_back, row.transverse_rise)
    return Rod(start, end, radii, flat=1.0 if chest else 1.35)


def _radius(row: Dimensions) -> float:
    return 6.5 if row.level == level_of("C1").id else 4.2 + 0.045 * row.body_width


def _superior(row: Dimensions, joint: Joint) -> Rod:
    r, n, p = _radius(row), np.array(joint.normal), np.array(joint.point)
    end = p - n * (JOINT_GAP / 2 + 0.55 * r)
    start = np.array([0.35 * end[0] + 0.65 * (row.canal_width / 2 + row.pedicle_width * 0.55), end[1] + 1.0, 0.0])
    start[2] = min(_pedicle_middle(row) + 2.0, end[2] - 2.0)
    facet = Plane(_triple(p - n * JOINT_GAP / 2), joint.normal)
    return Rod(_triple(start), _triple(end), (r, r), facet=facet, canal=canal_of(row))


def _inferior(row: Dimensions, joint: Joint) -> Rod:
    r, n, p = _radius(row), np.array(joint.normal), np.array(joint.point)
    end = p + n * (JOINT_GAP / 2 + 0.55 * r)
    atlas = row.level == level_of("C1").id
    start = np.array([end[0], end[1] + 0.5, end[2] + 1.0 if atlas else max(_lamina_middle(row), end[2] + 2.0)])
    facet = Plane(_triple(p + n * JOINT_GAP / 2), _triple(-n))
    return Rod(_triple(start), _triple(end), (r, r), facet=facet, canal=canal_of(row))


def _sacrum(row: Dimensions, joint: Joint) -> tuple[Part, ...]:
    body = replace(body_of(row), waist=0.0)
    h, wall = row.height, _wall(row)
    solids: list[tuple[Solid, bool]] = [
        (body, True),
        (Rod((0.0, -4.0, -h / 2 + 4.0), (0.0, -34.0, -h / 2 - 62.0), (15.0, 6.0)), True),
        (_arch(row), False),
        (_spinous(row), False),
    ]
    limbs = [
        Rod((16.0, -6.0, 0.0), (44.0, -14.0, -2.0), (13.0, 11.0)),
        Rod((40.0, -16.0, -4.0), (22.0, -30.0, -55.0), (11.0, 6.0)),
        Rod((16.0, wall - 6.0, -8.0), (12.0, -32.0, -55.0), (11.0, 8.0)),
    ]
    sacrum = SubregionId.SACRUM
    median = tuple(Part(sacrum, solid, front=front) for solid, front in solids)
    wings = tuple(Part(sacrum, limb, mirrored, front=True) for limb in limbs for mirrored in (True, False))
    return (*median, *wings, *_pair(sacrum, sacrum, _superior(row, joint)))


def _triple(v: np.ndarray[tuple[int, ...], np.dtype[np.float64]]) -> Triple:
    return float(v[0]), float(v[1]), float(v[2])
