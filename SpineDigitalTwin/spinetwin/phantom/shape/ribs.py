"""Ribs as signed distances: a chain of short rods with an oval section, from the head to the end at the cartilage.

The numbers of ``ribs.csv`` are those of the mean adult, one row per pair; ``rib_sources.csv`` says what each column is, where
it comes from (``rib_references.csv``) and on what it rests, in the words of `spinetwin.phantom.person.dimensions`. A rib is
given in the frame of its vertebra (mm; x right, y anterior, z superior).
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from functools import cached_property
from types import MappingProxyType

import numpy as np

from ...anatomy import level
from ...anatomy.tables import read_table
from ...geometry import FloatArray
from .distances import Array
from .solids import Box

SIDES = ("left", "right")

_TINY = 1e-6


@dataclass(frozen=True)
class RibForm:
    """A row of ``ribs.csv``: mm and degrees; `facet_up` is NaN for a rib without a joint at the transverse process."""

    length: float
    half_width: float
    angle_x: float
    back: float
    widest: float
    front: float
    fall_back: float
    fall_side: float
    lean: float
    head_rise: float
    facet_up: float
    head: float
    neck_height: float
    neck_thickness: float
    height: float
    thickness: float
    turn: float
    tip: float

    @property
    def has_tubercle(self) -> bool:
        """Whether it has a joint with the transverse process."""
        return not np.isnan(self.facet_up)


def _read() -> dict[int, RibForm]:
    names = [each.name for each in fields(RibForm)]
    rows = read_table("ribs.csv", __package__)
    return {level(row["level"]).id: RibForm(**{name: float(row[name] or "nan") for name in names}) for row in rows}


FORMS: MappingProxyType[int, RibForm] = MappingProxyType(_read())
"""Forms of the ribs by the id of their level, from the top."""


@dataclass(frozen=True, eq=False)
class Rib:
    """One rib, in the frame of its vertebra.

    Attributes
    ----------
    level : int
        Level id of its vertebra.
    side : str
        "left" or "right".
    axis : (n, 3) array
        Points of its axis, from the middle of the head to the end in front, mm.
    up : (n, 3) array
        Unit vectors along the height of its section.
    half : (n, 2) array
        Half the height and half the thickness of its section there, mm.
    tubercle : (3,) array or None
        Middle of the round tubercle that meets the transverse process; None without that joint.
    bump : float
        Radius of the tubercle, mm.
    """

    level: int
    side: str
    axis: FloatArray
    up: FloatArray
    half: FloatArray
    tubercle: FloatArray | None
    bump: float

    @property
    def length(self) -> float:
        """Length of the axis from the head to the end, mm."""
        return float(np.linalg.norm(np.diff(self.axis, axis=0), axis=1).sum())

    @cached_property
    def rods(self) -> tuple[Oval, ...]:
        """What it is made of."""
        n = range(len(self.axis) - 1)
        chain = tuple(Oval(self.axis[i : i + 2], self.up[i : i + 2].mean(axis=0), self.half[i : i + 2]) for i in n)
        if self.tubercle is None:
            return chain
        ends = self.tubercle + np.array([[-_TINY, 0.0, 0.0], [_TINY, 0.0, 0.0]])
        return (*chain, Oval(ends, np.array([0.0, 0.0, 1.0]), np.full((2, 2), self.bump)))

    @cached_property
    def box(self) -> Box:
        """Two corners that contain the rib."""
        low, high = (np.array([rod.box[end] for rod in self.rods]) for end in (0, 1))
        first, second = low.min(axis=0).tolist(), high.max(axis=0).tolist()
        return (first[0], first[1], first[2]), (second[0], second[1], second[2])

    def distance(self, x: Array, y: Array, z: Array) -> Array:
        """Return about the signed distance in mm, negative inside."""
        return np.asarray(np.minimum.reduce([rod.distance(x, y, z) for rod in self.rods]))


@dataclass(frozen=True, eq=False)
class Oval:
    """A straight rod with an oval section and round ends.

    Attributes
    ----------
    ends : (2, 3) array
        Where its axis begins and ends, mm.
    up : (3,) array
        Direction of the height of its section, about across the axis.
    half : (2, 2) array
        Half the height and half the thickness at both ends, mm.
    """

    ends: FloatArray
    up: FloatArray
    half: FloatArray

    @cached_property
    def box(self) -> Box:
        """Two corners that contain the rod."""
        most = float(self.half.max())
        low, high = (self.ends.min(axis=0) - most).tolist(), (self.ends.max(axis=0) + most).tolist()
        return (low[0], low[1], low[2]), (high[0], high[1], high[2])

    @cached_property
    def _axes(self) -> tuple[list[float], list[float], list[float], float]:
        """Unit vectors along, up and outwards, and the length."""
        way = self.ends[1] - self.ends[0]
        length = float(np.linalg.norm(way))
        along = way / length
        up = self.up - (self.up @ along) * along
        up = up / np.linalg.norm(up)
        return along.tolist(), up.tolist(), np.cross(along, up).tolist(), length

    def distance(self, x: Array, y: Array, z: Array) -> Array:
        """Return about the signed distance in mm, negative inside: to the ellipsoid around the nearest point of the axis."""
        along, up, out, length = self._axes
        ox, oy, oz = self.ends[0].tolist()
        x, y, z = x - ox, y - oy, z - oz
        s, h, w = (x * a + y * b + z * c for a, b, c in (along, up, out))
        t = np.clip(s * (1.0 / length), 0.0, 1.0)
        (a, b), (c, d) = self.half.tolist()
        tall, thick = a + (c - a) * t, b + (d - b) * t
        u, v, e = h / tall, w / thick, (s - t * length) / thick
        inside = np.sqrt(u * u + v * v + e * e) + _TINY
        gradient = np.sqrt((u / tall) ** 2 + (v / thick) ** 2 + (e / thick) ** 2) + _TINY * 1e-1
        return np.asarray(inside * (inside - 1.0) / gradient)
