"""Carrying a label map onto another grid."""

from __future__ import annotations

import numpy as np

from .grid import Grid, IntArray


def resampled_labels(array: IntArray, grid: Grid, target: Grid) -> IntArray:
    """Return the labels at the voxel centres of another grid, by the nearest voxel.

    Parameters
    ----------
    array : (i, j, k) array of integers
        On `grid`.
    grid, target : Grid
        Any two grids of RAS space.

    Returns
    -------
    array
        Of the target's shape and the same type; 0 outside `grid`, whose outermost voxels reach half a voxel beyond their
        centres.
    """
    from scipy.ndimage import affine_transform

    step = grid.ras_to_ijk @ target.ijk_to_ras
    moved = affine_transform(
        array, step[:3, :3], step[:3, 3], output_shape=target.shape, order=0, mode="grid-constant", cval=0, prefilter=False
    )
    return np.asfortranarray(moved)
