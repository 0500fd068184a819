"""Calling functions later, from the event loop, one at a time."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import Any

import qt


class CallQueue:
    """Calls functions in the order in which they were given, each in a turn of its own of the event loop.

    The next one is not called before the last has returned, even where that one opens a dialog, which runs the event loop
    meanwhile. Between two of them the application draws and listens.

    Parameters
    ----------
    timer : callable
        Makes a QTimer.
    """

    def __init__(self, timer: Callable[[], Any] = qt.QTimer) -> None:
        self._waiting: deque[Callable[[], object]] = deque()
        self._calling = False
        self._timer = timer()
        self._timer.setSingleShot(True)
        self._timer.connect("timeout()", self._callNext)

    def add(self, function: Callable[[], object], delay: int = 0) -> None:
        """Call a function when its turn comes; a delay, in milliseconds, holds up those that wait already, too."""
        self._waiting.append(function)
        if delay or not self._timer.isActive():
            self._timer.start(delay)

    def clear(self) -> None:
        """Forget what has not been called yet."""
        self._waiting.clear()

    def drain(self) -> None:
        """Call everything now."""
        self._timer.stop()
        while self._waiting:
            self._waiting.popleft()()

    def _callNext(self) -> None:
        if self._calling or not self._waiting:
            return
        self._calling = True
        try:
            self._waiting.popleft()()
        finally:
            self._calling = False
            if self._waiting and not self._timer.isActive():
                self._timer.start(0)
