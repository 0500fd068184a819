"""Where a film was in space, for drawing it there: its plane, its frustum, and the line that a point of the other film makes.

References
----------
Hartley R, Zisserman A (2004) Multiple View Geometry, section 9.1 (epipolar lines; of a slot scanner they are curves).
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from ..geometry import FloatArray
from .cameras import Camera

_DEEP_MM = 250.0
"""Before and behind the middle of the patient; no spine is further away from it."""

_STEPS = 33


def plane_of(camera: Camera, distance_mm: float) -> FloatArray:
    """Return the matrix (4, 4) that takes column, row and 0 to where the film was, RAS mm.

    Parameters
    ----------
    camera : Camera
    distance_mm : float
        From the source to the film.
    """
    origins, directions = camera.rays(np.array([[0.0, 0.0], [1.0, 0.0], [0.0, 1.0]]))
    first, right, below = origins + distance_mm * directions
    matrix = np.eye(4)
    matrix[:3] = np.stack([right - first, below - first, camera.axes[2], first], axis=1)
    return matrix


def pixels_at(plane: FloatArray, points: npt.ArrayLike) -> FloatArray:
    """Return column and row (..., 2) of points (..., 3) on, or right above, the plane of a film."""
    away = np.asarray(points, dtype=np.float64) - plane[:3, 3]
    return np.asarray((away @ np.linalg.inv(plane[:3, :3]).T)[..., :2])


def places_of(plane: FloatArray, pixels: npt.ArrayLike) -> FloatArray:
    """Return where pixels (..., 2) of a film were, (..., 3), RAS mm."""
    return np.asarray(np.asarray(pixels, dtype=np.float64) @ plane[:3, :2].T + plane[:3, 3])


def frustum_of(camera: Camera, plane: FloatArray) -> FloatArray:
    """Return lines (m, 2, 3), RAS mm: from the source to the corners of the film, and around the film.

    The source of a slot scanner moves: a line begins where it is when that corner is exposed.
    """
    width, height = camera.size
    corners = np.array([[-0.5, -0.5], [width - 0.5, -0.5], [width - 0.5, height - 0.5], [-0.5, height - 0.5]])
    sources, _ = camera.rays(corners)
    places = places_of(plane, corners)
    rays = np.stack([sources, places], axis=1)
    around = np.stack([places, np.roll(places, -1, axis=0)], axis=1)
    path = np.stack([sources[[0]], sources[[2]]], axis=1)
    return np.concatenate([rays, around, path])


def epipolar(seen_by: Camera, pixel: npt.ArrayLike, other: Camera) -> FloatArray:
    """Return the pixels (n, 2) of another film between which a point lies that one film shows at a pixel.

    Parameters
    ----------
    seen_by : Camera
    pixel : (2,) array_like
        Column and row.
    other : Camera
    """
    origin, direction = seen_by.rays(np.asarray(pixel, dtype=np.float64))
    middle = float(np.linalg.norm(seen_by.source))
    depths = np.linspace(max(middle - _DEEP_MM, 1.0), middle + _DEEP_MM, _STEPS)
    return other.project(origin + depths[:, None] * direction)[:, :2]
