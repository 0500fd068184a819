"""Sections Points of interest and Export: where the label maps go from here."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import ctk
import slicer
from slicer.i18n import tr as _
from SpinePOILib import pointnodes
from spinetwin.errors import SpineTwinError

from .maps import labelfiles
from .messages import Message
from .running.background import Background
from .running.folders import existing
from .running.steps import StepRunner

if TYPE_CHECKING:
    from spinetwin.jobs import Verdict

    from .parameters import SpineDigitalTwinParameters

FORMATS = (".nii.gz", ".nrrd", ".mha", ".nii")


class ExportPanel:
    """Hands the label maps over: to Spine POI, and into files.

    Parameters
    ----------
    ui : namespace of widgets
    parameters : callable
        Returns the parameters of the scene as it is now.
    background : Background
        Writes the files.
    problem : callable
        Says what is missing before there is something to hand over; "" when nothing is.
    """

    def __init__(
        self,
        ui: SimpleNamespace,
        parameters: Callable[[], SpineDigitalTwinParameters],
        background: Background,
        problem: Callable[[], str],
    ) -> None:
        self._ui, self._parameters, self._background, self._problem = ui, parameters, background, problem
        self._message = Message(ui.exportMessage)
        self._steps = StepRunner(lambda _fraction: None, self.refresh)
        ui.exportFolder.filters = ctk.ctkPathLineEdit.Dirs
        ui.exportFormatBox.clear()
        ui.exportFormatBox.addItems(FORMATS)
        ui.openPOIButton.connect("clicked()", self.openPOI)
        ui.exportButton.connect("clicked()", self.write)
        ui.exportFolder.connect("currentPathChanged(QString)", lambda *_: self.refresh())
        ui.exportFormatBox.connect("currentIndexChanged(int)", self._onFormat)

    def refresh(self) -> None:
        """Say on each button what is missing."""
        problem = self._problem()
        folder = self._ui.exportFolder.currentPath
        self._ui.openPOIButton.enabled = not problem
        self._ui.openPOIButton.text = problem or _pointsText(pointnodes.outdated())
        missing = problem or ("" if folder else _("Choose a folder"))
        self._ui.exportButton.enabled = not missing and not self.busy
        self._ui.exportButton.text = missing or _("Write label maps")
        self._ui.exportFormatBox.currentIndex = FORMATS.index(self._parameters().exportFormat)

    @property
    def busy(self) -> bool:
        """Whether files are being written, or something else is running."""
        return self._steps.busy or self._background.busy

    def _onFormat(self, index: int) -> None:
        if index >= 0:
            self._parameters().exportFormat = FORMATS[index]

    def openPOI(self) -> None:
        """Open the module Spine POI with the same label maps."""
        from SpinePOI import SpinePOILogic

        target, parameters = SpinePOILogic().getParameterNode(), self._parameters()
        target.subregions, target.vertebrae = parameters.subregions, parameters.vertebrae
        slicer.util.selectModule("SpinePOI")

    def write(self) -> None:
        """Write both label maps in the background."""
        self._message.clear()
        parameters = self._parameters()
        try:
            folder = existing(self._ui.exportFolder.currentPath)
        except SpineTwinError as error:
            self._message.fail(error)
            return
        options = {"name": parameters.exportName or "spine", "format": parameters.exportFormat}
        nodes = parameters.subregions, parameters.vertebrae
        self._steps.start(self._writing(nodes, options, folder))

    def _writing(self, nodes: tuple[Any, Any], options: dict[str, str], folder: Path) -> Iterator[float]:
        try:
            files = yield from labelfiles.writingForWorker(*nodes, self._background.scratch())
        except SpineTwinError as error:
            self._message.fail(error)
            return
        self._background.start(_("Export:"), "export", files, options, folder, self._onWritten)

    def _onWritten(self, verdict: Verdict) -> None:
        self._message.say(_("Written: {names}").format(names=verdict.result.summary))

    def forget(self) -> None:
        """Say nothing of a scene that is closed, and write nothing of it any more."""
        self._steps.stop()
        self._message.clear()


def _pointsText(outdated: list[str]) -> str:
    if not outdated:
        return _("Compute points of interest in Spine POI")
    return _("Compute points again in Spine POI: those of {levels} are older than the maps").format(levels=", ".join(outdated))
