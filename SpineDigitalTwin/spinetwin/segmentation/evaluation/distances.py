"""Distances between the surfaces of two masks.

The average symmetric surface distance in the form that MedPy and panoptica share, so that numbers can be compared with
published ones: a surface is the centres of the voxels of a mask that have a neighbour across a face outside it, the edge of the
image counts as outside, and the two directed means are averaged. Distances are in mm on any grid, sheared ones too.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import ndimage
from scipy.spatial import cKDTree

from ...geometry import FloatArray, Grid

Mask = npt.NDArray[np.bool_]
Voxels = npt.NDArray[np.int64]


@dataclass(frozen=True)
class SurfaceDistances:
    """From each surface voxel of either mask to the nearest of the other.

    Attributes
    ----------
    first, second : (n, 3), (m, 3) arrays of int
        Surface voxels; indices into the arrays given.
    to_second, to_first : (n,), (m,) arrays
        Distances in mm of the voxels of the first mask, and of those of the second.
    """

    first: Voxels
    second: Voxels
    to_second: FloatArray
    to_first: FloatArray


def voxels_of(mask: Mask) -> Voxels:
    """Return the voxels (n, 3) of a mask; several times as quick as numpy's argwhere in three dimensions."""
    at = np.flatnonzero(np.ascontiguousarray(mask))
    return np.stack(np.unravel_index(at, mask.shape), axis=1)


def border(mask: Mask) -> Voxels:
    """Return the surface voxels (n, 3) of a mask."""
    mask = np.ascontiguousarray(mask)
    return voxels_of(mask & ~ndimage.binary_erosion(mask, border_value=0))


def surface_distances(first: Mask, second: Mask, grid: Grid) -> SurfaceDistances:
    """Measure from surface to surface; neither mask may be empty."""
    voxels = border(first), border(second)
    points = grid.to_ras(voxels[0]), grid.to_ras(voxels[1])
    return SurfaceDistances(
        voxels[0], voxels[1], cKDTree(points[1]).query(points[0])[0], cKDTree(points[0]).query(points[1])[0]
    )


def symmetric_mean(to_second: FloatArray, to_first: FloatArray) -> float | None:
    """Return the mean of the two means in mm; None where one side is empty."""
    if not (len(to_second) and len(to_first)):
        return None
    return float(0.5 * (to_second.mean() + to_first.mean()))


def average_distance(first: Mask, second: Mask, grid: Grid) -> float | None:
    """Return the average symmetric surface distance of two masks in mm; None where one is empty."""
    if not (first.any() and second.any()):
        return None
    found = surface_distances(first, second, grid)
    return symmetric_mean(found.to_second, found.to_first)
