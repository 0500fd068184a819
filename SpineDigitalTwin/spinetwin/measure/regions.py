"""The label maps cut into pieces: a smooth field for each part that a measurement asks for."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import cached_property
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt

from ..anatomy import level
from ..anatomy.subregions import SubregionId
from ..geometry import FloatArray, LabelMaps, label_boxes
from ..geometry.fields import SURFACE, MaskField, field_of_voxels
from ..geometry.grid import IntArray
from .results import MissingInput

BODY = (SubregionId.BODY_BORDER, SubregionId.BODY, SubregionId.DENS)
CANAL = (SubregionId.CORD, SubregionId.CANAL)

T = TypeVar("T")

_STEP = 0.5
"""Distance of samples in a section, mm."""


class Regions:
    """Parts of the maps of one spine, each found once.

    Parameters
    ----------
    maps : LabelMaps
        Subregions and vertebrae on one grid.
    whole : bool
        Whether the maps tell bodies and discs only: what is labelled arch stands for all other parts.
    """

    def __init__(self, maps: LabelMaps, *, whole: bool = False) -> None:
        self.maps = maps
        self.whole = whole
        self._fields: dict[tuple[int | None, tuple[int, ...]], MaskField] = {}
        self._remembered: dict[tuple[str, int], Any] = {}

    @cached_property
    def _boxes(self) -> dict[int, tuple[slice, ...]]:
        return label_boxes(self.maps.vertebrae)

    def volumes(self, key: int) -> dict[int, float]:
        """Return the volume in cubic mm of every subregion label of a level, or of its disc or endplates by their label."""
        return self.remembered(("volumes", key), lambda: self._counted(key))

    def _counted(self, key: int) -> dict[int, float]:
        voxel = self.maps.grid.voxel_volume
        return {label: len(voxels) * voxel for label, voxels in self._parts(key).items() if label}

    def faces(self, key: int) -> dict[int, float]:
        """Return how many voxel faces the surface of every subregion label of a level has, as of cubes of the same volume."""
        box = self._boxes.get(key)
        if box is None:
            return {}
        labels = np.pad(np.where(self.maps.vertebrae[box] == key, self.maps.subregions[box], 0), 1)
        counts = np.zeros(int(labels.max()) + 1)
        for axis in range(3):
            first, second = np.moveaxis(labels, axis, 0)[:-1], np.moveaxis(labels, axis, 0)[1:]
            differ = first != second
            for each in (first, second):
                counts += np.bincount(each[differ], minlength=len(counts))
        return {int(label): float(counts[label]) for label in np.nonzero(counts)[0] if label}

    def voxel_along(self, direction: FloatArray) -> float:
        """Return the size of a voxel along a unit vector (3,), mm."""
        return float(np.linalg.norm(direction @ self.maps.grid.ijk_to_ras[:3, :3]))

    def points(self, key: int) -> FloatArray:
        """Return the voxels (n, 3) of a level, RAS mm; n is 0 where the maps lack it."""
        parts = self._parts(key)
        return self.maps.grid.to_ras(np.concatenate(list(parts.values()))) if parts else np.zeros((0, 3))

    def field(self, key: int, labels: Iterable[int]) -> MaskField:
        """Return the smooth field of some subregions of a level (or of a disc, by its label in the vertebra map).

        Raises
        ------
        MissingInput
            If the maps hold none of them.
        """
        wanted = tuple(sorted(int(label) for label in labels))
        if (key, wanted) not in self._fields:
            self._fields[key, wanted] = self._cut(key, wanted)
        return self._fields[key, wanted]

    def _cut(self, key: int, labels: tuple[int, ...]) -> MaskField:
        box = self._boxes.get(key)
        if box is None:
            raise MissingInput(f"{_name(key)} is not in the label maps")
        parts = self._parts(key)
        chosen = [parts[label] for label in labels if label in parts]
        if not chosen:
            raise MissingInput(f"the label maps lack this part of {_name(key)}")
        return field_of_voxels(np.concatenate(chosen), self.maps.grid)

    def _parts(self, key: int) -> dict[int, IntArray]:
        """Return the voxels (n, 3) of each subregion of a level; of none where the maps lack the level."""
        return self.remembered(("parts", key), lambda: self._sorted(key))

    def _sorted(self, key: int) -> dict[int, IntArray]:
        box = self._boxes.get(key)
        if box is None:
            return {}
        places = _nonzero(self.maps.vertebrae[box] == key)
        labels = self.maps.subregions[box][places]
        order = np.argsort(labels, kind="stable")
        voxels = np.stack(places, axis=1)[order] + [each.start for each in box]
        found, starts = np.unique(labels[order], return_index=True)
        return dict(zip(found.tolist(), np.split(voxels, starts[1:]), strict=True))

    def remembered(self, name: tuple[str, int], make: Callable[[], T]) -> T:
        """Return what several quantities share (a section, a plane), made when it is first asked for."""
        if name not in self._remembered:
            self._remembered[name] = make()
        found: T = self._remembered[name]
        return found

    def canal_near(self, point: FloatArray, reach_mm: float = 25.0) -> MaskField:
        """Return the field of the canal with its cord within `reach_mm` of a point (3,) along the axes of the image."""
        centre = self.maps.grid.to_ijk(point)
        reach = np.ceil(reach_mm / self.maps.grid.spacing)
        low = np.maximum(np.floor(centre - reach).astype(int), 0)
        high = np.minimum(np.ceil(centre + reach).astype(int) + 1, self.maps.grid.shape)
        if (high <= low).any():
            raise MissingInput("the canal is outside the label maps")
        box = tuple(slice(a, b) for a, b in zip(low, high, strict=True))
        near = self.maps.subregions[box]
        mask = (near == CANAL[0]) | (near == CANAL[1])
        voxels = np.stack(_nonzero(mask), axis=1)
        if not len(voxels):
            raise MissingInput("the label maps have no canal here")
        return field_of_voxels(voxels + low, self.maps.grid)


def _nonzero(mask: npt.NDArray[np.bool_]) -> tuple[npt.NDArray[np.intp], ...]:
    """Return the places along each axis where a mask (i, j, k) is True, read in the order in which it lies in memory."""
    order = np.argsort(mask.strides)[::-1]
    found = np.nonzero(mask.transpose(order))
    return tuple(found[int(np.flatnonzero(order == axis)[0])] for axis in range(3))


def _name(key: int) -> str:
    return level(key).name if key < 100 else f"the disc below {level(key - 100).name}"


class Section:
    """The cut of a field by a plane, sampled on a square lattice.

    Parameters
    ----------
    field : MaskField
        What is cut.
    origin, across, up : (3,) arrays
        A point of the plane, RAS mm, and two perpendicular unit vectors in it.
    half : float
        Half the side of the square that is looked at, mm.
    step : float
        Distance of the samples, mm.
    """

    def __init__(
        self,
        field: MaskField,
        origin: FloatArray,
        across: FloatArray,
        up: FloatArray,
        half: float = 40.0,
        step: float = _STEP,
    ) -> None:
        self.step = step
        self.steps = np.arange(-half, half + step / 2, step)
        points = origin + self.steps[:, None, None] * across + self.steps[None, :, None] * up
        self.values = field.at(points)

    @property
    def area(self) -> float:
        """Square mm; lattice cells on the outline count in part."""
        slope = 2.0 * np.abs(self.values - SURFACE)
        part = np.clip(0.5 + (self.values - SURFACE) / np.maximum(self._gradient, 1e-6) / self.step, 0.0, 1.0)
        return float(np.where(slope >= 1.0, self.values > SURFACE, part).sum() * self.step**2)

    @cached_property
    def _gradient(self) -> FloatArray:
        return np.asarray(np.hypot(*np.gradient(self.values, self.step)))

    def extent(self, axis: int) -> float:
        """Return the largest width along `axis` (0 across, 1 up) of one line of samples, in mm, by linear interpolation."""
        values = self.values if axis == 0 else self.values.T
        inside = values > SURFACE
        lines = np.nonzero(inside.any(axis=0))[0]
        return max((self._width(values[:, line], inside[:, line]) for line in lines), default=0.0)

    def _width(self, values: FloatArray, inside: npt.NDArray[np.bool_]) -> float:
        first, last = int(inside.argmax()), int(len(inside) - 1 - inside[::-1].argmax())
        if first == 0 or last == len(inside) - 1:
            raise MissingInput("the part goes on beyond the section")
        before = (values[first] - SURFACE) / (values[first] - values[first - 1])
        after = (values[last] - SURFACE) / (values[last] - values[last + 1])
        return float(last - first + before + after) * self.step
