"""Spines for Slicer's Sample Data module, made on this machine: nothing is downloaded."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import slicer
from slicer.i18n import tr as _
from spinetwin.segmentation.kinds import SUBREGIONS, VERTEBRAE

from ..maps import inputs, labelfiles, segments, surfaces, visibility, volumes

if TYPE_CHECKING:
    from spinetwin.jobs import Event, Verdict

CATEGORY = "Spine Digital Twin"


@dataclass(frozen=True)
class Sample:
    """One spine of the list.

    Attributes
    ----------
    name : str
        Shown below its button and given to its nodes.
    thumbnail : str
        File in Resources/Icons.
    part : str
        "" for the whole spine, or a usual field of view of an image, such as "lumbar".
    cobb : float
        Of its thoracic curve, degrees.
    spacing : tuple of float
        Voxel size to the right, to the front and upwards, mm.
    orientation : str
        Storage order.
    modality : str
        Of its image; "" for label maps alone.
    """

    name: str
    thumbnail: str
    part: str
    cobb: float
    spacing: tuple[float, float, float]
    orientation: str
    modality: str

    def options(self) -> dict[str, Any]:
        """Return the options with which the worker makes this sample."""
        options = {"cobb": self.cobb, "spacing": list(self.spacing), "orientation": self.orientation}
        return options | {name: value for name, value in (("part", self.part), ("modality", self.modality)) if value}


SAMPLES = (
    Sample("Straight spine", "SampleStraight.png", "", 0.0, (1.0, 1.0, 1.0), "LPS", ""),
    Sample("Scoliotic spine", "SampleScoliotic.png", "", 45.0, (1.0, 1.0, 1.0), "LPS", ""),
    Sample("Lumbar spine, T2w", "SampleLumbarT2w.png", "lumbar", 0.0, (3.3, 0.75, 0.75), "PIR", "t2w"),
)
"""Their discs are whole: endplates have a label of their own and would take a millimetre from both sides, which is 2 mm of the
height of a disc's rectangle and, from T10 to L5, a fifth to two fifths of its volume. Little else that is measured changes."""


def register(icons: Path) -> None:
    """Put all samples on the list of Slicer's Sample Data module; `icons` is the folder of the thumbnails."""
    import SampleData

    maker = SampleMaker()
    for sample in SAMPLES:
        SampleData.SampleDataLogic.registerCustomSampleDataSource(
            category=CATEGORY,
            sampleName=sample.name,
            # Slicer wants one entry of each, also where its own downloader is not used
            uris="",
            fileNames=sample.name,
            nodeNames=sample.name,
            thumbnailFileName=str(icons / sample.thumbnail),
            # Slicer's button calls it and takes no notice of what it returns, so that it may begin and return at once
            customDownloader=maker.make,
        )


class SampleMaker:
    """Makes the sample of a button of the Sample Data module: computed by the worker, taken into the scene bit by bit."""

    def __init__(self) -> None:
        self._worker: Any = None
        self._steps: Any = None
        self._folder: tempfile.TemporaryDirectory[str] | None = None
        self._sample = SAMPLES[0]

    @property
    def busy(self) -> bool:
        """Whether a sample is on its way."""
        return self._worker is not None and (self._worker.busy or self._steps.busy)

    def make(self, source: Any) -> None:
        """Begin with the sample of a button; while another one is on its way, say so.

        Parameters
        ----------
        source : SampleDataSource
            Of Slicer, with `sampleName`.
        """
        if self.busy:
            slicer.util.showStatusMessage(_("{name} is still being made").format(name=self._sample.name), 3000)
            return
        if self._worker is None:
            self._prepare()
        self._sample = next(each for each in SAMPLES if each.name == source.sampleName)
        self._folder = tempfile.TemporaryDirectory(
            prefix="spinetwin-", dir=slicer.app.temporaryPath, ignore_cleanup_errors=True
        )
        slicer.util.showStatusMessage(_("Making {name}...").format(name=self._sample.name))
        self._worker.start("sample", {}, self._sample.options(), self._folder.name)

    def close(self) -> None:
        """End all, for an application that ends."""
        if self._worker is not None:
            self._observed.RemoveObserver(self._tag)
            self._steps.stop()
            self._worker.close()

    def _prepare(self) -> None:
        """Make the process and the timers when they are first needed, and not while the application starts."""
        from ..running.process import WorkerProcess
        from ..running.steps import StepRunner

        self._worker = WorkerProcess(self._onEvent, self._onFinished)
        self._steps = StepRunner(lambda _fraction: None, self._onShown)
        self._observed = slicer.mrmlScene
        slicer.app.connect("aboutToQuit()", self.close)
        self._tag = self._observed.AddObserver(self._observed.StartCloseEvent, self._onSceneClosing)

    def _onSceneClosing(self, _scene: object, _event: object) -> None:
        """Nothing of this scene may come into the next one."""
        self._worker.cancel()
        self._steps.stop()

    def _onEvent(self, event: Event) -> None:
        from spinetwin.jobs import Progress

        if isinstance(event, Progress):
            slicer.util.showStatusMessage(f"{self._sample.name}: {event.message} ({event.fraction:.0%})")

    def _onFinished(self, verdict: Verdict) -> None:
        from spinetwin.jobs import State

        if verdict.state is State.FINISHED:
            self._steps.start(self._showing(verdict.result.paths))
            return
        slicer.util.showStatusMessage("")
        if verdict.state is State.FAILED:
            slicer.util.errorDisplay(verdict.text)

    def _showing(self, paths: Mapping[str, str]) -> Iterator[float]:
        from spinetwin.errors import SpineTwinError

        nodes = {}
        try:
            for kind, reading in labelfiles.sampleReadings(paths, self._sample.name).items():
                nodes[kind] = yield from reading
        except SpineTwinError as error:
            slicer.util.errorDisplay(str(error))
            return
        maps = inputs.labelMaps(nodes[SUBREGIONS], nodes[VERTEBRAE])
        segmentation = yield from segments.showing(maps, _("{name}, segments").format(name=self._sample.name))
        visibility.layInSlices(nodes.get(volumes.IMAGE), nodes[VERTEBRAE])
        _choose(nodes, segmentation)
        yield 0.0
        yield from surfaces.make(segmentation)

    def _onShown(self) -> None:
        if self._folder is not None:
            self._folder.cleanup()
        if slicer.app.layoutManager() is not None:
            slicer.util.resetThreeDViews()
        slicer.util.showStatusMessage(_("{name}: ready").format(name=self._sample.name), 3000)


def _choose(nodes: Mapping[str, Any], segmentation: Any) -> None:
    """Let the module open on a sample, unless a person has chosen other maps there."""
    from SpineDigitalTwin import SpineDigitalTwinLogic

    parameters = SpineDigitalTwinLogic().getParameterNode()
    if parameters.subregions is None and parameters.vertebrae is None:
        parameters.image, parameters.segmentation = nodes.get(volumes.IMAGE), segmentation
        parameters.subregions, parameters.vertebrae = nodes[SUBREGIONS], nodes[VERTEBRAE]
