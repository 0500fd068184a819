"""The form of section Biomechanics: whose spine it is, what the person does, how the model is set."""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace
from typing import TYPE_CHECKING

from slicer.i18n import tr as _

from ..measures import results
from .answers import NOT_MEASURED, MeasuredMuscles, Question

if TYPE_CHECKING:
    from ..parameters import SpineDigitalTwinParameters

LIGAMENTS = {
    "stepwise": _("stiffness rising with strain (doi 10.1155/2021/5542595)"),
    "bilinear": _("two moduli (Goel 1995, doi 10.1186/1471-2474-14-220)"),
    "linear": _("constant stiffness, no capsules (doi 10.1155/2020/8858686)"),
    "none": _("no ligaments"),
}
"""What the sets of ligament laws are called here."""

RHYTHMS = {
    "hess": _("most in the upper joints (Hess et al.)"),
    "pearcy": _("most in L3/L4 and L4/L5 (Pearcy 1984)"),
}
"""What the lumbar rhythms are called here."""


class LoadsForm:
    """Three lists that the tables of the core fill, and the question that the whole form asks.

    Parameters
    ----------
    ui : namespace of widgets
    parameters : callable
        Returns the parameters of the scene as it is now.
    """

    def __init__(self, ui: SimpleNamespace, parameters: Callable[[], SpineDigitalTwinParameters]) -> None:
        from spinetwin.biomechanics import TASKS, settings

        self._ui, self._parameters = ui, parameters
        self._tasks, self._sets, self._rhythms = list(TASKS), list(settings.LIGAMENT_SETS), list(settings.RHYTHMS)
        self._muscles = NOT_MEASURED
        self._stamp: object = None
        ui.taskBox.addItems([TASKS[name].label for name in self._tasks])
        ui.ligamentsBox.addItems([LIGAMENTS.get(name, name) for name in self._sets])
        ui.rhythmBox.addItems([RHYTHMS.get(name, name) for name in self._rhythms])
        ui.taskBox.connect("currentIndexChanged(int)", self._onTask)
        ui.ligamentsBox.connect("currentIndexChanged(int)", self._onLigaments)
        ui.rhythmBox.connect("currentIndexChanged(int)", self._onRhythm)

    def refresh(self) -> None:
        """Show the choices of the scene; those of another version of this program, which are not known here, are the first."""
        parameters = self._parameters()
        for box, names, chosen in (
            (self._ui.taskBox, self._tasks, parameters.loadsTask),
            (self._ui.ligamentsBox, self._sets, parameters.loadsLigaments),
            (self._ui.rhythmBox, self._rhythms, parameters.loadsRhythm),
        ):
            row = names.index(chosen) if chosen in names else 0
            if box.currentIndex != row:
                blocked = box.blockSignals(True)
                box.currentIndex = row
                box.blockSignals(blocked)

    def missing(self) -> str:
        """Say what has still to be given; "" when nothing has."""
        parameters = self._parameters()
        wanted = {
            _("sex"): parameters.loadsSex.value,
            _("height"): parameters.loadsHeight,
            _("weight"): parameters.loadsWeight,
        }
        lacking = [name for name, value in wanted.items() if not value]
        return _("Give {what}").format(what=_(" and ").join(", ".join(lacking).rsplit(", ", 1))) if lacking else ""

    def question(self) -> Question:
        """Return what the form asks.

        Raises
        ------
        ParameterError
            If a number is impossible.
        """
        from spinetwin.biomechanics import TASKS, Person, Settings

        parameters = self._parameters()
        return Question(
            Person(parameters.loadsSex.value, parameters.loadsHeight, parameters.loadsWeight),
            TASKS[self._tasks[max(self._ui.taskBox.currentIndex, 0)]],
            Settings(
                strength=parameters.loadsStrength,
                activation_floor=parameters.loadsFloor,
                pelvis_share=parameters.loadsPelvis,
                power=parameters.loadsPower,
                ligaments=self._sets[max(self._ui.ligamentsBox.currentIndex, 0)],
                rhythm=self._rhythms[max(self._ui.rhythmBox.currentIndex, 0)],
            ),
            self._measured(),
        )

    def _measured(self) -> MeasuredMuscles:
        """Read the muscles of the measurement of the scene once as long as it stays."""
        stamp = results.stamp(results.NOW)
        if stamp != self._stamp:
            study = results.study(results.NOW)
            areas = study.found.muscle_areas() if study is not None else {}
            self._muscles = (
                MeasuredMuscles(areas, study.found.muscle_centroids()) if study is not None and areas else NOT_MEASURED
            )
            self._stamp = stamp
        return self._muscles

    def _onTask(self, index: int) -> None:
        if index >= 0:
            self._parameters().loadsTask = self._tasks[index]

    def _onLigaments(self, index: int) -> None:
        if index >= 0:
            self._parameters().loadsLigaments = self._sets[index]

    def _onRhythm(self, index: int) -> None:
        if index >= 0:
            self._parameters().loadsRhythm = self._rhythms[index]
