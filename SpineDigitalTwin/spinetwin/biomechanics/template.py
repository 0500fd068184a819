"""Where things attach: at points of interest, or at points of a template of pelvis, ribs and sternum.

A template point is known on the template's own column: fixed to a frame there (the pelvis on the sacrum, a level, or the trunk
through a level). A smooth warp carries all of them to the person (see `warp`); or, if the settings say so, each one stays fixed
to the same frame of the person and grows with the column.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property, lru_cache

import numpy as np

from ..anatomy import PointId, level, point
from ..anatomy.tables import read_table
from ..geometry import FloatArray, Frame
from .column import SACRUM, TEMPLATE, Column, Points, find_column
from .rotations import about_right
from .warp import Warp, warp_between

SIDES = ("right", "left")


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
_ROW = {name: row for row, name in enumerate(_POINTS)}

_MIRROR = np.array([-1.0, 1.0, 1.0])
_BOTH = np.array([[1.0, 1.0, 1.0], _MIRROR])


def _attachments() -> dict[tuple[int, int], FloatArray]:
    """Return where the template has points of interest of its vertebrae, along their axes from the centre of the body."""
    found = {}
    for row in read_table("template_attachments.csv", __package__):
        key, poi, offset = level(row["level"]).id, int(row["point"]), _offset(row)
        found[key, point(poi).mirror] = _MIRROR * offset
        found[key, poi] = offset
    return found


_ATTACHMENTS = _attachments()

_LANDMARKS = {**{(key, int(PointId.BODY)): np.zeros(3) for key in TEMPLATE if key != SACRUM}, **_ATTACHMENTS}
"""Points of interest that lead the warp, with their places along the axes of their vertebra."""

_OF_BONES = ("psis", "crest_lateral", "asis", "pubis", "s4_back", "81@S1", *(f"rib{rib}_angle" for rib in range(5, 13)))
"""Points of the template that the axes of their bone lead: a pelvis goes with its sacrum, a rib behind with its vertebra."""

SMOOTHING_MM, OF_BONES_MM = 100.0, 10.0
"""How little one point of interest bends the template, and one of those bones. With 10 mm for both, ribs of phantoms lie nearer
by 0.3 mm, and one wrong point moves the template twice as far (benchmarks/template_warp.py)."""

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
    warped : bool
        Whether the template is warped; else each of its points is fixed to a frame.
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
    warped: bool = True
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
        position = self._places[_ROW[name], SIDES.index(side)]
        return self.body_index(_POINTS[name].body), np.asarray(position)

    @cached_property
    def _places(self) -> FloatArray:
        """Points of the template on this person (t, 2, 3), right and left."""
        if not self.warped:
            return _fixed(self.column, self.sacral_slope)
        landmarks = landmarks_of(self.points, self.column, self.sacral_slope)
        return _warp(self.sacral_slope).place(landmarks, self.column.size).reshape(-1, 2, 3)

    def _interest(self, poi: int, key: int, side: str) -> tuple[int, FloatArray]:
        wanted = key, poi if side == "right" else point(poi).mirror
        usual = self.column.frame_of(key).to_ras(self.column.size * _ATTACHMENTS[wanted])
        placed = self.points.get(wanted)
        if placed is None:
            if key in self.column.levels:
                self.made_up[wanted] = None
            return self.body_index(key), usual
        self.used.add(wanted)
        if np.linalg.norm(placed - usual) > ASTRAY_MM * self.column.size:
            self.astray.add(wanted)
        return self.body_index(key), placed

    def source(self, name: str, side: str) -> str:
        """Return where `find` has a point from, as people name it."""
        poi, at, where = name.partition("@")
        if not at:
            return f"template point {name} {side}"
        return self.interest_source(level(where).id, int(poi) if side == "right" else point(int(poi)).mirror)

    def interest_source(self, key: int, poi: int) -> str:
        """Return where a point of interest is from: placed, or of the template."""
        placed = (key, poi) in self.points
        return f"{'point' if placed else 'template in place of point'} {poi} of {level(key).name}"

    def ligament_end(self, key: int, poi: int) -> FloatArray | None:
        """Return a point of a level, on the sacrum that of the template where none is placed, or None."""
        placed = self.points.get((key, poi))
        if placed is not None or key != SACRUM:
            return placed
        if f"{poi}@S1" in _POINTS:
            return self._template_point(f"{poi}@S1", "right")[1]
        mirrored = f"{point(poi).mirror}@S1"
        return self._template_point(mirrored, "left")[1] if mirrored in _POINTS else None


def _fixed(column: Column, sacral_slope: float) -> FloatArray:
    """Return the points of the template (t, 2, 3), right and left, fixed to the frames of a column."""
    return np.array([_placed(each, column, sacral_slope) for each in _POINTS.values()])


def _placed(chosen: _TemplatePoint, column: Column, sacral_slope: float) -> FloatArray:
    """Return a point of the template (2, 3), right and left, fixed to its frame."""
    return _frame(chosen, column, sacral_slope).to_ras(column.size * _BOTH * chosen.offset)


def _frame(chosen: _TemplatePoint, column: Column, sacral_slope: float) -> Frame:
    frame = column.frame_of(chosen.level)
    if chosen.frame == "pelvis":
        return Frame(frame.origin, frame.axes @ about_right(frame.right, -sacral_slope).T)
    if chosen.frame == "trunk":
        return Frame(frame.origin, column.trunk)
    return frame


def smoothing_of(interest_mm: float = SMOOTHING_MM, bones_mm: float = OF_BONES_MM) -> FloatArray:
    """Return the smoothing (n,) of the landmarks of a column, first points of interest and then points of bones, mm."""
    return np.repeat([interest_mm, bones_mm], [len(_LANDMARKS), 2 * len(_OF_BONES)])


def landmarks_of(points: Points, column: Column, sacral_slope: float) -> FloatArray:
    """Return the landmarks of a column (n, 3), RAS mm: what is not placed, or not seen, is where the column has it."""
    frames = {key: column.frame_of(key) for key in TEMPLATE}
    found = [
        points[which] if which in points else frames[which[0]].to_ras(column.size * offset)
        for which, offset in _LANDMARKS.items()
    ]
    bones = [_placed(_POINTS[name], column, sacral_slope) for name in _OF_BONES]
    return np.concatenate([np.array(found), *bones])


@lru_cache(maxsize=8)
def _warp(sacral_slope: float) -> Warp:
    """Return the warp of the template, whose own column is that of the mean person."""
    turns = {key: about_right(np.array([1.0, 0.0, 0.0]), -tilt).T for key, (_, tilt) in TEMPLATE.items()}
    frames = {key: Frame(TEMPLATE[key][0], axes, "template") for key, axes in turns.items()}
    points = {(key, int(PointId.BODY)): frame.origin for key, frame in frames.items() if key != SACRUM}
    points[SACRUM, int(PointId.BODY_SUPERIOR)] = frames[SACRUM].origin
    column = find_column(points, frames, 0.0)
    own = landmarks_of({}, column, sacral_slope)
    return warp_between(own, _fixed(column, sacral_slope).reshape(-1, 3), smoothing_of())
