"""What a vertebra is made of: named parts, and the joints they are built around."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .distances import Array, Triple
from .solids import Box, Solid

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
    curve : float
        How much the joint is bent from side to side, hollow on the side of the lower vertebra: half its curvature, 1/mm.
    """

    point: Triple
    normal: Triple
    curve: float = 0.0

    @property
    def hollow(self) -> float:
        """The same of the facet of the lower vertebra, whose radius is by half a gap larger."""
        return self.curve / (1.0 + self.curve * JOINT_GAP)

    @property
    def bulge(self) -> float:
        """The same of the facet of the upper vertebra, whose radius is by half a gap smaller."""
        return self.curve / (1.0 - self.curve * JOINT_GAP)


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
    fade : float
        mm outside the part over which that ends.
    """

    subregion: int
    solid: Solid
    mirrored: bool = False
    front: bool = False
    priority: float = 0.0
    fade: float = 1.0

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
        if not self.priority:
            return distance
        return np.asarray(distance - self.priority * np.clip((self.fade - distance) * (1.0 / self.fade), 0.0, 1.0))


def pair(left: int, right: int, solid: Solid, priority: float = 0.0) -> tuple[Part, Part]:
    """Return a solid of the right side and its mirror image, as parts."""
    return Part(left, solid, mirrored=True, priority=priority), Part(right, solid, priority=priority)
