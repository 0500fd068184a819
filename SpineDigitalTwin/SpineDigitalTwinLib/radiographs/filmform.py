"""The form of the films: which they are, how they were taken, and which size of a pixel is used."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING

import qt
import slicer
from slicer.i18n import tr as _
from spinetwin.errors import SpineTwinError

from ..messages import FAILED, Message
from ..running.aside import Aside
from . import drawing, films, marks
from .films import PlacedFilm

if TYPE_CHECKING:
    from ..parameters import SpineDigitalTwinParameters
    from .films import Greys

VIEWS = ("frontal", "lateral")
_FINE = "color: #4a6b57;"


class FilmForm:
    """Loads films, reads the form, and keeps the films where they were.

    Parameters
    ----------
    ui : namespace of widgets
    parameters : callable
        Returns the parameters of the scene as it is now.
    message : Message
    changed : callable
        Called when a film has come.

    Attributes
    ----------
    films : mapping of view to PlacedFilm
        Both, or none.
    """

    def __init__(
        self,
        ui: SimpleNamespace,
        parameters: Callable[[], SpineDigitalTwinParameters],
        message: Message,
        changed: Callable[[], None],
    ) -> None:
        from spinetwin.xray.presets import PRESETS

        self._ui, self._parameters, self._message, self._changed = ui, parameters, message, changed
        self._aside = Aside(self._onFailed)
        self._waiting: list[tuple[str, Path]] = []
        self.films: Mapping[str, PlacedFilm] = {}
        self.chooseFile: Callable[[], str] = self._askFile
        self._presets = PRESETS
        for each in PRESETS:
            ui.presetBox.addItem(_(each.meaning), each.name)
        ui.presetBox.connect("activated(int)", self._onPreset)
        ui.loadFrontalButton.connect("clicked()", lambda: self._browse("frontal"))
        ui.loadLateralButton.connect("clicked()", lambda: self._browse("lateral"))
        ui.showFilmsButton.connect("clicked()", self.show)

    # --- what is seen -------------------------------------------------------------------------------------------------

    def refresh(self) -> None:
        """Say which pixels are used or what is missing, and move films whose geometry has changed."""
        text, problem = self._look()
        self._ui.spacingLabel.text = problem or text
        self._ui.spacingLabel.styleSheet = FAILED if problem and self._chosen() else _FINE
        self._ui.showFilmsButton.enabled = bool(self.films)
        for button in (self._ui.loadFrontalButton, self._ui.loadLateralButton):
            button.enabled = not self._aside.busy

    def _chosen(self) -> dict[str, slicer.vtkMRMLScalarVolumeNode]:
        parameters = self._parameters()
        nodes = {"frontal": parameters.filmFrontal, "lateral": parameters.filmLateral}
        return {view: node for view, node in nodes.items() if node is not None}

    def _look(self) -> tuple[str, str]:
        """Return what is used, or what is missing."""
        chosen = self._chosen()
        self.films = {}
        if len(chosen) < len(VIEWS):
            lacking = [view for view in VIEWS if view not in chosen]
            return "", _("Choose or load a {views} film").format(views=_(" and a ").join(lacking))
        if chosen["frontal"] is chosen["lateral"]:
            return "", _("Both films are the same volume: choose a frontal and a lateral one")
        form = films.formOf(self._parameters())
        try:
            found = {view: films.placed(view, node, form) for view, node in chosen.items()}
        except SpineTwinError as error:
            return "", f"{error.message} {error.hint}".strip()
        self.films = found
        moved = [film for film in found.values() if not films.isPlaced(film)]
        for film in moved:
            self._move(film)
        if moved:
            self.show()
        else:
            drawing.renew(found.values())
        return "\n".join(f"{view}: {film.spacing}" for view, film in found.items()), ""

    def _move(self, film: PlacedFilm) -> None:
        """Put a film where it was; its landmarks stay on their pixels."""
        clicked = marks.pixels(film)
        films.place(film)
        marks.put(film, clicked)

    def show(self) -> None:
        """Draw both films in 3D, and each in its slice view."""
        for film in self.films.values():
            drawing.showFilm(film)
            drawing.showInSlice(film)

    # --- geometry -----------------------------------------------------------------------------------------------------

    def _onPreset(self, row: int) -> None:
        preset, parameters = self._presets[row], self._parameters()
        parameters.filmSdd, parameters.filmSod = preset.source_detector_mm, preset.source_patient_mm
        parameters.filmSlot = preset.kind == "slot"

    # --- files --------------------------------------------------------------------------------------------------------

    def _browse(self, view: str) -> None:
        path = self.chooseFile()
        if path:
            self.load(view, path)

    def load(self, view: str, path: str | Path) -> None:
        """Read a film from a file; several may be asked for at once."""
        self._waiting.append((view, Path(path)))
        self._next()

    @property
    def busy(self) -> bool:
        """Whether a film is being read."""
        return self._aside.busy or bool(self._waiting)

    def _next(self) -> None:
        from spinetwin.io.films import read_film

        if self._aside.busy or not self._waiting:
            return
        self._message.clear()
        view, path = self._waiting.pop(0)
        self._aside.start(lambda: films.greys(read_film(path)), lambda film: self._onRead(view, path, film))
        self._changed()

    def _onRead(self, view: str, path: Path, film: Greys) -> None:
        node = films.add(path.name.split(".")[0], film)
        if view == "frontal":
            self._parameters().filmFrontal = node
        else:
            self._parameters().filmLateral = node
        self._changed()
        self._next()

    def _onFailed(self, error: Exception) -> None:
        from spinetwin.errors import ReadError

        self._waiting.clear()
        self._message.fail(error if isinstance(error, SpineTwinError) else ReadError(str(error)))
        self._changed()

    def _askFile(self) -> str:
        title, kinds = (
            _("A radiograph"),
            _("Films (*.dcm *.dicom *.png *.tif *.tiff *.jpg *.bmp *.nrrd *.mha *.nii *.nii.gz *)"),
        )
        return str(qt.QFileDialog.getOpenFileName(slicer.util.mainWindow(), title, "", kinds) or "")

    # --- the end ------------------------------------------------------------------------------------------------------

    def forget(self) -> None:
        """Give up what is being read, for a scene that is closed."""
        self._aside.stop()
        self._waiting.clear()
        self.films = {}

    def close(self) -> None:
        """End all, for a panel that goes away."""
        self._waiting.clear()
        self._aside.close()
