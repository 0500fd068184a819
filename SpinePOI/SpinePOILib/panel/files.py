"""The sections that read and write files of points, and the offer of what a crash left behind."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from types import SimpleNamespace

import qt
from slicer.i18n import tr as _
from spinetwin.errors import SpineTwinError

from .. import autosave, storage
from ..autosave import Autosave
from ..session import Change, Session
from .folding import Occasional

READABLE = "*.mrk.json *.mkr.json *.json *.csv"

_SPACES = {
    "lps": ("LPS mm", "3D Slicer's files, DICOM, ITK"),
    "ras": ("RAS mm", "3D Slicer's views, NIfTI"),
    "voxel": ("Voxels", "of the image below the slices"),
}


def askOpen() -> list[str]:
    """Let a person choose files of points; empty when they do not."""
    found = qt.QFileDialog.getOpenFileNames(None, _("Load points"), "", _("Points") + f" ({READABLE})")
    return _names(found)


def askSave(title: str, name: str, suffix: str) -> str:
    """Let a person choose where to save; "" when they do not."""
    found = qt.QFileDialog.getSaveFileName(None, title, name, f"*{suffix}")
    return found[0] if isinstance(found, tuple | list) else found


def _names(found: object) -> list[str]:
    """Return the names of a file dialog's answer: some versions add the filter that was chosen."""
    if isinstance(found, tuple | list) and len(found) == 2 and isinstance(found[0], tuple | list):
        found = found[0]
    return [str(each) for each in found] if isinstance(found, tuple | list) else []


class FilesPanel:
    """Load, save, restore.

    Attributes
    ----------
    open, save : callable
        Ask a person for names; tests answer themselves.
    """

    def __init__(
        self,
        ui: SimpleNamespace,
        session: Session,
        keeper: Autosave,
        image: Callable[[], object],
        tell: Callable[[str], None],
    ) -> None:
        """Wire the sections; `image` returns the image below the slices, `tell` shows a sentence beside the load button."""
        self._ui, self._session, self._keeper, self._image, self._tell = ui, session, keeper, image, tell
        self._occasional = Occasional(ui.saveSection)
        self.open: Callable[[], Sequence[str]] = askOpen
        self.save: Callable[[str, str, str], str] = askSave
        self._leftovers: list[autosave.Leftover] = []
        for each in storage.FORMATS:
            ui.formatBox.addItem(each.name)
        ui.formatBox.connect("currentIndexChanged(int)", lambda _index: self._showSpaces())
        ui.loadButton.connect("clicked()", self._onLoad)
        ui.saveButton.connect("clicked()", self._onSave)
        ui.restoreButton.connect("clicked()", self._onRestore)
        ui.discardButton.connect("clicked()", self._onDiscard)
        ui.recoveryFrame.visible = False
        self._showSpaces()
        self._say("")

    def refresh(self, changes: set[Change]) -> None:
        """Let points be saved where there are any."""
        if Change.POINTS in changes:
            ready = bool(self._session.edits.levels)
            self._ui.saveButton.enabled = ready
            self._ui.saveButton.text = _("Save points...") if ready else _("No points to save yet")

    def offerLeftovers(self) -> None:
        """Offer edits that a crash left behind."""
        self._leftovers = self._keeper.leftovers()
        self._ui.recoveryFrame.visible = bool(self._leftovers)
        if self._leftovers:
            newest = self._leftovers[0]
            text = _("Unsaved edits were found: {scene}, {when}.")
            scene, when = newest.scene or _("a scene without a name"), newest.written.strftime("%Y-%m-%d %H:%M")
            self._ui.recoveryLabel.text = text.format(scene=scene, when=when)

    def _format(self) -> storage.Format:
        return storage.FORMATS[max(self._ui.formatBox.currentIndex, 0)]

    def _showSpaces(self) -> None:
        box = self._ui.spaceBox
        box.clear()
        for each in self._format().spaces:
            name, where = _SPACES[each]
            box.addItem(f"{_(name)} ({_(where)})")

    def _onLoad(self) -> None:
        paths = list(self.open())
        if paths:
            self._load([Path(each) for each in paths])

    def _load(self, paths: Sequence[Path]) -> bool:
        try:
            loaded = storage.read(paths)
        except SpineTwinError as error:
            self._tell(str(error))
            return False
        self._session.replace(loaded.pois, only=True)
        self._session.choose(loaded.pois.levels[0] if loaded.pois.levels else None)
        text = _("{points} points of {levels} levels loaded.").format(points=len(loaded.pois), levels=len(loaded.pois.levels))
        if loaded.unknown:
            text += " " + _("Left out: {unknown}").format(unknown="; ".join(loaded.unknown[:3]))
        self._tell(text)
        return True

    def _onSave(self) -> None:
        chosen = self._format()
        path = self.save(_("Save points"), f"spine{chosen.suffix}", chosen.suffix)
        if not path:
            return
        if not path.lower().endswith(chosen.suffix):
            path += chosen.suffix
        space = chosen.spaces[max(self._ui.spaceBox.currentIndex, 0)]
        try:
            written = storage.save(path, space=space, image=self._image(), perLevel=self._ui.perLevelBox.checked)
        except SpineTwinError as error:
            self._say(str(error))
            return
        self._keeper.saved()
        names = written[0].name if len(written) == 1 else _("{count} files").format(count=len(written))
        self._say(_("Saved: {names} in {folder}").format(names=names, folder=written[0].parent))

    def _say(self, text: str) -> None:
        self._ui.savedLabel.text = text
        self._occasional.show(bool(text), self._ui.savedLabel)

    def _onRestore(self) -> None:
        if self._leftovers and self._load([self._leftovers[0].path]):
            self._onDiscard()

    def _onDiscard(self) -> None:
        autosave.discard(each.path for each in self._leftovers)
        self._leftovers = []
        self._ui.recoveryFrame.visible = False
