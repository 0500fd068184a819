"""Points of interest as markups: one fiducial node per level, and back.

A node of ours carries attributes, which Slicer saves with the scene: its level, the ids of its points row by row, what the
rules had said of each, and the axes of the vertebra. A control point carries the rest: its label is the name of the point, its
description status, source and computed position (`spinetwin.io.description`, the same text as in a .mrk.json file), and a
missing point is a control point whose position is undefined: Slicer lists it and draws nothing.

All positions are those of the node itself, RAS mm: a transform above the node moves what is shown, not what is known.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import slicer

if TYPE_CHECKING:
    from spinetwin.geometry import Frame
    from spinetwin.poi import Poi, PoiSet

FOLDER = "Spine POI"

LEVEL = "SpinePOI.level"
POINTS = "SpinePOI.points"
RULES = "SpinePOI.rules"
FRAME = "SpinePOI.frame"
OUTDATED = "SpinePOI.outdated"
"""Numbers of the corrections of the label maps since the points were computed."""

_FIDUCIAL = "vtkMRMLMarkupsFiducialNode"

Node = slicer.vtkMRMLMarkupsFiducialNode


def show(pois: PoiSet, *, computed: PoiSet | None = None) -> dict[int, Node]:
    """Put points into the scene; the node of a level that is there already is renewed and keeps its identity.

    Parameters
    ----------
    pois : PoiSet
        Any number of levels, RAS mm. Other levels of the scene are left alone.
    computed : PoiSet, optional
        What the rules had said, to go back to; left out, it is what `pois` still tell of it.

    Returns
    -------
    dict of level id to node
        The nodes of `pois`, from the top.
    """
    from spinetwin.poi.axes import frames_of
    from spinetwin.poi.merge import as_computed

    here, frames = nodes(), frames_of(pois)
    shown = {}
    for level, points in _byLevel(pois).items():
        node = here.get(level) or _addNode(level)
        verdicts = [computed.points.get(poi.key, as_computed(poi)) if computed else as_computed(poi) for poi in points]
        with modifying(node):
            _fill(node, points, verdicts, frames.get(level))
        shown[level] = node
    _tidyFolder()
    return shown


def _byLevel(pois: PoiSet) -> dict[int, list[Poi]]:
    levels: dict[int, list[Poi]] = {}
    for poi in pois:
        levels.setdefault(poi.level, []).append(poi)
    return levels


def _addNode(level: int) -> Node:
    from spinetwin.anatomy import level as levelOf
    from spinetwin.io.markups import GLYPH_MM, SUSPECT_COLOR, level_color

    node = slicer.mrmlScene.CreateNodeByClass(_FIDUCIAL)
    node.UnRegister(None)
    node.SetName(levelOf(level).name)
    node.SetAttribute(LEVEL, levelOf(level).name)
    node.SetLocked(True)
    slicer.mrmlScene.AddNode(node)
    node.CreateDefaultDisplayNodes()
    display = node.GetDisplayNode()
    display.SetSelectedColor(*level_color(level))
    display.SetColor(*SUSPECT_COLOR)
    display.SetPointLabelsVisibility(False)
    display.SetPropertiesLabelVisibility(False)
    display.SetUseGlyphScale(False)
    display.SetGlyphSize(GLYPH_MM)
    display.SetTextScale(2.0)
    display.SetSnapMode(display.SnapModeUnconstrained)
    # points within the bone or behind it shine through and can be grasped
    display.SetOccludedVisibility(True)
    display.SetOccludedOpacity(0.3)
    return node


def _fill(node: Node, points: Collection[Poi], verdicts: Iterable[Poi], frame: Frame | None) -> None:
    from spinetwin.io.description import describe
    from spinetwin.io.markups import label_of

    if idsOf(node) != [poi.id for poi in points]:
        node.SetFixedNumberOfControlPoints(False)
        node.RemoveAllControlPoints()
        for poi in points:
            node.AddControlPoint(0.0, 0.0, 0.0, label_of(poi.id))
        node.SetFixedNumberOfControlPoints(True)
    for row, poi in enumerate(points):
        _writeRow(node, row, poi)
    node.SetAttribute(POINTS, ",".join(str(poi.id) for poi in points))
    node.SetAttribute(RULES, json.dumps({poi.id: describe(poi) for poi in verdicts}, ensure_ascii=False))
    node.SetAttribute(FRAME, _frameText(frame) if frame else None)
    node.SetAttribute(OUTDATED, None)


def _writeRow(node: Node, row: int, poi: Poi) -> None:
    from spinetwin.io.description import describe
    from spinetwin.poi import Status

    if poi.position is None:
        node.UnsetNthControlPointPosition(row)
    else:
        node.SetNthControlPointPosition(row, *poi.position)
    node.SetNthControlPointDescription(row, describe(poi))
    node.SetNthControlPointSelected(row, poi.status is not Status.SUSPECT)


def write(node: Node, pois: Iterable[Poi]) -> None:
    """Write some points of a level into its node; a point that the node does not have is passed over."""
    rows = {point: row for row, point in enumerate(idsOf(node))}
    with modifying(node):
        for poi in pois:
            if poi.id in rows:
                _writeRow(node, rows[poi.id], poi)


def nodes() -> dict[int, Node]:
    """Return our nodes in the scene by level id, from the top; of a copied node, the first in the scene counts."""
    from spinetwin.anatomy import LEVELS

    found: dict[str, Node] = {}
    for node in candidates():
        name = node.GetAttribute(LEVEL)
        if name and name not in found and len(idsOf(node)) == node.GetNumberOfControlPoints():
            found[name] = node
    return {each.id: found[each.name] for each in LEVELS if each.name in found}


def candidates() -> list[Node]:
    """Return the nodes in the scene that were made here, also those that have no level at present."""
    return [node for node in slicer.util.getNodesByClass(_FIDUCIAL) if node.GetAttribute(POINTS)]


def levelOf(node: Node) -> int | None:
    """Return the level of a node; None for one that is not ours."""
    from spinetwin.anatomy import level

    name = node.GetAttribute(LEVEL)
    return level(name).id if name else None


def idsOf(node: Node) -> list[int]:
    """Return the ids of a node's points, row by row."""
    return [int(each) for each in (node.GetAttribute(POINTS) or "").split(",") if each]


def read(level: int, node: Node) -> list[Poi]:
    """Return the points of a level as the scene has them now; one that lies elsewhere than described comes as edited."""
    from spinetwin.io.description import restore

    found = []
    for row, point in enumerate(idsOf(node)):
        defined = node.GetNthControlPointPositionStatus(row) == node.PositionDefined
        position = tuple(node.GetNthControlPointPosition(row)) if defined else None
        found.append(restore(level, point, node.GetNthControlPointDescription(row), position))
    return found


def readAll() -> PoiSet:
    """Return every point of the scene, with the frames of the levels."""
    from spinetwin.poi import PoiSet

    here = nodes()
    frames = {level: frame for level, node in here.items() if (frame := frameOf(node)) is not None}
    return PoiSet.of((poi for level, node in here.items() for poi in read(level, node)), frames)


def computedOf(level: int, node: Node) -> dict[int, Poi]:
    """Return what the rules had said of each point of a level, by point id."""
    return rulesIn(level, node.GetAttribute(RULES))


def rulesIn(level: int, text: str | None) -> dict[int, Poi]:
    """Return what the attribute RULES of a node says, by point id."""
    from spinetwin.io.description import position_in, restore

    texts: dict[str, str] = json.loads(text or "{}")
    return {int(point): restore(level, int(point), text, position_in(text)) for point, text in texts.items()}


def toggleOutdated(node: Node, correction: int) -> None:
    """Take note that the voxels of a level were corrected, or that this correction was taken back or done again."""
    known = set((node.GetAttribute(OUTDATED) or "").split(",")) - {""}
    node.SetAttribute(OUTDATED, ",".join(sorted(known ^ {str(correction)})) or None)


def outdated() -> list[str]:
    """Return the names of the levels whose points are older than the label maps, from the top."""
    return [node.GetName() for node in nodes().values() if node.GetAttribute(OUTDATED)]


def frameOf(node: Node) -> Frame | None:
    """Return the axes of a node's vertebra; None where nothing tells them."""
    import numpy as np
    from spinetwin.geometry import Frame

    text = node.GetAttribute(FRAME)
    if not text:
        return None
    content = json.loads(text)
    return Frame(np.array(content["origin"]), np.array(content["axes"]), content["source"])


def _frameText(frame: Frame) -> str:
    return json.dumps({"origin": frame.origin.tolist(), "axes": frame.axes.tolist(), "source": frame.source})


def remove(levels: Iterable[int] | None = None) -> None:
    """Remove the nodes of some levels, or of all, with their display and storage nodes."""
    here, hierarchy = nodes(), _hierarchy()
    for level in list(here) if levels is None else levels:
        if level in here:
            item = hierarchy.GetItemByDataNode(here[level])
            if item:
                hierarchy.RemoveItem(item, False, False)
            _removeNode(here[level])
    _tidyFolder()


def _removeNode(node: Node) -> None:
    belongings = [node.GetNthDisplayNode(each) for each in range(node.GetNumberOfDisplayNodes())]
    for each in (*belongings, node.GetStorageNode(), node):
        if each is not None:
            slicer.mrmlScene.RemoveNode(each)


@contextmanager
def modifying(node: slicer.vtkMRMLNode) -> Iterator[None]:
    """Gather all changes of a node into one event: fifty points cost what one costs."""
    before = node.StartModify()
    try:
        yield
    finally:
        node.EndModify(before)


def _tidyFolder() -> None:
    """Keep our nodes together in one folder of the subject hierarchy; a folder without nodes goes."""
    hierarchy, here = _hierarchy(), nodes()
    folder = hierarchy.GetItemChildWithName(hierarchy.GetSceneItemID(), FOLDER)
    if not here:
        if folder and not hierarchy.GetNumberOfItemChildren(folder):
            hierarchy.RemoveItem(folder)
        return
    folder = folder or hierarchy.CreateFolderItem(hierarchy.GetSceneItemID(), FOLDER)
    for node in here.values():
        item = hierarchy.GetItemByDataNode(node)
        if not item:
            hierarchy.CreateItem(folder, node)
        elif hierarchy.GetItemParent(item) != folder:
            hierarchy.SetItemParent(item, folder)


def _hierarchy() -> slicer.vtkMRMLSubjectHierarchyNode:
    return slicer.vtkMRMLSubjectHierarchyNode.GetSubjectHierarchyNode(slicer.mrmlScene)
