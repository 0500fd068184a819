"""Muscles and ligaments of the model in 3D: tubes as thick as the muscle is strong, coloured by what they do.

They are drawn in the imaged posture, among the bones of the image; what they do is that of the task.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import slicer
from slicer.i18n import tr as _

from .. import rolenodes

if TYPE_CHECKING:
    import vtk
    from spinetwin.biomechanics import Loads, MultibodyModel
    from spinetwin.geometry import FloatArray

FOLDER = "Biomechanics"
MUSCLES, LIGAMENTS = "muscles", "ligaments"
MODEL, COLOURS = "vtkMRMLModelNode", "vtkMRMLColorTableNode"

MOST_STRAIN = 30.0
"""Percent that has the strongest colour; the published laws end between 20 and 30."""

_RADIUS_MM = 0.2
"""Of a tube, times the root of the muscle's cross-section in mm2: a third of that of the muscle itself, to see between."""

_THINNEST_MM = 1.0
_STRAND_MM = 1.3
_SIDES = 8
_SHADES = 256
_RADIUS = "radius"


@dataclass(frozen=True)
class _Look:
    """How one kind of tubes is coloured: by what, from where to where, in which colours, and how the scale says so."""

    scalars: str
    most: float
    title: str
    labels: int
    form: str
    place: tuple[float, float]
    inks: tuple[tuple[float, float, float], ...]


_LOOKS = {
    MUSCLES: _Look(
        "activation",
        1.0,
        _("Muscle activation"),
        6,
        "%5.1f",
        (0.98, 0.05),
        ((0.93, 0.84, 0.78), (0.95, 0.55, 0.35), (0.80, 0.10, 0.10), (0.45, 0.0, 0.10)),
    ),
    LIGAMENTS: _Look(
        "strain",
        MOST_STRAIN,
        _("Ligament strain, %"),
        4,
        "%5.0f",
        (0.02, 0.05),
        ((0.86, 0.88, 0.84), (0.55, 0.75, 0.55), (0.10, 0.50, 0.45), (0.20, 0.10, 0.50)),
    ),
}


def groups() -> tuple[str, ...]:
    """Return the groups of muscles that models have, in the order of the table of fascicles."""
    from spinetwin.biomechanics.build import GROUPS

    return GROUPS


def showMuscles(model: MultibodyModel, found: Loads, shown: Collection[str]) -> slicer.vtkMRMLModelNode | None:
    """Draw the muscles of some groups, in place of those that are drawn; none takes the node away."""
    here = np.array([group in shown for group in model.muscles.groups], dtype=bool)
    if not here.any():
        hide(MUSCLES)
        return None
    radii = np.maximum(_RADIUS_MM * np.sqrt(model.muscles.pcsa_mm2[here]), _THINNEST_MM)
    return _show(MUSCLES, _("Muscles"), model.muscles.points[here], radii, found.activations[here])


def showLigaments(model: MultibodyModel, found: Loads) -> slicer.vtkMRMLModelNode | None:
    """Draw the ligaments, in place of those that are drawn; a model without any takes the node away."""
    points = model.ligaments.points
    if not len(points):
        hide(LIGAMENTS)
        return None
    return _show(LIGAMENTS, _("Ligaments"), points, np.full(len(points), _STRAND_MM), 100.0 * found.ligament_strains)


def hide(role: str) -> None:
    """Take the muscles or the ligaments out of the scene, with their colours."""
    rolenodes.remove(MODEL, [role], FOLDER)
    colours = rolenodes.find(COLOURS, role)
    if colours is not None:
        slicer.mrmlScene.RemoveNode(colours)


def find(role: str) -> slicer.vtkMRMLModelNode | None:
    """Return the node of the muscles or of the ligaments; None where they are not drawn."""
    return rolenodes.find(MODEL, role)


# --- tubes ------------------------------------------------------------------------------------------------------------


def _tubes(paths: FloatArray, radii: FloatArray, name: str, values: FloatArray) -> vtk.vtkPolyData:
    """Return tubes along paths (m, p, 3), each of one radius (m,) and with one value (m,) at all its points."""
    import vtk

    tube = vtk.vtkTubeFilter()
    tube.SetInputData(_lines(paths, radii, name, values))
    tube.SetNumberOfSides(_SIDES)
    tube.SetVaryRadiusToVaryRadiusByAbsoluteScalar()
    tube.SetInputArrayToProcess(0, 0, 0, vtk.vtkDataObject.FIELD_ASSOCIATION_POINTS, _RADIUS)
    tube.CappingOn()
    tube.Update()
    drawn = tube.GetOutput()
    drawn.GetPointData().SetActiveScalars(name)
    return drawn


def _lines(paths: FloatArray, radii: FloatArray, name: str, values: FloatArray) -> vtk.vtkPolyData:
    import vtk
    from vtk.util.numpy_support import numpy_to_vtk, numpy_to_vtkIdTypeArray

    # short paths repeat their last point, and a tube cannot turn at a point that is there twice
    fresh = np.ones(paths.shape[:2], dtype=bool)
    fresh[:, 1:] = np.linalg.norm(np.diff(paths, axis=1), axis=-1) > 1e-6
    counts = fresh.sum(axis=1)
    points, cells, data = vtk.vtkPoints(), vtk.vtkCellArray(), vtk.vtkPolyData()
    points.SetData(numpy_to_vtk(paths[fresh], deep=True))
    offsets = np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)
    cells.SetData(
        numpy_to_vtkIdTypeArray(offsets, deep=True), numpy_to_vtkIdTypeArray(np.arange(offsets[-1], dtype=np.int64), deep=True)
    )
    data.SetPoints(points)
    data.SetLines(cells)
    for title, each in ((_RADIUS, radii), (name, values)):
        array = numpy_to_vtk(np.repeat(each, counts), deep=True)
        array.SetName(title)
        data.GetPointData().AddArray(array)
    data.GetPointData().SetActiveScalars(_RADIUS)
    return data


# --- nodes ------------------------------------------------------------------------------------------------------------


def _show(role: str, name: str, paths: FloatArray, radii: FloatArray, values: FloatArray) -> slicer.vtkMRMLModelNode:
    node = rolenodes.ensure(MODEL, role, name, FOLDER)
    node.SetAndObservePolyData(_tubes(paths, radii, _LOOKS[role].scalars, values))
    if node.GetDisplayNode() is None or rolenodes.find(COLOURS, role) is None:
        _dress(node, role)
    return node


def _dress(node: slicer.vtkMRMLModelNode, role: str) -> None:
    """Colour a node by a value at its points, and put the scale of the colours beside it."""
    import vtk

    look = _LOOKS[role]
    node.CreateDefaultDisplayNodes()
    # dragging points in 3D must not be caught by a muscle before them
    node.SetSelectable(False)
    display = node.GetDisplayNode()
    was = display.StartModify()
    display.SetVisibility2D(False)
    display.SetAndObserveColorNodeID(_colours(role).GetID())
    display.SetActiveScalar(look.scalars, vtk.vtkAssignAttribute.POINT_DATA)
    display.SetScalarRangeFlag(display.UseManualScalarRange)
    display.SetScalarRange(0.0, look.most)
    display.SetScalarVisibility(True)
    display.EndModify(was)
    legend = slicer.modules.colors.logic().AddDefaultColorLegendDisplayNode(display)
    legend.SetTitleText(look.title)
    legend.SetNumberOfLabels(look.labels)
    legend.SetLabelFormat(look.form)
    legend.SetSize(0.14, 0.3)
    legend.SetPosition(*look.place)


def _colours(role: str) -> slicer.vtkMRMLColorTableNode:
    """Return the colours of muscles or ligaments; they are made anew in each scene, so they are not saved."""
    node = rolenodes.find(COLOURS, role)
    if node is not None:
        return node
    node = slicer.vtkMRMLColorTableNode()
    node.SetName(_("Activation of muscles") if role == MUSCLES else _("Strain of ligaments"))
    node.SetAttribute(rolenodes.ROLE, role)
    node.SetTypeToUser()
    node.SetHideFromEditors(True)
    node.SetSaveWithScene(False)
    node.SetNumberOfColors(_SHADES)
    inks = np.array(_LOOKS[role].inks)
    at = np.linspace(0, len(inks) - 1, _SHADES)
    shades = np.stack([np.interp(at, np.arange(len(inks)), each) for each in inks.T], axis=1)
    for number, shade in enumerate(shades):
        node.SetColor(number, str(number), *shade)
    slicer.mrmlScene.AddNode(node)
    return node
