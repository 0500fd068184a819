"""The child of the two-phase backend, in an environment with torch and nnU-Net: ``python -m ... JOB.json``.

It is a worker like any other, so that it says how far it is, has a heartbeat, and leaves nothing half-written.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import replace
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from ...segmentation.course import Course, Part, unfolded, whole
from ..job import Done, Job, Step
from ..options import text
from ..output import Output
from ..resuming import skipping
from ..worker import work
from .records import stages_of, write_record
from .two_phase import MAPS, STEP, refuse_unknown_program

if TYPE_CHECKING:
    from ...segmentation.two_phase import TwoPhase

_PHASES = "phases"
_PACKAGES = ("torch", "nnunetv2", "onnxruntime", "SimpleITK", "numpy")


def two_phase(job: Job, folder: Path, output: Output) -> Done:
    """Segment an image with two models, and write what came of it."""
    from ...io import read_volume
    from ...segmentation.two_phase import segment
    from ...segmentation.two_phase.devices import device_of
    from ...segmentation.two_phase.models import networks_of, on_cpu_alone, read_models, weights_of
    from ...segmentation.two_phase.seconds import CHECK, megabytes_of, phase_parts, seconds_of

    device = str(device_of(job.options.get("device", "auto")))
    progress = output.progress(STEP)
    progress(0.0, "looking the models over")
    models = read_models(Path(job.options["models"]))
    refuse_unknown_program(Path(job.options["models"]))
    image, grid = read_volume(job.inputs["image"])
    parts = phase_parts(models, grid)
    expected = (Part(CHECK, seconds_of(CHECK, megabytes=megabytes_of(models))), whole(_PHASES, parts))
    course = Course(expected)
    progress.skip(0.0)
    progress.expect(0.0, (expected[0], *parts))
    progress(0.0, "computing the hashes of the weights")
    weights = weights_of(models)
    stages = stages_of(job)
    tell = skipping(progress, progress.skip, stages)
    found = segment(
        lambda: image,
        grid,
        networks_of(models, device, weights, parts),
        lambda done, what: tell(course.at(_PHASES, done), what),
        stages,
        lambda done, rest: progress.expect(*course.renew(_PHASES, done, rest)),
    )
    found = replace(found, warnings=(*found.warnings, *on_cpu_alone(models, device)))
    seconds = unfolded(course.seconds, _PHASES, found.seconds)
    record = write_record(folder, seconds, stages, **_told(found), weights=dict(weights), device=device)
    np.savez(folder / "maps.npz", subregions=found.maps.subregions, vertebrae=found.maps.vertebrae)
    return Done({MAPS: folder / "maps.npz", **record}, f"{len(found.confidence)} levels")


def _told(found: TwoPhase) -> dict[str, Any]:
    return {
        "confidence": {str(key): value for key, value in found.confidence.items()},
        "warnings": list(found.warnings),
        "versions": _versions(),
    }


def _versions() -> dict[str, str]:
    found = {}
    for name in _PACKAGES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found


STEPS: Mapping[str, Step] = {STEP: Step(("image",), two_phase, {"models": text, "device": text, "store": text})}

if __name__ == "__main__":
    sys.exit(work(Path(sys.argv[1]), STEPS))
