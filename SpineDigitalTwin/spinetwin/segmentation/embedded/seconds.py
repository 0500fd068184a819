"""How long the stages of the embedded network take: the rows of embedded_seconds.csv, for an image on some grid."""

from __future__ import annotations

import os
from dataclasses import dataclass

import numpy as np

from ...anatomy.tables import read_table
from ...geometry import Grid
from ..embedded.network import Description, runs_of_looks
from .protocol import Effort

_ROWS = {row["stage"]: row for row in read_table("embedded_seconds.csv", __package__)}
_MILLION = 1e6
_LABELLED_MM2 = 2000.0
"""What is labelled of each slice across the spine: 1650 to 2220 on phantoms with arches, from a crop to a whole spine."""


@dataclass(frozen=True)
class EmbeddedSeconds:
    """Seconds of each stage, and how many voxels will be labelled."""

    prepare: float
    look: float
    clean: float
    separate: float
    labelled: int

    @property
    def effort(self) -> Effort:
        """All of it."""
        return Effort(self.prepare + self.look + self.clean + self.separate, self.labelled)

    @property
    def ends(self) -> tuple[float, float, float]:
        """Fractions of the work at which the network is ready, has looked, and what it has found is clean."""
        ends = np.cumsum([self.prepare, self.look, self.clean]) / self.effort.seconds
        return float(ends[0]), float(ends[1]), float(ends[2])


def embedded_seconds(grid: Grid, description: Description) -> EmbeddedSeconds:
    """Return what segmenting an image takes; the network looks with all cores, all else is done by one."""
    voxels = int(np.prod(grid.shape))
    height = float(np.abs(grid.ijk_to_ras[2, :3] * np.array(grid.shape)).max())
    labelled = int(min(_LABELLED_MM2 * height / grid.voxel_volume, voxels))
    runs = sum(runs_of_looks(grid, description))
    prepare, look, clean, separate = (
        _seconds(stage, voxels, runs, labelled) for stage in ("prepare", "look", "clean", "separate")
    )
    return EmbeddedSeconds(prepare, look / _cores(), clean, separate, labelled)


def _seconds(stage: str, voxels: int, runs: int, labelled: int) -> float:
    row = _ROWS[stage]
    grows = float(row["per_million_voxels"]) * voxels + float(row["per_million_labelled"]) * labelled
    return float(row["seconds"]) + float(row["per_run"]) * runs + grows / _MILLION


def _cores() -> int:
    """Return how many cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
