"""The table of landmarks: which are placed on which film, placing them, and the line that each film draws on the other."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING

import qt
import slicer
from slicer.i18n import tr as _
from slicer.util import VTKObservationMixin
from spinetwin.errors import SpineTwinError

from ..messages import Message
from . import drawing, marks, vertebrae
from .films import PlacedFilm

if TYPE_CHECKING:
    from spinetwin.xray.landmarks import Landmarks

    from ..parameters import SpineDigitalTwinParameters

_DOUBTFUL_MM = 8.0
"""Rays of one landmark that pass further from each other are marked: one of the two clicks is probably on another place."""

_AMBER = (1.0, 0.93, 0.72)


class MarksPanel(VTKObservationMixin):
    """Landmarks of one level at a time.

    Parameters
    ----------
    ui : namespace of widgets
    parameters : callable
        Returns the parameters of the scene as it is now.
    films : callable
        Returns both films, or none.
    message : Message
    changed : callable
        Called after landmarks have changed, once in a turn of the event loop.
    """

    def __init__(
        self,
        ui: SimpleNamespace,
        parameters: Callable[[], SpineDigitalTwinParameters],
        films: Callable[[], Mapping[str, PlacedFilm]],
        message: Message,
        changed: Callable[[], None],
    ) -> None:
        from SpinePOILib.panel.tables import Table
        from spinetwin.anatomy import LEVELS
        from spinetwin.xray.landmarks import LANDMARKS

        VTKObservationMixin.__init__(self)
        self._ui, self._parameters, self._films, self._message, self._changed = ui, parameters, films, message, changed
        self._names = LANDMARKS
        self._table = Table(ui.marksTable, (_("Landmark"), _("Frontal"), _("Lateral"), _("Apart")), 0)
        self._later = qt.QTimer()
        self._later.setSingleShot(True)
        self._later.connect("timeout()", self._onLater)
        self.chooseFile: Callable[[], str] = self._askFile
        names = [each.name for each in LEVELS]
        for name in names[names.index("C3") : names.index("L6") + 1]:
            ui.filmLevelBox.addItem(name)
            ui.lowestBox.addItem(name)
        ui.filmLevelBox.connect("activated(int)", lambda _row: self.chooseLevel(ui.filmLevelBox.currentText))
        ui.marksTable.connect("itemSelectionChanged()", self._onChosen)
        ui.placeFrontalButton.connect("clicked()", lambda: self.place("frontal"))
        ui.placeLateralButton.connect("clicked()", lambda: self.place("lateral"))
        ui.loadMarksButton.connect("clicked()", self._browse)
        ui.renameUpButton.connect("clicked()", lambda: self.rename(-1))
        ui.confirmNamesButton.connect("clicked()", self.confirm)
        ui.renameDownButton.connect("clicked()", lambda: self.rename(1))

    @property
    def level(self) -> int:
        """The level whose landmarks are shown."""
        from spinetwin.anatomy import level

        return level(self._parameters().filmLevel).id

    def chooseLevel(self, name: str) -> None:
        """Show the landmarks of a level."""
        self._parameters().filmLevel = name
        self.refresh()

    # --- what is seen -------------------------------------------------------------------------------------------------

    def refresh(self) -> None:
        """Show which landmarks of the level are placed, and the lines of the chosen one."""
        films = self._films()
        self._ui.marksFrame.enabled = bool(films)
        row = self._ui.filmLevelBox.findText(self._parameters().filmLevel)
        if row >= 0 and row != self._ui.filmLevelBox.currentIndex:
            self._ui.filmLevelBox.setCurrentIndex(row)
        self._offerNames()
        if not films:
            self._table.show({})
            return
        self._follow(films)
        placed = {view: marks.pixels(film) for view, film in films.items()}
        self._table.show({row: self._cells(films, placed, name) for row, name in enumerate(self._names)})
        for film in films.values():
            marks.showOnly(film, self.level)
        self._drawLines(films, placed)

    def _cells(self, films: Mapping[str, PlacedFilm], placed: Mapping[str, dict[marks.Key, object]], name: str) -> list[object]:
        from SpinePOILib.panel.tables import Cell

        key = (self.level, name)
        apart = marks.missing(dict(films), key)
        doubt = _AMBER if apart is not None and apart > _DOUBTFUL_MM else None
        seen = ["✓" if key in placed[view] else "" for view in films]
        tip = _("The rays of both clicks pass this far from each other; with exact clicks it is 0")
        text = "" if apart is None else f"{apart:.1f} mm"
        return [Cell(name.replace("_", " ")), *(Cell(each) for each in seen), Cell(text, doubt, toolTip=tip)]

    def _drawLines(self, films: Mapping[str, PlacedFilm], placed: Mapping[str, dict[marks.Key, object]]) -> None:
        from spinetwin.xray.in_space import epipolar

        chosen = self._table.chosen()
        key = (self.level, self._names[chosen[0]]) if chosen else None
        for view, film in films.items():
            other = films["lateral" if view == "frontal" else "frontal"]
            pixel = placed[other.view].get(key) if key is not None else None
            drawing.showEpipolar(film, None if pixel is None else epipolar(other.camera, pixel, film.camera))

    def _onChosen(self) -> None:
        films = self._films()
        if films:
            self._drawLines(films, {view: marks.pixels(film) for view, film in films.items()})

    # --- naming -------------------------------------------------------------------------------------------------------

    def _offerNames(self) -> None:
        """Say on the buttons what the lowest level with landmarks would be called."""
        from spinetwin.anatomy import level

        films = self._films()
        levels = marks.gathered(dict(films)).levels if films else ()
        name = level(levels[-1]).name if levels else ""
        sure = _("confirmed") if films and marks.confirmed(dict(films)) else _("not verified")
        self._ui.renameLabel.text = _("Lowest with landmarks: {level}, {sure}").format(level=name, sure=sure) if levels else ""
        self._ui.confirmNamesButton.setVisible(bool(levels))
        self._ui.confirmNamesButton.text = _("It is {level}").format(level=name)
        for button, step in ((self._ui.renameUpButton, -1), (self._ui.renameDownButton, 1)):
            after = self._renamed(step)
            button.setVisible(bool(levels))
            button.enabled = after is not None
            button.text = "" if after is None else _("It is {level}").format(level=level(after.levels[-1]).name)

    def _renamed(self, step: int) -> Landmarks | None:
        """Return all landmarks under the name below (above, where negative); None where there are no names for all."""
        from spinetwin.xray.landmarks import beside, renamed

        landmarks = marks.gathered(dict(self._films())) if self._films() else None
        if landmarks is None or not landmarks.levels:
            return None
        lowest = landmarks.levels[-1]
        to = beside(lowest, step)
        try:
            return None if to is None else renamed(landmarks, lowest, to)
        except SpineTwinError:
            return None

    def rename(self, step: int) -> None:
        """Call every level with landmarks by the name below (above, where negative)."""
        from spinetwin.anatomy import level
        from spinetwin.xray.landmarks import beside

        after, films = self._renamed(step), dict(self._films())
        if after is None:
            return
        shown = beside(self.level, step)
        marks.removeAll(films)
        marks.spread(films, after)
        marks.setSource(films, after.source)
        lowest = str(level(after.levels[-1]).name)
        marks.confirm(films, lowest)
        self._parameters().filmLowest = lowest
        self.chooseLevel(level(shown if shown in after.levels else after.levels[-1]).name)
        names = ", ".join(level(each).name for each in after.levels)
        again = _(" Reconstruct again: the standing vertebrae have their former names.") if vertebrae.levels() else ""
        self._message.say(_("The landmarks are those of {names} now.").format(names=names) + again)
        self._changed()

    def confirm(self) -> None:
        """Take down that a person has looked: the lowest level with landmarks is what it is called."""
        from spinetwin.anatomy import level

        films = dict(self._films())
        levels = marks.gathered(films).levels if films else ()
        if not levels:
            return
        marks.confirm(films, str(level(levels[-1]).name))
        try:
            vertebrae.confirmNames(levels[-1])
        except SpineTwinError as error:
            self._message.fail(error)
        self.refresh()
        self._changed()

    # --- placing ------------------------------------------------------------------------------------------------------

    def choose(self, name: str) -> None:
        """Choose a landmark of the level."""
        self._table.choose([self._names.index(name)])
        self._onChosen()

    def place(self, view: str) -> None:
        """Let the next click place the chosen landmark on a film, or the first one that is not there yet."""
        films = self._films()
        if not films:
            return
        marks.ensureLevel(view, self.level)
        placed = marks.pixels(films[view])
        chosen = self._table.chosen()
        open_ = [row for row, name in enumerate(self._names) if (self.level, name) not in placed]
        row = chosen[0] if chosen else (open_ or [0])[0]
        self._table.choose([row])
        drawing.showInSlice(films[view])
        marks.wait(view, (self.level, self._names[row]))
        self._message.say(
            _("Click the {landmark} of {level} on the {view} film").format(
                landmark=self._names[row].replace("_", " "), level=self._parameters().filmLevel, view=view
            )
        )
        self._onChosen()

    def _browse(self) -> None:
        path = self.chooseFile()
        if path:
            self.load(path)

    def load(self, path: str | Path) -> None:
        """Put landmarks of a file onto the films."""
        from spinetwin.io.film_forms import read_landmarks

        films = self._films()
        self._message.clear()
        if not films:
            return
        try:
            found = read_landmarks(path)
        except SpineTwinError as error:
            self._message.fail(error)
            return
        marks.spread(dict(films), found)
        marks.setSource(dict(films), found.source)
        marks.confirm(dict(films), "")
        self.refresh()
        self._changed()

    def _askFile(self) -> str:
        title, kinds = _("Landmarks"), _("Tables (*.csv)")
        return str(qt.QFileDialog.getOpenFileName(slicer.util.mainWindow(), title, "", kinds) or "")

    # --- the turns of the event loop, and the end ---------------------------------------------------------------------

    def _follow(self, films: Mapping[str, PlacedFilm]) -> None:
        for view in films:
            node = marks.node(view)
            for event in (node.PointModifiedEvent, node.PointPositionDefinedEvent, node.PointRemovedEvent):
                if not self.hasObserver(node, event, self._soon):
                    self.addObserver(node, event, self._soon)

    def _soon(self, *_arguments: object) -> None:
        if not self._later.isActive():
            self._later.start(0)

    def _onLater(self) -> None:
        if self._parameters().parameterNode.GetScene() is None or slicer.mrmlScene.IsClosing():
            return
        self.refresh()
        self._changed()

    def forget(self) -> None:
        """Follow nothing of a scene that is closed."""
        self._later.stop()
        self.removeObservers()

    close = forget
