"""The sacrum: S1 endplate, alae, a front that is hollow along and across, foramina, median crest, canal and hiatus."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from ...anatomy.subregions import SubregionId as Sub
from ..person.dimensions import Dimensions
from .changed_solids import Spared
from .distances import Array, ellipse, rounded_max, smoothstep
from .part import Joint, Part, pair
from .parts import arch_of, body_of, room_above, spinous_of, superior_process
from .solids import Box

_HEIGHTS = (-104.0, -94.0, -84.0, -70.0, -55.0, -40.0, -25.0, -8.0, 8.0, 20.0)
_WIDTHS = (9.0, 13.0, 25.0, 31.0, 35.0, 43.0, 51.0, 53.0, 49.0, 42.0)
_FRONTS = (-15.0, -17.0, -18.5, -19.0, -16.5, -10.0, -1.0, 9.0, 13.0, 13.0)
_DEPTHS = (7.0, 8.0, 10.0, 14.0, 20.0, 28.0, 38.0, 49.0, 54.0, 55.0)
_HIATUS = -66.0
"""Height where the sacral hiatus begins, which lays the canal open from there down."""

_FORAMINA = ((17.5, -24.0, 4.2), (16.5, -42.0, 4.0), (15.0, -58.0, 3.5), (13.0, -73.0, 3.0))


@dataclass(frozen=True)
class SacralPlate:
    """Alae and fused bodies with the canal behind them, from the first sacral level down; mm at `size` 1.

    Front, depth and width are given at heights in the frame of S1 and joined by straight lines: the plate first recedes from
    the axis of S1, then it bends forward again.
    """

    size: float
    top: float

    @property
    def box(self) -> Box:
        """Two corners that contain the solid."""
        s = self.size
        return (-54.0 * s, -58.0 * s, -106.0 * s), (54.0 * s, 15.0 * s, self.top + 1.0)

    def distance(self, x: Array, y: Array, z: Array) -> Array:
        """Return about the signed distance in mm, negative inside."""
        s = self.size
        height = z / s
        width, front, depth = (np.interp(height, _HEIGHTS, row).astype(z.dtype) * s for row in (_WIDTHS, _FRONTS, _DEPTHS))
        across = np.minimum(np.abs(x) / width, 1.2) ** 2
        ahead = y - front + 13.0 * s * across
        crest = 5.0 * s * np.exp((x * (0.25 / s)) ** 2 * -1.0) * (1.0 + 0.5 * np.cos(height * 0.33))
        behind = -ahead - depth * (1.0 - 0.68 * across) - crest * smoothstep(height * 0.05 + 3.8)
        solid = rounded_max(np.abs(x) - width, np.maximum(ahead, behind) * 0.87, 6.0 * s)
        fallen = 0.28 * np.maximum(np.abs(x) - 16.0 * s, 0.0) - np.minimum(y + 18.0 * s, 0.0)
        ends = np.maximum(z - self.top + fallen, -102.0 * s - z)
        solid = rounded_max(solid, ends, 4.0)
        canal = ellipse(x, y - front + 0.7 * depth, 0.27 * depth, 0.15 * depth)
        solid = rounded_max(solid, -canal, 1.0)
        wide = 8.0 * smoothstep((_HIATUS - height) * 0.06) * smoothstep((height + 104.0) * 0.1)
        hiatus = np.maximum(np.abs(x) - s * (wide - 2.0), y - front + 0.7 * depth)
        solid = rounded_max(solid, -hiatus, 1.5)
        for out, low, radius in _FORAMINA:
            hole = np.hypot(np.abs(x) - out * s, z - low * s) - radius * s
            solid = rounded_max(solid, -hole, 1.5)
        return solid


def sacrum(row: Dimensions, joint: Joint) -> tuple[Part, ...]:
    """Return the parts of the sacrum, which all carry one label."""
    size = row.transverse_span / 100.0
    low = replace(row, lamina_height=0.55 * row.lamina_height)  # the way in for needles: L5 has room above
    label = Sub.SACRUM
    rooms = (room_above(row, joint),)
    return (
        Part(label, replace(body_of(row), waist=0.0), front=True),
        Part(label, Spared(SacralPlate(size, top=row.height / 2 - 3.0), rooms), front=True),
        Part(label, replace(arch_of(low), rooms=rooms)),
        Part(label, spinous_of(low)),
        *pair(label, label, superior_process(row, joint, joint)),
    )
