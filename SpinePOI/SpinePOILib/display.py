"""What of the points can be seen and touched: one level at a time can be moved, families are shown and hidden."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import slicer

from . import pointnodes

_DELETE_KEYS = ((127, "Delete"), (8, "BackSpace"))


def families() -> tuple[str, ...]:
    """Return the families of points, in the order of the table of points."""
    from spinetwin.anatomy import POINTS

    return tuple(dict.fromkeys(each.family for each in POINTS))


def familyOf(point: int) -> str:
    """Return the family of a point; "" for an id that the table of points does not have."""
    from spinetwin.anatomy import POINTS

    return next((each.family for each in POINTS if each.id == point), "")


def activate(level: int | None) -> None:
    """Let the points of one level be moved with the mouse, and those of no other."""
    for each, node in pointnodes.nodes().items():
        node.SetLocked(each != level)


def activeLevel() -> int | None:
    """Return the level whose points can be moved."""
    return next((level for level, node in pointnodes.nodes().items() if not node.GetLocked()), None)


def showFamilies(shown: Collection[str]) -> None:
    """Show the points of some families and hide all others; points of no known family are always shown."""
    for node in pointnodes.nodes().values():
        with pointnodes.modifying(node):
            for row, point in enumerate(pointnodes.idsOf(node)):
                family = familyOf(point)
                node.SetNthControlPointVisibility(row, not family or family in shown)


def showOnly(levels: Collection[int] | None) -> None:
    """Show the points of some levels only, or of all."""
    for level, node in pointnodes.nodes().items():
        node.GetDisplayNode().SetVisibility(levels is None or level in levels)


def showLabels(level: int | None) -> None:
    """Write the names of the points of one level beside them, and of no other."""
    for each, node in pointnodes.nodes().items():
        node.GetDisplayNode().SetPointLabelsVisibility(each == level)


def showBeyondSlice(shown: bool) -> None:
    """Let slice views show points before and behind the slice too, faintly."""
    for node in pointnodes.nodes().values():
        display = node.GetDisplayNode()
        display.SetSliceProjection(shown)
        display.SetSliceProjectionOpacity(0.35)


def snapToSurface(snap: bool) -> None:
    """Let points that are dragged in a 3D view follow the surface below the mouse, or move freely across the view."""
    for node in pointnodes.nodes().values():
        display = node.GetDisplayNode()
        display.SetSnapMode(display.SnapModeToVisibleSurface if snap else display.SnapModeUnconstrained)


def guard(manager: Any) -> None:
    """Take from a view's widgets of our nodes what would move a whole level, or delete a point, by accident.

    Parameters
    ----------
    manager : vtkMRMLMarkupsDisplayableManager
        Of any slice or 3D view. The view must have been drawn since the nodes came; calling again is harmless.
    """
    for node in pointnodes.nodes().values():
        display = node.GetDisplayNode()
        widget = manager.GetWidget(display) if display else None
        if widget is not None:
            _guardWidget(widget)


def _guardWidget(widget: slicer.vtkSlicerMarkupsWidget) -> None:
    import vtk

    nothing, onWidget = widget.WidgetEventNone, widget.WidgetStateOnWidget
    for modifier in (vtk.vtkEvent.NoModifier, vtk.vtkEvent.ShiftModifier):
        for code, name in _DELETE_KEYS:
            widget.SetKeyboardEventTranslation(onWidget, modifier, chr(code), 1, name, nothing)
    widget.SetEventTranslationClickAndDrag(
        onWidget, vtk.vtkCommand.MiddleButtonPressEvent, vtk.vtkEvent.NoModifier, widget.WidgetStateTranslate, nothing, nothing
    )
