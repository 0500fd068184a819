"""Section Data: an image, the two label maps from the scene or from files, or a sample spine."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import qt
import slicer
from slicer.i18n import tr as _
from spinetwin.errors import SpineTwinError

from ..maps import inputs, labelfiles, voxels
from ..messages import Message
from ..running.background import Background
from ..running.steps import StepRunner
from . import imagekind, sampledata

if TYPE_CHECKING:
    from spinetwin.jobs import Verdict

    from ..maps.labelfiles import Reading
    from ..parameters import SpineDigitalTwinParameters
    from .imagekind import ImageLook

_MOST_KNOWN = 8
FILTER = "*.nii *.nii.gz *.nrrd *.mha *.mhd"


class DataPanel:
    """What the twin is made from.

    Parameters
    ----------
    ui : namespace of widgets
    parameters : callable
        Returns the parameters of the scene as it is now.
    background : Background
        Makes sample spines.
    icons : path
        Folder of the pictures of the samples.
    loaded : callable
        Called when maps have come into the scene.
    """

    def __init__(
        self,
        ui: SimpleNamespace,
        parameters: Callable[[], SpineDigitalTwinParameters],
        background: Background,
        icons: Path,
        loaded: Callable[[], None],
    ) -> None:
        self._ui, self._parameters, self._background, self._loaded = ui, parameters, background, loaded
        self._message = Message(ui.dataMessage)
        self._steps = StepRunner(lambda _fraction: None, self._onTakenIn)
        self._waiting: list[Path] = []
        self._looked: tuple[object, str, list[str]] = (None, "", [])
        self._known: dict[tuple[str, int], inputs.Recognised] = {}
        self._lookedAt: tuple[object, ImageLook] = (None, imagekind.look(None))
        self.sampleButtons = [self._addSample(sample, icons) for sample in sampledata.SAMPLES]
        ui.loadButton.connect("clicked()", self._browse)

    def _addSample(self, sample: sampledata.Sample, icons: Path) -> Any:
        button = qt.QToolButton()
        button.text, button.toolTip = sample.name, _("Computed on this machine; nothing is downloaded")
        button.objectName = f"sample{sample.thumbnail.removesuffix('.png')}"
        button.setIcon(qt.QIcon(str(icons / sample.thumbnail)))
        button.setIconSize(qt.QSize(72, 72))
        button.setToolButtonStyle(qt.Qt.ToolButtonTextUnderIcon)
        button.setSizePolicy(qt.QSizePolicy.Expanding, qt.QSizePolicy.Fixed)
        button.connect("clicked()", lambda: self.makeSample(sample))
        self._ui.sampleRow.layout().addWidget(button)
        return button

    # --- what the maps are --------------------------------------------------------------------------------------------

    def problem(self) -> str:
        """Say what is missing before label maps can be shown; "" when nothing is."""
        return self._look()[0]

    def refresh(self) -> None:
        """Say below each selector what its map was found to be."""
        for text, label in zip(self._look()[1], (self._ui.subregionsState, self._ui.vertebraeState), strict=True):
            label.text = f"✓ {text}" if text and not self._look()[0] else text
            label.setVisible(bool(text))
        self._showImage()
        for button in (*self.sampleButtons, self._ui.loadButton):
            button.enabled = not self.busy

    def _look(self) -> tuple[str, list[str]]:
        """Look at the voxels of the chosen maps, once as long as they stay."""
        parameters = self._parameters()
        nodes = (parameters.subregions, parameters.vertebrae)
        key = [voxels.identityOf(node) for node in nodes]
        if key != self._looked[0]:
            found = inputs.look(*nodes, self._recognised)
            self._looked = (key, found.problem, [found.subregions.text, found.vertebrae.text])
        return self._looked[1], self._looked[2]

    def _recognised(self, node: slicer.vtkMRMLNode | None) -> inputs.Recognised:
        """Look at one map, once as long as it stays: of two, only the one that was chosen last is looked at."""
        key = voxels.identityOf(node)
        if key not in self._known:
            self._known = dict([*self._known.items(), (key, inputs.recognise(node))][-_MOST_KNOWN:])
        return self._known[key]

    # --- what the image is --------------------------------------------------------------------------------------------

    def look(self) -> ImageLook:
        """Look at the image, once as long as it stays as it is and where it is."""
        image = self._parameters().image
        transform = image.GetParentTransformNode() if image is not None else None
        key = (voxels.identityOf(image), image and image.GetMTime(), transform and transform.GetTransformToWorldMTime())
        if key != self._lookedAt[0]:
            self._lookedAt = (key, imagekind.look(image))
        return self._lookedAt[1]

    def _showImage(self) -> None:
        look = self.look()
        self._ui.imageState.text = look.text
        self._ui.imageState.setVisible(bool(look.text))
        self._ui.imageWarnings.text = "\n".join(f"• {each}" for each in look.warnings)
        self._ui.imageWarnings.setVisible(bool(look.warnings))

    # --- files --------------------------------------------------------------------------------------------------------

    def _browse(self) -> None:
        title = _("Choose the subregion map and the vertebra map")
        paths = qt.QFileDialog.getOpenFileNames(slicer.util.mainWindow(), title, "", _("Label maps") + f" ({FILTER})")
        if paths:
            self.loadFiles(paths)

    def loadFiles(self, paths: Iterable[str]) -> None:
        """Load one or both label maps, in any order: the worker unpacks one after the other, and it is taken in bit by bit."""
        self._message.clear()
        self._waiting = [Path(each) for each in paths]
        self._next()

    def _next(self) -> None:
        path = self._waiting.pop(0)
        title = _("Reading {name}:").format(name=path.name)
        folder = self._background.scratch()
        self._background.start(
            title, "import", {"map": path}, {}, folder, lambda verdict: self._onUnpacked(path, verdict), self._waiting.clear
        )

    def _onUnpacked(self, path: Path, verdict: Verdict) -> None:
        ((kind, unpacked),) = verdict.result.paths.items()
        self._steps.start(self._takingIn({kind: labelfiles.reading(kind, unpacked, path.name.split(".")[0])}))

    # --- sample spines ------------------------------------------------------------------------------------------------

    def makeSample(self, sample: sampledata.Sample) -> None:
        """Let the worker make a sample spine."""
        self._message.clear()
        self._waiting = []
        folder = self._background.scratch()
        title = _("Making {name}:").format(name=sample.name)
        self._background.start(title, "sample", {}, sample.options(), folder, lambda verdict: self._onSample(sample, verdict))

    def _onSample(self, sample: sampledata.Sample, verdict: Verdict) -> None:
        if not sample.modality:
            self._parameters().image = None
        self._steps.start(self._takingIn(labelfiles.sampleReadings(verdict.result.paths, sample.name)))

    # --- into the scene -----------------------------------------------------------------------------------------------

    @property
    def busy(self) -> bool:
        """Whether something is on its way into the scene, or the worker has other things to do."""
        return self._steps.busy or bool(self._waiting) or self._background.busy

    def _takingIn(self, readings: Mapping[str, Reading]) -> Iterator[float]:
        """Choose what is read, one after the other; a failure becomes a sentence, and what was read before it stays."""
        try:
            for kind, reading in readings.items():
                node = yield from reading
                setattr(self._parameters(), kind, node)
                yield 1.0
        except SpineTwinError as error:
            self._message.fail(error)

    def _onTakenIn(self) -> None:
        if self._waiting:
            self._next()
        elif not self.problem():
            self._loaded()

    def guess(self) -> None:
        """Choose the maps of the scene where nothing is chosen yet."""
        parameters = self._parameters()
        if parameters.subregions is None and parameters.vertebrae is None and not self.busy:
            subregions, vertebrae = inputs.guess(("vtkMRMLLabelMapVolumeNode",))
            if subregions is not None and vertebrae is not None:
                parameters.subregions, parameters.vertebrae = subregions, vertebrae

    def close(self) -> None:
        """Stop loading."""
        self._waiting = []
        self._steps.stop()
