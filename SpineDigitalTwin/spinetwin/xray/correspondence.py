"""One mesh for every vertebra of a level: a template, and where its vertices lie on other vertebrae.

A vertex goes where the signed distance of the other shape is zero. Which way it slides along the surface is not given by the
distance; it slides as smoothly as its neighbours let it.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy.sparse import csr_array, diags_array, eye_array

from ..geometry import FloatArray, IntArray
from ..geometry.surfaces import Surface
from ..phantom import VertebraShape
from ..phantom.surfaces import vertebra_surface
from .landmarks import Solid, gradient_of

_RELAXED = 8
_ROUNDS = 4
_SMOOTHED = 8
_LONGEST_STEP = 2.0
"""mm: where the surface is bent, the distance along a normal is longer than the distance says."""


def template_of(shape: VertebraShape, spacing: float) -> Surface:
    """Return the surface of a vertebra with triangles of about one size, in its own frame.

    Raises
    ------
    ParameterError
        If VTK is not installed.
    """
    return relaxed(vertebra_surface(shape, spacing), shape)


def relaxed(surface: Surface, shape: Solid) -> Surface:
    """Return a surface of a shape with its vertices slid until its triangles are of about one size."""
    vertices, mean = surface.vertices, neighbour_mean(surface.triangles, len(surface.vertices))
    for _ in range(_RELAXED):
        vertices = _onto(shape, 0.5 * (vertices + mean @ vertices))
    return Surface(_onto(shape, vertices), surface.triangles)


def _onto(shape: Solid, points: FloatArray) -> FloatArray:
    gradient = gradient_of(shape, points)
    step = shape.solid(points)[:, None] * gradient / np.maximum((gradient**2).sum(axis=1, keepdims=True), 0.25)
    return np.asarray(points - np.clip(step, -1.0, 1.0))


def neighbour_mean(triangles: IntArray, count: int) -> csr_array:
    """Return the (n, n) matrix that replaces each vertex by the mean of its neighbours."""
    a, b, c = triangles.T
    rows, columns = np.concatenate([a, b, c, b, c, a]), np.concatenate([b, c, a, a, b, c])
    joined = csr_array((np.ones(len(rows)), (rows, columns)), shape=(count, count))
    return csr_array(diags_array(1.0 / joined.sum(axis=1)) @ joined)


def vertex_normals(surface: Surface) -> FloatArray:
    """Return unit vectors (n, 3) that point out of the surface at its vertices."""
    total = np.zeros_like(surface.vertices)
    for corner in range(3):
        np.add.at(total, surface.triangles[:, corner], surface.normals)
    return np.asarray(total / np.linalg.norm(total, axis=1, keepdims=True))


def displacements(template: Surface, shapes: Sequence[Solid]) -> FloatArray:
    """Return how the vertices of a template move onto other vertebrae of the level, (shapes, n, 3), mm.

    Parameters
    ----------
    template : Surface
        In the vertebra's frame.
    shapes : sequence of Solid
        Not far from the template: a few mm.
    """
    normals, count = vertex_normals(template), len(template.vertices)
    spread = csr_array(0.5 * (eye_array(count) + neighbour_mean(template.triangles, count)))
    moves = np.zeros((len(shapes), count, 3))
    for _ in range(_ROUNDS):
        places = template.vertices + moves
        away = np.stack([shape.solid(each) for shape, each in zip(shapes, places, strict=True)])
        moves = _slid(moves - np.clip(away, -_LONGEST_STEP, _LONGEST_STEP)[:, :, None] * normals, normals, spread)
    return moves


def _slid(moves: FloatArray, normals: FloatArray, spread: csr_array) -> FloatArray:
    """Smooth what of the moves lies along the surface, and leave alone what is across it."""
    across = np.einsum("snc,nc->sn", moves, normals)
    for _ in range(_SMOOTHED):
        flat = moves.transpose(1, 0, 2).reshape(len(normals), -1)
        smooth = (spread @ flat).reshape(len(normals), -1, 3).transpose(1, 0, 2)
        lost = across - np.einsum("snc,nc->sn", smooth, normals)
        moves = smooth + lost[:, :, None] * normals
    return moves
