"""The child of the TotalSpineSeg backend, in an environment with that package: ``python -m ... JOB.json``.

The package's own `inference` does the work, with two of its pieces exchanged. It lets each step of an image run in a pool of
processes. These are forked from a process in which torch has computed with several threads, and only one of them is carried
over by a fork: the first thing in the child that torch would share among threads, the copy of an image that torchio makes,
waits for the others for ever (OpenMP: GNU libgomp does not support a fork after a parallel region). Where the package starts
its pools another way, each of the dozen new processes loads torch again. So here everything is done in this one process.
"""

from __future__ import annotations

import io
import sys
import traceback
from collections.abc import Callable, Iterable, Mapping
from contextlib import redirect_stdout
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from ...errors import MapError
from ...segmentation.course import Course
from ...segmentation.stages import Stages
from ..job import Done, Job, Step
from ..lines import LineSplitter
from ..options import text
from ..output import Output
from ..resuming import skipping
from ..worker import work
from .ear import Ear
from .records import stages_of, write_record
from .totalspineseg import MAP, NAME, STEP, step_parts

_CASE = "case.nii.gz"
_RESULT = "step2_output"
_HINT = "Is it an image of the spine?"

Predict = Callable[..., None]


def totalspineseg(job: Job, folder: Path, output: Output) -> Done:
    """Run both steps on an image, and give the map that they end with."""
    from ...io import read_volume, write_volume
    from ...segmentation.two_phase.devices import device_of

    image, work_folder = folder / _CASE, folder / "out"
    array, grid = read_volume(job.inputs["image"])
    write_volume(image, array, grid)
    progress, parts = output.progress(STEP), step_parts(Path(job.options["data"]), grid)
    course = Course(parts)
    progress.skip(0.0)
    progress.expect(0.0, parts)
    progress(0.0, "starting")
    stages = stages_of(job)
    tell = skipping(progress, progress.skip, stages)
    ear = Ear(NAME, lambda part, done, what: tell(course.at(part, done), what))
    device = job.options.get("device", "auto")
    predict = _predict_by(device, ear, stages, job.options["weights"])
    with redirect_stdout(_Heard(ear)):
        _run(image, work_folder, Path(job.options["data"]), device_of(device), predict)
    found = work_folder / _RESULT / _CASE
    if not found.is_file():
        why = f": {ear.reasons[-1]}" if ear.reasons else ""
        raise MapError(f"TotalSpineSeg found no disc that it could name{why}.", _HINT)
    return Done({MAP: found, **write_record(folder, course.seconds, stages)}, "the map of TotalSpineSeg")


def _run(image: Path, out: Path, data: Path, device: Any, predict: Predict) -> None:
    """Call the package; with all but the last map left out, it draws no pictures and keeps no probabilities."""
    import totalspineseg.inference as published

    _exchange(published, predict)
    try:
        published.inference(image, out, data, "", device, keep_only=[_RESULT], max_workers=1)
    except (ValueError, IndexError) as error:
        if not _while_naming(error):
            raise
        raise MapError("TotalSpineSeg found no disc that it could name.", _HINT) from error


def _while_naming(error: Exception) -> bool:
    """Say whether the package gave up while it named discs: where there is none, its own list of them is empty."""
    return any(frame.name == "iterative_label" for frame in traceback.extract_tb(error.__traceback__)) or "step 1" in str(error)


def _exchange(published: Any, predict: Predict) -> None:
    """Give the package our prediction, and a loop for each pool, for as long as this process lives."""
    published.predict_nnunet = predict
    for name, module in list(sys.modules.items()):
        if name.startswith("totalspineseg.") and hasattr(module, "process_map"):
            setattr(module, "process_map", _in_turn)  # noqa: B010 - a module has no such attribute for a type checker


def _in_turn(function: Callable[..., Any], *cases: Iterable[Any], **_: object) -> list[Any]:
    """Do what tqdm's `process_map` does, one case after the other."""
    return [function(*case) for case in zip(*cases, strict=True)]


def _predict_by(device: str, ear: Ear, stages: Stages, weights: str) -> Predict:
    """Return what takes the place of the package's `predict_nnunet`: the same choice of fold and checkpoint, never mirrored."""
    from ...io import read_label_map
    from ...segmentation.two_phase.model_folder import read_model
    from ...segmentation.two_phase.nnunet import open_model

    def predict(*, model_folder: Path, images_dir: Path, output_dir: Path, folds: str, checkpoint: str, **_: object) -> None:
        channels = sorted(images_dir.glob("case_[0-9][0-9][0-9][0-9].nii.gz"))
        if not channels:
            return
        output_dir.mkdir(parents=True, exist_ok=True)
        target = output_dir / _CASE

        def made() -> np.ndarray[Any, np.dtype[np.uint8]]:
            model = replace(read_model(model_folder), checkpoints=(model_folder / f"fold_{folds}" / checkpoint,))
            open_model(model, device).label_file(channels, target, ear.count)
            return np.frombuffer(target.read_bytes(), np.uint8)

        target.write_bytes(stages.kept(f"totalspineseg-{output_dir.name}", made, of=weights).tobytes())
        ear.count(1.0)
        if not read_label_map(target)[0].any():
            raise MapError(f"TotalSpineSeg found nothing of a spine: its map {output_dir.name} is empty.", _HINT)

    return predict


class _Heard(io.TextIOBase):
    """A standard output whose lines are heard."""

    def __init__(self, ear: Ear) -> None:
        self._ear = ear
        self._lines = LineSplitter()

    def write(self, said: str) -> int:
        """Take any piece of text."""
        for line in self._lines.feed(said.encode("utf-8", "replace")):
            self._ear.hear(line)
        return len(said)


STEPS: Mapping[str, Step] = {
    STEP: Step(("image",), totalspineseg, {"device": text, "store": text, "data": text, "weights": text})
}

if __name__ == "__main__":
    sys.exit(work(Path(sys.argv[1]), STEPS))
