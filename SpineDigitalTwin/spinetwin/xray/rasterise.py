"""Which pixels the triangles of closed surfaces cover, and what lies along the rays through them: numpy.

The way of a ray through a solid is the sum of the depths where it leaves minus the sum of those where it enters. Corners are
laid on a lattice of 1/65536 pixel and edges are decided in whole numbers, with a rule that gives a pixel on a common edge to
exactly one of two triangles. So a ray enters as often as it leaves, and no crack ever shows.

References
----------
Pineda J (1988) A parallel algorithm for polygon rasterization. SIGGRAPH 22:17-20.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ..geometry import FloatArray, IntArray

LATTICE = 65536
"""Places of a corner along a pixel."""

GRAZING = 0.05
"""Least cosine between ray and surface in a derivative, which would be endless where the ray only grazes."""

_TURNED = ((0, 1, 2), (0, 2, 1))


@dataclass(frozen=True)
class Fragments:
    """Every pair of a pixel and a triangle that covers its centre.

    Attributes
    ----------
    triangle, pixel : (k,) arrays of int64
        Which triangle; row * columns + column.
    weights : (k, 3) array
        Of the triangle's corners at the point where the ray meets it.
    depth : (k,) array
        Of that point, mm.
    leaves : (k,) array
        1.0 where the ray leaves the solid, -1.0 where it enters.
    """

    triangle: IntArray
    pixel: IntArray
    weights: FloatArray
    depth: FloatArray
    leaves: FloatArray


def on_lattice(projected: FloatArray) -> IntArray:
    """Return the places (n, 2) of projected corners (n, 3) on the lattice."""
    return np.floor(projected[:, :2] * LATTICE + 0.5).astype(np.int64)


def fragments(projected: FloatArray, triangles: IntArray, size: tuple[int, int], handedness: float) -> Fragments:
    """Find what covers the pixels of a film.

    Parameters
    ----------
    projected : (n, 3) array
        Column, row and depth of every vertex (`Camera.project`); all depths are positive.
    triangles : (m, 3) array of int64
        Counter-clockwise seen from outside.
    size : (int, int)
        Columns and rows of the film.
    handedness : float
        Of the camera.
    """
    corners = on_lattice(projected)[triangles]
    first, second = corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]
    area = first[:, 0] * second[:, 1] - second[:, 0] * first[:, 1]
    order = np.where(area < 0, 1, 0)
    turned = np.take_along_axis(corners, np.array(_TURNED)[order][:, :, None], axis=1)
    which, columns, rows = _candidates(turned, area != 0, size)
    bary, inside = _barycentric(turned[which], columns, rows, np.abs(area[which]))
    which, columns, rows, bary = which[inside], columns[inside], rows[inside], bary[inside]
    bary = np.take_along_axis(bary, np.array(_TURNED)[order[which]], axis=1)
    nearness = bary / projected[triangles[which], 2]
    depth = 1.0 / nearness.sum(axis=1)
    leaves = np.where(order[which] == 0, 1.0, -1.0) * handedness
    return Fragments(which, rows * size[0] + columns, nearness * depth[:, None], depth, leaves)


def _candidates(corners: IntArray, wanted: npt.NDArray[np.bool_], size: tuple[int, int]) -> tuple[IntArray, IntArray, IntArray]:
    """Return triangle, column and row of every pixel centre in the boxes around the triangles."""
    low = np.maximum((corners.min(axis=1) + LATTICE - 1) // LATTICE, 0)
    high = np.minimum(corners.max(axis=1) // LATTICE, np.array(size) - 1)
    spans = np.where(wanted[:, None], np.maximum(high - low + 1, 0), 0)
    counts = spans[:, 0] * spans[:, 1]
    which = np.repeat(np.arange(len(corners)), counts)
    place = np.arange(len(which)) - np.repeat(np.cumsum(counts) - counts, counts)
    wide = spans[which, 0]
    return which, low[which, 0] + place % np.maximum(wide, 1), low[which, 1] + place // np.maximum(wide, 1)


def _barycentric(
    corners: IntArray, columns: IntArray, rows: IntArray, area: IntArray
) -> tuple[FloatArray, npt.NDArray[np.bool_]]:
    """Return the weights (k, 3) of the corners at pixel centres, and which of these lie inside."""
    inside = np.ones(len(columns), dtype=np.bool_)
    values = np.empty((len(columns), 3))
    for corner in range(3):
        a, b = corners[:, (corner + 1) % 3], corners[:, (corner + 2) % 3]
        along = b - a
        value = along[:, 0] * (rows * LATTICE - a[:, 1]) - along[:, 1] * (columns * LATTICE - a[:, 0])
        mine = (along[:, 1] < 0) | ((along[:, 1] == 0) & (along[:, 0] > 0))
        inside &= (value > 0) | ((value == 0) & mine)
        values[:, corner] = value / np.maximum(area, 1)
    return values, inside


def add_depths(projected: FloatArray, triangles: IntArray, handedness: float, reference: float, out: FloatArray) -> None:
    """Add to `out` (rows, columns) how much depth, mm, lies inside a closed surface; `reference` is any depth near it."""
    found = fragments(projected, triangles, (out.shape[1], out.shape[0]), handedness)
    sums = np.bincount(found.pixel, found.leaves * (found.depth - reference), minlength=out.size)
    out += sums.reshape(out.shape)


def add_derivative(
    projected: FloatArray,
    triangles: IntArray,
    handedness: float,
    normals: FloatArray,
    directions: FloatArray,
    velocities: FloatArray,
    out: FloatArray,
) -> None:
    """Add to `out` how the depth inside a closed surface changes with each parameter.

    Parameters
    ----------
    projected, triangles, handedness
        As in `fragments`.
    normals : (m, 3) array
        Of the triangles, of any length, RAS.
    directions : (rows, columns, 3) array
        Of the rays, as `Camera.rays` gives them.
    velocities : (n, 3, p) array
        How each vertex moves with each parameter, RAS mm.
    out : (rows, columns, p) array
        mm of depth for a unit of the parameter.
    """
    rows, columns, count = out.shape
    found = fragments(projected, triangles, (columns, rows), handedness)
    gain, corners = _gain(found, normals, directions), triangles[found.triangle]
    flat = out.reshape(-1, count)
    for corner in range(3):
        moved = np.einsum("kc,kcp->kp", gain * found.weights[:, corner, None], velocities[corners[:, corner]])
        _add_rows(flat, found.pixel, moved)


def add_forces(
    projected: FloatArray,
    triangles: IntArray,
    handedness: float,
    normals: FloatArray,
    directions: FloatArray,
    weights: FloatArray,
    out: FloatArray,
) -> None:
    """Add to `out` how a weighted sum of the depths inside a closed surface changes with each of its vertices.

    It is what `add_derivative` gives, summed over the pixels before it is multiplied by the velocities: as cheap as the depths.

    Parameters
    ----------
    projected, triangles, handedness, normals, directions
        As in `add_derivative`.
    weights : (rows, columns) array
        Of the pixels.
    out : (n, 3) array
        For a mm along RAS.
    """
    found = fragments(projected, triangles, (weights.shape[1], weights.shape[0]), handedness)
    force = _gain(found, normals, directions) * weights.ravel()[found.pixel, None]
    for corner in range(3):
        _add_rows(out, triangles[found.triangle, corner], found.weights[:, corner, None] * force)


def _gain(found: Fragments, normals: FloatArray, directions: FloatArray) -> FloatArray:
    """Return how the depth inside changes where each ray meets the surface (k, 3), for a mm along RAS."""
    normal = normals[found.triangle]
    facing = np.einsum("kc,kc->k", normal, directions.reshape(-1, 3)[found.pixel])
    least = GRAZING * np.linalg.norm(normal, axis=1)
    facing = np.where(np.abs(facing) < least, np.copysign(least, facing), facing)
    return np.asarray((found.leaves / facing)[:, None] * normal)


def _add_rows(out: FloatArray, places: IntArray, values: FloatArray) -> None:
    from scipy.sparse import csr_array

    spread = csr_array((np.ones(len(places)), (places, np.arange(len(places)))), shape=(len(out), len(places)))
    out += spread @ values
