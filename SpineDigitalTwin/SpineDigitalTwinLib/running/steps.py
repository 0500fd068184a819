"""Work in small steps from the event loop, so that the application draws and listens in between."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Any

import qt

BUDGET_S = 0.03
"""How long one turn may work before it lets the application go on."""


class StepRunner:
    """Runs one iterator of small steps at a time.

    Parameters
    ----------
    onFraction : callable
        Called with what the latest step gave, the fraction that is done, once in a turn.
    onDone : callable
        Called when all is done; not when it was stopped.
    timer : callable
        Makes a QTimer.
    """

    def __init__(
        self, onFraction: Callable[[float], None], onDone: Callable[[], None], timer: Callable[[], Any] = qt.QTimer
    ) -> None:
        self._onFraction, self._onDone = onFraction, onDone
        self._steps: Iterator[float] | None = None
        self._timer = timer()
        self._timer.setSingleShot(True)
        self._timer.connect("timeout()", self._turn)

    @property
    def busy(self) -> bool:
        """Whether steps are left."""
        return self._steps is not None

    def start(self, steps: Iterator[float]) -> None:
        """Begin; what was going on is given up."""
        self._steps = steps
        self._timer.start(0)

    def stop(self) -> None:
        """Give up what is left."""
        self._steps = None
        self._timer.stop()

    def finish(self) -> None:
        """Do what is left at once."""
        self._timer.stop()
        if self._steps is not None:
            for _fraction in self._steps:
                pass
            self._end()

    def _turn(self) -> None:
        if self._steps is None:
            return
        end, fraction = time.monotonic() + BUDGET_S, None
        try:
            for fraction in self._steps:
                if time.monotonic() > end:
                    self._onFraction(fraction)
                    self._timer.start(0)
                    return
        except BaseException:
            # what has failed is not tried again, and nobody waits for it
            self._steps = None
            raise
        self._end()

    def _end(self) -> None:
        self._steps = None
        self._onDone()
