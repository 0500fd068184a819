"""The lines on a film where the rays graze a surface: its outline, and what of it shines through, such as rims of pedicles.

References
----------
Hertzmann A, Zorin D (2000) Illustrating smooth surfaces. SIGGRAPH, section 4.1 (silhouettes of meshes by interpolated normals).
"""

from __future__ import annotations

import numpy as np

from ..geometry import FloatArray
from ..geometry.surfaces import Surface
from .cameras import Camera
from .correspondence import vertex_normals


def silhouette(camera: Camera, surface: Surface) -> FloatArray:
    """Return pieces of lines on the film, (m, 2, 2): m pieces, their two ends, column and row.

    Parameters
    ----------
    camera : Camera
    surface : Surface
        Closed, RAS mm.
    """
    seen = camera.project(surface.vertices)[:, :2]
    _, directions = camera.rays(seen)
    facing = (vertex_normals(surface) * directions).sum(axis=1)
    corners = surface.triangles[_crossed(facing[surface.triangles])]
    alone = _alone(facing[corners])
    ends = [_between(seen, facing, alone_corner, other) for alone_corner, other in _edges(corners, alone)]
    return np.stack(ends, axis=1) if len(corners) else np.zeros((0, 2, 2))


def _crossed(values: FloatArray) -> np.ndarray:
    """Say which triangles look both towards the source and away from it."""
    behind = (values > 0).sum(axis=1)
    return np.asarray((behind == 1) | (behind == 2))


def _alone(values: FloatArray) -> np.ndarray:
    """Return the corner of each triangle whose sign no other one has."""
    behind = values > 0
    return np.asarray(np.where(behind.sum(axis=1) == 1, behind.argmax(axis=1), (~behind).argmax(axis=1)))


def _edges(corners: np.ndarray, alone: np.ndarray) -> list[tuple[np.ndarray, np.ndarray]]:
    rows = np.arange(len(corners))
    return [(corners[rows, alone], corners[rows, (alone + step) % 3]) for step in (1, 2)]


def _between(seen: FloatArray, facing: FloatArray, first: np.ndarray, second: np.ndarray) -> FloatArray:
    part = facing[first] / (facing[first] - facing[second])
    return np.asarray(seen[first] + part[:, None] * (seen[second] - seen[first]))
