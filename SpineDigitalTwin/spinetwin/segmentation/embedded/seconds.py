"""How long the stages of the embedded network take: the rows of seconds.csv, for an image on some grid."""

from __future__ import annotations

import os
from dataclasses import dataclass

import numpy as np

from ...anatomy.tables import read_table
from ...geometry import Grid
from ..course import Part, Rest
from .network import Description, Look, looks_at

PREPARE, FIRST, AGAIN, CLEAN, SEPARATE = "prepare", "look", "look again", "clean", "separate"
"""Stages, as the rows of the table."""
_ROWS = {row["stage"]: row for row in read_table("seconds.csv", __package__)}
_MILLION = 1e6
_NETWORK = "network"
_LABELLED_MM2 = 2000.0
"""What is labelled of each slice across the spine: 1650 to 2220 on phantoms with arches, from a crop to a whole spine."""


@dataclass(frozen=True)
class EmbeddedSeconds:
    """What each stage takes, and how many voxels will be labelled.

    Attributes
    ----------
    looking : sequence of Part
        All that finds the subregions.
    after : sequence of Part
        What is done with them.
    labelled : int
    """

    looking: Rest
    after: Rest
    labelled: int


def embedded_seconds(grid: Grid, description: Description) -> EmbeddedSeconds:
    """Return what segmenting an image takes; the network looks with all cores, all else is done by one."""
    voxels = int(np.prod(grid.shape))
    height = float(np.abs(grid.ijk_to_ras[2, :3] * np.array(grid.shape)).max())
    labelled = int(min(_LABELLED_MM2 * height / grid.voxel_volume, voxels))
    looks = [look_part(each) for each in looks_at(grid, description)]
    after = tuple(Part(each, _seconds(each, labelled=labelled)) for each in (CLEAN, SEPARATE))
    return EmbeddedSeconds((Part(PREPARE, _seconds(PREPARE, voxels=voxels)), *looks), after, labelled)


def look_part(look: Look) -> Part:
    """Return what one look at an image takes."""
    stage = AGAIN if look.again else FIRST
    return Part(stage, _seconds(stage, runs=look.runs) / _cores() + _seconds(stage, voxels=look.voxels), _NETWORK)


def _seconds(stage: str, *, voxels: int = 0, runs: int = 0, labelled: int = 0) -> float:
    row = _ROWS[stage]
    grows = float(row["per_million_voxels"]) * voxels + float(row["per_million_labelled"]) * labelled
    return float(row["seconds"]) + float(row["per_run"]) * runs + grows / _MILLION


def _cores() -> int:
    """Return how many cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
