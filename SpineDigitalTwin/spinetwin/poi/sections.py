"""Points of the disc, the endplates, and the canal and cord in a plane of the vertebra."""

from __future__ import annotations

import numpy as np

from ..geometry import FloatArray
from ..geometry.fields import last_exits
from .context import LevelContext, Outcome, describe, missing
from .rules import Rule
from .voxels import main_piece

# Canal voxels this far from the plane are used to fit where the canal crosses it, in units of the largest spacing.
_SLAB = 1.5
_WIDEST_MM = 60.0
_LONGEST_GAP_MM = 2.5


def disc(context: LevelContext, rule: Rule) -> Outcome:
    """Return the centroid of the disc below this level."""
    voxels = context.spine.discs.get(context.level)
    part = voxels.part(rule.mask) if voxels else None
    if part is None:
        return missing("no disc below this level in the maps")
    return Outcome(part.centroid, "the disc reaches the border of the image" if part.cut else "")


def endplate(context: LevelContext, rule: Rule) -> Outcome:
    """Return the middle of an endplate: of its label where there is one, else where the body's own ray ends.

    The label's surface is crossed on the line through its centroid; the middle of its thickness is the point.
    """
    start = context.position(rule.start)
    if start is None:
        return missing("no vertebral body to start from")
    direction = context.frame.frame.direction(rule.direction)
    plate = context.spine.endplates.get(context.level)
    if plate is not None:
        heights = (context.spine.grid.to_ras(plate.voxels) - start) @ direction
        if (heights > 0).any():
            part = main_piece(plate.voxels[heights > 0], context.spine.grid)
            return Outcome(part.centroid, "the endplate reaches the border of the image" if part.cut else context.frame.doubt)
    field = context.field(rule.mask)
    if field is None:
        return missing(f"no {describe(rule.mask)} at this level")
    return Outcome(last_exits(field, start, direction).points[0], context.doubt_about(rule.mask))


def section(context: LevelContext, rule: Rule) -> Outcome:
    """Return the centre of a canal-like mask in the plane through the start that is normal to the direction."""
    start = context.position(rule.start)
    if start is None:
        return missing(
            "no disc to lay the plane through"
            if rule.target or rule.start != 50
            else "no vertebral body to lay the plane through"
        )
    canal = context.spine.canal
    if canal.labels.isdisjoint(rule.mask):
        return missing(f"no {describe(rule.mask)} in the maps")
    frame = context.frame.frame
    slab = _SLAB * float(context.spine.grid.spacing.max())
    near = np.flatnonzero(np.abs(canal.centres @ frame.superior - start @ frame.superior) < slab)
    local = (canal.centres[near] - start) @ frame.axes.T
    chosen = canal.which(rule.mask)[near] & (np.abs(local[:, 0]) < _WIDEST_MM) & (np.abs(local[:, 1]) < _WIDEST_MM)
    centre = _crossing(local[chosen]) if chosen.any() else None
    if centre is None:
        return missing(f"the {describe(rule.mask)} does not reach this plane")
    return Outcome(start + centre @ frame.axes, context.frame.doubt)


def _crossing(local: FloatArray) -> FloatArray | None:
    """Fit a line through voxels (n, 3) near the plane of height 0 and return where it crosses it, or None if it does not."""
    heights = local[:, 2]
    if heights.max() < -_LONGEST_GAP_MM or heights.min() > _LONGEST_GAP_MM:
        return None
    spread = heights - heights.mean()
    slope = spread @ local[:, :2] / max(float(spread @ spread), 1e-9)
    flat = local[:, :2].mean(axis=0) - heights.mean() * slope
    return np.array([flat[0], flat[1], 0.0])
