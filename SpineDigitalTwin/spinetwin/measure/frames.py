"""Axes of the vertebrae from their points, since files of points hold nothing else."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from ..anatomy import PointId, level
from ..anatomy.axes import DIRECTIONS, point_behind
from ..geometry import FloatArray, Frame, nearest_frame
from ..geometry.curves import spline_tangents


def frames_from_points(points: Mapping[tuple[int, int], FloatArray]) -> dict[int, Frame]:
    """Return the axes of every level that has a body and either direction points or something behind the body.

    Parameters
    ----------
    points : mapping of (level id, point id) to (3,) array
        RAS mm.

    Returns
    -------
    dict of level id to Frame
        The direction points (128, 129, 130) of a level are followed exactly; where they are missing, the superior axis is the
        tangent of the curve through the bodies and the posterior one points to the arch.
    """
    column = sorted((key for key, poi in points if poi == PointId.BODY), key=lambda each: level(each).order)
    tangents = _tangents(np.array([points[key, PointId.BODY] for key in column]))
    frames = {}
    for key, superior in zip(column, tangents, strict=True):
        frame = _from_directions(points, key) or _from_arch(points, key, superior)
        if frame is not None:
            frames[key] = frame
    return frames


def _tangents(centres: FloatArray) -> list[FloatArray | None]:
    """Return the upward tangents (3,) of the curve through centres (n, 3) from the top; None where one point makes no curve."""
    if len(centres) < 2 or (np.diff(centres, axis=0) == 0).all(axis=1).any():
        return [None] * len(centres)
    return list(-spline_tangents(centres))


def _from_directions(points: Mapping[tuple[int, int], FloatArray], key: int) -> Frame | None:
    if any((key, poi) not in points for poi in DIRECTIONS):
        return None
    centre = points[key, PointId.BODY]
    posterior, inferior, right = (points[key, poi] - centre for poi in DIRECTIONS)
    return nearest_frame(np.asarray(centre), np.stack([right, -posterior, -inferior]), "direction points")


def _from_arch(points: Mapping[tuple[int, int], FloatArray], key: int, superior: FloatArray | None) -> Frame | None:
    behind = point_behind(points, key)
    if behind is None or superior is None:
        return None
    centre = np.asarray(points[key, PointId.BODY])
    back = points[key, behind] - centre
    back = back - (back @ superior) * superior
    if np.linalg.norm(back) < 1.0:
        return None
    anterior = -back / np.linalg.norm(back)
    return Frame(centre, np.stack([np.cross(anterior, superior), anterior, superior]), "curve of the bodies and arch")
