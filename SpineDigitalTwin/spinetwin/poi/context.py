"""Everything the rules of one level may look at, computed once and only when asked for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import pairwise

import numpy as np

from ..anatomy import PointId, subregion
from ..anatomy import level as level_of
from ..geometry import FloatArray
from ..geometry.fields import MaskField, field_of_voxels
from .frames import LevelFrame
from .model import Status
from .voxels import LevelVoxels, Part, SpineVoxels


@dataclass(frozen=True)
class Outcome:
    """A point before it gets its place in a PoiSet: position (3,) RAS mm or None, and the reason for any doubt."""

    position: FloatArray | None
    reason: str = ""

    @property
    def status(self) -> Status:
        """Missing without a position, suspect with a reason, else ok."""
        if self.position is None:
            return Status.MISSING
        return Status.SUSPECT if self.reason else Status.OK


def missing(reason: str) -> Outcome:
    """Return the outcome of a point that cannot be found."""
    return Outcome(None, reason)


@dataclass
class LevelContext:
    """One level at work: parts and fields are made on first use, outcomes are filled in kind by kind."""

    level: int
    frame: LevelFrame
    voxels: LevelVoxels
    spine: SpineVoxels
    below: LevelContext | None = None
    outcomes: dict[int, Outcome] = field(default_factory=dict)
    _parts: dict[tuple[int, ...], Part | None] = field(default_factory=dict)
    _fields: dict[tuple[int, ...], MaskField] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """Name of the level."""
        return level_of(self.level).name

    def part(self, mask: tuple[int, ...]) -> Part | None:
        """Return the main piece of a mask of this level."""
        if mask not in self._parts:
            self._parts[mask] = self.voxels.part(mask)
        return self._parts[mask]

    def field(self, mask: tuple[int, ...]) -> MaskField | None:
        """Return the interpolated main piece of a mask of this level."""
        part = self.part(mask)
        if part is None:
            return None
        if mask not in self._fields:
            self._fields[mask] = field_of_voxels(part.voxels, self.spine.grid)
        return self._fields[mask]

    def position(self, point: int | None) -> FloatArray | None:
        """Return where a point of this level was found, if it was."""
        outcome = self.outcomes.get(point) if point is not None else None
        return outcome.position if outcome else None

    def doubt_about(self, mask: tuple[int, ...]) -> str:
        """Say what is wrong with a mask, or with the frame; empty when nothing is."""
        part = self.part(mask)
        if part is None:
            return f"no {describe(mask)} at this level"
        if part.cut:
            return f"the {describe(mask)} reaches the border of the image"
        if part.pieces > 1:
            return f"the {describe(mask)} is in {part.pieces} pieces"
        return self.frame.doubt

    def shift(self) -> tuple[float, str]:
        """Return how far left and right the shifted points lie, in mm (0 when unknown), and the reason for a doubt.

        A third of the distance between the superior articular centroids, divided by f = (12 - v)/11 + 1 for the v-th
        vertebra from C1, v <= 11: towards the neck the bodies shrink more than the posterior parts, so multiplying by f,
        as the paper's text can be read, would put the start outside the body.
        """
        pairs = (
            (PointId.SUPERIOR_ARTICULAR_LEFT, PointId.SUPERIOR_ARTICULAR_RIGHT, 3.0, ""),
            (
                PointId.INFERIOR_ARTICULAR_LEFT,
                PointId.INFERIOR_ARTICULAR_RIGHT,
                2.0,
                "the shift rests on the inferior articular processes",
            ),
        )
        for left, right, divisor, doubt in pairs:
            ends = self.position(left), self.position(right)
            if ends[0] is not None and ends[1] is not None:
                factor = max((12 - level_of(self.level).order) / 11, 0.0) + 1
                return float(np.linalg.norm(ends[0] - ends[1])) / divisor / factor, doubt
        return 0.0, "no articular processes to measure the shift from"


_PLAIN_NAMES = {
    "corpus border and corpus": "vertebral body",
    "arcus vertebrae": "vertebral arch",
    "spinal cord and spinal canal": "spinal canal",
}


def describe(mask: tuple[int, ...]) -> str:
    """Name a mask for people."""
    names = [subregion(label).name.replace("_", " ") for label in mask]
    joined = " and ".join(names)
    return _PLAIN_NAMES.get(joined, joined)


def contexts_of(spine: SpineVoxels, frames: Mapping[int, LevelFrame]) -> list[LevelContext]:
    """Make the contexts of all levels, from the top, each knowing the one below."""
    contexts = [LevelContext(level, frames[level], voxels, spine) for level, voxels in spine.levels.items()]
    for upper, lower in pairwise(contexts):
        if 1 <= level_of(lower.level).order - level_of(upper.level).order <= 2:
            upper.below = lower
    return contexts
