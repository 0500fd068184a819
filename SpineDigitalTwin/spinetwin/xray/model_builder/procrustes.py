"""Shapes of corresponding vertices brought together by turning and shifting them, never by scaling: size is shape.

References
----------
Gower JC (1975) Generalized Procrustes analysis. Psychometrika 40:33-51.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ...geometry import FloatArray
from ..triangulate import rigid

_MOST_ROUNDS = 50
_AT_REST_MM = 1e-4


@dataclass(frozen=True)
class Aligned:
    """Shapes that lie over each other.

    Attributes
    ----------
    shapes : (k, n, 3) array
        mm.
    rotations, shifts : (k, 3, 3) and (k, 3) arrays
        How each of them got there: aligned = given @ R.T + t.
    """

    shapes: FloatArray
    rotations: FloatArray
    shifts: FloatArray

    @property
    def mean(self) -> FloatArray:
        """The mean shape (n, 3)."""
        return np.asarray(self.shapes.mean(axis=0))

    def moved(self, which: int, points: FloatArray) -> FloatArray:
        """Take points (..., 3) that are given as one of the shapes was to where that shape is now."""
        return np.asarray(points @ self.rotations[which].T + self.shifts[which])


def procrustes(shapes: FloatArray) -> Aligned:
    """Align shapes to their mean, and the mean to the mean of the axes they were given in.

    Parameters
    ----------
    shapes : (k, n, 3) array
        mm, each in a frame of its own.
    """
    mean = shapes[0]
    for _ in range(_MOST_ROUNDS):
        found = [rigid(each, mean) for each in shapes]
        moved = np.stack([each @ turn.T + step for each, (turn, step) in zip(shapes, found, strict=True)])
        before, mean = mean, moved.mean(axis=0)
        if float(np.abs(mean - before).max()) < _AT_REST_MM:
            break
    return _in_mean_frame(moved, np.array([turn for turn, _ in found]), np.array([step for _, step in found]))


def _in_mean_frame(shapes: FloatArray, rotations: FloatArray, shifts: FloatArray) -> Aligned:
    """Express all in the mean of the frames that came along: the aligned ones have no axes of their own."""
    left, _, right = np.linalg.svd(rotations.sum(axis=0))
    axes, origin = left @ np.diag([1.0, 1.0, np.linalg.det(left @ right)]) @ right, shifts.mean(axis=0)
    return Aligned((shapes - origin) @ axes, axes.T @ rotations, (shifts - origin) @ axes)
