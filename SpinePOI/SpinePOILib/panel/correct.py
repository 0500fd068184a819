"""The section Correct: what a person can do to the chosen points besides dragging them."""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import qt
from slicer.i18n import tr as _

from .. import corrections, navigation
from ..session import Change, Session
from .keys import Keys

NUDGES = (
    ("R", "←", "Alt+Left"),
    ("L", "→", "Alt+Right"),
    ("S", "↑", "Alt+Up"),
    ("I", "↓", "Alt+Down"),
    ("A", "⊙", "Alt+PgUp"),
    ("P", "⊗", "Alt+PgDown"),
)
"""Direction of the vertebra, its arrow as seen from the front, and its keys."""


class CorrectPanel:
    """Buttons and keys, and which of them make sense now."""

    def __init__(self, ui: SimpleNamespace, session: Session) -> None:
        self._ui, self._session = ui, session
        self._actions: dict[str, Callable[[], object]] = {}
        self.keys = Keys(self._actions)
        self._button(ui.undoButton, session.edits.undo, "Z")
        self._button(ui.redoButton, session.edits.redo, "Y")
        self._button(ui.reviewedButton, self._onReviewed, "K", _("The chosen points, or all, are right where they are"))
        self._button(ui.resetPointButton, self._onResetPoint, "", _("Back to where the rules had put it"))
        self._button(ui.resetLevelButton, self._onResetLevel, "", _("All points back to where the rules had put them"))
        self._button(ui.placeButton, self._onPlace, "P", _("Put the point, also a missing one, where the slices cross"))
        self._button(ui.mirrorPointButton, self._onMirrorPoint, "M", _("Put the partner of the chosen point opposite to it"))
        self._button(ui.mirrorLeftButton, lambda: self._onMirror("left"), "", _("All right points opposite to the left ones"))
        self._button(ui.mirrorRightButton, lambda: self._onMirror("right"), "", _("All left points opposite to the right ones"))
        self._nudges = [self._addNudge(*each) for each in NUDGES]
        ui.nudgeRow.addStretch(1)

    def refresh(self, _changes: set[Change]) -> None:
        """Enable what can be done now, and say what undo and redo would do."""
        ui, session = self._ui, self._session
        points, chosen = session.points(), session.selection
        placed = any(points[each].position is not None for each in chosen if each in points)
        edits = session.edits
        ui.undoButton.enabled, ui.redoButton.enabled = bool(edits.undoText), bool(edits.redoText)
        ui.undoButton.toolTip = (edits.undoText or _("Nothing to undo")) + " (Z)"
        ui.redoButton.toolTip = (edits.redoText or _("Nothing to redo")) + " (Y)"
        for button in (ui.reviewedButton, ui.resetLevelButton, ui.mirrorLeftButton, ui.mirrorRightButton):
            button.enabled = bool(points)
        ui.resetPointButton.enabled = any(points[each].edited for each in chosen if each in points)
        ui.placeButton.enabled = len(chosen) == 1
        for button in (ui.mirrorPointButton, *self._nudges):
            button.enabled = placed
        ui.surfaceBox.enabled = session.surfaces.available()
        ui.surfaceBox.toolTip = (
            _("Points that are moved are held on the nearest bone of their level")
            if session.surfaces.available()
            else _("Choose the vertebra map above: it tells where the bone is")
        )

    def _button(self, button: Any, action: Callable[[], object], keys: str, toolTip: str = "") -> None:
        button.connect("clicked()", action)
        if keys:
            self._actions[keys] = action
        if toolTip:
            button.toolTip = f"{toolTip} ({keys})" if keys else toolTip

    def _addNudge(self, direction: str, arrow: str, keys: str) -> Any:
        button = qt.QPushButton(f"{arrow} {direction}")
        button.objectName = f"nudge{direction}Button"
        button.autoRepeat = True
        self._button(button, lambda: self._onNudge(direction), keys, _directionText(direction))
        self._ui.nudgeRow.addWidget(button)
        return button

    def _onNudge(self, direction: str) -> None:
        if self._session.level is not None:
            corrections.nudge(self._session.edits, self._session.level, self._session.selection, direction)

    def _onReviewed(self) -> None:
        if self._session.level is not None:
            corrections.confirm(self._session.edits, self._session.level, self._session.selection or None)

    def _onResetPoint(self) -> None:
        if self._session.level is not None:
            corrections.setBack(self._session.edits, self._session.level, self._session.selection)

    def _onResetLevel(self) -> None:
        if self._session.level is not None:
            corrections.setBack(self._session.edits, self._session.level)

    def _onPlace(self) -> None:
        where = navigation.crossing()
        if self._session.level is not None and len(self._session.selection) == 1 and where is not None:
            corrections.place(self._session.edits, self._session.level, self._session.selection[0], where)

    def _onMirrorPoint(self) -> None:
        if self._session.level is not None:
            corrections.mirror(self._session.edits, self._session.level, self._session.selection)

    def _onMirror(self, side: str) -> None:
        if self._session.level is not None:
            corrections.mirror(self._session.edits, self._session.level, side=side)


def _directionText(direction: str) -> str:
    names = {
        "R": _("To the right of the vertebra"),
        "L": _("To the left of the vertebra"),
        "S": _("Up along the vertebra"),
        "I": _("Down along the vertebra"),
        "A": _("To the front of the vertebra"),
        "P": _("To the back of the vertebra"),
    }
    return names[direction]
