"""Undo and redo of corrections: what changed is kept, voxel by voxel, never a whole map."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from ..geometry import IntArray, LabelMaps
from .flat import flat, replaced
from .levels import LevelEdit


@dataclass(frozen=True)
class Difference:
    """Where two arrays of one shape differ.

    Attributes
    ----------
    at : (n,) array of int64
        Flat indices, the first index fastest, as files and Slicer store voxels.
    before, after : (n,) arrays
        Their values.
    """

    at: npt.NDArray[np.int64]
    before: IntArray
    after: IntArray

    @classmethod
    def of(cls, before: IntArray, after: IntArray) -> Difference:
        """Compare two arrays of one shape."""
        if before is after:
            nothing: npt.NDArray[Any] = np.empty(0, before.dtype)
            return cls(np.empty(0, np.int64), nothing, nothing)
        first, second = flat(before), flat(after)
        at = np.flatnonzero(first != second)
        return cls(at, first[at], second[at])

    def forward(self, array: IntArray) -> IntArray:
        """Return the array after the change."""
        return replaced(array, self.at, self.after)

    def back(self, array: IntArray) -> IntArray:
        """Return the array before the change."""
        return replaced(array, self.at, self.before)


@dataclass(frozen=True)
class Step:
    """One correction that can be taken back.

    Attributes
    ----------
    name : str
        What people read on the button.
    subregions, vertebrae : Difference
    renamed, lost, reshaped, repainted, number
        As `LevelEdit`.
    """

    name: str
    subregions: Difference
    vertebrae: Difference
    renamed: Mapping[int, int]
    lost: tuple[int, ...]
    reshaped: tuple[int, ...]
    repainted: tuple[int, ...]
    number: int

    def forward(self, maps: LabelMaps) -> LevelEdit:
        """Return the correction, done on the maps before it."""
        after = LabelMaps(maps.grid, self.subregions.forward(maps.subregions), self.vertebrae.forward(maps.vertebrae))
        return LevelEdit(after, self.renamed, self.lost, self.reshaped, self.repainted, self.number)

    def back(self, maps: LabelMaps) -> LevelEdit:
        """Return the opposite of the correction, done on the maps after it."""
        before = LabelMaps(maps.grid, self.subregions.back(maps.subregions), self.vertebrae.back(maps.vertebrae))
        renamed = {new: old for old, new in self.renamed.items()}
        return LevelEdit(before, renamed, self.reshaped, self.lost, self.repainted, self.number)


@dataclass(frozen=True)
class History:
    """Corrections done and corrections taken back, the latest last, and how many there ever were."""

    done: tuple[Step, ...] = field(default=())
    undone: tuple[Step, ...] = field(default=())
    count: int = 0

    def add(self, name: str, before: LabelMaps, edit: LevelEdit) -> History:
        """Return the history after one more correction; what was taken back is forgotten."""
        step = Step(
            name,
            Difference.of(before.subregions, edit.maps.subregions),
            Difference.of(before.vertebrae, edit.maps.vertebrae),
            edit.renamed,
            edit.lost,
            edit.reshaped,
            edit.repainted,
            self.count + 1,
        )
        return History((*self.done, step), count=self.count + 1)

    def undo(self, maps: LabelMaps) -> tuple[History, LevelEdit]:
        """Take the latest correction back; `maps` are those after it."""
        *done, step = self.done
        return History(tuple(done), (*self.undone, step), self.count), step.back(maps)

    def redo(self, maps: LabelMaps) -> tuple[History, LevelEdit]:
        """Do the correction again that was taken back last."""
        *undone, step = self.undone
        return History((*self.done, step), tuple(undone), self.count), step.forward(maps)
