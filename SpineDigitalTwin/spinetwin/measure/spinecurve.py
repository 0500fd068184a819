"""The smooth curve through the bodies: length, curvature, torsion.

References
----------
Poncet P, Dansereau J, Labelle H (2001) Geometric torsion in idiopathic scoliosis. Spine 26:2235-2243.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from ..anatomy import PointId
from ..geometry import FloatArray
from .landmarks import Landmarks
from .results import MissingInput

_FEWEST = 5
_NODES_PER_GAP = 16


@dataclass(frozen=True)
class SpineCurve:
    """The curve through n bodies, from the top.

    Attributes
    ----------
    levels : tuple of int
        The bodies.
    points : (n, 3) array
        Their centres, RAS mm.
    curvature, torsion : (n,) arrays
        At the centres, per mm; torsion is NaN where the curve is straight, positive for a right-handed helix.
    length : float
        From the first to the last centre along the curve, mm.
    """

    levels: tuple[int, ...]
    points: FloatArray
    curvature: FloatArray
    torsion: FloatArray
    length: float


def spine_curve(spine: Landmarks) -> SpineCurve:
    """Return the interpolating quintic spline through the centres of the bodies.

    Raises
    ------
    MissingInput
        If fewer than five bodies are seen: torsion needs third derivatives.
    """
    placed = [(key, spine.points[key, PointId.BODY]) for key in spine.levels if (key, PointId.BODY) in spine.points]
    if len(placed) < _FEWEST:
        raise MissingInput(f"fewer than {_FEWEST} vertebral bodies are seen")
    points = np.array([point for _, point in placed])
    parameter = _arc_parameter(points)
    curvature, torsion = _bends(points, parameter)
    return SpineCurve(tuple(key for key, _ in placed), points, curvature, torsion, float(_length(points, parameter)))


def curve_spreads(curve: SpineCurve, drawn: Landmarks) -> dict[str, FloatArray]:
    """Return the standard deviations of length, curvature (n,) and torsion (n,) over draws of the points.

    Every draw is interpolated at the parameters of the curve itself: length, curvature and torsion do not depend on them.
    """
    points = np.stack([drawn.points[key, PointId.BODY] for key in curve.levels])
    parameter = _arc_parameter(curve.points)
    curvature, torsion = _bends(points, parameter)
    seen = np.isfinite(torsion).all(axis=1)
    spread = np.full(len(curve.levels), np.nan)
    spread[seen] = torsion[seen].std(axis=1)
    return {
        "length": np.asarray(_gap_lengths(points, parameter).sum(axis=0).std()),
        "curvature": curvature.std(axis=1),
        "torsion": spread,
    }


def _derivatives(points: FloatArray, parameter: FloatArray) -> tuple[Callable[[FloatArray], FloatArray], ...]:
    """Return the first three derivatives of the splines through points (n, ..., 3) at given parameters (n,)."""
    from scipy.interpolate import make_interp_spline

    spline = make_interp_spline(parameter, points, k=5 if len(points) > _FEWEST else 3)
    return tuple(spline.derivative(order) for order in (1, 2, 3))


def _arc_parameter(points: FloatArray) -> FloatArray:
    """Return the length along the curve at each point; it starts from the chords and is corrected until it stays."""
    parameter = np.concatenate([[0.0], np.cumsum(np.linalg.norm(np.diff(points, axis=0), axis=1))])
    for _ in range(8):
        steps = _gap_lengths(points, parameter)
        parameter = np.concatenate([[0.0], np.cumsum(steps)])
    return parameter


def _gap_lengths(points: FloatArray, parameter: FloatArray) -> FloatArray:
    """Integrate the speed between neighbouring knots (Gauss-Legendre)."""
    nodes, weights = np.polynomial.legendre.leggauss(_NODES_PER_GAP)
    half = np.diff(parameter) / 2
    at = (parameter[:-1] + half)[:, None] + half[:, None] * nodes
    speed = np.linalg.norm(_derivatives(points, parameter)[0](at), axis=-1)
    return np.asarray((np.tensordot(speed, weights, (1, 0)).T * half).T)


def _length(points: FloatArray, parameter: FloatArray) -> float:
    return float(_gap_lengths(points, parameter).sum())


def _bends(points: FloatArray, parameter: FloatArray) -> tuple[FloatArray, FloatArray]:
    first, second, third = (derivative(parameter) for derivative in _derivatives(points, parameter))
    cross = np.cross(first, second)
    area = np.linalg.norm(cross, axis=-1)
    curvature = area / np.linalg.norm(first, axis=-1) ** 3
    torsion = np.where(area > 1e-5, (cross * third).sum(axis=-1) / np.maximum(area, 1e-5) ** 2, np.nan)
    return curvature, torsion
