"""The ligamentum flavum points on the anterior surface of the arch."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product

import numpy as np

from ..geometry import FloatArray, Frame
from ..geometry.fields import Mask, MaskField
from .context import LevelContext, Outcome, describe, missing
from .rules import Rule

_CELL_MM = 0.4
# The points keep this far from the upper and lower edge of the lamina, where its front turns away and no height is certain.
_EDGE_MM = 1.0
# So far ahead of the arch's centroid a front still counts: steep laminae of the chest have theirs just there.
_AHEAD_MM = 3.0


def flavum(context: LevelContext, rules: Sequence[Rule]) -> dict[int, Outcome]:
    """Return points on the anterior surface of the arch, where it faces the canal, at the height of the body corners.

    In a sagittal plane of the frame, the section of the arch behind its own centroid, or little ahead of it, is taken: the
    lamina, not the pedicle that joins it to the body. The height of the corners is limited to the heights at which this
    section has a free front, less 1 mm at its edges.
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
    shift, doubt = context.shift() if rule.shift else (0.0, "")
    if rule.shift and not shift:
        return missing(doubt)
    frame = context.frame.frame
    middle = frame.to_local(start)
    plane = _Plane(frame, float(middle[0]) + shift * rule.shift, float(middle[1]) + _AHEAD_MM)
    height = float(frame.to_local(np.array(corners))[:, 2].mean())
    found = plane.front_at(field, height)
    if found is None:
        return missing(f"the {describe(rule.mask)} has no free front surface in this sagittal plane")
    return Outcome(frame.to_ras(found), context.doubt_about(rule.mask) or doubt)


def _free_fronts(inside: Mask) -> Mask:
    """Mark, in rows that run to the front, the cells (rows, n - 1) inside whose neighbour in front is outside."""
    return np.asarray(inside[:, :-1] & ~inside[:, 1:])


@dataclass(frozen=True)
class _Plane:
    """A sagittal plane of a frame: where it lies to the right, and how far to the front the search goes, both in mm."""

    frame: Frame
    right: float
    front: float

    def front_at(self, field: MaskField, height: float) -> FloatArray | None:
        """Return the local point (3,) on the free front of the section nearest to a height, or None without one."""
        fronts, heights = self._lattice(field)
        if len(fronts) < 3 or not len(heights):
            return None
        free = _free_fronts(self._largest_piece(field.inside(self._points(fronts, heights))))
        rows = np.flatnonzero(free.any(axis=1))
        if not len(rows):
            return None
        lowest, highest = heights[rows[[0, -1]]] + (_EDGE_MM - _CELL_MM / 2) * np.array([1.0, -1.0])
        wanted = float(np.clip(height, lowest, highest)) if lowest < highest else float(lowest + highest) / 2
        row = int(rows[np.abs(heights[rows] - wanted).argmin()])
        column = int(np.flatnonzero(free[row]).max())
        exact = wanted if abs(heights[row] - wanted) <= _CELL_MM else float(heights[row])
        return self._refined(field, float(fronts[column]), exact)

    def _lattice(self, field: MaskField) -> tuple[FloatArray, FloatArray]:
        extent = self.frame.to_local(field.grid.to_ras(list(product(*[(0, n - 1) for n in field.grid.shape]))))
        low, high = extent.min(axis=0), extent.max(axis=0)
        return np.arange(self.front, low[1], -_CELL_MM)[::-1], np.arange(low[2], high[2], _CELL_MM)

    def _points(self, fronts: FloatArray, heights: FloatArray) -> FloatArray:
        local = np.empty((len(heights), len(fronts), 3))
        local[..., 0], local[..., 1], local[..., 2] = self.right, fronts, heights[:, None]
        return self.frame.to_ras(local)

    @staticmethod
    def _largest_piece(inside: Mask) -> Mask:
        from scipy.ndimage import label

        pieces, count = label(inside)
        return np.asarray(pieces == np.bincount(pieces.ravel())[1:].argmax() + 1) if count else inside

    def _refined(self, field: MaskField, front: float, height: float) -> FloatArray:
        """Move a point inside, at a height, forward to the surface."""
        steps = np.linspace(-_CELL_MM, 1.5 * _CELL_MM, 251)
        along = np.column_stack([np.full(251, self.right), front + steps, np.full(251, height)])
        inside = np.flatnonzero(field.inside(self.frame.to_ras(along)))
        return np.asarray(along[inside[-1]] if len(inside) else along[0])


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
