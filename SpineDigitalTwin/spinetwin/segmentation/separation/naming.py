"""What the vertebrae in view are called: counted from an anchor that tells, else by size, and then a person is asked."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import product

import numpy as np

from ...anatomy import Level
from ...anatomy.tables import read_table
from ...errors import MapError
from ...geometry import FloatArray
from ..chain import Chain

_HEIGHTS = {row["level"]: float(row["height_mm"]) for row in read_table("level_heights.csv", __package__)}
_SIZE_SPREAD, _PERSON_SPREAD = 0.08, 0.10
"""Standard deviations of the logarithm of a height: of one level within a person, and of persons."""
_NUMBERS = tuple(product((12, 13, 11), (5, 6, 4)))


HOW_TO_ANSWER = "Name one in section Levels of the panel (`--lowest L5` on the command line); the others follow."
"""The end of a question that the name of one vertebra answers."""


@dataclass(frozen=True)
class Anchors:
    """What in view tells which vertebra is which; None or False where it is not in view.

    Attributes
    ----------
    dens : int or None
        Row, from the top, of the vertebra with the dens: C2.
    sacrum : bool
        The sacrum lies below the last vertebra.
    last_thoracic : int or None
        Row of the vertebra that has the short transverse processes of the last thoracic one, above long ones.
    first_rib, last_rib : int or None
        Rows of the first and of the last vertebra that bears a rib, with vertebrae beyond it that bear none.
    """

    dens: int | None = None
    sacrum: bool = False
    last_thoracic: int | None = None
    first_rib: int | None = None
    last_rib: int | None = None

    @property
    def names(self) -> tuple[str, ...]:
        """In words."""
        ribs = self.first_rib is not None or self.last_rib is not None
        seen = {"dens": self.dens is not None, "sacrum": self.sacrum, "ribs": ribs, "T12 shape": self.last_thoracic is not None}
        return tuple(name for name, there in seen.items() if there)


@dataclass(frozen=True)
class Naming:
    """Names of the vertebrae in view.

    Attributes
    ----------
    levels : tuple of Level
        From the top.
    chain : Chain
        The presacral vertebrae that this person is taken to have.
    anchors : tuple of str
        What the names rest on; empty when they are only a guess by size.
    question : str
        What a person must answer; empty when the anchors leave nothing open.
    findings : tuple of str
        What is unusual, in words.
    verified : bool
        Always False here: names are verified by people.
    """

    levels: tuple[Level, ...]
    chain: Chain
    anchors: tuple[str, ...]
    question: str
    findings: tuple[str, ...]
    verified: bool = False

    @property
    def said(self) -> tuple[str, ...]:
        """What a person should know of the names: what they rest on, what is asked, and what is unusual."""
        told = ", ".join(self.anchors) or "by size alone"
        question = (self.question,) if self.question else ()
        return (f"Levels were told from the subregions ({told}) and are not verified.", *question, *self.findings)


@dataclass(frozen=True)
class _Option:
    chain: Chain
    first: int

    def levels(self, count: int) -> tuple[Level, ...]:
        return self.chain.levels[self.first : self.first + count]

    @property
    def deviation(self) -> int:
        return abs(self.chain.thoracic - 12) + abs(self.chain.lumbar - 5)


def name_levels(heights: Sequence[float], anchors: Anchors) -> Naming:
    """Name the vertebrae in view.

    All numbers of thoracic and lumbar vertebrae that people have are tried at all heights; of those that agree with every
    anchor, the most usual one is taken. An anchor that no spine agrees with is dropped and reported.

    Parameters
    ----------
    heights : sequence of float
        Distance of neighbouring body centres at each vertebra from the top, mm; they decide where no anchor does.
    anchors : Anchors

    Raises
    ------
    MapError
        If there are more vertebrae than any spine has.
    """
    count = len(heights)
    findings: list[str] = []
    options = list(_options(count, anchors))
    while not options and anchors != Anchors():
        anchors, finding = _without_weakest(anchors, count)
        findings.append(finding)
        options = list(_options(count, anchors))
    if not options:
        raise MapError(f"{count} vertebrae were found, more than a spine has.", "Look for bodies that are cut in two.")
    least = min(each.deviation for each in options)
    usual = [each for each in options if each.deviation == least]
    best = usual[0] if anchors.names else min(usual, key=lambda each: _misfit(heights, each.levels(count)))
    findings += _unusual(best, anchors)
    return Naming(best.levels(count), best.chain, anchors.names, _question(best, usual, anchors, count), tuple(findings))


def _options(count: int, anchors: Anchors) -> Iterator[_Option]:
    for thoracic, lumbar in _NUMBERS:
        chain = Chain(thoracic, lumbar)
        for first in range(len(chain.levels) - count + 1):
            if _agrees(chain.levels, first, count, anchors):
                yield _Option(chain, first)


def _agrees(levels: tuple[Level, ...], first: int, count: int, anchors: Anchors) -> bool:
    if anchors.sacrum and first + count != len(levels):
        return False
    if anchors.dens is not None and levels[first + anchors.dens].name != "C2":
        return False
    if anchors.first_rib is not None and levels[first + anchors.first_rib].name != "T1":
        return False
    return all(_ends_thorax(levels, first + row) for row in (anchors.last_thoracic, anchors.last_rib) if row is not None)


def _ends_thorax(levels: tuple[Level, ...], at: int) -> bool:
    return levels[at].region == "thoracic" and levels[min(at + 1, len(levels) - 1)].region == "lumbar"


def _without_weakest(anchors: Anchors, count: int) -> tuple[Anchors, str]:
    if anchors.last_thoracic is not None:
        return replace(anchors, last_thoracic=None), (
            "The transverse processes of one vertebra look like those of T12, where no spine has it; they were not believed."
        )
    if anchors.first_rib is not None:
        return replace(
            anchors, first_rib=None
        ), "The first ribs that are labelled cannot be those of T1; they were not believed."
    if anchors.sacrum and anchors.dens is not None and anchors.last_rib is not None:
        return replace(anchors, last_rib=None), (
            "The last ribs that are labelled lie where no spine has them, counted from the dens and the sacrum; "
            "they were not believed."
        )
    if anchors.sacrum and anchors.dens is not None:
        return replace(anchors, sacrum=False), (
            f"From the one with the dens down to the sacrum there are {count - anchors.dens} vertebrae, which no spine has: "
            "one was missed or cut in two. They are numbered from the dens."
        )
    if anchors.last_rib is not None and (anchors.sacrum or anchors.dens is not None):
        return replace(
            anchors, last_rib=None
        ), "The last ribs that are labelled lie where no spine has them; they were not believed."
    what = "the last ribs" if anchors.last_rib is not None else "the sacrum" if anchors.sacrum else "the dens"
    return Anchors(), f"There are more vertebrae beside {what} than any spine has; it was not believed."


def _misfit(heights: Sequence[float], levels: Sequence[Level]) -> float:
    """Return how badly heights fit to levels, after the size of the person is allowed for."""
    off: FloatArray = np.log(heights) - np.log([_HEIGHTS[each.name] for each in levels])
    person = off.sum() / _SIZE_SPREAD**2 / (len(off) / _SIZE_SPREAD**2 + 1.0 / _PERSON_SPREAD**2)
    return float(((off - person) ** 2).sum() / _SIZE_SPREAD**2 + (person / _PERSON_SPREAD) ** 2)


def _unusual(best: _Option, anchors: Anchors) -> list[str]:
    findings = []
    for region, number, usual in (("thoracic", best.chain.thoracic, 12), ("lumbar", best.chain.lumbar, 5)):
        if number != usual:
            findings.append(f"There are {number} {region} vertebrae instead of {usual}.")
    if anchors.names == ("T12 shape",):
        findings.append("Named from the short transverse processes of one vertebra alone, taken for T12; ribs would tell.")
    if anchors.last_rib is not None and anchors.dens is None and not anchors.sacrum:
        findings.append(
            "Named from the last ribs that are labelled; a short twelfth rib that was missed would shift all names."
        )
    if anchors.names == ("sacrum",):
        findings.append("Counted upwards from the sacrum as if there were five lumbar vertebrae: L4 or L6 cannot be excluded.")
    return findings


def _question(best: _Option, usual: list[_Option], anchors: Anchors, count: int) -> str:
    levels = best.levels(count)
    if not anchors.names:
        return (
            f"Which vertebra is the uppermost one? Neither dens nor sacrum is in view, so that {levels[0].name} to "
            f"{levels[-1].name} is a guess from their size. {HOW_TO_ANSWER}"
        )
    others = [each for each in usual if each.chain != best.chain and each.levels(count) != levels]
    if best.deviation and (others or anchors.last_thoracic is not None or anchors.last_rib is not None):
        total = len(best.chain.levels)
        if anchors.last_rib is not None:
            return (
                f"There are {total} presacral vertebrae instead of 24, the last {best.chain.lumbar} without ribs. Is "
                f"{levels[anchors.last_rib].name} really the last one with ribs?"
            )
        return (
            f"There are {total} presacral vertebrae instead of 24. They are numbered as {best.chain.thoracic} thoracic and "
            f"{best.chain.lumbar} lumbar ones; only the ribs tell for certain. Which is the last one with ribs?"
        )
    return ""
