"""The section Compute: choosing the maps, running the worker, and taking in the levels as they come."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import qt
import slicer
from slicer.i18n import tr as _
from SpineDigitalTwinLib.maps import inputs, verified
from SpineDigitalTwinLib.maps.voxels import identityOf
from SpineDigitalTwinLib.running.aside import Aside
from SpineDigitalTwinLib.running.steps import StepRunner
from spinetwin.errors import SpineTwinError
from spinetwin.io import read_pois
from spinetwin.jobs import Event, LevelReady, Progress, State, Verdict

from .. import computing, pointnodes
from ..session import Change, Session
from .folding import Occasional

if TYPE_CHECKING:
    from SpineDigitalTwinLib.running.process import WorkerProcess
    from spinetwin.poi import PoiSet

    from ..parameters import SpinePOIParameters


def askDiscard(count: int) -> bool:
    """Ask whether points that a person has edited may be computed anew."""
    text = _("{count} points that you have edited will be computed anew, and your positions are lost.").format(count=count)
    return bool(slicer.util.confirmOkCancelDisplay(text, _("Compute again")))


class ComputePanel:
    """Runs at most one computation; whatever happens, it ends idle and says in a sentence how.

    Parameters
    ----------
    ui : namespace of widgets
    session : Session
    parameters : callable
        Returns the parameters of the scene as it is now.
    makeWorker : callable
        Takes the callbacks for events and for the end, and returns a `WorkerProcess`.
    """

    def __init__(
        self,
        ui: SimpleNamespace,
        session: Session,
        parameters: Callable[[], SpinePOIParameters],
        makeWorker: Callable[[Callable[[Event], None], Callable[[Verdict], None]], WorkerProcess],
    ) -> None:
        self._ui, self._session, self._parameters = ui, session, parameters
        self._worker = makeWorker(self._onEvent, self._onFinished)
        self._computation: computing.Computation | None = None
        self._folder: tempfile.TemporaryDirectory[str] | None = None
        self._files = Aside(self._onFailed)
        self._steps = StepRunner(lambda _fraction: None, self._showButton)
        ui.computeButton.connect("clicked()", self.compute)
        ui.cancelButton.connect("clicked()", self.cancel)
        ui.diagnosticsButton.connect("clicked()", self._onDiagnostics)
        self._problem = ""
        self._recognised: object = None
        self._occasional = Occasional(ui.inputsSection)
        self._occasional.show(False, ui.progressFrame, ui.diagnosticsButton, ui.keepEditsBox)
        self.mayDiscard: Callable[[int], bool] = askDiscard
        self.say("")

    @property
    def busy(self) -> bool:
        """Whether a computation is going on."""
        return self._steps.busy or self._files.busy or self._worker.busy

    def close(self) -> None:
        """End a computation at once; the panel goes away."""
        self._steps.stop()
        self._files.close()
        self._worker.close()
        self._tidy()

    def guess(self) -> None:
        """Choose the maps of the scene where nothing is chosen yet."""
        parameters = self._parameters()
        if parameters.subregions is None and parameters.vertebrae is None:
            subregions, vertebrae = inputs.guess()
            if subregions is not None and vertebrae is not None:
                parameters.subregions, parameters.vertebrae = subregions, vertebrae

    def showInputs(self) -> None:
        """Say what the chosen maps are, and on the button what is missing; maps that were seen already are not read again."""
        ui, parameters = self._ui, self._parameters()
        now = [identityOf(each) for each in (parameters.subregions, parameters.vertebrae)]
        if now == self._recognised:
            return
        self._recognised = now
        found = inputs.look(parameters.subregions, parameters.vertebrae)
        self._problem = found.problem
        for label, each in ((ui.subregionsFound, found.subregions), (ui.vertebraeFound, found.vertebrae)):
            label.text = each.text
            self._occasional.show(bool(each.text), label)
        self._session.surfaces.use(parameters.vertebrae)
        self._showButton()

    def refresh(self, changes: set[Change]) -> None:
        """Follow the points: how many edits there are to keep."""
        if Change.POINTS not in changes:
            return
        outdated = pointnodes.outdated()
        text = _("The label maps were corrected since the points of {levels} were computed: compute again.")
        self._ui.outdatedLabel.text = text.format(levels=", ".join(outdated))
        self._occasional.show(bool(outdated), self._ui.outdatedLabel)
        edited = self._editedCount()
        self._occasional.show(edited > 0, self._ui.keepEditsBox)
        self._ui.keepEditsBox.text = _("Keep my edited points ({count})").format(count=edited)
        self._showButton()

    def _editedCount(self) -> int:
        edits = self._session.edits
        return sum(poi.edited for level in edits.levels for poi in edits.points(level).values())

    def compute(self) -> None:
        """Begin: the maps are written aside, then the worker starts."""
        parameters = self._parameters()
        self.showInputs()
        if self.busy or self._problem:
            return
        edited = self._editedCount()
        if edited and not parameters.keepEdits and not self.mayDiscard(edited):
            return
        self._folder = tempfile.TemporaryDirectory(prefix="spinepoi-", ignore_cleanup_errors=True)
        self._computation = computing.Computation(self._session, keepEdits=parameters.keepEdits)
        self._steps.start(self._taking(parameters.subregions, parameters.vertebrae))
        self.say("")
        self._occasional.show(False, self._ui.diagnosticsButton)
        self._showProgress(0.0, _("writing the maps"))
        self._showButton()

    def _taking(self, subregions: Any, vertebrae: Any) -> Iterator[float]:
        """Take the voxels of the maps, bit by bit, and have them written."""
        try:
            maps = yield from inputs.takingLabelMaps(subregions, vertebrae)
        except SpineTwinError as error:
            self._end(str(error), revert=True)
            return
        folder = Path(self._folder.name)
        # in the files that the worker reads nothing tells who has named the levels
        options = {"unverified": verified.isOpen(vertebrae)}
        self._files.start(lambda: computing.writeMaps(maps, folder), lambda files: self._onWritten(files, options))

    def cancel(self) -> None:
        """End the computation; the scene will be as before."""
        if self._files.busy or self._steps.busy:
            self._steps.stop()
            self._files.stop()
            self._end(_("Cancelled; nothing was changed."), revert=True)
        else:
            self._worker.cancel()

    def sceneClosed(self) -> None:
        """End the computation because the scene goes; there is nothing to go back to."""
        self._computation = None
        self.cancel()

    def _onWritten(self, files: dict[str, Path], options: dict[str, bool]) -> None:
        output = Path(files["subregions"]).parent / "result"
        output.mkdir()
        self._worker.start("poi", files, options, output)

    def _onFailed(self, error: Exception) -> None:
        self._end(str(error), revert=True)

    def _onEvent(self, event: Event) -> None:
        if isinstance(event, Progress):
            self._showProgress(event.fraction, event.message)
        elif isinstance(event, LevelReady) and self._computation is not None:
            self._computation.levelReady(event.path, event.frame)

    def _onFinished(self, verdict: Verdict) -> None:
        computation = self._computation
        if verdict.state is State.FINISHED and verdict.result is not None and computation is not None:
            path, summary = verdict.result.paths["points"], verdict.result.summary
            self._files.start(lambda: read_pois(path), lambda pois: self._onRead(pois, summary))
            return
        self._occasional.show(verdict.state is State.FAILED, self._ui.diagnosticsButton)
        self._end(verdict.text, revert=True)

    def _onRead(self, pois: PoiSet, summary: str) -> None:
        if self._computation is not None:
            self._computation.finish(pois)
        self._end(summary, revert=False)
        if self._session.level is None:
            self._session.step(1)

    def _end(self, text: str, *, revert: bool) -> None:
        computation, self._computation = self._computation, None
        if revert and computation is not None:
            computation.revert()
        self._tidy()
        self._occasional.show(False, self._ui.progressFrame)
        self.say(text)
        self._showButton()

    def _tidy(self) -> None:
        if self._folder is not None:
            self._folder.cleanup()
            self._folder = None

    def _showProgress(self, fraction: float, message: str) -> None:
        left = self._worker.remainingSeconds
        remaining = "" if left is None else " - " + _("{seconds} s left").format(seconds=round(left))
        self._occasional.show(True, self._ui.progressFrame)
        self._ui.progressBar.value = round(100 * fraction)
        self._ui.progressBar.setFormat(f"%p %  {message}{remaining}")

    def _showButton(self) -> None:
        button, problem = self._ui.computeButton, self._problem
        button.enabled = not self.busy and not problem
        if self.busy:
            button.text = _("Computing...")
        elif problem:
            button.text = problem
        else:
            button.text = _("Compute again") if self._session.edits.levels else _("Compute points")
        button.toolTip = problem or _("Levels appear as they are ready; the application can be used meanwhile")
        for each in (self._ui.subregionsSelector, self._ui.vertebraeSelector, self._ui.loadButton):
            each.enabled = not self.busy

    def _onDiagnostics(self) -> None:
        qt.QApplication.clipboard().setText(self._worker.diagnostics())
        slicer.util.showStatusMessage(_("Copied"), 3000)

    def say(self, text: str) -> None:
        """Tell how the last thing went, in a sentence."""
        self._ui.statusLabel.text = text
        self._occasional.show(bool(text), self._ui.statusLabel)
