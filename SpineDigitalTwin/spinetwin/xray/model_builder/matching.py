"""Which place on one surface belongs to which on another: the nearest that faces the same way, without outliers."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from ...geometry import FloatArray, IntArray

if TYPE_CHECKING:
    from scipy.spatial import cKDTree

SAME_WAY = 0.5
"""Cosine between normals: surfaces that look more than 60 degrees apart are two sides of a thin bone."""

FAR_OFF = 3.0
"""Pairs further apart than this many times the median distance are outliers."""

LEAST_FAR_MM = 1.0
_NEIGHBOURS = 8
_SPREAD = 2000

Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Cloud:
    """Places on a surface and the directions it faces there, (n, 3) each."""

    points: FloatArray
    normals: FloatArray

    @cached_property
    def tree(self) -> cKDTree:
        """The places, for look-up."""
        from scipy.spatial import cKDTree

        return cKDTree(self.points)

    @cached_property
    def spread(self) -> IntArray:
        """Up to 2000 of the places, in an order in which the first ones lie as far from each other as can be."""
        return farthest_first(self.points, _SPREAD)

    def some(self, which: npt.NDArray[Any]) -> Cloud:
        """Return some of the places."""
        return Cloud(self.points[which], self.normals[which])

    def nearest(self, others: Cloud, reach: float = LEAST_FAR_MM) -> tuple[npt.NDArray[np.int64], Mask]:
        """Return for each of the others (k,) the nearest place here that faces the same way, and whether it is no outlier.

        What is nearer than `reach` mm never is one.
        """
        apart, found = self.tree.query(others.points, k=min(_NEIGHBOURS, len(self.points)))
        apart, found = apart.reshape(len(others.points), -1), found.reshape(len(others.points), -1)
        alike = np.einsum("knc,kc->kn", self.normals[found], others.normals) > SAME_WAY
        first = alike.argmax(axis=1)
        rows = np.arange(len(found))
        known, away = alike[rows, first], apart[rows, first]
        far = max(FAR_OFF * float(np.median(away[known])) if known.any() else 0.0, reach)
        return found[rows, first], known & (away < far)


def onto_plane(points: FloatArray, cloud: Cloud, which: npt.NDArray[np.int64]) -> FloatArray:
    """Return points (k, 3) projected onto the planes of the surface at the places `which` of a cloud."""
    at, normal = cloud.points[which], cloud.normals[which]
    return np.asarray(points - ((points - at) * normal).sum(axis=1, keepdims=True) * normal)


def farthest_first(points: FloatArray, count: int) -> IntArray:
    """Return up to `count` places of points (n, 3), each as far from those before as can be."""
    count = min(count, len(points))
    chosen = np.zeros(count, dtype=np.int64)
    chosen[0] = int(((points - points.mean(axis=0)) ** 2).sum(axis=1).argmax())
    away = np.full(len(points), np.inf)
    for place in range(1, count):
        step = points - points[chosen[place - 1]]
        away = np.minimum(away, np.einsum("nc,nc->n", step, step))
        chosen[place] = int(away.argmax())
    return chosen
