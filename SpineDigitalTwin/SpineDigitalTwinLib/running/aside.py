"""Work in a thread, for what waits for files; its result comes from the event loop."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

import qt
from spinetwin.errors import SpineTwinError

_POLL_MS = 20
_SHARE_S = 0.015
"""How long each poll lets the thread run: the application's event loop does not share the interpreter by itself."""


class Aside:
    """Runs one function at a time, which must touch neither the scene nor a widget.

    Parameters
    ----------
    failed : callable
        Called with the SpineTwinError or OSError that a function has raised.
    """

    def __init__(self, failed: Callable[[Exception], None]) -> None:
        self._failed = failed
        self._pool = ThreadPoolExecutor(1, "spinetwin")
        self._future: Future[Any] | None = None
        self._done: Callable[[Any], None] | None = None
        self._poll = qt.QTimer()
        self._poll.setInterval(_POLL_MS)
        self._poll.connect("timeout()", self._onPoll)

    @property
    def busy(self) -> bool:
        """Whether a function is at work whose result has not been told yet."""
        return self._future is not None

    def start(self, function: Callable[[], Any], done: Callable[[Any], None]) -> None:
        """Begin; `done` is called with what the function returns."""
        self._done = done
        self._future = self._pool.submit(function)
        self._poll.start()

    def stop(self) -> None:
        """Forget what is at work; nothing of it is told."""
        self._poll.stop()
        if self._future is not None:
            self._future.cancel()
            self._future = None

    def close(self) -> None:
        """End all, for a panel that goes away."""
        self.stop()
        self._pool.shutdown(wait=False, cancel_futures=True)

    def _onPoll(self) -> None:
        if self._future is None:
            return
        try:
            result = self._future.result(timeout=_SHARE_S)
        except TimeoutError:
            return
        except (SpineTwinError, OSError) as error:
            self.stop()
            self._failed(error)
            return
        self.stop()
        if self._done is not None:
            self._done(result)
