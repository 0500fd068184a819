"""Points of interest follow their vertebrae when these get other names."""

from __future__ import annotations

from typing import TYPE_CHECKING

import slicer
from SpinePOILib import pointnodes

if TYPE_CHECKING:
    from spinetwin.segmentation.levels import LevelEdit

OUTDATED = "SpineDigitalTwin.outdatedLevel"
"""Attribute of a fiducial node whose vertebra was merged or split: its points may be wanted back after an undo."""


def follow(edit: LevelEdit) -> None:
    """Let the fiducial nodes follow a correction.

    Those of renamed levels get the new name; those of merged and split ones are put aside, and brought back on undo; those of
    levels that were painted on are known to be older than the maps, until they are computed again or the correction is undone.
    """
    nodes = pointnodes.nodes()
    aside = _putAside()
    for level in edit.lost:
        if level in nodes:
            _put(nodes[level], level)
    for old, new in edit.renamed.items():
        if old in nodes:
            _name(nodes[old], new)
    for level in edit.reshaped:
        if level in aside:
            _bring(aside[level], level)
    for level in edit.repainted:
        if level in nodes:
            pointnodes.toggleOutdated(nodes[level], edit.number)


def _putAside() -> dict[int, slicer.vtkMRMLMarkupsFiducialNode]:
    from spinetwin.anatomy import level

    found = slicer.util.getNodesByClass("vtkMRMLMarkupsFiducialNode")
    return {level(node.GetAttribute(OUTDATED)).id: node for node in found if node.GetAttribute(OUTDATED)}


def _put(node: slicer.vtkMRMLMarkupsFiducialNode, level: int) -> None:
    from spinetwin.anatomy import level as levelOf

    name = levelOf(level).name
    node.SetAttribute(OUTDATED, name)
    node.SetAttribute(pointnodes.LEVEL, None)
    node.SetName(f"{name} (before the correction)")
    node.GetDisplayNode().SetVisibility(False)


def _bring(node: slicer.vtkMRMLMarkupsFiducialNode, level: int) -> None:
    node.SetAttribute(OUTDATED, None)
    node.GetDisplayNode().SetVisibility(True)
    _name(node, level)


def _name(node: slicer.vtkMRMLMarkupsFiducialNode, level: int) -> None:
    from spinetwin.anatomy import level as levelOf
    from spinetwin.io.markups import level_color

    node.SetAttribute(pointnodes.LEVEL, levelOf(level).name)
    node.SetName(levelOf(level).name)
    node.GetDisplayNode().SetSelectedColor(*level_color(level))
