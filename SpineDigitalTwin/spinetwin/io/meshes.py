"""Triangle meshes of any common format: .vtk, .vtp, .ply and .stl.

Without a word of their axes they are in LPS, as 3D Slicer takes them.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import numpy.typing as npt

from ..errors import ReadError
from ..geometry import FloatArray
from ..geometry.surfaces import Surface
from .ply import read_ply_arrays
from .shape_limits import check_count, check_file, check_places, check_triangles
from .surfaces import TO_LPS, read_stl
from .texts import PathLike
from .vtk_legacy import read_vtk_arrays
from .vtp import read_vtp_arrays

MESH_SUFFIXES = (".vtk", ".vtp", ".ply", ".stl")


def read_mesh(path: PathLike) -> Surface:
    """Read a surface of triangles.

    Parameters
    ----------
    path : path
        mm. An .stl file must be binary; its corners that lie on one place become one vertex.

    Returns
    -------
    Surface
        RAS mm.

    Raises
    ------
    ReadError
        If there is no such file, it is damaged, too large, or has polygons that are no triangles.
    """
    path = Path(path)
    check_file(path)
    suffix = path.suffix.lower()
    if suffix == ".stl":
        surface = _joined(read_stl(path))
    else:
        vertices, triangles, space = _arrays(path, suffix)
        surface = Surface(vertices if space == "RAS" else vertices * TO_LPS, triangles)
    check_count(path.name, "vertices", len(surface.vertices))
    check_places(path.name, surface.vertices)
    check_triangles(path.name, surface.triangles, len(surface.vertices))
    return surface


def _arrays(path: Path, suffix: str) -> tuple[FloatArray, npt.NDArray[np.int64], str]:
    if suffix == ".ply":
        return *read_ply_arrays(path), ""
    if suffix == ".vtp":
        return read_vtp_arrays(path)
    if suffix == ".vtk":
        vertices, triangles, title = read_vtk_arrays(path)
        return vertices, triangles, "RAS" if "SPACE=RAS" in title else ""
    raise ReadError(f"{path.name} is no mesh.", f"Known are {', '.join(MESH_SUFFIXES)}.")


def _joined(surface: Surface) -> Surface:
    """Return a surface whose equal vertices are one, in the order in which they come first."""
    _, first, inverse = np.unique(surface.vertices, axis=0, return_index=True, return_inverse=True)
    order = np.argsort(first)
    rank = np.empty_like(order)
    rank[order] = np.arange(len(order))
    return Surface(surface.vertices[first[order]], rank[inverse.reshape(-1)][surface.triangles])
