"""Articular processes, which carry facets, and the transverse processes of the neck, which have a foramen."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from ...geometry import FloatArray
from .distances import Array, Triple, ellipse, length, rounded_max, smooth_min
from .solids import CLEARANCE, Box, Canal, Plane, Rod

_RIM = 1.2
"""How far a hollow facet goes on rising, against its half axis."""


def bent(out: Array, across: Array, hollow: float, rim: float) -> Array:
    """Return about the distance (mm) out of a facet that rises by `hollow` times the square of the way across up to its rim."""
    near = np.minimum(np.abs(across), rim)
    return np.asarray((out - hollow * near * near) / np.sqrt(1.0 + (2.0 * hollow * near) ** 2))


def triple(v: FloatArray) -> Triple:
    """Return three numbers."""
    return float(v[0]), float(v[1]), float(v[2])


def around(*boxes: Box) -> Box:
    """Return the box around others."""
    return triple(np.min([low for low, _ in boxes], axis=0)), triple(np.max([high for _, high in boxes], axis=0))


def facet_axes(normal: Triple) -> tuple[Triple, Triple]:
    """Return unit vectors across and along a facet; along is nearest to superior, of a level facet to anterior."""
    out = np.array(normal)
    up = np.array([0.0, 0.0, 1.0] if abs(out[2]) < 0.8 else [0.0, 1.0, 0.0])
    along = up - (up @ out) * out
    along /= np.linalg.norm(along)
    return triple(np.cross(along, out)), triple(along)


def without(solid: Array, rooms: tuple[Rod, ...], x: Array, y: Array, z: Array) -> Array:
    """Return the distance to a solid, given that to the whole of it, out of which some rooms are cut."""
    for room in rooms:
        solid = rounded_max(solid, -room.distance(x, y, z), 1.0)
    return solid


@dataclass(frozen=True)
class Articular:
    """An articular process: an oval plate behind its facet, on limbs that lead to the arch.

    Attributes
    ----------
    facet : Plane
        Middle of the facet and its normal, out of the bone.
    half : (across, along)
        Half axes of the facet, mm; `along` is the direction nearest to superior (of a level facet: to anterior).
    thickness : float
        Of the plate, mm: no edge of it is thinner, so that every voxel grid finds its tip.
    limbs : tuple of Rod
        What joins it to the arch, and its bumps.
    canal : Canal
        Which it leaves open.
    hollow : float
        How hollow the facet is across (`Joint.curve`); a bulging one is less than 0.
    blend : float
        Width of the fillets between plate and limbs, mm.
    turn : float
        By how many degrees `along` is turned about the normal towards the midline.
    dish : float
        How far the middle of the facet lies below its ends along, mm; `facet` is where a plane through these would be.
    rooms : tuple of Rod
        What is kept free: a vertebral artery.
    """

    facet: Plane
    half: tuple[float, float]
    thickness: float
    limbs: tuple[Rod, ...]
    canal: Canal
    hollow: float = 0.0
    blend: float = 3.0
    turn: float = 0.0
    dish: float = 0.0
    rooms: tuple[Rod, ...] = ()

    @property
    def box(self) -> Box:
        """Two corners that contain the solid."""
        across, along = (np.abs(axis) for axis in self.axes)
        point = np.array(self.facet.point)
        spread = across * self.half[0] + along * self.half[1] + np.abs(self.facet.normal) * self.thickness + 0.5
        return around(*[limb.box for limb in self.limbs], (triple(point - spread), triple(point + spread)))

    @cached_property
    def axes(self) -> tuple[Triple, Triple]:
        """Unit vectors across and along the facet."""
        across, along = (np.array(axis) for axis in facet_axes(self.facet.normal))
        if self.turn:
            c, s = float(np.cos(np.radians(self.turn))), float(np.sin(np.radians(self.turn)))
            inwards = -across * np.sign(across[0])
            across, along = across * c + np.sign(across[0]) * along * s, along * c + inwards * s
        return triple(across), triple(along)

    def distance(self, x: Array, y: Array, z: Array) -> Array:
        """Return the signed distance in mm, negative inside."""
        return self.distance_beside(self.canal.distance(x, y, z), x, y, z)

    def distance_beside(self, wall: Array, x: Array, y: Array, z: Array) -> Array:
        """Return the same where the distance to the canal is known, which all processes of a vertebra share."""
        px, py, pz = self.facet.point
        dx, dy, dz = x - px, y - py, z - pz
        out, u, v = (dx * a + dy * b + dz * c for a, b, c in (self.facet.normal, *self.axes))
        if self.hollow:
            out = bent(np.asarray(out), u, self.hollow, _RIM * self.half[0])
        slab = np.abs(out + self.thickness / 2) - self.thickness / 2
        solid = rounded_max(ellipse(u, v, *self.half), slab, 1.5)
        for limb in self.limbs:
            solid = smooth_min(solid, limb.distance(x, y, z), self.blend)
        solid = rounded_max(solid, self._surface(np.asarray(out), v), 0.8)
        solid = without(solid, self.rooms, x, y, z)
        return rounded_max(solid, np.asarray(CLEARANCE - wall), 2.0)

    def _surface(self, out: Array, along: Array) -> Array:
        """Return how far a point lies above the surface of the facet, which may be hollow along."""
        if not self.dish:
            return out
        return np.asarray(out + self.dish * (1.0 - np.minimum(np.abs(along) * (1.0 / self.half[1]), 1.3) ** 2))


@dataclass(frozen=True)
class Pierced:
    """Bars around a foramen that runs along the spine (the vertebral artery's; none if its radius is 0), less some `rooms`."""

    bars: tuple[Rod, ...]
    foramen: tuple[float, float]
    radius: float
    blend: float = 2.0
    rooms: tuple[Rod, ...] = ()

    @property
    def box(self) -> Box:
        """Two corners that contain the solid."""
        return around(*[bar.box for bar in self.bars])

    def distance(self, x: Array, y: Array, z: Array) -> Array:
        """Return the signed distance in mm, negative inside."""
        solid = self.bars[0].distance(x, y, z)
        for bar in self.bars[1:]:
            solid = smooth_min(solid, bar.distance(x, y, z), self.blend)
        solid = without(solid, self.rooms, x, y, z)
        if not self.radius:
            return solid
        hole = length(x - self.foramen[0], y - self.foramen[1]) - self.radius
        return rounded_max(solid, -hole, 1.0)
