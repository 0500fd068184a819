"""Two maps on the same voxels, stored in different axis orders."""

from __future__ import annotations

import numpy as np

from ..geometry import Grid, IntArray

_SAME_AXIS = 0.01


def reorder_onto(array: IntArray, grid: Grid, target: Grid) -> IntArray | None:
    """Return `array` in the axis order of `target`, or None where the voxels are not the same ones.

    Only axes are swapped and turned round; no value is interpolated.

    Parameters
    ----------
    array : (i, j, k) array
        On `grid`.
    grid, target : Grid

    Returns
    -------
    array or None
        Of the target's shape; the voxel centres agree within 0.01 mm.
    """
    if grid.same_place(target):
        return array
    step = target.ras_to_ijk[:3, :3] @ grid.ijk_to_ras[:3, :3]
    whole = np.rint(step)
    if np.abs(step - whole).max() > _SAME_AXIS or not np.array_equal(np.abs(whole) @ np.abs(whole).T, np.eye(3)):
        return None
    order = np.abs(whole).argmax(axis=1)
    flips = np.array([whole[row, column] < 0 for row, column in enumerate(order)])
    corner = np.zeros(3)
    affine = np.eye(4)
    for row, column in enumerate(order):
        affine[:3, row] = grid.ijk_to_ras[:3, column] * (-1 if flips[row] else 1)
        corner[column] = grid.shape[column] - 1 if flips[row] else 0
    affine[:3, 3] = grid.to_ras(corner)
    shape = tuple(grid.shape[column] for column in order)
    if shape != target.shape or not Grid(target.shape, affine).same_place(target):
        return None
    turned = array.transpose(order)[tuple(slice(None, None, -1) if flip else slice(None) for flip in flips)]
    return np.asfortranarray(turned)


def describe_difference(first: Grid, second: Grid) -> str:
    """Say in words how two grids differ: number of voxels, spacing, orientation, position."""
    parts = []
    if sorted(first.shape) != sorted(second.shape):
        parts.append(f"{_times(first.shape)} against {_times(second.shape)} voxels")
    if not np.allclose(np.sort(first.spacing), np.sort(second.spacing), atol=1e-4):
        parts.append(f"spacing {_times(first.spacing)} against {_times(second.spacing)} mm")
    angle = _angle(first, second)
    if angle > 0.01:
        parts.append(f"axes turned by {angle:.3g} degrees")
    shift = float(np.linalg.norm(_centre(first) - _centre(second)))
    if shift > 0.01 or not parts:
        parts.append(f"centres {shift:.3g} mm apart")
    return ", ".join(parts)


def _times(values: object) -> str:
    return " x ".join(f"{value:g}" for value in np.asarray(values).tolist())


def _centre(grid: Grid) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    return grid.to_ras((np.array(grid.shape) - 1) / 2)


def _angle(first: Grid, second: Grid) -> float:
    """Return the largest angle between an axis of one grid and the nearest axis of the other, degrees."""
    cosines = np.abs((first.ijk_to_ras[:3, :3] / first.spacing).T @ (second.ijk_to_ras[:3, :3] / second.spacing))
    return float(np.degrees(np.arccos(np.clip(cosines.max(axis=1).min(), -1, 1))))
