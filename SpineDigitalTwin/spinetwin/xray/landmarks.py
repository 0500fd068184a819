"""The seven landmarks of a vertebra that a person clicks on films: their names, and where they lie on a procedural vertebra.

References
----------
Yu et al., Three-dimensional reconstruction of the lumbar spine with submillimeter accuracy using biplanar X-ray images.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from typing import Protocol

import numpy as np

from ..anatomy import Level, levels_between
from ..anatomy import level as level_of
from ..anatomy.subregions import SubregionId as Sub
from ..anatomy.tables import read_table
from ..errors import ParameterError
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


_HIGHEST, _LOWEST, _RARE = "C3", "L6", ("T13", "L6")


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
    remarks : tuple of str
        What whoever found them noticed that speaks against the names of the levels, as sentences.
    """

    seen: Mapping[tuple[int, str, str], FloatArray] = field(default_factory=dict)
    source: str = "the landmarks"
    remarks: tuple[str, ...] = ()

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


@dataclass(frozen=True)
class LevelNames:
    """Who vouches for the names of the levels.

    Attributes
    ----------
    lowest : int
        Id of the lowest level with landmarks, from which the others are counted.
    rest_on : str
        What the names rest on, for people.
    verified : bool
        Whether a person has confirmed them.
    hints : tuple of str
        What speaks against them, or cannot be checked, as sentences.
    """

    lowest: int
    rest_on: str
    verified: bool
    hints: tuple[str, ...] = ()

    @property
    def said(self) -> tuple[str, ...]:
        """What a person should know of the names, as sentences."""
        if self.verified:
            return self.hints
        name = level_of(self.lowest).name
        look = f"Look which vertebra the lowest one is: where it is not {name}, --lowest with its name moves all names along"
        doubt = f"The names of the levels are not verified: {self.rest_on}."
        return (doubt, *self.hints, f"{look}; --lowest {name} confirms them.")


def renamed(landmarks: Landmarks, level: int, to: int) -> Landmarks:
    """Call a level otherwise, and all others with it: they stay as far from each other as they were counted.

    Parameters
    ----------
    landmarks : Landmarks
    level, to : int
        Ids of one of its levels, and of what that is.

    Raises
    ------
    ParameterError
        If a level would lie above C3 or below the lowest one.
    """
    before, after = _chain(landmarks.levels), _chain([to])
    beyond = [level_of(key).name for key in (*landmarks.levels, to) if level_of(key) not in _chain([key])]
    if beyond:
        raise ParameterError(
            f"{beyond[-1]} is not counted with the others: names go from {after[0].name} to {_LOWEST}.",
            f"Leave out the landmarks of {beyond[-1]}.",
        )
    by = after.index(level_of(to)) - before.index(level_of(level))
    names = {key: before.index(level_of(key)) + by for key in landmarks.levels}
    if not all(0 <= at < len(after) for at in names.values()):
        raise ParameterError(
            f"{level_of(level).name} cannot be {level_of(to).name}: there is no level for all that are counted from it.",
            f"Names go from {after[0].name} to {after[-1].name}.",
        )
    seen = {(after[names[key]].id, name, view): pixel for (key, name, view), pixel in landmarks.seen.items()}
    return replace(landmarks, seen=seen)


def beside(level: int, step: int) -> int | None:
    """Return the level id so many names below a level (above, where negative), T13 left out; None where there is none."""
    names = _chain([level, level_of(_LOWEST).id])
    if level_of(level) not in names:
        return None
    at = names.index(level_of(level)) + step
    return names[at].id if 0 <= at < len(names) else None


def _chain(present: Collection[int]) -> list[Level]:
    """Return the levels that people have, and of the rare ones those that are present, from the top."""
    every = levels_between(level_of(_HIGHEST), level_of(_LOWEST))
    return [each for each in every if each.name not in _RARE or each.id in present]


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
