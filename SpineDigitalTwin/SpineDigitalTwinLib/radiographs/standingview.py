"""What is shown of the standing vertebrae: their list, silhouettes over both films, handles, and renderings to blink with."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import SimpleNamespace
from typing import TYPE_CHECKING

import qt
import slicer
from slicer.i18n import tr as _
from slicer.util import VTKObservationMixin

from ..running.aside import Aside
from . import drawing, rendering, vertebrae
from .films import PlacedFilm

if TYPE_CHECKING:
    from spinetwin.io.standing import StandingReport

    from ..parameters import SpineDigitalTwinParameters

_BAD = (0.98, 0.80, 0.78)


class StandingView(VTKObservationMixin):
    """Shows the standing vertebrae of the scene; silhouettes follow while a handle is dragged.

    Parameters
    ----------
    ui : namespace of widgets
    parameters : callable
        Returns the parameters of the scene as it is now.
    films : callable
        Returns both films, or none.
    chosen : callable
        Called with the level that was chosen in the list.
    """

    def __init__(
        self,
        ui: SimpleNamespace,
        parameters: Callable[[], SpineDigitalTwinParameters],
        films: Callable[[], Mapping[str, PlacedFilm]],
        chosen: Callable[[int], None],
    ) -> None:
        from SpinePOILib.panel.tables import Table

        VTKObservationMixin.__init__(self)
        self._ui, self._parameters, self._films, self._onLevel = ui, parameters, films, chosen
        titles = (_("Level"), _("Trust"), _("Frontal"), _("Lateral"), _("Landmarks"))
        self._table = Table(ui.standingTable, titles, 1)
        self._aside = Aside(lambda _error: None)
        self._later = qt.QTimer()
        self._later.setSingleShot(True)
        self._later.connect("timeout()", self._drawNext)
        self._dirty: list[int] = []
        self._drawn: dict[int, object] = {}
        ui.standingTable.connect("itemSelectionChanged()", self._onChosen)
        ui.blinkButton.connect("toggled(bool)", self._onBlink)

    @property
    def busy(self) -> bool:
        """Whether silhouettes or renderings are still to come."""
        return bool(self._later.isActive()) or self._aside.busy

    def refresh(self) -> None:
        """Show the list, and draw the silhouettes that are not there as they should be."""
        report = vertebrae.report()
        self._ui.standingFrame.setVisible(report is not None)
        self._table.show({} if report is None else {each.level: _cells(each) for each in report.levels})
        left_out = {} if report is None else report.left_out
        self._ui.leftOutLabel.text = "\n".join(
            _("No {level}: {why}").format(level=_name(key), why=why) for key, why in left_out.items()
        )
        self._ui.leftOutLabel.setVisible(bool(left_out))
        self._ui.shapesLabel.text = (
            "" if report is None else _("Standing position. Shapes: {shapes}").format(shapes=report.shapes)
        )
        self.showNames()
        films = self._films()
        self._ui.blinkButton.enabled = bool(films) and report is not None
        self._follow()
        if films and self._parameters().filmSilhouettes:
            self._soon(*vertebrae.levels())
        else:
            self._hide()

    def showNames(self) -> None:
        """Say that the names of the levels are not verified, why, what speaks against them, and what to press."""
        report = vertebrae.report()
        text = "" if report is None else _namesText(report)
        self._ui.standingNamesLabel.text = text
        self._ui.standingNamesLabel.setVisible(bool(text))

    def _follow(self) -> None:
        for level in vertebrae.levels():
            node = vertebrae.transform(level)
            if node is not None and not self.hasObserver(node, node.TransformModifiedEvent, self._onMoved):
                self.addObserver(node, node.TransformModifiedEvent, self._onMoved)

    def _onMoved(self, node: slicer.vtkMRMLTransformNode, _event: object) -> None:
        self._soon(*(level for level in vertebrae.levels() if vertebrae.transform(level) is node))

    # --- silhouettes --------------------------------------------------------------------------------------------------

    def _soon(self, *levels: int) -> None:
        self._dirty += [each for each in levels if each not in self._dirty]
        if self._dirty and not self._later.isActive():
            self._later.start(0)

    def _drawNext(self) -> None:
        """Draw one level in a turn of the event loop, so that the application goes on in between."""
        films = self._films()
        if not films or slicer.mrmlScene.IsClosing() or not self._parameters().filmSilhouettes:
            self._dirty.clear()
            return
        while self._dirty:
            level = self._dirty.pop(0)
            if self._draw(level, films):
                break
        if self._dirty:
            self._later.start(0)

    def _draw(self, level: int, films: Mapping[str, PlacedFilm]) -> bool:
        """Draw the silhouettes of a level, unless they are there already; returns whether there was something to do."""
        from spinetwin.xray.silhouettes import silhouette

        if level not in vertebrae.levels():
            return False
        state = (vertebrae.stamp(level), *(film.plane.tobytes() for film in films.values()))
        if self._drawn.get(level) == state:
            return False
        surface = vertebrae.surface(level)
        for film in films.values():
            drawing.showSilhouette(film, level, silhouette(film.camera, surface), vertebrae.colour(level))
        self._drawn[level] = state
        return True

    def _hide(self) -> None:
        drawing.hide([f"silhouette {view} {_name(level)}" for level in self._drawn for view in drawing.SLICE_OF])
        self._drawn.clear()

    # --- list, handles and renderings ---------------------------------------------------------------------------------

    @property
    def chosen(self) -> int | None:
        """The level that is chosen in the list."""
        return next(iter(self._table.chosen()), None)

    def choose(self, level: int) -> None:
        """Choose a level in the list."""
        self._table.choose([level])
        self._onChosen()

    def _onChosen(self) -> None:
        vertebrae.showHandle(self.chosen)
        if self.chosen is not None:
            self._onLevel(self.chosen)

    def _onBlink(self, on: bool) -> None:
        films = self._films()
        if not films:
            return
        if not on:
            for film in films.values():
                drawing.showInSlice(film, film.node)
            return
        surfaces = [vertebrae.surface(level) for level in vertebrae.levels()]
        self._aside.start(lambda: rendering.rendered(films, surfaces), lambda made: self._onRendered(films, made))

    def _onRendered(self, films: Mapping[str, PlacedFilm], made: Mapping[str, object]) -> None:
        for view, film in films.items():
            node = rendering.show(film, made[view])
            if self._ui.blinkButton.checked:
                drawing.showInSlice(film, node)

    # --- the end ------------------------------------------------------------------------------------------------------

    def forget(self) -> None:
        """Follow nothing of a scene that is closed."""
        self._later.stop()
        self._aside.stop()
        self._dirty.clear()
        self._drawn.clear()
        self.removeObservers()
        self._ui.blinkButton.setChecked(False)

    def close(self) -> None:
        """End all, for a panel that goes away."""
        self._later.stop()
        self.removeObservers()
        self._aside.close()


def _name(level: int) -> str:
    from spinetwin.anatomy import level as levelOf

    return str(levelOf(level).name)


def _namesText(report: StandingReport) -> str:
    open_ = _("The names of the levels are not verified: {rest}.").format(rest=report.rest_on)
    ask = _("Count on the films; above, “It is ...” beside the lowest level confirms its name, or moves all names along.")
    return " ".join([*([] if report.verified else [open_]), *report.hints, *([] if report.verified else [ask])])


def _cells(found: object) -> list[object]:
    from SpinePOILib.panel.tables import Cell

    why = "; ".join(found.reasons)
    trust = Cell(_("do not trust: {why}").format(why=why), _BAD, toolTip=why) if why else Cell(_("yes"))
    tip = _("Root mean square difference between film and rendering around the vertebra, as mm of bone")
    residuals = [Cell(f"{found.residual_mm.get(view, float('nan')):.1f} mm", toolTip=tip) for view in drawing.SLICE_OF]
    return [
        Cell(_name(found.level), square=vertebrae.colour(found.level)),
        trust,
        *residuals,
        Cell(f"{found.landmark_mm:.1f} mm"),
    ]
