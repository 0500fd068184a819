"""How aligned shapes differ: principal components, the largest first."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ...geometry import FloatArray

_NOTHING = 1e-6
"""Components smaller than this share of the largest, or than this many mm, are rounding."""


@dataclass(frozen=True)
class Components:
    """Principal components of k shapes.

    Attributes
    ----------
    mean : (n, 3) array
        mm.
    modes : (n, 3, m) array
        How each vertex moves for one standard deviation of each component, mm.
    variances : (m,) array
        mm^2, summed over all vertices.
    scores : (k, m) array
        Of the shapes they come from, standard deviations.
    rest : float
        mm^2, summed over all vertices: the variance of components that were left out.
    """

    mean: FloatArray
    modes: FloatArray
    variances: FloatArray
    scores: FloatArray
    rest: float


def components(shapes: FloatArray, most: int | None = None) -> Components:
    """Return the principal components of aligned shapes (k, n, 3), at most k - 1 of them; none if all are the same."""
    count = len(shapes)
    mean = shapes.mean(axis=0)
    flat = (shapes - mean).reshape(count, -1)
    left, sizes, right = np.linalg.svd(flat / np.sqrt(count - 1), full_matrices=False)
    real = int((sizes > _NOTHING * max(float(sizes[0]), 1.0)).sum())
    kept = min(real, count - 1, count - 1 if most is None else most)
    sizes, variances = sizes[:kept], sizes**2
    modes = (right[:kept].T * sizes).reshape(*mean.shape, kept)
    scores = left[:, :kept] * np.sqrt(count - 1)
    return Components(mean, np.ascontiguousarray(modes), variances[:kept], scores, float(variances[kept:].sum()))
