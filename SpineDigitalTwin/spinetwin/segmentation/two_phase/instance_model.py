"""The model of phase 2 as a function: an nnU-Net v2 folder, TorchScript or ONNX."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from ...errors import MapError, ReadError, SpineTwinError
from ...geometry import IntArray
from ...networks import open_onnx
from .devices import device_of, is_memory, memory_in_words
from .instances import CLASSES, OFFSET, InstanceRun, Labels
from .model_folder import ModelFolder
from .settings import ModelSettings

ONNX = ".onnx"
SUFFIXES = (ONNX, ".pt", ".ts")
"""Models of one file: ONNX, and TorchScript under two names."""
_CHANNELS = 4
_COUNT = max(CLASSES.values()) + 1

Float32 = npt.NDArray[np.float32]
Scores = Callable[[Float32], npt.NDArray[Any]]
"""Takes channels (1, c, i, j, k) and returns scores (1, 4, i, j, k)."""


def open_instance_model(model: ModelFolder | Path, settings: ModelSettings, device: str) -> InstanceRun:
    """Load the model of phase 2.

    Parameters
    ----------
    model : ModelFolder or Path
        An nnU-Net v2 model, or a file of ONNX or TorchScript.
    settings : ModelSettings
    device : str
        auto, cpu, cuda:0 or mps; ONNX Runtime runs on the CPU.

    Raises
    ------
    ReadError, ParameterError
        If it cannot be loaded.
    """
    if isinstance(model, ModelFolder):
        from .nnunet import open_model

        network, spacing = open_model(model, device), np.array(settings.cutouts.spacing)
        return lambda classes: network.labels(classes.astype(np.float32) + OFFSET, spacing, lambda _: None)
    scores = _onnx(model) if model.suffix == ONNX else _torch_script(model, device)

    def run(classes: Labels) -> IntArray:
        with memory_in_words("the instance network and its cutouts"):
            return _best(scores(_channels(classes, settings)[None]), model)

    return run


def _channels(classes: Labels, settings: ModelSettings) -> Float32:
    """Return the classes as one channel of numbers, or as one channel for each."""
    if settings.input == "classes":
        return classes[None].astype(np.float32)
    return np.asarray(classes[None] == np.arange(_COUNT, dtype=np.uint8)[:, None, None, None], dtype=np.float32)


def _best(scores: npt.NDArray[Any], model: Path) -> IntArray:
    if scores.ndim != 5 or scores.shape[1] != _CHANNELS:
        raise MapError(
            f"{model.name} returned an array of shape {scores.shape} instead of scores for {_CHANNELS} classes: background, "
            "vertebra above, centre and below.",
            "It is no network for the second phase.",
        )
    return np.asarray(scores[0].argmax(axis=0), dtype=np.uint8)


def _onnx(path: Path) -> Scores:
    try:
        session = open_onnx(path)
    except SpineTwinError:
        raise
    except Exception as error:  # ONNX Runtime has no base class of its own for what a file can be
        raise ReadError(f"{path} is no ONNX model that can be run.", "Export it again.") from error
    name = session.get_inputs()[0].name

    def run(channels: Float32) -> npt.NDArray[Any]:
        try:
            return np.asarray(session.run(None, {name: channels})[0])
        except Exception as error:  # as above
            raise _unfitting(path, channels, error) from error

    return run


def _torch_script(path: Path, device: str) -> Scores:
    import torch

    place = device_of(device)
    try:
        network = torch.jit.load(str(path), map_location=place).eval()
    except (RuntimeError, ValueError, OSError) as error:
        raise ReadError(f"{path} is no TorchScript model that can be run.", "Export it with torch.jit.") from error

    def run(channels: Float32) -> npt.NDArray[Any]:
        with torch.inference_mode():
            try:
                return np.asarray(network(torch.from_numpy(channels).to(place)).float().cpu())
            except RuntimeError as error:
                raise _unfitting(path, channels, error) from error

    return run


def _unfitting(path: Path, channels: Float32, error: Exception) -> Exception:
    """Return what is to be raised when a network does not take its input: memory keeps its own words."""
    if is_memory(error):
        return MemoryError(str(error))
    said = " ".join(str(error).split())[:200]
    return MapError(f"{path.name} does not take cutouts of shape {channels.shape}: {said}", "See spinetwin.json beside it.")
