"""The one process class of the panels: long work runs in a worker, and the application stays alive meanwhile."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any

import qt
import spinetwin
from spinetwin.errors import SpineTwinError
from spinetwin.jobs import (
    Event,
    Listener,
    Progress,
    State,
    Verdict,
    end_tree,
    ending,
    failure_of,
    forget_stages,
    sweep,
    write_job,
)

from .callqueue import CallQueue
from .interpreter import InterpreterSearch, cleanEnvironment

_TICK_MS = 1000
# A worker that is told to stop tidies up and ends within half a second; 2 s are promised, so at 1 s it is ended by force.
_POLITE_MS = 1000
_HOPELESS_MS = 3000
# what was ended by force needs a moment to let go of its files
_SETTLE_MS = 100
_SIGKILL = 9


class WorkerProcess:
    """Runs one job after the other in a process of its own, one at a time.

    Callbacks come one by one from the event loop, never from inside `start` or `cancel` and never while another one is at work,
    even where that one opens a dialog. So they may do what they like: cancel, start the next job, change the scene.

    Parameters
    ----------
    onEvent : callable
        Called with each event of a run: `Progress`, `LevelReady`, `Log`, `Result` or `Failure` of `spinetwin.jobs`. A result
        is to be used when `onFinished` brings it: then the run really has ended well. A quick worker has taken the file of a
        level away again before its `LevelReady` is told.
    onFinished : callable
        Called with the `Verdict` once at the end of each run, whatever happened.
    interpreter : str, optional
        The Python to run; without it the application's own is looked for, once.
    process, timer : callable
        Make a QProcess and a QTimer.
    listener : callable
        Makes a `Listener`.
    """

    def __init__(
        self,
        onEvent: Callable[[Event], None],
        onFinished: Callable[[Verdict], None],
        *,
        interpreter: str | None = None,
        process: Callable[[], Any] = qt.QProcess,
        timer: Callable[[], Any] = qt.QTimer,
        listener: Callable[[list[str]], Listener] = Listener,
    ) -> None:
        self._onEvent = onEvent
        self._onFinished = onFinished
        self._interpreter = interpreter
        self._makeProcess = process
        self._makeTimer = timer
        self._makeListener = listener
        self._listener = listener([])
        self._arguments: list[str] = []
        self._output = Path()
        self._folder: tempfile.TemporaryDirectory[str] | None = None
        self._search: InterpreterSearch | None = None
        self._process: Any = None
        self._abandoned: list[Any] = []
        self._busy = False
        self._ended = True
        self._calls = CallQueue(timer)
        self._ticker = self._timer(self._onTick, once=False)
        self._polite = self._timer(self._endTree)
        self._hopeless = self._timer(self._abandon)

    @property
    def busy(self) -> bool:
        """Whether a run has begun whose verdict has not been told yet."""
        return self._busy

    @property
    def state(self) -> State:
        """What the worker is doing."""
        return self._listener.state

    @property
    def progress(self) -> Progress | None:
        """The latest progress of the run."""
        return self._listener.progress

    @property
    def remainingSeconds(self) -> float | None:
        """The time that remains by the worker's estimate, None while there is none."""
        return self._listener.remaining_s

    def start(self, step: str, inputs: Mapping[str, str | Path], options: Mapping[str, Any], output: str | Path) -> None:
        """Begin a run.

        Parameters
        ----------
        step, inputs, options, output
            As in a job file (`spinetwin.jobs.job`). What is wrong with them is said by the verdict.

        Raises
        ------
        RuntimeError
            If a run is going on already; see `busy`.
        """
        if self._busy:
            raise RuntimeError("A computation is running already.")
        self._busy, self._ended = True, False
        self._process = self._search = None
        self._output = Path(output)
        self._listener = self._makeListener([self._interpreter or "PythonSlicer"])
        self._listener.starting()
        try:
            self._writeJob(step, inputs, options)
        except SpineTwinError as error:
            self._end(self._listener.refused(failure_of(error)))
        except OSError as error:
            self._end(self._listener.not_started(error.strerror or str(error)))
        else:
            self._findInterpreter()

    def cancel(self) -> None:
        """End the run: no event comes any more, and within 2 s the verdict; without a run nothing happens."""
        if not self._busy or self._listener.cancelled:
            return
        self._listener.cancel()
        self._calls.clear()
        if self._listener.verdict is not None:
            self._conclude(self._listener.verdict)
            return
        if self._process is None:
            self._end(self._listener.not_started())
            return
        # its standard input ends: the sign to tidy up
        self._process.closeWriteChannel()
        self._polite.start(_POLITE_MS)

    def close(self) -> None:
        """End everything at once, for a panel that goes away: no callback comes any more."""
        self._onEvent = self._onFinished = _ignore
        self.cancel()
        if not self._ended:
            self._endTree()
            self._process.waitForFinished(_POLITE_MS)
        if not self._ended:
            self._abandon()
        self._calls.drain()

    def diagnostics(self) -> str:
        """Return what helps to find out why a run failed, as text to be copied into a report."""
        return self._listener.diagnostics()

    def _writeJob(self, step: str, inputs: Mapping[str, str | Path], options: Mapping[str, Any]) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="spinetwin-", ignore_cleanup_errors=True)
        job = Path(self._folder.name) / "job.json"
        self._arguments = ["-m", "spinetwin", "worker", str(job)]
        write_job(job, step, inputs, options, self._output.absolute())

    def _findInterpreter(self) -> None:
        if self._interpreter is not None:
            self._launch(self._interpreter)
            return
        self._search = InterpreterSearch(self._launch, self._noneFound, process=self._makeProcess, timer=self._makeTimer)
        self._search.start()

    def _launch(self, interpreter: str) -> None:
        self._interpreter = interpreter
        self._listener.command = (interpreter, *self._arguments)
        process = self._makeProcess()
        process.connect("started()", self._onStarted)
        process.connect("readyReadStandardOutput()", self._onOutput)
        process.connect("readyReadStandardError()", self._onErrors)
        process.connect("errorOccurred(QProcess::ProcessError)", self._onError)
        process.connect("finished(int,QProcess::ExitStatus)", self._onExit)
        process.setProcessEnvironment(cleanEnvironment())
        # `python -m` finds the package in its working directory
        process.setWorkingDirectory(str(Path(spinetwin.__file__).parents[1]))
        self._process = process
        self._ticker.start(_TICK_MS)
        process.start(interpreter, self._arguments)

    def _noneFound(self) -> None:
        self._end(self._listener.refused(ending("no_interpreter")))

    def _onStarted(self) -> None:
        self._listener.running()

    def _onOutput(self) -> None:
        for event in self._listener.receive(self._process.readAllStandardOutput().data()):
            self._calls.add(partial(self._tellEvent, event))

    def _onErrors(self) -> None:
        self._listener.receive_errors(self._process.readAllStandardError().data())

    def _onError(self, error: int) -> None:
        # after every other error the process ends and says so
        if error == qt.QProcess.FailedToStart:
            self._end(self._listener.not_started(self._process.errorString()))

    def _onExit(self, code: int, status: int) -> None:
        self._onOutput()
        self._onErrors()
        self._end(self._listener.ended(code, crashed=status == qt.QProcess.CrashExit))

    def _onTick(self) -> None:
        if self._listener.tick() and not self._hopeless.isActive():
            self._endTree()

    def _endTree(self) -> None:
        for pid in (self._listener.worker_pid, self._process.processId()):
            end_tree(int(pid or 0))
        self._process.kill()
        self._hopeless.start(_HOPELESS_MS)

    def _abandon(self) -> None:
        """Go on without a process that the system cannot end, such as one that waits for a disk that does not answer."""
        self._process.blockSignals(True)
        # Qt waits for a process that is deleted while it runs
        self._abandoned.append(self._process)
        self._end(self._listener.ended(_SIGKILL, crashed=True))

    def _end(self, verdict: Verdict) -> None:
        if self._ended:
            return
        self._ended = True
        for each in (self._ticker, self._polite, self._hopeless):
            each.stop()
        if self._search is not None:
            self._search.stop()
        if self._folder is not None:
            self._folder.cleanup()
        self._conclude(verdict)

    def _conclude(self, verdict: Verdict) -> None:
        if verdict.state is not State.FINISHED:
            # what it had started may still be there, and what it had written
            end_tree(self._listener.worker_pid or 0)
            self._calls.add(partial(sweep, self._output), _SETTLE_MS)
        if verdict.state is State.CANCELLED:
            self._calls.add(partial(forget_stages, self._output, self._listener.worker_pid or 0), _SETTLE_MS)
        self._calls.add(partial(self._tell, verdict))

    def _tellEvent(self, event: Event) -> None:
        self._onEvent(event)

    def _tell(self, verdict: Verdict) -> None:
        self._busy = False
        self._onFinished(verdict)

    def _timer(self, function: Callable[[], None], *, once: bool = True) -> Any:
        timer = self._makeTimer()
        timer.setSingleShot(once)
        timer.connect("timeout()", function)
        return timer


def _ignore(*_: object) -> None:
    """Take the place of the callbacks of a panel that is gone."""
