"""Which vertebrae bear ribs, where the map tells ribs: what bears them is called thoracic.

A rib meets the body of its vertebra with its head, beside the upper edge or the upper half of that; from there on it leaves the
column to the back and the side, and downwards. So only what lies right beside a body is looked at.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ...anatomy import Level
from ...geometry import FloatArray
from .bodies import Place
from .centreline import Straightened
from .voxels import BODY, RIBS, VoxelList

_HEAD_ABOVE = 0.25
"""Heads lie about this far above the middle of their body, in its heights: from 0.5 (T1 to T9) to 0 (T12)."""
_BESIDE = 6.0
"""Distance from the side of the column, mm, within which a rib is its head or its neck."""
_EDGE = 95.0
_LEAST_HEAD = 40.0
"""Less of a rib beside a body than this, cubic mm, is none: a head is 10 mm wide and more."""
_ABOVE, _BELOW = 2, 1
"""Vertebrae without ribs that must be in view above the first and below the last one with ribs."""


@dataclass(frozen=True)
class Ribs:
    """The vertebrae that bear ribs.

    Attributes
    ----------
    sides : (v, 2) array of bool
        Whether each vertebra bears a rib, left and right.
    first, last : int or None
        Rows of the first and the last one, None where that may lie outside of the image.
    """

    sides: npt.NDArray[np.bool_]
    first: int | None = None
    last: int | None = None


def ribs_of(voxels: VoxelList, spine: Straightened, places: tuple[Place, ...]) -> Ribs:
    """Find out which vertebrae bear ribs.

    Parameters
    ----------
    voxels : VoxelList
    spine : Straightened
    places : tuple of Place
        The vertebrae, from the top.
    """
    sides = np.stack([_heads(voxels, spine, places, label) for label in RIBS], axis=1)
    rows = np.flatnonzero(sides.any(axis=1))
    if not len(rows):
        return Ribs(sides)
    first, last = int(rows[0]), int(rows[-1])
    below = [place.has_body for place in places[last + 1 :]]
    above = [place.has_body for place in places[:first]]
    return Ribs(sides, first if sum(above) >= _ABOVE else None, last if sum(below) >= _BELOW else None)


def _heads(voxels: VoxelList, spine: Straightened, places: tuple[Place, ...], label: int) -> npt.NDArray[np.bool_]:
    """Say of each vertebra whether a rib of one side begins beside it."""
    rib = np.flatnonzero(voxels.labels == label)
    centres, heights, halves = _column(voxels, spine, places)
    steps = (spine.along[rib, None] - centres) / heights + _HEAD_ABOVE
    row = np.abs(steps).argmin(axis=1) if len(rib) else np.zeros(0, dtype=np.int64)
    beside = (np.abs(spine.right[rib]) < halves[row] + _BESIDE) & (np.abs(steps[np.arange(len(rib)), row]) < 0.5)
    volume = np.bincount(row[beside], minlength=len(places)) * voxels.grid.voxel_volume
    return np.asarray((volume > _LEAST_HEAD) & [place.has_body for place in places])


def _column(voxels: VoxelList, spine: Straightened, places: tuple[Place, ...]) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Return middle, height and half width of the body of each vertebra, mm."""
    centres, heights = np.array([(place.centre, place.height) for place in places]).T
    body = voxels.which(BODY)
    along, right = spine.along[body], np.abs(spine.right[body])
    halves = [
        float(np.percentile(near, _EDGE)) if len(near := right[np.abs(along - centre) < 0.4 * height]) else 0.0
        for centre, height in zip(centres, heights, strict=True)
    ]
    return centres, heights, np.array(halves)


def one_sided_rib(
    voxels: VoxelList, spine: Straightened, places: tuple[Place, ...], levels: Sequence[Level]
) -> tuple[str, ...]:
    """Say in words where the last rib is there on one side only."""
    found = ribs_of(voxels, spine, places)
    if found.last is None or found.sides[found.last].all():
        return ()
    name = levels[found.last].name
    return (f"{name}, the last vertebra with ribs, has one on one side only: it may be a transitional vertebra.",)
