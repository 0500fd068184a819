"""What a measurement is: a number with its unit and uncertainty, or the reason why there is none."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from ..anatomy import level as level_of
from ..geometry import FloatArray


class MissingInput(Exception):
    """Something that a measurement rests on is not there; the text says what, as a phrase for people."""


@dataclass(frozen=True)
class Measurement:
    """One measured quantity.

    Attributes
    ----------
    name : str
        Row of the table of quantities.
    value : float or None
        None when it is missing.
    unit : str
        mm, deg, mm2, mm3, 1/mm, 1 (a ratio) or "" (a word).
    level : int or None
        The level it belongs to (the upper one for what lies between two), or None for the whole spine.
    side : str
        "left", "right", or "" for neither.
    part : str
        Name of the subregion or muscle it belongs to, or "".
    curve : int or None
        Number of the scoliotic curve it belongs to, from the top, starting at 1.
    uncertainty : float or None
        Standard deviation in the same unit that comes from the uncertainty of the points; None when it was not computed.
    reason : str
        Why it is missing, or what to know about the value ("lowest visible level is L4").
    text : str
        The value in words where it is no number ("T8", "mild (grade 1)").
    """

    name: str
    value: float | None
    unit: str
    level: int | None = None
    side: str = ""
    part: str = ""
    curve: int | None = None
    uncertainty: float | None = None
    reason: str = ""
    text: str = ""

    @property
    def missing(self) -> bool:
        """Whether there is neither a number nor a word."""
        return self.value is None and not self.text

    @property
    def key(self) -> tuple[str, int | None, str, str, int | None]:
        """What tells it from every other one of a spine."""
        return self.name, self.level, self.side, self.part, self.curve

    @property
    def where(self) -> str:
        """The place in words: "L3, left", "curve 1", "spine"."""
        parts = ["" if self.level is None else level_of(self.level).name, self.side, self.part.replace("_", " ")]
        parts += [] if self.curve is None else [f"curve {self.curve}"]
        return ", ".join(each for each in parts if each) or "spine"


@dataclass(frozen=True)
class Measurements:
    """All measurements of one spine, in the order of the table of quantities and from the top."""

    all: tuple[Measurement, ...]

    def __iter__(self) -> Iterator[Measurement]:
        return iter(self.all)

    def __len__(self) -> int:
        return len(self.all)

    def of(self, name: str) -> tuple[Measurement, ...]:
        """Return every measurement of one quantity."""
        return tuple(each for each in self.all if each.name == name)

    def get(
        self, name: str, level: int | None = None, side: str = "", *, part: str = "", curve: int | None = None
    ) -> Measurement | None:
        """Return one measurement, or None if it does not apply to this spine."""
        return next((each for each in self.all if each.key == (name, level, side, part, curve)), None)

    def muscle_areas(self) -> dict[tuple[str, str, int], float]:
        """Return every cross-section of a muscle that was measured, mm2, by muscle, side and level id."""
        return self._of_muscles("muscle_area")

    def muscle_centroids(self) -> dict[tuple[str, str, int], FloatArray]:
        """Return where each muscle was measured to lie: (2,) arrays, mm to the right and to the front of the disc's centre."""
        right, front = (self._of_muscles(f"muscle_centroid_{way}") for way in ("right", "anterior"))
        return {place: np.array([right[place], front[place]]) for place in right if place in front}

    def _of_muscles(self, name: str) -> dict[tuple[str, str, int], float]:
        return {
            (each.part, each.side, each.level): each.value
            for each in self.of(name)
            if each.value is not None and each.level is not None and each.side
        }
