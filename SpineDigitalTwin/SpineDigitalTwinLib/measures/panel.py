"""Section Measurements: measure the points of the scene, see what matters at a glance, and go on from there."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING

import qt
import slicer
from slicer.i18n import tr as _
from spinetwin.errors import SpineTwinError

from .. import rolenodes
from ..maps import labelfiles
from ..messages import Message
from ..running.background import Background
from ..running.browser import openInBrowser
from ..running.steps import StepRunner
from . import live, results, tables, texts
from .cobbpanel import CobbPanel
from .comparepanel import ComparePanel
from .files import ResultFolders
from .plotpanel import PlotPanel

if TYPE_CHECKING:
    from spinetwin.jobs import Verdict

    from ..parameters import SpineDigitalTwinParameters
    from .results import Study

_STRONG, _PALE = (0.702, 0.149, 0.118), (0.5, 0.5, 0.5)
_NO_POINTS = _("Compute or load points of interest first")


class MeasurePanel:
    """Measures, and shows what was measured.

    Parameters
    ----------
    ui : namespace of widgets
    parameters : callable
        Returns the parameters of the scene as it is now.
    background : Background
        Measures.
    problem : callable
        Says what is wrong with the label maps, without which less is measured; "" when nothing is.
    """

    def __init__(
        self,
        ui: SimpleNamespace,
        parameters: Callable[[], SpineDigitalTwinParameters],
        background: Background,
        problem: Callable[[], str],
    ) -> None:
        from SpinePOILib.panel.tables import Table

        self._ui, self._parameters, self._background, self._problem = ui, parameters, background, problem
        self._message = Message(ui.measureMessage)
        self._summary = Table(ui.summaryTable, (_("Measurement"), _("Value ± SD"), _("Note")), 2)
        self._study: Study | None = None
        self._stamps: object = None
        self._steps = StepRunner(lambda _fraction: None, self._onPoints)
        self._folders = ResultFolders()
        self.chooseFolder: Callable[[], str] = self._askFolder
        self.openPage: Callable[[Path], object] = openInBrowser
        self.cobb = CobbPanel(ui, parameters, self._onScene)
        self.plot = PlotPanel(ui, parameters)
        self.compare = ComparePanel(ui, background, self._message, self.plot.update)
        for button, action in (
            (ui.measureButton, self.measure),
            (ui.showTableButton, self.showTable),
            (ui.openReportButton, self.openReport),
            (ui.exportMeasuresButton, self.export),
        ):
            button.connect("clicked()", action)

    # --- what is seen -------------------------------------------------------------------------------------------------

    def refresh(self) -> None:
        """Show what can be measured, and what was."""
        self._follow()
        self.cobb.refresh()
        self._onPoints()
        self._ui.resultsFrame.setVisible(self._study is not None)
        report = self._folders.page() is not None
        self._ui.openReportButton.enabled = report
        self._ui.openReportButton.toolTip = (
            _("The report of this measurement in the browser")
            if report
            else _("A report is not saved with the scene: measure again for one")
        )
        self.plot.refresh(self._study)
        self.compare.refresh(self._study)

    def _follow(self) -> None:
        """Read the study of the scene once as long as it stays."""
        before, self._stamps = self._stamps, _stamps()
        if before == self._stamps:
            return
        self._study = results.study(results.NOW)
        rows = texts.summary(self._study.found) if self._study is not None else []
        self._summary.show(dict(enumerate(_cells(row) for row in rows)))

    def _onScene(self) -> None:
        """Follow the points, and a study that a person took out of the scene."""
        if self._stamps != _stamps():
            self.refresh()
        else:
            self._onPoints()

    def _onPoints(self) -> None:
        """Say what would be measured; called after every change of a point, so it has to be quick."""
        positions = self.cobb.positions()
        problem = "" if positions else _NO_POINTS
        self._ui.measureButton.enabled = not problem and not self.busy
        self._ui.measureButton.text = problem or (_("Measure again") if self._study is not None else _("Measure"))
        self._ui.measureState.text = self._stateText(positions)
        self._ui.measureState.setVisible(bool(positions))
        stale = self._study is not None and self._study.points != live.digest(positions)
        self._ui.staleLabel.text = (
            _("The points have changed since. Measure again: only the Cobb lines follow by themselves.")
            if positions
            else _("The points that were measured are not in the scene any more.")
        )
        self._ui.staleLabel.setVisible(stale)

    def _stateText(self, positions: live.Positions) -> str:
        from spinetwin.anatomy import level

        levels = list(dict.fromkeys(key for key, _point in positions))
        if not levels:
            return ""
        text = _("✓ {count} points of {first} to {last}").format(
            count=len(positions), first=level(levels[0]).name, last=level(levels[-1]).name
        )
        problem = self._problem()
        if problem:
            return _("{points}; areas and volumes stay missing ({problem})").format(points=text, problem=problem)
        return _("{points}, with the label maps of section 1").format(points=text)

    # --- measuring ----------------------------------------------------------------------------------------------------

    def measure(self) -> None:
        """Let the worker measure the points of the scene, with the label maps where there are such."""
        self._message.clear()
        self._steps.start(self._writing())

    @property
    def busy(self) -> bool:
        """Whether files are being written for the worker, or something is running."""
        return self._steps.busy or self._background.busy

    def _writing(self) -> Iterator[float]:
        """Write what the worker reads, one file at each step, and start it."""
        from SpinePOILib import pointnodes
        from spinetwin.io import write_pois

        parameters, scratch = self._parameters(), self._background.scratch()
        measured = live.digest(self.cobb.positions())
        files = {"points": scratch / "points.mrk.json"}
        try:
            write_pois(files["points"], pointnodes.readAll())
            yield 0.3
            if not self._problem():
                files |= yield from labelfiles.writingForWorker(parameters.subregions, parameters.vertebrae, scratch)
        except SpineTwinError as error:
            self._message.fail(error)
            return
        self._background.start(
            _("Measuring:"), "measure", files, {}, self._folders.begin(), lambda verdict: self._onMeasured(verdict, measured)
        )

    def _onMeasured(self, verdict: Verdict, points: str) -> None:
        first = self._study is None
        results.keep(results.NOW, verdict.result.paths["measurements"], _("this study"), points)
        results.keepEndplates(verdict.result.paths["endplates"])
        self._folders.arrived()
        self._follow()
        if self._study is not None:
            tables.addTable(self._study.found)
        if first:
            self._parameters().cobbShown = True
        self._message.say(f"{verdict.result.summary}.")
        self.refresh()
        self.plot.update()
        self.compare.update()

    # --- from here ----------------------------------------------------------------------------------------------------

    def showTable(self) -> None:
        """Bring the table of all measurements into view; it is made again where it was removed."""
        if self._study is not None:
            found = rolenodes.find("vtkMRMLTableNode", tables.TABLE)
            rolenodes.showTable(found or tables.addTable(self._study.found))

    def openReport(self) -> None:
        """Open the report in the browser."""
        page = self._folders.page()
        if page is not None:
            self.openPage(page)

    def export(self) -> None:
        """Write measurements and report into a folder."""
        if self._study is None:
            return
        self._message.clear()
        folder = self.chooseFolder()
        if not folder:
            return
        try:
            name = self._parameters().exportName or "spine"
            written = results.export(self._study, Path(folder), name, self._folders.page())
        except SpineTwinError as error:
            self._message.fail(error)
        else:
            self._message.say(_("Written: {names}").format(names=", ".join(path.name for path in written)))

    def _askFolder(self) -> str:
        return str(qt.QFileDialog.getExistingDirectory(slicer.util.mainWindow(), _("Folder for the measurements")) or "")

    # --- the end ------------------------------------------------------------------------------------------------------

    def forget(self) -> None:
        """Say nothing of a scene that is closed, and measure nothing of it any more."""
        self._steps.stop()
        self._message.clear()
        self._study = self._stamps = None
        self._folders.forget()

    def close(self) -> None:
        """End all, for a panel that goes away."""
        self.cobb.close()
        self.plot.close()
        self._folders.forget()

    def cleanup(self) -> None:
        """Remove the folder of a run that came to nothing, once the worker has ended."""
        self._folders.cleanup()


def _stamps() -> tuple[object, ...]:
    return tuple(results.stamp(each) for each in (results.NOW, results.EARLIER))


def _cells(row: texts.Row) -> list:
    from SpinePOILib.panel.tables import Cell

    ink = _STRONG if row.bold else _PALE if row.missing else None
    return [Cell(row.what, ink=ink), Cell(row.value, ink=ink), Cell(row.note, ink=ink, toolTip=row.more)]
