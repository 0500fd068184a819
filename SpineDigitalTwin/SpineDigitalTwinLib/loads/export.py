"""The model and its loads into files, from section Export."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING

from slicer.i18n import tr as _
from spinetwin.errors import SpineTwinError

from ..messages import Message
from ..running.background import Background
from ..running.folders import existing
from . import handover, meshes

if TYPE_CHECKING:
    from spinetwin.jobs import Verdict

    from ..parameters import SpineDigitalTwinParameters
    from .panel import LoadsPanel


class LoadsExport:
    """Lets the worker write what `spinetwin simulate` writes, of the points of the scene and of the form.

    Parameters
    ----------
    ui : namespace of widgets
    parameters : callable
        Returns the parameters of the scene as it is now.
    background : Background
        Writes the files.
    loads : LoadsPanel
        Has the result.
    """

    def __init__(
        self,
        ui: SimpleNamespace,
        parameters: Callable[[], SpineDigitalTwinParameters],
        background: Background,
        loads: LoadsPanel,
    ) -> None:
        self._ui, self._parameters, self._background, self._loads = ui, parameters, background, loads
        self._message = Message(ui.exportMessage)
        ui.exportLoadsButton.connect("clicked()", self.write)
        ui.exportFolder.connect("currentPathChanged(QString)", lambda *_: self.refresh())

    def refresh(self) -> None:
        """Say on the button what is missing."""
        missing = "" if self._loads.current else _("Compute loads first, in section Biomechanics")
        missing = missing or ("" if self._ui.exportFolder.currentPath else _("Choose a folder"))
        self._ui.exportLoadsButton.enabled = not missing and not self._background.busy
        self._ui.exportLoadsButton.text = missing or _("Write model and loads")

    def write(self) -> None:
        """Write model, loads, report and the files for other programs in the background, with the interval.

        Models in the scene that are called like a vertebra are its mesh in the file for OpenSim.
        """
        self._message.clear()
        answer = self._loads.answer
        if answer is None or not self._loads.current:
            return
        name = self._parameters().exportName or "spine"
        try:
            folder = existing(self._ui.exportFolder.currentPath)
            scratch = self._background.scratch()
            files = handover.files(answer, name, scratch)
            mesh = meshes.write(scratch / "meshes", answer.model.levels)
        except SpineTwinError as error:
            self._message.fail(error)
            return
        options = handover.options(answer, self._parameters()) | {"name": name, "export": "all"}
        files |= {} if mesh is None else {"surfaces": mesh}
        self._background.start(_("Loads:"), "simulate", files, options, folder, self._onWritten)

    def _onWritten(self, verdict: Verdict) -> None:
        names = ", ".join(Path(path).name for path in verdict.result.paths.values())
        self._message.say(_("Written: {names}").format(names=names))

    def forget(self) -> None:
        """Say nothing of a scene that is closed."""
        self._message.clear()
