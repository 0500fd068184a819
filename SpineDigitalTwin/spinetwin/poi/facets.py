"""Facet joints: between the inferior articular process of a level and the superior one of the level below."""

from __future__ import annotations

import numpy as np

from ..geometry import FloatArray, Grid, IntArray
from .context import LevelContext, Outcome, describe, missing
from .rules import Rule

_WIDEST_JOINT_MM = 8.0
# Voxels at most this much further apart than the closest pair, surface to surface, count as facing each other. Between the
# surfaces, because centres of thick slices are far apart wherever a joint crosses them, and only its other half would count.
_FACING_MM = 2.5
_NEAREST = 12


def facet(context: LevelContext, rule: Rule) -> Outcome:
    """Return the midpoint of the surfaces that face each other in a facet joint."""
    lower = context.below
    if lower is None:
        return missing("no vertebra below in the maps")
    upper_part, lower_part = context.part(rule.mask), lower.part(rule.target)
    if upper_part is None:
        return missing(f"no {describe(rule.mask)} at this level")
    if lower_part is None:
        return missing(f"no {describe(rule.target)} at {lower.name}")
    middle, gap = _facing_middle(upper_part.voxels, lower_part.voxels, context.spine.grid)
    if gap > _WIDEST_JOINT_MM:
        return missing(f"the articular processes of {context.name} and {lower.name} are {gap:.1f} mm apart")
    cut = upper_part.cut or lower_part.cut
    return Outcome(middle, "an articular process reaches the border of the image" if cut else "")


def _facing_middle(upper: IntArray, lower: IntArray, grid: Grid) -> tuple[FloatArray, float]:
    """Return the middle (3,) of the facing surfaces of two voxel lists, and the smallest distance of centres, both in mm."""
    to_second, between = _gaps(upper, lower, grid, np.inf)
    gap, reach = float(to_second.min()), float(between.min() + _FACING_MM + np.linalg.norm(grid.spacing))
    _, back = _gaps(lower, upper[to_second <= reach], grid, reach)
    sides = (upper, between), (lower, back)
    facing = [grid.to_ras(voxels[near <= near.min() + _FACING_MM]).mean(axis=0) for voxels, near in sides]
    return 0.5 * (facing[0] + facing[1]), gap


def _gaps(voxels: IntArray, others: IntArray, grid: Grid, reach: float) -> tuple[FloatArray, FloatArray]:
    """Return how far voxels (n,) lie from others, mm: from centre to centre, and from surface to surface (0 where they touch).

    Surfaces are compared with the nearest few others: several may be equally near, and the order of voxels must not matter.
    """
    from scipy.spatial import cKDTree

    near, which = cKDTree(grid.to_ras(others)).query(grid.to_ras(voxels), k=_NEAREST, distance_upper_bound=reach)
    steps = np.maximum(np.abs(voxels[:, None] - others[np.minimum(which, len(others) - 1)]) - 1, 0)
    surfaces = np.where(np.isfinite(near), np.linalg.norm(steps * grid.spacing, axis=-1), np.inf)
    return near[:, 0], surfaces.min(axis=1)
