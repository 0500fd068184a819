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
    from scipy.spatial import cKDTree

    first, second = grid.to_ras(upper), grid.to_ras(lower)
    to_second, nearest = cKDTree(second).query(first)
    between = _between_voxels(upper, lower[nearest], grid)
    facing = between <= between.min() + _FACING_MM
    reach = between.min() + _FACING_MM + float(np.linalg.norm(grid.spacing))
    found, nearest = cKDTree(first[to_second <= reach]).query(second, distance_upper_bound=reach)
    near = np.isfinite(found)
    back = _between_voxels(lower[near], upper[to_second <= reach][nearest[near]], grid)
    opposite = second[near][back <= back.min() + _FACING_MM]
    return 0.5 * (first[facing].mean(axis=0) + opposite.mean(axis=0)), float(to_second.min())


def _between_voxels(first: IntArray, second: IntArray, grid: Grid) -> FloatArray:
    """Return the distances (n,) between the surfaces of pairs of voxels, mm; 0 where they touch."""
    steps = np.maximum(np.abs(first - second) - 1, 0)
    return np.asarray(np.linalg.norm(steps * grid.spacing, axis=1))
