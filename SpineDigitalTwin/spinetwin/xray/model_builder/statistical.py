"""A shape model as it is stored: a mean surface and its principal components."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from ...geometry import FloatArray, IntArray
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


@dataclass(frozen=True)
class Corresponded:
    """Shapes of one level whose vertices belong together: the first of one to the first of every other.

    Attributes
    ----------
    names : tuple of str
        Files they come from.
    shapes : (k, n, 3) array
        RAS mm.
    triangles : (t, 3) array or None
        Of each of them; None for particles, which have none.
    mean : Surface or None
        A surface of the mean of the particles, with vertices of its own.
    """

    names: tuple[str, ...]
    shapes: FloatArray
    triangles: IntArray | None = None
    mean: Surface | None = None
