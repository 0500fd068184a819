"""The bones around the vertebrae that are looked for: ribs, sacrum and hip bones.

Ribs and sacrum are those of the procedural spine, sized to the person. The hip bones are a bowl: enough to put the shadows of
iliac crests, sacroiliac joints and femoral heads where they lie on a film.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from spinetwin.anatomy import level as level_of
from spinetwin.geometry import FloatArray, Frame
from spinetwin.geometry.surfaces import Surface, surface_of
from spinetwin.phantom import SpineParameters, make_spine
from spinetwin.phantom.shape.ribs import Rib
from spinetwin.phantom.surfaces import vertebra_surface
from spinetwin.xray.pose import rotation_of

from .people import Person
from .solids import ellipsoid, together, tube

_SPACING = 2.5
_USUAL_SLOPE = 40.0
"""Of the sacral endplate, degrees, when the hip bones stand as they are drawn."""

_BOWL_MIDDLE, _BOWL_HALF = np.array([0.0, 42.0, 42.0]), np.array([132.0, 108.0, 128.0])
_PLATE, _RIM = 7.0, 12.0
_CREST_TOP, _FRONT, _LOW, _JOINT = 58.0, 88.0, -78.0, 42.0
_HIP = np.array([86.0, 38.0, -92.0])
_HEAD = 24.0
_SACRUM = level_of("S1").id


def ribs(someone: Person, rng: np.random.Generator, reach: float) -> list[Surface]:
    """Return the ribs of the vertebrae that stand at most `reach` mm above or below the origin, RAS mm."""
    found = []
    size, droop = rng.uniform(0.9, 1.1), np.radians(rng.normal(0.0, 5.0))
    last = rng.uniform(0.3, 1.2)
    for key, pair in _usual_ribs().items():
        shorter = last if level_of(key).name == "T12" else 1.0
        if key in someone.frames and abs(someone.frames[key].origin[2]) < reach:
            found += [_placed(rib, someone, size, droop, shorter) for rib in pair]
    return found


def _placed(rib: Rib, someone: Person, size: float, droop: float, part: float) -> Surface:
    """Return a rib, more or less steep, of which the last part may be missing."""
    side = 1.0 if rib.side == "right" else -1.0
    count = max(6, round(len(rib.axis) * min(part, 1.0)))
    turn = rotation_of(np.array([0.0, side * droop, 0.0]))
    stretch = someone.stretch(rib.level) * size
    axis, up = (rib.axis[:count] - rib.axis[0]) @ turn.T, rib.up[:count] @ turn.T
    along = np.gradient(axis, axis=0)
    along /= np.linalg.norm(along, axis=1, keepdims=True)
    out = np.cross(along, up)
    shape = tube((axis + rib.axis[0]) * stretch, up * rib.half[:count, :1], out * rib.half[:count, 1:])
    return shape.placed(someone.frames[rib.level])


@lru_cache(maxsize=1)
def _usual_ribs() -> dict[int, tuple[Rib, Rib]]:
    return dict(make_spine(SpineParameters(levels="T5-L1", ribs=True)).ribs)


def pelvis(someone: Person, rng: np.random.Generator) -> tuple[Surface, Surface]:
    """Return the sacrum, and the hip bones with the heads of the femora, RAS mm."""
    frame = someone.frames[_SACRUM]
    stretch = someone.stretch(_SACRUM)
    sacrum = Surface(_usual_sacrum().vertices * stretch, _usual_sacrum().triangles).placed(frame)
    size = stretch * rng.uniform(0.92, 1.08, 3)
    turn = np.radians([rng.normal(-_USUAL_SLOPE, 6.0), 0.0, 0.0])
    standing = Frame(frame.origin, rotation_of(turn) @ frame.axes, frame.source)
    heads = [ellipsoid(_HIP * (side, 1.0, 1.0), np.full(3, _HEAD)) for side in (-1.0, 1.0)]
    hips = together([_bowl(), *heads])
    return sacrum, Surface(hips.vertices * size, hips.triangles).placed(standing)


@lru_cache(maxsize=1)
def _usual_sacrum() -> Surface:
    return vertebra_surface(make_spine().shapes[_SACRUM], _SPACING)


@lru_cache(maxsize=1)
def _bowl() -> Surface:
    """Return the wings of both hip bones: a bowl that is open above, in front, below and at the sacrum."""
    reach = np.array([_BOWL_HALF[0] + _RIM, 110.0, 110.0])
    return surface_of(_bowl_distance, -reach, reach, 3.5)


def _bowl_distance(x: FloatArray, y: FloatArray, z: FloatArray) -> FloatArray:
    u, v, w = ((each - at) / half for each, at, half in zip((x, y, z), _BOWL_MIDDLE, _BOWL_HALF, strict=True))
    from_middle = np.sqrt(u * u + v * v + w * w) + 1e-6
    away = (from_middle - 1.0) * float(np.mean(_BOWL_HALF))
    crest = _CREST_TOP - 0.012 * (y - 5.0) ** 2
    below = z - crest
    # the crest is thicker than the wing
    plate = np.abs(away) - _PLATE / 2 - (_RIM - _PLATE) / 2 * np.exp(-((below / 8.0) ** 2))
    behind = _JOINT + 0.35 * (y + 60.0) - np.abs(x)
    return np.maximum.reduce([plate, below, y - _FRONT, _LOW - z, behind])
