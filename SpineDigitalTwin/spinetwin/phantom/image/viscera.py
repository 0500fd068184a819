"""Loops of bowel in front of the spine: short bent tubes with a wall, some with gas, scattered by chance."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ...geometry import FloatArray, Frame, Grid
from ..shape.distances import Array
from ..voxels import block_of
from .canvas import Canvas
from .contrast import tissue_id
from .curve import STEP, SpineCurve, place_of
from .lattice import patch
from .soft_tissue import shift

COUNT = 150
"""Loops between the stomach and the pelvis."""

WALL = 2.0
"""Thickness of the wall of the bowel, mm."""

GAS = 0.18
"""Share of the loops that hold gas."""


@dataclass(frozen=True)
class Loop:
    """An ellipsoid: its frame (longest axis first), half axes in mm, and what it holds."""

    frame: Frame
    axes: tuple[float, float, float]
    content: int


def bowel(curve: SpineCurve, rng: np.random.Generator) -> tuple[Loop, ...]:
    """Scatter the loops of one person in front of the lumbar spine."""
    top, bottom = place_of(curve, "L1", -10.0), place_of(curve, "S1", -80.0)
    chance = rng.random((COUNT, 8))
    if top is None or bottom is None:
        return ()
    places = bottom + (top - bottom) * chance[:, 0]
    turns = _rotations(chance[:, 3:6] * 2 - 1) @ curve.frames[0].axes
    loops = []
    for row, s, aside, turn in zip(chance, places.tolist(), shift(curve, places).tolist(), turns, strict=True):
        x, y = (row[1] * 2 - 1) * 105 * curve.size, (44 + 34 * row[2] - 0.0022 * ((row[1] * 2 - 1) * 105) ** 2) * curve.size
        x -= aside
        thick = float((9 + 10 * row[6]) * curve.size)
        content = "gas" if row[7] < GAS else "bowel_content" if row[7] < 0.75 else "bowel_wall"
        loops.append(Loop(Frame(curve.point(x, y, s), turn), (thick * 1.8, thick, thick), tissue_id(content)))
    return tuple(loops)


def _rotations(v: FloatArray) -> FloatArray:
    """Rotations (n, 3, 3) whose first rows point along v (n, 3) (Gram-Schmidt with a fixed second direction)."""
    first = _unit(v)
    second = _unit(np.cross(first, [0.36, 0.48, 0.8]))
    return np.stack([first, second, np.cross(first, second)], axis=1)


def _unit(v: FloatArray) -> FloatArray:
    return np.asarray(v / np.maximum(np.linalg.norm(v, axis=1, keepdims=True), 1e-6))


def paint_loops(canvas: Canvas, loops: tuple[Loop, ...], grid: Grid) -> None:
    """Paint loops of bowel."""
    for loop in in_view(loops, grid, canvas.reach):
        a, b, c = loop.axes

        def outside(x: Array, y: Array, z: Array, a: float = a, b: float = b, c: float = c) -> Array:
            inside = np.sqrt((x / a) ** 2 + (y / b) ** 2 + (z / c) ** 2) + 1e-3
            gradient = np.sqrt((x / a**2) ** 2 + (y / b**2) ** 2 + (z / c**2) ** 2) + 1e-3
            return np.asarray(inside * (inside - 1.0) / gradient)

        found = patch(block_of(grid, loop.frame), ((-a, -b, -c), (a, b, c)), outside, canvas.reach, STEP)
        if found is None:
            continue
        canvas.paint(found, tissue_id("bowel_wall"))
        canvas.paint(type(found)(found.where, found.distance + WALL), loop.content)


def in_view(loops: tuple[Loop, ...], grid: Grid, reach: float) -> list[Loop]:
    """Return the loops of which anything up to `reach` mm around them may lie on a grid, in their order."""
    if not loops:
        return []
    to_ijk = np.linalg.inv(grid.ijk_to_ras[:3, :3])
    middles = (np.array([loop.frame.origin for loop in loops]) - grid.ijk_to_ras[:3, 3]) @ to_ijk.T
    corners = np.linalg.norm(np.array([loop.axes for loop in loops]) + reach, axis=1)
    sizes = corners[:, None] * np.linalg.norm(to_ijk, axis=1) + 1.0
    seen = ((middles + sizes > 0) & (middles - sizes < np.array(grid.shape) - 1)).all(axis=1)
    return [loop for loop, one in zip(loops, seen, strict=True) if one]
