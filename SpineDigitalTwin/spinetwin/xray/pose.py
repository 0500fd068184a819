"""Small changes of a posed vertebra: six of its pose, then its modes; and how far it may go from where it started."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from ..geometry import FloatArray, Frame
from .shapes import Posed

MOST_MM = 10.0
MOST_DEGREES = np.array([15.0, 15.0, 30.0])
"""About right, anterior and superior: most vertebrae turn about the long axis of the body."""

MOST_SCORE = 3.0
"""Bounds of Yu et al.: pose against the start, standard deviations of a mode."""

POSE = 6


def rotation_of(vector: FloatArray) -> FloatArray:
    """Return the rotation (3, 3) about a vector whose length is the angle in radians (Rodrigues)."""
    from scipy.spatial.transform import Rotation

    return np.asarray(Rotation.from_rotvec(vector).as_matrix())


def vector_of(rotation: FloatArray) -> FloatArray:
    """Return the rotation vector (3,), radians, of a rotation (3, 3)."""
    from scipy.spatial.transform import Rotation

    return np.asarray(Rotation.from_matrix(rotation).as_rotvec())


def velocities(posed: Posed, points: FloatArray, modes: FloatArray) -> FloatArray:
    """Return how points move with rotation (radians, RAS), translation (mm) and modes: (n, 3, 6 + m).

    Parameters
    ----------
    posed : Posed
    points : (n, 3) array
        RAS mm.
    modes : (n, 3, m) array
        Of the points, in the vertebra's frame.
    """
    return own_velocities(points - posed.frame.origin, np.einsum("ncm,cd->ndm", modes, posed.frame.axes))


def own_velocities(points: FloatArray, modes: FloatArray) -> FloatArray:
    """Return how points (n, 3) of a vertebra move along its own axes with rotation, translation and modes: (n, 3, 6 + m)."""
    moves = np.zeros((*points.shape, POSE + modes.shape[2]))
    for axis in range(3):
        after, before = (axis + 1) % 3, (axis + 2) % 3
        moves[:, before, axis], moves[:, after, axis] = points[:, after], -points[:, before]
        moves[:, axis, 3 + axis] = 1.0
    moves[:, :, POSE:] = modes
    return moves


def changed(posed: Posed, step: FloatArray, start: Frame) -> Posed:
    """Return the vertebra after a step (6 + m,), held within the bounds about `start`."""
    axes = posed.frame.axes @ rotation_of(step[:3]).T
    turn = np.degrees(vector_of(start.axes @ axes.T))
    turn = np.radians(np.clip(turn, -MOST_DEGREES, MOST_DEGREES))
    moved = np.clip(posed.frame.origin + step[3:POSE] - start.origin, -MOST_MM, MOST_MM)
    scores = posed.scores.copy()
    scores[: len(step) - POSE] += step[POSE:]
    frame = Frame(start.origin + moved, rotation_of(turn).T @ start.axes, "radiographs")
    return replace(posed, frame=frame, scores=np.clip(scores, -MOST_SCORE, MOST_SCORE))


def at_bound(posed: Posed, start: Frame) -> bool:
    """Whether the pose has come to a bound."""
    turn = np.abs(np.degrees(vector_of(start.axes @ posed.frame.axes.T)))
    return bool((turn > MOST_DEGREES - 0.1).any() or (np.abs(posed.frame.origin - start.origin) > MOST_MM - 0.1).any())
