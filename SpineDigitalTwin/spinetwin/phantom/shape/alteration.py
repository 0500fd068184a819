"""What makes one vertebra different from what its row of dimensions says: wedging, development, disease, surgery.

Everything here works on finished parts, whatever solids they are made of.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from ...anatomy import level
from ...anatomy.subregions import SubregionId as Sub
from ..person.dimensions import Dimensions
from .changed_solids import Bridge, Joined, Lips, Opened, Shrunk, Thinned
from .part import Part
from .places import canal_of, fillet_width
from .solids import Body, Solid, Spinous
from .variants import Variant

_TRANSVERSE = {1.0: Sub.COSTAL_RIGHT, -1.0: Sub.COSTAL_LEFT}


@dataclass(frozen=True)
class Alteration:
    """Changes of one vertebra.

    Attributes
    ----------
    wedge : float
        Lateral wedge of the body in degrees, positive where its left side is higher.
    sunken : float
        Height of the middle of the body against that of its back; 0 leaves it as it is.
    opening : (half_width, front) or None
        Half width of a median opening of the arch, and the y in front of which it ends, mm; the spinous process is gone.
    small_side : (side, thinning, factor) or None
        1 (right) or -1 (left), mm by which the arch is thinner there all around, and what is left of the transverse process.
    lips : float
        Width of bony lips around the endplates, mm.
    bridge : Bridge or None
        The bone between this body and the one below.
    """

    wedge: float = 0.0
    sunken: float = 0.0
    opening: tuple[float, float] | None = None
    small_side: tuple[float, float, float] | None = None
    lips: float = 0.0
    bridge: Bridge | None = None

    @property
    def symmetric(self) -> bool:
        """Whether the changes are the same on both sides."""
        return self.wedge == 0.0 and self.small_side is None and self.bridge is None

    def of_body(self, body: Body) -> Body:
        """Return the changed body."""
        if self.wedge:
            body = replace(body, lateral=-float(np.tan(np.radians(self.wedge / 2))))
        if self.sunken:
            hollow = _concavity(body, self.sunken)
            body = replace(body, concavity=(hollow, hollow))
        return body

    def of_parts(self, parts: tuple[Part, ...]) -> tuple[Part, ...]:
        """Return the changed parts."""
        if self.opening is not None:
            parts = tuple(part for part in parts if part.subregion != Sub.SPINOUS and not isinstance(part.solid, Spinous))
        return tuple(replace(part, solid=self._solid(part)) for part in parts)

    def _solid(self, part: Part) -> Solid:
        if isinstance(part.solid, Body):
            return self._grown(self.of_body(part.solid))
        if self.opening is not None and part.subregion == Sub.SACRUM:
            return Opened(part.solid, *self.opening, bottom=_FIRST_SACRAL)
        if self.opening is not None and part.subregion == Sub.ARCH:
            return Opened(part.solid, *self.opening)
        if self.small_side is not None:
            side, thinning, factor = self.small_side
            if part.subregion == Sub.ARCH:
                return Thinned(part.solid, thinning, side)
            if part.subregion == _TRANSVERSE[side]:
                return Shrunk(part.solid, factor)
        return part.solid

    def _grown(self, body: Body) -> Solid:
        grown: Solid = body
        if self.lips:
            grown = Joined(grown, Lips(body, self.lips))
        return grown if self.bridge is None else Joined(grown, self.bridge)


_FIRST_SACRAL = -14.0
"""Height in the frame of S1, mm, down to which its arch reaches: below it the other sacral levels follow."""


def _concavity(body: Body, ratio: float) -> float:
    """Concavity of both endplates with which the middle of a body is `ratio` times as high as its back.

    Heights are linear in it.
    """
    flat, hollow = (replace(body, concavity=(depth, depth)) for depth in (0.0, 1.0))
    middle, back = (flat.height_at(place) - hollow.height_at(place) for place in (0, -1))
    return (flat.height_at(0) - ratio * flat.height_at(-1)) / (middle - ratio * back)


NOTHING = Alteration()
"""No change."""


def alteration_of(row: Dimensions, variants: Sequence[Variant], wedge: float) -> Alteration:
    """Return what a posture (lateral `wedge` in degrees) and the variants do to the vertebra of one level.

    The bridge of a block vertebra is added once the level below is known.
    """
    change = Alteration(wedge=wedge)
    for each in variants:
        if each.level == level(row.level).name:
            change = _with(change, each, row)
    return change


def _with(change: Alteration, variant: Variant, row: Dimensions) -> Alteration:
    amount, canal = variant.amount or 0.0, canal_of(row)
    middle = canal.front - canal.depth / 2
    if variant.kind == "biconcave":
        return replace(change, sunken=1.0 - amount)
    if variant.kind == "osteophytes":
        return replace(change, lips=amount)
    if variant.kind == "bifida":
        # plate and arch of a sacrum end at the same cut, and a fillet of equal distances grows by a quarter of its width
        regrown = fillet_width(row) / 4 if level(row.level).region == "sacral" else 0.0
        return replace(change, opening=(amount / 2 + regrown, middle))
    if variant.kind == "laminectomy":
        return replace(change, opening=(0.47 * row.canal_width, middle))
    if variant.kind == "asymmetric-arch":
        side = 1.0 if variant.side == "right" else -1.0
        return replace(change, small_side=(side, amount * row.lamina_thickness / 2, 1.0 - amount))
    return change
