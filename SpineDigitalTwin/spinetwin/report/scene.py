"""What a report shows of one spine: frames, the origin of each level, points; worked out once for all pictures."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from ..anatomy import PointId, level, point
from ..geometry import FloatArray, Frame
from ..poi import Poi, PoiSet

_DIRECTIONS = (PointId.DIRECTION_RIGHT, PointId.DIRECTION_POSTERIOR, PointId.DIRECTION_INFERIOR)


@dataclass(frozen=True)
class Scene:
    """The points of a spine with everything the pictures need beside them.

    Attributes
    ----------
    pois : PoiSet
        The points.
    frames : mapping of level id to Frame
        Those of the point set; where it has none, those its direction points tell.
    centres : mapping of level id to (3,) array
        RAS mm; where a level's name is written.
    """

    pois: PoiSet
    frames: Mapping[int, Frame]
    centres: Mapping[int, FloatArray]

    @cached_property
    def drawn(self) -> tuple[Poi, ...]:
        """The placed points that are drawn; direction points only if edited, as whiskers show them better."""
        return tuple(poi for poi in self.pois if poi.position is not None and (poi.edited or point(poi.id).family != "frame"))

    @property
    def positions(self) -> FloatArray:
        """RAS mm of the drawn points, (n, 3)."""
        return np.array([poi.position for poi in self.drawn], dtype=np.float64).reshape(-1, 3)

    def drawn_of(self, key: int) -> list[Poi]:
        """Return the drawn points of one level."""
        return [poi for poi in self.drawn if poi.level == key]

    @classmethod
    def of(cls, pois: PoiSet, bone_centres: Mapping[int, FloatArray]) -> Scene:
        """Gather frames and centres; `bone_centres` serve levels that have neither frame nor points."""
        frames = {key: frame for key in pois.levels if (frame := pois.frames.get(key) or _frame_of_points(pois, key))}
        centres = dict(bone_centres)
        for key in pois.levels:
            placed = [poi.position for poi in pois.of_level(key) if poi.position is not None]
            if placed:
                centres[key] = np.mean(placed, axis=0)
        centres |= {key: frame.origin for key, frame in frames.items()}
        return cls(pois, frames, dict(sorted(centres.items(), key=lambda item: level(item[0]).order)))


def _frame_of_points(pois: PoiSet, key: int) -> Frame | None:
    """Read a frame from the body centre and the three direction points of a level."""
    origin = _position(pois, key, PointId.BODY)
    tips = [_position(pois, key, each) for each in _DIRECTIONS]
    if origin is None or any(tip is None for tip in tips):
        return None
    arrows = np.array([tip for tip in tips if tip is not None]) - origin
    axes = arrows / np.linalg.norm(arrows, axis=1, keepdims=True) * np.array([[1.0], [-1.0], [-1.0]])
    return Frame(origin, axes, "from the direction points") if np.isfinite(axes).all() else None


def _position(pois: PoiSet, key: int, point: PointId) -> FloatArray | None:
    poi = pois.points.get((key, int(point)))
    return None if poi is None or poi.position is None else np.array(poi.position)
