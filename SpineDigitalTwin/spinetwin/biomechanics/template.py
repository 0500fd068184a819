"""Where things attach: at points of interest, or at points of a template of pelvis, ribs and sternum.

A template point is fixed to a frame (the pelvis on the sacrum, a level, or the trunk through a level) and grows with the
column, so that the template bends and turns with the spine that carries it.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from ..anatomy import level, point
from ..anatomy.tables import read_table
from ..geometry import FloatArray, Frame
from .column import SACRUM, Column, Points
from .rotations import about_right


@dataclass(frozen=True)
class _TemplatePoint:
    frame: str
    level: int
    body: int
    offset: FloatArray


def _offset(row: dict[str, str]) -> FloatArray:
    return np.array([float(row[name]) for name in ("right_mm", "anterior_mm", "superior_mm")])


_POINTS = {
    row["name"]: _TemplatePoint(
        row["frame"],
        level(row["level"] or "S1").id,
        SACRUM if row["body"] == "pelvis" else level(row["body"]).id,
        _offset(row),
    )
    for row in read_table("template_points.csv", __package__)
}
_ATTACHMENTS = {(row["region"], int(row["point"])): _offset(row) for row in read_table("template_attachments.csv", __package__)}
_MIRROR = np.array([-1.0, 1.0, 1.0])

ASTRAY_MM = 40.0
"""Distance from the point of the template, in an adult, at which a placed point cannot be right."""


@dataclass(frozen=True)
class Attachments:
    """Finds attachments on one column.

    Attributes
    ----------
    points : mapping of (level id, point id) to (3,) array
        RAS mm.
    column : Column
    sacral_slope : float
        Of the pelvis template, degrees.
    made_up : dict of (level id, point id) to None
        Points that were asked for, are not placed on a level that is seen, and were put where the template has them.
    used : set of (level id, point id)
        Placed points that muscles attach to.
    astray : set of (level id, point id)
        Those that lie so far from where the template has them that they cannot be right.
    """

    points: Points
    column: Column
    sacral_slope: float
    made_up: dict[tuple[int, int], None] = field(default_factory=dict)
    used: set[tuple[int, int]] = field(default_factory=set)
    astray: set[tuple[int, int]] = field(default_factory=set)

    @property
    def template_share(self) -> float:
        """Part of the points that were asked for on levels that are seen which are made up."""
        return len(self.made_up) / max(len(self.made_up) + len(self.used), 1)

    def body_index(self, key: int) -> int:
        """Return the index of the body that carries a level; what lies above the highest level moves with it."""
        if key == SACRUM:
            return 0
        levels = self.column.levels
        return levels.index(key) + 1 if key in levels else len(levels)

    def find(self, name: str, side: str) -> tuple[int, FloatArray]:
        """Return the index of the body and the position (3,) of an attachment.

        Parameters
        ----------
        name : str
            ``point@level`` for a point of interest, else the name of a template point; both as on the right side.
        side : str
            "right" or "left".
        """
        poi, at, where = name.partition("@")
        if at:
            return self._interest(int(poi), level(where).id, side)
        return self._template_point(name, side)

    def _template_point(self, name: str, side: str) -> tuple[int, FloatArray]:
        chosen = _POINTS[name]
        offset = self.column.size * chosen.offset * (1.0 if side == "right" else _MIRROR)
        frame = self._frame(chosen)
        return self.body_index(chosen.body), frame.to_ras(offset)

    def _interest(self, poi: int, key: int, side: str) -> tuple[int, FloatArray]:
        wanted = key, poi if side == "right" else point(poi).mirror
        offset = self.column.size * _ATTACHMENTS[level(key).region, poi] * (1.0 if side == "right" else _MIRROR)
        usual = self.column.frame_of(key).to_ras(offset)
        placed = self.points.get(wanted)
        if placed is None:
            if key in self.column.levels:
                self.made_up[wanted] = None
            return self.body_index(key), usual
        self.used.add(wanted)
        if np.linalg.norm(placed - usual) > ASTRAY_MM * self.column.size:
            self.astray.add(wanted)
        return self.body_index(key), placed

    def ligament_end(self, key: int, poi: int) -> FloatArray | None:
        """Return a point of a level, on the sacrum that of the template where none is placed, or None."""
        placed = self.points.get((key, poi))
        if placed is not None or key != SACRUM:
            return placed
        if f"{poi}@S1" in _POINTS:
            return self._template_point(f"{poi}@S1", "right")[1]
        mirrored = f"{point(poi).mirror}@S1"
        return self._template_point(mirrored, "left")[1] if mirrored in _POINTS else None

    def _frame(self, chosen: _TemplatePoint) -> Frame:
        frame = self.column.frame_of(chosen.level)
        if chosen.frame == "pelvis":
            return Frame(frame.origin, frame.axes @ about_right(frame.right, -self.sacral_slope).T)
        if chosen.frame == "trunk":
            return Frame(frame.origin, self.column.trunk)
        return frame
