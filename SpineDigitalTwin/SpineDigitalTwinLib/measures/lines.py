"""The lines and the angle of each coronal curve as markups of the scene."""

from __future__ import annotations

from typing import TYPE_CHECKING

import slicer

from .. import rolenodes

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from spinetwin.geometry import FloatArray

    from .live import CobbFigure

LINE, ANGLE = "vtkMRMLMarkupsLineNode", "vtkMRMLMarkupsAngleNode"

_INK = (0.702, 0.149, 0.118)
_ROLES = ("upper", "lower", "angle")


def show(figures: Sequence[CobbFigure]) -> None:
    """Draw curves in place of those that are drawn; what is there already moves."""
    from spinetwin.anatomy import level

    for number, each in enumerate(figures, start=1):
        upper, lower = level(each.upper).name, level(each.lower).name
        _draw(LINE, f"cobb {number} upper", f"{upper} upper endplate", each.lines[0])
        _draw(LINE, f"cobb {number} lower", f"{lower} lower endplate", each.lines[1])
        _draw(ANGLE, f"cobb {number} angle", f"Cobb {upper}-{lower}", each.corner)
    _removeFrom(len(figures) + 1)


def hide() -> None:
    """Take all lines and angles out of the scene."""
    _removeFrom(1)


def nodes() -> list[slicer.vtkMRMLMarkupsNode]:
    """Return the lines and angles of the scene, curve by curve."""
    found: list[slicer.vtkMRMLMarkupsNode] = []
    number = 1
    while any(here := [rolenodes.find(_classOf(part), f"cobb {number} {part}") for part in _ROLES]):
        found += [node for node in here if node is not None]
        number += 1
    return found


def _removeFrom(number: int) -> None:
    while any(rolenodes.find(_classOf(part), f"cobb {number} {part}") for part in _ROLES):
        for part in _ROLES:
            rolenodes.remove(_classOf(part), [f"cobb {number} {part}"])
        number += 1


def _classOf(part: str) -> str:
    return ANGLE if part == "angle" else LINE


def _draw(nodeClass: str, role: str, name: str, points: FloatArray) -> None:
    isNew = rolenodes.find(nodeClass, role) is None
    node = rolenodes.ensure(nodeClass, role, name)
    if isNew:
        _dress(node)
    was = node.StartModify()
    _place(node, points)
    node.EndModify(was)


def _place(node: slicer.vtkMRMLMarkupsNode, points: Iterable[FloatArray]) -> None:
    for row, place in enumerate(points):
        if row < node.GetNumberOfControlPoints():
            node.SetNthControlPointPosition(row, *place)
        else:
            node.AddControlPoint(*place)


def _dress(node: slicer.vtkMRMLMarkupsNode) -> None:
    """Thin red lines that shine through bone, seen in every slice, and nobody can drag; the angle alone carries a text."""
    node.SetLocked(True)
    node.CreateDefaultDisplayNodes()
    display = node.GetDisplayNode()
    display.SetSelectedColor(*_INK)
    display.SetColor(*_INK)
    display.SetPointLabelsVisibility(False)
    display.SetPropertiesLabelVisibility(node.IsA(ANGLE))
    display.SetUseGlyphScale(False)
    display.SetGlyphSize(1.5)
    display.SetCurveLineSizeMode(display.UseLineDiameter)
    display.SetLineDiameter(1.2)
    display.SetTextScale(3.5)
    display.SetOccludedVisibility(True)
    display.SetOccludedOpacity(0.6)
    display.SetSliceProjection(True)
    display.SetSliceProjectionUseFiducialColor(True)
