"""Sizes of the muscles around the spine, where a muscle map is given.

References
----------
McGill SM, Santaguida L, Stevens J (1993) Measurement of the trunk musculature from T5 to L5 using MRI scans of 15 young
males corrected for muscle fibre orientation. Clin Biomech 8:171-178.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from ..geometry import FloatArray, Frame, Grid
from ..geometry.grid import IntArray
from .results import MissingInput

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
        Fat fraction from 0 to 1 of every voxel, from Dixon images.
    """

    grid: Grid
    labels: IntArray
    names: Mapping[tuple[str, str], int]
    fat: FloatArray | None = None

    def label(self, muscle: str, side: str) -> int:
        """Return the label of a muscle."""
        found = self.names.get((muscle, side))
        if found is None:
            raise MissingInput(f"the muscle map has no {side} {muscle.replace('_', ' ')}")
        return found


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
    """

    area: float
    centroid: FloatArray
    fat: float | None


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
    from scipy.ndimage import binary_dilation

    label = muscles.label(muscle, side)
    steps = np.arange(-_HALF, _HALF + _STEP / 2, _STEP)
    points = centre + steps[:, None, None] * frame.right + steps[None, :, None] * frame.anterior
    ijk = np.rint(muscles.grid.to_ijk(points)).astype(int)
    within = ((ijk >= 0) & (ijk < muscles.grid.shape)).all(axis=-1)
    here = np.zeros(within.shape, dtype=bool)
    here[within] = muscles.labels[tuple(ijk[within].T)] == label
    if not here.any():
        raise MissingInput(f"the {side} {muscle.replace('_', ' ')} does not reach this plane")
    if (here & binary_dilation(~within)).any():
        raise MissingInput(f"the muscle map ends within the {side} {muscle.replace('_', ' ')}")
    i, j = np.nonzero(here)
    fat = None if muscles.fat is None else float(muscles.fat[tuple(ijk[here].T)].mean())
    return MuscleSection(float(here.sum()) * _STEP**2, np.array([steps[i].mean(), steps[j].mean()]), fat)


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
