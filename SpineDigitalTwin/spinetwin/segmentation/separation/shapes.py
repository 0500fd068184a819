"""Anchors for names that the vertebrae give: the dens, the sacrum, ribs, and the short processes of T12."""

from __future__ import annotations

import numpy as np

from ...anatomy import SubregionId
from ...geometry import FloatArray, IntArray
from .bodies import Place
from .centreline import Straightened
from .naming import Anchors
from .ribs import ribs_of
from .voxels import BODY, SACRUM, VoxelList

_COSTAL = (int(SubregionId.COSTAL_LEFT), int(SubregionId.COSTAL_RIGHT))
_DENS = int(SubregionId.DENS)
_TIP = 97.0
_JUMP = 1.2
"""The transverse processes below T12 are longer by at least this factor: 72 against 49 mm from tip to tip for the mean
dimensions of the literature."""
_ALIKE = 1.05
"""Those above T12 may be shorter by this factor at most: T11 has short ones too."""
_DENS_HEIGHT, _DENS_WIDTH = 0.4, 0.65
"""A body that rises this much farther than its half height, and is there no wider than this part of its area, bears a dens."""
_SEEN = 0.5
_TOUCHING, _TOUCHING_SHARE = 1.1, 0.05
"""Transverse processes of which this share lies nearer to the sacrum than this many voxels touch it."""
_NEAR_SACRUM = 1.6
_LEAST_SACRUM = 0.1


def find_anchors(voxels: VoxelList, spine: Straightened, places: tuple[Place, ...], owner: IntArray) -> Anchors:
    """Look for what tells which vertebra is which.

    Parameters
    ----------
    voxels : VoxelList
    spine : Straightened
    places : tuple of Place
        The vertebrae, from the top.
    owner : (n,) array
        Number (from 1) of the vertebra of each voxel of bodies and posterior parts, 0 elsewhere.
    """
    dens, sacrum, ribs = _dens(voxels, spine, places, owner), _sacrum(voxels, spine, places), ribs_of(voxels, spine, places)
    # what bears ribs is what is called thoracic; where they are seen, no shape counts against them
    by_shape = _last_thoracic(voxels, spine, places, owner) if ribs.last is None else None
    return Anchors(dens, sacrum, by_shape, ribs.first, ribs.last)


def _dens(voxels: VoxelList, spine: Straightened, places: tuple[Place, ...], owner: IntArray) -> int | None:
    labelled = owner[voxels.labels == _DENS]
    if (labelled > 0).any():
        return int(np.bincount(labelled[labelled > 0]).argmax()) - 1
    first = next((row for row, place in enumerate(places) if place.has_body), None)
    if first is None or places[first].lower is None:
        return None
    place, body = places[first], voxels.which(BODY) & (owner == first + 1)
    up = (place.centre - spine.along[body]) / place.height
    dens = up[up > 0.6]
    height = float(np.percentile(dens, _TIP)) - 0.5 if len(dens) else 0.0
    trunk = ((up < 0.4) & (up > -0.4)).sum() / 0.8
    narrow = len(dens) / max(height - 0.1, 0.05) < _DENS_WIDTH * trunk
    return first if height > _DENS_HEIGHT and narrow else None


def _sacrum(voxels: VoxelList, spine: Straightened, places: tuple[Place, ...]) -> bool:
    """Say whether the sacrum begins right below the last vertebra."""
    along = spine.along[voxels.which(SACRUM)]
    last = places[-1]
    if len(along) * voxels.grid.voxel_volume < _LEAST_SACRUM * last.height**3:
        return False
    return bool(0.0 < np.percentile(along, 3.0) - last.centre < _NEAR_SACRUM * last.height)


def _last_thoracic(voxels: VoxelList, spine: Straightened, places: tuple[Place, ...], owner: IntArray) -> int | None:
    """Return the row of the vertebra with short transverse processes, none much shorter above and long ones below."""
    spans = transverse_spans(voxels, spine, len(places), owner)
    found = [
        row
        for row in range(1, len(spans) - 1)
        if spans[row] <= _ALIKE * spans[row - 1] and spans[row + 1] > _JUMP * spans[row] and places[row].has_body
    ]
    return found[-1] if len(found) == 1 else None


def transverse_spans(voxels: VoxelList, spine: Straightened, count: int, owner: IntArray) -> FloatArray:
    """Return the distance of the tips of both transverse processes of each vertebra, mm; NaN where the image cuts them."""
    spans = np.zeros(count)
    for label, sign in zip(_COSTAL, (-1.0, 1.0), strict=True):
        mine = np.flatnonzero(voxels.labels == label)
        for row in range(count):
            here = mine[owner[mine] == row + 1]
            whole = len(here) and not voxels.at_border[here].any()
            spans[row] += abs(float(np.percentile(sign * spine.right[here], _TIP))) if whole else np.nan
    return spans


def transitional_signs(voxels: VoxelList, places: tuple[Place, ...], owner: IntArray) -> tuple[str, ...]:
    """Say in words what speaks for a lumbosacral transitional vertebra, where the sacrum lies below the last vertebra.

    References
    ----------
    Castellvi et al., "Lumbosacral transitional vertebrae and their relationship with lumbar extradural defects", Spine 9
    (1984): processes that meet the sacrum, in a joint (type II) or as one bone (type III).
    """
    signs = []
    last = places[-1]
    if last.has_body and (last.lower is None or last.lower < _SEEN):
        signs.append("No disc is seen between the last vertebra and the sacrum: it may be a transitional vertebra.")
    mine = np.flatnonzero(voxels.which(_COSTAL) & (owner == len(places)))
    if len(mine) and _near_sacrum(voxels, voxels.points[mine]) >= _TOUCHING_SHARE:
        signs.append("A transverse process of the last vertebra meets the sacrum: it may be a transitional vertebra.")
    return tuple(signs)


def _near_sacrum(voxels: VoxelList, points: FloatArray) -> float:
    """Return the share of points that touch the sacrum."""
    from scipy.spatial import cKDTree

    reach = _TOUCHING * float(voxels.grid.spacing.max())
    low, high = points.min(axis=0) - reach, points.max(axis=0) + reach
    sacrum = voxels.points[voxels.which(SACRUM)]
    near = sacrum[((sacrum >= low) & (sacrum <= high)).all(axis=1)]
    if not len(near):
        return 0.0
    distance, _ = cKDTree(near).query(points, distance_upper_bound=reach)
    return float(np.isfinite(distance).mean())
