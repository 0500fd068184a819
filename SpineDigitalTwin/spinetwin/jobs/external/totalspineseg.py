"""The published TotalSpineSeg with its own weights, in its own environment.

Warszawer et al. 2024, "Fully Automatic Vertebrae and Spinal Cord Segmentation Using a Hybrid Approach Combining nnU-Net and
Iterative Algorithm", ISMRM 32, https://github.com/neuropoly/totalspineseg.
"""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import TYPE_CHECKING

from ...errors import MapError
from ...geometry import Grid
from ...segmentation.backends import Availability, Description, Effort, Request, Segmentation, table_of
from ...segmentation.course import Course, Part, Rest, unfolded, whole
from ...segmentation.two_phase.network_work import STEP as STEP_OF_WINDOWS
from ..environments import environment_for, fetched, install
from ..weights import Store, Weights, weights_of
from .records import read_record
from .running import PATIENCE_S, availability, device_for, name_of, taken_over, verified, workplace
from .seconds import fixed_part, megabytes_in, network_part
from .workers import run_step

if TYPE_CHECKING:
    from ...segmentation.backends.protocol import Progress

NAME = STEP = "totalspineseg"
TITLE = "TotalSpineSeg"
MAP = "map"
"""What the result of the child is called."""
LACKS_POSTERIOR = (
    "TotalSpineSeg gives whole vertebrae: the points of arch, processes and facets will be missing; bodies are told by shape."
)
_TABLE = "totalspineseg"
_WORKER = "spinetwin.jobs.external.totalspineseg_worker"
_CHECK, _START, _TAKE_OVER = "check", "start", "take over"
_NETWORK = "network"
"""Kind of both: they are of one size."""
_ORIENTATION = "LPI"


class TotalSpineSegBackend:
    """Runs TotalSpineSeg.

    Parameters
    ----------
    root : Path, optional
        The program's own folder, with environments and weights; default `home()`.
    patience_s : float
        Seconds of silence that are a hang.
    """

    def __init__(self, root: Path | None = None, patience_s: float = PATIENCE_S) -> None:
        self._root = root
        self._patience_s = patience_s

    def describe(self) -> Description:
        """Say what it is."""
        download_mb, fetches = fetched(NAME, self._root)
        return Description(
            NAME,
            TITLE,
            "whole vertebrae, discs, canal and sacrum of MR, as published; posterior points will be missing",
            download_mb,
            licence="LGPL-3.0",
            fetches=fetches,
            made_for=(),
        )

    def available(self, request: Request) -> Availability:  # noqa: ARG002 - it takes any image
        """Say what of environment and weights is missing."""
        return availability(NAME, _needed(), self._root)

    def weights(self, request: Request) -> tuple[Weights, ...]:  # noqa: ARG002 - the same for any image
        """Return the weights of both steps."""
        return _needed()

    def install(self, folder: Path, progress: Progress) -> None:
        """Make its environment below a folder; the weights are asked for by themselves (`weights`)."""
        install(NAME, progress, root=folder)

    def effort(self, request: Request) -> Effort:
        """Return what it will take, by what its networks have to compute."""
        store, grid = Store(self._root), request.grid
        megabytes = megabytes_in(store.place(each.name) for each in _needed())
        before = fixed_part(NAME, _CHECK, grid, megabytes), fixed_part(NAME, _START, grid)
        return Effort((*before, *step_parts(store.folder / NAME, grid), fixed_part(NAME, _TAKE_OVER, grid)))

    def run(self, request: Request, progress: Progress) -> Segmentation:
        """Let a child run both steps, and take over the map that they end with."""
        environment = environment_for(NAME, self._root)
        device = device_for(request.device, environment, TITLE)
        check, start, *parts, last = self.effort(request).rest
        course = Course((check, start, whole(STEP, parts), last))
        progress(0.0, "checking the weights")
        hashes = verified(_needed(), self._root)
        options = {
            "device": device,
            "data": str(Store(self._root).folder / NAME),
            "weights": hashlib.sha256(" ".join(sorted(hashes.values())).encode()).hexdigest(),
        }

        def tell(done: float, what: str) -> None:
            progress(course.at(STEP, done), what)

        def foretell(done: float, rest: Rest) -> None:
            request.foretell(*course.renew(STEP, done, rest))

        with workplace(self._root) as place:
            progress(course.at(_START), "starting TotalSpineSeg")
            result = run_step(environment.program, _WORKER, STEP, options, request, place, tell, self._patience_s, foretell)
            progress(course.at(_TAKE_OVER), "reading the map")
            record = read_record(result.paths, request.stages)
            found = _taken_over(Path(result.paths[MAP]), request)
        versions = {**environment.versions("totalspineseg", "nnunetv2", "torch"), "table": _TABLE}
        progress(1.0, "done")
        warnings, seconds = (LACKS_POSTERIOR, *found.warnings), unfolded(course.seconds, STEP, record["seconds"])
        return Segmentation(found.maps, found.confidence, warnings, versions, hashes, device, seconds)


def step_parts(data: Path, grid: Grid) -> Rest:
    """Return what each part of the package's own work takes, with the weights in its folder of data."""
    begin, megabytes, networks = fixed_part(NAME, "begin", grid).seconds, 0.0, []
    for part, weights in zip(("step1", "step2"), _needed(), strict=True):
        folder = data / Path(weights.folder).relative_to(NAME)
        megabytes += megabytes_in([folder])
        networks.append(network_part(part, folder, grid, _ORIENTATION, STEP_OF_WINDOWS, _NETWORK))
    first, second = networks
    return (
        fixed_part(NAME, "load", grid, megabytes),
        fixed_part(NAME, "prepare", grid),
        Part("begin1", begin),
        first,
        fixed_part(NAME, "order", grid),
        Part("begin2", begin),
        second,
        fixed_part(NAME, "name", grid),
        fixed_part(NAME, "resample", grid),
    )


def _needed() -> tuple[Weights, ...]:
    return weights_of("totalspineseg-step1"), weights_of("totalspineseg-step2")


def _taken_over(path: Path, request: Request) -> Segmentation:
    try:
        return taken_over({"vertebrae": path}, table_of(_TABLE), request)
    except MapError as error:
        raise MapError(f"TotalSpineSeg found no vertebra in {name_of(request)}.", "Is it an image of the spine?") from error
