"""An array turned to the orientation that a network was trained in, and back; and grids of its spacing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from ...errors import ParameterError
from ...geometry import FloatArray, Grid

_DIRECTIONS = dict(zip("RASLPI", np.concatenate([np.eye(3), -np.eye(3)]), strict=True))
_SAME = 0.01
"""Part of a voxel that an axis may be longer than its whole voxels."""


@dataclass(frozen=True)
class Turn:
    """Which axes of an image run along those of the network, and whether the other way.

    Attributes
    ----------
    order : (3,) tuple of int
    flipped : (3,) tuple of bool
    """

    order: tuple[int, int, int]
    flipped: tuple[bool, bool, bool]

    @classmethod
    def to(cls, orientation: str, grid: Grid) -> Self:
        """Return the turn of a grid to the nearest orientation.

        Parameters
        ----------
        orientation : str
            Three letters: where the indices grow to, such as PIR: posterior, inferior, right.
        grid : Grid
            Any storage order and obliqueness.

        Raises
        ------
        ParameterError
            If these letters are no orientation.
        """
        from scipy.optimize import linear_sum_assignment

        cosines = directions_of(orientation) @ (grid.ijk_to_ras[:3, :3] / grid.spacing)
        _, order = linear_sum_assignment(-np.abs(cosines))
        first, second, third = (int(axis) for axis in order)
        signs = [bool(cosines[row, axis] < 0) for row, axis in enumerate(order)]
        return cls((first, second, third), (signs[0], signs[1], signs[2]))

    def turned(self, array: npt.NDArray[Any]) -> npt.NDArray[Any]:
        """Return an image (i, j, k) as the network wants it."""
        return array.transpose(self.order)[self._steps]

    def back(self, array: npt.NDArray[Any]) -> npt.NDArray[Any]:
        """Return an array of the network as (i, j, k) of the image."""
        return np.asfortranarray(array[self._steps].transpose(np.argsort(self.order)))

    def grid(self, grid: Grid) -> Grid:
        """Return the grid of the turned array."""
        affine = np.eye(4)
        signs = np.where(self.flipped, -1.0, 1.0)
        affine[:3, :3] = grid.ijk_to_ras[:3, list(self.order)] * signs
        corner = np.zeros(3)
        corner[list(self.order)] = [
            grid.shape[axis] - 1 if back else 0 for axis, back in zip(self.order, self.flipped, strict=True)
        ]
        affine[:3, 3] = grid.to_ras(corner)
        i, j, k = (grid.shape[axis] for axis in self.order)
        return Grid((i, j, k), affine)

    @property
    def _steps(self) -> tuple[slice, slice, slice]:
        i, j, k = (slice(None, None, -1 if back else 1) for back in self.flipped)
        return i, j, k


def directions_of(orientation: str) -> FloatArray:
    """Return where the three letters of an orientation point to, (3, 3), rows in RAS.

    Raises
    ------
    ParameterError
        If they are no orientation.
    """
    letters = orientation.upper()
    if len(letters) != 3 or not set(letters) <= set(_DIRECTIONS):
        raise ParameterError(f"{orientation!r} is no orientation.", "Write three letters such as PIR.")
    rows = np.array([_DIRECTIONS[letter] for letter in letters])
    if abs(np.linalg.det(rows)) < 0.5:
        raise ParameterError(f"{orientation!r} is no orientation: it names an axis twice.", "Write three letters such as PIR.")
    return rows


def respaced(grid: Grid, spacing: npt.ArrayLike) -> Grid:
    """Return a grid over the same place, with the same axes and middle, and voxels of `spacing` mm."""
    wanted = np.asarray(spacing, dtype=np.float64)
    own = grid.spacing
    size = np.maximum(np.ceil(np.array(grid.shape) * own / wanted - _SAME), 1.0).astype(int)
    affine = grid.ijk_to_ras.copy()
    affine[:3, :3] *= wanted / own
    middle = grid.to_ras((np.array(grid.shape) - 1) / 2.0)
    affine[:3, 3] = middle - affine[:3, :3] @ ((size - 1) / 2.0)
    i, j, k = (int(each) for each in size)
    return Grid((i, j, k), affine)
