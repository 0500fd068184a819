"""The buttons of section Biomechanics that show groups of muscles, and the ligaments, in 3D."""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace
from typing import TYPE_CHECKING

import qt
from slicer.i18n import tr as _

from . import tubes

if TYPE_CHECKING:
    from ..parameters import SpineDigitalTwinParameters
    from .answers import Answer

_ACROSS = 3
"""Buttons in a row."""


class MusclesPanel:
    """One button for each group of muscles, one for all of them, one for the ligaments.

    Parameters
    ----------
    ui : namespace of widgets
    parameters : callable
        Returns the parameters of the scene as it is now; they remember what is shown.
    """

    def __init__(self, ui: SimpleNamespace, parameters: Callable[[], SpineDigitalTwinParameters]) -> None:
        self._ui, self._parameters = ui, parameters
        self.buttons: dict[str, qt.QPushButton] = {}
        for number, group in enumerate(tubes.groups()):
            button = qt.QPushButton(group.replace("_", " "))
            button.checkable = True
            button.toolTip = _("Show these muscles in 3D, coloured by their activation")
            button.connect("clicked()", self._onGroups)
            ui.musclesGrid.addWidget(button, number // _ACROSS, number % _ACROSS)
            self.buttons[group] = button
        ui.allMusclesButton.connect("clicked()", self._onAll)

    def refresh(self, answer: Answer | None) -> None:
        """Show what is chosen, of the result that there is; without a result nothing is drawn anew."""
        shown = self._shown()
        for group, button in self.buttons.items():
            button.checked = group in shown
            button.enabled = answer is not None
        self._ui.allMusclesButton.checked = shown == set(self.buttons)
        for button in (self._ui.allMusclesButton, self._ui.ligamentsButton):
            button.enabled = answer is not None
        if answer is not None:
            self._draw(answer, shown)

    def showAll(self) -> None:
        """Choose everything, as after the first computation."""
        parameters = self._parameters()
        parameters.loadsMuscles = ",".join(self.buttons)
        parameters.loadsStrands = True

    def _draw(self, answer: Answer, shown: set[str]) -> None:
        tubes.showMuscles(answer.model, answer.found, shown)
        if self._parameters().loadsStrands:
            tubes.showLigaments(answer.model, answer.found)
        else:
            tubes.hide(tubes.LIGAMENTS)

    def _shown(self) -> set[str]:
        return set(self._parameters().loadsMuscles.split(",")) & set(self.buttons)

    def _onGroups(self) -> None:
        self._parameters().loadsMuscles = ",".join(group for group, button in self.buttons.items() if button.checked)

    def _onAll(self) -> None:
        self._parameters().loadsMuscles = ",".join(self.buttons) if self._ui.allMusclesButton.checked else ""
