"""Linear maps along one axis of an array, as matrices: an axis of an image is so short that fast transforms are no faster."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from ..shape.distances import Array

Matrix = npt.NDArray[np.floating]


def along(matrix: Matrix, values: Array, axis: int) -> Array:
    """Multiply one axis of an array (i, j, k) by a matrix (m, n), which makes its length m instead of n."""
    if axis == 0:
        return np.asarray(np.tensordot(matrix, values, axes=1))
    if axis == 1:
        return np.asarray(np.matmul(matrix, values))
    return np.asarray(values @ matrix.T)


def cosines(count: int, first: int) -> npt.NDArray[np.float32]:
    """Return the orthonormal cosines of the discrete cosine transform (type 2) of so many nodes, from the `first` on.

    Returns
    -------
    (count - first, count) array
        One cosine in each row; the first of all is constant.
    """
    waves = np.arange(first, count)[:, None]
    found = np.cos(np.pi / count * waves * (np.arange(count) + 0.5)) * np.sqrt(np.where(waves, 2.0, 1.0) / count)
    return np.asarray(found, dtype=np.float32)


def wrapped_gaussian(count: int, sd: float, truncate: float = 3.0) -> npt.NDArray[np.float32]:
    """Return the matrix (count, count) that smooths a periodic axis by a Gaussian.

    Parameters
    ----------
    count : int
        Nodes of a period.
    sd : float
        Standard deviation in nodes; 0 smooths nothing.
    truncate : float
        After so many of them it ends.
    """
    reach = int(truncate * sd + 0.5)
    away = np.arange(-reach, reach + 1)
    weights = np.exp(-0.5 * (away / sd) ** 2) if sd else np.ones(1)
    row = np.bincount(away % count, weights / weights.sum(), minlength=count)
    nodes = np.arange(count)
    return np.asarray(row[(nodes - nodes[:, None]) % count], dtype=np.float32)
