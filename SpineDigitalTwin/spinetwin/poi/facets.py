"""Facet joints: between the inferior articular process of a level and the superior one of the level below."""

from __future__ import annotations

import numpy as np

from ..geometry import FloatArray, Grid, IntArray
from .context import LevelContext, Outcome, describe, missing
from .rules import Rule

_WIDEST_JOINT_MM = 8.0
# Surface voxels at most this much further apart than the closest pair count as facing each other.
_FACING_MM = 1.5


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
    """Return the middle (3,) of the facing surfaces of two voxel lists, and their smallest distance, both in mm."""
    from scipy.spatial import cKDTree

    first, second = grid.to_ras(upper), grid.to_ras(lower)
    tree_first, tree_second = cKDTree(first), cKDTree(second)
    to_second, _ = tree_second.query(first, distance_upper_bound=_WIDEST_JOINT_MM * 3)
    gap = float(to_second.min())
    if not np.isfinite(gap):
        return first.mean(axis=0), float(np.linalg.norm(first.mean(axis=0) - second.mean(axis=0)))
    to_first, _ = tree_first.query(second, distance_upper_bound=gap + _FACING_MM)
    facing = first[to_second <= gap + _FACING_MM].mean(axis=0), second[to_first <= gap + _FACING_MM].mean(axis=0)
    return 0.5 * (facing[0] + facing[1]), gap
