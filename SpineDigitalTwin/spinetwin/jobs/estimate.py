"""How much of the work is done and how long the rest will take; it never goes back, whatever the work says."""

from __future__ import annotations

import math

# before this much is known of the work, an estimate of the rest would jump about
_AFTER, _AFTER_S = 0.02, 1.0
_TRUST = 0.03
"""What was expected before the work began counts as much as this fraction of the work itself: it tells the time at first, and
after a third of the work an expectation that is three times too long makes the estimate a sixth too long."""
_TRUST_S = 0.3
"""And at least as much as so many seconds of it: while files are found and memory is taken, nothing goes as fast as later."""


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
        self._expected_s: float | None = None
        self._skipped = 0.0

    def expect(self, seconds: float) -> None:
        """Tell how long all of the work is expected to take."""
        self._expected_s = seconds if math.isfinite(seconds) and seconds > 0 else None

    def skip(self, fraction: float) -> None:
        """Go on to a fraction that an earlier run has reached: what lies between tells nothing of the speed of this one."""
        before = self.fraction
        self._go_on(fraction)
        self._skipped += self.fraction - before

    def remaining(self, fraction: float, now: float) -> float | None:
        """Go on to a fraction, and return the seconds that remain; None while nobody can tell.

        A fraction that lies before the last one, or is no number, changes nothing.
        """
        self._go_on(fraction)
        elapsed, done = max(0.0, now - self._begun), self.fraction - self._skipped
        if self.fraction >= 1.0:
            return 0.0
        if self._expected_s is not None:
            trust = max(_TRUST, _TRUST_S / self._expected_s)
            return (trust * self._expected_s + elapsed) / (trust + done) * (1.0 - self.fraction)
        if done < _AFTER or elapsed < _AFTER_S:
            return None
        return elapsed / done * (1.0 - self.fraction)

    def _go_on(self, fraction: float) -> None:
        # comparisons with what is no number are false
        if fraction > self.fraction:
            self.fraction = min(fraction, 1.0)
