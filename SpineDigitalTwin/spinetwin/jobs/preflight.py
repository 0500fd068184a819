"""How much memory and time a segmentation will take, said before it begins, and refused where it cannot fit."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from ..anatomy.tables import read_table
from ..errors import ParameterError
from ..geometry import Grid
from ..segmentation.course import Part, Rest, whole

if TYPE_CHECKING:
    from ..segmentation.backends import Backend, Effort, Request

_NEEDS: Mapping[str, dict[str, str]] = {row["backend"]: row for row in read_table("needs.csv", __package__)}
READ, RUN, CHECK, WRITE = "read", "run", "check", "write"
"""Stages of a segmentation."""
_SECONDS = {row["stage"]: row for row in read_table("stage_seconds.csv", __package__)}
_LABELLED = 0.039
"""Of the voxels of an image, where nobody knows: measured on a lumbar spine."""
_LEAST_RUN = 0.5
"""What the backend itself takes of the work at least, where nobody has measured it."""
_MINUTES_FROM, _HOURS_FROM = 120.0, 10_800.0
"""Seconds that are told in larger units."""
_ABOUT = 0.9
"""Of what is free; the rest is for others."""


@dataclass(frozen=True)
class Needs:
    """What the work on one image will take: bytes of memory at most, and seconds of one core."""

    memory: float
    seconds: float

    def __str__(self) -> str:
        return f"about {_size(self.memory)} of memory and {_time(self.seconds)}"


def needs_of(backend: str, grid: Grid, effort: Effort | None = None) -> Needs | None:
    """Return what a backend takes for an image on a grid; None for one that nobody has measured.

    The memory that it foretells itself counts more than the size of the image.
    """
    row = _NEEDS.get(backend)
    if row is None:
        return None
    voxels = float(np.prod(grid.shape, dtype=float))
    by_size = float(row["fixed_mb"]) * 1e6 + float(row["bytes_per_voxel"]) * voxels
    memory = by_size if effort is None or effort.memory is None else effort.memory
    return Needs(memory, float(row["seconds_per_million_voxels"]) * voxels / 1e6)


@dataclass(frozen=True)
class StageSeconds:
    """What each stage of a segmentation takes: reading, the parts of the backend's work, checking, writing."""

    read: Part
    backend: Rest
    check: Part
    write: Part

    @property
    def run(self) -> Part:
        """All that the backend does."""
        return whole(RUN, self.backend)

    @property
    def stages(self) -> Rest:
        """All of them, the backend's work as one."""
        return (self.read, self.run, *self.after)

    @property
    def after(self) -> Rest:
        """What follows the backend's work."""
        return (self.check, self.write)

    @property
    def total(self) -> float:
        """Seconds of all of them."""
        return sum(each.seconds for each in self.stages)


def stage_seconds(needs: Needs | None, grid: Grid, effort: Effort | None = None) -> StageSeconds:
    """Return what each stage takes for an image on a grid.

    Parameters
    ----------
    needs : Needs or None
        Of the backend for an image of this size.
    grid : Grid
    effort : Effort, optional
        What the backend itself foretells for this request, which counts more.
    """
    voxels = float(np.prod(grid.shape, dtype=float))
    known = effort.labelled if effort is not None else None
    labelled = _LABELLED * voxels if known is None else known
    read, check, write = (Part(each, _seconds(_SECONDS[each], voxels, labelled)) for each in (READ, CHECK, WRITE))
    if effort is not None:
        return StageSeconds(read, effort.rest, check, write)
    around = read.seconds + check.seconds + write.seconds
    seconds = max(needs.seconds - around if needs is not None else 0.0, _LEAST_RUN * around)
    return StageSeconds(read, (Part(RUN, seconds),), check, write)


def _seconds(row: Mapping[str, str], voxels: float, labelled: float) -> float:
    grows = float(row["per_million_voxels"]) * voxels + float(row["per_million_labelled"]) * labelled
    return float(row["seconds"]) + grows / 1e6


def effort_of(backend: Backend, request: Request) -> Effort | None:
    """Return what a backend that can run foretells for a request; None where it foretells nothing."""
    from ..segmentation.backends import Foretelling

    return backend.effort(request) if isinstance(backend, Foretelling) else None


def refuse_too_large(backend: str, grid: Grid, name: str, free: float | None, effort: Effort | None = None) -> Needs | None:
    """Return what will be needed, unless it cannot fit.

    Raises
    ------
    ParameterError
        If the image needs more memory than there is, with how much to crop it.
    """
    needs = needs_of(backend, grid, effort)
    if needs is None or free is None or needs.memory <= _ABOUT * free:
        return needs
    share = _ABOUT * free / needs.memory
    raise ParameterError(
        f"{name} needs about {_size(needs.memory)} of memory, and {_size(free)} are free.",
        f"Crop it to less than {100 * share:.0f} % of its voxels, or make them {share ** (-1 / 3):.1f} times as long each way.",
    )


def _size(count: float) -> str:
    return f"{count / 1e9:.1f} GB" if count >= 1e9 else f"{max(1.0, count / 1e6):.0f} MB"


def _time(seconds: float) -> str:
    if seconds >= _HOURS_FROM:
        return f"{seconds / 3600:.0f} hours"
    if seconds >= _MINUTES_FROM:
        return f"{seconds / 60:.0f} minutes"
    whole_seconds = max(1, round(seconds))
    return f"{whole_seconds} second{'' if whole_seconds == 1 else 's'}"
