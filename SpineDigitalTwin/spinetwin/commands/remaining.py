"""Progress on the command line that says how long the rest will take."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from ..jobs.estimate import Estimate

if TYPE_CHECKING:
    from ..segmentation.course import Rest
    from .common import Progress

_STEP_S = 5
"""Nobody reads a time to the second, and where there is no bar each new one is a new line."""


class Remaining:
    """Takes the fraction done and what is being worked on, and shows both with the time that remains.

    Parameters
    ----------
    show : callable
        Takes the fraction done and a sentence.
    clock : callable, optional
        Seconds that only grow.
    """

    def __init__(self, show: Progress, clock: Callable[[], float] = time.monotonic) -> None:
        self._show, self._clock = show, clock
        self._estimate = Estimate(clock())

    def __call__(self, fraction: float, message: str) -> None:
        """Go on to a fraction; it never goes back."""
        seconds = self._estimate.remaining(fraction, self._clock())
        left = f", {_in_words(seconds)} left" if seconds else ""
        self._show(self._estimate.fraction, f"{message}{left}")

    def expect(self, fraction: float, rest: Rest) -> None:
        """Take what is still to be done from a fraction on."""
        self._estimate.expect(fraction, rest, self._clock())

    def skip(self, fraction: float) -> None:
        """Go on to a fraction that an earlier run has reached."""
        self._estimate.skip(fraction, self._clock())


def _in_words(seconds: float) -> str:
    rounded = _STEP_S * math.ceil(seconds / _STEP_S)
    return f"about {rounded} s" if rounded < 120 else f"about {math.ceil(rounded / 60)} min"
