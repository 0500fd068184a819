"""The sacrum: S1 endplate, alae, a front that is hollow along and across, foramina, median crest, canal and hiatus."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import reduce

import numpy as np

from ...anatomy.subregions import SubregionId as Sub
from ...anatomy.tables import read_table
from ..person.dimensions import Dimensions
from .articular import room_above, superior_process
from .changed_solids import Spared
from .distances import Array, ellipse, length, rounded_max, smoothstep
from .part import Joint, Part, pair
from .parts import arch_of, spinous_of
from .places import body_of
from .solids import Arch, Body, Box, Plane

WIDE = 105.0
"""Width of the alae of the sacrum that ``sacrum.csv`` describes, mm."""

_END, _HIATUS = -95.0, -70.0
"""Heights in the frame of S1 where this sacrum ends, and where its hiatus begins, which lays the canal open from there down."""

_SLOWER = 0.7
"""What makes the distance to front and back, which slope along and across, no more than the way to the bone."""

_NEARER = 0.5
"""The same far outside the arch, whose band is measured along an ellipse that narrows backwards."""

PROMONTORY = ((0.0, 0.86, 0.52), 0.10)
"""Which way the front of the first body looks under the promontory, and where that begins, against the height of the body."""


def _outline() -> dict[str, tuple[float, ...]]:
    rows = read_table("sacrum.csv", __package__)
    return {name: tuple(float(row[name]) for row in rows) for name in ("height", "width", "front", "wings", "depth")}


def _foramina() -> tuple[tuple[float, float, float], ...]:
    rows = read_table("sacrum_foramina.csv", __package__)
    return tuple((float(row["out"]), float(row["height"]), float(row["radius"])) for row in rows)


_OUTLINE, _FORAMINA = _outline(), _foramina()


@dataclass(frozen=True)
class FirstBody(Body):
    """The body of S1, whose front goes over into the hollow of the sacrum below its promontory."""

    def distance(self, x: Array, y: Array, z: Array) -> Array:
        """Return the signed distance in mm, negative inside."""
        normal, share = PROMONTORY
        under = Plane((0.0, self.depth / 2, share * self.height), (normal[0], normal[1], -normal[2]))
        return rounded_max(super().distance(x, y, z), under.distance(x, y, z), 4.0)


@dataclass(frozen=True)
class FirstArch(Arch):
    """The arch of S1, with a distance that never leads past it."""

    def distance(self, x: Array, y: Array, z: Array) -> Array:
        """Return about the signed distance in mm, negative inside."""
        found = super().distance(x, y, z)
        return np.asarray(np.minimum(found, found * _NEARER))


@dataclass(frozen=True)
class SacralPlate:
    """Alae and fused bodies with the canal behind them, from the first sacral level down; mm at `size` 1.

    Half width, front in the midline, how far the sides lie before that, and depth in the midline are given at heights in the
    frame of S1 (``sacrum.csv``) and joined by straight lines: the plate first recedes from the axis of S1, then it bends
    forward again, and its alae come forward beside the second body.
    """

    size: float
    top: float

    @property
    def box(self) -> Box:
        """Two corners that contain the solid."""
        s = self.size
        return (-54.0 * s, -58.0 * s, (_END - 4.0) * s), (54.0 * s, 18.0 * s, self.top + 1.0)

    def distance(self, x: Array, y: Array, z: Array) -> Array:
        """Return about the signed distance in mm, negative inside."""
        s = self.size
        height = z / s
        width, front, wings, depth = (each * s for each in _at_height(height))
        across = np.minimum(np.abs(x) / width, 1.2) ** 2
        ahead = y - front - wings * across
        crest = 5.0 * s * np.exp((x * (0.25 / s)) ** 2 * -1.0) * (1.0 + 0.5 * np.cos(height * 0.33))
        behind = -ahead - depth * (1.0 - 0.66 * across) - crest * smoothstep(height * 0.05 + 3.8)
        solid = rounded_max(np.abs(x) - width, np.maximum(ahead, behind) * _SLOWER, 6.0 * s)
        fallen = 0.28 * np.maximum(np.abs(x) - 16.0 * s, 0.0) - np.minimum(y + 18.0 * s, 0.0)
        ends = np.maximum(z - self.top + fallen, _END * s - z)
        solid = rounded_max(solid, ends, 4.0)
        canal = ellipse(x, y - front + 0.7 * depth, 0.27 * depth, 0.15 * depth)
        solid = rounded_max(solid, -canal, 1.0)
        wide = 8.0 * smoothstep((_HIATUS - height) * 0.06) * smoothstep((height - _END + 2.0) * 0.1)
        hiatus = np.maximum(np.abs(x) - s * (wide - 2.0), y - front + 0.7 * depth)
        solid = rounded_max(solid, -hiatus, 1.5)
        aside = np.abs(x)
        holes = [length(aside - out * s, z - low * s) - radius * s for out, low, radius in _FORAMINA]
        return rounded_max(solid, -reduce(np.minimum, holes), 1.5)  # no two of them are near one another


def _at_height(height: Array) -> list[Array]:
    """Return half width, front, wings and depth of the outline at heights, each of their shape."""
    columns = np.array([_OUTLINE[name] for name in ("width", "front", "wings", "depth")], dtype=height.dtype)
    row = np.interp(height, _OUTLINE["height"], np.arange(columns.shape[1]))
    above = np.minimum(row.astype(np.intp), columns.shape[1] - 2)
    part = (row - above).astype(height.dtype)
    return [np.asarray(column[above] + np.diff(column)[above] * part) for column in columns]


def sacrum(row: Dimensions, joint: Joint) -> tuple[Part, ...]:
    """Return the parts of the sacrum, which all carry one label."""
    size = row.transverse_span / WIDE
    low = replace(row, lamina_height=0.55 * row.lamina_height)  # the way in for needles: L5 has room above
    label = Sub.SACRUM
    rooms = (room_above(row, joint),)
    return (
        Part(label, FirstBody(**vars(replace(body_of(row), waist=0.0))), front=True),
        Part(label, Spared(SacralPlate(size, top=row.height / 2 - 3.0), rooms), front=True),
        Part(label, FirstArch(**vars(replace(arch_of(low), rooms=rooms)))),
        Part(label, spinous_of(low)),
        *pair(label, label, superior_process(row, joint, joint)),
    )
