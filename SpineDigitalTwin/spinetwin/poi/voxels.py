"""The voxels of every level, gathered in one pass over the maps; everything later works on these short lists."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from ..anatomy import LEVELS, SubregionId
from ..geometry import FloatArray, Grid, IntArray, LabelMaps, bounds

# A piece with at least this share of the largest one is no stray: the mask is then really in several pieces.
_NOTABLE_SHARE = 0.25
BODY = (int(SubregionId.BODY_BORDER), int(SubregionId.BODY))
POSTERIOR = (int(SubregionId.ARCH), int(SubregionId.SPINOUS))
_CANAL = (int(SubregionId.CORD), int(SubregionId.CANAL))


@dataclass(frozen=True)
class Part:
    """The main piece of a mask within one level.

    Attributes
    ----------
    voxels : (n, 3) array of int
        Indices of its voxels, n > 0.
    centroid : (3,) array
        RAS mm.
    cut : bool
        Whether it reaches the border of the image, so that some of it may lie outside.
    pieces : int
        How many notable pieces the mask has (1 is right).
    """

    voxels: IntArray
    centroid: FloatArray
    cut: bool
    pieces: int


@dataclass(frozen=True)
class LevelVoxels:
    """All voxels of one label of the vertebra map, with their subregions: (n, 3) indices and (n,) labels."""

    voxels: IntArray
    subregions: IntArray
    grid: Grid

    def part(self, labels: tuple[int, ...]) -> Part | None:
        """Return the main piece of the mask made up of `labels`, or None where there is no voxel of it."""
        if self.labels.isdisjoint(labels):
            return None
        return main_piece(self.voxels[self.which(labels)], self.grid)

    def which(self, labels: tuple[int, ...]) -> npt.NDArray[np.bool_]:
        """Say for each voxel whether its subregion is one of `labels`."""
        chosen: npt.NDArray[np.bool_] = np.asarray(self.subregions == labels[0])
        for label in labels[1:]:
            chosen |= self.subregions == label
        return chosen

    @cached_property
    def centres(self) -> FloatArray:
        """RAS mm of the voxel centres, (n, 3)."""
        return self.grid.to_ras(self.voxels)

    @cached_property
    def labels(self) -> frozenset[int]:
        """Subregion labels that occur."""
        return frozenset(int(label) for label in np.flatnonzero(np.bincount(self.subregions)))


def main_piece(voxels: IntArray, grid: Grid) -> Part:
    """Reduce a list of voxels (n, 3), n > 0, to its largest connected piece (voxels that touch at a corner connect)."""
    from scipy.ndimage import label

    low, high = bounds(voxels)
    local = tuple((voxels - low).T)
    block = np.zeros(high - low + 1, dtype=bool)
    block[local] = True
    pieces, count = label(block, np.ones((3, 3, 3)))
    notable = 1
    if count > 1:
        piece = pieces[local]
        sizes = np.bincount(piece)
        voxels = voxels[piece == sizes.argmax()]
        notable = int((sizes >= _NOTABLE_SHARE * sizes.max()).sum())
        low, high = bounds(voxels)
    cut = bool((low == 0).any() or (high == np.array(grid.shape) - 1).any())
    centroid = grid.to_ras([column.mean() for column in voxels.T])
    return Part(voxels, centroid, cut, notable)


@dataclass(frozen=True)
class SpineVoxels:
    """The voxels of a whole spine.

    Attributes
    ----------
    grid : Grid
        The grid of the maps.
    levels : mapping of level id to LevelVoxels
        In anatomical order from the top; only labels that are levels.
    discs : mapping of level id to LevelVoxels
        The disc below that level.
    endplates : mapping of level id to LevelVoxels
        The endplates of that level.
    canal : LevelVoxels
        Canal and cord of the whole spine.
    """

    grid: Grid
    levels: Mapping[int, LevelVoxels]
    discs: Mapping[int, LevelVoxels]
    endplates: Mapping[int, LevelVoxels]
    canal: LevelVoxels


def _in_memory_order(*arrays: IntArray) -> tuple[tuple[npt.NDArray[np.integer], ...], bool]:
    """Return flat views in the order in which the arrays lie in memory, and whether that is the reverse of (i, j, k)."""
    reverse = all(array.flags.f_contiguous for array in arrays)
    return tuple(np.ravel(array, order="F" if reverse else "C") for array in arrays), reverse


def _indices(flat: IntArray, shape: tuple[int, int, int], reverse: bool) -> IntArray:
    found = np.unravel_index(flat, shape, order="F" if reverse else "C")
    return np.stack(found, axis=1).astype(np.int32)


def gather_voxels(maps: LabelMaps) -> SpineVoxels:
    """Sort the voxels of `maps` by level in one pass."""
    (vertebrae, subregions), reverse = _in_memory_order(maps.vertebrae, maps.subregions)
    where = np.flatnonzero(vertebrae != 0)
    labels = vertebrae[where]
    order = np.argsort(labels, kind="stable")
    where, labels = where[order], labels[order]
    voxels = _indices(where, maps.grid.shape, reverse)
    parts = subregions[where]
    bounds = np.searchsorted(labels, np.arange(1 << 8 if labels.dtype == np.uint8 else 1 << 9), side="left")

    def of_label(label: int | None) -> LevelVoxels | None:
        if label is None or label + 1 >= len(bounds) + 1:
            return None
        stop = bounds[label + 1] if label + 1 < len(bounds) else len(labels)
        chosen = slice(bounds[label], stop)
        return LevelVoxels(voxels[chosen], parts[chosen], maps.grid) if stop > bounds[label] else None

    def table(attribute: str) -> dict[int, LevelVoxels]:
        found = {each.id: of_label(getattr(each, attribute)) for each in LEVELS}
        return {key: value for key, value in found.items() if value is not None}

    in_canal = np.flatnonzero((subregions == _CANAL[0]) | (subregions == _CANAL[1]))
    canal = LevelVoxels(_indices(in_canal, maps.grid.shape, reverse), subregions[in_canal], maps.grid)
    return SpineVoxels(maps.grid, table("id"), table("disc_id"), table("endplate_id"), canal)
