"""Smooth curves through noisy points, of which some may be grossly wrong."""

from __future__ import annotations

import numpy as np

from ...geometry import FloatArray

_ROUNDS = 30
_ABSOLUTE_ROUNDS = 12


def robust_weights(s: FloatArray, values: FloatArray, stiffness: float, floor: float) -> FloatArray:
    """Return the weight, 0 to 1, that each point has in a smooth curve through all of them.

    Parameters
    ----------
    s : (n,) array
        Parameter, ascending.
    values : (n, d) array
        Points; a point with NaN gets weight 0.
    stiffness : float
        As in `smooth`.
    floor : float
        Distances below this are never taken for errors.

    Notes
    -----
    Iteratively reweighted: first for the least sum of distances, which starts well among gross errors, then with the weights
    of Geman and McClure with three times the robust standard deviation (Holland and Welsch 1977).
    """
    known = np.asarray(np.isfinite(values).all(axis=1), dtype=np.bool_)
    weights: FloatArray = known.astype(np.float64)
    for step in range(_ROUNDS):
        away = np.linalg.norm(np.where(known[:, None], values - smooth(s, values, weights, stiffness), 0.0), axis=1)
        if step < _ABSOLUTE_ROUNDS:
            weights = np.asarray(known * np.minimum(1.0, floor / np.maximum(away, 0.1 * floor)))
        else:
            width = max(floor, 3 * 1.4826 * float(np.median(away[known])))
            weights = np.asarray(known / (1.0 + (away / width) ** 2) ** 2)
    return weights


def smooth(s: FloatArray, values: FloatArray, weights: FloatArray, stiffness: float) -> FloatArray:
    """Return the values (n, d) at `s` of the natural cubic smoothing spline.

    The one that minimises the weighted sum of squares plus `stiffness` (mm cubed) times the integral of its squared second
    derivative (Reinsch 1967).
    """
    h = np.diff(s)
    n = len(s)
    q = np.zeros((n, n - 2))
    r = np.zeros((n - 2, n - 2))
    for j in range(n - 2):
        q[j : j + 3, j] = 1 / h[j], -1 / h[j] - 1 / h[j + 1], 1 / h[j + 1]
        r[j, j] = (h[j] + h[j + 1]) / 3
        if j + 1 < n - 2:
            r[j, j + 1] = r[j + 1, j] = h[j + 1] / 6
    system = np.diag(weights) + stiffness * q @ np.linalg.solve(r, q.T)
    return np.asarray(np.linalg.solve(system, weights[:, None] * np.where(np.isfinite(values), values, 0.0)))
