"""The Python that comes with the application, for computations in a process of their own."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import qt
import slicer

# What the application sets for its own Python would break another one; PythonSlicer is a launcher and sets what its own needs.
_UNWANTED = (
    "PYTHONHOME",
    "PYTHONPATH",
    "PYTHONSAFEPATH",
    "PYTHONSTARTUP",
    "LD_LIBRARY_PATH",
    "DYLD_LIBRARY_PATH",
    "LD_PRELOAD",
)
_WANTED = {"PYTHONNOUSERSITE": "1", "PYTHONUTF8": "1"}
_PATIENCE_MS = 15_000


MODELS_SETTING = "SpineDigitalTwin/models"
"""Folder of a person's own networks; of this computer, not of the scene."""


def cleanEnvironment() -> qt.QProcessEnvironment:
    """Return the environment of the application without what belongs to its own Python, and with the folder of models."""
    environment = qt.QProcessEnvironment.systemEnvironment()
    for name in _UNWANTED:
        environment.remove(name)
    for name, value in _WANTED.items():
        environment.insert(name, value)
    models = str(slicer.app.userSettings().value(MODELS_SETTING, "") or "")
    if models:
        from spinetwin.jobs.external.two_phase import MODELS_VARIABLE

        environment.insert(MODELS_VARIABLE, models)
    return environment


def candidates() -> list[str]:
    """Return the programs that may be the application's Python, best first; the application itself is never one of them."""
    name = "PythonSlicer.exe" if os.name == "nt" else "PythonSlicer"
    found = [Path(folder) / "bin" / name for folder in [os.environ.get("SLICER_HOME")] if folder]
    found += [Path(path) for path in [shutil.which("PythonSlicer")] if path]
    if sys.executable:
        running = Path(sys.executable)
        found.append(running.with_name(name))
        if running.stem.lower().startswith("python"):
            found.append(running)
    there = [str(path) for path in found if path.is_file() and os.access(path, os.X_OK)]
    return list(dict.fromkeys(there))


class InterpreterSearch:
    """Tries one program after the other, without waiting for any: a Python is what runs ``-c "import sys"``.

    Parameters
    ----------
    onFound : callable
        Called with the path of the first that runs.
    onNone : callable
        Called when none does.
    programs : sequence of str, optional
        What to try; default `candidates`.
    process, timer : callable
        Make a QProcess and a QTimer.
    """

    def __init__(
        self,
        onFound: Callable[[str], None],
        onNone: Callable[[], None],
        *,
        programs: Sequence[str] | None = None,
        process: Callable[[], Any] = qt.QProcess,
        timer: Callable[[], Any] = qt.QTimer,
    ) -> None:
        self._onFound = onFound
        self._onNone = onNone
        self._left = list(candidates() if programs is None else programs)
        self._makeProcess = process
        self._program = ""
        # a process must not be deleted while it tells of its end, so all are kept
        self._tried: list[Any] = []
        self._patience = timer()
        self._patience.setSingleShot(True)
        self._patience.connect("timeout()", self._next)

    def start(self) -> None:
        """Begin with the first program."""
        self._next()

    def stop(self) -> None:
        """Give up; nothing is called any more."""
        self._patience.stop()
        if self._tried:
            self._tried[-1].blockSignals(True)
            self._tried[-1].kill()

    def _next(self) -> None:
        self.stop()
        if not self._left:
            self._onNone()
            return
        self._program = self._left.pop(0)
        process = self._makeProcess()
        self._tried.append(process)
        process.connect("finished(int,QProcess::ExitStatus)", self._onEnd)
        process.connect("errorOccurred(QProcess::ProcessError)", self._onError)
        process.setProcessEnvironment(cleanEnvironment())
        self._patience.start(_PATIENCE_MS)
        process.start(self._program, ["-c", "import sys"])

    def _onEnd(self, code: int, status: int) -> None:
        if code == 0 and status == qt.QProcess.NormalExit:
            self._patience.stop()
            self._onFound(self._program)
        else:
            self._next()

    def _onError(self, error: int) -> None:
        # the other errors are followed by the end
        if error == qt.QProcess.FailedToStart:
            self._next()
