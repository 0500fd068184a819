"""What the programs say while they work, as parts of their work: the rows of progress.csv."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from ...anatomy.tables import read_table
from ..environments import bar_of

Tell = Callable[[str, float, str], None]
"""Takes the part of the work that is on, the fraction of it that is done, and what is being worked on."""

_COLOUR = re.compile(r"\x1b\[[0-9;]*m")


@dataclass(frozen=True)
class _Rule:
    kind: str
    pattern: re.Pattern[str]
    part: str
    says: str


class Ear:
    """Takes the lines of one run of a program.

    A row of kind "line" says that a part of the work begins: the next one in the table that the line fits, for what was heard
    before is over. One of kind "bar" says of which part a bar tells in whose name its pattern is found, as long as the line
    that it follows in the table was the last one. What a row of kind "reason" finds is kept, and what one of kind "verdict"
    finds is, too: the program has looked at the image, and would say the same of it again.

    Parameters
    ----------
    program : str
        As in the first column of the table.
    tell : callable
        See `Tell`.

    Attributes
    ----------
    reasons : list of str
        What the program gave as reasons for failing or doubting, its verdict among them.
    verdict : str
        Why it does not segment this image; "" where it has not said so.
    """

    def __init__(self, program: str, tell: Tell) -> None:
        rows = [row for row in read_table("progress.csv", __package__) if row["program"] == program]
        rules = [_Rule(row["kind"], re.compile(row["pattern"]), row["part"], row["says"]) for row in rows]
        self._why = [each for each in rules if each.kind in ("reason", "verdict")]
        self._steps = [each for each in rules if each not in self._why]
        self._tell = tell
        self._following = 0
        self.reasons: list[str] = []
        self.verdict = ""

    def hear(self, line: str) -> None:
        """Take one line."""
        text = _COLOUR.sub("", line).strip()
        bar = bar_of(text)
        if bar is None:
            self._hear_line(text)
            return
        rule = next((each for each in self._bars() if each.pattern.search(bar.what)), None)
        if rule is not None:
            self._tell(rule.part, bar.fraction, f"{rule.says} ({bar.count})")

    def count(self, fraction: float) -> None:
        """Take how much of the part that is on is done, from whoever counts it; as a bar without a name would tell it."""
        rule = next((each for each in self._bars() if each.pattern.search("")), None)
        if rule is not None:
            self._tell(rule.part, fraction, rule.says)

    def _bars(self) -> list[_Rule]:
        """Return the bars of the line that was heard last."""
        after = self._steps[self._following :]
        return after[: next((place for place, each in enumerate(after) if each.kind != "bar"), len(after))]

    def _hear_line(self, text: str) -> None:
        for rule in self._why:
            found = rule.pattern.search(text)
            if found is not None:
                self.reasons.append(found[1] if found.re.groups else found[0])
                self.verdict = self.reasons[-1] if rule.kind == "verdict" else self.verdict
        for place in range(self._following, len(self._steps)):
            rule = self._steps[place]
            if rule.kind == "line" and rule.pattern.search(text):
                self._following = place + 1
                self._tell(rule.part, 0.0, rule.says)
                return
