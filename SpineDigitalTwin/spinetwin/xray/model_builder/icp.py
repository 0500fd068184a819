"""Rigid alignment of surfaces by iterated closest points, without the pairs that do not belong together.

References
----------
Besl PJ, McKay ND (1992) A method for registration of 3-D shapes. IEEE TPAMI 14:239-256.
Chetverikov D, Stepanov D, Krsek P (2005) Robust Euclidean alignment of 3D point sets: the trimmed iterative closest point
algorithm. Image and Vision Computing 23:299-309.
"""

from __future__ import annotations

import numpy as np

from ...geometry import FloatArray
from ..triangulate import rigid
from .matching import Cloud, onto_plane

_MOST_ROUNDS = 40
_AT_REST_MM = 0.005
_LEAST_PAIRS = 12


def icp(moving: Cloud, fixed: Cloud) -> tuple[FloatArray, FloatArray]:
    """Return the rotation (3, 3) and shift (3,) that lay one surface over another: fixed = moving @ R.T + t.

    Parameters
    ----------
    moving, fixed : Cloud
        Already within some mm and degrees of each other.
    """
    rotation, shift = np.eye(3), np.zeros(3)
    for _ in range(_MOST_ROUNDS):
        now = Cloud(moving.points @ rotation.T + shift, moving.normals @ rotation.T)
        found, good = fixed.nearest(now)
        if good.sum() < _LEAST_PAIRS:
            break
        there = onto_plane(now.points[good], fixed, found[good])
        before = rotation, shift
        rotation, shift = rigid(moving.points[good], there)
        moved = moving.points @ (rotation - before[0]).T + shift - before[1]
        if float(np.linalg.norm(moved, axis=1).max()) < _AT_REST_MM:
            break
    return rotation, shift
