"""The plot of section Measurements: which quantity, and bringing it into view."""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace
from typing import TYPE_CHECKING

from slicer.i18n import tr as _
from slicer.util import VTKObservationMixin, getNodesByClass

from .. import rolenodes
from . import plots, results

if TYPE_CHECKING:
    from spinetwin.report.measures.profiles import Profile

    from ..parameters import SpineDigitalTwinParameters
    from .results import Study


class PlotPanel(VTKObservationMixin):
    """Chooses a profile and shows it.

    Parameters
    ----------
    ui : namespace of widgets
    parameters : callable
        Returns the parameters of the scene as it is now.
    """

    def __init__(self, ui: SimpleNamespace, parameters: Callable[[], SpineDigitalTwinParameters]) -> None:
        VTKObservationMixin.__init__(self)
        self._ui, self._parameters = ui, parameters
        self._study: Study | None = None
        self._profiles: list[Profile] = []
        ui.profileBox.connect("currentIndexChanged(int)", self._onProfile)
        ui.showPlotButton.connect("clicked()", self.show)

    def refresh(self, study: Study | None) -> None:
        """Offer the profiles of a study."""
        if study is not self._study:
            self._study, self._profiles = study, plots.profiles(study.found) if study is not None else []
        self._fill()
        self._ui.profileBox.enabled = self._ui.showPlotButton.enabled = bool(self._profiles)
        self._ui.showPlotButton.text = _("Show plot") if self._profiles else _("Too few levels for a plot")
        self._followViews()

    def _fill(self) -> None:
        box, titles = self._ui.profileBox, [each.title for each in self._profiles]
        blocked = box.blockSignals(True)
        if [box.itemText(row) for row in range(box.count)] != titles:
            box.clear()
            box.addItems(titles)
        chosen = self._parameters().profile
        box.currentIndex = titles.index(chosen) if chosen in titles else 0 if titles else -1
        box.blockSignals(blocked)

    def _onProfile(self, index: int) -> None:
        if 0 <= index < len(self._profiles):
            self._parameters().profile = self._profiles[index].title
            self.update()

    def show(self) -> None:
        """Bring the chosen profile into a plot view."""
        chart = self._make()
        if chart is not None:
            plots.inView(chart)

    def update(self) -> None:
        """Draw the chosen profile anew, if there is a plot."""
        if rolenodes.find(plots.CHART, plots.ROLE) is not None and self._make() is not None:
            plots.nameTicks()

    def close(self) -> None:
        """Stop following the views."""
        self.removeObservers()

    def _make(self) -> object | None:
        index = self._ui.profileBox.currentIndex
        if self._study is None or not 0 <= index < len(self._profiles):
            return None
        earlier = results.study(results.EARLIER)
        return plots.show(self._profiles[index], self._study.found, earlier.found if earlier is not None else None)

    def _followViews(self) -> None:
        """Names belong beside our charts only: notice it when a view shows another one."""
        for view in getNodesByClass("vtkMRMLPlotViewNode"):
            if not self.hasObserver(view, "ModifiedEvent", self._onView):
                self.addObserver(view, "ModifiedEvent", self._onView)
        plots.nameTicks()

    def _onView(self, *_arguments: object) -> None:
        plots.nameTicks()
