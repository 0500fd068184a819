"""Sizes of the muscles around the spine, where a muscle map is given.

References
----------
McGill SM, Santaguida L, Stevens J (1993) Measurement of the trunk musculature from T5 to L5 using MRI scans of 15 young
males corrected for muscle fibre orientation. Clin Biomech 8:171-178.
Fortin M, Battie MC (2012) Quantitative paraspinal muscle measurements: inter-software reliability and agreement using OsiriX
and ImageJ. Phys Ther 92:853-864 (areas and fat on axial slices of the discs).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from ..errors import MapError, ParameterError
from ..geometry import FloatArray, Frame, Grid
from ..geometry.grid import IntArray
from .results import MissingInput
from .spread import area_spread, coordinate_spread

_HALF = 130.0
_STEP = 1.0


@dataclass(frozen=True)
class MuscleMap:
    """Labelled muscles.

    Attributes
    ----------
    grid : Grid
        Where the voxels lie.
    labels : (i, j, k) array of integers
        0 is background.
    names : mapping of (muscle, side) to label
        Such as ("psoas", "left"): 3.
    fat : (i, j, k) array or None
        Fat fraction from 0 to 1 of every voxel, NaN where it is not known, from Dixon images.
    """

    grid: Grid
    labels: IntArray
    names: Mapping[tuple[str, str], int]
    fat: FloatArray | None = None

    @classmethod
    def of(cls, grid: Grid, labels: IntArray, names: Mapping[tuple[str, str], int], fat: FloatArray | None = None) -> MuscleMap:
        """Keep the muscles that are in the map.

        Raises
        ------
        MapError
            If none of them is.
        """
        counts = np.bincount(labels.ravel())
        present = {key: label for key, label in names.items() if label < len(counts) and counts[label]}
        if not present:
            raise MapError(
                "The muscle map holds none of the labels that its scheme names.",
                "Say with --muscle-labels which scheme it follows, or give a csv file of its labels.",
            )
        return cls(grid, labels, present, fat)

    def label(self, muscle: str, side: str) -> int:
        """Return the label of a muscle."""
        found = self.names.get((muscle, side))
        if found is None:
            raise MissingInput(f"the muscle map has no {side} {muscle.replace('_', ' ')}")
        return found

    @cached_property
    def axial(self) -> int:
        """The array axis along which the slices of the image are nearest to axial."""
        along = np.abs(self.grid.ijk_to_ras[2, :3]) / self.grid.spacing
        return int(np.argmax(along))


def fat_fraction(fat: npt.NDArray[np.generic], water: npt.NDArray[np.generic]) -> FloatArray:
    """Return fat over fat and water (i, j, k), NaN where there is no signal.

    Raises
    ------
    ParameterError
        If the two images differ in shape, or hold nothing.
    """
    if fat.shape != water.shape:
        raise ParameterError("The fat and the water image are of different shapes.", "Give both images of one scan.")
    fats, waters = (np.clip(np.nan_to_num(np.asarray(each, dtype=np.float64)), 0.0, None) for each in (fat, water))
    both = fats + waters
    if not both.any():
        raise ParameterError("The fat and the water image are empty.", "Give the reconstructed Dixon images.")
    return np.asarray(np.divide(fats, both, out=np.full(both.shape, np.nan), where=both > 0))


@dataclass(frozen=True)
class MuscleSection:
    """One muscle in the axial plane of a disc.

    Attributes
    ----------
    area : float
        mm2.
    centroid : (2,) array
        Relative to the centre of the disc, along right and anterior, mm.
    fat : float or None
        Mean fat fraction; None without Dixon images.
    area_spread, centroid_spread, fat_spread : float or None
        Their standard deviations.
    """

    area: float
    centroid: FloatArray
    fat: float | None
    area_spread: float = 0.0
    centroid_spread: float = 0.0
    fat_spread: float | None = None


@dataclass(frozen=True)
class Cut:
    """The plane through a disc's centre, normal to the spine there, sampled every mm.

    Attributes
    ----------
    labels : (n, n) array
        Of the muscles, along right and anterior; 0 outside the map.
    within : (n, n) array of bool
        Whether the map reaches here.
    fat : (n, n) array or None
        Fat fraction.
    voxel_area : float
        Mean cross-section of a voxel in this plane, mm2.
    thickness : float
        Size of a voxel across this plane, mm.
    """

    labels: IntArray
    within: npt.NDArray[np.bool_]
    fat: FloatArray | None
    voxel_area: float
    thickness: float

    @cached_property
    def areas(self) -> FloatArray:
        """Areas (m,) by label, mm2."""
        return np.asarray(np.bincount(self.labels.ravel()) * _STEP**2, dtype=np.float64)

    @property
    def present(self) -> frozenset[int]:
        """Labels that the plane meets."""
        return frozenset(np.flatnonzero(self.areas).tolist()) - {0}


def cut(muscles: MuscleMap, frame: Frame, centre: FloatArray) -> Cut:
    """Cut a muscle map with the plane through `centre` (3,) that `frame` has across its superior axis."""
    steps = np.arange(-_HALF, _HALF + _STEP / 2, _STEP)
    directions = muscles.grid.ras_to_ijk[:3, :3] @ np.stack([frame.right, frame.anterior], axis=1)
    along = steps[:, None, None] * directions[:, 0] + steps[None, :, None] * directions[:, 1]
    ijk = np.rint(muscles.grid.to_ijk(centre) + along).astype(np.int64)
    within = np.asarray(((ijk >= 0) & (ijk < muscles.grid.shape)).all(axis=-1))
    places = tuple(ijk[within].T)
    labels = np.zeros(within.shape, dtype=muscles.labels.dtype)
    labels[within] = muscles.labels[places]
    fat = None
    if muscles.fat is not None:
        fat = np.full(within.shape, np.nan)
        fat[within] = muscles.fat[places]
    thickness = float(np.abs(frame.superior @ muscles.grid.ijk_to_ras[:3, :3]).max())
    return Cut(labels, within, fat, muscles.grid.voxel_volume / thickness, thickness)


def section_of(plane: Cut, label: int, name: str, slope: float = 0.0) -> MuscleSection:
    """Measure one muscle in a plane.

    Parameters
    ----------
    slope : float
        By how many mm2 its area changes per mm along the spine: thick slices show it as it is a little further up or down.

    Raises
    ------
    MissingInput
        If the muscle is not there, or the map ends within it.
    """
    from scipy.ndimage import binary_dilation

    here = plane.labels == label
    if not here.any():
        raise MissingInput(f"the {name} does not reach this plane")
    rows, columns = (np.flatnonzero(here.any(axis=axis)) for axis in (1, 0))
    box = tuple(slice(max(int(each[0]) - 1, 0), int(each[-1]) + 2) for each in (rows, columns))
    at_the_rim = here[0].any() or here[-1].any() or here[:, 0].any() or here[:, -1].any()
    if at_the_rim or (here[box] & binary_dilation(~plane.within[box])).any():
        raise MissingInput(f"the muscle map ends within the {name}")
    i, j = np.nonzero(here)
    at = np.stack([i, j], axis=1) * _STEP - _HALF
    area, centroid = len(at) * _STEP**2, at.mean(axis=0)
    outline = _outline(here[box]) * _STEP
    fat, fat_spread = (None, None) if plane.fat is None else _mean_fat(plane.fat[here], area / plane.voxel_area)
    radius = float(np.sqrt(((at - centroid) ** 2).sum(axis=1).mean()))
    return MuscleSection(
        area,
        centroid,
        fat,
        float(np.hypot(area_spread(outline, plane.voxel_area), slope * plane.thickness * 12.0**-0.5)),
        coordinate_spread(outline, plane.voxel_area, area, radius),
        fat_spread,
    )


def _outline(mask: npt.NDArray[np.bool_]) -> float:
    """Return the length of a mask's outline in samples; steps along two axes are pi / 4 too long on average."""
    padded = np.pad(mask, 1)
    return float(np.pi / 4 * sum(np.count_nonzero(np.diff(padded, axis=axis)) for axis in (0, 1)))


def _mean_fat(values: FloatArray, voxels: float) -> tuple[float | None, float | None]:
    """Return the mean fraction and its standard error, as many voxels being independent."""
    known = values[np.isfinite(values)]
    if not len(known):
        return None, None
    return float(known.mean()), float(known.std() / np.sqrt(max(voxels, 1.0)))


def muscle_section(muscles: MuscleMap, muscle: str, side: str, frame: Frame, centre: FloatArray) -> MuscleSection:
    """Cut a muscle with the plane through a disc's centre, normal to the spine there.

    Parameters
    ----------
    frame : Frame
        Axes of the disc.
    centre : (3,) array
        Its centre, RAS mm.

    Raises
    ------
    MissingInput
        If the muscle is not there, or the map ends within it.
    """
    name = f"{side} {muscle.replace('_', ' ')}"
    return section_of(cut(muscles, frame, centre), muscles.label(muscle, side), name)


def slice_area(muscles: MuscleMap, muscle: str, side: str, index: int, axis: int) -> float:
    """Return number of pixels times pixel area of a muscle on one slice of the image, mm2.

    Parameters
    ----------
    index, axis : int
        The slice with this number along this array axis.
    """
    label = muscles.label(muscle, side)
    pixels = int((np.take(muscles.labels, index, axis=axis) == label).sum())
    return pixels * muscles.grid.voxel_volume / float(muscles.grid.spacing[axis])
