"""The spinal canal in an image: epidural fat, ligamenta flava, thecal sac, cord, cauda equina."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ...anatomy import level as level_of
from ..shape.distances import Array
from ..shape.gaps import CanalPiece
from ..shape.sacrum import PROMONTORY
from ..shape.vertebra import VertebraShape
from ..voxels import Block
from .canvas import Canvas
from .contrast import tissue_id
from .lattice import Patch, patch

FAT_AROUND = 6.0
"""How far the fat of the epidural space and of the foramina reaches beyond the canal, mm."""

FAT_BEHIND_SAC = 2.0
"""Thickness of the epidural fat behind the thecal sac, mm."""

FAT_BETWEEN_FLAVA = 5.0
"""Half the width of the fat in the midline, where the ligamenta flava leave a gap, mm."""

FLAVUM = 3.0
"""Thickness of the ligamenta flava, mm."""

LIGAMENT = 0.7
"""Thickness of the longitudinal ligaments, mm."""

DURA = 0.6
"""Thickness of what lies between the wall of the canal and the fluid, mm."""

SACRAL_TAPER = 0.2
"""By how many mm the sac gets thinner per mm of its way down the sacrum."""

ROOTS, ROOT_RADIUS = 14, 0.6
"""Roots of the cauda equina that are drawn, and their radius in mm."""


@dataclass(frozen=True)
class Stretch:
    """One piece of the canal with its surroundings, seen from its level.

    Attributes
    ----------
    piece : CanalPiece
        The canal.
    shape : VertebraShape
        The level.
    whole, block : Block
        The whole grid, and the part of it around the piece.
    x, y, z : arrays
        Coordinates of the voxels of the block, mm.
    wall : array
        Distance to the wall of the canal, mm.
    """

    piece: CanalPiece
    shape: VertebraShape
    whole: Block
    block: Block
    x: Array
    y: Array
    z: Array
    wall: Array

    @property
    def beyond(self) -> Array:
        """How far each voxel lies above or below the piece, mm."""
        return np.asarray(np.maximum(self.piece.heights[0] - self.z, self.z - self.piece.heights[-1]))

    @property
    def is_sacral(self) -> bool:
        """Whether it is the canal of the sacrum."""
        return level_of(self.shape.level).region == "sacral"

    def inner(self, reach: float) -> Stretch:
        """Return the part around the canal alone."""
        block = self.block.within(self.piece.box, reach)
        where = block.inside(self.block)
        values = (each[where] for each in (self.x, self.y, self.z, self.wall))
        return Stretch(self.piece, self.shape, self.whole, block, *values)


def stretch_of(piece: CanalPiece, shape: VertebraShape, whole: Block, reach: float) -> Stretch | None:
    """Return a piece of the canal as it lies on a grid; None if it lies elsewhere."""
    (low, high), extra = piece.box, FAT_AROUND
    wide = (low[0] - extra, low[1] - extra, low[2]), (high[0] + extra, high[1] + extra, high[2])
    block = whole.within(wide, reach)
    if 0 in block.shape:
        return None
    x, y, z = block.coordinates()
    return Stretch(piece, shape, whole, block, x, y, z, piece.distance(x, y, z))


def paint_surroundings(canvas: Canvas, canal: Stretch) -> None:
    """Paint the fat around the canal, the ligamenta flava, the ligaments along the bodies."""
    beyond = canal.beyond
    canvas.paint(Patch(canal.block.where, np.maximum(canal.wall - FAT_AROUND, beyond)), tissue_id("fat"))
    if not canal.is_sacral:
        behind = canal.y - (canal.shape.canal.front - 0.55 * canal.shape.canal.depth)
        shell = np.maximum(np.maximum(canal.wall - FLAVUM, -canal.wall), beyond)
        flavum = np.maximum(shell, np.maximum(behind, FAT_BETWEEN_FLAVA - np.abs(canal.x)))
        canvas.paint(Patch(canal.block.where, flavum), tissue_id("flavum"))
    if level_of(canal.shape.level).name not in ("C1", "C2"):
        _paint_ligaments(canvas, canal)


def _paint_ligaments(canvas: Canvas, canal: Stretch) -> None:
    body, half, heights = canal.shape.body, 0.3 * canal.shape.row.body_width, canal.piece.heights
    bottom = PROMONTORY[1] * body.height if canal.is_sacral else heights[0]
    box = (-half, -body.depth / 2 - 3.0, bottom), (half, body.depth / 2 + 3.0, heights[-1])

    def ligaments(x: Array, y: Array, z: Array) -> Array:
        ends = np.maximum(bottom - z, z - heights[-1])
        along = np.maximum(body.side(x, y, z) - LIGAMENT, ends)
        return np.asarray(np.maximum(np.maximum(along, np.abs(x) - half), 3.0 - np.abs(y)))

    canvas.paint(patch(canal.whole, box, ligaments, canvas.reach), tissue_id("ligament"))


def paint_sac(canvas: Canvas, canal: Stretch) -> None:
    """Paint the thecal sac with cord or cauda equina."""
    inner = canal.inner(canvas.reach)
    where, piece = inner.block.where, inner.piece
    front, depth = piece.at(inner.z, piece.y, piece.depth)
    behind = np.clip((front - inner.y) / depth, 0.0, 1.0)
    sac = inner.wall + DURA + FAT_BEHIND_SAC * behind**2
    if inner.is_sacral:
        sac = sac + np.clip((4.0 - inner.z) * SACRAL_TAPER, 0.0, 6.0)
    canvas.paint(Patch(where, sac), tissue_id("csf"))
    if max(piece.cord) > 0:
        canvas.paint(Patch(where, piece.cord_distance(inner.x, inner.y, inner.z)), tissue_id("cord"))
    if min(piece.cord) < 0.5:
        canvas.paint(Patch(where, np.maximum(_roots(inner), sac)), tissue_id("nerve_root"))


def _roots(canal: Stretch) -> Array:
    """Return the distance to the roots of the cauda equina: a crescent of threads in the back of the sac."""
    piece = canal.piece
    middle, front, a, b = piece.at(canal.z, piece.x, piece.y, piece.width, piece.depth)
    u, v = canal.x - middle, canal.y - front
    nearest = np.full(u.shape, 81.0, dtype=u.dtype)
    for n in range(ROOTS):
        side = -0.78 + 1.56 * n / (ROOTS - 1)
        back = -0.25 - 0.45 * ((n * 0.618) % 1.0) + 0.35 * side**2
        wave = 0.4 * np.sin(canal.z * (0.11 + 0.01 * n) + n)
        np.minimum(nearest, (u - side * a) ** 2 + (v - back * b - wave) ** 2, out=nearest)
    return np.asarray(np.sqrt(nearest) - ROOT_RADIUS)
