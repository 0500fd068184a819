"""Weights of nnU-Net, read without letting the file run anything.

A checkpoint is a pickle, and a pickle can call any function of the computer. Only tensors and the few harmless kinds that
nnU-Net puts beside them are let in; what asks for more is refused, whoever it comes from.
"""

from __future__ import annotations

import pickle
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from ...errors import ReadError

_HINT = "Train or download the model again."


@dataclass(frozen=True)
class Checkpoint:
    """One trained fold.

    Attributes
    ----------
    weights : mapping of str to torch.Tensor
    trainer : str
        Name of nnU-Net's class that has trained it.
    configuration : str
    """

    weights: Mapping[str, Any]
    trainer: str
    configuration: str


def read_checkpoint(path: Path) -> Checkpoint:
    """Read a fold of nnU-Net.

    Raises
    ------
    ReadError
        If the file is missing or damaged, asks for more than data, or holds no weights.
    """
    import torch

    if not zipfile.is_zipfile(path):
        raise ReadError(f"{path} is missing or damaged: it is no file of PyTorch weights.", _HINT)
    try:
        with torch.serialization.safe_globals(_harmless()):
            content = torch.load(path, map_location="cpu", weights_only=True)
    except pickle.UnpicklingError as error:
        raise ReadError(
            f"{path} holds more than weights and was not opened: a file like this can run programs.", "Do not trust this model."
        ) from error
    except (OSError, RuntimeError, ValueError, EOFError, KeyError, AttributeError) as error:
        raise ReadError(f"{path} is damaged.", _HINT) from error
    return _checkpoint(content, path)


def _checkpoint(content: Any, path: Path) -> Checkpoint:
    try:
        weights, trainer = content["network_weights"], content["trainer_name"]
        configuration = content["init_args"]["configuration"]
    except (TypeError, KeyError, IndexError) as error:
        raise ReadError(f"{path} was not written by nnU-Net v2: it has no network_weights and trainer_name.", _HINT) from error
    if not isinstance(weights, dict) or not isinstance(trainer, str) or not isinstance(configuration, str):
        raise ReadError(f"{path} was not written by nnU-Net v2: its network_weights are no table of tensors.", _HINT)
    # torch.compile puts its own name before those of the layers
    return Checkpoint({name.removeprefix("_orig_mod."): value for name, value in weights.items()}, trainer, configuration)


def _harmless() -> list[Any]:
    """Return what nnU-Net writes beside tensors: numbers of numpy in its log, under the names of numpy 1 and 2."""
    from numpy._core.multiarray import scalar

    kinds = [type(np.dtype(each)) for each in (np.float16, np.float32, np.float64, np.int32, np.int64, np.bool_)]
    return [scalar, (scalar, "numpy.core.multiarray.scalar"), np.dtype, *kinds]
