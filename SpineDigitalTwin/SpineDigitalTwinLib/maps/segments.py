"""A segmentation from two label maps: one segment for each part of each level, and back.

All segments share one label map in memory, so that a whole spine of two hundred parts is made at once. What a segment stands
for is in its tags, which Slicer saves; its name, colour and standard code follow from them.
"""

from __future__ import annotations

from collections.abc import Collection, Generator, Mapping
from itertools import pairwise
from typing import TYPE_CHECKING

import slicer
import vtk

from ..running.draining import drain
from . import terminology
from .layers import GEOMETRY, LABELMAP
from .parts import Part, colourOf, levelOf, nameOf
from .sharedmap import combining, geometryOf

if TYPE_CHECKING:
    from spinetwin.geometry import Grid, LabelMaps

    Node = slicer.vtkMRMLSegmentationNode
    Surfaces = Mapping[Part, vtk.vtkPolyData]

VERTEBRA_TAG = "SpineDigitalTwin.vertebra"
SUBREGION_TAG = "SpineDigitalTwin.subregion"
BY_LEVEL = "SpineDigitalTwin.colourByLevel"
"""Attribute of a segmentation that is coloured by level."""
CORRECTED = "SpineDigitalTwin.corrected"
"""Attribute of a segmentation on which a person has painted what the label maps do not have."""

SURFACE = "Closed surface"


def show(maps: LabelMaps, name: str, node: Node | None = None, surfaces: Surfaces | None = None) -> Node:
    """Make the segmentation of two label maps, or renew one; surfaces are made afterwards (`surfaces`).

    Parameters
    ----------
    maps : LabelMaps
        On any grid, oblique or not.
    name : str
        Of the node.
    node : vtkMRMLSegmentationNode, optional
        Whose segments are replaced.
    surfaces : mapping of Part to surface, optional
        Those that hold still, and need not be made again.
    """
    return drain(showing(maps, name, node, surfaces))


def showing(
    maps: LabelMaps, name: str, node: Node | None = None, surfaces: Surfaces | None = None, whole: Grid | None = None
) -> Generator[float, None, Node]:
    """Do as `show`, in steps; nothing is seen before the last of them. The maps may be a block of a `whole` grid."""
    whole = whole or maps.grid
    shared = yield from combining(maps, whole)
    yield 0.0
    # removing old segments one by one would erase each from the voxels that they share
    segmentation = slicer.vtkSegmentation()
    segmentation.SetSourceRepresentationName(LABELMAP)
    segmentation.SetConversionParameter(GEOMETRY, geometryOf(whole))
    for part, number in shared.numbers.items():
        segment = slicer.vtkSegment()
        segment.SetLabelValue(number)
        _tag(segment, part)
        segment.AddRepresentation(LABELMAP, shared.image)
        segmentation.AddSegment(segment, f"{part.vertebra}-{part.subregion}")
    _addSurfaces(segmentation, surfaces or {})
    yield 0.0
    if node is None or node.GetScene() is None:
        node = _addNode(name)
    old = node.GetSegmentation()
    others = _others(old)
    for segmentId, segment in others.items():
        segmentation.AddSegment(segment, segmentId)
    was = node.StartModify()
    node.SetName(name)
    node.SetAndObserveSegmentation(segmentation)
    _empty(old, kept=others)
    describe(node)
    node.EndModify(was)
    node.SetAttribute(CORRECTED, None)
    return node


def _addSurfaces(segmentation: slicer.vtkSegmentation, surfaces: Surfaces) -> None:
    """Give segments the surfaces that are known; after all are added, as the first one's kinds are made for each new one."""
    for segmentId in segmentation.GetSegmentIDs():
        segment = segmentation.GetSegment(segmentId)
        surface = surfaces.get(partOf(segment))
        if surface is not None:
            segment.AddRepresentation(SURFACE, surface)


def release(node: Node) -> None:
    """Empty a segmentation whose scene is about to be closed, which would take many seconds for a whole spine."""
    _empty(node.GetSegmentation())


def _others(segmentation: slicer.vtkSegmentation) -> dict[str, slicer.vtkSegment]:
    """Return the segments that are not ours, by id: somebody has added them, and they stay."""
    found = {each: segmentation.GetSegment(each) for each in segmentation.GetSegmentIDs()}
    return {segmentId: segment for segmentId, segment in found.items() if partOf(segment) is None}


def _empty(segmentation: slicer.vtkSegmentation, kept: Collection[str] = ()) -> None:
    # a segment that is removed is first separated from the voxels that all share, each time for the whole volume
    for segmentId in segmentation.GetSegmentIDs():
        if segmentId not in kept:
            segmentation.GetSegment(segmentId).RemoveAllRepresentations()


def surfacesOf(node: Node, renamed: Mapping[int, int], lost: Collection[int]) -> Surfaces:
    """Return the surfaces that a correction of levels leaves as they are, by what they stand for after it."""
    labels, found = _labelsAfter(renamed), {}
    for segmentId, part in parts(node).items():
        surface, level = node.GetSegmentation().GetSegment(segmentId).GetRepresentation(SURFACE), levelOf(part.vertebra)
        if surface is not None and (level is None or level.id not in lost):
            found[Part(labels.get(part.vertebra, part.vertebra), part.subregion)] = surface
    return found


def _addNode(name: str) -> Node:
    node = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLSegmentationNode", name)
    node.CreateDefaultDisplayNodes()
    display = node.GetDisplayNode()
    display.SetPreferredDisplayRepresentationName3D(SURFACE)
    display.SetPreferredDisplayRepresentationName2D(LABELMAP)
    display.SetVisibility2DOutline(True)
    display.SetOpacity2DFill(0.5)
    return node


# --- what segments stand for ------------------------------------------------------------------------------------------


def _tag(segment: slicer.vtkSegment, part: Part) -> None:
    segment.SetTag(VERTEBRA_TAG, str(part.vertebra))
    segment.SetTag(SUBREGION_TAG, str(part.subregion))


def partOf(segment: slicer.vtkSegment) -> Part | None:
    """Return what a segment stands for, or None for a segment that is not ours."""
    found = [_tagValue(segment, each) for each in (VERTEBRA_TAG, SUBREGION_TAG)]
    return Part(int(found[0]), int(found[1])) if all(each.isdecimal() for each in found) else None


def _tagValue(segment: slicer.vtkSegment, tag: str) -> str:
    text = vtk.reference("")
    return str(text) if segment.GetTag(tag, text) else ""


def parts(node: Node) -> dict[str, Part]:
    """Return what the segments of ours stand for, by segment id."""
    segmentation = node.GetSegmentation()
    found = {each: partOf(segmentation.GetSegment(each)) for each in segmentation.GetSegmentIDs()}
    return {segment: part for segment, part in found.items() if part is not None}


def levels(node: Node) -> list[int]:
    """Return the ids of the levels that a segmentation has, from the top."""
    found = {levelOf(part.vertebra) for part in parts(node).values()} - {None}
    return [each.id for each in sorted(found, key=lambda each: each.order)]


def describe(node: Node) -> None:
    """Give every segment the name, the colour and the standard code of what it stands for."""
    found = levels(node)
    below = dict(pairwise(found))
    byLevel = node.GetAttribute(BY_LEVEL) == "1"
    for segmentId, part in parts(node).items():
        segment, level = node.GetSegmentation().GetSegment(segmentId), levelOf(part.vertebra)
        lower = below.get(level.id) if level else None
        segment.SetName(nameOf(part, lower))
        segment.SetColor(*colourOf(part, byLevel=byLevel))
        segment.SetTag(slicer.vtkSegment.GetTerminologyEntryTagName(), terminology.entry(part.vertebra, part.subregion, lower))


def colourByLevel(node: Node, on: bool) -> None:
    """Colour the segments by level, or by subregion."""
    node.SetAttribute(BY_LEVEL, "1" if on else "0")
    was = node.StartModify()
    describe(node)
    node.EndModify(was)


def rename(node: Node, renamed: Mapping[int, int]) -> None:
    """Let segments follow their vertebrae to other names; voxels and surfaces stay as they are.

    Parameters
    ----------
    node : vtkMRMLSegmentationNode
    renamed : mapping of int to int
        Old to new level id.
    """
    labels = _labelsAfter(renamed)
    was = node.StartModify()
    for segmentId, part in parts(node).items():
        _tag(node.GetSegmentation().GetSegment(segmentId), Part(labels.get(part.vertebra, part.vertebra), part.subregion))
    describe(node)
    node.EndModify(was)


def _labelsAfter(renamed: Mapping[int, int]) -> dict[int, int]:
    """Return the new labels of vertebrae, their discs and endplates."""
    from spinetwin.anatomy import level

    labels = {}
    for old, new in renamed.items():
        before, after = level(old), level(new)
        pairs = ((before.id, after.id), (before.disc_id, after.disc_id), (before.endplate_id, after.endplate_id))
        labels.update({source: target for source, target in pairs if source is not None and target is not None})
    return labels
