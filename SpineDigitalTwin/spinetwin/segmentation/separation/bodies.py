"""Which voxel of a body, disc or endplate belongs to which vertebra, once it is known where the column is cut."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ...geometry import FloatArray, IntArray
from .centreline import Straightened
from .cuts import HEIGHT_TO_WIDTH, Cut
from .voxels import BODY, Mask, Numbers, VoxelList, most_touched

_LEAST_HEIGHT = 0.6
"""No vertebra counts as lower than this part of its neighbours."""
_LOWEST = 10.0
"""No vertebra of a child is lower than this, mm."""
_LEAST_BODY = 0.03
"""Less body than this part of a cube as high as a vertebra is no vertebra but a splinter."""


@dataclass(frozen=True)
class Place:
    """Where a vertebra sits along the line.

    Attributes
    ----------
    centre : float
        Middle of its body along the line, mm; that of the whole body where the image cuts it.
    height : float
        Distance of neighbouring body centres here, mm.
    upper, lower : float or None
        Evidence for the cut above and below, None at the ends.
    has_body : bool
        False for a vertebra of which only processes may be in view.
    """

    centre: float
    height: float
    upper: float | None
    lower: float | None
    has_body: bool = True


@dataclass(frozen=True)
class Bodies:
    """The column, shared out.

    Attributes
    ----------
    places : tuple of Place
        The vertebrae with a body, from the top.
    owner : (n,) array of int32
        For voxels of bodies the number of the vertebra, from 1; 0 elsewhere.
    """

    places: tuple[Place, ...]
    owner: Numbers


def share_out_bodies(voxels: VoxelList, spine: Straightened, column: Mask, cuts: list[Cut]) -> Bodies:
    """Give every voxel of a body to a vertebra: first by the cuts, then piece by piece to what it hangs on.

    A hooked process that rises beside the disc lies on the wrong side of the cut, but in one piece with its own vertebra.
    """
    bone = column & voxels.which(BODY)
    segment = np.zeros(len(voxels), dtype=np.int32)
    segment[bone] = 1 + sum((cut.below(spine, bone).astype(np.int32) for cut in cuts), np.int32(0))
    places, number = _vertebrae(segment, voxels, spine, cuts)
    return Bodies(places, _repaired(number[segment], bone, voxels, len(places)))


def _vertebrae(segment: IntArray, voxels: VoxelList, spine: Straightened, cuts: list[Cut]) -> tuple[tuple[Place, ...], Numbers]:
    """Return the places of the segments that hold a body, and the number of the vertebra of each segment (0: none)."""
    middles = [cut.middle for cut in cuts]
    volumes = np.bincount(segment, minlength=len(cuts) + 2) * voxels.grid.voxel_volume
    heights = _heights(middles, segment, voxels, spine)
    number = np.zeros(len(cuts) + 2, dtype=np.int32)
    places: list[Place] = []
    for at in range(len(cuts) + 1):
        if volumes[at + 1] < _LEAST_BODY * heights[at] ** 3:
            continue
        upper, lower = (cuts[at - 1] if at else None), (cuts[at] if at < len(cuts) else None)
        places.append(_place(upper, lower, heights[at], spine.along[segment == at + 1]))
        number[at + 1] = len(places)
    return tuple(places), number


def _heights(middles: list[float], segment: IntArray, voxels: VoxelList, spine: Straightened) -> list[float]:
    """Return the height of each segment; the outermost take that of their neighbour, a lone one that of its width."""
    from scipy.ndimage import median_filter

    inner = np.diff(middles)
    if len(inner):
        # a splinter between two cuts is measured against its neighbours
        near = np.maximum(inner, _LEAST_HEIGHT * median_filter(inner, 5, mode="nearest"))
        return [float(each) for each in (near[0], *near, near[-1])]
    along = spine.along[segment > 0]
    if not len(along):
        return [_LOWEST] * (len(middles) + 1)
    areas = np.bincount((along - along.min()).astype(int)) * voxels.grid.voxel_volume
    return [max(_LOWEST, HEIGHT_TO_WIDTH * float(np.sqrt(np.percentile(areas, 70.0))))] * (len(middles) + 1)


def _place(upper: Cut | None, lower: Cut | None, height: float, along: FloatArray) -> Place:
    if upper and lower:
        centre = (upper.middle + lower.middle) / 2
    elif lower:
        centre = lower.middle - height / 2
    elif upper:
        centre = upper.middle + height / 2
    else:
        centre = float(along.mean())
    return Place(centre, height, upper.evidence if upper else None, lower.evidence if lower else None)


def _repaired(owner: Numbers, bone: Mask, voxels: VoxelList, count: int) -> Numbers:
    """Give pieces that do not hang on the bulk of their vertebra to the one that they touch most, if they touch any."""
    piece = voxels.pieces(np.where(bone, owner + 1, 0))
    sizes = np.bincount(piece)
    of_piece = np.zeros(len(sizes), dtype=np.int32)
    of_piece[piece] = owner
    bulk = np.zeros(len(sizes), dtype=bool)
    for number in range(1, count + 1):
        mine = np.flatnonzero(of_piece == number)
        bulk[mine[np.argmax(sizes[mine])]] = True
    adopted = most_touched(voxels, np.where(bulk[piece], 0, piece), np.where(bulk[piece], owner, 0))
    for name, number in adopted.items():
        of_piece[name] = number
    return of_piece[piece]
