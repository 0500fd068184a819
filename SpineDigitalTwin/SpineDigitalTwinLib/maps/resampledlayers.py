"""A segmentation on the voxels of another image, slice by slice: Slicer's own export takes a second for a whole spine."""

from __future__ import annotations

from collections.abc import Generator, Iterable, Mapping
from itertools import product
from typing import TYPE_CHECKING

import numpy as np
import slicer
import vtk

from .layers import Layer, tableOf
from .sharedmap import gridOf, voxelsOf

if TYPE_CHECKING:
    from spinetwin.geometry import Grid, IntArray

_STEP_VOXELS = 1 << 19
"""Some hundredths of a second."""


def betweenNodes(source: slicer.vtkMRMLNode | None, target: slicer.vtkMRMLNode | None) -> np.ndarray | None:
    """Return the 4x4 matrix from one transform node's space to another's; None where a transform between them bends."""
    matrix = vtk.vtkMatrix4x4()
    for node in (source, target):
        if node is not None and not node.IsTransformToWorldLinear():
            return None
    slicer.vtkMRMLTransformNode.GetMatrixTransformBetweenNodes(source, target, matrix)
    return slicer.util.arrayFromVTKMatrix(matrix)


def resampling(
    layers: Iterable[Layer], grid: Grid, labels: Mapping[str, int], toLayers: np.ndarray
) -> Generator[float, None, IntArray]:
    """Return an (i, j, k) label map on any grid, by the nearest voxel; of two layers, the later wins.

    Parameters
    ----------
    layers : iterable of Layer
    grid : Grid
    labels : mapping of str to int
        The label of each segment; 0, or none, leaves its voxels as they are.
    toLayers : (4, 4) array
        From the space of the grid to that of the layers, mm.
    """
    from scipy.ndimage import affine_transform

    whole = np.zeros(grid.shape, np.uint16, order="F")
    for layer in layers:
        own = gridOf(layer.image)
        matrix = own.ras_to_ijk @ toLayers @ grid.ijk_to_ras
        low, high = _reach(matrix, own.shape, grid.shape)
        if (high <= low).any():
            continue
        values, table = voxelsOf(layer.image).T, tableOf(layer, labels, whole.dtype)
        count = max(1, _STEP_VOXELS // int(np.prod(high[:2] - low[:2])))
        for start in range(low[2], high[2], count):
            begin, end = np.array([low[0], low[1], start]), np.array([high[0], high[1], min(start + count, high[2])])
            found = table[
                affine_transform(
                    values,
                    matrix[:3, :3],
                    matrix[:3, :3] @ begin + matrix[:3, 3],
                    output_shape=tuple(end - begin),
                    order=0,
                    mode="grid-constant",
                    prefilter=False,
                )
            ]
            block = whole[begin[0] : end[0], begin[1] : end[1], begin[2] : end[2]]
            block[found != 0] = found[found != 0]
            yield 0.0
    return whole


def _reach(matrix: np.ndarray, shape: tuple[int, ...], target: tuple[int, ...]) -> tuple[np.ndarray, np.ndarray]:
    """Return the first voxel (3,) of the target that an image may cover, and the one after the last."""
    corners = np.array(list(product(*[(-0.5, count - 0.5) for count in shape])))
    back = np.linalg.inv(matrix)
    there = corners @ back[:3, :3].T + back[:3, 3]
    low = np.clip(np.floor(there.min(axis=0)), 0, target).astype(int)
    return low, np.clip(np.ceil(there.max(axis=0)) + 1, 0, target).astype(int)
