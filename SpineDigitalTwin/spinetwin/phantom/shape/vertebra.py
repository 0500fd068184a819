"""One vertebra: a smooth union of named signed distances with an open canal."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from ...anatomy import subregion
from ...anatomy.subregions import SubregionId
from ...errors import ParameterError
from ...geometry import FloatArray, IntArray
from ..person.dimensions import Dimensions, dimensions
from .alteration import NOTHING, Alteration
from .changed_solids import TwoSided
from .distances import Array, smooth_min
from .part import Joint, Part
from .parts import parts_of
from .places import body_of, canal_of, default_joint, fillet_width
from .solids import Body, Box, Canal

Where: TypeAlias = tuple[slice, ...]

FAR = 50.0
"""A distance that stands for "nowhere near", mm."""


@dataclass(frozen=True)
class VertebraShape:
    """The solid of one level in its own frame: mm along right, anterior, superior; origin in the middle of the body.

    Attributes
    ----------
    row : Dimensions
        Its dimensions.
    superior, inferior : Joint
        Where its right facet joints lie.
    left : pair of Joint, optional
        Where its left facet joints (superior, inferior) lie, seen in a mirror; those of the right side if left out.
    alteration : Alteration
        What makes it different from the vertebra that its row describes.

    Notes
    -----
    A point belongs to the vertebra where the smooth union of all parts is negative and, within it, to the part whose own
    distance is least: so `distance` and `labels` have it. `Spine.voxelise` begins with the same, and then gives specks that the
    voxels cut off a part to its neighbour, so that every part of a label map is in one piece. Left parts are the right ones
    evaluated at -x, so a `symmetric` shape is mirror-symmetric to the last bit.
    """

    row: Dimensions
    superior: Joint
    inferior: Joint
    left: tuple[Joint, Joint] | None = None
    alteration: Alteration = NOTHING

    @classmethod
    def of(cls, key: int | str | Dimensions) -> VertebraShape:
        """Return the shape of a level (mean dimensions) or of a row, with the joints of a straight spine."""
        row = key if isinstance(key, Dimensions) else dimensions(key)
        return cls(row, default_joint(row, above=True), default_joint(row, above=False))

    @property
    def level(self) -> int:
        """Level id."""
        return self.row.level

    @cached_property
    def parts(self) -> tuple[Part, ...]:
        """The named parts; where two are equally near, the earlier one wins."""
        parts = parts_of(self.row, self.superior, self.inferior)
        if self.left is not None:
            other = parts_of(self.row, *self.left)
            paired = (False, *(part.mirrored for part in parts[:-1]))
            parts = tuple(_of_either_side(*each) for each in zip(parts, other, paired, strict=True))
        return self.alteration.of_parts(parts)

    @property
    def symmetric(self) -> bool:
        """Whether the left side is the mirror image of the right one."""
        return self.left is None and self.alteration.symmetric

    def facet_joint(self, above: bool, side: float) -> Joint:
        """Return the right (`side` 1) or left (-1) facet joint above or below, where it lies in the vertebra's frame."""
        place = 0 if above else 1
        joint = (self.superior, self.inferior)[place] if side > 0 or self.left is None else self.left[place]
        (x, y, z), (u, v, w) = joint.point, joint.normal
        return Joint((side * x, y, z), (side * u, v, w), joint.curve)

    @cached_property
    def subregions(self) -> tuple[int, ...]:
        """The labels that occur, each once."""
        return tuple(dict.fromkeys(part.subregion for part in self.parts))

    @cached_property
    def body(self) -> Body:
        """The vertebral body as a solid (for C1 a stand-in that is not part of the shape)."""
        return self.alteration.of_body(body_of(self.row))

    @cached_property
    def canal(self) -> Canal:
        """The vertebral foramen."""
        return canal_of(self.row)

    @property
    def body_priority(self) -> float:
        """How many mm the body is favoured inside itself (`Part.claim`)."""
        return self.favoured(SubregionId.BODY_BORDER).priority if SubregionId.BODY_BORDER in self.subregions else 0.0

    def favoured(self, subregion: int) -> Part:
        """Return the part of a subregion that is favoured most (`Part.claim`)."""
        return max((part for part in self.parts if part.subregion == subregion), key=lambda part: part.priority)

    @property
    def blend(self) -> float:
        """Width of the fillets between parts, mm."""
        return fillet_width(self.row)

    @cached_property
    def box(self) -> Box:
        """Two corners of a box that contains the vertebra."""
        low = np.min([part.box[0] for part in self.parts], axis=0) - self.blend
        high = np.max([part.box[1] for part in self.parts], axis=0) + self.blend
        return (float(low[0]), float(low[1]), float(low[2])), (float(high[0]), float(high[1]), float(high[2]))

    def solid(self, points: npt.ArrayLike) -> FloatArray:
        """Return the signed distance (mm, negative inside) of points (..., 3) to the whole vertebra."""
        return self.evaluate(points)[0]

    def distance(self, points: npt.ArrayLike, part: int) -> FloatArray:
        """Return a function that is negative exactly inside one part, and near its surface about the distance in mm.

        Parameters
        ----------
        points : (..., 3) array_like
            mm in the vertebra's frame.
        part : int
            Subregion label; the body is 49 (50 is accepted for it).

        Raises
        ------
        ParameterError
            If the vertebra has no such part.
        """
        wanted = 49 if part == 50 else part
        if wanted not in self.subregions:
            raise ParameterError(f"This vertebra has no part {subregion(part).name}.")
        solid, distances = self.evaluate(points)
        return exclusive(solid, distances, self.subregions.index(wanted))

    def labels(self, points: npt.ArrayLike) -> IntArray:
        """Return the subregion label (0 outside) of points (..., 3) in the vertebra's frame."""
        solid, distances = self.evaluate(points)
        found = np.array(self.subregions, dtype=np.uint8)[np.argmin(distances, axis=0)]
        return np.where(solid < 0, found, np.uint8(0))

    def evaluate(self, points: npt.ArrayLike) -> tuple[FloatArray, FloatArray]:
        """Return the distance to the whole (...) and those of each of `subregions` (n, ...), as they compete for a point."""
        given = np.asarray(points, dtype=np.float64)
        x, y, z = given.reshape(-1, 3).T
        blender = Blender(self, x.shape, np.float64)
        everywhere = (slice(0, len(x)),)
        distances = np.full((len(self.subregions), len(x)), FAR)
        for part in self.parts:
            d = part.distance(x, y, z)
            blender.add(part, d, everywhere)
            mine = distances[self.subregions.index(part.subregion)]
            np.minimum(mine, part.claim(d), out=mine)
        solid = np.asarray(blender.finish(self.canal.distance(x, y, z)), dtype=np.float64)
        return solid.reshape(given.shape[:-1]), distances.reshape(-1, *given.shape[:-1])


def _of_either_side(right: Part, left: Part, paired: bool) -> Part:
    """Return a part of a vertebra whose joints differ: left parts as the left joints have them, median ones half and half."""
    if left.mirrored:
        return left
    if not paired and right.solid != left.solid:
        return replace(right, solid=TwoSided(right.solid, left.solid))
    return right


class Blender:
    """Gathers the parts of one vertebra into a smooth union; pairs are joined first, so that sides cannot differ."""

    def __init__(self, shape: VertebraShape, size: tuple[int, ...], dtype: npt.DTypeLike) -> None:
        self._k = shape.blend
        self._front: Array = np.full(size, FAR, dtype=dtype)
        self._rear: Array = np.full(size, FAR, dtype=dtype)
        self._left: tuple[Array, Where] | None = None

    def add(self, part: Part, distance: Array, where: Where) -> None:
        """Add one part, known inside the index expression `where`."""
        if part.mirrored:
            self._left = distance, where
            return
        target = self._front if part.front else self._rear
        if self._left is None:
            target[where] = smooth_min(target[where], distance, self._k)
            return
        (left, place), self._left = self._left, None
        both = tuple(slice(min(a.start, b.start), max(a.stop, b.stop)) for a, b in zip(place, where, strict=True))
        view = target[both]
        pair = np.full_like(view, FAR)
        _within(pair, place, both)[...] = left
        right = _within(pair, where, both)
        np.minimum(right, distance, out=right)
        view[...] = smooth_min(view, pair, self._k)

    def finish(self, canal: Array) -> Array:
        """Return the distance to the whole, the canal left open."""
        return smooth_min(self._front, np.maximum(self._rear, -canal), self._k)


def _within(array: Array, where: Where, outer: Where) -> Array:
    """View of `array`, which covers `outer`, on the part of it that `where` covers."""
    return array[tuple(slice(a.start - o.start, a.stop - o.start) for a, o in zip(where, outer, strict=True))]


def exclusive(solid: FloatArray, distances: FloatArray, index: int) -> FloatArray:
    """Return a function that is negative exactly where part `index` of `VertebraShape.evaluate` is the vertebra's label."""
    others = np.delete(distances, index, axis=0)
    if not len(others):
        return solid
    return np.asarray(np.maximum(solid, (distances[index] - others.min(axis=0)) / 2))
