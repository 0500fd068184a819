"""The axes of the vertebrae as thin lines: right red, anterior green, superior blue, in one model."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import slicer

from . import pointnodes

if TYPE_CHECKING:
    from collections.abc import Mapping

    from spinetwin.geometry import Frame

ATTRIBUTE = "SpinePOI.whiskers"
LENGTH_MM = 25.0

_COLOURS = "axis"


def show(frames: Mapping[int, Frame]) -> slicer.vtkMRMLModelNode:
    """Draw the axes of some vertebrae, and of no others."""
    node = _find() or _addNode()
    node.SetAndObservePolyData(_lines(frames))
    display = node.GetDisplayNode()
    display.SetActiveScalarName(_COLOURS)
    display.SetScalarRangeFlag(display.UseDirectMapping)
    display.SetScalarVisibility(True)
    return node


def hide() -> None:
    """Take the axes out of the scene."""
    node = _find()
    if node is not None:
        slicer.mrmlScene.RemoveNode(node)


def shown() -> bool:
    """Say whether the axes are in the scene."""
    return _find() is not None


def showForScene() -> None:
    """Draw the axes of all levels in the scene."""
    here = pointnodes.nodes()
    show({level: frame for level, node in here.items() if (frame := pointnodes.frameOf(node)) is not None})


def _find() -> slicer.vtkMRMLModelNode | None:
    models = slicer.util.getNodesByClass("vtkMRMLModelNode")
    return next((node for node in models if node.GetAttribute(ATTRIBUTE)), None)


def _addNode() -> slicer.vtkMRMLModelNode:
    from slicer.i18n import tr as _

    node = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLModelNode", _("Axes of the vertebrae"))
    node.SetAttribute(ATTRIBUTE, "1")
    node.SetSelectable(False)
    node.CreateDefaultDisplayNodes()
    display = node.GetDisplayNode()
    display.SetLineWidth(3)
    display.SetLighting(False)
    display.SetVisibility2D(True)
    display.SetSliceDisplayModeToProjection()
    return node


def _lines(frames: Mapping[int, Frame]) -> slicer.vtkPolyData:
    import vtk
    from spinetwin.report.colours import AXES, rgb
    from vtk.util.numpy_support import numpy_to_vtk

    ends = [(frame.origin, frame.origin + LENGTH_MM * axis) for frame in frames.values() for axis in frame.axes]
    colours = [255.0 * np.array(rgb(each)) for _ in frames for each in AXES]
    points, cells = vtk.vtkPoints(), vtk.vtkCellArray()
    points.SetDataTypeToDouble()
    for start, end in ends:
        cells.InsertNextCell(2)
        cells.InsertCellPoint(points.InsertNextPoint(*start))
        cells.InsertCellPoint(points.InsertNextPoint(*end))
    data = vtk.vtkPolyData()
    data.SetPoints(points)
    data.SetLines(cells)
    # Slicer colours by point, so both ends of a line carry its colour
    array = numpy_to_vtk(np.repeat(np.array(colours).reshape(-1, 3), 2, axis=0).astype(np.uint8), deep=True)
    array.SetName(_COLOURS)
    data.GetPointData().AddArray(array)
    return data
