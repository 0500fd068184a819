"""Where the points of the scene are, kept up to date while they move. Knows no Qt."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np
import slicer
from slicer.util import VTKObservationMixin
from SpinePOILib import pointnodes

if TYPE_CHECKING:
    from spinetwin.geometry import FloatArray


class PointWatch(VTKObservationMixin):
    """Watches the fiducial nodes of all levels; a level is read again only when its points have changed.

    Parameters
    ----------
    changed : callable
        Called after each change, often many times in a row: whoever listens had better wait for the end of them.
    """

    def __init__(self, changed: Callable[[], None]) -> None:
        VTKObservationMixin.__init__(self)
        self._changed = changed
        self._nodes: dict[int, pointnodes.Node] = {}
        self._known: dict[int, dict[tuple[int, int], FloatArray]] = {}
        self._doubted: dict[int, set[tuple[int, int]]] = {}
        self._lookAgain = True
        scene = slicer.mrmlScene
        for event in (scene.NodeAddedEvent, scene.NodeRemovedEvent, scene.EndImportEvent, scene.EndCloseEvent):
            self.addObserver(scene, event, self._onScene)

    def close(self) -> None:
        """Stop watching."""
        self.removeObservers()
        self._nodes.clear()
        self._forget()

    def positions(self) -> dict[tuple[int, int], FloatArray]:
        """Return every placed point by level id and point id, RAS mm, levels from the top."""
        self._follow()
        for level, node in self._nodes.items():
            if level not in self._known:
                self._known[level] = _placed(level, node)
        return {key: place for level in self._nodes for key, place in self._known[level].items()}

    def suspects(self) -> set[tuple[int, int]]:
        """Return level id and point id of every point that is doubtful."""
        self._follow()
        for level, node in self._nodes.items():
            if level not in self._doubted:
                self._doubted[level] = _doubtful(level, node)
        return {key for level in self._nodes for key in self._doubted[level]}

    def _forget(self) -> None:
        self._known.clear()
        self._doubted.clear()

    def _follow(self) -> None:
        """Observe the nodes that there are; nothing to do as long as none came, went or took another name."""
        if not self._lookAgain or slicer.mrmlScene.IsClosing():
            return
        self._lookAgain = False
        here = pointnodes.nodes()
        for node in [node for node in self._nodes.values() if node not in here.values()]:
            self.removeObserver(node, node.PointModifiedEvent, self._onPoint)
            self.removeObserver(node, "ModifiedEvent", self._onNode)
        for node in [node for node in here.values() if node not in self._nodes.values()]:
            self.addObserver(node, node.PointModifiedEvent, self._onPoint)
            self.addObserver(node, "ModifiedEvent", self._onNode)
        self._nodes = here
        self._forget()

    def _onScene(self, *_arguments: object) -> None:
        self._lookAgain = True
        self._changed()

    def _onPoint(self, node: slicer.vtkMRMLMarkupsNode, _event: object) -> None:
        level = next((level for level, each in self._nodes.items() if each is node), None)
        if level is not None:
            self._known.pop(level, None)
            self._doubted.pop(level, None)
        self._changed()

    def _onNode(self, node: slicer.vtkMRMLMarkupsNode, _event: object) -> None:
        """Look again when a vertebra took another name, or another set of points."""
        level = pointnodes.levelOf(node)
        if self._nodes.get(level) is not node or len(pointnodes.idsOf(node)) != node.GetNumberOfControlPoints():
            self._onScene()


def _placed(level: int, node: pointnodes.Node) -> dict[tuple[int, int], FloatArray]:
    """Return the placed points of a level."""
    return {
        (level, point): np.array(node.GetNthControlPointPosition(row))
        for row, point in enumerate(pointnodes.idsOf(node))
        if node.GetNthControlPointPositionStatus(row) == node.PositionDefined
    }


def _doubtful(level: int, node: pointnodes.Node) -> set[tuple[int, int]]:
    """Return the suspect points of a level; one that a person has moved is not."""
    from spinetwin.poi import Status

    return {poi.key for poi in pointnodes.read(level, node) if poi.status is Status.SUSPECT}
