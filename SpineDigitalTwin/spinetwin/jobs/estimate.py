"""How much of the work is done and how long the rest will take; it never goes back, whatever the work says."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ..segmentation.course import Rest

# before this much is known of the work, an estimate of the rest would jump about
_AFTER, _AFTER_S = 0.02, 1.0
_TRUST = 0.03
"""What was expected before the work began counts as much as this fraction of the work itself: it tells the time at first, and
after a third of the work an expectation that is three times too long makes the estimate a sixth too long."""
_TRUST_S = 0.3
"""And at least as much as so many seconds of it: while files are found and memory is taken, nothing goes as fast as later."""
_KNOWN = ""
"""The kind of parts whose speed is known already."""
_SLOWEST, _FASTEST = 2.0, 0.5
"""How much slower or faster than expected one kind of work may let another appear that has not begun: so computers differ.
A network on a graphics card is faster by far more than that, which tells nothing of what the processor does."""


@dataclass(frozen=True)
class _Stretch:
    """A part of the work, between two fractions."""

    begin: float
    end: float
    seconds: float
    kind: str

    def seconds_between(self, begin: float, end: float) -> float:
        share = min(end, self.end) - max(begin, self.begin)
        return self.seconds * share / (self.end - self.begin) if share > 0 else 0.0


class Estimate:
    """Follows one piece of work.

    Parameters
    ----------
    begun : float
        When it began, seconds of the clock that all later times are read from.

    Attributes
    ----------
    fraction : float
        What is done, 0 to 1.
    """

    def __init__(self, begun: float) -> None:
        self.fraction = 0.0
        self._begun = begun
        self._skipped = 0.0
        self._rest: tuple[_Stretch, ...] = ()
        self._since = self._heard = begun
        self._took: dict[str, float] = {}
        self._expected: dict[str, float] = {}

    def expect(self, fraction: float, rest: Rest, now: float) -> None:
        """Go on to a fraction, and take what is still to be done from there; it may be told again when it is known better.

        How fast the kinds of work have been so far scales what remains of them.
        """
        self.remaining(fraction, now)
        if not all(math.isfinite(each.seconds) and each.seconds >= 0 for each in rest):
            return
        total = sum(each.seconds for each in rest)
        if not 0 < total < math.inf or self.fraction >= 1:
            return
        stretches, begin, left = [], self.fraction, 1.0 - self.fraction
        for each in rest:
            end = begin + left * each.seconds / total
            if end > begin:
                stretches.append(_Stretch(begin, end, each.seconds, each.kind))
            begin = end
        stretches[-1] = replace(stretches[-1], end=1.0)
        # of the part that is on, the rest was foretold from here
        self._since = now if self._rest else self._since
        self._rest = tuple(stretches)

    def skip(self, fraction: float, now: float) -> None:
        """Go on to a fraction that an earlier run has reached.

        What lies between tells nothing of the speed of this one, nor does the time since anything was heard.
        """
        before = self.fraction
        self._go_on(fraction)
        self._skipped += self.fraction - before
        self._since += max(0.0, now - self._heard)
        self._heard = now

    def remaining(self, fraction: float, now: float) -> float | None:
        """Go on to a fraction, and return the seconds that remain; None while nobody can tell.

        A fraction that lies before the last one, or is no number, changes nothing.
        """
        before, self._heard = self.fraction, now
        self._go_on(fraction)
        if self.fraction >= 1.0:
            return 0.0
        if self._rest:
            self._learn(before, now)
            rest = sum(self._left(kind) * self._rate(kind) for kind in {each.kind for each in self._rest})
            return rest - min(now - self._since, self._left_now())
        elapsed, done = max(0.0, now - self._begun), self.fraction - self._skipped
        if done < _AFTER or elapsed < _AFTER_S:
            return None
        return elapsed / done * (1.0 - self.fraction)

    def _go_on(self, fraction: float) -> None:
        # comparisons with what is no number are false
        if fraction > self.fraction:
            self.fraction = min(fraction, 1.0)

    def _learn(self, before: float, now: float) -> None:
        """Share the time since the last step out among the kinds of work that were done in it."""
        done: dict[str, float] = {}
        for each in self._rest:
            done[each.kind] = done.get(each.kind, 0.0) + each.seconds_between(before, self.fraction)
        expected = sum(done.values())
        if not expected:
            return
        took, self._since = max(0.0, now - self._since), now
        for kind, seconds in done.items():
            self._took[kind] = self._took.get(kind, 0.0) + took * seconds / expected
            self._expected[kind] = self._expected.get(kind, 0.0) + seconds

    def _left(self, kind: str) -> float:
        return sum(each.seconds_between(self.fraction, 1.0) for each in self._rest if each.kind == kind)

    def _left_now(self) -> float:
        """Return the seconds that remain of the part that is on: what went by since the last step was spent on that."""
        on = next(each for each in self._rest if each.end > self.fraction)
        return on.seconds_between(self.fraction, 1.0) * self._rate(on.kind)

    def _rate(self, kind: str) -> float:
        """Return how much longer than expected one kind of work takes."""
        if kind == _KNOWN:
            return 1.0
        others = [each for each in self._took if each not in (_KNOWN, kind)]
        trust = max(_TRUST_S, _TRUST * (sum(self._expected.values()) + sum(each.seconds for each in self._rest)))
        took, expected = (sum(table[each] for each in others) for table in (self._took, self._expected))
        general = min(max((trust + took) / (trust + expected), _FASTEST), _SLOWEST)
        return (trust * general + self._took.get(kind, 0.0)) / (trust + self._expected.get(kind, 0.0))
