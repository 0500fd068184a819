"""The seven landmarks of a vertebra that a person clicks on films: their names, and where they lie on a procedural vertebra.

References
----------
Yu et al., Three-dimensional reconstruction of the lumbar spine with submillimeter accuracy using biplanar X-ray images.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np

from ..anatomy import level as level_of
from ..anatomy.subregions import SubregionId as Sub
from ..anatomy.tables import read_table
from ..geometry import FloatArray, IntArray
from ..geometry.frame import direction_coefficients
from ..phantom import VertebraShape

ROWS = {row["name"]: row for row in read_table("landmarks.csv", __package__)}
"""By name: the part of the vertebra it lies on, and the direction in which it lies furthest out."""

LANDMARKS = tuple(ROWS)
"""Names of the landmarks, in the order of arrays."""

VIEWS = ("frontal", "lateral")

PARTS = {"costal_right": Sub.COSTAL_RIGHT, "costal_left": Sub.COSTAL_LEFT, "spinous": Sub.SPINOUS}
"""The processes among the parts of `ROWS`."""

RIM_MM = 0.6
"""A tip is the middle of what reaches to within this many mm of the outermost place."""


class Solid(Protocol):
    """Whatever knows its signed distance, in a frame of its own."""

    def solid(self, points: FloatArray) -> FloatArray:
        """Return the signed distance (n,) at points (n, 3), mm, negative inside."""


@dataclass(frozen=True)
class Landmarks:
    """What was clicked.

    Attributes
    ----------
    seen : mapping of (level id, landmark, view) to (2,) array
        Column and row on the film, as it was read.
    source : str
        The file, for messages.
    """

    seen: Mapping[tuple[int, str, str], FloatArray] = field(default_factory=dict)
    source: str = "the landmarks"

    def of_level(self, level: int) -> dict[str, dict[str, FloatArray]]:
        """Return pixels by landmark and view."""
        found: dict[str, dict[str, FloatArray]] = {}
        for (key, name, view), pixel in self.seen.items():
            if key == level:
                found.setdefault(name, {})[view] = pixel
        return found

    @property
    def levels(self) -> tuple[int, ...]:
        """Level ids, from the top."""
        return tuple(sorted({key for key, _, _ in self.seen}, key=lambda key: level_of(key).order))


def landmarks_of(shape: VertebraShape, vertices: FloatArray) -> FloatArray:
    """Return the landmarks (7, 3) of a procedural vertebra in its own frame, mm.

    Parameters
    ----------
    shape : VertebraShape
        Of a level with a body and all processes, C3 to L6.
    vertices : (n, 3) array
        Of its surface; the tips of processes are found among them.
    """
    parts = shape.labels(vertices - 0.5 * _outward(shape, vertices))
    return np.array([_place(shape, vertices, parts, row["part"], row["direction"]) for row in ROWS.values()])


def _place(shape: VertebraShape, vertices: FloatArray, parts: IntArray, part: str, direction: str) -> FloatArray:
    way = direction_coefficients(direction)
    if part == "body":
        axis = way[2] * np.linspace(0.0, shape.body.height_front, 400)[:, None] * np.array([0.0, 0.0, 1.0])
        inside = shape.body.distance(*axis.T) < 0
        return np.asarray(axis[np.flatnonzero(inside)[-1]])
    if part == "pedicle":
        return _pedicle(shape, float(way[0]))
    mine = vertices[parts == PARTS[part]]
    reach = mine @ way
    return np.asarray(mine[reach > reach.max() - RIM_MM].mean(axis=0))


def _pedicle(shape: VertebraShape, side: float) -> FloatArray:
    """Return the middle of the bone beside the canal, half a canal's depth behind the body's rear wall at most."""
    row = shape.row
    x = side * (row.canal_width + row.pedicle_width) / 2
    heights = np.linspace(-row.height, row.height, 200)
    y = -row.body_depth / 2 - row.canal_depth / 4
    column = np.stack([np.full(200, x), np.full(200, y), heights], axis=1)
    inside = np.flatnonzero(shape.solid(column) < 0)
    return np.array([x, y, heights[inside].mean()])


def _outward(shape: VertebraShape, points: FloatArray) -> FloatArray:
    gradient = gradient_of(shape, points)
    return np.asarray(gradient / np.linalg.norm(gradient, axis=1, keepdims=True))


def gradient_of(shape: Solid, points: FloatArray, step: float = 0.05) -> FloatArray:
    """Return how the signed distance of a solid changes at points (n, 3), by central differences."""
    moved = [shape.solid(points + step * unit) - shape.solid(points - step * unit) for unit in np.eye(3)]
    return np.stack(moved, axis=1) / (2 * step)
