"""Signed distances (mm, negative inside) of simple solids, vectorised; they keep the dtype of their arguments."""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

Array: TypeAlias = npt.NDArray[np.floating[Any]]
Triple: TypeAlias = tuple[float, float, float]


def smooth_min(a: Array, b: Array, k: float) -> Array:
    """Return the minimum with a fillet of width `k` mm where both are near (quadratic polynomial; Quilez)."""
    h = np.maximum(k - np.abs(a - b), 0.0)
    return np.asarray(np.minimum(a, b) - h * h * (0.25 / k))


def length(u: Array, v: Array) -> Array:
    """Return the length of a vector; `numpy.hypot` is slower, because it minds numbers that are far too large for mm."""
    return np.asarray(np.sqrt(u * u + v * v))


def rounded_max(a: Array, b: Array, radius: float) -> Array:
    """Intersect two solids, with the common edge rounded to `radius` mm."""
    farther, nearer = np.maximum(a, b) + radius, np.maximum(np.minimum(a, b) + radius, 0.0)
    return np.asarray(np.copysign(length(farther, nearer), farther) - radius)


def smoothstep(t: Array) -> Array:
    """Return 0 for t <= 0, 1 for t >= 1, smooth between."""
    t = t.clip(0.0, 1.0)
    return np.asarray(t * t * (3.0 - 2.0 * t))


def ellipse(x: Array, y: Array, a: Array | float, b: Array | float) -> Array:
    """Return about the signed distance to an ellipse with half axes `a`, `b` (exact to first order at its edge)."""
    u, v = x / a, y / b
    inside = length(u, v) + 1e-6  # the small terms matter only at the very centre
    gradient = np.maximum(length(u / a, v / b), 1e-6 / a)
    return np.asarray(inside * (inside - 1.0) / gradient)


def superellipse(x: Array, y: Array, a: Array | float, b: Array | float, power: Array | float) -> Array:
    """Return about the signed distance to the curve |x/a|^power + |y/b|^power = 1."""
    u, v = np.maximum(np.abs(x) / a, 1e-4), np.maximum(np.abs(y) / b, 1e-4)
    up, vp = u ** (power - 1.0), v ** (power - 1.0)
    f = (up * u + vp * v) ** (1.0 / power)
    gradient = length(up / a, vp / b) * f ** (1.0 - power)
    return np.asarray((f - 1.0) / gradient)


def capsule(x: Array, y: Array, z: Array, start: Triple, end: Triple, radii: tuple[float, float]) -> Array:
    """Return the signed distance to a rod with round ends; the radius goes from one value to the other."""
    px, py, pz = x - start[0], y - start[1], z - start[2]
    bx, by, bz = end[0] - start[0], end[1] - start[1], end[2] - start[2]
    t = ((px * bx + py * by + pz * bz) * (1.0 / (bx * bx + by * by + bz * bz))).clip(0.0, 1.0)
    away = np.sqrt((px - bx * t) ** 2 + (py - by * t) ** 2 + (pz - bz * t) ** 2)
    return np.asarray(away - (radii[0] + (radii[1] - radii[0]) * t))


def rounded_box(u: Array, v: Array, w: Array, radius: float) -> Array:
    """Intersect three slabs given as signed distances `u`, `v`, `w`, with edges rounded to `radius` mm."""
    u, v, w = u + radius, v + radius, w + radius
    outside = np.sqrt(np.maximum(u, 0.0) ** 2 + np.maximum(v, 0.0) ** 2 + np.maximum(w, 0.0) ** 2)
    return np.asarray(outside + np.minimum(np.maximum(np.maximum(u, v), w), 0.0) - radius)
