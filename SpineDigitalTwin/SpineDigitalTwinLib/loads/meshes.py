"""Models of vertebrae in the scene, as surfaces for the programs that the model of the trunk is written for."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import slicer
import vtk

if TYPE_CHECKING:
    from spinetwin.geometry.surfaces import Surface


def write(folder: Path, levels: Collection[int]) -> Path | None:
    """Write the models that are called like a level, such as L4, where they are in the scene; RAS mm.

    Parameters
    ----------
    folder : path
        A folder that is not there yet; it is made if there is something to write.
    levels : collection of int
        Ids of the levels that are wanted.

    Returns
    -------
    path or None
        One of the files; None where there is no such model.

    Raises
    ------
    WriteError
        If a file cannot be written.
    """
    from spinetwin.anatomy import level
    from spinetwin.io.surfaces import write_surface

    names = {level(key).name for key in levels}
    found = {node.GetName(): node for node in slicer.util.getNodesByClass("vtkMRMLModelNode") if node.GetName() in names}
    surfaces = {name: shape for name, node in found.items() if (shape := surfaceOf(node)) is not None}
    if not surfaces:
        return None
    folder.mkdir()
    for name, shape in surfaces.items():
        write_surface(folder / f"{name}.stl", shape)
    return folder / f"{next(iter(surfaces))}.stl"


def surfaceOf(node: slicer.vtkMRMLModelNode) -> Surface | None:
    """Return the surface of a model where its transforms have it, RAS mm; None where it has no triangles."""
    from spinetwin.geometry.surfaces import Surface
    from vtk.util.numpy_support import vtk_to_numpy

    if node.GetPolyData() is None:
        return None
    triangles = vtk.vtkTriangleFilter()
    triangles.PassLinesOff()
    triangles.PassVertsOff()
    triangles.SetInputData(node.GetPolyData())
    toWorld = vtk.vtkGeneralTransform()
    slicer.vtkMRMLTransformNode.GetTransformBetweenNodes(node.GetParentTransformNode(), None, toWorld)
    placed = vtk.vtkTransformPolyDataFilter()
    placed.SetTransform(toWorld)
    placed.SetInputConnection(triangles.GetOutputPort())
    placed.Update()
    data = placed.GetOutput()
    if not data.GetNumberOfPolys():
        return None
    corners = vtk_to_numpy(data.GetPolys().GetConnectivityArray()).reshape(-1, 3).astype(np.int64)
    return Surface(vtk_to_numpy(data.GetPoints().GetData()).astype(np.float64), corners)
