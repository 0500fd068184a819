"""The widgets that tell of one run of the worker: a sentence, how far it is, and a button that stops it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from slicer.i18n import tr as _

_MINUTE_S = 60
_MINUTES_FROM_S = 100


@dataclass(frozen=True)
class RunBar:
    """A frame of a section.

    Attributes
    ----------
    frame : QFrame
        Seen while there is something to say.
    label : QLabel
    bar : QProgressBar
    cancelButton, diagnosticsButton : QPushButton
        The first is there while something runs, the second after it has failed.
    """

    frame: Any
    label: Any
    bar: Any
    cancelButton: Any
    diagnosticsButton: Any

    def begin(self, text: str) -> None:
        """Show that something runs."""
        self.bar.value = 0
        self._show(running=True, failed=False)
        self.say(text)

    def progress(self, fraction: float, text: str, remaining_s: float | None = None) -> None:
        """Say how far it is."""
        self.bar.value = round(100 * fraction)
        self.say(text + remainingText(remaining_s))

    def end(self, text: str = "", *, failed: bool = False) -> None:
        """Show that nothing runs any more; a sentence stays."""
        self._show(running=False, failed=failed)
        self.say(text)

    def say(self, text: str) -> None:
        """Say something; nothing to say hides the frame."""
        self.label.text = text
        self.frame.setVisible(bool(text))

    def _show(self, *, running: bool, failed: bool) -> None:
        self.bar.setVisible(running)
        self.cancelButton.setVisible(running)
        self.diagnosticsButton.setVisible(failed)


def remainingText(seconds: float | None) -> str:
    """Return how long it still takes, to be put behind a sentence; "" where nobody knows, or where it is nothing."""
    if seconds is None or seconds < 1:
        return ""
    if seconds < _MINUTES_FROM_S:
        return _(", about {seconds} s left").format(seconds=round(seconds))
    return _(", about {minutes} min left").format(minutes=round(seconds / _MINUTE_S))
