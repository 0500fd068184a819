"""Section Segment: from the image of section Data to label maps, in the background."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import slicer
from slicer.i18n import tr as _
from spinetwin.errors import SpineTwinError
from spinetwin.segmentation.kinds import SUBREGIONS, VERTEBRAE

from ..data import imagekind
from ..maps import labelfiles, verified, voxels
from ..messages import Message
from ..running.background import Background
from ..running.runbar import RunBar
from ..running.runlog import RunLog
from ..running.steps import StepRunner
from .backendchooser import BackendChooser
from .installer import Installer
from .offers import withoutCommands
from .weights import WeightsKeeper

if TYPE_CHECKING:
    from spinetwin.geometry import Grid
    from spinetwin.jobs import Verdict

    from ..data.imagekind import ImageLook
    from ..parameters import SpineDigitalTwinParameters


@dataclass(frozen=True)
class _Run:
    """One press of the button: which image, as it was then, and where its voxels lay in the scene."""

    image: slicer.vtkMRMLScalarVolumeNode
    name: str
    content: tuple[str, int]
    grid: Grid


class SegmentPanel:
    """Lets the worker segment, and brings the label maps into the scene.

    Parameters
    ----------
    ui : namespace of widgets
    parameters : callable
        Returns the parameters of the scene as it is now.
    background : Background
        Segments.
    makeWorker : callable
        As for `OffersQuery`.
    look : callable
        Says what the image is.
    loaded : callable
        Called when label maps have come into the scene.
    changed : callable
        Called when the panel is to show itself anew.
    """

    def __init__(
        self,
        ui: SimpleNamespace,
        parameters: Callable[[], SpineDigitalTwinParameters],
        background: Background,
        makeWorker: Callable[..., Any],
        look: Callable[[], ImageLook],
        loaded: Callable[[], None],
        changed: Callable[[], None],
    ) -> None:
        self._ui, self._parameters, self._background = ui, parameters, background
        self._look, self._loaded, self._changed = look, loaded, changed
        self._bar = RunBar(ui.segmentFrame, ui.segmentLabel, ui.segmentBar, ui.segmentCancelButton, ui.segmentDiagnosticsButton)
        self._bar.end()
        self._log = RunLog(ui)
        self._message, self._warnings = Message(ui.segmentMessage), Message(ui.segmentWarnings)
        self.chooser = BackendChooser(ui, parameters, makeWorker, changed)
        self._installer = Installer(ui, background, self._bar, self._log, self.chooser.again)
        self.weights = WeightsKeeper(ui, background, self._bar, self._log, self.chooser.again)
        self._steps = StepRunner(self._onFraction, changed)
        self._run: _Run | None = None
        self._stopped = ""
        ui.segmentButton.connect("clicked()", self.segment)
        ui.segmentCancelButton.connect("clicked()", self.cancel)
        ui.segmentDiagnosticsButton.connect("clicked()", background.copyDiagnostics)
        ui.segmentSection.connect("contentsCollapsed(bool)", self._onFolded)

    # --- what is missing ----------------------------------------------------------------------------------------------

    @property
    def busy(self) -> bool:
        """Whether an image is on its way to the worker, in it, or comes back."""
        return self._run is not None

    def refresh(self) -> None:
        """Show what is chosen, and say on the button what is missing."""
        self._watch()
        look, ui = self._look(), self._ui
        if not look.problem and not ui.segmentSection.collapsed:
            image = self._parameters().image
            self.chooser.follow(imagekind.worldGridOf(image), _fileName(image.GetName()))
        self.chooser.refresh(running=self.busy)
        self._installer.refresh(self.chooser.offer)
        self.weights.refresh(self.chooser.offer, running=self.busy)
        missing = look.problem or self.chooser.problem()
        ui.segmentButton.enabled = not missing and not self.busy and not self._background.busy
        ui.segmentButton.text = _("Segmenting...") if self.busy else missing or _("Segment the image")
        ui.imageSelector.enabled = not self.busy

    def _onFolded(self, collapsed: bool) -> None:
        if not collapsed:
            self.chooser.retry()
        self._changed()

    def _watch(self) -> None:
        """Stop when the image is no longer the one that is being segmented."""
        if self._run is not None and self._parameters().image is not self._run.image:
            if self._run.image.GetScene() is None:
                text = _("{name} was removed, and its segmentation stopped.")
            else:
                text = _("Another image was chosen: the segmentation of {name} stopped.")
            self.stop(text.format(name=self._run.name))

    # --- the run ------------------------------------------------------------------------------------------------------

    def segment(self) -> None:
        """Write the image for the worker, and let it segment; while that goes on, nothing happens."""
        if self.busy or self._look().problem or self.chooser.problem():
            return
        image = self._parameters().image
        name = image.GetName()
        self._message.clear()
        self._warnings.clear()
        self._stopped = ""
        self._run = _Run(image, name, voxels.identityOf(image), imagekind.worldGridOf(image))
        self._bar.begin(_("Handing {name} over...").format(name=name))
        self._log.begin(_("Segmenting {name}").format(name=name))
        self._steps.start(self._handingOver(self._run))
        self.refresh()

    def _onFraction(self, fraction: float) -> None:
        self._bar.bar.value = round(100 * fraction)

    def _handingOver(self, run: _Run) -> Iterator[float]:
        folder = self._background.scratch()
        try:
            path = yield from labelfiles.writingImage(run.image, run.grid, folder, _fileName(run.name))
        except (SpineTwinError, OSError) as error:
            self._bar.end(str(error))
            self._run = None
            return
        self._background.start(
            _("Segmenting {name}:").format(name=run.name),
            "segment",
            {"image": path, **self.chooser.inputs()},
            self.chooser.options(),
            folder,
            self._onSegmented,
            self._onFailed,
            bar=self._bar,
            heard=self._log.hear,
        )

    def _onFailed(self) -> None:
        self._run = None
        if self._stopped:
            self._bar.end(self._stopped)

    def cancel(self) -> None:
        """Stop; nothing of it reaches the scene."""
        self.stop("")

    def stop(self, why: str) -> None:
        """Stop what goes on, and say why; "" is what the worker says itself when it is cancelled."""
        if self._run is None:
            self._background.cancel()
            return
        # a scene that is closed removes its images, too
        self._stopped = self._stopped or why
        if self._steps.busy:
            self._steps.stop()
            self._run = None
            self._bar.end(why or _("Cancelled; nothing was changed."))
            self._changed()
        else:
            self._background.cancel()

    # --- the result ---------------------------------------------------------------------------------------------------

    def _onSegmented(self, verdict: Verdict) -> None:
        run = self._run
        if run is None:
            return
        if run.image.GetScene() is None or _isOther(run):
            self._run = None
            self._bar.end(_("{name} was changed meanwhile; its segmentation was not taken in.").format(name=run.name))
            return
        self._bar.begin(_("Taking the label maps in..."))
        self._steps.start(self._takingIn(run, verdict))

    def _takingIn(self, run: _Run, verdict: Verdict) -> Iterator[float]:
        paths = verdict.result.paths
        try:
            report = json.loads(Path(paths["report"]).read_text(encoding="utf-8"))
            nodes = yield from _reading(run, paths)
        except (SpineTwinError, OSError, ValueError) as error:
            self._bar.end(str(error))
            self._run = None
            return
        verified.mark(nodes[VERTEBRAE], report)
        parameters, self._run = self._parameters(), None
        parameters.subregions, parameters.vertebrae = nodes[SUBREGIONS], nodes[VERTEBRAE]
        self._bar.end()
        # the file was made for the worker, and nobody else knows it
        said = [withoutCommands(each).replace(report["image"]["name"], run.name) for each in report["warnings"]]
        self._say(verdict.result.summary, said)
        self._loaded()

    def _say(self, summary: str, warnings: list[str]) -> None:
        self._message.say(
            _("Segmented: {summary}. The names of the levels are not verified: check them in section Levels.").format(
                summary=summary.rstrip(".")
            )
        )
        if warnings:
            self._warnings.warn("\n".join(f"• {each}" for each in warnings))

    def forget(self) -> None:
        """Stop, for a scene that is closed."""
        if self._run is not None:
            self.stop(_("The scene was closed, and the segmentation of {name} stopped.").format(name=self._run.name))
        self._message.clear()
        self._warnings.clear()

    def close(self) -> None:
        """End all, for a panel that goes away."""
        self._steps.stop()
        self._run = None
        self.chooser.close()


def _reading(run: _Run, paths: dict[str, str]) -> Generator[float, None, dict[str, slicer.vtkMRMLLabelMapVolumeNode]]:
    """Read both maps onto the voxels of the image; where one cannot be read, none is left in the scene."""
    nodes: dict[str, Any] = {}
    try:
        for kind in (SUBREGIONS, VERTEBRAE):
            name = slicer.mrmlScene.GenerateUniqueName(f"{run.name}, {kind}")
            nodes[kind] = yield from labelfiles.reading(kind, paths[kind], name, run.grid)
    finally:
        if len(nodes) < 2:
            for node in nodes.values():
                slicer.mrmlScene.RemoveNode(node)
    return nodes


def _isOther(run: _Run) -> bool:
    """Say whether an image has other voxels, or lies elsewhere, than when it was handed over."""
    now = imagekind.worldGridOf(run.image) if run.image.GetImageData() is not None else None
    return now is None or voxels.identityOf(run.image) != run.content or not now.same_place(run.grid)


def _fileName(name: str) -> str:
    """Return the name of a node as one of a file: what is said of the image names it so."""
    return re.sub(r"[^\w\- ]+", "_", name).strip(" ._")[:60] or "image"
