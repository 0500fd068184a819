"""Films as textured planes with source and frustum, and lines upon them: epipolar lines and silhouettes."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

import numpy as np
import slicer
from slicer.i18n import tr as _

from .. import rolenodes
from .marks import FOLDER

if TYPE_CHECKING:
    import vtk
    from spinetwin.geometry import FloatArray

    from .films import PlacedFilm

MODEL = "vtkMRMLModelNode"
SLICE_OF = {"frontal": "Green", "lateral": "Yellow"}
"""The slice view that shows a film: the coronal and the sagittal one."""

_EPIPOLAR = (0.2, 0.9, 1.0)
_FRUSTUM = (0.75, 0.62, 0.2)


def sliceNode(view: str) -> slicer.vtkMRMLSliceNode | None:
    """Return the slice view that shows a film; None where the layout has no such one."""
    named = (each for each in slicer.util.getNodesByClass("vtkMRMLSliceNode") if each.GetLayoutName() == SLICE_OF[view])
    return next(named, None)


def showInSlice(film: PlacedFilm, background: slicer.vtkMRMLVolumeNode | None = None) -> None:
    """Show a film, or what stands for it, upright and whole in its slice view."""
    view = sliceNode(film.view)
    if view is None:
        return
    logic = slicer.app.applicationLogic().GetSliceLogic(view)
    if logic is not None:
        logic.GetSliceCompositeNode().SetBackgroundVolumeID((background or film.node).GetID())
    if background is not None:
        return
    across, down, _away = film.camera.axes
    pose = np.eye(4)
    # a film that is shown mirrored is shown so here too: its columns run to the right
    pose[:3, :3] = np.stack([across, -down, np.cross(across, -down)], axis=1)
    width, height = film.camera.size
    pose[:3, 3] = (film.plane @ [(width - 1) / 2, (height - 1) / 2, 0.0, 1.0])[:3]
    view.GetSliceToRAS().DeepCopy(slicer.util.vtkMatrixFromArray(pose))
    view.UpdateMatrices()
    _fit(view, width * np.linalg.norm(film.plane[:3, 0]), height * np.linalg.norm(film.plane[:3, 1]))


def _fit(view: slicer.vtkMRMLSliceNode, width: float, height: float) -> None:
    columns, rows, _deep = view.GetDimensions()
    scale = max(width / max(columns, 1), height / max(rows, 1))
    view.SetFieldOfView(scale * columns, scale * rows, view.GetFieldOfView()[2])


# --- planes and frusta ------------------------------------------------------------------------------------------------


def showFilm(film: PlacedFilm) -> None:
    """Draw a film where it was, and the lines from its source to its corners."""
    from spinetwin.xray.in_space import frustum_of

    _showPlane(film)
    lines = frustum_of(film.camera, film.plane)
    node = showLines(f"frustum {film.view}", _("Rays, {view} film").format(view=film.view), lines, _FRUSTUM)
    node.GetDisplayNode().SetVisibility2D(False)
    node.GetDisplayNode().SetLineWidth(1)


def renew(films: Iterable[PlacedFilm]) -> None:
    """Give the pictures of films back that a saved scene had: it keeps the planes, not what is on them."""
    for film in films:
        node = rolenodes.find(MODEL, f"film {film.view}")
        if node is not None and node.GetDisplayNode().GetTextureImageDataConnection() is None:
            _showPlane(film)


def _showPlane(film: PlacedFilm) -> None:
    import vtk

    node = rolenodes.ensure(MODEL, f"film {film.view}", _("Film, {view}").format(view=film.view), FOLDER)
    node.SetAndObservePolyData(planeModel(film))
    node.CreateDefaultDisplayNodes()
    node.SetSelectable(False)
    display = node.GetDisplayNode()
    flip = vtk.vtkImageFlip()
    flip.SetFilteredAxis(1)
    flip.SetInputConnection(film.node.GetDisplayNode().GetImageDataConnection())
    was = display.StartModify()
    display.SetTextureImageDataConnection(flip.GetOutputPort())
    display.SetLighting(False)
    display.SetBackfaceCulling(False)
    display.SetColor(1.0, 1.0, 1.0)
    display.SetVisibility2D(False)
    display.EndModify(was)


def planeModel(film: PlacedFilm) -> vtk.vtkPolyData:
    """Return the rectangle of a film, RAS mm; its texture has the last row of the film at its lower edge."""
    import vtk
    from spinetwin.xray.in_space import places_of

    width, height = film.camera.size
    corners = places_of(film.plane, np.array([[-0.5, height - 0.5], [width - 0.5, height - 0.5], [-0.5, -0.5]]))
    source = vtk.vtkPlaneSource()
    source.SetOrigin(*corners[0])
    source.SetPoint1(*corners[1])
    source.SetPoint2(*corners[2])
    source.Update()
    return source.GetOutput()


# --- lines ------------------------------------------------------------------------------------------------------------


def showEpipolar(on: PlacedFilm, pixels: FloatArray | None) -> None:
    """Draw a line (n, 2), column and row, on a film; None takes it away."""
    from spinetwin.xray.in_space import places_of

    role = f"epipolar {on.view}"
    if pixels is None:
        rolenodes.remove(MODEL, [role], FOLDER)
        return
    places = places_of(on.plane, pixels)
    lines = np.stack([places[:-1], places[1:]], axis=1)
    node = showLines(role, _("Line of the other film, {view}").format(view=on.view), lines, _EPIPOLAR)
    _onlyIn(node, on.view)


def showSilhouette(on: PlacedFilm, level: int, pieces: FloatArray, colour: Sequence[float]) -> slicer.vtkMRMLModelNode:
    """Draw the silhouette (m, 2, 2) of a vertebra, column and row, on a film."""
    from spinetwin.anatomy import level as levelOf
    from spinetwin.xray.in_space import places_of

    name = levelOf(level).name
    title = _("Silhouette of {level}, {view}").format(level=name, view=on.view)
    node = showLines(f"silhouette {on.view} {name}", title, places_of(on.plane, pieces), colour)
    _onlyIn(node, on.view)
    return node


def showLines(role: str, name: str, lines: FloatArray, colour: Sequence[float]) -> slicer.vtkMRMLModelNode:
    """Draw pieces of lines (m, 2, 3), RAS mm, in place of those of this role."""
    node = rolenodes.ensure(MODEL, role, name, FOLDER)
    node.SetAndObservePolyData(_polyData(lines))
    if node.GetDisplayNode() is None:
        node.CreateDefaultDisplayNodes()
        node.SetSelectable(False)
        display = node.GetDisplayNode()
        was = display.StartModify()
        display.SetColor(*colour)
        display.SetLighting(False)
        display.SetLineWidth(2)
        display.SetSliceIntersectionThickness(2)
        display.SetVisibility2D(True)
        display.SetSliceDisplayModeToProjection()
        display.EndModify(was)
    return node


def _polyData(lines: FloatArray) -> vtk.vtkPolyData:
    import vtk
    from vtk.util.numpy_support import numpy_to_vtk, numpy_to_vtkIdTypeArray

    points, cells, data = vtk.vtkPoints(), vtk.vtkCellArray(), vtk.vtkPolyData()
    flat = np.ascontiguousarray(lines.reshape(-1, 3))
    points.SetData(numpy_to_vtk(flat, deep=True))
    offsets = np.arange(0, len(flat) + 1, 2, dtype=np.int64)
    cells.SetData(
        numpy_to_vtkIdTypeArray(offsets, deep=True), numpy_to_vtkIdTypeArray(np.arange(len(flat), dtype=np.int64), deep=True)
    )
    data.SetPoints(points)
    data.SetLines(cells)
    return data


def _onlyIn(node: slicer.vtkMRMLModelNode, view: str) -> None:
    """Show lines on their own film only: in its slice view, and in 3D."""
    display, own = node.GetDisplayNode(), sliceNode(view)
    if own is None or display.GetNumberOfViewNodeIDs():
        return
    for each in (own, *slicer.util.getNodesByClass("vtkMRMLViewNode")):
        display.AddViewNodeID(each.GetID())


def hide(roles: Sequence[str]) -> None:
    """Take drawings out of the scene."""
    rolenodes.remove(MODEL, roles, FOLDER)
