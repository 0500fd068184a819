"""The trained weights and how they are run."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from ...errors import ParameterError
from ...geometry import Grid
from .lattice import Float32, Labels, lattice_of
from .tiles import Run, shares_of

_LOW, _HIGH = 0.5, 99.5
"""Percentiles of the grey values that become 0 and 1, as in the pairs that the network was trained on."""


@dataclass(frozen=True)
class Description:
    """What is to be known of the weights.

    Attributes
    ----------
    labels : tuple of int
        Subregion label of each channel.
    spacing : float
        Of the voxels that the network sees, mm.
    window : (3,) tuple of int
        Voxels that it sees at once.
    sha256 : str
        Of the file of weights.
    trained : str
        On what, in words.
    """

    labels: tuple[int, ...]
    spacing: float
    window: tuple[int, int, int]
    sha256: str
    trained: str


def read_description(folder: Path) -> Description:
    """Read ``model.json``, and make sure that the weights beside it are those that it describes.

    Raises
    ------
    ParameterError
        If either file is missing or damaged.
    """
    try:
        data = json.loads((folder / "model.json").read_text(encoding="utf-8"))
        found = Description(
            tuple(int(each) for each in data["labels"]),
            float(data["spacing"]),
            (int(data["window"][0]), int(data["window"][1]), int(data["window"][2])),
            str(data["sha256"]),
            str(data["trained"]),
        )
        weights = hashlib.sha256((folder / "model.onnx").read_bytes()).hexdigest()
    except (OSError, ValueError, KeyError, IndexError, TypeError) as error:
        raise ParameterError(f"The embedded model is missing or damaged ({folder}).", "Install spinetwin again.") from error
    if weights != found.sha256:
        raise ParameterError(
            f"The weights of the embedded model are not what they should be ({folder}).", "Install spinetwin again."
        )
    return found


def open_network(folder: Path, threads: int = 0) -> Run:
    """Return the network as a function of an image (i, j, k), run by ONNX Runtime on the CPU.

    Parameters
    ----------
    folder : Path
        That holds ``model.onnx``.
    threads : int
        How many threads it may use; 0 for all.
    """
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    session = onnxruntime.InferenceSession(str(folder / "model.onnx"), options, providers=["CPUExecutionProvider"])
    name = session.get_inputs()[0].name

    def run(image: Float32) -> Float32:
        return np.asarray(session.run(None, {name: np.ascontiguousarray(image[None, None])})[0][0], dtype=np.float32)

    return run


def segment(
    image: npt.NDArray[Any],
    grid: Grid,
    run: Run,
    description: Description,
    progress: Callable[[float], None] | None = None,
) -> Labels:
    """Return the subregion of every voxel of an image.

    Parameters
    ----------
    image : (i, j, k) array
        Grey values of any scale.
    grid : Grid
        Where it lies; left and right are taken from here.
    run : callable
        The network.
    description : Description
    progress : callable, optional
        Called with the fraction that is done.

    Returns
    -------
    (i, j, k) array of uint8
    """
    lattice = lattice_of(grid, description.spacing)
    working = normalise(lattice.to_working(image))
    shares = shares_of(working, run, description.window, len(description.labels), progress)
    return lattice.to_labels(shares, np.array(description.labels, dtype=np.uint8))


def normalise(image: Float32) -> Float32:
    """Return grey values from 0 to 1; what is darkest and brightest is cut off."""
    low, high = (float(each) for each in np.percentile(image, (_LOW, _HIGH)))
    return np.asarray(np.clip((image - low) / max(high - low, 1e-6), 0.0, 1.0), dtype=np.float32)
