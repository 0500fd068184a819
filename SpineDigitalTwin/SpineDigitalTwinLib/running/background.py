"""The bar at the bottom of the panel: what the worker does, how long it still takes, and a button that stops it."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import qt
import slicer
from slicer.i18n import tr as _

from .runbar import RunBar

if TYPE_CHECKING:
    from spinetwin.jobs import Event, Verdict

Done = Callable[["Verdict"], None]
Heard = Callable[["Event"], None]


class Background:
    """One run of the worker at a time, shown in the panel.

    Parameters
    ----------
    ui : namespace of widgets
        `workerFrame`, `workerLabel`, `workerBar`, `cancelButton`, `diagnosticsButton`.
    makeWorker : callable
        Takes onEvent and onFinished, as `WorkerProcess` does.
    changed : callable
        Called when a run begins or ends.
    """

    def __init__(self, ui: SimpleNamespace, makeWorker: Callable[..., Any], changed: Callable[[], None]) -> None:
        self._changed = changed
        self._worker = makeWorker(self._onEvent, self._onFinished)
        self._own = RunBar(ui.workerFrame, ui.workerLabel, ui.workerBar, ui.cancelButton, ui.diagnosticsButton)
        self._own.end()
        self._bar = self._own
        self._done: Done | None = None
        self._failed: Callable[[], object] = _ignore
        self._heard: Heard = _ignore
        self._title = ""
        self._scratches: list[tempfile.TemporaryDirectory[str]] = []
        ui.cancelButton.connect("clicked()", self.cancel)
        ui.diagnosticsButton.connect("clicked()", self.copyDiagnostics)

    @property
    def busy(self) -> bool:
        """Whether a run is going on."""
        return bool(self._worker.busy)

    def scratch(self) -> Path:
        """Return an empty folder that lives until the next one is asked for while nothing runs."""
        if not self.busy:
            self._forget()
        folder = tempfile.TemporaryDirectory(prefix="spinetwin-", dir=slicer.app.temporaryPath, ignore_cleanup_errors=True)
        self._scratches.append(folder)
        return Path(folder.name)

    def start(
        self,
        title: str,
        step: str,
        inputs: Mapping[str, Any],
        options: Mapping[str, Any],
        output: str | Path,
        done: Done,
        failed: Callable[[], object] = lambda: None,
        *,
        bar: RunBar | None = None,
        heard: Heard | None = None,
    ) -> None:
        """Begin a run; while another one is going on, say so.

        Parameters
        ----------
        title : str
            What people read while it runs.
        step, inputs, options, output
            As in a job file.
        done : callable
            Called with the verdict when the run has ended well.
        failed : callable
            Called when it has not, or was cancelled.
        bar : RunBar, optional
            Where it is shown; left out, at the top of the panel.
        heard : callable, optional
            Called with each event.
        """
        if self.busy:
            # two sections were pressed at nearly the same time
            other = _("{title} something else is running; try again when it has ended.").format(title=title)
            if bar is None or bar is self._bar:
                self._bar.say(other)
            else:
                bar.end(other)
            failed()
            return
        self._title, self._done, self._failed = title, done, failed
        # the diagnostics are those of the latest run
        self._bar.diagnosticsButton.setVisible(False)
        self._bar, self._heard = bar or self._own, heard or _ignore
        self._own.end()
        self._bar.begin(title)
        self._worker.start(step, inputs, options, output)
        self._changed()

    def cancel(self) -> None:
        """Stop the run; nothing of it reaches the scene."""
        self._worker.cancel()

    def close(self) -> None:
        """End everything, for a panel that goes away."""
        self._worker.close()
        self._forget()

    def _onEvent(self, event: Event) -> None:
        from spinetwin.jobs import Progress

        if isinstance(event, Progress):
            self._bar.progress(event.fraction, f"{self._title} {event.message}", self._worker.remainingSeconds)
        self._heard(event)

    def _onFinished(self, verdict: Verdict) -> None:
        from spinetwin.jobs import State

        done, self._done = self._done, None
        if verdict.state is State.FINISHED:
            self._bar.end()
            if done is not None:
                done(verdict)
        else:
            self._bar.end(verdict.text, failed=verdict.state is State.FAILED)
            self._failed()
        self._changed()

    def copyDiagnostics(self) -> None:
        """Put what helps to find the cause of a failure into the clipboard."""
        qt.QApplication.clipboard().setText(self._worker.diagnostics())

    def _forget(self) -> None:
        for folder in self._scratches:
            folder.cleanup()
        self._scratches.clear()


def _ignore(*_: object) -> None:
    """Take the place of a callback that nobody wants."""
