"""The nearest place on the surface of a voxel mask."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from .fields import SURFACE, MaskField
from .grid import FloatArray

if TYPE_CHECKING:
    from scipy.spatial import cKDTree

_NEIGHBOURS = 24
"""Crossings that the direction of the surface is averaged over: a patch of about five voxels across."""
_REACH_VOXELS = 1.5
_BISECTIONS = 12


@dataclass(frozen=True)
class MaskSurface:
    """The surface of a mask as the places where it crosses the edges between neighbouring voxels.

    Attributes
    ----------
    field : MaskField
        The mask.
    crossings : (n, 3) array
        RAS mm.
    areas : (n, 3) array
        The voxel face that each crossing stands for, as a vector of its area in square mm that points outwards.
    """

    field: MaskField
    crossings: FloatArray
    areas: FloatArray
    _tree: cKDTree

    def nearest(self, points: npt.ArrayLike) -> FloatArray:
        """Return the nearest place on the surface for RAS points (n, 3).

        The crossing nearest to a point gives the patch, the mean of the faces around it the direction of the surface (the
        steps of a voxel surface average out), and bisection along that direction the place itself. It is exact on flat
        surfaces along the grid, and within a fraction of a voxel elsewhere.
        """
        points = np.atleast_2d(np.asarray(points, dtype=np.float64))
        _, found = self._tree.query(points, k=min(_NEIGHBOURS, len(self.crossings)))
        found = found.reshape(len(points), -1)
        normals = self.areas[found].sum(axis=1)
        lengths = np.linalg.norm(normals, axis=1, keepdims=True)
        # where opposite faces cancel, as on a plate one voxel thick, the nearest face itself must do
        single = self.areas[found[:, 0]]
        normals = np.where(lengths > 1e-6, normals, single)
        normals = normals / np.linalg.norm(normals, axis=1, keepdims=True)
        start = self.crossings[found[:, 0]]
        flat = points - ((points - start) * normals).sum(axis=1, keepdims=True) * normals
        exact = self._on_surface(flat, normals, start)
        # on a waist or an edge the patch is not flat, and the crossing itself may be nearer
        nearer = np.linalg.norm(exact - points, axis=1) <= np.linalg.norm(start - points, axis=1)
        return np.where(nearer[:, None], exact, start)

    def _on_surface(self, middle: FloatArray, normals: FloatArray, otherwise: FloatArray) -> FloatArray:
        """Bisect along the normals between inside and outside; `otherwise` where the ends do not lie on either side."""
        reach = _REACH_VOXELS * float(self.field.grid.spacing.max())
        low, high = np.full(len(middle), -reach), np.full(len(middle), reach)
        crosses = self.field.inside(middle - reach * normals) & ~self.field.inside(middle + reach * normals)
        for _ in range(_BISECTIONS):
            half = 0.5 * (low + high)
            inside = self.field.inside(middle + half[:, None] * normals)
            low, high = np.where(inside, half, low), np.where(inside, high, half)
        exact = middle + (0.5 * (low + high))[:, None] * normals
        return np.where(crosses[:, None], exact, otherwise)


def surface_of(field: MaskField) -> MaskSurface:
    """Find where the surface of a mask crosses the edges between voxels; the mask must not be empty."""
    from scipy.spatial import cKDTree

    crossings, areas = [], []
    for axis in range(3):
        first, second = _neighbours(field.values, axis)
        at = np.argwhere((first > SURFACE) != (second > SURFACE))
        before, after = first[tuple(at.T)], second[tuple(at.T)]
        places = at.astype(np.float64)
        places[:, axis] += (SURFACE - before) / (after - before)
        crossings.append(field.grid.to_ras(places))
        areas.append(np.sign(before - after)[:, None] * _face(field, axis))
    points = np.concatenate(crossings)
    return MaskSurface(field, points, np.concatenate(areas), cKDTree(points))


def _neighbours(values: npt.NDArray[np.float32], axis: int) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.float32]]:
    turned = np.moveaxis(values, axis, 0)
    return np.moveaxis(turned[:-1], 0, axis), np.moveaxis(turned[1:], 0, axis)


def _face(field: MaskField, axis: int) -> FloatArray:
    """Return the area vector of the voxel face across an array axis, towards growing indices; holds for any affine."""
    edges = field.grid.ijk_to_ras[:3, :3].T
    face = np.cross(edges[(axis + 1) % 3], edges[(axis + 2) % 3])
    return np.asarray(face * np.sign(face @ edges[axis]))
