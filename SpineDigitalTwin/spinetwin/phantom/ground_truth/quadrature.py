"""Volumes and centroids of continuous solids, by lattices of their own: nothing is shared with the making of label maps."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from ...geometry import FloatArray
from ..shape.distances import Array
from ..shape.nearby import nearby
from ..shape.solids import Box
from ..shape.vertebra import FAR, VertebraShape, exclusive

SPACING = 0.5
"""Distance of the nodes, mm. Nodes near a surface count in part (`_weight`), which makes the error of second order."""

_CELL = 4
"""Nodes along the edge of a cell that is left out as a whole when it lies far from bone."""

_AROUND = 1.5
"""How far from bone that is, in edges of a cell; its corners are 0.87 from its middle, and distances are not quite exact."""


@dataclass(frozen=True)
class Moment:
    """Volume in cubic mm and centroid (3,) in mm of a solid."""

    volume: float
    centroid: tuple[float, float, float]


def _weight(distance: Array, spacing: float) -> Array:
    return np.asarray(np.clip(0.5 - distance / spacing, 0.0, 1.0))


@dataclass(frozen=True)
class _Lattice:
    """Nodes at (i + 0.5) `spacing` mm along each axis, i from `start` up to but not including `stop`."""

    start: tuple[int, ...]
    stop: tuple[int, ...]
    spacing: float

    def coordinates(self) -> tuple[Array, Array, Array]:
        """Return x, y, z of all nodes, to be broadcast against each other."""
        x, y, z = np.ix_(*[(np.arange(a, b) + 0.5) * self.spacing for a, b in zip(self.start, self.stop, strict=True)])
        return x, y, z

    def right_half(self) -> _Lattice:
        """Return the nodes right of the median plane."""
        return _Lattice((0, *self.start[1:]), self.stop, self.spacing)


def _lattice(box: Box, spacing: float) -> _Lattice:
    """Nodes over a box, mirror-symmetric in x."""
    (x0, y0, z0), (x1, y1, z1) = box
    n = int(np.ceil(max(abs(x0), abs(x1)) / spacing)) + 1
    low = [int(np.floor(value / spacing)) - 1 for value in (y0, z0)]
    top = [int(np.ceil(value / spacing)) + 1 for value in (y1, z1)]
    return _Lattice((-n, *low), (n, *top), spacing)


def _moment(weight: Array, coordinates: tuple[Array, Array, Array], spacing: float) -> Moment:
    total = float(weight.sum())
    x, y, z = (float((weight * c).sum()) / total for c in coordinates)
    return Moment(total * spacing**3, (x, y, z))


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
    points, spacing = _near_bone(shape, lattice), lattice.spacing
    solid, distances = nearby(shape).evaluate(points)
    x, y, z = points.T
    owner = np.argmin(distances, axis=0)
    found: dict[int, Moment] = {}
    bone, everywhere = _weight(solid, spacing), np.full_like(solid, -FAR)
    for index, subregion in enumerate(shape.subregions):
        # a product, because at an edge between two surfaces the share of a node is that of both
        weight = bone * _weight(exclusive(everywhere, distances, index), spacing)
        if weight.any():
            centroid = _moment(weight, (x, y, z), spacing).centroid
            # where a part is thin, shares add up to too much; counting whole nodes does not, but would shift the centroid
            inside = int(np.count_nonzero((solid < 0) & (owner == index)))
            found[subregion] = Moment(inside * spacing**3, centroid)
    return found


def _near_bone(shape: VertebraShape, lattice: _Lattice) -> FloatArray:
    """Return the nodes (n, 3) of a lattice in and around a vertebra, which fills a small part of its box; mm in its frame."""
    first, stop = np.array(lattice.start), np.array(lattice.stop)
    cells = first + _CELL * np.indices(-(-(stop - first) // _CELL)).reshape(3, -1).T
    middles = (cells + _CELL / 2) * lattice.spacing
    near = cells[nearby(shape).solid(middles) < _CELL * lattice.spacing * _AROUND]
    nodes = (near[:, None] + np.indices((_CELL, _CELL, _CELL)).reshape(3, -1).T).reshape(-1, 3)
    return np.asarray((nodes[(nodes < stop).all(axis=1)] + 0.5) * lattice.spacing)


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
    """Return the volume and centroid of any solid within a box, or None where it is empty."""
    coordinates = _lattice(box, spacing).coordinates()
    weight = _weight(distance(*coordinates), spacing)
    return _moment(weight, coordinates, spacing) if weight.any() else None


def section_centroid(
    distance: Callable[[FloatArray], FloatArray], box: Box, z: float, spacing: float = 0.2
) -> FloatArray | None:
    """Return the centroid (3,) of the section of a solid with the plane at height `z`, or None where it is empty."""
    (x0, y0, _), (x1, y1, _) = box
    n = int(np.ceil(max(abs(x0), abs(x1)) / spacing))
    x = (np.arange(-n, n) + 0.5) * spacing
    y = np.arange(y0, y1, spacing)
    points = np.stack([*np.meshgrid(x, y, indexing="ij"), np.full((len(x), len(y)), z)], axis=-1)
    weight = _weight(distance(points), spacing)
    if not weight.any():
        return None
    return np.asarray((points * weight[..., None]).sum(axis=(0, 1)) / weight.sum())
