"""The smooth curve through the vertebral bodies."""

from __future__ import annotations

import numpy as np

from .grid import FloatArray


def spline_tangents(points: FloatArray) -> FloatArray:
    """Return the unit derivatives, at the points, of a cubic spline through them.

    Parameters
    ----------
    points : (n, 3) array
        Distinct points in mm, in order; n >= 2. Two give a line, three a parabola.

    Returns
    -------
    (n, 3) array
        Unit vectors in the direction of travel. The parameter is the length of the chords.
    """
    from scipy.interpolate import CubicSpline

    chords = np.linalg.norm(np.diff(points, axis=0), axis=1)
    if (chords == 0).any():
        raise ValueError("two neighbouring points coincide")
    parameter = np.concatenate([[0.0], np.cumsum(chords)])
    tangents = np.asarray(CubicSpline(parameter, points)(parameter, 1))
    return np.asarray(tangents / np.linalg.norm(tangents, axis=1, keepdims=True))
