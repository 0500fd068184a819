"""Solids made from other solids: cut, thinned on one side, shrunk; bony lips, and the bone between fused bodies."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .distances import Array, Triple, rounded_max, smoothstep
from .solids import Body, Box, Solid


@dataclass(frozen=True)
class Opened:
    """A solid without what lies behind `front`, above `bottom` and within `half_width` mm of the midline."""

    solid: Solid
    half_width: float
    front: float
    bottom: float = -np.inf

    @property
    def box(self) -> Box:
        """Two corners that contain the solid."""
        return self.solid.box

    def distance(self, x: Array, y: Array, z: Array) -> Array:
        """Return the signed distance in mm, negative inside."""
        hole = np.maximum(np.maximum(np.abs(x) - self.half_width, y - self.front), self.bottom - z)
        return np.asarray(np.maximum(self.solid.distance(x, y, z), -hole))


_TURN = 8.0
"""Over how many mm around the midline the right half of a solid turns into the left one."""


@dataclass(frozen=True)
class TwoSided:
    """A median solid whose right and left halves are those of two solids; near the midline it is between both."""

    right: Solid
    left: Solid

    @property
    def box(self) -> Box:
        """Two corners that contain the solid."""
        (first, second), (third, fourth) = self.right.box, self.left.box
        low, high = np.minimum(first, third), np.maximum(second, fourth)
        return (float(low[0]), float(low[1]), float(low[2])), (float(high[0]), float(high[1]), float(high[2]))

    def distance(self, x: Array, y: Array, z: Array) -> Array:
        """Return the signed distance in mm, negative inside."""
        share = smoothstep(np.asarray(x * (1.0 / _TURN) + 0.5))
        right, left = self.right.distance(x, y, z), self.left.distance(x, y, z)
        return np.asarray(share * right + (1.0 - share) * left)


@dataclass(frozen=True)
class Spared:
    """A solid that keeps rooms free on both sides, for the articular processes of a neighbour."""

    solid: Solid
    rooms: tuple[Solid, ...]

    @property
    def box(self) -> Box:
        """Two corners that contain the solid."""
        return self.solid.box

    def distance(self, x: Array, y: Array, z: Array) -> Array:
        """Return the signed distance in mm, negative inside."""
        solid = self.solid.distance(x, y, z)
        for room in self.rooms:
            solid = rounded_max(solid, -room.distance(np.abs(x), y, z), 1.0)
        return solid


@dataclass(frozen=True)
class Thinned:
    """A median solid that is thinner by `amount` mm all around on one side (1: right, -1: left)."""

    solid: Solid
    amount: float
    side: float

    @property
    def box(self) -> Box:
        """Two corners that contain the solid."""
        return self.solid.box

    def distance(self, x: Array, y: Array, z: Array) -> Array:
        """Return the signed distance in mm, negative inside."""
        there = smoothstep(np.asarray(x * (self.side / 8.0) + 0.5))
        return np.asarray(self.solid.distance(x, y, z) + self.amount * there)


@dataclass(frozen=True)
class Shrunk:
    """A lateral solid made smaller by `factor` towards its root near the midline."""

    solid: Solid
    factor: float

    @property
    def root(self) -> Triple:
        """The point that stays."""
        low, high = self.solid.box
        return low[0], high[1], (low[2] + high[2]) / 2

    @property
    def box(self) -> Box:
        """Two corners that contain the solid."""
        return self.solid.box

    def distance(self, x: Array, y: Array, z: Array) -> Array:
        """Return the signed distance in mm, negative inside."""
        grown = (np.asarray((each - at) / self.factor + at) for each, at in zip((x, y, z), self.root, strict=True))
        return np.asarray(self.solid.distance(*grown) * self.factor)


@dataclass(frozen=True)
class Joined:
    """Two solids as one, without a fillet: where their surfaces run together, a smooth union would swell."""

    first: Solid
    second: Solid

    @property
    def box(self) -> Box:
        """Two corners that contain the solid."""
        (low, high), (other_low, other_high) = self.first.box, self.second.box
        return (
            (min(low[0], other_low[0]), min(low[1], other_low[1]), min(low[2], other_low[2])),
            (max(high[0], other_high[0]), max(high[1], other_high[1]), max(high[2], other_high[2])),
        )

    def distance(self, x: Array, y: Array, z: Array) -> Array:
        """Return the signed distance in mm, negative inside."""
        return np.asarray(np.minimum(self.first.distance(x, y, z), self.second.distance(x, y, z)))


@dataclass(frozen=True)
class Lips:
    """Bony lips `width` mm wide around both endplates of a body; none behind, where the canal is."""

    body: Body
    width: float

    @property
    def box(self) -> Box:
        """Two corners that contain the solid."""
        (x0, y0, z0), (x1, y1, z1) = self.body.box
        return (x0 - self.width, y0, z0), (x1 + self.width, y1 + self.width, z1)

    def distance(self, x: Array, y: Array, z: Array) -> Array:
        """Return about the signed distance in mm, negative inside."""
        above, below = self.body.above(x, y, z), self.body.below(x, y, z)
        thick = 1.5 + 0.8 * self.width
        near = np.exp(-((above / thick) ** 2)) + np.exp(-((below / thick) ** 2))
        forward = smoothstep(np.asarray(y * (4.0 / self.body.depth) + 1.4))
        side = (self.body.side(x, y, z) - self.width * forward * np.minimum(near, 1.0)) * (1.0 / 1.25)
        return rounded_max(np.asarray(side), np.maximum(above, below), 1.0)


@dataclass(frozen=True, eq=False)
class Bridge:
    """The bone in the place of a disc between fused bodies; it reaches a little into both. Equal only to itself."""

    disc: Solid

    @property
    def box(self) -> Box:
        """Two corners that contain the solid."""
        return self.disc.box

    def distance(self, x: Array, y: Array, z: Array) -> Array:
        """Return the signed distance in mm, negative inside."""
        return np.asarray(self.disc.distance(x, y, z) - 0.02)
