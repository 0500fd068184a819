"""What measurements rest on: placed points, frames, and the endplates as planes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from ..anatomy import PointId, level
from ..geometry import FloatArray, Frame
from .results import MissingInput
from .spread import VOXEL_SPREAD

Key = tuple[int, int]

SUPERIOR_CORNERS = {
    "front": (PointId.ALL_SUPERIOR, PointId.ALL_SUPERIOR_RIGHT, PointId.ALL_SUPERIOR_LEFT),
    "back": (PointId.PLL_SUPERIOR, PointId.PLL_SUPERIOR_RIGHT, PointId.PLL_SUPERIOR_LEFT),
}
"""Points of the superior endplate: median, right, left."""

INFERIOR_CORNERS = {
    "front": (PointId.ALL_INFERIOR, PointId.ALL_INFERIOR_RIGHT, PointId.ALL_INFERIOR_LEFT),
    "back": (PointId.PLL_INFERIOR, PointId.PLL_INFERIOR_RIGHT, PointId.PLL_INFERIOR_LEFT),
}

_MEDIAN = {
    "superior": {"front": PointId.ALL_SUPERIOR, "middle": PointId.BODY_SUPERIOR, "back": PointId.PLL_SUPERIOR},
    "inferior": {"front": PointId.ALL_INFERIOR, "middle": PointId.BODY_INFERIOR, "back": PointId.PLL_INFERIOR},
}

CAPPED = {(level("C2").id, "superior")}
"""Endplates that something stands on: the dens."""

_ENOUGH_TO_DROP = 6
_FAR_OFF = 2.5
"""mm from the plane of the others beyond which a corner is taken for misplaced."""


@dataclass(frozen=True)
class Plate:
    """An endplate as a plane; leading dimensions (...) are those of the points it was fitted to.

    Attributes
    ----------
    centre : (..., 3) array
        Mean of its corners, RAS mm.
    normal : (..., 3) array
        Unit vector towards the head, whichever endplate of the body it is.
    front, back : (..., 3) arrays
        Its front and back rim in the middle, RAS mm.
    tilt_spread : float
        Standard deviation of its tilt in any direction, degrees; 0 where it rests on points, which have their own.
    rim_spread : float
        Standard deviation of its rims and its bottom in voxels.
    bottom : (..., 3) array or None
        Where the axis through the centre of the body meets it, RAS mm; None where it rests on points, which have their own.
    """

    centre: FloatArray
    normal: FloatArray
    front: FloatArray
    back: FloatArray
    tilt_spread: float = 0.0
    rim_spread: float = VOXEL_SPREAD
    bottom: FloatArray | None = None


@dataclass(frozen=True)
class Landmarks:
    """The points and frames of one spine.

    Attributes
    ----------
    points : mapping of (level id, point id) to (..., 3) array
        Placed points, RAS mm. All share their leading dimensions: none for a spine, (n,) for n draws of an uncertain one.
    frames : mapping of level id to Frame
        Axes of the vertebrae.
    suspect : frozenset of (level id, point id)
        Points to be trusted less.
    plates : mapping of (level id, "superior" or "inferior") to Plate
        Endplates that are known otherwise than by corner points, such as that of the sacrum.
    edited : frozenset of (level id, point id)
        Points that a person has placed: they count, however far off they lie.
    """

    points: Mapping[Key, FloatArray]
    frames: Mapping[int, Frame]
    suspect: frozenset[Key] = frozenset()
    plates: Mapping[tuple[int, str], Plate] = field(default_factory=dict)
    edited: frozenset[Key] = frozenset()

    @cached_property
    def levels(self) -> tuple[int, ...]:
        """Level ids that have a point or a frame, from the top."""
        found = {key[0] for key in self.points} | set(self.frames) | {key[0] for key in self.plates}
        return tuple(sorted(found, key=lambda each: level(each).order))

    def point(self, key: int, poi: int) -> FloatArray:
        """Return one point (..., 3).

        Raises
        ------
        MissingInput
            If it is not placed.
        """
        found = self.points.get((key, poi))
        if found is None:
            raise MissingInput(f"point {poi} of {level(key).name} is not placed")
        return found

    def frame(self, key: int) -> Frame:
        """Return the axes of one level."""
        found = self.frames.get(key)
        if found is None:
            raise MissingInput(f"the axes of {level(key).name} are not known")
        return found

    def centre(self, key: int) -> FloatArray:
        """Return the centre (..., 3) of the body of a level, or of the sacrum's endplate where that is all there is."""
        if (key, PointId.BODY) in self.points:
            return self.points[key, PointId.BODY]
        plate = self.plates.get((key, "superior"))
        if plate is None:
            raise MissingInput(f"the body of {level(key).name} is not seen")
        return plate.centre

    def plate(self, key: int, side: str) -> Plate:
        """Return the "superior" or "inferior" endplate of a level.

        Raises
        ------
        MissingInput
            If fewer than three of its corners are placed, or they do not span a plane.
        """
        known = self._plates.get((key, side))
        if known is None:
            known = self._plates[key, side] = self.plates.get((key, side)) or self._fitted(key, side)
        return known

    @cached_property
    def _plates(self) -> dict[tuple[int, str], Plate]:
        """Plates fitted so far; they are asked for again and again."""
        return {}

    def rim(self, key: int, side: str, where: str) -> FloatArray:
        """Return the "front", "middle" or "back" (..., 3) of an endplate in the median plane: as fitted, else as its point.

        Raises
        ------
        MissingInput
            If neither is known.
        """
        known = self.plates.get((key, side))
        fitted = None if known is None else {"front": known.front, "middle": known.bottom, "back": known.back}[where]
        return self.point(key, _MEDIAN[side][where]) if fitted is None else fitted

    def _fitted(self, key: int, side: str) -> Plate:
        if (key, side) in CAPPED:
            raise MissingInput(f"{level(key).name} has no {side} endplate: the dens stands there")
        corners = SUPERIOR_CORNERS if side == "superior" else INFERIOR_CORNERS
        rims = {name: [self.points[key, poi] for poi in ids if (key, poi) in self.points] for name, ids in corners.items()}
        if not all(rims.values()) or sum(len(rim) for rim in rims.values()) < 3:
            raise MissingInput(f"the corners of the {side} endplate of {level(key).name} are not placed")
        points = np.stack([*rims["front"], *rims["back"]], axis=-2)
        placed = any((key, poi) in self.edited for ids in corners.values() for poi in ids)
        centre, normal, flat = _plane(points) if placed else _steady_plane(points)
        if np.any(flat > 0.5):
            raise MissingInput(f"the corners of the {side} endplate of {level(key).name} lie on one line")
        normal = normal * np.where(normal @ self.frame(key).superior < 0, -1.0, 1.0)[..., None]
        middles = (self.points.get((key, ids[0])) for ids in corners.values())
        front, back = (
            np.mean(rim, axis=0) if middle is None else middle for middle, rim in zip(middles, rims.values(), strict=True)
        )
        return Plate(centre, normal, front, back)


def _plane(points: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Return centre, normal and flatness of the plane nearest to points (..., n, 3)."""
    centre = points.mean(axis=-2)
    return centre, *_normal(points - centre[..., None, :])


def _steady_plane(points: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Return centre, normal and flatness of the plane through points (..., n, 3), without one that lies far off the others.

    One misplaced corner of six turns the plane by many degrees; leaving each out in turn shows which it is.
    """
    centre, normal, flat = _plane(points)
    if points.ndim > 2 or len(points) < _ENOUGH_TO_DROP:
        return centre, normal, flat
    others = [_off_plane(np.delete(points, one, axis=0), points[one]) for one in range(len(points))]
    worst = int(np.argmax([off for off, _ in others]))
    off, spread = others[worst]
    if off > max(_FAR_OFF, 4 * spread):
        return _plane(np.delete(points, worst, axis=0))
    return centre, normal, flat


def _off_plane(rest: FloatArray, point: FloatArray) -> tuple[float, float]:
    """Return how far a point lies from the plane of the others, and the root mean square of their own distances, mm."""
    centre = rest.mean(axis=0)
    normal, _ = _normal(rest - centre)
    return float(abs((point - centre) @ normal)), float(np.sqrt(np.mean(((rest - centre) @ normal) ** 2)))


def _normal(offsets: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return the normal (..., 3) of the plane nearest to points (..., n, 3) around the origin, and how like a line they are.

    The latter is 1 for points on a line and 0 for points that spread well in both directions.
    """
    _, sizes, vectors = np.linalg.svd(offsets, full_matrices=False)
    return vectors[..., 2, :], 1.0 - np.minimum(sizes[..., 1] / np.maximum(0.02 * sizes[..., 0], 1e-12), 1.0)
