"""Endplates that a measurement found in the label maps, for measuring again after points have moved, without the maps.

Fitting an endplate to its surface takes the maps and seconds; what becomes of an angle while a point is dragged has to be known
in milliseconds. An endplate that was fitted holds as long as its corners are where they were; one whose corner has moved is
the plane of its corners, exactly as `spinetwin.measure.plates.with_plates` has it for edited corners.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from ..anatomy import level
from ..geometry import FloatArray, Frame
from .frames import frames_from_points
from .landmarks import INFERIOR_CORNERS, SUPERIOR_CORNERS, Key, Landmarks, Plate
from .subject import Subject

STILL_MM = 0.01
"""A point that is not farther away than this has not moved: files round."""

_CORNERS = {"superior": SUPERIOR_CORNERS, "inferior": INFERIOR_CORNERS}


@dataclass(frozen=True)
class KnownPlates:
    """What a measurement knew beyond the points.

    Attributes
    ----------
    plates : mapping of (level id, "superior" or "inferior") to Plate
        Found in the label maps, without draws.
    frames : mapping of level id to Frame
        Axes of levels that have no points, such as the sacrum.
    corners : mapping of (level id, point id) to (3,) array
        Where the corners were, RAS mm.
    standing : bool
        Whether the person stood.
    """

    plates: Mapping[tuple[int, str], Plate] = field(default_factory=dict)
    frames: Mapping[int, Frame] = field(default_factory=dict)
    corners: Mapping[Key, FloatArray] = field(default_factory=dict)
    standing: bool = False

    @classmethod
    def of(cls, subject: Subject) -> KnownPlates:
        """Return what a subject knows beyond its points."""
        spine = subject.spine
        pointed = {key for key, _poi in spine.points}
        ids = {poi for corners in _CORNERS.values() for rim in corners.values() for poi in rim}
        return cls(
            dict(spine.plates),
            {key: frame for key, frame in spine.frames.items() if key not in pointed},
            {key: place for key, place in spine.points.items() if key[1] in ids},
            subject.standing,
        )

    def subject(self, points: Mapping[Key, FloatArray]) -> Subject:
        """Return the spine of points that may have moved, with the endplates that still hold.

        Parameters
        ----------
        points : mapping of (level id, point id) to (3,) array
            RAS mm.
        """
        still = {key for key, place in self.corners.items() if key in points and _near(points[key], place)}
        moved = frozenset(self.corners) - still
        held = {key: plate for key, plate in self.plates.items() if self._holds(*key, still)}
        frames = {key: frame for key, frame in self.frames.items() if self._has_neighbour(key, still)}
        spine = Landmarks(points, {**frames_from_points(points), **frames}, plates=held, edited=moved)
        return Subject(spine, standing=self.standing)

    def _holds(self, key: int, side: str, still: set[Key]) -> bool:
        own = [(key, poi) for rim in _CORNERS[side].values() for poi in rim if (key, poi) in self.corners]
        return set(own) <= still if own else self._has_neighbour(key, still)

    def _has_neighbour(self, key: int, still: set[Key]) -> bool:
        """Say whether the lowest level above one without points is still, at least in part, where it was."""
        above = {each for each, _poi in self.corners if level(each).order < level(key).order}
        return bool(above) and any(each == max(above, key=lambda one: level(one).order) for each, _poi in still)


def _near(one: FloatArray, other: FloatArray) -> bool:
    return bool(np.abs(one - other).max() <= STILL_MM)
