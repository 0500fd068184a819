"""The backend that needs no download: a small network that comes with the package, and vertebrae told apart without another."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

import numpy as np

from ...anatomy import level
from ...errors import MapError, ParameterError
from ...geometry import Grid, LabelMaps
from ..course import Course, Rest, unfolded, whole
from ..embedded.cleaning import Cleaned, clean_subregions
from ..embedded.ends import false_discs, false_ends
from ..embedded.network import Description as Network
from ..embedded.network import Measured, read_description, read_measured
from ..embedded.runtime import Looked, Runtime, RuntimeHere, Tell
from ..embedded.seconds import CLEAN, SEPARATE, embedded_seconds
from ..separation.sides import PAIRS
from ..separation.voxels import BODY, POSTERIOR
from ..stages import Arrays
from .protocol import Availability, Description, Effort, Progress, Request, Segmentation
from .separated import Separated, separated

MODEL = Path(__file__).resolve().parents[1] / "embedded" / "model"
"""Where the weights lie that come with the package."""

_PARTS = "bodies, arches, processes, discs, endplates, canal, cord and sacrum; teaching and demo quality"
_HINT = "Is it an image of the spine?"
_MUCH_REMOVED = 0.2
"""Share of what the network found beyond which it is said that so much was no part of the spine."""
_STAGE = "embedded-subregions"
_LOOKING = "looking"
"""All that finds the subregions, as one part of the work."""
_ONCE = 0.9
"""Of the separation, when vertebrae have been told apart for the first time; it is seldom done again."""
_MOSTLY = 0.5
_SURE = 0.75
"""Confidence of a level at least that has its disc and its arch: one that only the border of the image cuts has 0.8."""
_LEAST_CONFIDENCE = 0.3
"""Where half of the levels have less, what was found has neither the discs nor the shape of a spine: noise gives 0.24,
crops of a phantom with four levels 0.9."""


class EmbeddedBackend:
    """Runs the network that comes with the package, on the CPU.

    Parameters
    ----------
    model : Path
        Folder that holds its weights and their description.
    runtime : Runtime, optional
        What runs them; default ONNX Runtime in this Python.
    """

    def __init__(self, model: Path = MODEL, runtime: Runtime | None = None) -> None:
        self._model = model
        self._runtime = runtime or RuntimeHere()

    def describe(self) -> Description:
        """Say what it is, and how good, where that has been measured."""
        measured = "; ".join(map(str, _measured(self._model)))
        makes = f"{_PARTS} (mean Dice on {measured})" if measured else _PARTS
        download_mb, fetches = self._runtime.fetched()
        title = "Network that comes with spinetwin"
        return Description("embedded", title, makes, download_mb, "Apache-2.0", fetches=fetches)

    def available(self, request: Request) -> Availability:
        """Say whether ONNX Runtime and the weights are there, and nothing is to be taken over."""
        if request.sources:
            return Availability(False, "it looks at the image alone and takes no label map over. Leave the map out.")
        lacking = self._runtime.lacking()
        if lacking:
            return Availability(False, lacking)
        try:
            read_description(self._model)
        except ParameterError as error:
            return Availability(False, str(error))
        return Availability(True, "it comes with spinetwin; its quality is that of teaching and demonstration")

    def install(self, folder: Path, progress: Progress) -> None:
        """Install ONNX Runtime where it is missing; the weights come with spinetwin."""
        self._runtime.install(folder, progress)

    def effort(self, request: Request) -> Effort:
        """Return what looking at the image will take."""
        seconds = embedded_seconds(request.grid, read_description(self._model))
        return Effort((*seconds.looking, *seconds.after), seconds.labelled)

    def run(self, request: Request, progress: Progress) -> Segmentation:
        """Find the subregions window by window, clean them up, and tell the vertebrae apart."""
        description = read_description(self._model)
        seconds = embedded_seconds(request.grid, description)
        course = Course((whole(_LOOKING, seconds.looking), *seconds.after))

        def looked(done: float, rest: Rest) -> None:
            if rest:
                request.foretell(*course.renew(_LOOKING, done, rest))
            progress(course.at(_LOOKING, done), "looking for the spine")

        seen = self._subregions(request, description, looked)
        progress(course.at(CLEAN), "cleaning up")
        cleaned = clean_subregions(seen.labels, request.grid)
        maps, confidence, told = _separated(cleaned, request, lambda done, what: progress(course.at(SEPARATE, done), what))
        said = (*_strange(confidence, request), *_removed(cleaned, request.grid), *_exchanged(cleaned, maps), *told)
        progress(1.0, "separated")
        versions = {"onnxruntime": seen.version, "network": description.trained}
        weights = {"model.onnx": f"sha256:{description.sha256}"}
        taken = unfolded(course.seconds, _LOOKING, seen.seconds)
        return Segmentation(maps, confidence, said, versions, weights, seconds=taken)

    def _subregions(self, request: Request, description: Network, tell: Tell) -> Looked:
        """Return the subregions that the network sees, or that an earlier run has kept."""
        taken: Mapping[str, float] = {}

        def look() -> Arrays:
            nonlocal taken
            seen = self._runtime.subregions(request.image(), request.grid, self._model, tell, request.stages)
            taken = seen.seconds
            return {"labels": seen.labels, "version": np.array(seen.version)}

        shapes = {"labels": request.grid.shape, "version": ()}
        kept = request.stages.kept_all(_STAGE, look, shapes=shapes, of=description.sha256)
        return Looked(np.asarray(kept["labels"], dtype=np.uint8), str(kept["version"]), taken)


def _measured(model: Path) -> tuple[Measured, ...]:
    """Return how good the network was found to be; nothing where that has not been measured, or the model is not there."""
    try:
        return read_measured(model)
    except ParameterError:
        return ()


def _separated(cleaned: Cleaned, request: Request, tell: Progress) -> Separated:
    """Tell the vertebrae apart; bone that belongs to none of them is none."""
    name = request.path.name if request.path else "the image"
    if not np.isin(cleaned.subregions, BODY).any():
        raise MapError(f"No vertebra was found in {name}.", _HINT)
    subregions = cleaned.subregions
    try:
        maps, confidence, said = separated(
            LabelMaps(request.grid, subregions, np.zeros_like(subregions)), lambda done, what: tell(_ONCE * done, what)
        )
        false = false_ends(maps)
        if false:
            # the others are counted, and named, without them
            none = np.isin(maps.vertebrae, (*false, *false_discs(false, maps)))
            subregions = np.where(none, 0, subregions).astype(np.uint8)
            maps, confidence, said = separated(
                LabelMaps(request.grid, subregions, np.zeros_like(subregions)),
                lambda done, what: tell(_ONCE + (1.0 - _ONCE) * done, what),
            )
    except MapError as error:
        raise MapError(f"What was found in {name} is no spine: {error.message}", _HINT) from error
    if np.median([each or 0.0 for each in confidence.values()]) < _LEAST_CONFIDENCE:
        raise MapError(f"What was found in {name} is no spine: most of its levels lack discs, arches, or both.", _HINT)
    stray = np.isin(subregions, (*BODY, *POSTERIOR)) & (maps.vertebrae == 0)
    return LabelMaps(maps.grid, np.where(stray, 0, subregions).astype(np.uint8), maps.vertebrae), confidence, said


def _strange(confidence: Mapping[int, float | None], request: Request) -> Iterator[str]:
    """Say so where half of the levels are put together as no vertebra is: the network sees bodies in knees and in gut too."""
    doubtful = sum((each or 0.0) < _SURE for each in confidence.values())
    if 2 * doubtful >= len(confidence):
        name = request.path.name if request.path else "the image"
        yield f"{doubtful} of the {len(confidence)} vertebrae found in {name} lack a disc, an arch, or both. {_HINT}"


def _removed(cleaned: Cleaned, grid: Grid) -> Iterator[str]:
    kept = np.count_nonzero(cleaned.subregions) * grid.voxel_volume
    share = cleaned.removed_mm3 / (kept + cleaned.removed_mm3)
    if share > _MUCH_REMOVED:
        yield f"{100 * share:.0f} % of what the network took for parts of the spine lay apart from it and was left out."


def _exchanged(cleaned: Cleaned, maps: LabelMaps) -> Iterator[str]:
    """Say on which levels most of what the network called left lay on the right, or the other way."""
    paired = np.isin(maps.subregions, PAIRS)
    there, moved = (np.bincount(maps.vertebrae[mask], minlength=256) for mask in (paired, paired & cleaned.sided))
    names = [level(int(key)).name for key in np.flatnonzero(moved > _MOSTLY * there)]
    if names:
        yield f"The network took left for right at {', '.join(names)}; the orientation of the image put that right."
