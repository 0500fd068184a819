"""What a run of the worker says, line by line, for people who look closer."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import qt

if TYPE_CHECKING:
    from types import SimpleNamespace

    from spinetwin.jobs import Event

MOST_LINES = 1000
LONGEST_LINE = 300


class RunLog:
    """Appends a line for each thing that is said; the oldest lines go when there are too many.

    Parameters
    ----------
    ui : namespace of widgets
        `logButton` opens and closes `logFrame`, which holds `logText` and `copyLogButton`.
    """

    def __init__(self, ui: SimpleNamespace) -> None:
        self._text, self._frame, self._button = ui.logText, ui.logFrame, ui.logButton
        self._text.readOnly = True
        self._text.maximumBlockCount = MOST_LINES
        self._message = ""
        self._frame.setVisible(False)
        self._button.connect("toggled(bool)", lambda on: self._frame.setVisible(on))
        ui.copyLogButton.connect("clicked()", self._copy)

    def begin(self, title: str) -> None:
        """Begin a run; what earlier ones said stays above."""
        self._message = ""
        self._append(title)

    def hear(self, event: Event) -> None:
        """Append what an event says; progress only where it tells of something new."""
        from spinetwin.jobs import Failure, Log, Progress, Result

        if isinstance(event, Progress) and event.message != self._message:
            self._message = event.message
            self._append(event.message)
        elif isinstance(event, Log):
            self._append(event.text if event.severity == "info" else f"[{event.severity}] {event.text}")
        elif isinstance(event, Failure):
            self._append(f"[error] {event.message} {event.hint}")
        elif isinstance(event, Result):
            self._append(event.summary)

    def _append(self, text: str) -> None:
        for line in text.splitlines():
            shown = line if len(line) <= LONGEST_LINE else f"{line[: LONGEST_LINE - 3]}..."
            self._text.appendPlainText(f"{time.strftime('%H:%M:%S')}  {shown}")

    def _copy(self) -> None:
        clipboard: Any = qt.QApplication.clipboard()
        clipboard.setText(self._text.plainText)
