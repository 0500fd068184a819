"""What a computed point is: a position or the reason why there is none, and where it comes from."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from types import MappingProxyType

import numpy as np

from ..anatomy import level as level_of
from ..geometry import FloatArray, Frame

Position = tuple[float, float, float]

EDITED = "edited"
"""The `source` of a point that a person placed."""

STANDING = "standing"
"""The `source` of a point that was found on radiographs of a standing person ends with this word."""

UNVERIFIED = "levels unverified"
"""In the `source` of a point whose level a program has named, and no person has confirmed."""

LEVELS_UNVERIFIED = (
    "No person has confirmed the names of the levels: `spinetwin rename` does, or for radiographs `spinetwin xray --lowest`."
)
"""What is said of such points, and of what is computed from them."""


class Status(StrEnum):
    """How far a point can be trusted."""

    OK = "ok"
    SUSPECT = "suspect"
    MISSING = "missing"


@dataclass(frozen=True)
class Poi:
    """One point of interest of one level.

    Attributes
    ----------
    level, id : int
        Ids of `spinetwin.anatomy`.
    status : Status
        ok; suspect (a position and a reason to look at it); missing (only a reason).
    position : tuple of 3 floats or None
        RAS mm; None exactly when the status is missing.
    reason : str
        Why the point is suspect or missing, as a phrase for people.
    source : str
        The rule set and its version ("paper 1"), or "edited".
    computed : tuple of 3 floats or None
        Where the rules had put the point, kept when a person moved it.
    """

    level: int
    id: int
    status: Status
    position: Position | None
    reason: str = ""
    source: str = ""
    computed: Position | None = None

    def __post_init__(self) -> None:
        if (self.position is None) != (self.status is Status.MISSING):
            raise ValueError("a point is missing exactly when it has no position")
        if self.position is not None and not np.isfinite(self.position).all():
            raise ValueError("a position must be finite")

    @property
    def key(self) -> tuple[int, int]:
        """(level id, point id)."""
        return self.level, self.id

    @property
    def edited(self) -> bool:
        """Whether a person placed this point."""
        return self.source == EDITED

    def moved_to(self, position: Position) -> Poi:
        """Return the point as a person placed it; the computed position is kept."""
        computed = self.computed if self.edited else self.position
        return replace(self, status=Status.OK, position=position, reason="", source=EDITED, computed=computed)


@dataclass(frozen=True)
class PoiSet:
    """All points of one spine.

    Attributes
    ----------
    points : mapping of (level id, point id) to Poi
        In anatomical order from the top, then by point id.
    frames : mapping of level id to Frame
        The axes the points were computed in; empty when only points are known.
    """

    points: Mapping[tuple[int, int], Poi]
    frames: Mapping[int, Frame] = field(default_factory=dict)

    def __post_init__(self) -> None:
        ordered = sorted(self.points.values(), key=lambda poi: (level_of(poi.level).order, poi.id))
        object.__setattr__(self, "points", MappingProxyType({poi.key: poi for poi in ordered}))
        frames = dict(sorted(self.frames.items(), key=lambda item: level_of(item[0]).order))
        object.__setattr__(self, "frames", MappingProxyType(frames))

    @classmethod
    def of(cls, points: Iterable[Poi], frames: Mapping[int, Frame] | None = None) -> PoiSet:
        """Gather points; a second point with the same key is refused."""
        gathered: dict[tuple[int, int], Poi] = {}
        for poi in points:
            if poi.key in gathered:
                raise ValueError(f"point {poi.id} of {level_of(poi.level).name} appears twice")
            gathered[poi.key] = poi
        return cls(gathered, frames or {})

    def __iter__(self) -> Iterator[Poi]:
        return iter(self.points.values())

    def __len__(self) -> int:
        return len(self.points)

    def __getitem__(self, key: tuple[int, int]) -> Poi:
        return self.points[key]

    @property
    def levels(self) -> tuple[int, ...]:
        """Level ids that have points, from the top."""
        return tuple(dict.fromkeys(poi.level for poi in self))

    def of_level(self, level: int) -> tuple[Poi, ...]:
        """Every point of one level, by id."""
        return tuple(poi for poi in self if poi.level == level)

    def count(self, status: Status) -> int:
        """Return how many points have this status."""
        return sum(poi.status == status for poi in self)

    @property
    def standing(self) -> bool:
        """Whether any point says that the person stood."""
        return any(poi.source.endswith(STANDING) for poi in self)

    @property
    def unverified(self) -> bool:
        """Whether any point is of a level that no person has confirmed."""
        return any(UNVERIFIED in poi.source for poi in self)

    def with_unverified_levels(self) -> PoiSet:
        """Return the points, each saying that no person has confirmed the name of its level."""
        marked = {poi.key: replace(poi, source=f"{poi.source}, {UNVERIFIED}".removeprefix(", ")) for poi in self}
        return replace(self, points=marked)

    def with_verified_levels(self) -> PoiSet:
        """Return the points, of which a person has confirmed the names of the levels."""
        words = {poi.key: [word for word in poi.source.split(", ") if word != UNVERIFIED] for poi in self}
        return replace(self, points={poi.key: replace(poi, source=", ".join(words[poi.key])) for poi in self})

    def positions(self) -> tuple[list[tuple[int, int]], FloatArray]:
        """Return the keys of the points that have a position, and these as an (n, 3) array in RAS mm."""
        placed = [(poi.key, poi.position) for poi in self if poi.position is not None]
        return [key for key, _ in placed], np.array([position for _, position in placed], dtype=np.float64).reshape(-1, 3)
