"""The views of the layout: keeping whole levels from being dragged, and the image that slices show."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import slicer

from .. import display

_MARKUPS = "vtkMRMLMarkupsDisplayableManager"


def guardAll() -> None:
    """Guard our nodes in every view of the layout; views that come later have to be guarded again."""
    for view in _views():
        manager = view.displayableManagerByClassName(_MARKUPS)
        if manager is not None:
            display.guard(manager)


def backgroundVolume() -> Any:
    """Return the image below the slices: the one of the first slice view that has one, or None."""
    for node in slicer.util.getNodesByClass("vtkMRMLSliceCompositeNode"):
        volume = slicer.mrmlScene.GetNodeByID(node.GetBackgroundVolumeID() or "")
        if volume is not None:
            return volume
    return None


def _views() -> Iterator[Any]:
    manager = slicer.app.layoutManager()
    if manager is None:
        return
    for name in manager.sliceViewNames():
        yield manager.sliceWidget(name).sliceView()
    for index in range(manager.threeDViewCount):
        yield manager.threeDWidget(index).threeDView()
