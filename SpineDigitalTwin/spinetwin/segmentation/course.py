"""What remains of a work, part by part, which fraction of it each part takes, and how long each has taken.

What remains may be foretold anew on the way.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

PROCESSOR, KNOWN = "processor", ""
_LEAST_S = 1e-6
"""A part takes at least so long: what takes no time has no fraction."""


@dataclass(frozen=True)
class Part:
    """A part of a work.

    Attributes
    ----------
    name : str
    seconds : float
        That it will take from now on.
    kind : str
        Parts of one kind are as fast or slow as each other, against what was expected: one network, or all that is none. The
        speed of a part of the kind `KNOWN` is known already.
    """

    name: str
    seconds: float
    kind: str = PROCESSOR


Rest = Sequence[Part]
"""All that is still to be done, in its order."""
Foretell = Callable[[float, Rest], None]
"""Takes the fraction that is done, and what remains from there on."""


def unheard(_: float, __: Rest) -> None:
    """Take what is foretold, where nobody listens."""


def whole(name: str, parts: Rest) -> Part:
    """Return several parts as one."""
    return Part(name, sum(each.seconds for each in parts))


def unfolded(seconds: Mapping[str, float], name: str, inner: Mapping[str, float]) -> dict[str, float]:
    """Return the seconds of parts with those of its own parts in the place of one of them, where these are known.

    Examples
    --------
    >>> unfolded({"start": 1.0, "networks": 9.0, "end": 0.5}, "networks", {"first": 6.0, "second": 3.0})
    {'start': 1.0, 'first': 6.0, 'second': 3.0, 'end': 0.5}
    """
    found: dict[str, float] = {}
    for each, taken in seconds.items():
        for part, part_taken in inner.items() if each == name and inner else ((each, taken),):
            found[part] = found.get(part, 0.0) + part_taken
    return found


class Laps:
    """How long each part of a work takes: from when it begins to when the next one does.

    Parameters
    ----------
    name : str
        Of the part that goes on from now on.
    """

    def __init__(self, name: str) -> None:
        self._name, self._begun = name, time.monotonic()
        self._taken: dict[str, float] = {}

    def begin(self, name: str) -> None:
        """Let another part go on, or the same one further."""
        if name != self._name:
            self._taken, self._name, self._begun = self.seconds, name, time.monotonic()

    @property
    def seconds(self) -> dict[str, float]:
        """Return what each part has taken until now, to the millisecond, in the order in which they began."""
        now = self._taken.get(self._name, 0.0) + time.monotonic() - self._begun
        return {**self._taken, self._name: round(now, 3)}


class Course:
    """Where a work is between 0 and 1, by what each of its parts takes.

    Parameters
    ----------
    parts : sequence of Part
        Of all of the work.

    Attributes
    ----------
    reached : float
        The fraction that is done.

    Examples
    --------
    >>> course = Course([Part("look", 6.0), Part("clean", 2.0)])
    >>> course.at("look", 0.5), course.at("clean")
    (0.375, 0.75)
    >>> fraction, rest = course.renew("clean", 0.0, [Part("cut", 1.0), Part("tidy", 1.0)])
    >>> fraction, course.at("clean", 0.5)
    (0.75, 0.875)
    """

    def __init__(self, parts: Rest) -> None:
        self.reached = 0.0
        self._parts: tuple[Part, ...] = ()
        self._done: dict[str, float] = {}
        self._places: dict[str, tuple[float, float, float]] = {}
        self._laps = Laps(parts[0].name)
        self._lay(parts)

    @property
    def seconds(self) -> dict[str, float]:
        """Return what each part that was told of has taken; what comes before the first is told belongs to the first of all."""
        return self._laps.seconds

    def at(self, name: str, done: float = 0.0) -> float:
        """Return the fraction of the work that is done when a fraction of a part is; never less than before."""
        self._laps.begin(name)
        begin, width, already = self._places.get(name, (self.reached, 0.0, 0.0))
        self._done[name] = done
        share = (done - already) / (1.0 - already) if already < 1.0 else 1.0
        self.reached = max(self.reached, begin + width * min(max(share, 0.0), 1.0))
        return self.reached

    def renew(self, name: str, done: float, rest: Rest) -> tuple[float, Rest]:
        """Take what remains of a part when a fraction of it is done; what follows it stays as it was foretold.

        Returns
        -------
        float
            The fraction of the work that is done.
        sequence of Part
            All that remains of it.
        """
        fraction = self.at(name, done)
        names = [each.name for each in self._parts]
        later = self._parts[names.index(name) + 1 :]
        self._lay((whole(name, rest), *later))
        return fraction, (*rest, *later)

    def _lay(self, parts: Rest) -> None:
        total = sum(max(each.seconds, _LEAST_S) for each in parts)
        begin, left = self.reached, 1.0 - self.reached
        self._parts, self._places = tuple(parts), {}
        for each in parts:
            width = left * max(each.seconds, _LEAST_S) / total
            self._places[each.name] = begin, width, self._done.get(each.name, 0.0)
            begin += width
