"""How long the published programs take: the rows of seconds.csv, and what their networks have to compute."""

from __future__ import annotations

import json
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

import numpy as np

from ...anatomy.tables import read_table
from ...errors import SpineTwinError
from ...geometry import Grid
from ...segmentation.course import Part
from ...segmentation.two_phase.model_folder import ModelFolder, read_model
from ...segmentation.two_phase.orientation import Turn
from ...segmentation.two_phase.seconds import file_seconds, model_seconds

_ROWS = {(row["program"], row["part"]): row for row in read_table("seconds.csv", __package__)}
_SUFFIXES = (".pth", ".pt", ".ckpt")
"""Files of weights."""


def fixed_part(program: str, part: str, grid: Grid, megabytes: float = 0.0) -> Part:
    """Return what a part of a program's work takes that is a row of the table."""
    row = _ROWS[program, part]
    voxels = float(np.prod(grid.shape)) / 1e6
    seconds = float(row["seconds"]) + float(row["per_million_voxels"]) * voxels + float(row["per_megabyte"]) * megabytes
    return Part(part, seconds + float(row["per_million_mm3"]) * voxels * grid.voxel_volume)


def network_part(name: str, weights: Path, grid: Grid, orientation: str, step: float, kind: str) -> Part:
    """Return what a network takes for an image on a grid, by the plan beside its weights, or else by their size.

    Parameters
    ----------
    name : str
        Of the part.
    weights : Path
        Folder of an nnU-Net model, or one above it.
    grid : Grid
        Of the image.
    orientation : str
        That the program gives the image.
    step : float
        From one window to the next, as a share of a window.
    kind : str
        Of the part.
    """
    turned = Turn.to(orientation, grid).grid(grid)
    model = _model(weights)
    if model is not None:
        return Part(name, model_seconds(model, turned.shape, turned.spacing, step), kind)
    return Part(name, file_seconds(_bytes(weights, _SUFFIXES), float(np.prod(grid.shape)) / step**3), kind)


def cutout_seconds(weights: Path, usual: tuple[int, int, int]) -> float:
    """Return what the instance network of SPINEPS takes for one cutout, by its size and that of its weights."""
    size: Iterable[float] = usual
    with suppress(OSError, ValueError, KeyError, TypeError):
        content = json.loads((weights / "inference_config.json").read_text(encoding="utf-8"))
        size = [float(each) for each in content["cutout_size"]]
    return file_seconds(_bytes(weights, _SUFFIXES), float(np.prod(tuple(size))))


def megabytes_in(folders: Iterable[Path]) -> float:
    """Return the size of all files in some folders, MB."""
    return sum(_bytes(each) for each in folders) / 1e6


def _bytes(folder: Path, suffixes: tuple[str, ...] = ()) -> int:
    files = (each for each in folder.rglob("*") if each.is_file() and (not suffixes or each.suffix in suffixes))
    return sum(each.stat().st_size for each in files)


def _model(folder: Path) -> ModelFolder | None:
    try:
        return read_model(folder)
    except SpineTwinError:
        return None
