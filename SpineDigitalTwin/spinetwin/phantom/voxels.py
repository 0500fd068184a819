"""From the continuous spine to label maps, each part evaluated only in its own box."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from ..anatomy import level as level_of
from ..anatomy.subregions import SubregionId
from ..errors import ParameterError
from ..geometry import FloatArray, Frame, Grid, IntArray, LabelMaps, bounds
from ..geometry.pieces import connected_pieces
from .shape.distances import Array
from .shape.processes import triple
from .shape.ribs import Rib
from .shape.solids import Box
from .shape.vertebra import FAR, Blender, VertebraShape, Where

if TYPE_CHECKING:
    from .spine import Spine

CORE_DEPTH = 2.5
"""Thickness of the shell (49) around the core (50) of a body in the CT convention, mm."""

SPECK = 75.0
"""A smaller piece of a part that lies apart, cubic mm, goes to its neighbour: voxels cut thin edges into such pieces."""

_SHARE = 0.1
"""Of the largest piece; of a part that is small itself, a piece of this share is no speck."""

_ALWAYS_WHOLE = (SubregionId.BODY_BORDER, SubregionId.SACRUM)
_MARGIN = 4.0
_THICKEST = 15.0
"""So deep lies no point within an arch or its processes, mm."""


@dataclass(frozen=True)
class Block:
    """A block of a grid seen from a vertebra: voxel centres in its frame.

    Attributes
    ----------
    start, stop : tuple of int
        First voxel, and the one after the last, along i, j, k.
    matrix, offset : (3, 3), (3,) arrays
        Voxel indices to mm in the frame.
    dtype : dtype
        Of the coordinates.
    """

    start: tuple[int, ...]
    stop: tuple[int, ...]
    matrix: FloatArray
    offset: FloatArray
    dtype: npt.DTypeLike = np.float32

    @property
    def shape(self) -> tuple[int, ...]:
        """Number of voxels along i, j, k."""
        return tuple(b - a for a, b in zip(self.start, self.stop, strict=True))

    @cached_property
    def _to_ijk(self) -> FloatArray:
        """Steps in mm to steps in voxels, (3, 3)."""
        return np.asarray(np.linalg.inv(self.matrix))

    @property
    def where(self) -> tuple[slice, ...]:
        """Index expression of the block in the whole array."""
        return tuple(slice(a, b) for a, b in zip(self.start, self.stop, strict=True))

    def coordinates(self) -> tuple[Array, Array, Array]:
        """Return x, y, z of all voxel centres in the frame."""
        i, j, k = np.ix_(*[np.arange(a, b, dtype=np.float64) for a, b in zip(self.start, self.stop, strict=True)])
        # only the last sum has the size of the block, so it is done in the precision that is wanted
        x, y, z = (
            (shift + to_i * i + to_j * j).astype(self.dtype) + (to_k * k).astype(self.dtype)
            for (to_i, to_j, to_k), shift in zip(self.matrix, self.offset, strict=True)
        )
        return x, y, z

    def within(self, box: Box, margin: float) -> Block:
        """Return the part of the block that may touch a box of the frame."""
        low_corner, high_corner = np.array(box)
        middle = self._to_ijk @ ((low_corner + high_corner) / 2 - self.offset)
        half = np.abs(self._to_ijk) @ ((high_corner - low_corner) / 2 + margin)
        low = np.maximum(np.floor(middle - half).astype(int), self.start)
        high = np.minimum(np.ceil(middle + half).astype(int) + 1, self.stop)
        high = np.maximum(low, high)
        return Block(tuple(low.tolist()), tuple(high.tolist()), self.matrix, self.offset, self.dtype)

    def cut(self, axis: int, first: int, stop: int) -> Block:
        """Return the part of the block between two voxels along an axis."""
        start, end = list(self.start), list(self.stop)
        start[axis] = max(start[axis], first)
        end[axis] = max(min(end[axis], stop), start[axis])
        return Block(tuple(start), tuple(end), self.matrix, self.offset, self.dtype)

    def inside(self, outer: Block) -> tuple[slice, ...]:
        """Index expression of this block in the array of an outer one."""
        return tuple(slice(a - o, b - o) for a, b, o in zip(self.start, self.stop, outer.start, strict=True))


def union(blocks: Sequence[Block]) -> Block:
    """Return the smallest block that holds others of the same array."""
    start, stop = np.min([each.start for each in blocks], axis=0), np.max([each.stop for each in blocks], axis=0)
    first = blocks[0]
    return Block(tuple(start.tolist()), tuple(stop.tolist()), first.matrix, first.offset, first.dtype)


def block_of(grid: Grid, frame: Frame, dtype: npt.DTypeLike = np.float32) -> Block:
    """Return the whole grid as seen from a frame."""
    matrix = frame.axes @ grid.ijk_to_ras[:3, :3]
    return Block((0, 0, 0), grid.shape, matrix, frame.to_local(grid.ijk_to_ras[:3, 3]), dtype)


@dataclass(frozen=True)
class Sampled:
    """A vertebra on a block: distance to the whole, competing distances of its subregions, distance to its body."""

    block: Block
    solid: Array
    distances: Array

    def labels(self, shape: VertebraShape) -> npt.NDArray[np.uint8]:
        """Return the subregion of every voxel, 0 outside."""
        names = np.array(shape.subregions, dtype=np.uint8)
        inside = self.solid < 0
        found = np.zeros(inside.shape, dtype=np.uint8)
        found[inside] = names[np.argmin(self.distances[:, inside], axis=0)]
        if found.size:
            self._give_specks(found, names, shape)
        return found

    def _give_specks(self, found: npt.NDArray[np.uint8], names: npt.NDArray[np.uint8], shape: VertebraShape) -> None:
        """Give what lies apart of a part and is no more than a speck to whichever other part is nearest there."""
        speck = SPECK / abs(np.linalg.det(self.block.matrix))
        voxels = np.argwhere(found)
        owners = found[tuple(voxels.T)]
        for part, name in enumerate(shape.subregions):
            mine = voxels[owners == name]
            if len(mine) and name not in _ALWAYS_WHOLE:
                low, high = bounds(mine)
                loose = _loose(found[tuple(map(slice, low, high + 1))] == name, speck)
                if len(loose):
                    self._give(found, names, part, loose + low)

    def _give(self, found: npt.NDArray[np.uint8], names: npt.NDArray[np.uint8], part: int, loose: IntArray) -> None:
        """Give voxels (n, 3) of a part to whichever other part is nearest there."""
        where = tuple(loose.T)
        others = self.distances[(slice(None), *where)]
        others[part] = np.inf
        found[where] = names[np.argmin(others, axis=0)]


def _loose(mask: npt.NDArray[np.bool_], speck: float) -> IntArray:
    """Return the voxels (n, 3) of all pieces of less than `speck` voxels, no more than a share of the largest."""
    pieces, count = connected_pieces(mask, corners=True)
    if count < 2:
        return np.zeros((0, 3), dtype=np.int64)
    sizes = np.bincount(pieces.ravel())
    small = sizes < min(speck, _SHARE * float(sizes[1:].max()))
    small[0] = False
    return np.argwhere(small[pieces])


def sample(shape: VertebraShape, whole: Block) -> Sampled:
    """Evaluate a vertebra on the part of a block that it occupies."""
    block = whole.within(shape.box, 0.0)
    blender = Blender(shape, block.shape, block.dtype)
    distances = np.full((len(shape.subregions), *block.shape), FAR, dtype=block.dtype)
    for part in shape.parts:
        sub = block.within(part.box, _MARGIN)
        where = sub.inside(block)
        d = part.distance(*sub.coordinates())
        blender.add(part, d, where)
        mine = distances[shape.subregions.index(part.subregion)][where]
        np.minimum(mine, part.claim(d), out=mine)
    solid = blender.finish(_wall(shape, block))
    return Sampled(block, solid, distances)


def voxelise(spine: Spine, grid: Grid, endplates: bool, convention: str) -> LabelMaps:
    """Return the label maps of a spine; see `Spine.voxelise`."""
    if convention not in ("mr", "ct"):
        raise ParameterError(f"The convention of the body labels is mr or ct, not {convention!r}.")
    subregions = np.zeros(grid.shape, dtype=np.uint8)
    vertebrae = np.zeros(grid.shape, dtype=np.uint8)
    for key, shape in spine.shapes.items():
        block = block_of(grid, spine.frames[key])
        if 0 in block.within(shape.box, 0.0).shape:
            continue
        sampled = sample(shape, block)
        labels = sampled.labels(shape)
        if convention == "ct" and SubregionId.BODY_BORDER in shape.subregions:
            body = sampled.distances[shape.subregions.index(SubregionId.BODY_BORDER)]
            labels[(labels == SubregionId.BODY_BORDER) & (body < -CORE_DEPTH - shape.body_priority)] = SubregionId.BODY
        _paint(subregions, vertebrae, sampled.block, labels, key)
    for key in spine.discs:
        _paint_disc(spine, key, grid, subregions, vertebrae, endplates)
    for key in spine.canal:
        _paint_canal(spine, key, grid, subregions)
    for key, pair in spine.ribs.items():
        for rib in pair:
            _paint_rib(rib, block_of(grid, spine.frames[key]), subregions, vertebrae)
    return LabelMaps(grid, subregions, vertebrae)


def _paint(
    subregions: npt.NDArray[np.uint8], vertebrae: npt.NDArray[np.uint8], block: Block, labels: npt.NDArray[np.uint8], key: int
) -> None:
    """Write labels where nothing lies yet."""
    target, owner = subregions[block.where], vertebrae[block.where]
    free = (target == 0) & (labels > 0)
    target[free] = labels[free]
    owner[free] = key


def _paint_disc(
    spine: Spine, key: int, grid: Grid, subregions: npt.NDArray[np.uint8], vertebrae: npt.NDArray[np.uint8], endplates: bool
) -> None:
    disc, ids = spine.discs[key], level_of(key)
    block = block_of(grid, spine.frames[key]).within(disc.box, 0.0)
    if 0 in block.shape:
        return
    x, y, z = block.coordinates()
    within = disc.distance(x, y, z) < 0
    if endplates:
        upper = within & (disc.upper.below(x, y, z) < 1.0)
        lower = within & (disc.lower.above(*disc.seen_from_below(x, y, z)) < 1.0)
        keys = list(spine.shapes)
        below = level_of(keys[keys.index(key) + 1])
        for plate, owner in ((upper, ids.endplate_id), (lower, below.endplate_id)):
            if owner is not None:
                _paint(subregions, vertebrae, block, (plate * np.uint8(SubregionId.ENDPLATE)).astype(np.uint8), owner)
    # the disc has what its endplates leave, and reaches the sacrum, whose endplate has no label
    _paint(subregions, vertebrae, block, (within * np.uint8(SubregionId.DISC)).astype(np.uint8), ids.disc_id or 0)


def _paint_canal(spine: Spine, key: int, grid: Grid, subregions: npt.NDArray[np.uint8]) -> None:
    piece = spine.canal[key]
    block = block_of(grid, spine.frames[key]).within(piece.box, 0.0)
    if 0 in block.shape:
        return
    x, y, z = block.coordinates()
    inside, cord = piece.distance(x, y, z) < 0, piece.cord_distance(x, y, z) < 0
    target = subregions[block.where]
    free = (target == 0) | (target == SubregionId.CANAL)
    target[free & inside] = SubregionId.CANAL
    target[free & inside & cord] = SubregionId.CORD


_RIB_LABELS = {"left": SubregionId.RIB_LEFT, "right": SubregionId.RIB_RIGHT}


def _paint_rib(rib: Rib, whole: Block, subregions: npt.NDArray[np.uint8], vertebrae: npt.NDArray[np.uint8]) -> None:
    label, owner = np.uint8(_RIB_LABELS[rib.side]), level_of(rib.level).rib_id or 0
    for where, distance in rib_pieces(rib, whole, 0.0):
        target, owners = subregions[where], vertebrae[where]
        free = (target == 0) & (distance < 0)
        target[free], owners[free] = label, owner


_SLAB = 24
"""Voxels across one piece of a rib."""


def rib_pieces(rib: Rib, whole: Block, margin: float) -> Iterator[tuple[Where, Array]]:
    """Evaluate a rib on a block, piece by piece, because it fills a small part of its box.

    Yields
    ------
    where : tuple of slice
        Index expression of a piece in the whole array. Pieces do not overlap.
    distance : array
        Signed distances there, mm, right up to `margin` mm from the rib and large beyond.
    """
    blocks = [(rod, whole.within(rod.box, margin)) for rod in rib.rods]
    held = [(rod, block) for rod, block in blocks if 0 not in block.shape]
    if not held:
        return
    start, stop = np.min([block.start for _, block in held], axis=0), np.max([block.stop for _, block in held], axis=0)
    axis = int(np.argmax(stop - start))
    for first in range(int(start[axis]), int(stop[axis]), _SLAB):
        cut = [(rod, block.cut(axis, first, first + _SLAB)) for rod, block in held]
        cut = [(rod, block) for rod, block in cut if 0 not in block.shape]
        if cut:
            piece = union([block for _, block in cut])
            distance = np.full(piece.shape, FAR, dtype=whole.dtype)
            for rod, block in cut:
                part = distance[block.inside(piece)]
                np.minimum(part, rod.distance(*block.coordinates()), out=part)
            yield piece.where, distance


def _wall(shape: VertebraShape, block: Block) -> Array:
    """Return the distance to the wall of the canal, `FAR` where no bone has to leave it open or is thick enough to matter."""
    wall = np.full(block.shape, FAR, dtype=block.dtype)
    rear = np.array([part.box for part in shape.parts if not part.front]).reshape(-1, 2, 3)
    if not len(rear):
        return wall
    low, high = triple(rear[:, 0].min(axis=0)), triple(rear[:, 1].max(axis=0))
    sub = block.within((low, high), _MARGIN).within(shape.canal.stretch(low[2], high[2]), _THICKEST)
    wall[sub.inside(block)] = shape.canal.distance(*sub.coordinates())
    return wall


def sample_solid(shape: VertebraShape, whole: Block) -> tuple[Block, Array]:
    """Evaluate only the distance to a whole vertebra (no subregions) on the part of a block that it occupies."""
    block = whole.within(shape.box, 0.0)
    blender = Blender(shape, block.shape, block.dtype)
    for part in shape.parts:
        sub = block.within(part.box, _MARGIN)
        blender.add(part, part.distance(*sub.coordinates()), sub.inside(block))
    return block, blender.finish(_wall(shape, block))
