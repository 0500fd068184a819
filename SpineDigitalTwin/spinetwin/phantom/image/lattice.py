"""Evaluating smooth distance functions on few points, and stretching them to all voxels."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from ..shape.distances import Array
from ..shape.solids import Box
from ..voxels import Block
from .linear import along

Distance: TypeAlias = Callable[[Array, Array, Array], Array]


@dataclass(frozen=True)
class Patch:
    """A distance known on a part of an array.

    Attributes
    ----------
    where : tuple of slice
        The part.
    distance : array
        Signed distances there, mm, negative inside.
    """

    where: tuple[slice, ...]
    distance: Array


@dataclass(frozen=True)
class Lattice:
    """Every few voxels of a block: where smooth things are evaluated.

    Attributes
    ----------
    block : Block
        The lattice as a block of its own, one point per node.
    strides : (3,) tuple
        Voxels from node to node.
    start, shape : (3,) tuples
        First voxel and number of voxels it serves, in the whole array.
    """

    block: Block
    strides: tuple[int, int, int]
    start: tuple[int, ...]
    shape: tuple[int, ...]

    def part(self, where: tuple[slice, ...]) -> Lattice:
        """Return some of the nodes as a lattice of its own."""
        first = tuple(each.start for each in where)
        count = tuple(min(each.stop, n) - each.start for each, n in zip(where, self.block.shape, strict=True))
        block = Block(
            first,
            tuple(f + c for f, c in zip(first, count, strict=True)),
            self.block.matrix,
            self.block.offset,
            self.block.dtype,
        )
        start = tuple(a + f * s for a, f, s in zip(self.start, first, self.strides, strict=True))
        rest = (n - f * s for n, f, s in zip(self.shape, first, self.strides, strict=True))
        shape = tuple(min(n, (c - 1) * s + 1) for n, c, s in zip(rest, count, self.strides, strict=True))
        return Lattice(block, self.strides, start, shape)

    def runs(self, wanted: npt.NDArray[np.bool_]) -> list[tuple[slice, ...]]:
        """Return parts that hold all wanted nodes and those beside them, split along one axis where none is wanted.

        Parts have no voxel in common.
        """
        used = [np.flatnonzero(wanted.any(axis=tuple(n for n in range(3) if n != axis))) for axis in range(3)]
        if not len(used[0]):
            return []
        axis = max(range(3), key=lambda n: np.diff(used[n]).max(initial=1))
        pieces = np.split(used[axis], np.flatnonzero(np.diff(used[axis]) > 2) + 1)
        return [
            tuple(slice(max(int(each[0]) - 1, 0), int(each[-1]) + 2) for each in (*used[:axis], piece, *used[axis + 1 :]))
            for piece in pieces
        ]

    def stretch(self, values: Array, below: float) -> Patch | None:
        """Interpolate linearly to the voxels of the smallest box with all that is less than `below`; None if nothing is."""
        held = np.argwhere(values < below)
        if not len(held):
            return None
        where = []
        for axis in range(3):
            column = held[:, axis]
            low, high = max(int(column.min()) - 1, 0), min(int(column.max()) + 2, values.shape[axis])
            first, stop = low * self.strides[axis], min((high - 1) * self.strides[axis] + 1, self.shape[axis])
            some = values[tuple(slice(low, high) if n == axis else slice(None) for n in range(3))]
            values = _stretch(some, axis, self.strides[axis], stop - first)
            where.append(slice(self.start[axis] + first, self.start[axis] + stop))
        return Patch(tuple(where), values)


def lattice(block: Block, step: float) -> Lattice:
    """Return a lattice whose nodes are at most `step` mm apart along each axis (every voxel, where voxels are larger)."""
    spacing = np.linalg.norm(block.matrix, axis=0)
    strides = np.maximum((step / spacing + 1e-6).astype(int), 1)
    count = [-(-(n - 1) // int(s)) + 1 for n, s in zip(block.shape, strides, strict=True)]
    offset = block.offset + block.matrix @ np.array(block.start, dtype=np.float64)
    nodes = Block((0, 0, 0), tuple(count), block.matrix * strides, offset, block.dtype)
    i, j, k = (int(each) for each in strides)
    return Lattice(nodes, (i, j, k), block.start, block.shape)


def patch(whole: Block, box: Box, distance: Distance, margin: float, step: float = 0.0) -> Patch | None:
    """Evaluate a distance where a box of its frame and a margin touch a block; on a lattice if `step` mm are given."""
    block = whole.within(box, margin)
    if 0 in block.shape:
        return None
    if not step:
        return Patch(block.where, distance(*block.coordinates()))
    nodes = lattice(block, step)
    return nodes.stretch(distance(*nodes.block.coordinates()), margin)


def _stretch(values: Array, axis: int, stride: int, size: int) -> Array:
    if stride == 1:
        return values[tuple(slice(0, size) if n == axis else slice(None) for n in range(3))]
    weights = np.zeros((size, values.shape[axis]), dtype=values.dtype)
    place = np.arange(size)
    node, part = place // stride, (place % stride) / stride
    weights[place, node] = 1.0 - part
    rest = part > 0
    weights[place[rest], node[rest] + 1] = part[rest]
    return along(weights, values, axis)
