"""How much a network has to compute, from the plan of nnU-Net beside its weights: nothing is loaded."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from ...geometry import FloatArray
from .model_folder import ModelFolder

STEP = 0.5
"""From one window to the next, as a share of a window: what nnU-Net's predictor does unless it is told otherwise."""
_CONVOLUTIONS_OF_A_BLOCK = 2
"""In a residual encoder."""


@dataclass(frozen=True)
class Work:
    """What a network does.

    Attributes
    ----------
    products : float
        Multiplications of its convolutions.
    values : float
        That its layers hand on.
    scores : float
        That come out, one for each label and voxel.
    """

    products: float
    values: float
    scores: float

    def times(self, count: float) -> Work:
        """Return what as many windows take."""
        return Work(self.products * count, self.values * count, self.scores * count)


def work_of_window(model: ModelFolder) -> Work:
    """Return what a U-Net does for one window: its convolutions on the way down, and on the way up past what was skipped.

    Raises
    ------
    ValueError, KeyError, TypeError, IndexError
        If the plan does not tell it.
    """
    plan = model.plans["configurations"][model.configuration]
    settings = plan["architecture"]["arch_kwargs"]
    features = [int(each) for each in settings["features_per_stage"]]
    stages = len(features)
    kernels, strides = (_for_stages(settings[name], stages) for name in ("kernel_sizes", "strides"))
    sizes = np.prod(np.array(plan["patch_size"], float) / np.cumprod(strides, axis=0), axis=1)
    down, up = _convolutions(settings, stages)
    products = values = 0.0
    before = len(model.channels)
    for stage, size in enumerate(sizes):
        for entering in (before, *[features[stage]] * (down[stage] - 1)):
            products += size * entering * features[stage] * kernels[stage].prod()
        values += size * features[stage] * down[stage]
        before = features[stage]
    for stage in reversed(range(stages - 1)):
        size, width = sizes[stage], features[stage]
        products += size * features[stage + 1] * width
        for entering in (2 * width, *[width] * (up[stage] - 1)):
            products += size * entering * width * kernels[stage].prod()
        values += size * width * (1 + up[stage])
    labels = len(model.labels) + 1
    return Work(float(products + sizes[0] * features[0] * labels), float(values), float(sizes[0] * labels))


def _for_stages(setting: object, stages: int) -> npt.NDArray[np.float64]:
    """Return a setting of each stage along three axes, whether one number or three stand for it."""
    given = [setting] * stages if isinstance(setting, int) else setting
    if not isinstance(given, list) or len(given) != stages:
        raise ValueError("a plan has a kernel and a stride for each stage")
    return np.array([np.broadcast_to(np.array(each, float), 3) for each in given])


def _convolutions(settings: Mapping[str, Any], stages: int) -> tuple[list[int], list[int]]:
    """Return how many convolutions each stage has, on the way down and on the way up."""
    blocks = settings.get("n_blocks_per_stage")
    down = blocks if blocks is not None else settings["n_conv_per_stage"]
    each = 1 if blocks is None else _CONVOLUTIONS_OF_A_BLOCK
    return [each * count for count in _counts(down, stages)], _counts(settings["n_conv_per_stage_decoder"], stages - 1)


def _counts(setting: object, stages: int) -> list[int]:
    found = [setting] * stages if isinstance(setting, int) else setting
    if not isinstance(found, list) or len(found) != stages:
        raise ValueError("a plan has a number of convolutions for each stage")
    return [int(each) for each in found]


def windows_of(model: ModelFolder, shape: Iterable[int], spacing: FloatArray, step: float = STEP) -> int:
    """Return how many windows of a model cover an image.

    Parameters
    ----------
    model : ModelFolder
    shape : (3,) tuple of int
        Voxels of the image along the axes of the model.
    spacing : (3,) array
        Their edges, mm.
    step : float
        From one window to the next, as a share of a window.
    """
    size = np.round(np.array(tuple(shape)) * spacing / np.array(model.spacing))
    patch = np.array(model.patch, float)
    return int(np.prod(1 + np.ceil(np.maximum(size - patch, 0.0) / (step * patch))))
