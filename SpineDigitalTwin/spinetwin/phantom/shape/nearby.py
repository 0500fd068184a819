"""A vertebra as functions of points, each part evaluated only where it can matter.

The signs, and the values near a surface, are those of `VertebraShape`: further than `MARGIN` from the box of a part, which is
more than fillets are wide, the part changes neither. All searches for surfaces go through here, because they ask millions of
points and most of them lie near one part of ten.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from ...anatomy.subregions import SubregionId
from ...geometry import FloatArray
from .distances import Array
from .part import Part
from .processes import Articular
from .vertebra import FAR, Blender, VertebraShape

Function: TypeAlias = Callable[[FloatArray], FloatArray]
Mask: TypeAlias = npt.NDArray[np.bool_]

MARGIN, SACRAL_MARGIN = 5.0, 6.0
"""How far from its box a part is still evaluated, mm; those of a sacrum further, because its distances are less exact."""

_INEXACT = 8.0
"""In how many half edges from the middle of a cube a part may be seen too late: long distances are less exact."""

CHUNK = 16384
"""Points evaluated at a time: what is computed of them stays in the fast memory of the processor."""


@dataclass(frozen=True, eq=False)
class Nearby:
    """Evaluates one vertebra."""

    shape: VertebraShape

    @cached_property
    def _boxes(self) -> tuple[FloatArray, FloatArray]:
        """Corners (parts, 3) of the boxes in which the parts are evaluated."""
        low, high = (np.array([part.box[end] for part in self.shape.parts]) for end in (0, 1))
        return low - self._margin, high + self._margin

    @cached_property
    def _margin(self) -> float:
        return SACRAL_MARGIN if SubregionId.SACRUM in self.shape.subregions else MARGIN

    @cached_property
    def _groups(self) -> list[list[tuple[int, Part]]]:
        """The parts with their places, each left one together with the right one that follows it."""
        groups: list[list[tuple[int, Part]]] = [[]]
        for place, part in enumerate(self.shape.parts):
            groups[-1].append((place, part))
            if not part.mirrored:
                groups.append([])
        return groups[:-1]

    @cached_property
    def _places(self) -> list[int]:
        """The place of each part's label among those of the shape."""
        return [self.shape.subregions.index(part.subregion) for part in self.shape.parts]

    @cached_property
    def _subregions(self) -> tuple[int, ...]:
        """The labels as plain numbers, which compare faster."""
        return tuple(int(each) for each in self.shape.subregions)

    @cached_property
    def _beside_canal(self) -> list[bool]:
        """Whether each part is an articular process that leaves this vertebra's canal open, as a left one does mirrored."""
        solids = [part.solid for part in self.shape.parts]
        return [isinstance(each, Articular) and each.canal == self.shape.canal for each in solids]

    def evaluate(self, points: Array) -> tuple[Array, Array]:
        """Return what `VertebraShape.evaluate` does, as precise as the points (..., 3); `FAR` for a part that is far away."""
        flat = points.reshape(-1, 3)
        solid = np.empty(len(flat), dtype=points.dtype)
        distances = np.empty((len(self.shape.subregions), len(flat)), dtype=points.dtype)
        for start in range(0, len(flat), CHUNK):
            chunk = slice(start, start + CHUNK)
            solid[chunk], distances[:, chunk] = self._chunk(flat[chunk])
        return solid.reshape(points.shape[:-1]), distances.reshape(len(distances), *points.shape[:-1])

    def evaluate_among(self, points: Array, near: Mask) -> tuple[Array, Array]:
        """Return the same, as precise as the points (n, 3), for which only those parts are asked that are `near` (parts, n)."""
        solid = np.empty(len(points), dtype=points.dtype)
        distances = np.empty((len(self.shape.subregions), len(points)), dtype=points.dtype)
        for start in range(0, len(points), CHUNK):
            chunk = slice(start, start + CHUNK)
            solid[chunk], distances[:, chunk] = self._chunk(points[chunk], near[:, chunk])
        return solid, distances

    def parts_around(self, points: FloatArray, distances: Array, half_edge: float) -> Mask:
        """Return which parts (parts, n) matter in cubes around points (n, 3), of what was evaluated there; mm.

        A part that does not is further off than `MARGIN` in the whole cube, whose `half_edge` is given: its box is, or the
        part itself, as its distance at the middle tells.
        """
        close = distances < self._margin + _INEXACT * half_edge
        x, y, z = np.ascontiguousarray(points.T)
        return self._near(x, y, z, half_edge) & close[self._places]

    def _chunk(self, points: Array, near: Mask | None = None) -> tuple[Array, Array]:
        shape, everywhere = self.shape, (slice(0, len(points)),)
        x, y, z = np.ascontiguousarray(points.T)
        near = self._near(x, y, z) if near is None else near
        used = [bool(each.any()) for each in near]
        wall = self._wall(used, x, y, z)
        blender = Blender(shape, x.shape, x.dtype)
        distances = np.full((len(shape.subregions), len(x)), FAR, dtype=x.dtype)
        for group in self._groups:
            if not any(used[place] for place, _ in group):
                continue
            for place, part in group:
                d = _distance(part, near[place], x, y, z, wall if self._beside_canal[place] else None)
                blender.add(part, d, everywhere)
                mine = distances[self._places[place]]
                np.minimum(mine, part.claim(d), out=mine)
        return blender.finish(wall), distances

    def _wall(self, used: list[bool], x: Array, y: Array, z: Array) -> Array:
        """Return the distance (n,) to the wall of the canal; `FAR` where none of the parts used has to leave it open."""
        if not any(one and not part.front for one, part in zip(used, self.shape.parts, strict=True)):
            return np.full(len(x), FAR, dtype=x.dtype)
        return self.shape.canal.distance(x, y, z)

    def _near(self, x: Array, y: Array, z: Array, more: float = 0.0, parts: slice = slice(None)) -> Mask:
        """Which points lie in the box of each part, by so many mm `more` on all sides, (parts, n)."""
        low, high = (corners[parts] for corners in self._boxes)
        within = np.ones((len(low), len(x)), dtype=bool)
        for axis, values in enumerate((x, y, z)):
            within &= (values > low[:, axis, None] - more) & (values < high[:, axis, None] + more)
        return within

    def solid(self, points: FloatArray) -> FloatArray:
        """Return a function of points (..., 3) that is negative inside the vertebra."""
        return np.asarray(self.evaluate(points)[0], dtype=np.float64)

    def inside(self, parts: Collection[int]) -> Function:
        """Return the function that is negative inside the union of some parts, named by their subregions."""
        return lambda points: np.asarray(self.union(*self.evaluate(points), parts), dtype=np.float64)

    def union(self, solid: Array, distances: Array, parts: Collection[int]) -> Array:
        """Return what is negative inside the union of some parts, of what was evaluated; of all parts if none is named."""
        if not parts:
            return solid
        mine = [place for place, subregion in enumerate(self._subregions) if subregion in parts]
        others = [place for place in range(len(distances)) if place not in mine]
        if not mine or not others:
            return solid
        ahead = _least(distances, mine) - _least(distances, others)
        return np.asarray(np.maximum(solid, ahead * 0.5))

    def may_hold(self, points: Array, parts: Collection[int], around: float = 0.0) -> Mask:
        """Return which points (n, 3) may lie within `around` mm of the union of some parts: the others are too far from each.

        Within the bone some part is nearer than a fillet is wide, so a part that claims a point is so too, unless it is
        favoured there.
        """
        held = np.zeros(len(points), dtype=bool)
        x, y, z = np.ascontiguousarray(points.T, dtype=np.float32)
        for place, part in enumerate(self.shape.parts):
            if part.subregion in parts:
                within = max(self.shape.blend, part.fade if part.priority else 0.0) + around
                boxed = self._near(x, y, z, within - self._margin, slice(place, place + 1))[0]
                near = np.flatnonzero(boxed & ~held)
                held[near] = part.distance(x[near], y[near], z[near]) < within
        return held

    def part(self, subregion: int) -> Function:
        """Return the function that is negative inside one part, as `VertebraShape.distance`."""
        return self.inside((subregion,))


def _least(distances: Array, places: list[int]) -> Array:
    least: Array = distances[places[0]]
    for place in places[1:]:
        least = np.minimum(least, distances[place])
    return least


def _distance(part: Part, near: Mask, x: Array, y: Array, z: Array, wall: Array | None) -> Array:
    """Return the distance (n,) to a part near it; where its own distance to the canal is known (`wall`) it is not asked for."""
    at = slice(None) if near.all() else np.flatnonzero(near)
    distance = np.full(len(x), FAR, dtype=x.dtype)
    if not isinstance(at, slice) and not len(at):
        return distance
    solid, side = part.solid, x[at]
    if wall is not None and isinstance(solid, Articular):
        distance[at] = solid.distance_beside(wall[at], -side if part.mirrored else side, y[at], z[at])
    else:
        distance[at] = part.distance(side, y[at], z[at])
    return distance


@lru_cache(maxsize=128)
def nearby(shape: VertebraShape) -> Nearby:
    """Return the functions of a vertebra."""
    return Nearby(shape)
