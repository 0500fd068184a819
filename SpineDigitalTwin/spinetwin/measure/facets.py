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


def facet_orientation(spine: Landmarks, regions: Regions, upper: int, lower: int, side: str) -> float:
    """Return the angle of a facet joint against the sagittal plane of the vertebra above, degrees: 0 sagittal, 90 coronal.

    The joint's plane is fitted to the points of the upper bone's process from which the lower bone is nearest.
    """
    frame = spine.frame(upper)
    normal = regions.remembered((f"facet {side}", upper), lambda: facet_normal(regions, upper, lower, side))
    return float(np.degrees(np.arctan2(abs(normal @ frame.anterior), abs(normal @ frame.right))))


def facet_tropism(spine: Landmarks, regions: Regions, upper: int, lower: int) -> float:
    """Return by how much the orientations of the left and the right joint differ, degrees."""
    left, right = (facet_orientation(spine, regions, upper, lower, side) for side in ("left", "right"))
    return abs(left - right)


def facet_normal(regions: Regions, upper: int, lower: int, side: str) -> FloatArray:
    """Return the unit normal (3,) of the plane of a joint, its sign arbitrary.

    Raises
    ------
    MissingInput
        If a process is missing or the bones are further apart than 8 mm.
    """
    from scipy.spatial import KDTree

    above, below = (_surface(regions, key, label) for key, label in zip((upper, lower), _PARTS[side], strict=True))
    gaps, nearest = KDTree(below).query(above)
    if gaps.min() > _WIDEST:
        raise MissingInput(f"the {side} processes are further apart than {_WIDEST:g} mm")
    facing = gaps <= gaps.min() + _MARGIN
    middles = (above[facing] + below[nearest[facing]]) / 2
    if len(middles) < 10:
        raise MissingInput(f"the {side} facet joint is too small to have a direction")
    _, _, vectors = np.linalg.svd(middles - middles.mean(axis=0), full_matrices=False)
    return np.asarray(vectors[2])


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
