"""What lies around the spine: skin, fat, the wall of the trunk, muscles, vessels, organs.

All of it is drawn as cross-sections along the curve of the spine, so that it follows any posture. ``trunk.csv`` holds the
outline of the body, ``structures.csv`` what is drawn and in which order (later rows lie on top), and ``sections.csv`` the
ellipses each structure is made of: centre (x to the right, y to the front), half axes and turn, mm and degrees, for the mean
adult's right side; a structure of both sides is repeated on the left.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from ...anatomy.tables import read_table
from ..shape.distances import Array, superellipse
from ..shape.rib_course import CHEST_FOLLOWS
from .canvas import Canvas
from .contrast import tissue_id
from .curve import STEP, Course, SpineCurve, place_of
from .lattice import Lattice
from .monotone import monotone

SKIN = 1.8
"""Thickness of the skin, mm."""

FURROW = 7.0
"""Depth of the groove in the middle of the back, mm."""

_SECTION = ("x", "y", "a", "b", "turn")
_TRUNK = ("half_width", "front", "back", "fat_front", "fat_side", "fat_back", "wall")


@dataclass(frozen=True)
class Structure:
    """A row of ``structures.csv``: sides (1 right, -1 left as mirror image, 0 as it is in the table), tissues and labels.

    What is `in_trunk` stays in its place there where a curve of the spine moves away; the others keep to the spine.
    """

    name: str
    sides: tuple[int, ...]
    tissue: int
    rim_tissue: int
    rim: float
    labels: tuple[int, ...]
    in_trunk: bool


def _structures() -> tuple[Structure, ...]:
    found = []
    for row in read_table("structures.csv", __package__):
        both = row["side"] == "both"
        labels = (int(row["label_right"]), int(row["label_left"])) if both else (0,)
        rim = tissue_id(row["rim_tissue"]) if row["rim_tissue"] else 0
        sides, tissue, in_trunk = (1, -1) if both else (0,), tissue_id(row["tissue"]), row["keeps_to"] == "trunk"
        found.append(Structure(row["structure"], sides, tissue, rim, float(row["rim"]), labels, in_trunk))
    return tuple(found)


STRUCTURES = _structures()
"""What is drawn around the spine, from the back of the stack to its top."""

MUSCLES: dict[int, str] = {
    label: f"{each.name}_{'right' if side > 0 else 'left'}"
    for each in STRUCTURES
    for side, label in zip(each.sides, each.labels, strict=True)
    if label
}
"""Names of the labels of a muscle map."""

_SECTIONS = read_table("sections.csv", __package__)
_OUTLINE = read_table("trunk.csv", __package__)


@dataclass(frozen=True)
class Profile:
    """Columns of a table as functions of the place along the spine, looked up to the nearest half millimetre.

    Attributes
    ----------
    low, high : float
        Places of the first and last row, mm.
    values : (columns, n) array of float32
        The columns from `low` to `high` every 0.5 mm.
    """

    low: float
    high: float
    values: npt.NDArray[np.float32]

    def at(self, s: Array) -> tuple[Array, ...]:
        """Return each column at places s; beyond the ends its last value."""
        index = np.clip((s - np.float32(self.low)) * np.float32(2.0), 0, self.values.shape[1] - 1).astype(np.int32)
        return tuple(column[index] for column in self.values)


def profile(curve: SpineCurve, rows: list[dict[str, str]], columns: tuple[str, ...], lengths: int) -> Profile:
    """Return columns of a table along a spine; the first `lengths` of them are mm and scaled to the person."""
    placed = [(place_of(curve, row["level"], float(row["rise"])), [float(row[name]) for name in columns]) for row in rows]
    known = sorted((at, values) for at, values in placed if at is not None)
    places, table = np.array([at for at, _ in known]), np.array([values for _, values in known]).T
    table[:lengths] *= curve.size
    fine = np.arange(places[0], places[-1] + 0.5, 0.5)
    values = monotone(places, table, np.minimum(fine, places[-1]))
    return Profile(float(places[0]), float(places[-1]), values.astype(np.float32))


def paint_trunk(canvas: Canvas, curve: SpineCurve, nodes: Lattice, course: Course) -> Array:
    """Paint skin, the fat under it, and the muscular wall of the trunk; everything within is fat at first.

    Returns
    -------
    array
        Signed distance of the nodes to the surface of the body, mm, negative within.
    """
    outline = profile(curve, _OUTLINE, _TRUNK, len(_TRUNK))
    half_width, front, back, fat_front, fat_side, fat_back, wall = outline.at(course.s)
    depth = (front + back) * 0.5
    x, y = course.x + shift(curve, course.s), course.y - (front - back) * 0.5
    ahead = np.clip(y / depth, -1.0, 1.0)
    furrow = FURROW * np.exp(-((x / 16.0) ** 2)) * np.clip(-ahead, 0.0, 1.0) ** 2
    skin = superellipse(x, y, half_width, depth, 2.3) + furrow
    fat = fat_side + (np.where(ahead > 0, fat_front, fat_back) - fat_side) * ahead**2
    inner = skin + fat - 0.4 * furrow
    # The wall ends where the muscles of the back begin, and parts in the midline (linea alba).
    wall = wall * np.sqrt(np.clip((course.y + 0.75 * back) / 60.0, 0.0, 1.0)) * np.clip(0.2 + np.abs(x) / 6.0, 0.0, 1.0)
    cover = inner + wall
    layers = ((skin, "skin"), (skin + SKIN, "fat"), (inner, "muscle"))
    for part in nodes.runs(cover >= -canvas.reach):
        for distance, tissue in layers:
            canvas.paint(nodes.part(part).stretch(distance[part], canvas.reach), tissue_id(tissue))
    canvas.paint(nodes.stretch(cover, canvas.reach), tissue_id("fat"))
    return skin


def paint_surface(canvas: Canvas, nodes: Lattice, skin: Array) -> None:
    """Paint the skin and the air around it over what leaves the body: the hump of a scoliosis has no room for all muscles."""
    canvas.paint(nodes.stretch(-skin - np.float32(SKIN), canvas.reach), tissue_id("skin"))
    canvas.paint(nodes.stretch(-skin, canvas.reach), tissue_id("air"))


def shift(curve: SpineCurve, s: Array) -> Array:
    """Return how far the spine stands to the right of the middle of the trunk at places s, mm."""
    place = np.arange(curve.s[-1], curve.s[0] + 1.0, 1.0)
    aside = np.interp(-place, -curve.s, curve.aside).astype(np.float32) * np.float32(1.0 - CHEST_FOLLOWS)
    return np.asarray(aside[np.clip(s - place[0], 0, len(place) - 1).astype(np.int32)])


def paint_structures(canvas: Canvas, curve: SpineCurve, nodes: Lattice, course: Course) -> None:
    """Paint every structure of the tables."""
    in_trunk = replace(course, x=course.x + shift(curve, course.s)) if curve.leans else course
    for each in STRUCTURES:
        rows = [row for row in _SECTIONS if row["structure"] == each.name]
        along = profile(curve, rows, _SECTION, 4)
        for side, label in zip(each.sides, each.labels, strict=True):
            _paint_tube(canvas, each, along, -1.0 if side < 0 else 1.0, label, nodes, in_trunk if each.in_trunk else course)


def _paint_tube(
    canvas: Canvas, structure: Structure, along: Profile, sign: float, label: int, nodes: Lattice, course: Course
) -> None:
    part = _held(course, along, sign, 3.0 * STEP + structure.rim)
    if part is None:
        return
    x, y, s = course.x[part] * np.float32(sign), course.y[part], course.s[part]
    ends = np.maximum(np.float32(along.low) - s, s - np.float32(along.high))
    distance = np.maximum(_ellipse(x, y, along.at(s)), ends)
    some = nodes.part(part)
    if structure.rim:
        canvas.paint(some.stretch(distance - structure.rim, canvas.reach), structure.rim_tissue)
    canvas.paint(some.stretch(distance, canvas.reach), structure.tissue, label)


def _ellipse(x: Array, y: Array, section: tuple[Array, ...]) -> Array:
    """Return about the distance to turned ellipses: exact to first order at their edges, with one square root."""
    at_x, at_y, a, b, turn = section
    x, y = x - at_x, y - at_y
    angle = np.radians(turn)
    c, s = np.cos(angle), np.sin(angle)
    u, v = ((x * c + y * s) / a) ** 2, ((y * c - x * s) / b) ** 2
    gradient = np.sqrt(u / a**2 + v / b**2) + np.float32(1e-4)
    return np.asarray((u + v - 1.0) / (2.0 * gradient))


def _held(course: Course, along: Profile, sign: float, margin: float) -> tuple[slice, ...] | None:
    """Return the smallest part of an array that holds all points where a tube may lie; None if there is none."""
    x, y, a, b, _ = along.values
    size = np.maximum(a, b) + margin
    held = (course.s > along.low - margin) & (course.s < along.high + margin)
    sides = sorted((sign * float((x - size).min()), sign * float((x + size).max())))
    held &= (course.x > sides[0]) & (course.x < sides[1])
    held &= (course.y > float((y - size).min())) & (course.y < float((y + size).max()))
    if not held.any():
        return None
    spans = []
    for axis in range(3):
        used = np.flatnonzero(held.any(axis=tuple(n for n in range(3) if n != axis)))
        spans.append(slice(int(used[0]), int(used[-1]) + 1))
    return tuple(spans)
