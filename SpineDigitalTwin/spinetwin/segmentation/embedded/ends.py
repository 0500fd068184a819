"""Which pieces at the ends of a column are no vertebrae: fat and marrow near the sacrum and the skull, taken for bodies.

From the largest three bodies that follow each other, the column is walked up and down. A piece is doubted where it is
far smaller than the last vertebra, lies aside from the way that the column goes, or lacks two of a disc towards it, the canal
behind it and an arch. Doubted pieces are none where no sound vertebra follows them before the end: so the whole row of them is
judged, and a vertebra that was badly seen in the middle of a spine is not. What the image cuts next to a vertebra is small by
nature, and a part of the next one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from ...anatomy import LEVELS, Level
from ...geometry import FloatArray, Grid, LabelMaps
from ..flat import cropped, occupied_block
from ..separation.voxels import BODY, CANAL, DISC, POSTERIOR

_WITH_BODIES = ("cervical", "thoracic", "lumbar")
_NECK_TOP = ("C1", "C2")
"""Their bodies differ from their neighbours' by nature; crumbs that are named so lack an arch."""
_LEAST_ROW = 3
"""Fewer bodies tell nothing of a column."""
_TINY, _SMALL = 1 / 3, 0.6
"""Volume of a body against that of the last vertebra: less than the one is none, less than the other is doubted; bodies change
by a tenth from one level to the next (Panjabi et al., Spine 1991 and 1992), and a fracture that takes a third off is severe."""
_NARROW = 0.4
"""Area across the column of a body that the image cuts, against that of the last vertebra."""
_STEPS = (0.4, 1.8)
"""Distance to the last vertebra, in distances between vertebrae."""
_MOST_TURN = 45.0
"""Between one line from vertebra to vertebra and the next, degrees: the sharpest angle of a spine, at L5, is half of it."""
_LEAST_DISC = 100.0
"""Cubic mm; that of an adult has 1000 in the neck and 15 000 in the loin."""
_LEAST_CANAL = 50.0
"""Cubic mm of canal or cord at the height of a body."""
_LEAST_ARCH = 200.0
"""Cubic mm of arch and processes; that of an adult has 3000 and more."""
_TO_CANAL = 45.0
"""From the middle of a body to the canal behind it, mm at most; 35 in the loin."""


@dataclass(frozen=True)
class _Piece:
    """One body: its level, volume in cubic mm and voxels, whether the image cuts it, and has it a disc below and an arch."""

    level: Level
    volume: float
    centre: FloatArray
    points: FloatArray
    cut: bool
    disc: bool
    arch: bool

    def area(self, along: FloatArray, edge: float) -> float:
        """Return its mean area across a direction, square mm."""
        return self.volume / (float(np.ptp(self.points @ along)) + edge)


def false_ends(maps: LabelMaps) -> tuple[int, ...]:
    """Return the vertebrae at both ends that are none, from the end inwards, those above first.

    Parameters
    ----------
    maps : LabelMaps
        Bodies, discs and canal, and vertebrae as they were told apart.
    """
    block = occupied_block(maps.subregions)
    part = cropped(maps, block)
    row = _pieces(part, _cut_sides(block, maps.grid.shape))
    if len(row) < _LEAST_ROW:
        return ()
    canal = part.grid.to_ras(np.argwhere(np.isin(part.subregions, CANAL)))
    start = max(range(1, len(row) - 1), key=lambda each: min(piece.volume for piece in row[each - 1 : each + 2]))
    above = _false(row[start + 1 :: -1], canal, part.grid, upwards=True)
    below = _false(row[start - 1 :], canal, part.grid, upwards=False)
    return tuple(each.level.id for each in (*above, *below))


def false_discs(false: Sequence[int], maps: LabelMaps) -> tuple[int, ...]:
    """Return the discs of false vertebrae; one that lies on the first true vertebra is the disc of that."""
    present = np.bincount(maps.vertebrae.ravel(), minlength=256) > 0
    row = sorted((each for each in LEVELS if each.disc_id is not None and present[each.id]), key=lambda each: each.order)
    bordering = {upper.id for upper, lower in pairwise(row) if upper.id in false and lower.id not in false}
    return tuple(each.disc_id for each in row if each.id in false and each.id not in bordering and each.disc_id is not None)


def _cut_sides(block: Sequence[slice], shape: Sequence[int]) -> npt.NDArray[np.bool_]:
    """Say of each side of a block (axis, end) whether it is the border of the image."""
    return np.array([(each.start == 0, each.stop == size) for each, size in zip(block, shape, strict=True)])


def _pieces(maps: LabelMaps, sides: npt.NDArray[np.bool_]) -> list[_Piece]:
    """Return the bodies from the top."""
    at = np.argwhere(np.isin(maps.subregions, BODY))
    owner = maps.vertebrae[tuple(at.T)]
    points, volume = maps.grid.to_ras(at), maps.grid.voxel_volume
    border = ((at == 0) & sides[:, 0] | (at == np.array(maps.grid.shape) - 1) & sides[:, 1]).any(axis=1)
    discs, arches = (
        np.bincount(maps.vertebrae[np.isin(maps.subregions, kinds)], minlength=256) * volume for kinds in (DISC, POSTERIOR)
    )
    found = []
    for each in sorted((each for each in LEVELS if each.region in _WITH_BODIES), key=lambda each: each.order):
        mine = owner == each.id
        if mine.any():
            disc = each.disc_id is not None and bool(discs[each.disc_id] >= _LEAST_DISC)
            arch = bool(arches[each.id] >= _LEAST_ARCH)
            own = points[mine]
            found.append(_Piece(each, len(own) * volume, own.mean(axis=0), own, bool(border[mine].any()), disc, arch))
    return found


def _false(row: Sequence[_Piece], canal: FloatArray, grid: Grid, *, upwards: bool) -> list[_Piece]:
    """Return the pieces at the end of a row that are no vertebrae, from the end inwards; the first two are vertebrae."""
    sound, doubted = list(row[:2]), list[_Piece]()
    for piece in row[2:]:
        steps = 1 + len(doubted)
        before = doubted[-1] if doubted else sound[-1]
        disc = piece.disc if upwards else before.disc
        if _is_sound(piece, sound, steps, canal, grid, disc=disc):
            sound, doubted = [*sound, *doubted, piece], []
        else:
            doubted.append(piece)
    return doubted[::-1]


def _is_sound(piece: _Piece, sound: Sequence[_Piece], steps: int, canal: FloatArray, grid: Grid, *, disc: bool) -> bool:
    """Say whether a piece goes on from the last two vertebrae, some steps away from the last one."""
    last = sound[-1]
    line, way = last.centre - sound[-2].centre, piece.centre - last.centre
    along = way / max(float(np.linalg.norm(way)), 1e-9)
    turn = float(np.degrees(np.arccos(np.clip(along @ line / np.linalg.norm(line), -1.0, 1.0))))
    distance = float(np.linalg.norm(way) / np.linalg.norm(line)) / steps
    astray = turn > _MOST_TURN or not (piece.cut or _STEPS[0] <= distance <= _STEPS[1])
    bare = disc + piece.arch + _has_canal(piece, along, canal, grid) <= 1
    if piece.cut:
        edge = float(grid.spacing.min())
        narrow = piece.area(along, edge) < _NARROW * last.area(along, edge)
        return not (narrow and (astray or (steps > 1 and bare)))
    size = 1.0 if piece.arch and piece.level.name in _NECK_TOP else piece.volume / _whole(sound)
    return not (size < _TINY or (size < _SMALL and (astray or bare)) or (astray and bare))


def _whole(sound: Sequence[_Piece]) -> float:
    """Return the volume of the last vertebra that the image does not cut."""
    return next((each.volume for each in reversed(sound) if not each.cut), sound[-1].volume)


def _has_canal(piece: _Piece, along: FloatArray, canal: FloatArray, grid: Grid) -> bool:
    """Say whether there is canal at the height of a body."""
    if not len(canal):
        return False
    relative = canal - piece.centre
    heights = relative @ along
    half = float(np.ptp(piece.points @ along)) / 2
    near = (np.abs(heights) <= half) & (np.linalg.norm(relative, axis=1) <= _TO_CANAL)
    return bool(np.count_nonzero(near) * grid.voxel_volume >= _LEAST_CANAL)
