"""One sentence below the buttons of a section: what went wrong and what to do, or what was done."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from spinetwin.errors import SpineTwinError

FAILED = "background: #fff3cd; color: #5f4700; border: 1px solid #e0c36a; border-radius: 3px; padding: 4px;"
DONE = "background: #dcefe3; color: #1d4a2d; border: 1px solid #a9d2b7; border-radius: 3px; padding: 4px;"


class Message:
    """Shows a sentence in a label, or hides the label.

    Parameters
    ----------
    label : QLabel
    """

    def __init__(self, label: Any) -> None:
        self._label = label
        label.wordWrap = True
        self.clear()

    def fail(self, error: SpineTwinError) -> None:
        """Say what went wrong, and the hint."""
        self._show(f"{error.message} {error.hint}".strip(), FAILED)

    def say(self, text: str) -> None:
        """Say what was done."""
        self._show(text, DONE)

    def warn(self, text: str) -> None:
        """Say what a person should mind."""
        self._show(text, FAILED)

    def clear(self) -> None:
        """Say nothing."""
        self._label.text = ""
        self._label.setVisible(False)

    def _show(self, text: str, style: str) -> None:
        self._label.styleSheet = style
        self._label.text = text
        self._label.setVisible(True)
