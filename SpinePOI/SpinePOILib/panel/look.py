"""The section Look: levels with their counts, points of the chosen level, families, and what the views show."""

from __future__ import annotations

from types import SimpleNamespace

import qt
from slicer.i18n import tr as _

from .. import display, overview, whiskers
from ..session import Change, Session
from .tables import Cell, Rgb, Table

AMBER: Rgb = (1.0, 0.9, 0.6)
GREY: Rgb = (0.45, 0.45, 0.45)
INK: Rgb = (0.1, 0.1, 0.1)
BLUE: Rgb = (0.85, 0.92, 1.0)
GREEN: Rgb = (0.86, 0.95, 0.86)
RED: Rgb = (0.98, 0.84, 0.82)

_KIND_COLOURS = {
    overview.Kind.SUSPECT: AMBER,
    overview.Kind.MOVED: BLUE,
    overview.Kind.REVIEWED: GREEN,
}
_VERDICT_COLOURS = {"accept": GREEN, "suspect": AMBER, "reject": RED}


class LookPanel:
    """Follows the session, and tells it what a person chooses."""

    def __init__(self, ui: SimpleNamespace, session: Session) -> None:
        self._ui, self._session = ui, session
        titles = [_("Level"), _("ok"), _("suspect"), _("missing"), _("edited"), _("review")]
        self._levels = Table(ui.levelTable, titles, wide=5)
        self._points = Table(ui.pointTable, [_("Point"), _("Status"), _("Moved"), _("Reason")], wide=3)
        ui.pointTable.horizontalHeader().setSectionResizeMode(0, qt.QHeaderView.Interactive)
        ui.pointTable.setColumnWidth(0, 275)
        self._families = {name: self._addFamily(name) for name in display.families()}
        ui.familyRow.addStretch(1)
        self._verdicts: dict[int, str] = {}
        ui.levelTable.connect("itemSelectionChanged()", self._onLevel)
        ui.pointTable.connect("itemSelectionChanged()", self._onPoints)
        for box, change in (
            (ui.tiltedBox, session.tilt),
            (ui.labelsBox, lambda _on: self._showLabels()),
            (ui.axesBox, self._onAxes),
            (ui.beyondBox, display.showBeyondSlice),
            (ui.onlyLevelBox, lambda _on: self._showOnly()),
        ):
            box.connect("toggled(bool)", change)

    def refresh(self, changes: set[Change]) -> None:
        """Show what has changed."""
        if changes & {Change.POINTS, Change.REVIEW, Change.LEVEL}:
            self._showLevels()
        if changes & {Change.POINTS, Change.LEVEL}:
            self._showPoints()
        if Change.POINTS in changes:
            self._applyToNodes()
        if changes & {Change.POINTS, Change.LEVEL} and whiskers.shown():
            whiskers.show(self._session.level)
        if Change.LEVEL in changes:
            self._showLabels()
            self._showOnly()
        self._points.choose(self._session.selection)
        self._showReason()

    def families(self) -> list[str]:
        """Return the families that are shown."""
        return [name for name, button in self._families.items() if button.checked]

    def _addFamily(self, name: str) -> qt.QPushButton:
        title = _familyTitles().get(name, name)
        button = qt.QPushButton(f"✓ {title}")
        button.objectName = f"family_{name.replace(' ', '_')}"
        button.checkable = True
        button.checked = True
        button.toolTip = _("Show or hide these points")
        button.connect("toggled(bool)", lambda on: self._onFamily(button, f"✓ {title}" if on else title))
        self._ui.familyRow.addWidget(button)
        return button

    def _showLevels(self) -> None:
        from spinetwin.io.markups import level_color

        from .. import review

        edits = self._session.edits
        verdicts = {level: str(record.verdict) for level, record in review.current().records.items()}
        rows = {}
        for level in edits.levels:
            row = overview.levelRow(level, edits.points(level).values())
            verdict = verdicts.get(level, "")
            rows[level] = [
                Cell(row.name, square=level_color(level)),
                Cell(str(row.ok)),
                Cell(str(row.suspect or ""), background=AMBER if row.suspect else None, ink=INK),
                Cell(str(row.missing or "")),
                Cell(str(row.edited or ""), background=BLUE if row.edited else None, ink=INK),
                Cell(_(verdict), background=_VERDICT_COLOURS.get(verdict), ink=INK),
            ]
        self._levels.show(rows)
        self._levels.choose([] if self._session.level is None else [self._session.level])

    def _showPoints(self) -> None:
        shown = self.families()
        rows = {}
        for point, poi in self._session.points().items():
            family = display.familyOf(point)
            if family and family not in shown:
                continue
            row = overview.pointRow(poi)
            colour = _KIND_COLOURS.get(row.kind)
            ink = GREY if row.kind in (overview.Kind.MISSING, overview.Kind.REMOVED) else INK if colour else None
            rows[point] = [Cell(text, colour, ink) for text in (row.name, row.status, row.moved, row.reason)]
        self._points.show(rows)

    def _showReason(self) -> None:
        """Tell in full what the table has no room for."""
        session, text = self._session, ""
        points = session.points()
        if session.selection and session.selection[0] in points:
            row = overview.pointRow(points[session.selection[0]])
            head = f"<b>{row.name}</b>: {row.status} {row.moved}".strip()
            text = f"{head}. {row.reason}" if row.reason else head
        elif session.level is None and session.edits.levels:
            text = _("Choose a level.")
        self._ui.reasonLabel.text = text

    def _onLevel(self) -> None:
        chosen = self._levels.chosen()
        if chosen and chosen[0] != self._session.level:
            self._session.choose(chosen[0])

    def _onPoints(self) -> None:
        chosen = tuple(self._points.chosen())
        if chosen != self._session.selection:
            self._session.select(chosen)

    def _onFamily(self, button: qt.QPushButton, text: str) -> None:
        button.text = text
        display.showFamilies(self.families())
        self._showPoints()

    def _onAxes(self, on: bool) -> None:
        if on:
            whiskers.show(self._session.level)
        else:
            whiskers.hide()

    def _applyToNodes(self) -> None:
        """Nodes that came since have to look as the boxes say."""
        if len(self.families()) < len(self._families):
            display.showFamilies(self.families())
        if self._ui.beyondBox.checked:
            display.showBeyondSlice(True)
        self._showOnly()

    def _showLabels(self) -> None:
        display.showLabels(self._session.level if self._ui.labelsBox.checked else None)

    def _showOnly(self) -> None:
        only = self._ui.onlyLevelBox.checked and self._session.level is not None
        display.showOnly([self._session.level] if only else None)


def _familyTitles() -> dict[str, str]:
    return {
        "process": _("Processes"),
        "body": _("Body"),
        "canal and disc": _("Canal, disc"),
        "muscle": _("Muscles"),
        "ligament": _("Ligaments"),
        "frame": _("Directions"),
    }
