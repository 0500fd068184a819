"""The ligamentum flavum points on the anterior surface of the arch."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ..geometry import FloatArray
from ..geometry.fields import SURFACE, MaskField
from .context import LevelContext, Outcome, describe, missing
from .rules import Rule

_CELL_MM = 0.5
_BODY_BACK = 106


def flavum(context: LevelContext, rules: Sequence[Rule]) -> dict[int, Outcome]:
    """Return points on the anterior surface of the arch at the height of the body corners.

    In a sagittal plane of the frame, the section of the arch behind the body is taken; the height of the corners is
    limited to the heights this section has; the foremost surface at that height is the point.
    """
    return {rule.id: _flavum_point(context, rule) for rule in rules}


def _flavum_point(context: LevelContext, rule: Rule) -> Outcome:
    start = context.position(rule.start)
    field = context.field(rule.mask)
    if start is None or field is None:
        return missing(f"no {describe(rule.mask)} at this level")
    corners = [position for each in rule.target if (position := context.position(each)) is not None]
    if not corners:
        return missing("no corners of the vertebral body to take the height from")
    shift, doubt = context.shift()
    if rule.shift and not shift:
        return missing(doubt)
    frame = context.frame.frame
    lateral = frame.to_local(start)[0] + (shift * frame.direction(rule.shift) @ frame.right if rule.shift else 0.0)
    height = float(frame.to_local(np.array(corners))[:, 2].mean())
    back = context.position(_BODY_BACK)
    limit = float(frame.to_local(back)[1]) if back is not None else 0.0
    found = _foremost(context, field, float(lateral), height, limit)
    if found is None:
        return missing(f"the {describe(rule.mask)} does not cross this sagittal plane behind the body")
    return Outcome(frame.to_ras(found), context.doubt_about(rule.mask) or (doubt if rule.shift else ""))


def _foremost(context: LevelContext, field: MaskField, lateral: float, height: float, limit: float) -> FloatArray | None:
    """Return the foremost local point (3,) of the arch's main section in a sagittal plane, at or near a height."""
    from scipy.ndimage import label

    frame = context.frame.frame
    corners = np.stack(np.meshgrid(*[(-0.5, n - 0.5) for n in field.grid.shape]), axis=-1).reshape(-1, 3)
    extent = frame.to_local(field.grid.to_ras(corners))
    fronts = np.arange(extent[:, 1].min(), min(extent[:, 1].max(), limit) + _CELL_MM, _CELL_MM)
    heights = np.arange(extent[:, 2].min(), extent[:, 2].max() + _CELL_MM, _CELL_MM)
    if len(fronts) < 2:
        return None
    local = np.empty((len(heights), len(fronts), 3))
    local[..., 0], local[..., 1], local[..., 2] = lateral, fronts, heights[:, None]
    values = field.at(frame.to_ras(local))
    pieces, count = label(values > SURFACE)
    if not count:
        return None
    piece = pieces == np.bincount(pieces.ravel())[1:].argmax() + 1
    rows = np.flatnonzero(piece.any(axis=1))
    height = float(np.clip(height, heights[rows[0]], heights[rows[-1]]))
    row = int(np.clip(np.round((height - heights[0]) / _CELL_MM), rows[0], rows[-1]))
    column = int(np.flatnonzero(piece[row]).max())
    return _refine(field, context, np.array([lateral, fronts[column], height]))


def _refine(field: MaskField, context: LevelContext, local: FloatArray) -> FloatArray:
    """Move a point to the surface in front of it, at its own height."""
    frame = context.frame.frame
    steps = np.linspace(-2 * _CELL_MM, 3 * _CELL_MM, 501)
    along = local + steps[:, None] * (0.0, 1.0, 0.0)
    inside = np.flatnonzero(field.inside(frame.to_ras(along)))
    return np.asarray(along[inside[-1]] if len(inside) else local)


def approach(context: LevelContext, rule: Rule) -> Outcome:
    """Return the point that stepping along the directions within the mask brings closest to the goal (TPTBox)."""
    start = context.position(rule.start)
    if start is None:
        start = context.part(rule.mask).centroid if context.part(rule.mask) else None  # type: ignore[union-attr]
    field = context.field(rule.mask)
    goal = context.position(rule.target[0])
    if start is None or field is None:
        return missing(f"no {describe(rule.mask)} at this level")
    if goal is None:
        return missing("no corner of the vertebral body to approach")
    directions = [context.frame.frame.direction(each) for each in rule.direction.split(" & ")]
    position, closest = start, float(np.linalg.norm(start - goal))
    step = 1.0
    while step > 0.001:
        moved = False
        for direction in directions:
            trial = position + step * direction
            distance = float(np.linalg.norm(trial - goal))
            if distance < closest and bool(field.inside(trial[None])[0]):
                position, closest, moved = trial, distance, True
        if not moved:
            step /= 2
    return Outcome(position, context.doubt_about(rule.mask))
