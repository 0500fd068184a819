"""How much memory the label maps and the image of a phantom take, refused before anything is computed where it is not free.

The numbers are those of ``phantom_needs.csv``, measured.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from ..anatomy.tables import read_table
from ..errors import ParameterError
from ..geometry import Grid
from .memory import free_memory

_NEEDS: Mapping[str, dict[str, str]] = {row["modality"]: row for row in read_table("phantom_needs.csv", __package__)}


def phantom_bytes(grid: Grid, modality: str) -> float:
    """Return the bytes that a phantom takes at most on a grid; modality is "labels", "t2w", "t1w" or "ct"."""
    row = _NEEDS[modality]
    voxels = float(np.prod(grid.shape, dtype=np.float64))
    return 1e6 * float(row["fixed_mb"]) + float(row["bytes_per_voxel"]) * voxels


def check_phantom_memory(grid: Grid, modality: str) -> None:
    """Refuse a grid that takes more memory than is free; where the system does not tell what is free, none is refused.

    Raises
    ------
    ParameterError
        In one sentence, which tells both.
    """
    free, needed = free_memory(), phantom_bytes(grid, modality)
    if free is not None and needed > free:
        size = " x ".join(map(str, grid.shape))
        raise ParameterError(
            f"A grid of {size} voxels takes about {needed / 1e9:.1f} GB of memory, but only {free / 1e9:.1f} GB are free.",
            "Choose a coarser spacing or a smaller field of view.",
        )
