"""A voxel grid in the patient's RAS space."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.integer[Any]]


@dataclass(frozen=True)
class Grid:
    """Shape of an (i, j, k) array and where its voxels lie.

    Attributes
    ----------
    shape : tuple of int
        Number of voxels along i, j, k.
    ijk_to_ras : (4, 4) array of float64
        Voxel indices (voxel centres are whole numbers) to RAS millimetres; any storage order, spacing and obliqueness.
    """

    shape: tuple[int, int, int]
    ijk_to_ras: FloatArray
    ras_to_ijk: FloatArray = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        affine = np.array(self.ijk_to_ras, dtype=np.float64)
        if affine.shape != (4, 4) or not np.isfinite(affine).all() or abs(np.linalg.det(affine[:3, :3])) < 1e-12:
            raise ValueError("ijk_to_ras must be an invertible 4x4 matrix of finite numbers")
        object.__setattr__(self, "shape", tuple(int(n) for n in self.shape))
        object.__setattr__(self, "ijk_to_ras", affine)
        object.__setattr__(self, "ras_to_ijk", np.linalg.inv(affine))

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Grid):
            return NotImplemented
        return self.shape == other.shape and bool(np.array_equal(self.ijk_to_ras, other.ijk_to_ras))

    __hash__ = None  # type: ignore[assignment]

    @property
    def spacing(self) -> FloatArray:
        """Voxel edge lengths along i, j, k in mm, shape (3,)."""
        return np.asarray(np.linalg.norm(self.ijk_to_ras[:3, :3], axis=0))

    @property
    def voxel_volume(self) -> float:
        """Volume of one voxel in cubic mm."""
        return float(abs(np.linalg.det(self.ijk_to_ras[:3, :3])))

    def to_ras(self, ijk: npt.ArrayLike) -> FloatArray:
        """Map voxel indices (..., 3), fractional ones too, to RAS mm."""
        return np.asarray(ijk, dtype=np.float64) @ self.ijk_to_ras[:3, :3].T + self.ijk_to_ras[:3, 3]

    def to_ijk(self, ras: npt.ArrayLike) -> FloatArray:
        """Map RAS mm (..., 3) to fractional voxel indices."""
        return np.asarray(ras, dtype=np.float64) @ self.ras_to_ijk[:3, :3].T + self.ras_to_ijk[:3, 3]

    def crop(self, start: npt.ArrayLike, shape: tuple[int, int, int]) -> Grid:
        """Return the grid of a block that begins at voxel `start` (may lie outside) with `shape` voxels."""
        affine = self.ijk_to_ras.copy()
        affine[:3, 3] = self.to_ras(start)
        return Grid(shape, affine)

    def same_place(self, other: Grid, tolerance_mm: float = 0.01) -> bool:
        """Say whether two grids have one shape and their corner voxels lie within `tolerance_mm`."""
        if self.shape != other.shape:
            return False
        corners = np.array(np.meshgrid(*[(0, n - 1) for n in self.shape])).reshape(3, -1).T
        return bool(np.abs(self.to_ras(corners) - other.to_ras(corners)).max() <= tolerance_mm)


def bounds(points: npt.NDArray[Any]) -> tuple[npt.NDArray[Any], npt.NDArray[Any]]:
    """Return the smallest and the largest of each column of an (n, 3) array, n > 0; much faster than over axis 0."""
    columns = points.T
    return np.array([column.min() for column in columns]), np.array([column.max() for column in columns])
