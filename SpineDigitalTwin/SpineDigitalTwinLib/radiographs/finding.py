"""Find landmarks: a network looks at both films in the background, and a person looks at what it found before it is used.

What a person has placed is not lost without asking: the question is asked before the worker begins.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING

from slicer.i18n import tr as _
from spinetwin.errors import SpineTwinError

from ..messages import Message
from ..running.aside import Aside
from . import films, marks

if TYPE_CHECKING:
    from spinetwin.jobs import Verdict
    from spinetwin.xray.landmarks import Landmarks

    from ..parameters import SpineDigitalTwinParameters
    from ..running.background import Background
    from .filmform import FilmForm
    from .films import PlacedFilm
    from .markspanel import MarksPanel

STEP = "film_landmarks"


class LandmarkFinder:
    """The button that finds landmarks, and the question that it asks.

    Parameters
    ----------
    ui : namespace of widgets
    parameters : callable
        Returns the parameters of the scene as it is now.
    background : Background
        Finds.
    form : FilmForm
        Knows both films.
    panel : MarksPanel
        Shows what was found.
    message : Message
    changed : callable
        Called when it begins, asks, or has ended.
    """

    def __init__(
        self,
        ui: SimpleNamespace,
        parameters: Callable[[], SpineDigitalTwinParameters],
        background: Background,
        form: FilmForm,
        panel: MarksPanel,
        message: Message,
        changed: Callable[[], None],
    ) -> None:
        self._ui, self._parameters, self._background = ui, parameters, background
        self._form, self._panel, self._message, self._changed = form, panel, message, changed
        self._aside = Aside(self._onFailed)
        self._asking = False
        ui.findMarksButton.connect("clicked()", self.press)
        ui.keepMarksButton.connect("clicked()", lambda: self._begin(replace=False))
        ui.replaceMarksButton.connect("clicked()", lambda: self._begin(replace=True))
        ui.notFindButton.connect("clicked()", lambda: self._ask(False))
        ui.lowestBox.connect("activated(int)", self._onLowest)

    @property
    def busy(self) -> bool:
        """Whether films are written for the worker."""
        return self._aside.busy

    def offer(self, *, idle: bool) -> None:
        """Show whether it can be pressed, and the question where it was."""
        placed = self._placed() if self._asking else None
        self._asking = placed is not None and bool(placed.seen)
        self._ui.findMarksButton.enabled = idle and not self._asking
        self._ui.findFrame.setVisible(self._asking)
        for button in (self._ui.keepMarksButton, self._ui.replaceMarksButton):
            button.enabled = idle
        self._ui.lowestBox.setCurrentIndex(self._ui.lowestBox.findText(self._parameters().filmLowest))
        if placed is not None:
            self._ui.findLabel.text = _question(placed)

    def _onLowest(self, _row: int) -> None:
        self._parameters().filmLowest = self._ui.lowestBox.currentText

    def _placed(self) -> Landmarks:
        return marks.gathered(dict(self._form.films))

    # --- finding ------------------------------------------------------------------------------------------------------

    def press(self) -> None:
        """Find landmarks, or ask what is to become of those that are there."""
        if not self._form.films:
            return
        if self._placed().seen:
            self._ask(True)
        else:
            self._begin(replace=False)

    def _ask(self, asking: bool) -> None:
        self._asking = asking
        self._changed()

    def _begin(self, *, replace: bool) -> None:
        self._message.clear()
        self._asking = False
        looked, scratch = dict(self._form.films), self._background.scratch()
        files, write = films.forWorker(looked, scratch)
        output = scratch / "found"
        output.mkdir()
        self._aside.start(write, lambda _none: self._start(files, output, looked, replace))
        self._changed()

    def _start(self, files: Mapping[str, Path], output: Path, looked: Mapping[str, PlacedFilm], replace: bool) -> None:
        options = {"levels": self._parameters().filmLowest}
        self._background.start(
            _("Finding landmarks:"), STEP, files, options, output, lambda verdict: self._onFound(verdict, looked, replace)
        )

    def _onFound(self, verdict: Verdict, looked: Mapping[str, PlacedFilm], replace: bool) -> None:
        from spinetwin.io.film_forms import read_landmarks
        from spinetwin.xray.networks.finding import SOURCE

        now = dict(self._form.films)
        if any(view not in now or now[view].node is not film.node for view, film in looked.items()):
            self._message.warn(_("Another film was chosen in the meantime: what was found on the former one is dropped."))
            return
        try:
            found = read_landmarks(verdict.result.paths["landmarks"])
        except SpineTwinError as error:
            self._message.fail(error)
            return
        if replace:
            marks.removeAll(now)
        clicked = bool(marks.gathered(now).seen)
        marks.spreadMissing(now, found)
        marks.setSource(now, _("{network}, beside clicks").format(network=SOURCE) if clicked else SOURCE)
        self._show(found)
        hint = _("Drag what is wrong; where the lowest is another one, say so above the table: all names follow.")
        self._message.warn(f"{verdict.result.summary} {hint}")

    def _show(self, found: Landmarks) -> None:
        """Bring films and landmarks into view: of the level at work, or of the lowest that was found."""
        from spinetwin.anatomy import level as levelOf

        self._form.show()
        shown = self._panel.level if self._panel.level in found.levels else found.levels[-1]
        self._panel.chooseLevel(str(levelOf(shown).name))
        self._changed()

    def _onFailed(self, error: Exception) -> None:
        from spinetwin.errors import WriteError

        self._message.fail(error if isinstance(error, SpineTwinError) else WriteError(str(error)))
        self._changed()

    # --- the end ------------------------------------------------------------------------------------------------------

    def forget(self) -> None:
        """Ask nothing of a scene that is closed."""
        self._aside.stop()
        self._asking = False

    def close(self) -> None:
        """End all, for a panel that goes away."""
        self._aside.close()


def _question(placed: Landmarks) -> str:
    from spinetwin.anatomy import level as levelOf

    return _(
        "{count} landmarks of {levels} are placed already. Replace all of them by those that are found, or keep them and add "
        "only what is not placed?"
    ).format(count=len(placed.seen), levels=", ".join(levelOf(each).name for each in placed.levels))
