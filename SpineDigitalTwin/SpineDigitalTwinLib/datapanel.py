"""Section Data: an image, the two label maps from the scene or from files, or a sample spine."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import qt
import slicer
from slicer.i18n import tr as _
from spinetwin.errors import SpineTwinError

from . import inputs, labelfiles, mapvoxels, sampledata
from .background import Background
from .messages import Message
from .steps import StepRunner

if TYPE_CHECKING:
    from spinetwin.jobs import Verdict

    from .parameters import SpineDigitalTwinParameters

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
        self._steps = StepRunner(lambda _fraction: None, self._onLoaded)
        self._looked: tuple[object, str, list[str]] = (None, "", [])
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
        for button in (*self.sampleButtons, self._ui.loadButton):
            button.enabled = not self._background.busy

    def _look(self) -> tuple[str, list[str]]:
        """Look at the voxels of the chosen maps, once as long as they stay."""
        parameters = self._parameters()
        nodes = (parameters.subregions, parameters.vertebrae)
        key = [mapvoxels.identityOf(node) for node in nodes]
        if key != self._looked[0]:
            found = inputs.look(*nodes)
            self._looked = (key, found.problem, [found.subregions.text, found.vertebrae.text])
        return self._looked[1], self._looked[2]

    # --- files --------------------------------------------------------------------------------------------------------

    def _browse(self) -> None:
        title = _("Choose the subregion map and the vertebra map")
        paths = qt.QFileDialog.getOpenFileNames(slicer.util.mainWindow(), title, "", _("Label maps") + f" ({FILTER})")
        if paths:
            self.loadFiles(paths)

    def loadFiles(self, paths: Iterable[str]) -> None:
        """Load one or both label maps, in any order, one in a turn of the event loop."""
        self._message.clear()
        self._steps.start(self._guarded(labelfiles.load(paths)))

    # --- sample spines ------------------------------------------------------------------------------------------------

    def makeSample(self, sample: sampledata.Sample) -> None:
        """Let the worker make a sample spine."""
        self._message.clear()
        folder = self._background.scratch()
        title = _("Making {name}:").format(name=sample.name)
        self._background.start(title, "sample", {}, sample.options(), folder, lambda verdict: self._onSample(sample, verdict))

    def _onSample(self, sample: sampledata.Sample, verdict: Verdict) -> None:
        if not sample.modality:
            self._parameters().image = None
        self._steps.start(self._guarded(labelfiles.loadSample(verdict.result.paths, sample.name)))

    # --- into the scene -----------------------------------------------------------------------------------------------

    def _guarded(self, loading: Iterator[tuple[str, slicer.vtkMRMLVolumeNode]]) -> Iterator[float]:
        """Take what is loaded step by step; a failure becomes a sentence, and what was loaded before it stays."""
        try:
            for kind, node in loading:
                setattr(self._parameters(), kind, node)
                yield 0.0
        except SpineTwinError as error:
            self._message.fail(error)

    def _onLoaded(self) -> None:
        if not self.problem():
            self._loaded()

    def close(self) -> None:
        """Stop loading."""
        self._steps.stop()
