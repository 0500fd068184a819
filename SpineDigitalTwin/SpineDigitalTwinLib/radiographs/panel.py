"""Section Radiographs: two films and clicked landmarks become standing vertebrae, in the background."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import slicer
from slicer.i18n import tr as _
from spinetwin.errors import SpineTwinError

from ..maps import labelfiles
from ..messages import Message
from ..running.aside import Aside
from ..running.background import Background
from ..running.steps import StepRunner
from . import films, marks, vertebrae
from .filmform import FilmForm
from .finding import LandmarkFinder
from .markspanel import MarksPanel
from .standingview import StandingView

if TYPE_CHECKING:
    from spinetwin.jobs import Verdict

    from ..parameters import SpineDigitalTwinParameters


class RadiographsPanel:
    """Films in, standing vertebrae out, and onwards.

    Parameters
    ----------
    ui : namespace of widgets
    parameters : callable
        Returns the parameters of the scene as it is now.
    background : Background
        Reconstructs.
    problem : callable
        Says what is wrong with the label maps, without which there are no vertebrae of the patient's own; "" when nothing is.
    """

    def __init__(
        self,
        ui: SimpleNamespace,
        parameters: Callable[[], SpineDigitalTwinParameters],
        background: Background,
        problem: Callable[[], str],
    ) -> None:
        self._ui, self._parameters, self._background, self._problem = ui, parameters, background, problem
        self._message = Message(ui.radiographsMessage)
        self._aside = Aside(self._onFailed)
        self._steps = StepRunner(lambda _fraction: None, self.refresh)
        self._results: tempfile.TemporaryDirectory[str] | None = None
        self.form = FilmForm(ui, parameters, self._message, self.refresh)
        self.marks = MarksPanel(ui, parameters, lambda: self.form.films, self._message, self._onMarks)
        self.finder = LandmarkFinder(ui, parameters, background, self.form, self.marks, self._message, self._offer)
        self.view = StandingView(ui, parameters, lambda: self.form.films, self._onLevel)
        ui.xrayButton.connect("clicked()", self.reconstruct)
        ui.refitButton.connect("clicked()", self.refit)
        ui.standingPointsButton.connect("clicked()", lambda: self.handOn(ui.poiSection))
        ui.standingMeasureButton.connect("clicked()", lambda: self.handOn(ui.measureSection))
        ui.standingLoadsButton.connect("clicked()", lambda: self.handOn(ui.loadsSection))

    # --- what is seen -------------------------------------------------------------------------------------------------

    def refresh(self) -> None:
        """Show films, landmarks, what can be done, and the result."""
        self.form.refresh()
        self.marks.refresh()
        self.view.refresh()
        self._offer()

    def _onMarks(self) -> None:
        self.view.showNames()
        self._offer()

    def _onLevel(self, level: int) -> None:
        from spinetwin.anatomy import level as levelOf

        self._parameters().filmLevel = levelOf(level).name
        self.marks.refresh()
        self._offer()

    def _offer(self) -> None:
        """Say on the buttons what they do, or what is missing."""
        ready = self.ready()
        missing = self._missing(ready)
        idle = not self.busy
        self._ui.xrayButton.enabled = not missing and idle
        self.finder.offer(idle=idle)
        self._ui.xrayButton.text = missing or _("Reconstruct {count} levels").format(count=len(ready))
        level = self.marks.level
        self._ui.refitButton.enabled = idle and not missing and level in ready and level in vertebrae.levels()
        self._ui.refitButton.text = _("Re-optimise {level}").format(level=self._parameters().filmLevel)
        self._ui.ownShapesBox.enabled = not self._problem()
        lacking = self._lackingToCalibrate()
        self._ui.calibrateBox.enabled = not lacking
        self._ui.calibrateBox.text = " ".join(filter(None, [_("Refine the lateral source from the landmarks"), lacking]))

    def _lackingToCalibrate(self) -> str:
        """Say how many landmarks are still wanted on both films for a calibration; "" when there are enough."""
        from spinetwin.xray.calibrate import LEAST_POINTS, seen_on_both

        placed = dict(self.form.films)
        count = len(seen_on_both(marks.gathered(placed), tuple(placed))) if placed else 0
        return "" if count >= LEAST_POINTS else _("({count} of {least} points)").format(count=count, least=LEAST_POINTS)

    def ready(self) -> list[int]:
        """Return the ids of the levels that have enough landmarks on both films, from the top."""
        from spinetwin.xray.fit import LEAST_LANDMARKS

        if not self.form.films:
            return []
        found = marks.gathered(dict(self.form.films))
        levels = ((level, found.of_level(level).values()) for level in found.levels)
        return [level for level, seen in levels if sum(len(views) == len(self.form.films) for views in seen) >= LEAST_LANDMARKS]

    def _missing(self, ready: list[int]) -> str:
        if not self.form.films:
            return _("Choose two films and their geometry first")
        return "" if ready else _("Place four landmarks of a level on both films")

    # --- reconstructing -----------------------------------------------------------------------------------------------

    @property
    def busy(self) -> bool:
        """Whether something is written, reconstructed or brought into the scene."""
        return self._aside.busy or self._steps.busy or self.finder.busy or self._background.busy

    def reconstruct(self) -> None:
        """Let the worker find all levels that have landmarks."""
        self._begin(self.ready(), None)

    def refit(self) -> None:
        """Let the worker find one level again; its neighbours are fitted along, as their shadows overlap, and stay."""
        ready, level = self.ready(), self.marks.level
        at = ready.index(level)
        self._begin(ready[max(at - 1, 0) : at + 2], level)

    def _begin(self, levels: list[int], only: int | None) -> None:
        from spinetwin.io.film_forms import write_landmarks

        self._message.clear()
        placed, scratch = dict(self.form.films), self._background.scratch()
        files, writeFilms = films.forWorker(placed, scratch)
        files["landmarks"] = scratch / "landmarks.csv"
        clicked = marks.gathered(placed)

        def write() -> None:
            writeFilms()
            write_landmarks(files["landmarks"], clicked)

        self._aside.start(write, lambda _none: self._steps.start(self._starting(scratch, files, levels, only)))
        self._offer()

    def _starting(self, scratch: Path, files: dict[str, Path], levels: list[int], only: int | None) -> Iterator[float]:
        """Write the patient's own vertebrae where they are wanted, and start the worker."""
        from spinetwin.anatomy import level as levelOf

        parameters = self._parameters()
        if parameters.filmOwn and not self._problem():
            own = scratch / "own"
            own.mkdir()
            try:
                written = yield from labelfiles.writingForWorker(parameters.subregions, parameters.vertebrae, own)
                files["shape_from"] = _lyingPoints(own) or written["vertebrae"]
            except SpineTwinError as error:
                self._message.fail(error)
                return
        options: dict[str, Any] = {"levels": ",".join(levelOf(each).name for each in levels)}
        options["landmarks_source"] = marks.gathered(dict(self.form.films)).source
        lowest = marks.confirmed(dict(self.form.films))
        if lowest:
            options["lowest"] = lowest
        if parameters.filmCalibrate and only is None and not self._lackingToCalibrate():
            options["calibrate"] = True
        self._results = tempfile.TemporaryDirectory(
            prefix="spinetwin-", dir=slicer.app.temporaryPath, ignore_cleanup_errors=True
        )
        title = _("Reconstructing:") if only is None else _("Re-optimising {level}:").format(level=levelOf(only).name)
        self._background.start(
            title, "xray", files, options, self._results.name, lambda verdict: self._onFound(verdict, only), self._onNotFound
        )

    def _onNotFound(self) -> None:
        self._forgetResults()

    def _onFound(self, verdict: Verdict, only: int | None) -> None:
        self._steps.start(self._taking(verdict, only))

    def _taking(self, verdict: Verdict, only: int | None) -> Iterator[float]:
        """Bring the vertebrae into the scene, one at each step."""
        from spinetwin.io.standing import read_standing

        paths = verdict.result.paths
        try:
            found = read_standing(paths["report"])
            if only is None:
                vertebrae.forget()
                vertebrae.keep(paths["report"], paths["points"])
            else:
                vertebrae.exchange(only, paths["report"], paths["points"])
            yield 0.1
            for each in found.levels:
                if only in (None, each.level):
                    vertebrae.show(each.level, paths[_nameOf(each.level)], each.origin)
                    yield 0.5
        except SpineTwinError as error:
            self._message.fail(error)
            return
        finally:
            self._forgetResults()
        if only is None:
            self._message.say(f"{verdict.result.summary}.")
        elif all(each.level != only for each in found.levels):
            self._message.warn(found.left_out.get(only, _("It was not found.")))
        else:
            self._message.say(_("{level} was found again; the others stay.").format(level=_nameOf(only)))

    def _onFailed(self, error: Exception) -> None:
        from spinetwin.errors import WriteError

        self._message.fail(error if isinstance(error, SpineTwinError) else WriteError(str(error)))
        self.refresh()

    # --- onwards ------------------------------------------------------------------------------------------------------

    def handOn(self, section: Any) -> None:
        """Put the points of the standing vertebrae into the scene in place of those there, and open a section for them."""
        self._message.clear()
        self._steps.start(self._handing(section))
        self._offer()

    def _handing(self, section: Any) -> Iterator[float]:
        """Take the points of one level over at each step; those of a lying person are kept beside them."""
        from SpinePOILib import pointnodes
        from spinetwin.poi import PoiSet

        scratch, before = self._background.scratch(), pointnodes.readAll()
        try:
            points = vertebrae.points(scratch)
            yield 0.2
            if len(before) and not before.standing:
                vertebrae.keepLying(before, scratch)
                yield 0.3
        except SpineTwinError as error:
            self._message.fail(error)
            return
        pointnodes.remove([level for level in before.levels if level not in points.levels])
        for level in points.levels:
            pointnodes.show(PoiSet.of(points.of_level(level)))
            yield 0.5
        section.collapsed = False
        self._message.say(_("{count} points of the standing spine are in the scene now.").format(count=len(points)))

    # --- the end ------------------------------------------------------------------------------------------------------

    def forget(self) -> None:
        """Say nothing of a scene that is closed, and take nothing into the next one."""
        self._aside.stop()
        self._steps.stop()
        self._message.clear()
        self._forgetResults()
        for each in (self.form, self.finder, self.marks, self.view):
            each.forget()

    def close(self) -> None:
        """End all, for a panel that goes away."""
        self._steps.stop()
        self._aside.close()
        self._forgetResults()
        for each in (self.form, self.finder, self.marks, self.view):
            each.close()

    def _forgetResults(self) -> None:
        if self._results is not None:
            self._results.cleanup()
        self._results = None


def _nameOf(level: int) -> str:
    from spinetwin.anatomy import level as levelOf

    return str(levelOf(level).name)


def _lyingPoints(folder: Path) -> Path | None:
    """Write the points that belong to the maps beside these: those of the scene, or, if these stand, those before them."""
    from SpinePOILib import pointnodes
    from spinetwin.io import write_pois
    from spinetwin.io.atomic import write_text

    points, path = pointnodes.readAll(), folder / "points.mrk.json"
    if len(points) and not points.standing:
        write_pois(path, points)
    elif vertebrae.lying():
        write_text(path, vertebrae.lying())
    else:
        return None
    return path
