"""The result of section Biomechanics: what to mind, bars, and the table of the joints."""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace
from typing import TYPE_CHECKING

import qt

from ..messages import FAILED
from . import bars, paint, texts
from .table import LoadsTable

if TYPE_CHECKING:
    from spinetwin.biomechanics.results import PastLoads

    from .answers import Answer

_NARROWEST = 260
_BAD = "background: #fbe3e1; color: #8c1d18; border: 1px solid #d98f8a; border-radius: 3px; padding: 4px;"


class ResultView:
    """Shows one answer, and what it is compared with.

    Parameters
    ----------
    ui : namespace of widgets
    """

    def __init__(self, ui: SimpleNamespace) -> None:
        from spinetwin.biomechanics.results import RESEARCH_USE

        self._ui = ui
        self.table = LoadsTable(ui.loadsTable)
        self._answer: Answer | None = None
        self._kept: PastLoads | None = None
        self._painted: tuple[Answer, PastLoads | None, int] | None = None
        self._resized = _Resized(self._paint)
        self._tip = ui.barsLabel.toolTip
        ui.barsLabel.installEventFilter(self._resized)
        ui.researchLabel.text = RESEARCH_USE
        ui.researchLabel.styleSheet = FAILED

    def show(self, answer: Answer | None, kept: PastLoads | None) -> None:
        """Show an answer; without one, nothing changes but what it would be compared with."""
        self._answer, self._kept = answer, kept
        self._ui.endKeptButton.setVisible(kept is not None)
        self._ui.keptLabel.setVisible(kept is not None)
        if answer is None:
            return
        found = answer.found
        self._ui.verdictLabel.text = texts.verdict(found)
        self._ui.verdictLabel.styleSheet = _BAD
        self._ui.verdictLabel.setVisible(not found.trusted)
        self._ui.loadsNotes.text = texts.notes(found, bars.sources(found))
        self._ui.barsLabel.toolTip = "\n".join([self._tip, *bars.published(found)])
        self._ui.keptLabel.text = texts.compared(found, kept) if kept is not None else ""
        self._paint()
        self.table.show(texts.titles(kept), texts.rows(found, answer.spread, kept))

    def close(self) -> None:
        """Let the label go."""
        self._ui.barsLabel.removeEventFilter(self._resized)

    def _paint(self) -> None:
        """Draw the bars as wide as there is room, where they or the room have changed."""
        if self._answer is None:
            return
        width = max(self._ui.barsLabel.width, _NARROWEST)
        painted = self._painted
        if painted is not None and painted[0] is self._answer and painted[1] is self._kept and painted[2] == width:
            return
        self._painted = self._answer, self._kept, width
        shapes = bars.shapes(self._answer.found, self._answer.spread, self._kept, width)
        high = bars.height(self._answer.found)
        self._ui.barsLabel.setFixedHeight(round(high))
        paint.paint(self._ui.barsLabel, shapes, width, high)


class _Resized(qt.QObject):
    """Tells when a widget has another size."""

    def __init__(self, told: Callable[[], None]) -> None:
        qt.QObject.__init__(self)
        self._told = told

    def eventFilter(self, _widget: qt.QObject, event: qt.QEvent) -> bool:
        """Look at an event and let it pass."""
        if event.type() == qt.QEvent.Resize:
            self._told()
        return False
