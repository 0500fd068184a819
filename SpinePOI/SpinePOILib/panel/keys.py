"""Keys of the panel, which work wherever the mouse is, and only as long as the panel is shown."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import qt


class Keys:
    """Takes keys for some actions, and gives them back.

    Parameters
    ----------
    actions : mapping of str to callable
        What each key does; looked up when the keys are taken.
    """

    def __init__(self, actions: Mapping[str, Callable[[], object]]) -> None:
        self._actions = actions
        self._shortcuts: list[Any] = []

    def take(self, window: Any) -> None:
        """Let the keys work in a window."""
        self.giveBack()
        for keys, action in self._actions.items():
            shortcut = qt.QShortcut(qt.QKeySequence(keys), window)
            shortcut.connect("activated()", action)
            self._shortcuts.append(shortcut)

    def giveBack(self) -> None:
        """Let the application have its keys again."""
        for shortcut in self._shortcuts:
            shortcut.setEnabled(False)
            shortcut.deleteLater()
        self._shortcuts.clear()
