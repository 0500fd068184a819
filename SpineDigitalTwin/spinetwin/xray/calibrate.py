"""Where the second source really was: refined from landmarks that were seen on both films.

The patient turns, or the table does, between two films: how far round (azimuth), how far away (distance), and how much higher
and further forward the film is (offsets) is not what the form says. Points and these four numbers are found together (bundle
adjustment); what the points cannot tell is held by what is usual (`calibration.csv`).

References
----------
Hartley R, Zisserman A (2004) Multiple View Geometry, section 18.1.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from ..anatomy.tables import read_table
from ..errors import ParameterError
from ..geometry import FloatArray
from .cameras import Camera
from .landmarks import Landmarks
from .triangulate import triangulate

LEAST_POINTS = 8

_USUAL = {row["name"]: float(row["sd"]) for row in read_table("calibration.csv", __package__)}

QUANTITIES = tuple(_USUAL)

USUAL = np.array(list(_USUAL.values()))
"""Standard deviations of what a form says, (4,)."""


@dataclass(frozen=True)
class Calibration:
    """A refined camera.

    Attributes
    ----------
    camera : Camera
    change : (4,) array
        azimuth_deg, distance_mm, across_mm and along_mm (`QUANTITIES`) by which it differs from the one that was given.
    sd : (4,) array
        Their uncertainty for the given one of a click.
    before, after : float
        Root mean square distance of the points from where they were seen, pixels.
    """

    camera: Camera
    change: FloatArray
    sd: FloatArray
    before: float
    after: float


def moved_camera(camera: Camera, change: FloatArray) -> Camera:
    """Return a camera gone round the body's long axis (degrees), further away, and shifted along its columns and rows (mm)."""
    azimuth, distance, across, along = change
    cos, sin = np.cos(np.radians(azimuth)), np.sin(np.radians(azimuth))
    turn = np.array([[cos, -sin, 0.0], [sin, cos, 0.0], [0.0, 0.0, 1.0]])
    shift = across * camera.axes[0] + along * camera.axes[1] - distance * camera.axes[2]
    return replace(camera, source=turn @ (camera.source + shift), axes=camera.axes @ turn.T)


def seen_on_both(landmarks: Landmarks, views: Sequence[str]) -> list[tuple[int, str]]:
    """Return level id and name of the landmarks that every film shows."""
    keys = sorted({(key, name) for key, name, _ in landmarks.seen})
    return [(key, name) for key, name in keys if all((key, name, view) in landmarks.seen for view in views)]


def refine(cameras: Sequence[Camera], pixels: FloatArray, pixel_sd: float = 1.0) -> Calibration:
    """Refine the second of two cameras.

    Parameters
    ----------
    cameras : pair of Camera
        The first one is taken as it is.
    pixels : (n, 2, 2) array
        Column and row of each point on the first and the second film.
    pixel_sd : float
        Standard deviation of a click, pixels.

    Raises
    ------
    ParameterError
        If there are fewer than eight points.
    """
    from scipy.optimize import least_squares

    if len(pixels) < LEAST_POINTS:
        raise ParameterError(
            f"{len(pixels)} landmarks are seen on both films; a calibration needs {LEAST_POINTS}.", "Click more of them."
        )
    first, second = cameras
    found = [triangulate(cameras, list(each)) for each in pixels]
    usual, known = USUAL, len(USUAL)

    def away(values: FloatArray) -> FloatArray:
        points, camera = values[known:].reshape(-1, 3), moved_camera(second, values[:known] * usual)
        seen = [each.project(points)[:, :2] for each in (first, camera)]
        misses = np.stack(seen, axis=1) - pixels
        return np.concatenate([misses.ravel() / pixel_sd, values[:known]])

    start = np.concatenate([np.zeros(known), *(each.position for each in found)])
    fit = least_squares(away, start, x_scale="jac")
    spread = np.linalg.inv(fit.jac.T @ fit.jac)[:known, :known]
    before, after = (float(pixel_sd * np.sqrt((away(values)[:-known] ** 2).mean())) for values in (start, fit.x))
    change = fit.x[:known] * usual
    return Calibration(moved_camera(second, change), change, np.sqrt(np.diag(spread)) * usual, before, after)
