"""A shape model as it is stored: a mean surface and its principal components."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from ...geometry import FloatArray
from ...geometry.surfaces import Surface


@dataclass(frozen=True)
class StatisticalModel:
    """Mean and principal components of the vertebrae of one level (mm along right, anterior, superior).

    Attributes
    ----------
    level : int or None
        Level id; None if the file does not say.
    mean : Surface
    modes : (n, 3, m) array
        How each vertex moves for one standard deviation of each mode, mm.
    variances : (m,) array
        mm^2, summed over all vertices.
    noise : float
        mm^2 of each coordinate, besides the modes.
    scores : (k, m) array
        Of the shapes it was made of, standard deviations; (0, m) if not known.
    landmarks : (7, 3) array or None
        On the mean shape, in the order of `LANDMARKS`, nan where not known; None if the file has none.
    points : mapping of point id to (3,) array
        Points of interest of the mean shape.
    """

    level: int | None
    mean: Surface
    modes: FloatArray
    variances: FloatArray
    noise: float
    scores: FloatArray
    landmarks: FloatArray | None = None
    points: Mapping[int, FloatArray] = field(default_factory=dict)

    def surface(self, scores: FloatArray) -> Surface:
        """Return the shape with the given scores (up to m of them, standard deviations)."""
        return Surface(self.mean.vertices + self.modes[:, :, : len(scores)] @ np.asarray(scores), self.mean.triangles)
