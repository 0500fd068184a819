"""What is done to the subregions that the network has found before vertebrae are told apart in them.

A network that has seen nothing but spines sees parts of one in air, bowel and kidneys, too. What is kept hangs together with
the longest column of bodies and discs, and lies no farther from it than such a part can; no vertebra lies below the sacrum,
and what grows out of it is a part of it. Left and right are those of the patient.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from ...anatomy.tables import read_table
from ...geometry import Grid, IntArray
from ..flat import occupied_block
from ..separation.centreline import straighten
from ..separation.column import column_of
from ..separation.sides import PAIRS
from ..separation.voxels import BODY, POSTERIOR, Mask, VoxelList, most_touched
from .sacral import all_of_the_sacrum

_REACH = {
    int(label): float(row["reach_mm"]) for row in read_table("reach.csv", __package__) for label in row["subregions"].split()
}
_CELL = 8.0
"""Edge of the cells in which it is told what hangs together, mm."""
_FILLED = 0.05
"""A cell of which less is labelled parts what lies on its two sides."""
_LEAST_PIECE = 30.0
"""A smaller piece of one subregion of a vertebra, cubic mm, becomes part of what it touches."""
_CLEAR = 4.0
"""Nearer to the middle of the spine than this, mm, a part of either side may be."""
Cells = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Cleaned:
    """The subregions of a network after clean-up.

    Attributes
    ----------
    subregions : (i, j, k) array of uint8
        Empty where there is no column of bodies.
    removed_mm3 : float
        How much was no part of the spine.
    sided : (i, j, k) array of bool
        Where left and right were exchanged.
    """

    subregions: IntArray
    removed_mm3: float
    sided: Mask


def clean_subregions(subregions: IntArray, grid: Grid) -> Cleaned:
    """Take away what is no part of the spine, fill holes, and take left and right from the orientation of the image.

    Parameters
    ----------
    subregions : (i, j, k) array of uint8
    grid : Grid

    Raises
    ------
    MapError
        If more voxels are labelled than can be worked on.
    """
    found = VoxelList.of(all_of_the_sacrum(subregions, grid), grid)
    column = column_of(found)
    if not (column & found.which(BODY)).any():
        nothing = np.zeros_like(subregions)
        return Cleaned(nothing, np.count_nonzero(subregions) * grid.voxel_volume, nothing.astype(bool))
    kept = replace(found, labels=np.where(_hangs_together(found, column), found.labels, 0))
    kept = replace(kept, labels=_without_splinters(kept))
    right = straighten(found, column).right
    labels = _on_their_side(kept.labels, right)
    removed = (np.count_nonzero(subregions) - np.count_nonzero(labels)) * grid.voxel_volume
    return Cleaned(_filled(found.painted(labels)), removed, found.painted((labels != kept.labels).astype(np.uint8)) > 0)


def _hangs_together(voxels: VoxelList, column: Mask) -> Mask:
    """Say of each voxel whether it is linked to the column, and near enough to be a part of the spine."""
    from scipy import ndimage

    size = max(_CELL, 2.0 * float(voxels.grid.spacing.max()))
    cells = np.floor(voxels.points / size).astype(np.int64)
    cells -= cells.min(axis=0) - 1
    at = tuple(cells.T)
    shape = cells.max(axis=0) + 2
    counts, of_column = np.zeros(shape, dtype=np.int64), np.zeros(shape, dtype=np.int64)
    np.add.at(counts, at, 1)
    np.add.at(of_column, tuple(cells[column].T), 1)
    least = _FILLED * size**3 / voxels.grid.voxel_volume
    groups, _ = ndimage.label((counts > least) | (of_column > 0), np.ones((3, 3, 3)))
    linked = np.isin(groups, np.unique(groups[of_column > 0]))
    distance = ndimage.distance_transform_edt(of_column == 0, sampling=size)
    reach = np.zeros(256)
    reach[list(_REACH)] = list(_REACH.values())
    return np.asarray(linked[at] & (distance[at] <= np.maximum(reach[voxels.labels], size)))


def _without_splinters(voxels: VoxelList) -> IntArray:
    """Return labels in which small pieces of a part of a vertebra have become part of what they touch most, or nothing."""
    groups = np.where(voxels.which((*BODY, *POSTERIOR)), voxels.labels, 0).astype(np.int32)
    piece = voxels.pieces(groups)
    small = (np.bincount(piece) * voxels.grid.voxel_volume < _LEAST_PIECE)[piece] & (piece > 0)
    new = np.zeros(int(piece.max(initial=0)) + 1, dtype=voxels.labels.dtype)
    for name, label in most_touched(voxels, np.where(small, piece, 0), np.where(small, 0, groups)).items():
        new[name] = label
    return np.asarray(np.where(small, new[piece], voxels.labels))


def _on_their_side(labels: IntArray, right: npt.NDArray[np.float64]) -> IntArray:
    """Return labels in which parts that come in pairs are called after the side of the patient that they lie on."""
    result = labels.copy()
    for of_left, of_right in PAIRS:
        result[(labels == of_left) & (right > _CLEAR)] = of_right
        result[(labels == of_right) & (right < -_CLEAR)] = of_left
    return result


def _filled(subregions: IntArray) -> IntArray:
    """Return a map without holes: each is filled from its border inwards."""
    from scipy import ndimage

    block = occupied_block(subregions)
    part = subregions[block]
    holes = np.argwhere(ndimage.binary_fill_holes(part > 0) & (part == 0))
    result = subregions.copy(order="K")
    inside = result[block]
    while len(holes):
        # a hole never touches the border of the block: all six neighbours are in it
        around = np.stack([inside[tuple((holes + step).T)] for step in (*np.eye(3, dtype=int), *-np.eye(3, dtype=int))])
        inside[tuple(holes.T)] = around.max(axis=0)
        holes = holes[around.max(axis=0) == 0]
    return result
