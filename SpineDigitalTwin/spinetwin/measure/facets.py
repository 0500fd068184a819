"""How the facet joints face, and how the two sides differ.

References
----------
Noren R et al. (1991) The role of facet joint tropism and facet angle in disc degeneration. Spine 16:530-532.
"""

from __future__ import annotations

import numpy as np

from ..anatomy.subregions import SubregionId as Sub
from ..geometry import FloatArray
from ..geometry.fields import SURFACE
from .landmarks import Landmarks
from .regions import Regions
from .results import MissingInput

_PARTS = {
    "left": (Sub.INFERIOR_ARTICULAR_LEFT, Sub.SUPERIOR_ARTICULAR_LEFT),
    "right": (Sub.INFERIOR_ARTICULAR_RIGHT, Sub.SUPERIOR_ARTICULAR_RIGHT),
}
_MARGIN = 1.5
"""How much wider than its narrowest place the gap may be to count as the joint, mm."""

_WIDEST = 8.0
_LINES_PER_FACE = 1.5


def facet_orientation(spine: Landmarks, regions: Regions, upper: int, lower: int, side: str) -> float:
    """Return the angle of a facet joint against the sagittal plane of the vertebra above, degrees: 0 sagittal, 90 coronal.

    The joint's plane is fitted to the points of the upper bone's process from which the lower bone is nearest.
    """
    frame = spine.frame(upper)
    normal = _joint(regions, upper, lower, side)[0]
    return float(np.degrees(np.arctan2(abs(normal @ frame.anterior), abs(normal @ frame.right))))


def facet_tropism(spine: Landmarks, regions: Regions, upper: int, lower: int) -> float:
    """Return by how much the orientations of the left and the right joint differ, degrees."""
    left, right = (facet_orientation(spine, regions, upper, lower, side) for side in ("left", "right"))
    return abs(left - right)


def joint_spread(regions: Regions, upper: int, side: str) -> float:
    """Return the standard deviation in degrees of the orientation of a joint that has been measured.

    As many independent places as voxel faces cover the joint, each uncertain by a voxel over the square root of 12, act over
    the standard deviation of where they lie.

    Raises
    ------
    MissingInput
        If it has not been measured.
    """

    def unknown() -> tuple[FloatArray, float]:
        raise MissingInput(f"the {side} facet joint is not known")

    return regions.remembered((f"facet {side}", upper), unknown)[1]


def _joint(regions: Regions, upper: int, lower: int, side: str) -> tuple[FloatArray, float]:
    return regions.remembered((f"facet {side}", upper), lambda: facet_plane(regions, upper, lower, side))


def facet_normal(regions: Regions, upper: int, lower: int, side: str) -> FloatArray:
    """Return the unit normal (3,) of the plane of a joint, its sign arbitrary."""
    return _joint(regions, upper, lower, side)[0]


def facet_plane(regions: Regions, upper: int, lower: int, side: str) -> tuple[FloatArray, float]:
    """Return the unit normal (3,) of the plane of a joint, its sign arbitrary, and the standard deviation of its tilt, degrees.

    Raises
    ------
    MissingInput
        If a process is missing or the bones are further apart than 8 mm.
    """
    from scipy.spatial import KDTree

    above, below = (_surface(regions, key, label) for key, label in zip((upper, lower), _PARTS[side], strict=True))
    gaps, nearest = KDTree(below).query(above, distance_upper_bound=_WIDEST)
    if not np.isfinite(gaps).any():
        raise MissingInput(f"the {side} processes are further apart than {_WIDEST:g} mm")
    facing = gaps <= gaps.min() + _MARGIN
    middles = (above[facing] + below[nearest[facing]]) / 2
    if len(middles) < 10:
        raise MissingInput(f"the {side} facet joint is too small to have a direction")
    _, sizes, vectors = np.linalg.svd(middles - middles.mean(axis=0), full_matrices=False)
    lever = max(float(sizes[1]) / np.sqrt(len(middles)), 1e-3)
    # the lattice lines of two axes or three cross a surface about 1.5 times per voxel face
    places = max(len(middles) / _LINES_PER_FACE, 1.0)
    one = 12.0**-0.5 * regions.voxel_along(vectors[2])
    return np.asarray(vectors[2]), float(np.degrees(np.arctan(one / np.sqrt(places) / lever)))


def _surface(regions: Regions, key: int, label: int) -> FloatArray:
    """Return points (n, 3) where lattice lines cross the surface of a part, RAS mm."""
    field = regions.field(key, (label,))
    values = field.values - SURFACE
    found = []
    for axis in range(3):
        v = np.moveaxis(values, axis, 0)
        i, j, k = np.nonzero((v[:-1] > 0) != (v[1:] > 0))
        fraction = v[i, j, k] / (v[i, j, k] - v[i + 1, j, k])
        found.append(np.insert(np.stack([j, k], axis=1).astype(float), axis, i + fraction, axis=1))
    return field.grid.to_ras(np.concatenate(found))
