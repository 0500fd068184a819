"""Worn discs: their Pfirrmann grades, and how high they are against a healthy disc of the same person.

The heights are those of ``disc_heights.csv``; what was measured concerns lumbar discs and is taken for all. A disc that has no
grade keeps the height of the person, which is that of healthy people.

References
----------
Griffith JF et al. (2007) Modified Pfirrmann grading system for lumbar intervertebral disc degeneration. Spine 32:E708-E712.
Pfirrmann CW et al. (2001) Magnetic resonance classification of lumbar intervertebral disc degeneration. Spine 26:1873-1878.
Salamat S et al. (2016) The relationship between quantitative measures of disc height and disc signal intensity with Pfirrmann
score of disc degeneration. SpringerPlus 5:829.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from types import MappingProxyType

from ...anatomy import Level, level
from ...anatomy.tables import read_table
from ...errors import ParameterError

DISC_HEIGHTS: MappingProxyType[int, float] = MappingProxyType(
    {int(row["grade"]): float(row["height"]) for row in read_table("disc_heights.csv", __package__)}
)
"""Height of a disc against a healthy one, by Pfirrmann grade."""

GRADES = tuple(DISC_HEIGHTS)
"""Pfirrmann grades."""


@dataclass(frozen=True)
class DiscGrade:
    """The Pfirrmann grade of one disc, named by the level above it."""

    level: str
    grade: int

    def __post_init__(self) -> None:
        object.__setattr__(self, "level", level(self.level).name)
        check_grade(self.grade)


def check_grade(grade: object) -> None:
    """Refuse what is no Pfirrmann grade, in one sentence."""
    if isinstance(grade, bool) or grade not in GRADES:
        raise ParameterError(f"A Pfirrmann grade is a whole number from 1 to 5, not {grade!r}.")


def check_grades(grades: Sequence[DiscGrade], column: Sequence[Level]) -> None:
    """Refuse grades of discs that a spine (its levels from the top) does not have, and two of one disc.

    Raises
    ------
    ParameterError
        In one sentence.
    """
    names = [each.name for each in column]
    for place, each in enumerate(grades):
        if each.level not in names[:-1] or each.level == "C1":
            raise ParameterError(
                f"There is no disc below {each.level} in this spine.", "Name the level above the disc, such as L4."
            )
        if each.level in (other.level for other in grades[:place]):
            raise ParameterError(f"The disc below {each.level} has two grades.", "Give one.")


def parse_grade(text: str) -> DiscGrade:
    """Read a grade such as ``"L4=5"`` or ``"L4/5=5"``: the level above the disc, and its Pfirrmann grade.

    Raises
    ------
    ParameterError
        If it is none.

    Examples
    --------
    >>> parse_grade("L5/S1=4")
    DiscGrade(level='L5', grade=4)
    """
    disc, _, grade = text.partition("=")
    if not grade.strip().isdecimal():
        raise ParameterError(f"A grade is given as LEVEL=GRADE such as L4/5=4, not {text!r}.")
    return DiscGrade(disc.partition("/")[0], int(grade))
