"""How much memory both phases take: the rows of memory.csv, and what the plans of the networks say."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from ...anatomy.tables import read_table
from ...geometry import Grid
from .model_folder import ModelFolder
from .orientation import Turn
from .seconds import BYTES_OF_A_WEIGHT

if TYPE_CHECKING:
    from .models import Models

_VALUE = {row["what"]: float(row["value"]) for row in read_table("memory.csv", __package__)}
_BYTES_OF_A_VALUE = 4
_GB = 1e9


def phases_memory(models: Models, grid: Grid) -> float | None:
    """Return the bytes that both phases take at most for an image on a grid; None where a plan does not tell.

    The semantic network is let go before the instance network is loaded, so that the larger of the two counts.
    """
    turned = Turn.to(models.semantic_settings.orientation, grid).grid(grid)
    cutouts = models.instance_settings.cutouts
    try:
        semantic = model_memory(models.semantic, turned.shape, turned.spacing)
        if isinstance(models.instance, ModelFolder):
            instance = model_memory(models.instance, cutouts.size, np.array(cutouts.spacing))
        else:
            instance = file_memory(models.instance.stat().st_size, float(np.prod(cutouts.size)))
    except (ValueError, KeyError, TypeError, IndexError):
        return None
    return (_VALUE["programs"] + _VALUE["working"]) * _GB + max(semantic, instance)


def model_memory(model: ModelFolder, shape: tuple[int, ...], spacing: npt.ArrayLike) -> float:
    """Return the bytes of a model's weights, of its maps of one window, and of its scores of a whole image.

    Raises
    ------
    ValueError, KeyError, TypeError, IndexError
        If its plan does not tell.
    """
    settings = model.plans["configurations"][model.configuration]["architecture"]["arch_kwargs"]
    features = int(settings["features_per_stage"][0])
    # all folds are read before the first runs, in a network beside them
    folds = [each.stat().st_size for each in model.checkpoints]
    voxels = float(np.prod(shape))
    planned = voxels * float(np.prod(np.asarray(spacing, float))) / float(np.prod(model.spacing))
    scores = _VALUE["bytes_of_score"] * (len(model.labels) + 1) * max(voxels, planned)
    return sum(folds) + max(folds) + _maps(features, float(np.prod(model.patch))) + scores


def file_memory(size: int, voxels: float) -> float:
    """Return the bytes that a network of one file takes for some voxels; it has as many features as its weights allow.

    The weights of a U-Net grow with the square of its features.
    """
    share = size / BYTES_OF_A_WEIGHT / _VALUE["full_weights"]
    features = _VALUE["full_features"] * min(1.0, float(np.sqrt(share)))
    return 2 * size + _maps(features, voxels)


def _maps(features: float, voxels: float) -> float:
    """Return the bytes of the maps of the first stage, beside which the others are small."""
    return _VALUE["first_maps"] * _BYTES_OF_A_VALUE * features * voxels
