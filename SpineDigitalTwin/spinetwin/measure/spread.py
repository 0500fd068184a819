"""How far sizes that are counted in voxels may be off: standard deviations from the size of a voxel, linearised.

An outline or a surface passes through many voxels. The part of each that lies inside is not known: it is as likely to be any
share of the voxel, so that one voxel is off by its size over the square root of 12, and n of them, being independent, by the
square root of n times as much. What a reader or a network draws otherwise is no part of it.
"""

from __future__ import annotations

import numpy as np

VOXEL_SPREAD = 12.0**-0.5
"""Standard deviation, in voxels, of a place that is known to within one voxel."""

_CUT_PER_LENGTH = 4.0 / np.pi
_CUT_PER_AREA = 1.5
"""Voxels that an outline of one voxel's length, or a surface of one voxel's face, passes through on average over directions."""


def area_spread(outline: float, pixel_area: float) -> float:
    """Return the standard deviation of an area, mm2, with an outline of a given length in mm."""
    return float(VOXEL_SPREAD * pixel_area * np.sqrt(_CUT_PER_LENGTH * outline / np.sqrt(pixel_area)))


def coordinate_spread(outline: float, pixel_area: float, area: float, radius: float) -> float:
    """Return the standard deviation of each coordinate of an area's centroid, mm; `radius` (mm) is that of gyration."""
    return float(area_spread(outline, pixel_area) * radius / np.sqrt(2.0) / area)


def volume_spread(faces: float, voxel_volume: float) -> float:
    """Return the standard deviation of a volume, mm3, whose surface is `faces` voxel faces large."""
    # voxel faces overestimate a smooth surface by one half on average
    return float(VOXEL_SPREAD * voxel_volume * np.sqrt(_CUT_PER_AREA * faces / 1.5))


def length_spread(voxel: float) -> float:
    """Return the standard deviation of a distance between two walls, mm, each known to within a voxel of this size (mm)."""
    return float(VOXEL_SPREAD * np.sqrt(2.0) * voxel)
