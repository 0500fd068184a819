"""How good a shape model is: compact, general and specific.

References
----------
Davies RH, Twining CJ, Cootes TF, Waterton JC, Taylor CJ (2002) A minimum description length approach to statistical shape
modeling. IEEE TMI 21:525-537.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ...geometry import FloatArray
from .principal import components

_DRAWS = 200
_PLACES = 1500
"""Vertices that distances are taken over."""


@dataclass(frozen=True)
class Quality:
    """Measures of a model with 1, 2, ... modes.

    Attributes
    ----------
    compactness : (m,) array
        Share of the variance that so many modes hold.
    generality : (g, 2) array
        Mean distance of the vertices of a shape from the nearest that a model of the other shapes can do, and its standard
        error over the shapes left out, mm; g is one less than m at most.
    specificity : (m, 2) array
        Mean distance of shapes drawn from the model from the nearest of those it was made of, and its standard error, mm.
    """

    compactness: FloatArray
    generality: FloatArray
    specificity: FloatArray


def quality_of(shapes: FloatArray, modes: int, rng: np.random.Generator) -> Quality:
    """Judge the model of aligned shapes (k, n, 3) with up to so many modes."""
    some = shapes[:, :: max(1, shapes.shape[1] // _PLACES)]
    found = components(shapes)
    held = np.cumsum(found.variances[:modes]) / max(float(found.variances.sum()), 1e-12)
    return Quality(held, _generality(some, modes), _specificity(some, len(held), rng))


def _generality(shapes: FloatArray, modes: int) -> FloatArray:
    rows = []
    for left_out, shape in enumerate(shapes):
        others = components(np.delete(shapes, left_out, axis=0), modes)
        flat = others.modes.reshape(-1, len(others.variances)) / np.sqrt(others.variances)
        away = (shape - others.mean).ravel()
        scores = flat.T @ away
        rest = away[:, None] - np.cumsum(flat * scores, axis=1)
        rows.append(np.linalg.norm(rest.reshape(*others.mean.shape, -1), axis=1).mean(axis=0))
    shortest = min(len(row) for row in rows)
    return _with_error(np.array([row[:shortest] for row in rows]))


def _specificity(shapes: FloatArray, modes: int, rng: np.random.Generator) -> FloatArray:
    found = components(shapes, modes)
    scores = rng.standard_normal((_DRAWS, found.modes.shape[2]))
    nearest = np.zeros((_DRAWS, found.modes.shape[2]))
    for draw, mine in enumerate(scores):
        made = found.mean[:, :, None] + np.cumsum(found.modes * mine, axis=2)
        for mode in range(made.shape[2]):
            nearest[draw, mode] = np.linalg.norm(shapes - made[:, :, mode], axis=2).mean(axis=1).min()
    return _with_error(nearest)


def _with_error(values: FloatArray) -> FloatArray:
    """Return mean and standard error of the rows, (columns, 2)."""
    return np.stack([values.mean(axis=0), values.std(axis=0, ddof=1) / np.sqrt(len(values))], axis=1)
