"""How long both phases take: the rows of seconds.csv, and what the networks have to compute."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from ...anatomy.tables import read_table
from ...geometry import Grid
from ..course import Part, Rest
from .model_folder import ModelFolder
from .network_work import STEP, Work, windows_of, work_of_window
from .orientation import Turn

if TYPE_CHECKING:
    from .models import Models

START, CHECK, LOAD, GREY, SEMANTIC, LABEL, SEPARATE, INSTANCE, FUSE, CLEAN, TAKE_OVER = (
    "start",
    "check",
    "load",
    "grey",
    "semantic",
    "label",
    "separate",
    "instance",
    "fuse",
    "clean",
    "take over",
)
"""Parts of the work; those of the networks are computed, and the others are rows of the table."""
_ROWS = {row["stage"]: row for row in read_table("seconds.csv", __package__)}
_PER_PRODUCT, _PER_VALUE, _PER_SCORE = 0.021e-9, 0.007e-6, 0.015e-6
"""Seconds of one core: measured on convolutions of PyTorch with 16 to 320 features (15.8e9 products and 38e6 values in 0.61 s,
289e9 and 295e6 in 8.3 s), and on the adding up of overlapping windows (56e6 scores in 0.85 s)."""
_SHARED = 0.04
"""Products of each weight per voxel, for a network of which only the file is known: 0.04 in the instance network of SPINEPS and
in a U-Net of four stages, 0.01 in one of six; the first windows tell better."""
BYTES_OF_A_WEIGHT = 4
_BETWEEN_BODIES_MM = 35.0
"""Height of a vertebra and its disc, where nobody has counted them yet."""


def seconds_of(stage: str, voxels: float = 0.0, megabytes: float = 0.0) -> float:
    """Return what a stage takes that is a row of the table."""
    row = _ROWS[stage]
    return float(row["seconds"]) + float(row["per_million_voxels"]) * voxels / 1e6 + float(row["per_megabyte"]) * megabytes


def network_seconds(work: Work) -> float:
    """Return what the work of a network takes on one core."""
    return _PER_PRODUCT * work.products + _PER_VALUE * work.values + _PER_SCORE * work.scores


def model_seconds(model: ModelFolder, shape: tuple[int, ...], spacing: npt.ArrayLike, step: float = STEP) -> float:
    """Return what a model takes for an image of some voxels along its axes: all windows of all folds."""
    windows = windows_of(model, shape, np.asarray(spacing, float), step)
    return network_seconds(_window(model).times(windows * len(model.checkpoints)))


def _window(model: ModelFolder) -> Work:
    try:
        return work_of_window(model)
    except (ValueError, KeyError, TypeError, IndexError):
        return _work_of_file(model.checkpoints[0].stat().st_size, float(np.prod(model.patch)))


def file_seconds(size: int, voxels: float) -> float:
    """Return what a network takes for some voxels of which only the size of its file is known, in bytes."""
    return network_seconds(_work_of_file(size, voxels))


def _work_of_file(size: int, voxels: float) -> Work:
    return Work(_SHARED * size / BYTES_OF_A_WEIGHT * voxels, 0.0, 0.0)


def body_seconds(models: Models) -> float:
    """Return what the instance network takes for the cutout around one body."""
    size = models.instance_settings.cutouts.size
    if isinstance(models.instance, ModelFolder):
        return model_seconds(models.instance, size, models.instance.spacing)
    return file_seconds(models.instance.stat().st_size, float(np.prod(size)))


def phase_parts(models: Models, grid: Grid) -> Rest:
    """Return what each part takes for an image on a grid, from the reading of the image to the names."""
    turned = Turn.to(models.semantic_settings.orientation, grid).grid(grid)
    voxels = float(np.prod(grid.shape))
    height = float(np.abs(grid.ijk_to_ras[2, :3] * np.array(grid.shape)).max())
    bodies = max(1, round(height / _BETWEEN_BODIES_MM))
    grey = seconds_of(GREY, voxels) + (seconds_of("bias", voxels) if models.semantic_settings.bias_correction else 0.0)
    return (
        Part(GREY, grey),
        Part(LOAD, seconds_of(LOAD, megabytes=megabytes_of(models))),
        Part(SEMANTIC, model_seconds(models.semantic, turned.shape, turned.spacing), SEMANTIC),
        Part(LABEL, seconds_of(LABEL, voxels)),
        Part(SEPARATE, seconds_of(SEPARATE, voxels)),
        Part(INSTANCE, bodies * body_seconds(models), INSTANCE),
        Part(FUSE, seconds_of(FUSE, voxels)),
        Part(CLEAN, seconds_of(CLEAN, voxels)),
    )


def megabytes_of(models: Models) -> float:
    """Return the size of all files of both models, MB."""
    return sum(each.stat().st_size for each in models.files.values()) / 1e6
