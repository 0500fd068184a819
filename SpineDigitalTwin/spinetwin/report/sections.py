"""Plane cuts through the subregion map, at any angle, without steps."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from ..anatomy import LEVELS, SubregionId
from ..geometry import FloatArray, LabelMaps
from .blocks import Float32Array

_BETWEEN = (SubregionId.CORD, SubregionId.CANAL, SubregionId.DISC, SubregionId.ENDPLATE)
"""Subregions that belong to no single level."""
_SMOOTH_MM = (0.5, 0.8)
"""Least and most smoothing of outlines; half a voxel in between."""


@dataclass(frozen=True)
class Plane:
    """A rectangle in space.

    Attributes
    ----------
    origin : (3,) array
        RAS mm of the point (0, 0).
    across, up : (3,) arrays
        Unit vectors in RAS: to the right and up in the picture.
    x_range, y_range : pairs of float
        Extent along them in mm.
    """

    origin: FloatArray
    across: FloatArray
    up: FloatArray
    x_range: tuple[float, float]
    y_range: tuple[float, float]

    def project(self, ras: npt.ArrayLike) -> tuple[FloatArray, FloatArray, FloatArray]:
        """Map RAS mm (..., 3) to x, y in the plane and the distance from it (along across x up), all in mm."""
        relative = np.asarray(ras, dtype=np.float64) - self.origin
        return relative @ self.across, relative @ self.up, relative @ np.cross(self.across, self.up)


@dataclass(frozen=True)
class Region:
    """Where one subregion lies in a section.

    Attributes
    ----------
    label : int
        Subregion label.
    own : bool
        Whether it belongs to the level that the section was made for (or to no level at all).
    lead : (rows, columns) array of float32
        Above zero where this region is the most likely one; the zero line is its outline.
    """

    label: int
    own: bool
    lead: Float32Array


def section(maps: LabelMaps, level: int, plane: Plane, pixel: float = 0.4) -> tuple[FloatArray, FloatArray, list[Region]]:
    """Cut the maps along a plane.

    Parameters
    ----------
    maps : LabelMaps
        The spine.
    level : int
        The level whose own subregions are told from its neighbours'.
    plane : Plane
        Where to cut.
    pixel : float
        Distance of samples in mm.

    Returns
    -------
    x, y : (columns,), (rows,) arrays
        Sample positions in the plane, mm.
    regions : list of Region
        By label, the neighbours' first.
    """
    x = np.arange(plane.x_range[0], plane.x_range[1] + pixel, pixel)
    y = np.arange(plane.y_range[0], plane.y_range[1] + pixel, pixel)
    ras = plane.origin + x[None, :, None] * plane.across + y[:, None, None] * plane.up
    ijk = maps.grid.to_ijk(ras)
    low = np.maximum(np.floor(ijk.min(axis=(0, 1))).astype(int) - 1, 0)
    high = np.minimum(np.ceil(ijk.max(axis=(0, 1))).astype(int) + 2, maps.grid.shape)
    if (high <= low).any():
        return x, y, []
    codes = _codes(maps, level, tuple(slice(a, b) for a, b in zip(low, high, strict=True)))
    at = np.moveaxis(ijk - low, -1, 0)
    present = np.unique(ndimage.map_coordinates(codes, at, order=0, cval=0))
    sigma = float(np.clip(0.5 * maps.grid.spacing.mean(), *_SMOOTH_MM)) / pixel
    shares = [_share(codes, code, at, sigma) for code in present if code]
    nothing = 1.0 - sum(shares, np.zeros(ijk.shape[:2], dtype=np.float32))
    every = np.stack([*shares, nothing])
    regions = [
        Region(int(code) // 2, bool(code % 2), every[index] - np.delete(every, index, axis=0).max(axis=0))
        for index, code in enumerate(each for each in present if each)
    ]
    return x, y, sorted(regions, key=lambda region: (region.own, region.label))


def _codes(maps: LabelMaps, level: int, box: tuple[slice, ...]) -> npt.NDArray[np.uint16]:
    """Return twice the subregion label, plus one where the voxel is not another level's bone; border and core are one body."""
    labels, owners = maps.subregions[box], maps.vertebrae[box]
    labels = np.where(labels == SubregionId.BODY_BORDER, np.uint16(SubregionId.BODY), labels)
    others = np.isin(owners, [each.id for each in LEVELS if each.id != level]) & ~np.isin(labels, _BETWEEN)
    return np.asarray(np.where(labels > 0, 2 * labels.astype(np.uint16) + ~others, 0), dtype=np.uint16)


def _share(codes: npt.NDArray[np.uint16], code: int, at: FloatArray, sigma: float) -> Float32Array:
    occupancy = (codes == code).astype(np.float32)
    return np.asarray(ndimage.gaussian_filter(ndimage.map_coordinates(occupancy, at, order=1, cval=0.0), sigma))
