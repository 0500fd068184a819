"""The other end of a worker's output: what it said, how far it is, whether it hangs, and how it ended.

Knows neither Qt nor processes: whoever runs the process tells the `Listener` what happened, and asks it what that means.
"""

from __future__ import annotations

import platform
import sys
import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from .. import __version__
from .endings import ending
from .events import Event, Failure, Heartbeat, LevelReady, Log, Progress, Result, Started, event_of
from .lines import LineSplitter
from .quiet import Quiet

PATIENCE_S = 30.0
"""Silence after which a worker is said to hang; it has a heartbeat every 2 s."""

# Between two ticks no more than this is counted: a computer that slept, or an application that was busy itself, cannot know
# whether the worker was silent.
_LONGEST_TICK_S = 2.0
_KEPT_LINES = 400
_SIGKILL = 9
_FATAL = "Fatal Python error: "


class State(StrEnum):
    """What a worker is doing, as a panel shows it."""

    IDLE = "idle"
    STARTING = "starting"
    RUNNING = "running"
    FINISHED = "finished"
    FAILED = "failed"
    CANCELLED = "cancelled"


@dataclass(frozen=True)
class Verdict:
    """How a worker ended.

    Attributes
    ----------
    state : State
        FINISHED, FAILED or CANCELLED.
    code : str
        Which ending it was (a row of endings.csv, or a code of the worker's own); "" for FINISHED.
    message, hint : str
        One sentence that says what happened, and one that says what to do.
    result : Result or None
        Exactly when the state is FINISHED.
    """

    state: State
    code: str = ""
    message: str = ""
    hint: str = ""
    result: Result | None = None

    @property
    def text(self) -> str:
        """Message and hint."""
        return f"{self.message} {self.hint}".strip()


class Listener:
    """Follows one run of a worker.

    Parameters
    ----------
    command : sequence of str
        Program and arguments, for messages; may be set later.
    clock : callable
        Seconds that only grow.
    patience_s : float
        Seconds of silence that are a hang.

    Attributes
    ----------
    state : State
    progress : Progress or None
        The latest.
    worker_pid : int or None
        The process that does the work, as soon as it has said so.
    verdict : Verdict or None
        Once the run has ended.
    """

    def __init__(
        self, command: Sequence[str], *, clock: Callable[[], float] = time.monotonic, patience_s: float = PATIENCE_S
    ) -> None:
        self.state = State.IDLE
        self.progress: Progress | None = None
        self.worker_pid: int | None = None
        self.verdict: Verdict | None = None
        self.command = tuple(command)
        self._clock = clock
        self._patience = patience_s
        self._quiet = Quiet()
        self._lines = LineSplitter()
        self._error_lines = LineSplitter()
        self._log: deque[str] = deque(maxlen=_KEPT_LINES)
        self._errors: deque[str] = deque(maxlen=_KEPT_LINES)
        self._result: Result | None = None
        self._failure: Failure | None = None
        self._cancelled = False
        self._hung = False
        self._silence = 0.0
        self._begun = self._ticked = self._progressed = clock()
        self._end = ""

    def starting(self) -> None:
        """Note that the process is being started."""
        self.state = State.STARTING
        self._begun = self._ticked = self._clock()

    def running(self) -> None:
        """Note that the process runs."""
        if self.state is State.STARTING:
            self.state = State.RUNNING

    def receive(self, data: bytes) -> list[Event]:
        """Take what arrived on standard output, cut anywhere; returns what a panel wants to know.

        Heartbeats are for this class only; where they tell of a long silence of the work, that becomes a warning in the log.
        After a cancellation there is nothing more to tell.
        """
        if data:
            self._silence = 0.0
        events: list[Event] = []
        for event in (event_of(line) for line in self._lines.feed(data)):
            silence = self._quiet.hear(event)
            events += [event, Log(silence, "warning")] if silence else [event]
        for event in events:
            self._note(event)
        silent = self._cancelled or self.verdict is not None
        return [] if silent else [event for event in events if not isinstance(event, Heartbeat | Started)]

    def receive_errors(self, data: bytes) -> None:
        """Take what arrived on standard error; it is kept for the diagnostics."""
        self._errors.extend(self._error_lines.feed(data))

    def tick(self) -> bool:
        """Say whether the worker hangs; to be asked about every second while it runs."""
        now = self._clock()
        self._silence += min(now - self._ticked, _LONGEST_TICK_S)
        self._ticked = now
        active = self.state in (State.STARTING, State.RUNNING)
        self._hung = self._hung or (active and self._silence >= self._patience)
        return self._hung

    def cancel(self) -> None:
        """Note that a person wants the run to end; the verdict comes with its end, and voids one that was good."""
        if self.verdict is None:
            self._cancelled = True
        elif self.verdict.state is State.FINISHED:
            self._cancelled, self.verdict = True, None
            self._decide(lambda: None)

    @property
    def cancelled(self) -> bool:
        """Whether a person wanted the run to end."""
        return self._cancelled

    @property
    def remaining_s(self) -> float | None:
        """Seconds that remain by the worker's latest estimate, None while there is none."""
        if self.progress is None or self.progress.eta_s is None or self.verdict is not None:
            return None
        return max(0.0, self.progress.eta_s - (self._clock() - self._progressed))

    def not_started(self, reason: str = "") -> Verdict:
        """Return the verdict on a process that could not be started."""
        self._end = f"not started ({reason})" if reason else "not started"
        program = self.command[0] if self.command else "no program"
        return self._decide(lambda: ending("no_program", program=f"{program} ({reason})" if reason else program))

    def refused(self, failure: Failure) -> Verdict:
        """Return the verdict on a run that came to nothing before there was a process."""
        self._end = "not started"
        return self._decide(lambda: failure)

    def ended(self, code: int, *, crashed: bool) -> Verdict:
        """Return the verdict on a process that has ended.

        Parameters
        ----------
        code : int
            Exit code; for a crash on Linux and macOS, the number of the signal.
        crashed : bool
            Whether it ended otherwise than by its own exit.
        """
        for line in self._lines.end():
            self._note(event_of(line))
        self._errors.extend(self._error_lines.end())
        self._end = f"crash, {code}" if crashed else f"exit code {code}"
        return self._decide(lambda: self._why(code, crashed=crashed))

    def diagnostics(self) -> str:
        """Return everything that helps to find a cause, as text to be copied; it holds the names of the files."""
        seconds = self._clock() - self._begun
        said = [self.verdict.text or "finished"] if self.verdict else []
        head = [
            f"spinetwin {__version__}, Python {sys.version.split()[0]}, {platform.platform()}",
            f"Command: {' '.join(self.command)}",
            f"State: {self.state} after {seconds:.0f} s, process {self.worker_pid or 'unknown'}, {self._end or 'not ended'}",
            *said,
        ]
        parts = [("Last progress", [str(self.progress)]), ("Log", self._log), ("Standard error", self._errors)]
        return "\n".join([*head, *(line for title, lines in parts for line in (f"--- {title}", *lines))]) + "\n"

    def _note(self, event: Event) -> None:
        if isinstance(event, Started):
            self.worker_pid = event.pid
        elif isinstance(event, Progress):
            self.progress, self._progressed = event, self._clock()
        elif isinstance(event, Log):
            self._log.append(f"[{event.severity}] {event.text}")
        elif isinstance(event, LevelReady):
            self._log.append(f"[level] {event.level}")
        elif isinstance(event, Result):
            self._result = event
        elif isinstance(event, Failure):
            self._failure = event
            self._log.append(f"[error] {event.code}: {event.message} {event.hint}")

    def _decide(self, why: Callable[[], Failure | None]) -> Verdict:
        """Return the first verdict; a process may tell of its end more than once."""
        if self.verdict is None:
            failure = ending("cancelled") if self._cancelled else why()
            if failure is None:
                self.verdict = Verdict(State.FINISHED, result=self._result)
            else:
                state = State.CANCELLED if self._cancelled else State.FAILED
                self.verdict = Verdict(state, failure.code, failure.message, failure.hint)
            self.state = self.verdict.state
        return self.verdict

    def _why(self, code: int, *, crashed: bool) -> Failure | None:
        """Say why a run failed, or None if it did not; what the worker said itself counts most."""
        if self._hung:
            return ending("hang", seconds=self._patience)
        if self._failure is not None:
            return self._failure
        if crashed:
            return ending("killed") if code == _SIGKILL else ending("crash", detail=f" ({self._fatal() or code})")
        if code != 0:
            return self._why_exit(code)
        return None if self._result is not None else ending("no_result")

    def _why_exit(self, number: int) -> Failure:
        """Say why a program ended by itself; a launcher hides the crash of the worker behind an exit code of its own."""
        if self._fatal():
            return ending("crash", detail=f" ({self._fatal()})")
        if self.worker_pid is not None:
            return ending("killed")
        return ending("exit", number=number, detail=f": {self._errors[-1]}" if self._errors else " and gave no reason")

    def _fatal(self) -> str:
        lines = [line for line in self._errors if line.startswith(_FATAL)]
        return lines[-1].removeprefix(_FATAL) if lines else ""
