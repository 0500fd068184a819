"""The installer's own messages, as progress in words."""

from __future__ import annotations

import re
from collections.abc import Callable

Progress = Callable[[float, str], None]

_COLLECTING = re.compile(r"\s*Collecting ([\w.\-]+)")
_LOCAL = re.compile(r"\s*Processing .*?([\w.]+)-[\w.+]+-[^-]+-[^-]+-[^-]+\.whl")
_FETCHING = re.compile(r"\s*(?:Downloading|Using cached) (?:\S*/)?([\w.]+)-([\w.+]+?)(?:-\S*|\.tar\.gz)? \(([\d.]+ [kMG]?B)\)")
_INSTALLING = re.compile(r"\s*Installing collected packages: (.+)")
_COLLECTED = 0.7
"""Of the time of an installation, what finding and fetching take."""


class PipListener:
    """Takes the lines of pip and tells how far an installation is.

    Parameters
    ----------
    expected : int
        How many packages there will be, about.
    begin, end : float
        Between which fractions of the whole work this installation lies.
    progress : callable
    """

    def __init__(self, expected: int, begin: float, end: float, progress: Progress) -> None:
        self._expected = max(1, expected)
        self._begin, self._width = begin, end - begin
        self._progress = progress
        self._names: set[str] = set()
        self._reached = 0.0

    def hear(self, line: str) -> None:
        """Take one line."""
        if match := _COLLECTING.match(line) or _LOCAL.match(line):
            # looking for versions that go together, it names a package again and again
            self._names.add(match[1].lower())
            self._tell(f"looking for {match[1]}")
        elif match := _FETCHING.match(line):
            self._tell(f"fetching {match[1]} {match[2]} ({match[3]})")
        elif match := _INSTALLING.match(line):
            self._reached = _COLLECTED
            self._tell(f"installing {match[1].count(',') + 1} packages")

    def _tell(self, message: str) -> None:
        share = _COLLECTED * min(1.0, len(self._names) / self._expected)
        self._reached = max(self._reached, share)
        self._progress(self._begin + self._width * self._reached, message)
