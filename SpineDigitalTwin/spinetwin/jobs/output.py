"""Standard output that belongs to events alone: what anybody else prints becomes a log event."""

from __future__ import annotations

import os
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

from .estimate import Estimate
from .events import Event, Heartbeat, Log, Progress, line_of
from .lines import LineSplitter

if TYPE_CHECKING:
    from ..segmentation.course import Rest

HEARTBEAT_S = 2.0
_IDLE_SHARE = 0.01
"""Of one core: a process that takes less between two heartbeats does nothing but beat."""
_PROGRESS_EVERY_S = 0.1
_DRAIN_S = 0.5


class Output:
    """Writes events, from any thread.

    Parameters
    ----------
    write : callable
        Takes the bytes of whole lines.
    clock : callable
        Seconds that only grow.

    Attributes
    ----------
    heard : float
        When the work last said something, or tried to.
    """

    def __init__(self, write: Callable[[bytes], object], clock: Callable[[], float] = time.monotonic) -> None:
        self._write = write
        self._clock = clock
        self._lock = threading.Lock()
        self.heard = clock()

    def emit(self, event: Event) -> None:
        """Write one event at once. When nobody reads any more, the watch over standard input ends the worker, not this."""
        if not isinstance(event, Heartbeat):
            self.sign_of_life()
        with self._lock, suppress(OSError, ValueError):
            self._write(line_of(event))

    def sign_of_life(self) -> None:
        """Note that the work goes on."""
        self.heard = self._clock()

    def log(self, text: str, severity: str = "info") -> None:
        """Write a line for people."""
        self.emit(Log(text, severity))

    def progress(self, stage: str) -> ProgressTeller:
        """Return a function that takes the fraction done and what is being worked on; it estimates the time that remains."""
        return ProgressTeller(self, stage, self._clock)

    @contextmanager
    def heartbeat(self, every_s: float = HEARTBEAT_S) -> Iterator[None]:
        """Say every `every_s` seconds, from a thread, that the worker is alive, and how long its work has been silent and idle.

        The thread beats on where the work hangs: who listens must be able to tell that.
        """
        done = threading.Event()

        def beat() -> None:
            used, last = time.process_time(), self._clock()
            busy = last
            while not done.wait(every_s):
                now, used_now = self._clock(), time.process_time()
                if used_now - used > _IDLE_SHARE * (now - last):
                    busy = now
                used, last = used_now, now
                self.emit(Heartbeat(round(now - self.heard, 1), round(now - busy, 1)))

        threading.Thread(target=beat, name="heartbeat", daemon=True).start()
        try:
            yield
        finally:
            done.set()


class ProgressTeller:
    """Says how far one step is, no more often than anybody can read; never less than it said before.

    How long the rest takes is told at once when it is known for the first time.

    Parameters
    ----------
    output : Output
    stage : str
        The name of the step.
    clock : callable
        Seconds that only grow.
    """

    def __init__(self, output: Output, stage: str, clock: Callable[[], float]) -> None:
        self._output = output
        self._stage = stage
        self._clock = clock
        self._begun = clock()
        self._last = -_PROGRESS_EVERY_S
        self._foretold = False
        self._estimate = Estimate(self._begun)

    def __call__(self, fraction: float, message: str) -> None:
        """Take the fraction done and what is being worked on."""
        self._output.sign_of_life()
        elapsed = self._clock() - self._begun
        remaining = self._estimate.remaining(fraction, self._begun + elapsed)
        done = self._estimate.fraction
        # the first estimate is told at once: the next step of a short work may come when half of it is over
        first = remaining is not None and not self._foretold
        if elapsed - self._last < _PROGRESS_EVERY_S and done < 1 and not first:
            return
        self._foretold = self._foretold or first
        self._last = elapsed
        self._output.emit(Progress(self._stage, round(done, 4), message, None if remaining is None else round(remaining, 1)))

    def expect(self, fraction: float, rest: Rest) -> None:
        """Tell what is still to be done when a fraction is, and how long it takes; the next progress says it."""
        self._estimate.expect(fraction, rest, self._clock())

    def skip(self, fraction: float) -> None:
        """Go on to a fraction that an earlier run has reached; that, and the time since the last call, tell no speed."""
        self._estimate.skip(fraction, self._clock())


@contextmanager
def standard_output() -> Iterator[Output]:
    """Keep standard output for events; whatever this process or its children print there meanwhile becomes a log event.

    It works on the file descriptor, so that it catches libraries written in C too.
    """
    before = sys.stdout
    before.flush()
    events = os.dup(1)
    output = Output(lambda line: _write_all(events, line))
    reading, writing = os.pipe()
    os.dup2(writing, 1)
    os.close(writing)
    # a new one, by lines: the old one remembers what kind of file it was, and a log should tell when something was printed
    sys.stdout = os.fdopen(1, "w", 1, encoding="utf-8", errors="backslashreplace", closefd=False)
    reader = threading.Thread(target=_log_strays, args=(reading, output), name="strays", daemon=True)
    reader.start()
    try:
        yield output
    finally:
        with suppress(OSError, ValueError):
            sys.stdout.flush()
        sys.stdout = before
        os.dup2(events, 1)
        # a child that lives on may hold the pipe open; nobody waits for it
        reader.join(_DRAIN_S)


def _write_all(descriptor: int, data: bytes) -> None:
    rest = memoryview(data)
    while rest:
        rest = rest[os.write(descriptor, rest) :]


def _log_strays(descriptor: int, output: Output) -> None:
    lines = LineSplitter()
    while data := os.read(descriptor, 1 << 16):
        for line in lines.feed(data):
            output.log(line, "output")
    for line in lines.end():
        output.log(line, "output")
