"""The labelled voxels of a map as one list, and which of them share a face: all that separating and cleaning up need."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from ...anatomy import SubregionId
from ...errors import MapError
from ...geometry import FloatArray, Grid, IntArray

Mask = npt.NDArray[np.bool_]
Rows = npt.NDArray[np.int64]
Numbers = npt.NDArray[np.int32]

BODY = (int(SubregionId.BODY_BORDER), int(SubregionId.BODY), int(SubregionId.DENS))
ENDPLATE = (int(SubregionId.ENDPLATE), int(SubregionId.ENDPLATE_SUPERIOR), int(SubregionId.ENDPLATE_INFERIOR))
DISC = (int(SubregionId.DISC),)
CANAL = (int(SubregionId.CORD), int(SubregionId.CANAL))
RIBS = (int(SubregionId.RIB_LEFT), int(SubregionId.RIB_RIGHT))
SACRUM = (int(SubregionId.SACRUM),)
POSTERIOR = tuple(range(int(SubregionId.ARCH), int(SubregionId.INFERIOR_ARTICULAR_RIGHT) + 1))


MOST_VOXELS = 30_000_000
"""Labelled voxels that are still worked on, at about 160 bytes each: a whole spine at a third of a millimetre."""


@dataclass(frozen=True)
class VoxelList:
    """The voxels of a map that are not background.

    Attributes
    ----------
    grid : Grid
        The grid of the map.
    flat : (n,) array of int64
        Their places in the map, in the order in which it lies in memory, ascending.
    index : (n, 3) array of int32
        Their indices (i, j, k).
    labels : (n,) array
        Their labels.
    order : str
        "C" or "F": the memory order that `flat` counts in.
    """

    grid: Grid
    flat: Rows
    index: npt.NDArray[np.int32]
    labels: IntArray
    order: str

    @classmethod
    def of(cls, labels: IntArray, grid: Grid) -> VoxelList:
        """List the voxels of a map that are not 0.

        Raises
        ------
        MapError
            If the map is not of whole numbers, does not fit the grid, or is too large.
        """
        if labels.shape != grid.shape:
            raise MapError(f"A label map of shape {labels.shape} does not fit a grid of shape {grid.shape}.")
        if labels.dtype.kind not in "iu":
            raise MapError(f"A label map holds whole numbers, not {labels.dtype}.", "Convert it to integers first.")
        if int(np.count_nonzero(labels)) > MOST_VOXELS:
            raise MapError(
                f"A label map with more than {MOST_VOXELS / 1e6:.0f} million labelled voxels is too large.",
                "Resample it to 1 mm or crop it to the spine.",
            )
        order = "F" if labels.flags.f_contiguous and not labels.flags.c_contiguous else "C"
        row = labels.ravel(order="F" if order == "F" else "C")
        flat = np.flatnonzero(row)
        found = np.unravel_index(flat, labels.shape, order="F" if order == "F" else "C")
        return cls(grid, flat, np.stack(found, axis=1).astype(np.int32), row[flat], order)

    def __len__(self) -> int:
        return len(self.flat)

    @cached_property
    def points(self) -> FloatArray:
        """Voxel centres, RAS mm, (n, 3)."""
        return self.grid.to_ras(self.index)

    @cached_property
    def at_border(self) -> Mask:
        """Say of each voxel whether it lies at the border of the image."""
        border = np.zeros(len(self), dtype=bool)
        for column, size in zip(self.index.T, self.grid.shape, strict=True):
            border |= (column == 0) | (column == size - 1)
        return border

    @cached_property
    def neighbours(self) -> Numbers:
        """Pairs of rows, (2, m), of voxels of vertebrae that share a face."""
        shape = self.grid.shape
        strides = (shape[1] * shape[2], shape[2], 1) if self.order == "C" else (1, shape[0], shape[0] * shape[1])
        rows = np.flatnonzero(self.which((*BODY, *POSTERIOR))).astype(np.int32)
        return np.concatenate([self._along(rows, axis, stride) for axis, stride in enumerate(strides)], axis=1)

    def _along(self, rows: Numbers, axis: int, stride: int) -> Numbers:
        flat = self.flat[rows]
        first = np.flatnonzero(self.index[rows, axis] < self.grid.shape[axis] - 1)
        wanted = flat[first] + stride
        second = np.minimum(np.searchsorted(flat, wanted), len(flat) - 1)
        there = flat[second] == wanted
        return np.stack([rows[first[there]], rows[second[there]]])

    def which(self, labels: tuple[int, ...]) -> Mask:
        """Say of each voxel whether its label is one of these."""
        table = np.zeros(max(int(self.labels.max(initial=0)), *labels) + 1, dtype=bool)
        table[list(labels)] = True
        return np.asarray(table[self.labels])

    def pieces(self, groups: IntArray) -> Numbers:
        """Find the connected pieces of voxels of vertebrae of one group.

        Parameters
        ----------
        groups : (n,) array of int
            Only neighbours of one group connect; group 0 stays out, and must be that of all that is no vertebra.

        Returns
        -------
        (n,) array of int32
            0 outside, pieces from 1.
        """
        from scipy.sparse import coo_array
        from scipy.sparse.csgraph import connected_components

        inside = groups != 0
        row = np.cumsum(inside, dtype=np.int32) - 1
        count = int(inside.sum())
        first, second = self.neighbours
        joined = (groups[first] == groups[second]) & inside[first]
        pairs = row[first[joined]], row[second[joined]]
        links = coo_array((np.ones(len(pairs[0]), dtype=bool), pairs), shape=(count, count))
        _, names = connected_components(links, directed=False)
        result = np.zeros(len(self), dtype=np.int32)
        result[inside] = names + 1
        return result

    def painted(self, values: IntArray) -> IntArray:
        """Return a map, as the one listed, with a value for each listed voxel and 0 elsewhere; its type is that of `values`."""
        row = np.zeros(int(np.prod(self.grid.shape)), dtype=values.dtype)
        row[self.flat] = values
        return row.reshape(self.grid.shape, order="F" if self.order == "F" else "C")


def contacts(voxels: VoxelList, first: IntArray, second: IntArray) -> tuple[Rows, Rows]:
    """Count the faces that are shared by voxels of two numberings.

    Parameters
    ----------
    voxels : VoxelList
    first, second : (n,) arrays of int
        A number for each voxel, 0 for none. Given one and the same array, contacts within a number do not count.

    Returns
    -------
    pairs : (p, 2) array
        Numbers of the first and of the second that share faces, different voxels.
    faces : (p,) array
        How many.
    """
    width = int(second.max(initial=0)) + 1
    found = []
    for a, b in (voxels.neighbours, voxels.neighbours[::-1]):
        one, other = first[a], second[b]
        touching = np.flatnonzero((one > 0) & (other > 0) & (one != other if first is second else True))
        found.append(one[touching].astype(np.int64) * width + other[touching])
    keys, faces = np.unique(np.concatenate(found), return_counts=True)
    return np.stack([keys // width, keys % width], axis=1), faces


def most_touched(voxels: VoxelList, loose: IntArray, fixed: IntArray) -> dict[int, int]:
    """Return for every loose piece the number that it shares most faces with; the lower one of two alike.

    Parameters
    ----------
    voxels : VoxelList
    loose, fixed : (n,) arrays of int
        Names of loose pieces, and numbers of what they may touch; 0 for none.
    """
    pairs, faces = contacts(voxels, loose, fixed)
    order = np.lexsort((-pairs[:, 1], faces, pairs[:, 0]))
    return {int(name): int(number) for name, number in pairs[order]}
