"""Section Biomechanics: the loads of the spine, computed from its points in milliseconds, following them while they move."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING

import qt
import slicer
from slicer.i18n import tr as _
from spinetwin.errors import ParameterError, SpineTwinError

from ..measures import live
from ..measures.following import PointFollower
from ..messages import FAILED, Message
from ..running.aside import Aside
from . import answers, keeping, texts
from .form import LoadsForm
from .muscles import MusclesPanel
from .result import ResultView

if TYPE_CHECKING:
    from ..measures.live import Positions
    from ..parameters import SpineDigitalTwinParameters
    from .answers import Answer, Question

REST_MS = 300
"""How long points and form must rest before the interval is computed."""

_FINE = "color: #4a6b57;"
_NO_POINTS = _("Compute or load points of interest first")


class LoadsPanel:
    """Computes loads and shows them; with Live ticked, after every change of a point, once in a turn of the event loop.

    Parameters
    ----------
    ui : namespace of widgets
    parameters : callable
        Returns the parameters of the scene as it is now.
    changed : callable
        Called after each turn in which points have changed, and when loads were computed.

    Attributes
    ----------
    answer : Answer or None
        The result that is shown.
    current : bool
        Whether it is that of the points and of the form as they are.
    """

    def __init__(
        self, ui: SimpleNamespace, parameters: Callable[[], SpineDigitalTwinParameters], changed: Callable[[], None]
    ) -> None:
        self._ui, self._parameters, self._changed = ui, parameters, changed
        self._rest = qt.QTimer()
        self._rest.setSingleShot(True)
        self._rest.connect("timeout()", self._onRest)
        self._follower = PointFollower(parameters, self._onPoints)
        self._watch = self._follower.watch
        self._aside = Aside(self._onFailed)
        self._form = LoadsForm(ui, parameters)
        self._message = Message(ui.loadsMessage)
        self._view = ResultView(ui)
        self.muscles = MusclesPanel(ui, parameters)
        self.answer: Answer | None = None
        self.current = False
        self.chooseFile: Callable[[], str] = self._askFile
        for button, action in (
            (ui.loadsButton, self.compute),
            (ui.keepLoadsButton, self.keep),
            (ui.endKeptButton, self.endComparison),
            (ui.copyLoadsButton, self._view.table.copy),
            (ui.saveLoadsButton, self.save),
        ):
            button.connect("clicked()", action)

    # --- what is seen -------------------------------------------------------------------------------------------------

    def refresh(self) -> None:
        """Show the form, what is missing, and the result; compute it where it follows by itself."""
        self._form.refresh()
        positions = self._watch.positions()
        self._watch.suspects()  # read with the points, so that pressing the button need not
        points = live.digest(positions)
        refused = self._follow(positions, points)
        self.current = self._isCurrent(points)
        problem = answers.problem(positions) if positions and not self.current else ""
        self._offer(positions, problem)
        self._sayPoints(positions, problem)
        self._sayStale(positions, refused)
        self._ui.loadsFrame.setVisible(self.answer is not None)
        self._view.show(self.answer, keeping.kept())
        self.muscles.refresh(self.answer)

    def _follow(self, positions: Positions, points: str) -> str:
        """Compute again where the result has to follow; returns why that cannot be done."""
        parameters = self._parameters()
        wanted = parameters.loadsLive if self.answer is not None else parameters.loadsComputed
        if not wanted or not positions or self._form.missing() or self._isCurrent(points):
            return ""
        try:
            self._compute(positions, points)
        except SpineTwinError as error:
            return f"{error.message} {error.hint}".strip()
        return ""

    def _isCurrent(self, points: str) -> bool:
        """Say whether the result is that of these points and of the form as it is."""
        return self.answer is not None and self.answer.points == points and self.answer.question == self._question()

    def _question(self) -> Question | None:
        try:
            return None if self._form.missing() else self._form.question()
        except ParameterError:
            return None

    def _offer(self, positions: Positions, problem: str) -> None:
        """Say on the button what it does, or what is missing."""
        missing = self._form.missing() if positions else _NO_POINTS
        missing = missing or (_("No model can be made of these points") if problem else "")
        self._ui.loadsButton.enabled = not missing
        self._ui.loadsButton.text = missing or (_("Compute loads again") if self.answer is not None else _("Compute loads"))

    def _sayPoints(self, positions: Positions, problem: str) -> None:
        """Say of which levels points are there, or why no model can be made of them."""
        from spinetwin.anatomy import level

        label, levels = self._ui.loadsState, list(dict.fromkeys(key for key, _point in positions))
        label.setVisible(bool(levels))
        label.styleSheet = FAILED if problem else _FINE
        if problem:
            label.text = problem
        elif levels:
            label.text = _("✓ points of {first} to {last}, with every correction").format(
                first=level(levels[0]).name, last=level(levels[-1]).name
            )

    def _sayStale(self, positions: Positions, refused: str) -> None:
        label = self._ui.loadsStaleLabel
        label.setVisible(self.answer is not None and not self.current)
        if refused:
            label.text = _("These loads are from before; no others can be computed now: {why}").format(why=refused)
        elif not positions:
            label.text = _("The points of these loads are not in the scene any more.")
        else:
            label.text = _("Points or form have changed since: compute again, or tick Live.")

    # --- computing ----------------------------------------------------------------------------------------------------

    def compute(self) -> None:
        """Compute the loads of the points of the scene."""
        self._message.clear()
        first = not self._parameters().loadsComputed
        try:
            positions = self._watch.positions()
            self._compute(positions, live.digest(positions))
        except SpineTwinError as error:
            self._message.fail(error)
            self.refresh()
            return
        self.refresh()
        self._changed()
        if first:
            # muscles come with the next turn, which the change of the parameters brings
            self._parameters().loadsComputed = True
            self.muscles.showAll()

    def _compute(self, positions: Positions, points: str) -> None:
        question, suspect = self._form.question(), self._watch.suspects()
        self.answer = answers.answer(question, positions, suspect, self.answer, points)
        self._aside.stop()
        self._rest.start(REST_MS)

    def _onRest(self) -> None:
        """Compute the interval of a result that has come to rest."""
        answer = self.answer
        if answer is not None and answer.spread is None:
            self._aside.start(lambda: answers.withInterval(answer), self._onInterval)

    def _onInterval(self, answer: Answer) -> None:
        self.answer = answer
        self._view.show(answer, keeping.kept())

    def _onFailed(self, error: Exception) -> None:
        self._message.warn(_("The interval could not be computed: {why}").format(why=error))

    @property
    def busy(self) -> bool:
        """Whether an interval is still to come."""
        return bool(self._rest.isActive()) or self._aside.busy

    # --- from here ----------------------------------------------------------------------------------------------------

    def keep(self) -> None:
        """Keep the loads that are shown, to compare later ones with them."""
        if self.answer is not None:
            keeping.keep(self.answer, texts.about(self.answer.found, qt.QTime.currentTime().toString("hh:mm")))
            self.refresh()

    def endComparison(self) -> None:
        """Take the kept loads out of the scene."""
        keeping.forget()
        self.refresh()

    def save(self) -> None:
        """Write the loads as a table for spreadsheets."""
        from spinetwin.io.loads import write_loads_table

        self._message.clear()
        path = self.chooseFile() if self.answer is not None else ""
        if not path or self.answer is None:
            return
        try:
            write_loads_table(path, self.answer.found, self.answer.spread)
        except SpineTwinError as error:
            self._message.fail(error)
        else:
            self._message.say(_("Written: {names}").format(names=Path(path).name))

    def _askFile(self) -> str:
        name = f"{self._parameters().exportName or 'spine'}_loads.csv"
        title, kinds = _("Loads as a table"), _("Tables (*.csv)")
        return str(qt.QFileDialog.getSaveFileName(slicer.util.mainWindow(), title, name, kinds) or "")

    # --- the points, and the end --------------------------------------------------------------------------------------

    def _onPoints(self) -> None:
        self.refresh()
        self._changed()

    def forget(self) -> None:
        """Say nothing of a scene that is closed."""
        self._rest.stop()
        self._aside.stop()
        self._message.clear()
        self.answer, self.current = None, False

    def close(self) -> None:
        """End all, for a panel that goes away."""
        self._rest.stop()
        self._aside.close()
        self._follower.close()
        self._view.close()
