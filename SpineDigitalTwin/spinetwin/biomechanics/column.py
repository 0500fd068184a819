"""The column of bodies on the sacrum, as it was imaged: what of it is there, its frames, joint centres and size."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from ..anatomy import LEVELS, PointId, level
from ..anatomy.tables import read_table
from ..errors import ParameterError
from ..geometry import FloatArray, Frame, nearest_frame
from .rotations import about_right

Points = Mapping[tuple[int, int], FloatArray]

SACRUM = level("S1").id
_LAST = level("L5").id
_FOUR_LUMBAR = "There is no model of a spine of four lumbar vertebrae, which neither template nor shares of flexion are of."
_TOP = level("T1").order
_EXTRA_JOINTS = read_table("extra_joints.csv", __package__)
"""As which joint of a usual spine a joint bends beside a level that most people do not have."""
_EXTRA = {level(row["extra_level"]).id for row in _EXTRA_JOINTS}

TEMPLATE = {
    level(row["level"]).id: (
        np.array([0.0, float(row["anterior_mm"]), float(row["superior_mm"])]),
        float(row["tilt_back_deg"]),
    )
    for row in read_table("template_levels.csv", __package__)
}
"""Centre from the sacral endplate (right, anterior, superior), mm, and tilt of each level of the template."""

_STANDS_AS = {level("T13").id: level("L1").id}
"""Where a level that the template lacks is the highest one: from which of its levels it continues, T12 on T13 as on L1."""


@dataclass(frozen=True)
class Column:
    """The vertebrae that move, from the lowest one up, on the sacrum.

    Attributes
    ----------
    levels : tuple of int
        Ids from L5 (or L6) up to T1 at most.
    frames : mapping of level id to Frame
        Axes of every level and of the sacrum, RAS mm.
    joints : (n, 3) array
        Centre of the joint below each level, RAS mm.
    trunk : (3, 3) array
        Rows right, anterior, superior of the trunk: along the chord from the sacrum to the top.
    size : float
        Spacing of its levels over that of the template.
    notes : tuple of str
        What was not measured but made up from the template.
    """

    levels: tuple[int, ...]
    frames: Mapping[int, Frame]
    joints: FloatArray
    trunk: FloatArray
    size: float
    notes: tuple[str, ...]

    def frame_of(self, key: int) -> Frame:
        """Return the axes of a level: measured, or above the highest one seen as the template continues the column."""
        known = self.frames.get(key)
        if known is not None:
            return known
        top = self.levels[-1]
        offset, tilt = TEMPLATE[key]
        start, _ = TEMPLATE[_STANDS_AS.get(top, top)]
        origin = self.frames[top].origin + self.size * (offset - start) @ self.trunk
        return Frame(origin, self.trunk @ about_right(self.trunk[0], -tilt).T, "template")


def find_column(points: Points, frames: Mapping[int, Frame], l5_s1_angle: float) -> Column:
    """Find the column in placed points.

    Parameters
    ----------
    points : mapping of (level id, point id) to (3,) array
        RAS mm.
    frames : mapping of level id to Frame
        Axes of the levels.
    l5_s1_angle : float
        Angle between the lowest vertebra and the sacrum where the sacrum has no axes, degrees.

    Raises
    ------
    ParameterError
        If levels are missing, with their names.
    """
    levels = _levels(points, frames)
    sacrum, note = _sacrum(points, frames, levels[0], l5_s1_angle)
    known = {SACRUM: sacrum, **{key: Frame(points[key, PointId.BODY], frames[key].axes, frames[key].source) for key in levels}}
    joints, more = _joints(points, known, levels)
    bodies = [known[key] for key in (SACRUM, *levels)]
    trunk = trunk_axes(np.array([each.origin for each in bodies]), np.array([each.axes for each in bodies]))
    return Column(
        levels, known, joints, trunk, _size(known, levels), (*note, *more, *_extra_note(levels), *_top_note(levels[-1]))
    )


def _levels(points: Points, frames: Mapping[int, Frame]) -> tuple[int, ...]:
    """Return the levels from the lowest one up; a gap is refused."""
    mobile = [each for each in LEVELS if each.region in ("thoracic", "lumbar") and each.order >= _TOP]
    seen = [each for each in mobile if (each.id, PointId.BODY) in points]
    if len(seen) < 2:
        raise ParameterError(
            f"{len(seen) or 'No'} level between T1 and L5 has a centre of its body; a model needs at least two.",
            "Compute the points of more levels.",
        )
    wanted = [each for each in mobile if each.order >= seen[0].order and (each.id not in _EXTRA or each in seen)]
    missing = [each.name for each in wanted if each not in seen]
    if missing:
        raise ParameterError(
            f"No model without {', '.join(missing)}: the column from {seen[0].name} to the sacrum must be whole.",
            "Place the centre of the body (point 50) there, or give an image that shows it."
            + (f" {_FOUR_LUMBAR}" if missing == [level(_LAST).name] else ""),
        )
    unturned = [each.name for each in seen if each.id not in frames]
    if unturned:
        raise ParameterError(
            f"The axes of {', '.join(unturned)} are not known.", "Place points 128, 129 and 130, or the arch (41), there."
        )
    return tuple(each.id for each in reversed(seen))


def _sacrum(points: Points, frames: Mapping[int, Frame], lowest: int, angle: float) -> tuple[Frame, tuple[str, ...]]:
    """Return the frame of the sacrum with its origin on the endplate, and what to know of it."""
    plate = points.get((SACRUM, PointId.BODY_SUPERIOR))
    if plate is not None and SACRUM in frames:
        return Frame(plate, frames[SACRUM].axes, frames[SACRUM].source), ()
    above = frames[lowest]
    centre = points[lowest, PointId.BODY]
    axes = above.axes @ about_right(above.right, angle).T
    disc, bottom = points.get((lowest, PointId.DISC)), points.get((lowest, PointId.BODY_INFERIOR))
    if disc is not None and bottom is not None:
        return Frame(2 * disc - bottom, axes, "disc above"), ("The sacrum is placed from the disc above it.",)
    usual, tilt = TEMPLATE[_LAST]
    offset = (TEMPLATE[SACRUM][0] - usual) @ about_right(np.array([1.0, 0.0, 0.0]), -tilt)
    return Frame(centre + offset @ above.axes, axes, "template"), (
        "The sacrum is placed by the template: its disc is not seen.",
    )


def _joints(points: Points, frames: Mapping[int, Frame], levels: tuple[int, ...]) -> tuple[FloatArray, tuple[str, ...]]:
    centres, notes = [], []
    for key, below in zip(levels, (SACRUM, *levels), strict=False):
        disc = points.get((key, PointId.DISC))
        bottom = points.get((key, PointId.BODY_INFERIOR))
        top = frames[SACRUM].origin if below == SACRUM else points.get((below, PointId.BODY_SUPERIOR))
        if disc is not None:
            centres.append(disc)
        elif bottom is not None and top is not None:
            centres.append((bottom + top) / 2)
        else:
            centres.append((frames[key].origin + frames[below].origin) / 2)
            notes.append(f"The joint below {level(key).name} is half way between the bodies: its disc is not seen.")
    return np.array(centres), tuple(notes)


def extra_joints(levels: tuple[int, ...]) -> list[dict[str, str]]:
    """Return the rows of ``extra_joints.csv`` for joints that a column of these levels (ids) has."""
    return [row for row in _EXTRA_JOINTS if {level(row[each]).id for each in ("extra_level", "joint_below")} <= set(levels)]


def _extra_note(levels: tuple[int, ...]) -> tuple[str, ...]:
    rows = extra_joints(levels)
    if not rows:
        return ()
    names = " and ".join(dict.fromkeys(row["extra_level"] for row in rows))
    joints = ", ".join(f"the joint below {row['joint_below']} bends as a usual one below {row['bends_as']}" for row in rows)
    return (f"No published shares of flexion are of a spine with {names}: {joints}.",)


def _top_note(top: int) -> tuple[str, ...]:
    if level(top).order <= _TOP:
        return ()
    return (f"Everything above {level(top).name} is placed by the template and moves with it: it is not seen.",)


def _size(frames: Mapping[int, Frame], levels: tuple[int, ...]) -> float:
    pairs = [(below, above) for below, above in pairwise(levels) if {below, above} <= TEMPLATE.keys()]
    measured = sum(float(np.linalg.norm(frames[b].origin - frames[a].origin)) for a, b in pairs)
    usual = sum(float(np.linalg.norm(TEMPLATE[b][0] - TEMPLATE[a][0])) for a, b in pairs)
    size = measured / usual if usual else 1.0
    if not 0.4 <= size <= 1.8:
        raise ParameterError(
            f"The vertebrae lie {size:.2f} times as far apart as in adults.", "Check the unit (mm) and the level names."
        )
    return size


def trunk_axes(origins: FloatArray, axes: FloatArray) -> FloatArray:
    """Return rows right, anterior, superior (3, 3) of a trunk: along the chord from the sacrum to the top.

    Parameters
    ----------
    origins : (n + 1, 3) array
        Of the sacrum and of the levels from the lowest one up, RAS mm.
    axes : (n + 1, 3, 3) array
        Their rows right, anterior, superior.

    Raises
    ------
    ParameterError
        If the levels look to opposite sides.
    """
    superior = origins[-1] - origins[0]
    superior = superior / np.linalg.norm(superior)
    right = axes[1:, 0].sum(axis=0)
    right = right - (right @ superior) * superior
    right = right / np.linalg.norm(right)
    frame = nearest_frame(np.zeros(3), np.stack([right, np.cross(superior, right), superior]), "trunk")
    if frame is None:
        raise ParameterError("The axes of the vertebrae contradict each other.", "Check points 128, 129 and 130.")
    return frame.axes


def joint_axes(axes: FloatArray) -> FloatArray:
    """Return rows right, anterior, superior (n, 3, 3) half way between the bodies (n + 1, 3, 3) of each joint."""
    return np.array([_halfway(lower, upper) for lower, upper in pairwise(axes)])


def _halfway(lower: FloatArray, upper: FloatArray) -> FloatArray:
    frame = nearest_frame(np.zeros(3), (lower + upper) / 2, "between")
    return upper if frame is None else frame.axes
