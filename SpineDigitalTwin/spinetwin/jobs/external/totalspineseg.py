"""The published TotalSpineSeg with its own weights, in its own environment.

Warszawer et al. 2024, "Fully Automatic Vertebrae and Spinal Cord Segmentation Using a Hybrid Approach Combining nnU-Net and
Iterative Algorithm", ISMRM 32, https://github.com/neuropoly/totalspineseg.
"""

from __future__ import annotations

from pathlib import Path

from ...errors import MapError, ProgramError
from ...segmentation.backends import Availability, Description, Request, Segmentation
from ...segmentation.backends.protocol import Progress
from ..environments import Program, environment_for, install
from ..environments.requirements import requirements_of
from ..weights import Store, Weights, weights_of
from .ear import Ear
from .running import NO_NETWORK, availability, gpu_variables, name_of, run_heard, taken_over, use_cpu, verified, workplace

NAME = "totalspineseg"
LACKS_POSTERIOR = (
    "TotalSpineSeg gives whole vertebrae: the points of arch, processes and facets will be missing; bodies are told by shape."
)
_TABLE = "totalspineseg"
_RESULT = "step2_output"
_WORKERS = "1"
"""Processes for one image; each of its own takes memory as the whole."""
_BEGUN, _RUN = 0.03, 0.95
"""Fractions of the work at which its stages end."""


class TotalSpineSegBackend:
    """Runs TotalSpineSeg.

    Parameters
    ----------
    root : Path, optional
        The program's own folder, with environments and weights; default `home()`.
    """

    def __init__(self, root: Path | None = None) -> None:
        self._root = root

    def describe(self) -> Description:
        """Say what it is."""
        return Description(
            NAME,
            "TotalSpineSeg",
            "whole vertebrae, discs, canal and sacrum of MR; posterior points will be missing",
            download_mb=requirements_of(NAME).download_mb,
            licence="LGPL-3.0",
        )

    def available(self, request: Request) -> Availability:  # noqa: ARG002 - it takes any image
        """Say what of environment and weights is missing."""
        return availability(NAME, _needed(), self._root)

    def install(self, folder: Path, progress: Progress) -> None:
        """Make its environment below a folder; the weights are asked for by themselves."""
        install(NAME, progress, root=folder)

    def run(self, request: Request, progress: Progress) -> Segmentation:
        """Segment."""
        environment = environment_for(NAME, self._root)
        progress(0.0, "checking the weights")
        hashes = verified(_needed(), self._root)
        with workplace(self._root) as place:
            ear = Ear(NAME, lambda done, what: progress(_BEGUN + (_RUN - _BEGUN) * done, what))
            cpu = use_cpu(request.device, environment)
            program = _program(environment.python, place, Store(self._root), request, cpu=cpu)
            run_heard("TotalSpineSeg", program, ear, name_of(request))
            progress(_RUN, "reading the map")
            found = _map(place, request)
        versions = {**environment.versions("totalspineseg", "nnunetv2", "torch"), "table": _TABLE}
        progress(1.0, "done")
        return Segmentation(found.maps, found.confidence, (LACKS_POSTERIOR, *found.warnings), versions, hashes)


def _needed() -> tuple[Weights, ...]:
    return weights_of("totalspineseg-step1"), weights_of("totalspineseg-step2")


def _program(python: Path, place: Path, store: Store, request: Request, *, cpu: bool) -> Program:
    from ...io import write_volume

    image = place / "case.nii.gz"
    write_volume(image, request.image(), request.grid)
    arguments = [str(image), str(place / "out"), "--data-dir", str(store.folder / NAME), "--keep-only", _RESULT]
    arguments += ["--max-workers", _WORKERS, "--max-workers-nnunet", _WORKERS, "--device", "cpu" if cpu else "cuda"]
    # its pools fork after torch has begun threads, which was seen to wait for ever; it has a switch against that
    arguments.append("--no-stalling")
    variables = {**NO_NETWORK, **gpu_variables(request.device)}
    return Program(python, "totalspineseg.inference", tuple(arguments), variables, place)


def _map(place: Path, request: Request) -> Segmentation:
    path = next((place / "out" / _RESULT).glob("*.nii.gz"), None)
    if path is None:
        raise ProgramError(f"TotalSpineSeg found no disc that it could name in {name_of(request)}.", "Does it show the spine?")
    try:
        return taken_over({"vertebrae": path}, _TABLE, request)
    except MapError as error:
        raise MapError(f"TotalSpineSeg found no vertebra in {name_of(request)}.", "Is it an image of the spine?") from error
