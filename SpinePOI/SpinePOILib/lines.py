"""Coloured line segments as a model: axes of vertebrae, differences between readers."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
import slicer

Colour = tuple[float, float, float]
Segment = tuple[Sequence[float], Sequence[float], Colour]
"""Start and end, RAS mm, and colour."""

KIND = "SpinePOI.lines"

_COLOURS = "colour"


def show(
    kind: str, name: str, segments: Iterable[Segment], *, width: int = 3, slices: bool = True, space: bool = True
) -> slicer.vtkMRMLModelNode:
    """Draw segments, in place of those of the same kind that are there.

    Parameters
    ----------
    kind : str
        What the lines are, for finding them again also in a loaded scene.
    name : str
        Of the node, for people.
    segments : iterable of (start, end, colour)
    width : int
        Pixels.
    slices, space : bool
        Whether slice views show them, from wherever they lie, and 3D views.
    """
    node = find(kind) or _addNode(kind, name)
    node.SetAndObservePolyData(_polyData(list(segments)))
    display = node.GetDisplayNode()
    display.SetLineWidth(width)
    display.SetVisibility2D(slices)
    display.SetVisibility3D(space)
    display.SetActiveScalarName(_COLOURS)
    display.SetScalarRangeFlag(display.UseDirectMapping)
    display.SetScalarVisibility(True)
    return node


def hide(kind: str) -> None:
    """Take the lines of a kind out of the scene."""
    node = find(kind)
    if node is None:
        return
    display = node.GetDisplayNode()
    slicer.mrmlScene.RemoveNode(node)
    if display is not None:
        slicer.mrmlScene.RemoveNode(display)


def find(kind: str) -> slicer.vtkMRMLModelNode | None:
    """Return the lines of a kind; None where there are none."""
    models = slicer.util.getNodesByClass("vtkMRMLModelNode")
    return next((node for node in models if node.GetAttribute(KIND) == kind), None)


def _addNode(kind: str, name: str) -> slicer.vtkMRMLModelNode:
    node = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLModelNode", name)
    node.SetAttribute(KIND, kind)
    node.SetSelectable(False)
    node.CreateDefaultDisplayNodes()
    display = node.GetDisplayNode()
    display.SetLighting(False)
    display.SetSliceDisplayModeToProjection()
    return node


def _polyData(segments: list[Segment]) -> slicer.vtkPolyData:
    import vtk
    from vtk.util.numpy_support import numpy_to_vtk

    points, cells = vtk.vtkPoints(), vtk.vtkCellArray()
    points.SetDataTypeToDouble()
    for start, end, _ in segments:
        cells.InsertNextCell(2)
        cells.InsertCellPoint(points.InsertNextPoint(*start))
        cells.InsertCellPoint(points.InsertNextPoint(*end))
    data = vtk.vtkPolyData()
    data.SetPoints(points)
    data.SetLines(cells)
    # Slicer colours by point, so both ends of a line carry its colour
    colours = np.array([colour for _, _, colour in segments], dtype=np.float64).reshape(-1, 3)
    array = numpy_to_vtk(np.repeat(255.0 * colours, 2, axis=0).round().astype(np.uint8), deep=True)
    array.SetName(_COLOURS)
    data.GetPointData().AddArray(array)
    return data
