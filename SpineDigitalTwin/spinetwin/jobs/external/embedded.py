"""ONNX Runtime for the embedded network: in this Python where it has it, else in an environment of its own."""

from __future__ import annotations

import importlib.util
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import numpy as np
import numpy.typing as npt

from ...errors import ParameterError, ProgramError
from ...geometry import Grid
from ...segmentation.backends import Stages
from ...segmentation.embedded.runtime import Looked, RuntimeHere, Tell
from ..environments import Environment, Program, environment_for, fetched, install, lend_package, state_for
from ..job import write_job
from .records import read_record, store_option
from .running import NO_NETWORK
from .workers import run_worker

NAME = STEP = "embedded"
LABELS = "labels"
"""What the subregions are called among the results of the child."""
_WORKER = "spinetwin.jobs.external.embedded_worker"


class RuntimeAtHand:
    """The nearest ONNX Runtime there is.

    Parameters
    ----------
    root : Path, optional
        The program's own folder, with the environments; default `home()`.
    """

    def __init__(self, root: Path | None = None) -> None:
        self._root = root

    @property
    def here(self) -> bool:
        """Whether this Python has ONNX Runtime."""
        return _is_here()

    def fetched(self) -> tuple[float, str]:
        """Say what `install` would fetch now: nothing where this Python has ONNX Runtime."""
        return (0.0, "") if _is_here() else fetched(NAME, self._root)

    def lacking(self) -> str:
        """Say what is missing, as a sentence; "" when nothing is."""
        state = state_for(NAME, self._root)
        if _is_here() or state.ready:
            return ""
        return f"it needs ONNX Runtime, which this Python lacks, and {state.reason}"

    def install(self, folder: Path, tell: Callable[[float, str], None]) -> None:
        """Make the environment below a folder, unless this Python has ONNX Runtime."""
        if _is_here():
            RuntimeHere().install(folder, tell)
        else:
            install(NAME, tell, root=folder)

    def subregions(self, image: npt.NDArray[Any], grid: Grid, model: Path, tell: Tell, stages: Stages) -> Looked:
        """Return the subregion of every voxel; the first look at the image is kept among the stages.

        Raises
        ------
        ParameterError, ProgramError
            If it is not installed, or fails.
        """
        if _is_here():
            return RuntimeHere().subregions(image, grid, model, tell, stages)
        environment = environment_for(NAME, self._root)
        with tempfile.TemporaryDirectory(prefix="spinetwin-") as name:
            folder = Path(name)
            arrays = {"image": image, "ijk_to_ras": grid.ijk_to_ras}
            options = {"model": str(model.absolute()), **store_option(stages)}
            program = program_for(environment, folder, STEP, arrays, options)
            result = run_worker(program, lambda done, _: tell(done, ()), foretell=tell)
            return _taken_over(result.paths, image.shape, stages)


def _is_here() -> bool:
    return importlib.util.find_spec("onnxruntime") is not None


def program_for(
    environment: Environment, folder: Path, step: str, arrays: Mapping[str, Any], options: Mapping[str, str]
) -> Program:
    """Write into an empty folder what the child is to do, and return it; the arrays keep every bit.

    Raises
    ------
    ProgramError
        If they cannot be written.
    """
    output, given, path = folder / "out", folder / "image.npz", folder / "job.json"
    try:
        output.mkdir()
        np.savez(given, **arrays)
    except OSError as error:
        raise ProgramError(
            f"The image cannot be handed to the network: {error.strerror or error}.", "Free some space on the disk."
        ) from error
    write_job(path, step, {"image": given}, options, output)
    return environment.program(_WORKER, (str(path),), {**NO_NETWORK, **lend_package(folder)})


def _taken_over(paths: Mapping[str, Any], shape: tuple[int, ...], stages: Stages) -> Looked:
    """Read what the child has written, which may be anything."""
    record = read_record(paths, stages)
    try:
        labels = np.load(paths[LABELS], allow_pickle=False)
        version = str(record["onnxruntime"])
    except (OSError, ValueError, KeyError, TypeError, EOFError, BadZipFile) as error:
        raise ProgramError("What the network has written cannot be read.", "Try again.") from error
    if not isinstance(labels, np.ndarray) or labels.shape != shape or labels.dtype != np.uint8:
        raise ParameterError(f"The network returned a map of another shape than the image, {shape}.", "Try again.")
    return Looked(labels, version, record["seconds"])
