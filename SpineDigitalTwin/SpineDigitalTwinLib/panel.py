"""The panel as a whole: builds the sections and lets them follow the scene."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import qt
import slicer
from slicer.util import VTKObservationMixin

from .data.panel import DataPanel
from .exportpanel import ExportPanel
from .levels.panel import LevelPanel
from .loads.export import LoadsExport
from .loads.panel import LoadsPanel
from .loads.report import LoadsReport
from .maps import segments
from .maps.panel import LabelPanel
from .measures.panel import MeasurePanel
from .radiographs.panel import RadiographsPanel
from .running.background import Background
from .running.warmup import Warmup
from .segment.panel import SegmentPanel

if TYPE_CHECKING:
    from .parameters import SpineDigitalTwinParameters

_SOON_NEEDED = (
    "vtk.util.numpy_support",
    "scipy.ndimage",
    "scipy.interpolate",
    "spinetwin.poi.merge",
    "spinetwin.poi.axes",
    "spinetwin.measure.frames",
    "spinetwin.measure.known",
    "spinetwin.io.endplates",
    "spinetwin.report.measures",
)


class Panel(VTKObservationMixin):
    """All sections. What changes in the scene is shown once in a turn of the event loop, however often it changed.

    Parameters
    ----------
    ui : namespace of widgets
        Of Resources/UI/SpineDigitalTwin.ui.
    parameters : callable
        Returns the parameters of the scene as it is now.
    makeWorker : callable
        As for `Background`.
    icons : path
        Folder of pictures.
    """

    def __init__(
        self,
        ui: SimpleNamespace,
        parameters: Callable[[], SpineDigitalTwinParameters],
        makeWorker: Callable[..., Any],
        icons: Path,
    ) -> None:
        VTKObservationMixin.__init__(self)
        self._ui, self._parameters = ui, parameters
        self._later = qt.QTimer()
        self._later.setSingleShot(True)
        self._later.connect("timeout()", self.refresh)
        self.warmup = Warmup(_SOON_NEEDED)
        self.background = Background(ui, makeWorker, self._soon)
        self.data = DataPanel(ui, parameters, self.background, icons, self._onLoaded)
        self.segment = SegmentPanel(ui, parameters, self.background, makeWorker, self.data.look, self._onLoaded, self._soon)
        self.labels = LabelPanel(ui, parameters, self.data.problem, lambda: self.levels.takeOver())
        self.levels = LevelPanel(ui, parameters, self.data.problem, self._onCorrected)
        self.measures = MeasurePanel(ui, parameters, self.background, self.data.problem)
        self.loads = LoadsPanel(ui, parameters, self._onLoads)
        self.radiographs = RadiographsPanel(ui, parameters, self.background, self.data.problem)
        self.export = ExportPanel(ui, parameters, self.background, self.data.problem)
        self.exportLoads = LoadsExport(ui, parameters, self.background, self.loads)
        self.loadsReport = LoadsReport(ui, parameters, self.background, self.loads)
        self._observed: Any = None
        self._number()
        self.follow()

    def _number(self) -> None:
        """Count the sections from the top; one that is not there yet has no number."""
        ui = self._ui
        sections = (
            ui.dataSection,
            ui.segmentSection,
            ui.labelMapsSection,
            ui.levelsSection,
            ui.poiSection,
            ui.measureSection,
            ui.loadsSection,
            ui.radiographsSection,
            ui.exportSection,
        )
        for number, section in enumerate(sections, start=1):
            section.text = f"{number}  {section.text}"

    def follow(self) -> None:
        """Show and follow the parameters of the scene, which has others after it was closed or loaded."""
        self.data.guess()
        node = self._parameters().parameterNode
        if node is not self._observed:
            if self._observed is not None:
                self.removeObserver(self._observed, "ModifiedEvent", self._soon)
            self.addObserver(node, "ModifiedEvent", self._soon)
            self._observed = node
        self.refresh()

    def enter(self) -> None:
        """Follow the scene, and load what the first press will need: the panel is opened."""
        self.follow()
        self.warmup.start()

    def leave(self) -> None:
        """Let garbage be collected as ever: another panel is opened."""
        self.warmup.stop()

    def refresh(self) -> None:
        """Let all sections show the state of the scene."""
        if self._parameters().parameterNode.GetScene() is None or slicer.mrmlScene.IsClosing():
            return
        for section in (
            self.data,
            self.segment,
            self.labels,
            self.levels,
            self.measures,
            self.loads,
            self.radiographs,
            self.export,
        ):
            section.refresh()
        self._onLoads()

    def forget(self) -> None:
        """Give up what runs, for a scene that is closed: nothing of it may come into the next one."""
        self.segment.forget()
        self.background.cancel()
        self.data.close()
        segmentation = self._parameters().segmentation
        if segmentation is not None:
            segments.release(segmentation)
        for section in (
            self.labels,
            self.levels,
            self.measures,
            self.loads,
            self.loadsReport,
            self.radiographs,
            self.export,
            self.exportLoads,
        ):
            section.forget()

    def close(self) -> None:
        """End all, for a panel that goes away."""
        self._later.stop()
        self.warmup.close()
        self.removeObservers()
        self.data.close()
        self.segment.close()
        self.labels.forget()
        self.measures.close()
        self.loads.close()
        self.loadsReport.forget()
        self.radiographs.close()
        self.background.close()
        self.measures.cleanup()

    def _soon(self, *_arguments: object) -> None:
        self._later.start(0)

    def _onLoads(self) -> None:
        self.exportLoads.refresh()
        self.loadsReport.refresh()

    def _onLoaded(self) -> None:
        self.labels.show()
        self._soon()

    def _onCorrected(self) -> None:
        self.labels.makeSurfaces()
        self._soon()
