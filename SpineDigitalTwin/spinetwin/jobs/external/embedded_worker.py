"""The child that runs the networks of the package, in an environment with ONNX Runtime: ``python -m ... JOB.json``."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from ...errors import ReadError
from ...geometry import Grid
from ...segmentation.course import Rest
from ...segmentation.embedded.network import read_description
from ...segmentation.embedded.runtime import RuntimeHere
from ...segmentation.embedded.seconds import embedded_seconds
from ...xray.networks.model import open_network
from ...xray.networks.model import read_description as read_film_network
from ...xray.networks.volumes import session_run
from ..job import Done, Job, Step
from ..options import text
from ..output import Output
from ..resuming import skipping
from ..worker import work
from .embedded import LABELS, STEP
from .film_network import BLOCK, FILM, ODDS, SEEN
from .records import stages_of, write_record


def network_step(job: Job, folder: Path, output: Output) -> Done:
    """Let the network look at an image."""
    progress = output.progress(STEP)
    image, affine = _given(job, "image", "ijk_to_ras")
    grid = Grid((image.shape[0], image.shape[1], image.shape[2]), affine)
    model = Path(job.options["model"])
    progress.skip(0.0)
    progress.expect(0.0, embedded_seconds(grid, read_description(model)).looking)

    stages = stages_of(job)
    past = skipping(progress, progress.skip, stages)

    def tell(done: float, rest: Rest) -> None:
        progress.expect(done, rest)
        past(done, "looking for the spine")

    seen = RuntimeHere().subregions(image, grid, model, tell, stages)
    np.save(folder / "labels.npy", seen.labels)
    record = write_record(folder, seen.seconds, stages, onnxruntime=seen.version)
    return Done({LABELS: folder / "labels.npy", **record}, "")


def film_step(job: Job, folder: Path, output: Output) -> Done:
    """Let the network that finds landmarks look at a film."""
    (film,) = _given(job, FILM)
    output.progress(FILM)(0.0, "looking for vertebrae")
    heat, offsets, bone = open_network(read_film_network())(film)
    np.savez(folder / "seen.npz", heat=heat, offsets=offsets, bone=bone)
    return Done({SEEN: folder / "seen.npz"}, "")


def block_step(job: Job, folder: Path, output: Output) -> Done:
    """Let the network that sees vertebrae as volumes look at all of two films."""
    (shown,) = _given(job, BLOCK)
    output.progress(BLOCK)(0.0, f"looking at {len(shown)} vertebrae")
    np.savez(folder / "odds.npz", odds=session_run(Path(job.options["weights"]))(shown))
    return Done({ODDS: folder / "odds.npz"}, "")


def _given(job: Job, *names: str) -> tuple[npt.NDArray[Any], ...]:
    try:
        with np.load(job.inputs["image"], allow_pickle=False) as given:
            return tuple(given[name] for name in names)
    except (OSError, ValueError, KeyError) as error:
        raise ReadError("The image for the network cannot be read.", "Try again.") from error


STEPS: Mapping[str, Step] = {
    STEP: Step(("image",), network_step, {"model": text, "store": text}),
    FILM: Step(("image",), film_step),
    BLOCK: Step(("image",), block_step, {"weights": text}),
}

if __name__ == "__main__":
    sys.exit(work(Path(sys.argv[1]), STEPS))
