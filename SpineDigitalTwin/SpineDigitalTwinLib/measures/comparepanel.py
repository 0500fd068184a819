"""The comparison of section Measurements: what has changed since an earlier study of the same person."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING

import ctk
from slicer.i18n import tr as _
from spinetwin.errors import SpineTwinError

from .. import rolenodes
from ..messages import Message
from ..running.background import Background
from . import results, tables, texts

if TYPE_CHECKING:
    from spinetwin.jobs import Verdict
    from spinetwin.measure.changes import Change

    from .results import Study

_STRONG = (0.702, 0.149, 0.118)


class ComparePanel:
    """Compares the study of the scene with an earlier one: its measurements, or its points, which are measured first.

    Parameters
    ----------
    ui : namespace of widgets
    background : Background
        Measures the points of an earlier study.
    message : Message
        Says what went wrong.
    changed : callable
        Called when another earlier study is there, or none any more.
    """

    def __init__(self, ui: SimpleNamespace, background: Background, message: Message, changed: Callable[[], None]) -> None:
        from SpinePOILib.panel.tables import Table

        self._ui, self._background, self._message, self._changed = ui, background, message, changed
        self._table = Table(ui.changesTable, (_("Measurement"), _("Before"), _("After"), _("Change")), 0)
        self._study: Study | None = None
        self._shown: object = None
        ui.earlierFile.filters = ctk.ctkPathLineEdit.Files
        ui.earlierFile.connect("currentPathChanged(QString)", lambda *_: self._onFile())
        ui.compareButton.connect("clicked()", self.compare)
        ui.showChangesButton.connect("clicked()", self.showChanges)
        ui.endCompareButton.connect("clicked()", self.end)

    def refresh(self, study: Study | None) -> None:
        """Show the changes, where the scene has an earlier study."""
        self._study = study
        self._onFile()
        state = (study, results.stamp(results.EARLIER))
        if state == self._shown:
            return
        self._shown = state
        different = self._different()
        self._ui.changesFrame.setVisible(different is not None)
        if different is not None and self._study is not None:
            self._ui.changesLabel.text = self._text(different)
            rows = texts.changesFirst(different, self._study.found)
            self._table.show(dict(enumerate(_cells(row) for row in rows)))

    def compare(self) -> None:
        """Take the file as the earlier study."""
        self._message.clear()
        path = Path(self._ui.earlierFile.currentPath)
        try:
            if results.read(path) is not None:
                self._take(path, path.name)
                return
        except SpineTwinError as error:
            self._message.fail(error)
            return
        folder = self._background.scratch()
        about = _("{name}, from its points alone").format(name=path.name)
        self._background.start(
            _("Measuring the earlier study:"),
            "measure",
            {"points": path},
            {},
            folder,
            lambda verdict: self._onMeasured(verdict, about),
        )

    def _onMeasured(self, verdict: Verdict, about: str) -> None:
        self._take(Path(verdict.result.paths["measurements"]), about)

    def _take(self, path: Path, about: str) -> None:
        results.keep(results.EARLIER, path, about)
        self.update()
        self._changed()

    def update(self) -> None:
        """Compare again, because one of the studies is another one."""
        different = self._different()
        if different is not None:
            tables.addChanges(different)
        self.refresh(self._study)

    def showChanges(self) -> None:
        """Bring the table of all changes into view; it is made again where it was removed."""
        different = self._different()
        if different is not None:
            found = rolenodes.find("vtkMRMLTableNode", tables.CHANGES)
            rolenodes.showTable(found or tables.addChanges(different))

    def end(self) -> None:
        """Take the earlier study and the changes out of the scene."""
        results.forget(results.EARLIER)
        rolenodes.remove("vtkMRMLTableNode", [tables.CHANGES])
        self.refresh(self._study)
        self._changed()

    def _onFile(self) -> None:
        path = self._ui.earlierFile.currentPath
        self._ui.compareButton.enabled = bool(path) and not self._background.busy
        self._ui.compareButton.text = _("Compare") if path else _("Choose a file")

    def _different(self) -> tuple[Change, ...] | None:
        """Return what changed; None without two studies."""
        from spinetwin.measure.changes import changes

        earlier = results.study(results.EARLIER)
        if self._study is None or earlier is None:
            return None
        return changes(earlier.found, self._study.found)

    def _text(self, different: tuple[Change, ...]) -> str:
        earlier = results.study(results.EARLIER)
        name = earlier.about if earlier is not None else ""
        text = _("Against {name}: {sure} of {count} numbers changed by more than the uncertainty of the points.").format(
            name=name, sure=sum(bool(each.sure) for each in different), count=len(different)
        )
        if earlier is not None and self._study is not None and _curves(earlier) != _curves(self._study):
            text += " " + _("The studies do not have equally many curves, so these are not compared.")
        return text


def _curves(study: Study) -> int:
    return sum(not each.missing for each in study.found.of("cobb_patient"))


def _cells(row: texts.ChangeRow) -> list:
    from SpinePOILib.panel.tables import Cell

    ink = _STRONG if row.sure else None
    return [Cell(row.what, ink=ink), Cell(row.before), Cell(row.after), Cell(row.change, ink=ink)]
