"""The section Compare: another reader, or the rules, against the points of the scene."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from pathlib import Path
from types import SimpleNamespace

import slicer
from slicer.i18n import tr as _
from spinetwin.errors import SpineTwinError
from spinetwin.measure.agreement import AXES, Agreement, Statistics
from spinetwin.poi import PoiSet

from .. import compare, storage
from ..session import Change, Session
from .files import askOpen
from .folding import Occasional
from .tables import Cell, Table


class ComparePanel:
    """Compares once, and again whenever a point moves, until the comparison is ended.

    Attributes
    ----------
    open : callable
        Asks a person for files; tests answer themselves.
    """

    def __init__(self, ui: SimpleNamespace, session: Session) -> None:
        self._ui, self._session = ui, session
        self.open: Callable[[], Sequence[str]] = askOpen
        self._other: Callable[[PoiSet], PoiSet] | None = None
        self._name = ""
        self._occasional = Occasional(ui.compareSection)
        titles = [_("Level"), _("n"), _("mean"), _("SD"), _("median"), _("95 %"), _("largest")]
        self._table = Table(ui.compareTable, titles, wide=0)
        ui.compareComputedButton.connect("clicked()", self._onComputed)
        ui.compareFileButton.connect("clicked()", self._onFile)
        ui.endCompareButton.connect("clicked()", self.end)
        ui.compareTable.connect("itemSelectionChanged()", self._onLevel)
        for axis, button in zip(AXES, (ui.plotRightButton, ui.plotAnteriorButton, ui.plotSuperiorButton), strict=True):
            button.connect("clicked()", lambda axis=axis: self._onPlot(axis))
        self._show(None)

    def refresh(self, changes: set[Change]) -> None:
        """Follow the points."""
        if Change.POINTS in changes:
            for button in (self._ui.compareComputedButton, self._ui.compareFileButton):
                button.enabled = bool(self._session.edits.levels)
            if self._other is not None:
                self._compare()

    def end(self) -> None:
        """Take tables, plots and lines out of the scene."""
        self._other = None
        compare.remove()
        self._show(None)

    def forget(self) -> None:
        """End the comparison because the scene goes, and all that was made for it."""
        self._other = None
        self._show(None)

    def _onComputed(self) -> None:
        self._name, self._other = _("the computed points"), compare.computedSet
        self._compare()

    def _onFile(self) -> None:
        paths = list(self.open())
        if not paths:
            return
        try:
            loaded = storage.read([Path(each) for each in paths])
        except SpineTwinError as error:
            self._ui.compareLabel.text = str(error)
            return
        self._name, self._other = Path(paths[0]).name, lambda _pois: loaded.pois
        self._compare()

    def _compare(self) -> None:
        if self._other is None:
            return
        now = self._session.pois()
        other = self._other(now)
        agreement = compare.agree(other, now)
        compare.addTables(agreement)
        compare.addPlots(agreement)
        compare.showLines(other, now)
        self._show(agreement)

    def _show(self, agreement: Agreement | None) -> None:
        from spinetwin.anatomy import level as levelOf
        from spinetwin.io.markups import level_color

        ui = self._ui
        plots = ui.plotLabel, ui.plotRightButton, ui.plotAnteriorButton, ui.plotSuperiorButton
        self._occasional.show(agreement is not None, ui.compareTable, *plots, ui.endCompareButton)
        if agreement is None:
            ui.compareLabel.text = _("How far each point of the scene lies from the same point elsewhere, in mm.")
            return
        ui.compareLabel.text = _("Against {name}: {summary}").format(name=self._name, summary=compare.summary(agreement))
        rows = {
            level: [Cell(levelOf(level).name, square=level_color(level)), *_cells(numbers)]
            for level, numbers in agreement.by_level().items()
        }
        self._table.show(rows)

    def _onLevel(self) -> None:
        chosen = self._table.chosen()
        if chosen:
            self._session.choose(chosen[0])

    def _onPlot(self, axis: str) -> None:
        from slicer.util import getNodesByClass

        charts = {node.GetAttribute(compare.TABLE): node for node in getNodesByClass("vtkMRMLPlotChartNode")}
        chart = charts.get(f"chart {axis}")
        if chart is not None and slicer.app.layoutManager() is not None:
            slicer.modules.plots.logic().ShowChartInLayout(chart)


def _cells(numbers: Statistics) -> list[Cell]:
    values = (numbers.mean, numbers.sd, numbers.median, numbers.percentile_95, numbers.maximum)
    return [Cell(str(numbers.n)), *(Cell("-" if math.isnan(value) else f"{value:.2f}") for value in values)]
