"""Muscles level by level: the planes of the discs, and what each muscle measures in them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from ..anatomy import level
from ..geometry import FloatArray, Frame
from .landmarks import Landmarks
from .muscles import Cut, MuscleMap, MuscleSection, cut, section_of, slice_area
from .results import Measurement, MissingInput
from .spread import area_spread
from .table import Quantity

if TYPE_CHECKING:
    from .subject import Subject

_SIDES = ("left", "right")
_SWAPPED = "lies on the other side of the spine: the sides of the muscle map may be swapped"


@dataclass(frozen=True)
class DiscPlane:
    """The axial plane of a disc and what it shows of the muscles.

    Attributes
    ----------
    upper : int
        Level above the disc.
    frame : Frame
        At the centre of the disc, superior along the spine.
    muscles : MuscleMap
        All of them.
    plane : Cut
        The map in this plane.
    slopes : (m,) array or None
        By how many mm2 the area of each label changes per mm along the spine.
    """

    upper: int
    frame: Frame
    muscles: MuscleMap
    plane: Cut
    slopes: FloatArray | None = None

    def section(self, muscle: str, side: str) -> MuscleSection:
        """Measure a muscle in this plane; see `section_of`."""
        if (muscle, side) not in self._sections:
            label = self.muscles.label(muscle, side)
            slope = 0.0 if self.slopes is None or label >= len(self.slopes) else float(self.slopes[label])
            self._sections[muscle, side] = section_of(self.plane, label, _name(muscle, side), slope)
        return self._sections[muscle, side]

    @cached_property
    def _sections(self) -> dict[tuple[str, str], MuscleSection]:
        """Sections measured so far: several quantities ask for each."""
        return {}


@dataclass(frozen=True)
class UnseenDisc:
    """A disc without a plane, by the level above it, and why."""

    upper: int
    reason: str


def _name(muscle: str, side: str) -> str:
    return f"{side} {muscle.replace('_', ' ')}"


def disc_frame(spine: Landmarks, upper: int, lower: int) -> Frame:
    """Return the axes of the disc between two levels, at its centre.

    Superior is the mean normal of the endplates that face it: the local direction of the spine.

    Raises
    ------
    MissingInput
        If an endplate is not known.
    """
    above, below = spine.plate(upper, "inferior"), spine.plate(lower, "superior")
    superior = above.normal + below.normal
    superior = superior / np.linalg.norm(superior)
    ahead = spine.frame(upper).anterior + spine.frame(lower).anterior
    ahead = ahead - (ahead @ superior) * superior
    anterior = ahead / np.linalg.norm(ahead)
    name = f"disc below {level(upper).name}"
    return Frame((above.centre + below.centre) / 2, np.stack([np.cross(anterior, superior), anterior, superior]), name)


def disc_planes(spine: Landmarks, gaps: tuple[tuple[int, int], ...], muscles: MuscleMap) -> tuple[DiscPlane | UnseenDisc, ...]:
    """Cut a muscle map at every disc; what cannot be cut says why."""
    return _with_slopes([_disc_plane(spine, upper, lower, muscles) for upper, lower in gaps])


def _disc_plane(spine: Landmarks, upper: int, lower: int, muscles: MuscleMap) -> DiscPlane | UnseenDisc:
    try:
        frame = disc_frame(spine, upper, lower)
    except MissingInput as lack:
        return UnseenDisc(upper, str(lack))
    plane = cut(muscles, frame, frame.origin)
    if not plane.within.any():
        return UnseenDisc(upper, "the muscle map does not reach this disc")
    return DiscPlane(upper, frame, muscles, plane)


def _with_slopes(discs: list[DiscPlane | UnseenDisc]) -> tuple[DiscPlane | UnseenDisc, ...]:
    """Tell each plane by how much the areas change from the plane above to the one below."""
    seen = [disc for disc in discs if isinstance(disc, DiscPlane)]
    if len(seen) < 2:
        return tuple(discs)
    table = np.zeros((len(seen), max(len(disc.plane.areas) for disc in seen)))
    for row, disc in zip(table, seen, strict=True):
        row[: len(disc.plane.areas)] = disc.plane.areas
    origins = np.array([disc.frame.origin for disc in seen])
    along = np.concatenate([[0.0], np.cumsum(np.linalg.norm(np.diff(origins, axis=0), axis=1))])
    slopes = dict(zip((disc.upper for disc in seen), np.gradient(table, along, axis=0), strict=True))
    return tuple(replace(disc, slopes=slopes[disc.upper]) if isinstance(disc, DiscPlane) else disc for disc in discs)


def muscle_measurements(subject: Subject, quantity: Quantity) -> Iterator[Measurement]:
    """Yield a quantity of every muscle and side at every disc whose plane meets the muscle on either side."""
    if subject.muscles is None:
        yield Measurement(quantity.name, None, quantity.unit, reason="there is no muscle map")
        return
    names = list(dict.fromkeys(muscle for muscle, _ in subject.muscles.names))
    for disc in subject.disc_planes:
        if isinstance(disc, UnseenDisc):
            yield Measurement(quantity.name, None, quantity.unit, level=disc.upper, reason=disc.reason)
            continue
        for muscle in names:
            if any(subject.muscles.names.get((muscle, side)) in disc.plane.present for side in _SIDES):
                yield from _VALUES[quantity.function](quantity, disc, muscle)


_Value = Callable[[DiscPlane, str, str], tuple[float, float | None]]
"""Number and standard deviation of a muscle on a side."""


def _sided(value: _Value) -> _Values:
    """Return how a quantity of one muscle on one side becomes measurements of both sides."""

    def measured(quantity: Quantity, disc: DiscPlane, muscle: str) -> Iterator[Measurement]:
        for side in _SIDES:
            try:
                number, spread = value(disc, muscle, side)
            except MissingInput as lack:
                yield Measurement(quantity.name, None, quantity.unit, disc.upper, side, muscle, reason=str(lack))
                continue
            note = _doubt(disc, muscle, side)
            yield Measurement(quantity.name, number, quantity.unit, disc.upper, side, muscle, uncertainty=spread, reason=note)

    return measured


def _doubt(disc: DiscPlane, muscle: str, side: str) -> str:
    """Say when a muscle does not lie on its side of the disc."""
    try:
        lies_right = disc.section(muscle, side).centroid[0] > 0
    except MissingInput:
        return ""
    return "" if lies_right == (side == "right") else _SWAPPED


def _area(disc: DiscPlane, muscle: str, side: str) -> tuple[float, float]:
    found = disc.section(muscle, side)
    return found.area, found.area_spread


def _slice(disc: DiscPlane, muscle: str, side: str) -> tuple[float, float]:
    """Return the area on the slice of the image that is nearest to the disc's centre, and its spread."""
    grid, axis = disc.muscles.grid, disc.muscles.axial
    index = int(np.rint(grid.to_ijk(disc.frame.origin)[axis]))
    if not 0 <= index < grid.shape[axis]:
        raise MissingInput("the muscle map has no slice here")
    area = slice_area(disc.muscles, muscle, side, index, axis)
    if not area:
        raise MissingInput(f"the {_name(muscle, side)} does not reach this slice")
    # an outline as long as that of a circle of this area
    return area, area_spread(2.0 * float(np.sqrt(np.pi * area)), grid.voxel_volume / float(grid.spacing[axis]))


def _along(axis: int) -> _Value:
    def value(disc: DiscPlane, muscle: str, side: str) -> tuple[float, float]:
        found = disc.section(muscle, side)
        return float(found.centroid[axis]), found.centroid_spread

    return value


def _fat(disc: DiscPlane, muscle: str, side: str) -> tuple[float, float | None]:
    if disc.muscles.fat is None:
        raise MissingInput("there are no Dixon images")
    found = disc.section(muscle, side)
    if found.fat is None:
        raise MissingInput("the Dixon images have no signal here")
    return found.fat, found.fat_spread


def _asymmetry(quantity: Quantity, disc: DiscPlane, muscle: str) -> Iterator[Measurement]:
    """Yield by how much the sides differ in area: right less left over their mean."""
    try:
        left, right = (disc.section(muscle, side) for side in _SIDES)
    except MissingInput as lack:
        yield Measurement(quantity.name, None, quantity.unit, disc.upper, part=muscle, reason=str(lack))
        return
    mean = (right.area + left.area) / 2
    spread = float(np.hypot(right.area_spread, left.area_spread)) / mean
    value = (right.area - left.area) / mean
    yield Measurement(quantity.name, value, quantity.unit, disc.upper, part=muscle, uncertainty=spread)


_Values = Callable[[Quantity, DiscPlane, str], Iterator[Measurement]]
_VALUES: dict[str, _Values] = {
    "area": _sided(_area),
    "slice": _sided(_slice),
    "right": _sided(_along(0)),
    "anterior": _sided(_along(1)),
    "fat": _sided(_fat),
    "asymmetry": _asymmetry,
}
