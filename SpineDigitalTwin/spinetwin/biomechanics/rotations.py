"""Rotations about one axis, for bodies that all bend about the trunk's right axis."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from ..geometry import FloatArray


def about(axis: FloatArray, degrees: npt.ArrayLike) -> FloatArray:
    """Return rotation matrices (..., 3, 3) by angles (...) about a unit axis (3,), right-handed.

    Examples
    --------
    >>> import numpy as np
    >>> (about(np.array([0.0, 0.0, 1.0]), 90.0) @ [1.0, 0.0, 0.0]).round(9).tolist()
    [0.0, 1.0, 0.0]
    """
    angles = np.radians(np.asarray(degrees, dtype=np.float64))[..., None, None]
    x, y, z = axis
    cross = np.array([[0.0, -z, y], [z, 0.0, -x], [-y, x, 0.0]])
    return np.asarray(np.eye(3) + np.sin(angles) * cross + (1.0 - np.cos(angles)) * (cross @ cross))


def about_right(right: FloatArray, degrees: npt.ArrayLike) -> FloatArray:
    """Return the rotations that bend forward, the head towards the front, about a right axis (3,) in RAS.

    Examples
    --------
    >>> import numpy as np
    >>> (about_right(np.array([1.0, 0.0, 0.0]), 90.0) @ [0.0, 0.0, 1.0]).round(9).tolist()
    [0.0, 1.0, 0.0]
    """
    return about(right, -np.asarray(degrees, dtype=np.float64))
