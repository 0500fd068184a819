"""Volumes and centroids of continuous solids, by lattices of their own: nothing is shared with the making of label maps."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from ...geometry import FloatArray, IntArray
from ..shape.distances import Array
from ..shape.gaps import DiscShape
from ..shape.nearby import CHUNK, Nearby, nearby
from ..shape.solids import Box
from ..shape.vertebra import FAR, VertebraShape
from .cells import slopes

SPACING = 0.5
"""Distance of the nodes, mm. Nodes near a surface count in part (`_weight`), which makes the error of second order."""

SECTION_SPACING = 0.2
"""Distance of the nodes in a plane section, mm."""

_SECTION_EDGE = 5
"""Nodes along the edges of squares of a section that are left out, or taken, as a whole when they lie far from its border."""

_STEEPEST = 2.0
"""So steep the function of a section is taken to be at most. (Sections of the canal have the same centroid, to 3e-12 mm, as
from all of their nodes.)"""

_EDGES = (16, 8, 4, 2, 1)
"""Nodes along the edges of cells that are left out, or taken, as a whole when they lie far from every surface, and of the finer
ones, eight of each, into which the others are split; those of 1 are the nodes."""

_FIRST_REACH = 4.0
"""In how many edges from the middle of one of the first cells a surface may be seen too late."""

_FAST = np.float32
"""How exactly distances are computed here. Centroids lie within 1e-5 mm of those of double precision."""

Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Moment:
    """Volume in cubic mm and centroid (3,) in mm of a solid."""

    volume: float
    centroid: tuple[float, float, float]


def _weight(distance: Array, spacing: float) -> Array:
    return np.asarray(np.clip(0.5 - distance / spacing, 0.0, 1.0))


@dataclass(frozen=True)
class _Lattice:
    """Nodes at (i + 0.5) `spacing` mm along each axis, i from `start` up to but not including `stop`.

    A node counts in part (`_weight`) within half a spacing of the surface, and where a subregion leads by less than a spacing.
    """

    start: tuple[int, ...]
    stop: tuple[int, ...]
    spacing: float

    def cells(self, edge: int) -> IntArray:
        """Return the first nodes (n, 3) of the cells with so many nodes along their edges; the last ones reach further."""
        first, stop = np.array(self.start), np.array(self.stop)
        return np.asarray(first + edge * np.indices(-(-(stop - first) // edge)).reshape(3, -1).T)

    def middles(self, cells: IntArray, edge: int) -> FloatArray:
        """Return the middles (n, 3) of cells, mm."""
        return np.asarray((cells + edge / 2) * self.spacing, dtype=np.float64)

    def outermost(self, edge: int) -> float:
        """Return how far from the middle of a cell its outermost nodes lie, mm."""
        return float(np.sqrt(3.0)) * (edge - 1) / 2 * self.spacing

    def reach(self, values: Array, edge: int, around: float) -> FloatArray:
        """Return from which `values` (n,) at the middles of cells on a function is at least `around` mm on their nodes."""
        if edge == _EDGES[0]:
            return np.full(len(values), _FIRST_REACH * edge * self.spacing)
        return np.asarray(around + self.outermost(edge) * slopes(values, 3, edge * self.spacing))

    def right_half(self) -> _Lattice:
        """Return the nodes right of the median plane."""
        return _Lattice((0, *self.start[1:]), self.stop, self.spacing)


def _split(cells: IntArray, edge: int, finer: int) -> IntArray:
    """Return the finer cells (n, 3) of cells, one after the other; those of 1 are the nodes."""
    return np.asarray((cells[:, None] + finer * np.indices((edge // finer,) * 3).reshape(3, -1).T).reshape(-1, 3))


def _lattice(box: Box, spacing: float) -> _Lattice:
    """Nodes over a box, mirror-symmetric in x."""
    (x0, y0, z0), (x1, y1, z1) = box
    n = int(np.ceil(max(abs(x0), abs(x1)) / spacing)) + 1
    low = [int(np.floor(value / spacing)) - 1 for value in (y0, z0)]
    top = [int(np.ceil(value / spacing)) + 1 for value in (y1, z1)]
    return _Lattice((-n, *low), (n, *top), spacing)


@lru_cache(maxsize=128)
def part_moments(shape: VertebraShape, spacing: float = SPACING) -> dict[int, Moment]:
    """Return the volume and centroid of every subregion of a vertebra, in its own frame.

    Of a symmetric shape only the right half is integrated; the left is its mirror image.
    """
    lattice = _lattice(shape.box, spacing)
    if not shape.symmetric:
        return _moments(shape, lattice)
    found = _moments(shape, lattice.right_half())
    return {key: _both_sides(shape, key, found) for key in shape.subregions if key in found or _mirror(shape, key) in found}


def _moments(shape: VertebraShape, lattice: _Lattice) -> dict[int, Moment]:
    bone, sums = nearby(shape), np.zeros((len(shape.subregions), 5))
    cells = lattice.cells(_EDGES[0])
    near = np.ones((len(shape.parts), len(cells)), dtype=bool)
    for edge, finer in pairwise(_EDGES):
        middles = lattice.middles(cells, edge)
        solid, distances = bone.evaluate_among(middles.astype(_FAST), near)
        lead = _lead(shape, distances, lattice.outermost(edge))
        surface = lattice.reach(solid, edge, lattice.spacing / 2)
        border = lattice.reach(lead, edge, lattice.spacing)
        owner = np.where((solid < -surface) & (lead > border), np.argmin(distances, axis=0), -1)
        for index in range(len(sums)):
            whole = middles[owner == index]
            sums[index] += edge**3 * np.array([len(whole), len(whole), *whole.sum(axis=0)])
        rest = np.flatnonzero((owner < 0) & (solid < surface))
        near = bone.parts_around(middles[rest], distances[:, rest], edge * lattice.spacing / 2)
        order = _alike_together(near)
        cells, near = _split(cells[rest[order]], edge, finer), np.repeat(near[:, order], (edge // finer) ** 3, axis=1)
    for start in range(0, len(cells), CHUNK):
        some = slice(start, start + CHUNK)
        sums += _shares(bone, lattice.middles(cells[some], 1), near[:, some], lattice.spacing)
    return {
        subregion: Moment(inside * lattice.spacing**3, (x / weight, y / weight, z / weight))
        for subregion, (inside, weight, x, y, z) in zip(shape.subregions, sums.tolist(), strict=True)
        if weight > 0
    }


def _alike_together(near: Mask) -> IntArray:
    """Return the order in which cells follow each other that the same parts (parts, n) matter to."""
    return np.argsort(2.0 ** np.arange(len(near)) @ near, kind="stable")


def _lead(shape: VertebraShape, distances: Array, around: float) -> Array:
    """Return by how much the nearest subregion leads at least, (n,), where others may be favoured within `around` mm."""
    favour = np.array([[part.priority, part.fade] for part in map(shape.favoured, shape.subregions)])
    priority, fade = favour.T[:, :, None]
    owner, columns = np.argmin(distances, axis=0), np.arange(distances.shape[1])
    least, own = distances[owner, columns], priority[owner, 0]
    others = np.where(distances < fade + around, distances - priority, distances)
    others[owner, columns] = np.inf
    return np.asarray(others.min(axis=0) - np.where(least + own > -around, least + own, least))


def _shares(bone: Nearby, nodes: FloatArray, near: Mask, spacing: float) -> FloatArray:
    """Return, of every subregion, the nodes that lie in it, the sum of their weights, and that of their weighted places."""
    solid, distances = bone.evaluate_among(nodes.astype(_FAST), near)
    held = np.flatnonzero(solid < spacing / 2)  # the others count for nothing
    sums, used = np.zeros((len(distances), 5)), np.flatnonzero((distances < FAR).any(axis=1))
    nodes, solid, distances = nodes[held], solid[held], distances[np.ix_(used, held)]
    owner, weights = np.argmin(distances, axis=0), _weight(solid, spacing)
    inside = np.bincount(owner[solid < 0], minlength=len(used))
    least, second = _nearest_two(distances)
    for place, index in enumerate(used):
        ahead = distances[place] - np.where(owner == place, second, least)
        close = np.flatnonzero(ahead < spacing)
        # a product, because at an edge between two surfaces the share of a node is that of both
        weight = weights[close] * _weight(ahead[close] / 2, spacing)
        # where a part is thin, shares add up to too much; counting whole nodes does not, but would shift the centroid
        sums[index] = inside[place], weight.sum(), *(weight @ nodes[close])
    return sums


def _nearest_two(distances: Array) -> tuple[Array, Array]:
    """Return the least and the second least of distances (parts, n); infinite where there is no second one."""
    least, second = distances[0], np.full(distances.shape[1], np.inf)
    for each in distances[1:]:
        second = np.minimum(second, np.maximum(least, each))
        least = np.minimum(least, each)
    return least, second


def _mirror(shape: VertebraShape, subregion: int) -> int:
    """Return the label on the other side; a median one is its own mirror image."""
    left = next(part for part in shape.parts if part.subregion == subregion)
    if not any(part.mirrored for part in shape.parts if part.subregion == subregion):
        solid = left.solid
        pair = [p for p in shape.parts if p.solid is solid and p.subregion != subregion]
    else:
        pair = [p for p in shape.parts if p.solid is left.solid and not p.mirrored]
    return pair[0].subregion if pair else subregion


def _both_sides(shape: VertebraShape, key: int, right: dict[int, Moment]) -> Moment:
    partner = _mirror(shape, key)
    if partner == key:
        x, y, z = right[key].centroid
        return Moment(2 * right[key].volume, (0.0, y, z))
    mirrored = next(part.mirrored for part in shape.parts if part.subregion == key)
    own = right[partner if mirrored else key]
    x, y, z = own.centroid
    return Moment(own.volume, (-x if mirrored else x, y, z))


def moment(distance: Callable[[Array, Array, Array], Array], box: Box, spacing: float = SPACING) -> Moment | None:
    """Return the volume and centroid of any solid that a box contains, or None where it is empty."""
    return _moment(distance, _lattice(box, spacing))


def _moment(distance: Callable[[Array, Array, Array], Array], lattice: _Lattice) -> Moment | None:
    cells, sums = lattice.cells(_EDGES[0]), np.zeros(4)
    for edge, finer in pairwise(_EDGES):
        middles = lattice.middles(cells, edge)
        found = distance(*np.ascontiguousarray(middles.T))
        surface = lattice.reach(found, edge, lattice.spacing / 2)
        whole = middles[found < -surface]
        sums += edge**3 * np.array([len(whole), *whole.sum(axis=0)])
        cells = _split(cells[np.abs(found) <= surface], edge, finer)
    for start in range(0, len(cells), CHUNK):
        nodes = lattice.middles(cells[start : start + CHUNK], 1)
        weight = _weight(distance(*np.ascontiguousarray(nodes.T)), lattice.spacing)
        sums += weight.sum(), *(weight @ nodes)
    total, x, y, z = sums.tolist()
    return Moment(total * lattice.spacing**3, (x / total, y / total, z / total)) if total else None


@lru_cache(maxsize=128)
def disc_moment(disc: DiscShape) -> Moment | None:
    """Return the volume and centroid of a disc, in the frame of the level above; of a symmetric one half is integrated."""
    if not disc.symmetric:
        return moment(disc.distance, disc.box)
    right = _moment(disc.distance, _lattice(disc.box, SPACING).right_half())
    return right and Moment(2 * right.volume, (0.0, *right.centroid[1:]))


def section_centroid(
    distance: Callable[[FloatArray], FloatArray], box: Box, z: float, spacing: float = SECTION_SPACING
) -> FloatArray | None:
    """Return the centroid (3,) of the section of a solid with the plane at height `z`, or None where it is empty."""
    (x0, y0, _), (x1, y1, _) = box
    n, edge = int(np.ceil(max(abs(x0), abs(x1)) / spacing)), _SECTION_EDGE
    begins = np.stack(np.meshgrid(np.arange(-n, n, edge), np.arange(0, (y1 - y0) / spacing, edge), indexing="ij"), axis=-1)
    first = np.array([0.5 * spacing, y0, z])

    def places(numbers: FloatArray) -> FloatArray:
        return np.asarray(first + spacing * np.pad(numbers.reshape(-1, 2), ((0, 0), (0, 1))))

    middles = places(begins + (edge - 1) / 2)
    found = distance(middles)
    border = spacing / 2 + _STEEPEST * np.sqrt(0.5) * (edge - 1) * spacing
    whole, rest = middles[found < -border], begins.reshape(-1, 2)[np.abs(found) <= border]
    nodes = places(rest[:, None] + np.indices((edge, edge)).reshape(2, -1).T)
    weight = _weight(distance(nodes), spacing)
    total = edge**2 * len(whole) + weight.sum()
    return np.asarray((edge**2 * whole.sum(axis=0) + weight @ nodes) / total) if total else None
