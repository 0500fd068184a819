"""The bone of each level as smooth blocks on one lattice along the patient's axes: what the views are drawn from.

Every block lies on whole multiples of the lattice step in RAS, whatever the storage order, spacing and obliqueness of the
maps, so that the same anatomy always gives the same picture.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from ..anatomy import LEVELS, SubregionId
from ..geometry import LabelMaps, label_boxes

Float32Array = npt.NDArray[np.float32]

SURFACE = 0.5
"""The value of a block on the surface of the bone."""

_SOFT = (SubregionId.CORD, SubregionId.CANAL, SubregionId.DISC)
_MARGIN = 3
"""Empty voxels around a piece, so that smoothing ends inside the block."""
_CELL = 8
"""Pieces further apart than this many voxels become blocks of their own: one stray voxel must not cost a huge block."""


@dataclass(frozen=True)
class Block:
    """One piece of one level.

    Attributes
    ----------
    level : int
        Level id.
    origin : (3,) array of int
        RAS position of the first value, in lattice steps.
    values : (r, a, s) array of float32
        Occupancy from 0 to 1 along right, anterior, superior; the surface lies at `SURFACE`; zero on the outside.
    """

    level: int
    origin: npt.NDArray[np.int64]
    values: Float32Array


def blocks(maps: LabelMaps, step: float) -> Iterator[Block]:
    """Yield the bone of every level, from the top, resampled to cubes of `step` mm along R, A and S."""
    boxes = label_boxes(maps.vertebrae)
    for level in LEVELS:
        box = boxes.get(level.id)
        if box is None:
            continue
        mask = maps.vertebrae[box] == level.id
        mask &= ~np.isin(maps.subregions[box], _SOFT)
        corner = np.array([each.start for each in box])
        for start, piece in _pieces(mask):
            yield _resampled(level.id, piece, corner + start, maps, step)


def _pieces(mask: npt.NDArray[np.bool_]) -> Iterator[tuple[npt.NDArray[np.int64], npt.NDArray[np.bool_]]]:
    """Split a mask into clusters of voxels, each with the index of its first voxel."""
    voxels = np.argwhere(mask)
    if not len(voxels):
        return
    cells = voxels // _CELL
    occupied = np.zeros(cells.max(axis=0) + 1, dtype=bool)
    occupied[tuple(cells.T)] = True
    clusters, count = ndimage.label(occupied, structure=np.ones((3, 3, 3)))
    cluster_of = clusters[tuple(cells.T)]
    for cluster in range(1, count + 1):
        members = voxels[cluster_of == cluster]
        start = members.min(axis=0)
        piece = np.zeros(members.max(axis=0) - start + 1, dtype=bool)
        piece[tuple((members - start).T)] = True
        yield start, piece


def _resampled(level: int, piece: npt.NDArray[np.bool_], start: npt.NDArray[np.int64], maps: LabelMaps, step: float) -> Block:
    """Smooth one piece and carry it to the lattice.

    Before the resampling thick slices are smoothed across and within, which rounds their steps; the whole again afterwards.
    """
    occupancy = np.pad(piece, _MARGIN).astype(np.float32)
    spacing = maps.grid.spacing
    coarsest = spacing.max()
    within = 0.3 * coarsest / spacing if coarsest > 2.0 * step else 0.0
    occupancy = ndimage.gaussian_filter(occupancy, np.where(spacing > 1.2 * step, 0.6, within))
    first_voxel = start - _MARGIN
    corners = np.array(np.meshgrid(*[(0, n - 1) for n in occupancy.shape])).reshape(3, -1).T + first_voxel
    ras = maps.grid.to_ras(corners)
    origin = np.floor(ras.min(axis=0) / step - 1e-6).astype(np.int64)
    last = np.ceil(ras.max(axis=0) / step + 1e-6).astype(np.int64)
    lattice_to_voxel = maps.grid.ras_to_ijk[:3, :3] * step
    offset = maps.grid.to_ijk(origin * step) - first_voxel
    values = ndimage.affine_transform(
        occupancy, lattice_to_voxel, offset, output_shape=tuple(last - origin + 1), order=1, mode="constant", cval=0.0
    )
    values = ndimage.gaussian_filter(values, 0.8, mode="constant", truncate=3.0)
    return _trimmed(Block(level, origin, values))


def _trimmed(block: Block) -> Block:
    """Cut off empty layers, but one on each side."""
    inside = np.argwhere(block.values > 0.05)
    if not len(inside):
        return block
    low = np.maximum(inside.min(axis=0) - 1, 0)
    high = inside.max(axis=0) + 2
    values = block.values[tuple(slice(a, b) for a, b in zip(low, high, strict=True))].copy()
    return Block(block.level, block.origin + low - 1, np.pad(values, 1))
