"""A point in space from where it is seen on two films.

References
----------
Yu et al., Three-dimensional reconstruction of the lumbar spine with submillimeter accuracy using biplanar X-ray images, eq. 8.
Hartley R, Zisserman A (2004) Multiple View Geometry, sections 12.2 and 5.2 (uncertainty).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ..errors import ParameterError
from ..geometry import FloatArray
from .cameras import Camera

_STEPS = 4
_PARALLEL = 1e-4


@dataclass(frozen=True)
class Triangulated:
    """A point seen on several films.

    Attributes
    ----------
    position : (3,) array
        RAS mm.
    covariance : (3, 3) array
        mm^2, for the given uncertainty of a click.
    residual : float
        Root mean square distance of the point from where it was seen, pixels.
    """

    position: FloatArray
    covariance: FloatArray
    residual: float

    @property
    def miss(self) -> float:
        """By how much the rays of two films that stand across each other miss each other, pixels."""
        # on each film the point is half of that away from the ray, in one of the four coordinates
        return float(np.sqrt(8.0)) * self.residual


def triangulate(cameras: Sequence[Camera], pixels: Sequence[FloatArray], pixel_sd: float = 1.0) -> Triangulated:
    """Find the point that is seen nearest to the given pixels.

    Parameters
    ----------
    cameras : sequence of Camera
        Two or more.
    pixels : sequence of (2,) array
        Column and row on the film of each.
    pixel_sd : float
        Standard deviation of a click along each direction, pixels.

    Raises
    ------
    ParameterError
        If fewer than two films see it, or their rays are parallel.
    """
    if len(cameras) < 2:
        raise ParameterError("A point in space needs two films.")
    position = _nearest_to_rays(cameras, pixels)
    for _ in range(_STEPS):
        away, slope = _seen(cameras, pixels, position)
        position = position - np.linalg.lstsq(slope, away, rcond=None)[0]
    away, slope = _seen(cameras, pixels, position)
    spread: FloatArray = np.asarray(pixel_sd**2 * np.linalg.inv(slope.T @ slope), dtype=np.float64)
    return Triangulated(position, spread, float(np.sqrt((away**2).mean())))


def _nearest_to_rays(cameras: Sequence[Camera], pixels: Sequence[FloatArray]) -> FloatArray:
    total, right = np.zeros((3, 3)), np.zeros(3)
    for camera, pixel in zip(cameras, pixels, strict=True):
        origin, direction = camera.rays(pixel)
        unit = direction / np.linalg.norm(direction)
        across = np.eye(3) - np.outer(unit, unit)
        total += across
        right += across @ origin
    if np.linalg.eigvalsh(total)[0] < _PARALLEL:
        raise ParameterError("Both films were taken from the same side.", "Give a frontal and a lateral one.")
    return np.asarray(np.linalg.solve(total, right), dtype=np.float64)


def _seen(cameras: Sequence[Camera], pixels: Sequence[FloatArray], position: FloatArray) -> tuple[FloatArray, FloatArray]:
    away = [camera.project(position)[:2] - pixel for camera, pixel in zip(cameras, pixels, strict=True)]
    return np.concatenate(away), np.concatenate([camera.derivative(position) for camera in cameras])


def rigid(moving: FloatArray, fixed: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return the rotation (3, 3) and translation (3,) that take points (n, 3) nearest to others: fixed = moving @ R.T + t.

    References
    ----------
    Kabsch W (1976) Acta Cryst. A32:922.
    """
    from_, to = moving.mean(axis=0), fixed.mean(axis=0)
    left, _, right = np.linalg.svd((moving - from_).T @ (fixed - to))
    mirror = np.diag([1.0, 1.0, np.sign(np.linalg.det(left @ right))])
    rotation = (left @ mirror @ right).T
    return rotation, to - rotation @ from_
