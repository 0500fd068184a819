"""Closed surfaces with about a given number of vertices, spread evenly."""

from __future__ import annotations

import numpy as np
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components

from ...errors import ParameterError
from ...geometry.surfaces import Surface
from ..correspondence import relaxed
from ..own_shapes import OwnBone

FEWEST, MOST = 500, 50_000
"""Vertices: fewer do not show the processes, more than that no segmentation knows."""

_FIRST_MM = 1.4
_TRIALS = 4
_NEAR_ENOUGH = 0.03


def check_vertices(vertices: int) -> None:
    """Refuse a number of vertices that no segmentation can fill, or that shows no processes.

    Raises
    ------
    ParameterError
        If so.
    """
    if not FEWEST <= vertices <= MOST:
        raise ParameterError(f"A surface cannot have {vertices} vertices.", f"Choose from {FEWEST} to {MOST}.")


def remeshed(bone: OwnBone, vertices: int) -> Surface:
    """Return the surface of a vertebra with about so many vertices.

    Stray voxels and holes inside the bone, which have surfaces of their own, are left out. The number of vertices grows with
    the square of the fineness of the samples; two or three trials find the fineness. The vertices then slide along the surface
    until its triangles are of about one size.

    Parameters
    ----------
    bone : OwnBone
    vertices : int
        From 500 to 50,000.

    Raises
    ------
    ParameterError
        If the number is another one, nothing of the bone is left, or VTK is not installed.
    """
    check_vertices(vertices)
    spacing = _FIRST_MM
    for _ in range(_TRIALS):
        surface = _largest(bone.surface(spacing))
        ratio = len(surface.vertices) / vertices
        if abs(ratio - 1.0) < _NEAR_ENOUGH:
            break
        spacing *= ratio**0.5
    return relaxed(surface, bone)


def _largest(surface: Surface) -> Surface:
    """Return the largest of the pieces of a surface."""
    count = len(surface.vertices)
    edges = np.concatenate([surface.triangles[:, [0, 1]], surface.triangles[:, [1, 2]]])
    joined = csr_array((np.ones(len(edges), dtype=bool), (edges[:, 0], edges[:, 1])), shape=(count, count))
    pieces, piece = connected_components(joined, directed=False)
    if pieces == 1:
        return surface
    kept = piece == np.bincount(piece).argmax()
    number = np.cumsum(kept) - 1
    return Surface(surface.vertices[kept], number[surface.triangles[kept[surface.triangles[:, 0]]]])
