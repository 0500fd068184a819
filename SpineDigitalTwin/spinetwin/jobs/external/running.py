"""What all backends in other environments share: what they lack, where they compute, and a place to work in."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from ...errors import MapError, ProgramError
from ...segmentation.backends import Availability, ImportBackend, MappingTable, Request, Segmentation, Source
from ...segmentation.backends.protocol import CPU
from ..devices import refuse_absent_device
from ..environments import Environment, HangError, Program, home, run_program, state_for
from ..environments.folders import made
from ..scratch import Scratch, sweep
from ..weights import Store, Weights
from .devices import cuda_devices
from .ear import Ear

NO_NETWORK = {
    **dict.fromkeys(("http_proxy", "https_proxy", "ftp_proxy", "all_proxy"), "http://127.0.0.1:9"),
    **dict.fromkeys(("HTTP_PROXY", "HTTPS_PROXY", "FTP_PROXY", "ALL_PROXY"), "http://127.0.0.1:9"),
    "no_proxy": "",
    "NO_PROXY": "",
    "HF_HUB_OFFLINE": "1",
    "MPLBACKEND": "Agg",
}
"""Programs fetch what they lack without asking; here nothing is fetched that nobody asked for."""
PATIENCE_S = 120.0
"""Silence that is a hang: while libraries as large as torch are loaded, nothing else of a child gets its turn."""


def availability(backend: str, needed: Sequence[Weights], root: Path | None) -> Availability:
    """Say whether environment and weights are there, and where a program can run that knows but the CPU and CUDA."""
    state = state_for(backend, root)
    store = Store(root)
    lacking = [] if state.ready else [state.reason]
    lacking += [each.reason for each in (store.state(weights.name) for weights in needed) if not each.ready]
    if lacking or state.environment is None:
        return Availability(False, " ".join(lacking))
    try:
        return Availability(True, "environment and weights are there", cuda_devices(state.environment))
    except ProgramError as error:
        return Availability(False, str(error))


def verified(needed: Sequence[Weights], root: Path | None) -> dict[str, str]:
    """Return the hashes of all files of weights, each compared with what it was when it came.

    Raises
    ------
    ParameterError, ReadError
        If one is missing, unknown, or has changed.
    """
    store = Store(root)
    found = {weights.folder: store.verify(weights.name) for weights in needed}
    return {f"{folder}/{path}": f"sha256:{digest}" for folder, files in found.items() for path, digest in files.items()}


@contextmanager
def workplace(root: Path | None) -> Iterator[Path]:
    """Give an empty folder that is removed afterwards, and by the next run if this one is killed."""
    folder = made((home() if root is None else root) / "runs")
    sweep(folder)
    with Scratch(folder) as scratch:
        place = scratch.folder / "work"
        place.mkdir()
        yield place


def run_heard(title: str, program: Program, ear: Ear, name: str, patience_s: float = PATIENCE_S) -> None:
    """Run a program for an image, and give its own reason if it fails.

    Raises
    ------
    MapError
        If it has looked at the image and says why it does not segment it.
    ProgramError
        If it fails.
    HangError
        If it gives no sign of life for that long.
    """
    try:
        run_program(program, ear.hear, patience_s)
    except HangError:
        raise
    except ProgramError as error:
        if ear.verdict:
            raise MapError(f"{title} did not segment {name}: {ear.verdict}") from error
        if not ear.reasons:
            raise
        raise ProgramError(f"{title} did not segment {name}: {ear.reasons[-1]}") from error


def gpu_variables(device: str) -> dict[str, str]:
    """Return the variables that show a program only the GPU that was asked for ("cuda:1")."""
    _, _, number = device.partition(":")
    return {"CUDA_VISIBLE_DEVICES": number} if number else {}


def compiled_in(folder: Path) -> dict[str, str]:
    """Return the variable that puts what torch compiles into a folder; torch makes one in any case, and leaves it behind."""
    return {"TORCHINDUCTOR_CACHE_DIR": str(folder / "compiled")}


def device_for(wanted: str, environment: Environment, title: str) -> str:
    """Return where to compute, "cpu" or "cuda:0", for a program that knows nothing else.

    Raises
    ------
    ParameterError
        If a device was asked for that there is not.
    ProgramError
        If the torch of the environment cannot be asked.
    """
    if wanted in CPU:
        return wanted
    devices = cuda_devices(environment)
    refuse_absent_device(wanted, devices, title)
    return wanted if wanted in devices else next((each for each in devices if each not in CPU), CPU[0])


def name_of(request: Request) -> str:
    """Return how to call the image in messages."""
    return request.path.name if request.path is not None else "the image"


def taken_over(found: Mapping[str, Path], table: MappingTable, request: Request) -> Segmentation:
    """Read the maps that a program has made, by kind, as an import does: on the grid of the image, with our labels.

    Raises
    ------
    MapError, ReadError
        If they cannot be read, or hold no vertebra.
    """
    from ...io import read_label_map

    sources = tuple(Source(path.name, kind, *read_label_map(path)) for kind, path in found.items())
    return ImportBackend().run(replace(request, sources=sources, table=table), _unheard)


def _unheard(_: float, __: str) -> None:
    """Take progress that is too quick to tell of."""
