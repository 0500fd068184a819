"""Closed surfaces of solids that are given by a signed distance."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from ..errors import ParameterError
from .frame import Frame
from .grid import FloatArray

Distance: TypeAlias = Callable[[FloatArray, FloatArray, FloatArray], npt.NDArray[np.floating[Any]]]


@dataclass(frozen=True)
class Surface:
    """A closed surface of triangles.

    Attributes
    ----------
    vertices : (n, 3) array of float64
        mm.
    triangles : (m, 3) array of int64
        Indices of vertices, counter-clockwise seen from outside.
    """

    vertices: FloatArray
    triangles: npt.NDArray[np.int64]

    @cached_property
    def normals(self) -> FloatArray:
        """Vectors (m, 3) that point out of the triangles and are twice as long as these are large, mm^2."""
        a, b, c = (self.vertices[self.triangles[:, corner]] for corner in range(3))
        return np.cross(b - a, c - a)

    @property
    def volume(self) -> float:
        """Enclosed volume in cubic mm, by the divergence theorem."""
        middle = self.vertices.mean(axis=0)
        return float(np.einsum("mc,mc->", self.vertices[self.triangles[:, 0]] - middle, self.normals) / 6.0)

    def placed(self, frame: Frame) -> Surface:
        """Return a surface that is given in a frame, in the space of that frame."""
        return Surface(frame.to_ras(self.vertices), self.triangles)


def surface_of(distance: Distance, low: npt.ArrayLike, high: npt.ArrayLike, spacing: float) -> Surface:
    """Return the closed surface of a solid.

    Parameters
    ----------
    distance : function
        Takes x, y, z (arrays of one shape) and is negative inside the solid.
    low, high : (3,) array_like
        Corners of a box that contains the solid.
    spacing : float
        Distance of the samples, mm: what is thinner is lost.

    Raises
    ------
    ParameterError
        If nothing of the solid lies in the box, or VTK is not installed.
    """
    first = np.asarray(low, dtype=np.float64) - 2 * spacing
    counts = np.ceil((np.asarray(high) + 2 * spacing - first) / spacing).astype(int) + 1
    axes = [first[axis] + spacing * np.arange(counts[axis]) for axis in range(3)]
    x, y, z = np.meshgrid(*axes, indexing="ij")
    return surface_of_samples(distance(x, y, z), first, spacing)


def surface_of_samples(values: npt.NDArray[np.floating[Any]], origin: npt.ArrayLike, spacing: float) -> Surface:
    """Return the closed surface where samples (i, j, k) of a signed distance pass zero.

    Parameters
    ----------
    values : (i, j, k) array
        mm, negative inside; where the solid is cut by the border of the samples it is closed there.
    origin : (3,) array_like
        Where the first sample lies, mm.
    spacing : float
        Distance of the samples, mm.

    Raises
    ------
    ParameterError
        As `surface_of`.
    """
    outside = np.pad(values, 1, constant_values=spacing).astype(np.float64)
    # a sample exactly on the surface would make triangles without area
    outside[np.abs(outside) < 1e-6 * spacing] = 1e-6 * spacing
    if outside.min() >= 0:
        raise ParameterError("There is nothing to make a surface of.")
    points, triangles = _flying_edges(outside)
    surface = Surface(np.asarray(origin, dtype=np.float64) + (points - 1.0) * spacing, triangles)
    return surface if surface.volume > 0 else Surface(surface.vertices, triangles[:, ::-1])


def _flying_edges(values: FloatArray) -> tuple[FloatArray, npt.NDArray[np.int64]]:
    """Vertices in samples, and triangles, of the surface at zero."""
    try:
        from vtkmodules.util import numpy_support
        from vtkmodules.vtkCommonDataModel import vtkImageData
        from vtkmodules.vtkFiltersCore import vtkFlyingEdges3D
    except ImportError as error:
        raise ParameterError("Surfaces need VTK, which is not installed.", "Install it with: pip install vtk.") from error
    convert: Any = numpy_support  # it has no annotations
    image = vtkImageData()
    image.SetDimensions(*values.shape)
    image.GetPointData().SetScalars(convert.numpy_to_vtk(values.ravel(order="F")))
    edges = vtkFlyingEdges3D()
    edges.SetInputData(image)
    edges.SetValue(0, 0.0)
    edges.ComputeNormalsOff()
    edges.ComputeScalarsOff()
    edges.Update()
    mesh = edges.GetOutput()
    triangles = convert.vtk_to_numpy(mesh.GetPolys().GetConnectivityArray()).reshape(-1, 3)
    return convert.vtk_to_numpy(mesh.GetPoints().GetData()).astype(np.float64), triangles.astype(np.int64)
