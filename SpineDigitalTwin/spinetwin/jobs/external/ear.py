"""What the programs say while they work, as progress that never goes back: the rows of progress.csv."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from ...anatomy.tables import read_table
from ..environments import bar_of

Progress = Callable[[float, str], None]

_COLOUR = re.compile(r"\x1b\[[0-9;]*m")


@dataclass(frozen=True)
class _Rule:
    kind: str
    pattern: re.Pattern[str]
    begin: float
    end: float
    says: str


class Ear:
    """Takes the lines of one run of a program.

    A row of kind "line" says that a stage begins. One of kind "bar" says between which fractions a bar lies in whose name its
    pattern is found, as long as the stage that it follows in the table is on. What a row of kind "reason" finds is kept.

    Parameters
    ----------
    program : str
        As in the first column of the table.
    progress : callable

    Attributes
    ----------
    reasons : list of str
        What the program gave as reasons for failing or doubting.
    """

    def __init__(self, program: str, progress: Progress) -> None:
        rows = [row for row in read_table("progress.csv", __package__) if row["program"] == program]
        self._rules = [
            _Rule(row["kind"], re.compile(row["pattern"]), float(row["begin"] or 0), float(row["end"] or 0), row["says"])
            for row in rows
        ]
        self._progress = progress
        self._reached = 0.0
        self._bars: list[_Rule] = []
        self.reasons: list[str] = []

    def hear(self, line: str) -> None:
        """Take one line."""
        text = _COLOUR.sub("", line).strip()
        bar = bar_of(text)
        if bar is None:
            self._hear_line(text)
            return
        rule = next((each for each in self._bars if each.pattern.search(bar.what)), None)
        if rule is not None:
            self._tell(rule.begin + (rule.end - rule.begin) * bar.fraction, f"{rule.says} ({bar.count})")

    def count(self, fraction: float) -> None:
        """Take how much of the stage that is on is done, from whoever counts it; as a bar without a name would tell it."""
        rule = next((each for each in self._bars if each.pattern.search("")), None)
        if rule is not None:
            self._tell(rule.begin + (rule.end - rule.begin) * fraction, rule.says)

    def _hear_line(self, text: str) -> None:
        for number, rule in enumerate(self._rules):
            found = rule.pattern.search(text) if rule.kind != "bar" else None
            if found is None:
                continue
            if rule.kind == "reason":
                self.reasons.append(found[1] if found.re.groups else found[0])
                continue
            after = self._rules[number + 1 :]
            until = next((place for place, each in enumerate(after) if each.kind != "bar"), len(after))
            self._bars = after[:until]
            self._tell(rule.begin, rule.says)

    def _tell(self, fraction: float, message: str) -> None:
        self._reached = max(self._reached, fraction)
        self._progress(self._reached, message)
