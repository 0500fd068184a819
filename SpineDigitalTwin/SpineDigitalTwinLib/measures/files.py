"""The folders that the worker measures into, and the report in the one that is shown."""

from __future__ import annotations

import tempfile
from pathlib import Path

import slicer

from . import results

REPORT = "measurements.html"

Folder = tempfile.TemporaryDirectory


class ResultFolders:
    """One folder for the run that goes on, and one with the files of the study that is in the scene."""

    def __init__(self) -> None:
        self._running: Folder[str] | None = None
        self._shown: Folder[str] | None = None
        self._study = ""

    def begin(self) -> str:
        """Return an empty folder for a run; that of an earlier one that came to nothing goes."""
        self.cleanup()
        self._running = Folder(prefix="spinetwin-", dir=slicer.app.temporaryPath, ignore_cleanup_errors=True)
        return self._running.name

    def arrived(self) -> None:
        """Keep the folder of the run, whose study has come into the scene."""
        self.forget()
        self._shown, self._running = self._running, None
        self._study = results.stamp(results.NOW)[0]

    def page(self) -> Path | None:
        """Return the report of the study that the scene has; None where that was measured in another session."""
        if self._shown is None or self._study != results.stamp(results.NOW)[0]:
            return None
        page = Path(self._shown.name) / REPORT
        return page if page.is_file() else None

    def forget(self) -> None:
        """Remove the folder of the study."""
        if self._shown is not None:
            self._shown.cleanup()
        self._shown, self._study = None, ""

    def cleanup(self) -> None:
        """Remove the folder of a run that came to nothing, once the worker has ended."""
        if self._running is not None:
            self._running.cleanup()
        self._running = None
