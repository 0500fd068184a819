"""The panel as a whole: builds the sections, and lets them follow the session and the scene."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import qt
import slicer
from slicer.i18n import tr as _
from slicer.util import VTKObservationMixin
from SpineDigitalTwinLib.running.warmup import Warmup
from spinetwin.errors import SpineTwinError

from .. import display
from ..autosave import INTERVAL_S, Autosave
from ..session import Change, Session
from . import views
from .compare import ComparePanel
from .compute import ComputePanel
from .correct import CorrectPanel
from .files import FilesPanel
from .look import LookPanel
from .review import ReviewPanel

if TYPE_CHECKING:
    from ..parameters import SpinePOIParameters

_GUARD_MS = 100
_SOON_NEEDED = ("vtk.util.numpy_support", "scipy.ndimage", "scipy.spatial", "spinetwin.poi.merge", "spinetwin.poi.axes")


class Panel(VTKObservationMixin):
    """All sections.

    Changes of the session are gathered and shown once in a turn of the event loop, however many there were.

    Parameters
    ----------
    ui : namespace of widgets
        Of Resources/UI/SpinePOI.ui.
    root : QWidget
        Its root.
    parameters : callable
        Returns the parameter node wrapper of the scene as it is now.
    makeWorker : callable
        As for `ComputePanel`.
    settings : path
        Folder for copies of unsaved edits of scenes that have no file yet.
    """

    def __init__(
        self,
        ui: SimpleNamespace,
        root: Any,
        parameters: Callable[[], SpinePOIParameters],
        makeWorker: Callable[..., Any],
        settings: str | Path,
    ) -> None:
        VTKObservationMixin.__init__(self)
        self._ui, self._root, self._parameters = ui, root, parameters
        self.session = Session()
        self.warmup = Warmup(_SOON_NEEDED)
        self.keeper = Autosave(self.session.edits, settings)
        self.compute = ComputePanel(ui, self.session, parameters, makeWorker)
        self.look = LookPanel(ui, self.session)
        self.correct = CorrectPanel(ui, self.session)
        self.review = ReviewPanel(ui, self.session, parameters)
        self.comparison = ComparePanel(ui, self.session)
        self.files = FilesPanel(ui, self.session, self.keeper, views.backgroundVolume, self.compute.say)
        self._sections = (self.compute, self.look, self.correct, self.review, self.comparison, self.files)
        self._changes: set[Change] = set()
        self._later = self._timer(self._show, once=True)
        self._guards = self._timer(views.guardAll, once=True)
        self._saves = self._timer(self._onSave, once=False)
        self._saves.start(1000 * INTERVAL_S)
        self._observed: Any = None
        self.session.listen(self._onChange)
        scene = slicer.mrmlScene
        self.addObserver(scene, scene.StartCloseEvent, self._onSceneClosing)
        for event in (scene.EndImportEvent, scene.EndBatchProcessEvent):
            self.addObserver(scene, event, self._onSceneLoaded)
        self._layout = slicer.app.layoutManager()
        if self._layout is not None:
            self._layout.connect("layoutChanged(int)", self._onLayout)
        self.followParameters()
        self.files.offerLeftovers()
        self._onChange(*Change)

    def close(self) -> None:
        """Let go of everything: the panel goes away."""
        self.leave()
        for timer in (self._later, self._guards, self._saves):
            timer.stop()
        self.removeObservers()
        if self._layout is not None:
            self._layout.disconnect("layoutChanged(int)", self._onLayout)
        self.compute.close()
        self.warmup.close()
        self.keeper.close()
        self.session.close()

    def enter(self) -> None:
        """Take the keys, and look for maps: the panel is shown."""
        window = slicer.util.mainWindow() or self._root
        self.correct.keys.take(window)
        self.review.keys.take(window)
        self.compute.guess()
        self.warmup.start()
        self._onChange(*Change)

    def leave(self) -> None:
        """Give the keys back: another panel is shown."""
        self.correct.keys.giveBack()
        self.review.keys.giveBack()
        self.warmup.stop()

    def followParameters(self) -> None:
        """Show and follow the parameters of the scene, which has others after it was closed or loaded."""
        node = self._parameters().parameterNode
        if self._observed is not None and self._observed is not node:
            self.removeObserver(self._observed, "ModifiedEvent", self._onParameters)
        if self._observed is not node:
            self.addObserver(node, "ModifiedEvent", self._onParameters)
            self._observed = node
        self._onParameters()

    def _onParameters(self, *_arguments: object) -> None:
        self.compute.showInputs()
        self.session.keepOnSurface(self._parameters().keepOnSurface and self.session.surfaces.available())
        self._onChange(Change.SELECTION)

    def _onChange(self, *changes: Change) -> None:
        self._changes.update(changes)
        if not self._later.isActive():
            self._later.start(0)

    def _show(self) -> None:
        changes, self._changes = self._changes, set()
        for section in self._sections:
            section.refresh(changes)
        # a view makes its widgets when it is drawn next
        self._guards.start(_GUARD_MS)

    def _onLayout(self) -> None:
        self._guards.start(_GUARD_MS)

    def _onSceneClosing(self, *_arguments: object) -> None:
        self.compute.sceneClosed()
        self.comparison.forget()

    def _onSceneLoaded(self, *_arguments: object) -> None:
        if slicer.mrmlScene.IsImporting() or slicer.mrmlScene.IsBatchProcessing():
            return
        if self.session.level is None:
            self.session.choose(display.activeLevel())
        self._onChange(*Change)

    def _onSave(self) -> None:
        try:
            self.keeper.tick()
        except (SpineTwinError, OSError) as error:
            slicer.util.showStatusMessage(_("Unsaved edits could not be copied: {error}").format(error=error), 5000)

    def _timer(self, function: Callable[[], None], *, once: bool) -> Any:
        timer = qt.QTimer()
        timer.setSingleShot(once)
        timer.connect("timeout()", function)
        return timer
