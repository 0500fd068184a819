"""Soft tissue and air around the spine: trunk, lungs, heart, liver, psoas muscles, what lies in the bowel.

Each is a closed surface in the space of the person, so that both films show the same trunk from two sides.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from spinetwin.anatomy import level as level_of
from spinetwin.anatomy.tables import read_table
from spinetwin.geometry import FloatArray
from spinetwin.geometry.surfaces import Surface

from .people import Person
from .solids import ellipsoid, together, tube
from .spec import RadiographSpec

_AROUND = 28
_ABOVE, _BELOW = 260.0, -330.0
_RING_MM = 25.0


@dataclass(frozen=True)
class Tissue:
    """A part of the trunk.

    Attributes
    ----------
    surface : Surface
        RAS mm.
    share : float
        What a mm through it adds, against a mm of soft tissue: -1 for gas within the trunk.
    """

    surface: Surface
    share: float


@dataclass(frozen=True)
class _Inside:
    """Where things lie: the course of the spine upright, and the size of the person."""

    heights: FloatArray
    course: FloatArray
    size: float
    girth: float

    def at(self, x: float, y: float, z: float) -> FloatArray:
        """Return a place given from the spine at a height, the trunk half as wide again where the person is."""
        return self.middle(np.array([z]))[0] + np.array([x * self.girth, y * self.girth, 0.0])

    def middle(self, z: FloatArray) -> FloatArray:
        """Return the middle of the column at heights, (n, 3)."""
        x, y = (np.interp(z, self.heights, each) for each in self.course.T)
        return np.stack([x, y, z], axis=1)


def tissues(someone: Person, rng: np.random.Generator, spec: RadiographSpec) -> list[Tissue]:
    """Draw what lies around the spine of a person."""
    place = _place(someone, rng)
    trunk = Tissue(_trunk(place, rng), 1.0)
    chest = someone.frames[level_of("T10").id].origin[2]
    return [trunk, *_chest(place, chest, rng), *_muscles(place, someone, rng), *_bowel(place, someone, rng, spec)]


def _place(someone: Person, rng: np.random.Generator) -> _Inside:
    origins = np.array([frame.origin for frame in someone.frames.values()])[::-1]
    size = float(np.mean([someone.stretch(key) for key in someone.frames]))
    # the trunk follows a curve of the spine only in part
    aside = 0.5 * origins[:, 0] + 0.5 * origins[:, 0].mean()
    return _Inside(origins[:, 2], np.stack([aside, origins[:, 1]], axis=1), size, float(rng.uniform(0.8, 1.35)))


def _trunk(place: _Inside, rng: np.random.Generator) -> Surface:
    """Return the skin: sections as those of the procedural trunk, about as wide and deep as the person is."""
    z = np.arange(_BELOW, _ABOVE, _RING_MM)
    rows = [row for row in read_table("image/trunk.csv", "spinetwin.phantom") if row["level"] >= "L"]
    width, front, back = (float(np.mean([float(row[name]) for row in rows])) for name in ("half_width", "front", "back"))
    wave = 1.0 + 0.06 * np.sin(z / rng.uniform(70.0, 140.0) + rng.uniform(0.0, 6.3))
    belly = 1.0 + rng.uniform(-0.1, 0.2) * np.exp(-(((z + 60.0) / 110.0) ** 2))
    depth, fat = place.girth * place.size, 12.0 * (place.girth - 1.0)
    ahead, behind = front * depth * belly * wave, (back + fat) * np.ones_like(z) * place.size
    axis = place.middle(z) + np.stack([0 * z, (ahead - behind) / 2, 0 * z], axis=1)
    right = np.stack([width * depth * wave, 0 * z, 0 * z], axis=1)
    return tube(axis, right, np.stack([0 * z, (ahead + behind) / 2, 0 * z], axis=1), _AROUND)


def _chest(place: _Inside, height: float, rng: np.random.Generator) -> list[Tissue]:
    """Return lungs, heart and liver; `height` is that of T10."""
    low = height + rng.uniform(-15.0, 45.0)
    air = -rng.uniform(0.6, 0.85)
    found = []
    for side in (-1.0, 1.0):
        half = np.array([rng.uniform(48.0, 64.0), rng.uniform(72.0, 100.0), rng.uniform(110.0, 150.0)])
        bottom = low + (rng.uniform(-5.0, 15.0) if side > 0 else 0.0)
        middle = place.at(side * rng.uniform(70.0, 82.0), rng.uniform(20.0, 45.0), bottom + half[2])
        found.append(Tissue(ellipsoid(middle, half * (place.girth, place.girth, 1.0)), air))
    heart = place.at(-rng.uniform(15.0, 40.0), rng.uniform(60.0, 85.0), low + 45.0)
    liver = place.at(rng.uniform(45.0, 75.0), rng.uniform(30.0, 60.0), low - rng.uniform(30.0, 60.0))
    found.append(Tissue(ellipsoid(heart, rng.uniform(40.0, 62.0, 3)), -0.8 * air))
    found.append(Tissue(ellipsoid(liver, (80.0, 75.0, rng.uniform(55.0, 85.0))), rng.uniform(0.0, 0.08)))
    return found


def _muscles(place: _Inside, someone: Person, rng: np.random.Generator) -> list[Tissue]:
    """Return the psoas muscles, whose rims show beside the lumbar spine."""
    share = rng.uniform(0.02, 0.14)
    origins = [someone.frames[level_of(name).id].origin for name in ("T12", "L2", "L4", "S1")]
    found = []
    for side in (-1.0, 1.0):
        out = np.array([[18.0, 0.0], [32.0, 4.0], [44.0, 12.0], [64.0, 40.0]]) * place.size
        axis = np.array(origins) + np.stack([side * out[:, 0], out[:, 1], np.zeros(4)], axis=1)
        thick = np.array([6.0, 17.0, 24.0, 20.0])[:, None] * rng.uniform(0.8, 1.2)
        found.append(Tissue(tube(axis[::-1], thick[::-1] * (1.0, 0.0, 0.0), thick[::-1] * (0.0, 1.0, 0.0), 16), share))
    return found


def _bowel(place: _Inside, someone: Person, rng: np.random.Generator, spec: RadiographSpec) -> list[Tissue]:
    """Return loops of bowel with gas, and lumps in others, before and beside the lumbar spine."""
    found = []
    low, high = (someone.frames[level_of(name).id].origin[2] for name in ("S1", "T12"))
    for count, radii, most, share in ((spec.gas, (5.0, 16.0), 6, -1.0), (spec.stools, (5.0, 18.0), 1, 0.1)):
        balls = [
            ball
            for _ in range(rng.integers(count[0], count[1] + 1))
            for ball in _loop(place, rng.uniform(low - 40.0, high), rng.uniform(*radii), int(rng.integers(1, most + 1)), rng)
        ]
        if balls:
            found.append(Tissue(together(balls), share * rng.uniform(0.4, 0.9)))
    return found


def _loop(place: _Inside, height: float, radius: float, count: int, rng: np.random.Generator) -> list[Surface]:
    """Return a chain of balls that begins somewhere in the belly."""
    angle, far = rng.uniform(0.0, np.pi), rng.uniform(0.3, 0.85)
    at = place.at(120.0 * far * np.cos(angle), 20.0 + radius + 80.0 * far * np.sin(angle), height)
    found = []
    for _ in range(count):
        found.append(ellipsoid(at, radius * rng.uniform(0.7, 1.3, 3)))
        at = at + 1.6 * radius * rng.normal(0.0, 1.0, 3) * (0.7, 0.3, 0.5)
    return found
