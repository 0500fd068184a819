"""A voxel mask as a continuous function of space, and where rays and searches leave it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from .grid import FloatArray, Grid, IntArray, bounds

Mask = npt.NDArray[np.bool_]

SURFACE = 0.5
"""Value of an interpolated mask on its surface."""

_PRECISION_MM = 0.0005
_CORNER_PRECISION_MM = 0.001
_PADDING = 2


@dataclass(frozen=True)
class MaskField:
    """An interpolated mask.

    Attributes
    ----------
    grid : Grid
        Where the samples lie; at least one voxel of background surrounds the mask, so surfaces at its edge are closed.
    values : (i, j, k) array of float32
        0 outside, 1 inside; the surface is where the trilinear interpolation passes one half.
    """

    grid: Grid
    values: npt.NDArray[np.float32]

    def at(self, ras: npt.ArrayLike) -> FloatArray:
        """Interpolate at RAS points (..., 3); zero outside the grid."""
        from scipy.ndimage import map_coordinates

        ijk = np.moveaxis(self.grid.to_ijk(ras), -1, 0)
        return np.asarray(map_coordinates(self.values, ijk, order=1, mode="constant", prefilter=False), dtype=np.float64)

    def inside(self, ras: npt.ArrayLike) -> Mask:
        """Say for each RAS point (..., 3) whether it lies in the mask."""
        return np.asarray(self.at(ras) > SURFACE)

    @property
    def reach(self) -> float:
        """A length in mm that no ray inside the grid exceeds."""
        return float(np.linalg.norm(np.asarray(self.grid.shape) * self.grid.spacing))


def field_of_voxels(voxels: IntArray, grid: Grid) -> MaskField:
    """Build the field of a mask given by its voxels.

    Parameters
    ----------
    voxels : (n, 3) array of int
        Indices (i, j, k) of the voxels inside, n > 0.
    grid : Grid
        The grid the indices belong to.

    Returns
    -------
    MaskField
        On a padded crop, so that a mask that touches the border of the image is closed half a voxel further out.
    """
    low, high = bounds(voxels)
    low = low - _PADDING
    shape = high - low + 1 + _PADDING
    values = np.zeros(shape, dtype=np.float32)
    values[tuple((voxels - low).T)] = 1.0
    crop = grid.crop(low, (int(shape[0]), int(shape[1]), int(shape[2])))
    return MaskField(crop, values)


@dataclass(frozen=True)
class Exits:
    """Where n rays leave a field for the last time.

    Attributes
    ----------
    points : (n, 3) array
        RAS mm; NaN where a ray never meets the mask.
    starts_inside : (n,) array of bool
        Whether the ray's start lies in the mask.
    gap : (n,) array
        Length in mm of the ray outside the mask between its first and its last point inside.
    """

    points: FloatArray
    starts_inside: Mask
    gap: FloatArray


def last_exits(field: MaskField, starts: npt.ArrayLike, directions: npt.ArrayLike) -> Exits:
    """Follow rays from `starts` (n, 3) along unit `directions` (n, 3) to where each leaves `field` for the last time.

    The mask need be neither convex nor filled: the last surface on the ray counts, so that holes are stepped over.
    """
    starts, directions = np.atleast_2d(starts), np.atleast_2d(directions)
    step = 0.5 * float(field.grid.spacing.min())
    distances = np.arange(0.0, field.reach + step, step)
    inside: Mask = np.asarray(field.inside(starts[:, None] + distances[None, :, None] * directions[:, None]))
    ever: Mask = np.asarray(inside.any(axis=1))
    first = inside.argmax(axis=1)
    last = inside.shape[1] - 1 - inside[:, ::-1].argmax(axis=1)
    near = distances[last]
    exact = _bisect(field, starts, directions, near, near + step)
    points = np.where(ever[:, None], starts + exact[:, None] * directions, np.nan)
    return Exits(points, inside[:, 0], step * (last - first + 1 - inside.sum(axis=1)) * ever)


def _bisect(field: MaskField, starts: FloatArray, directions: FloatArray, near: FloatArray, far: FloatArray) -> FloatArray:
    """Narrow brackets (inside at `near`, outside at `far`, both (n,) mm) down to the surface."""
    widest = float((far - near).max(initial=0.0))
    for _ in range(int(np.ceil(np.log2(max(widest / _PRECISION_MM, 2.0))))):
        middle = 0.5 * (near + far)
        inside = field.inside(starts + middle[:, None] * directions)
        near, far = np.where(inside, middle, near), np.where(inside, far, middle)
    return 0.5 * (near + far)


def stepped_corners(field: MaskField, starts: FloatArray, first: FloatArray, second: FloatArray) -> FloatArray:
    """Find the corner of a mask between two directions, by bisection.

    Parameters
    ----------
    field : MaskField
        The mask.
    starts : (n, 3) array
        RAS points inside.
    first, second : (n, 3) arrays
        Vectors in mm from the start to the surface along each of the two directions, such as front and up; only their
        directions matter.

    Returns
    -------
    (n, 3) array
        RAS corners, found by stepping 1 mm in either direction in turn and halving the step whenever neither stays
        inside, down to 0.001 mm. As a body is deeper than high, the search meets the endplate first and then follows it
        to the rim; whole steps carry it over the ripples that voxels leave on a surface.
    """
    units = [each / np.linalg.norm(each, axis=1, keepdims=True) for each in (first, second)]
    return _stepped_outwards(field, starts, units[0], units[1], (1.0, 1.0))


def _stepped_outwards(
    field: MaskField, points: FloatArray, first: FloatArray, second: FloatArray, fractions: tuple[float, float]
) -> FloatArray:
    """Step along either vector, by fractions of it that are halved whenever neither step stays inside, to 0.001 mm."""
    steps = np.tile(fractions, (len(points), 1))
    vectors = np.stack([first, second])
    lengths = np.linalg.norm(vectors, axis=2).T
    while (steps * lengths).max() > _CORNER_PRECISION_MM:
        moved = np.zeros(len(points), dtype=bool)
        for axis in (0, 1):
            trial = points + steps[:, axis, None] * vectors[axis]
            inside = field.inside(trial)
            points = np.where(inside[:, None], trial, points)
            moved |= inside
        steps = np.where(moved[:, None], steps, steps / 2)
    return points


def extended_corners(field: MaskField, starts: FloatArray, first: FloatArray, second: FloatArray) -> FloatArray:
    """Find the same corner the way the reference implementation (TPTBox) does.

    It shrinks the rectangle spanned by `first` and `second` (factors 0.9 and 0.7) until its corner lies inside, then
    extends it by steps (1.0 and 0.4 of the vectors) that are halved whenever neither stays inside.
    """
    factors = np.ones((len(starts), 2))

    def position(factors: FloatArray) -> FloatArray:
        return starts + factors[:, :1] * first + factors[:, 1:] * second

    for _ in range(60):
        outside = ~field.inside(position(factors))
        if not outside.any():
            break
        factors = np.where(outside[:, None], factors * (0.9, 0.7), factors)
    return _stepped_outwards(field, position(factors), first, second, (1.0, 0.4))
