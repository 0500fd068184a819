"""Grey values before the semantic network: bias field taken out, and brought to one scale."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from ...errors import ReadError
from ...geometry import Grid

Float32 = npt.NDArray[np.float32]

BRIGHTEST = 1500.0
"""What the brightest voxel becomes, as in the published pre-processing."""
_TISSUE = 60.0 / BRIGHTEST
"""Share of the brightest from which on a voxel is no air."""
_KNOTS_MM = 200.0
"""Distance of the knots of the bias field at its coarsest; three finer fields follow, each with half the distance."""
_COARSE_MM = 8.0
"""Voxels on which the field is looked for: it is smooth, and the work grows with their number."""
_LEAST_ACROSS = 4
"""Voxels that a cubic spline needs along an axis."""


def prepared(image: npt.NDArray[Any], grid: Grid, *, bias_correction: bool = True) -> Float32:
    """Return an image with its bias field taken out and grey values from 0 to 1500.

    Möller et al. 2024, pre-processing; N4 is Tustison et al., IEEE TMI 2010, in SimpleITK.

    Parameters
    ----------
    image : (i, j, k) array
        Grey values of any scale.
    grid : Grid
    bias_correction : bool
        Leave out N4 where it is False.

    Raises
    ------
    ReadError
        If the image holds one value only, or values that are no numbers.
    """
    values = _scaled(image)
    return _scaled(_without_bias(values, grid)) if bias_correction else values


def _scaled(image: npt.NDArray[Any]) -> Float32:
    if not np.isfinite(image).all():
        raise ReadError("The image holds values that are no numbers.", "Export it again.")
    low, high = float(image.min()), float(image.max())
    if not high > low:
        raise ReadError("All voxels of the image have one value.", "Is it the right file?")
    return np.asarray((image.astype(np.float32) - np.float32(low)) * np.float32(BRIGHTEST / (high - low)), dtype=np.float32)


def _without_bias(values: Float32, grid: Grid) -> Float32:
    """Return the values divided by a smooth field; a slab too thin for a spline keeps its values."""
    if min(values.shape) < _LEAST_ACROSS:
        return values
    import SimpleITK

    sitk: Any = SimpleITK  # it has no types
    whole = sitk.GetImageFromArray(np.ascontiguousarray(values.T))
    whole.SetSpacing([float(each) for each in grid.spacing])
    # the place does not matter, the directions neither: the field is a spline along the axes of the image
    mask = sitk.GetImageFromArray(_box_of_tissue(values).T)
    mask.CopyInformation(whole)
    factors = [
        max(1, min(round(_COARSE_MM / step), count // _LEAST_ACROSS))
        for step, count in zip(grid.spacing, values.shape, strict=True)
    ]
    find = sitk.N4BiasFieldCorrectionImageFilter()
    # on so few voxels threads wait for each other most of the time
    find.SetNumberOfThreads(1)
    find.SetNumberOfControlPoints(
        [int(np.ceil(step * count / _KNOTS_MM)) + 3 for step, count in zip(grid.spacing, values.shape, strict=True)]
    )
    find.Execute(sitk.Shrink(whole, factors), sitk.Shrink(mask, factors))
    field = sitk.GetArrayFromImage(find.GetLogBiasFieldAsImage(whole)).T
    return np.asarray(values / np.exp(field), dtype=np.float32)


def _box_of_tissue(values: Float32) -> npt.NDArray[np.uint8]:
    """Return 1 in the box around all that is no air."""
    tissue = values > _TISSUE * values.max()
    mask = np.zeros(values.shape, dtype=np.uint8)
    box = []
    for axis in range(3):
        there = np.flatnonzero(tissue.any(axis=tuple(each for each in range(3) if each != axis)))
        box.append(slice(int(there[0]), int(there[-1]) + 1))
    mask[tuple(box)] = 1
    return mask
