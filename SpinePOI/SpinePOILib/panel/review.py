"""The section Review: level after level in the same views, one key a verdict."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from types import SimpleNamespace
from typing import TYPE_CHECKING

import qt
from slicer.i18n import tr as _
from spinetwin.errors import SpineTwinError

from .. import review
from ..session import Change, Session
from .files import askSave
from .keys import Keys
from .look import AMBER, GREEN, RED

if TYPE_CHECKING:
    from ..parameters import SpinePOIParameters

_VERDICTS = (("accept", "1", GREEN), ("suspect", "2", AMBER), ("reject", "3", RED))


class ReviewPanel:
    """Shows each level in fixed views while the section is open, and writes verdicts down.

    Attributes
    ----------
    save : callable
        Asks a person for a name; tests answer themselves.
    """

    def __init__(self, ui: SimpleNamespace, session: Session, parameters: Callable[[], SpinePOIParameters]) -> None:
        self._ui, self._session, self._parameters = ui, session, parameters
        self.save: Callable[[str, str, str], str] = askSave
        self._view = review.FIXED_VIEWS[0]
        self.keys = Keys({key: partial(self._onKey, verdict) for verdict, key, _colour in _VERDICTS})
        self._buttons = {"accept": ui.acceptButton, "suspect": ui.suspectButton, "reject": ui.rejectButton}
        for verdict, button in self._buttons.items():
            button.connect("clicked()", lambda verdict=verdict: self.judge(verdict))
        for view in review.FIXED_VIEWS:
            button = qt.QPushButton(_(view.name))
            button.toolTip = _("Look at the level from here in 3D")
            button.connect("clicked()", lambda view=view: self._onView(view))
            ui.fixedViewRow.addWidget(button)
        ui.notesEdit.connect("editingFinished()", self._onNotes)
        ui.saveReviewButton.connect("clicked()", self._onSave)
        ui.reviewSection.connect("contentsCollapsed(bool)", lambda collapsed: None if collapsed else self._begin())

    @property
    def active(self) -> bool:
        """Whether a person is reviewing: the section is open."""
        return not self._ui.reviewSection.collapsed

    def _onKey(self, verdict: str) -> None:
        if self.active:
            self.judge(verdict)

    def judge(self, verdict: str) -> None:
        """Write a verdict on the chosen level down, and go to the next that nobody has judged."""
        level = self._session.level
        if level is None:
            return
        review.judge(level, verdict, self._parameters().reader)
        self._onNotes()
        self._session.tell(Change.REVIEW)
        following = review.nextOpen(level)
        if following is not None:
            self._session.choose(following)

    def refresh(self, changes: set[Change]) -> None:
        """Show the level, its verdict and how far the review is."""
        from spinetwin.anatomy import level as levelOf

        ui, level = self._ui, self._session.level
        if self.active and Change.LEVEL in changes and level is not None:
            review.lookAt(level, self._view)
        records = review.current().records
        levels = self._session.edits.levels
        record = records.get(level) if level is not None else None
        ui.reviewLevel.text = levelOf(level).name if level is not None else ""
        done = sum(each in records for each in levels)
        ui.reviewProgress.text = _("{done} of {all} judged").format(done=done, all=len(levels))
        for verdict, _key, colour in _VERDICTS:
            button = self._buttons[verdict]
            button.enabled = level is not None
            chosen = record is not None and record.verdict == verdict
            button.styleSheet = _background(colour) if chosen else ""
        ui.notesEdit.enabled = level is not None
        if changes & {Change.LEVEL, Change.REVIEW}:
            ui.notesEdit.text = record.notes if record is not None else ""
        ui.saveReviewButton.enabled = bool(levels)

    def _begin(self) -> None:
        if self._session.level is None:
            self._session.choose(review.nextOpen(None))
        elif review.lookAt(self._session.level, self._view):
            self.refresh({Change.LEVEL})

    def _onView(self, view: review.FixedView) -> None:
        self._view = view
        if self._session.level is not None:
            review.lookAt(self._session.level, view)

    def _onNotes(self) -> None:
        """Keep the notes; those on a level that is not judged yet wait for the verdict."""
        level, notes = self._session.level, self._ui.notesEdit.text
        record = review.current().records.get(level) if level is not None else None
        if record is not None and record.notes != notes:
            review.note(level, notes)

    def _onSave(self) -> None:
        path = self.save(_("Save the review"), "review.csv", ".csv")
        if not path:
            return
        try:
            review.save(path if path.lower().endswith(".csv") else f"{path}.csv")
        except SpineTwinError as error:
            self._ui.reviewProgress.text = str(error)
            return
        self._ui.reviewProgress.text = _("Saved")


def _background(colour: tuple[float, float, float]) -> str:
    red, green, blue = (round(255 * each) for each in colour)
    return f"background: rgb({red}, {green}, {blue}); color: black; font-weight: bold;"
