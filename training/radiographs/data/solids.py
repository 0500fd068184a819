"""Simple closed surfaces: balls, tubes along a course, and many surfaces as one."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import lru_cache

import numpy as np
from spinetwin.geometry import FloatArray
from spinetwin.geometry.surfaces import Surface


@lru_cache(maxsize=1)
def unit_ball(finer: int = 3) -> Surface:
    """Return the unit sphere from an octahedron, whose every triangle is cut in four so many times."""
    points = np.vstack([np.eye(3), -np.eye(3)])
    faces = np.array([[0, 1, 2], [1, 3, 2], [3, 4, 2], [4, 0, 2], [1, 0, 5], [3, 1, 5], [4, 3, 5], [0, 4, 5]])
    for _ in range(finer):
        edges = np.sort(faces[:, [[0, 1], [1, 2], [2, 0]]].reshape(-1, 2), axis=1)
        unique, back = np.unique(edges, axis=0, return_inverse=True)
        middles = points[unique].sum(axis=1)
        a, b, c = faces.T
        ab, bc, ca = (len(points) + back.reshape(-1, 3)).T
        points = np.vstack([points, middles / np.linalg.norm(middles, axis=1, keepdims=True)])
        faces = np.vstack([np.stack(each, axis=1) for each in ((a, ab, ca), (ab, b, bc), (ca, bc, c), (ab, bc, ca))])
    return Surface(points, faces)


def ellipsoid(middle: Sequence[float] | FloatArray, half: Sequence[float] | FloatArray) -> Surface:
    """Return an ellipsoid along the axes."""
    ball = unit_ball()
    return Surface(ball.vertices * np.asarray(half) + np.asarray(middle), ball.triangles)


def tube(axis: FloatArray, first: FloatArray, second: FloatArray, around: int = 8) -> Surface:
    """Return a tube with elliptic sections.

    Parameters
    ----------
    axis : (n, 3) array
        Its middle.
    first, second : (n, 3) arrays
        Half axes of the sections; (first, second, way along the tube) are right-handed.
    around : int
        Corners of a section.
    """
    count = len(axis)
    angle = np.linspace(0.0, 2.0 * np.pi, around, endpoint=False)[:, None]
    rings = axis[:, None] + np.cos(angle) * first[:, None] + np.sin(angle) * second[:, None]
    points = np.concatenate([rings.reshape(-1, 3), axis[[0, -1]]])
    here = np.arange(around)
    after = (here + 1) % around
    along = around * np.arange(count - 1)[:, None]
    a, b, c, d = ((along + each).ravel() for each in (here, after, around + here, around + after))
    low, high, last = count * around, count * around + 1, (count - 1) * around
    faces = [
        np.stack([a, b, d], axis=1),
        np.stack([a, d, c], axis=1),
        np.stack([np.full(around, low), after, here], axis=1),
        np.stack([np.full(around, high), last + here, last + after], axis=1),
    ]
    return Surface(points, np.concatenate(faces))


def together(surfaces: Iterable[Surface]) -> Surface:
    """Return surfaces as one; where they overlap each counts."""
    every = list(surfaces)
    starts = np.cumsum([0, *(len(each.vertices) for each in every)])
    faces = [each.triangles + start for each, start in zip(every, starts, strict=False)]
    return Surface(np.concatenate([each.vertices for each in every]), np.concatenate(faces))
