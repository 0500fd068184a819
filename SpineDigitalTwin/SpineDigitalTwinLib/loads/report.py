"""The report of the loads that are shown, written by the worker and opened in the browser."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING

import slicer
from slicer.i18n import tr as _
from spinetwin.errors import SpineTwinError

from ..messages import Message
from ..running.background import Background
from ..running.browser import openInBrowser
from . import handover, keeping

if TYPE_CHECKING:
    from spinetwin.jobs import Verdict

    from ..parameters import SpineDigitalTwinParameters
    from .answers import Answer
    from .panel import LoadsPanel

PAGE = "loads.html"


class LoadsReport:
    """One report at a time; that of loads which have not changed since is opened again as it is.

    Parameters
    ----------
    ui : namespace of widgets
    parameters : callable
        Returns the parameters of the scene as it is now.
    background : Background
        Writes the report.
    loads : LoadsPanel
        Has the result.

    Attributes
    ----------
    openPage : callable
        Takes the page.
    """

    def __init__(
        self,
        ui: SimpleNamespace,
        parameters: Callable[[], SpineDigitalTwinParameters],
        background: Background,
        loads: LoadsPanel,
    ) -> None:
        self._ui, self._parameters, self._background, self._loads = ui, parameters, background, loads
        self._message = Message(ui.loadsMessage)
        self._folder: tempfile.TemporaryDirectory[str] | None = None
        self._written: object = None
        self.openPage: Callable[[Path], object] = openInBrowser
        ui.loadsReportButton.connect("clicked()", self.open)

    def refresh(self) -> None:
        """Offer the report of loads that are those of the points and of the form."""
        current = self._loads.current
        self._ui.loadsReportButton.enabled = current and not self._background.busy
        self._ui.loadsReportButton.toolTip = (
            _("Bars, joints, muscles and what not to trust, with what these loads are compared with, as a page in the browser")
            if current
            else _("Points or form have changed since: compute again first")
        )

    def open(self) -> None:
        """Open the report, written first unless that was done."""
        answer = self._loads.answer
        if answer is None or not self._loads.current:
            return
        if self._folder is not None and self._written == _stamp(answer):
            self.openPage(Path(self._folder.name) / PAGE)
            return
        self._message.clear()
        self.forget()
        try:
            files = handover.files(answer, self._parameters().exportName or "spine", self._background.scratch())
        except SpineTwinError as error:
            self._message.fail(error)
            return
        folder = tempfile.TemporaryDirectory(prefix="spinetwin-", dir=slicer.app.temporaryPath, ignore_cleanup_errors=True)
        options, stamp = handover.options(answer, self._parameters()), _stamp(answer)
        self._background.start(
            _("Report:"),
            "simulate",
            files,
            options,
            folder.name,
            lambda verdict: self._onWritten(verdict, folder, stamp),
            folder.cleanup,
        )

    def _onWritten(self, _verdict: Verdict, folder: tempfile.TemporaryDirectory[str], stamp: object) -> None:
        self._folder, self._written = folder, stamp
        self.openPage(Path(folder.name) / PAGE)

    def forget(self) -> None:
        """Remove the report, for a scene that is closed or a panel that goes away."""
        if self._folder is not None:
            self._folder.cleanup()
        self._folder = self._written = None


def _stamp(answer: Answer) -> object:
    """Return what is another one whenever the report would be."""
    return answer.question, answer.points, keeping.text()
