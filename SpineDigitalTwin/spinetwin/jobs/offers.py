"""The step that says which backends there are, what each makes, and whether it can run on this computer for one image.

A panel asks a worker rather than the backends themselves: looking for environments, weights and graphics cards may take a
while, and what the worker's Python has is what counts.
"""

from __future__ import annotations

import json
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable
from urllib.parse import urlsplit

import numpy as np

from ..errors import SpineTwinError
from .job import Done, Job
from .memory import free_memory
from .output import Output
from .preflight import Needs, effort_of, refuse_too_large, stage_seconds
from .scratch import sweep

if TYPE_CHECKING:
    import numpy.typing as npt

    from ..geometry import Grid
    from ..segmentation.backends import Backend, Effort, Request
    from .weights import Weights

_LARGEST_SIDE = 100_000
_WHAT = "The image"


@runtime_checkable
class NeedsWeights(Protocol):
    """A backend whose weights are fetched or imported by themselves, after its programs."""

    def weights(self, request: Request) -> tuple[Weights, ...]:
        """Return those that it needs for a request; none where there are none for it."""
        ...


def offered_backends(job: Job, folder: Path, output: Output) -> Done:
    """Ask every backend whether it can segment an image on a grid; nothing of the image itself is needed."""
    from ..io.atomic import write_text
    from ..segmentation.backends import AUTO, Request, choose
    from ..segmentation.contrast import contrast_of
    from .backends import BACKENDS, backend_named
    from .environments.state import environments_folder

    progress = output.progress("backends")
    # an installation that was cancelled may have been ended before it had tidied up
    sweep(environments_folder())
    grid = job.options.get("grid") or _some_grid()
    name = Path(job.options["image"]) if "image" in job.options else None
    # which weights are needed depends on it
    contrast = contrast_of(name, job.options.get("contrast", ""))
    request = Request(_no_image, grid, path=name, device=job.options.get("device", "auto"), contrast=contrast)
    offers: dict[str, Any] = {"backends": []}
    free = free_memory()
    for number, each in enumerate(BACKENDS):
        progress(number / len(BACKENDS), f"asking {each.describe().name}")
        offers["backends"].append(_offer(each, request, free))

    def refuse(name: str) -> None:
        refuse_too_large(name, grid, _WHAT, free, effort_of(backend_named(name), request))

    try:
        backend, why = choose(AUTO, request, BACKENDS, refuse)
        offers[AUTO] = {"name": backend.describe().name, "why": why}
    except SpineTwinError as error:
        offers[AUTO] = {"name": "", "why": str(error)}
    path = folder / "backends.json"
    write_text(path, json.dumps(offers, indent=1, ensure_ascii=False) + "\n")
    progress(1.0, "done")
    ready = [each["name"] for each in offers["backends"] if each["ready"]]
    return Done({"backends": path}, f"Can run: {', '.join(ready) or 'none'}")


def _offer(backend: Backend, request: Request, free: float | None) -> dict[str, Any]:
    """Return what a backend is, whether it can run, and what it will take."""
    described = asdict(backend.describe())
    availability = backend.available(request)
    try:
        # what a backend lacks cannot tell how much it has to compute
        effort = effort_of(backend, request) if availability.ready else None
        needs, fits = _told(refuse_too_large(described["name"], request.grid, _WHAT, free, effort), request, effort), True
    except SpineTwinError as error:
        needs, fits = str(error), False
    return described | asdict(availability) | {"fits": fits, "needs": needs, "weights": _weights(backend, request)}


def _told(needs: Needs | None, request: Request, effort: Effort | None) -> str:
    """Say what will be needed, as the run itself will."""
    return "" if needs is None else str(replace(needs, seconds=stage_seconds(needs, request.grid, effort).total))


def _weights(backend: Backend, request: Request) -> list[dict[str, Any]]:
    """Return which weights a backend needs, from where and under which licence, whether they are there, and how large."""
    from .weights import Store

    needed, store = backend.weights(request) if isinstance(backend, NeedsWeights) else (), Store()
    return [
        {
            "name": each.name,
            "role": each.role,
            "contrasts": each.contrasts,
            "licence": each.licence,
            "host": urlsplit(each.url).hostname,
            "state": store.state(each.name).kind,
            "disk_mb": store.size_mb(each.name),
        }
        for each in needed
    ]


def _no_image() -> npt.NDArray[Any]:
    raise RuntimeError("whether a backend can run does not depend on the values of the image")


def _some_grid() -> Grid:
    """Return a grid where no image is chosen yet: no backend is too large for it."""
    from ..geometry import Grid

    return Grid((1, 1, 1), np.eye(4))


def grid_option(value: object) -> Grid:
    """Take ``{"shape": [i, j, k], "ijk_to_ras": four rows of four numbers}``."""
    from ..geometry import Grid

    wanted = ValueError('must be {"shape": [i, j, k], "ijk_to_ras": four rows of four numbers}')
    if not isinstance(value, dict) or set(value) != {"shape", "ijk_to_ras"}:
        raise wanted
    shape = value["shape"]
    whole = isinstance(shape, list) and len(shape) == 3 and all(isinstance(n, int) and 0 < n < _LARGEST_SIDE for n in shape)
    try:
        affine = np.array(value["ijk_to_ras"], dtype=np.float64)
        if whole:
            return Grid((shape[0], shape[1], shape[2]), affine)
    except (ValueError, TypeError):
        pass
    raise wanted
