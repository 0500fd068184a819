"""What the points are computed from: label map volumes or segmentations of the scene, recognised by their labels.

Known are our own maps and those of SPINEPS and TPTBox, which share their numbers; segmentations are known by the names of
their segments.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import slicer
from slicer.i18n import tr as _

if TYPE_CHECKING:
    from collections.abc import Iterable

    from spinetwin.geometry import Grid, LabelMaps

SUBREGIONS, VERTEBRAE = "subregions", "vertebrae"

NODE_CLASSES = ("vtkMRMLLabelMapVolumeNode", "vtkMRMLSegmentationNode")

_SAMPLE = 4_000_000
"""Voxels looked at to tell what a map is; every part of a vertebra is large against their distance."""
_MOST_LABELS = 300
_LEVEL_IN_NAME = re.compile(r"(?:^|[\W_])([CTL]\d{1,2}|S1)(?:$|[\W_])", re.IGNORECASE)
_NUMBER_IN_NAME = re.compile(r"(?:^|[\W_])(\d{1,3})$")


@dataclass(frozen=True)
class Recognised:
    """What a node was found to be: SUBREGIONS, VERTEBRAE or "", and a phrase for people."""

    kind: str
    text: str


def recognise(node: slicer.vtkMRMLNode | None) -> Recognised:
    """Tell what a node holds, quickly: a large volume is looked at on a coarse lattice."""
    if node is None:
        return Recognised("", "")
    labels = labelsOf(node)
    if labels is None:
        return Recognised("", _("looks like an image, not like a label map"))
    if not labels:
        return Recognised("", _("is empty") if _isVolume(node) else _("has no segment whose name is known"))
    if labels & _vertebralParts():
        return Recognised(SUBREGIONS, _partsText(labels))
    levels = _levels(labels)
    if levels:
        return Recognised(VERTEBRAE, _levelsText(labels, levels))
    return Recognised("", _("holds no label that is known here"))


def problem(subregions: slicer.vtkMRMLNode | None, vertebrae: slicer.vtkMRMLNode | None) -> str:
    """Say what is missing before points can be computed; "" when nothing is."""
    if subregions is None and vertebrae is None:
        return _("Choose the subregion map and the vertebra map")
    if subregions is None:
        return _("Choose the subregion map")
    if vertebrae is None:
        return _("Choose the vertebra map")
    return _unlike(subregions, SUBREGIONS) or _unlike(vertebrae, VERTEBRAE) or _apart(subregions, vertebrae)


def _unlike(node: slicer.vtkMRMLNode, wanted: str) -> str:
    found = recognise(node)
    if found.kind == wanted:
        return ""
    if found.kind == VERTEBRAE:
        return _("{name} holds levels, not the parts of vertebrae: choose another subregion map").format(name=node.GetName())
    if found.kind == SUBREGIONS:
        return _("{name} holds the parts of vertebrae, not levels: choose another vertebra map").format(name=node.GetName())
    return f"{node.GetName()} {found.text}"


def _apart(subregions: slicer.vtkMRMLNode, vertebrae: slicer.vtkMRMLNode) -> str:
    if not (_isVolume(subregions) and _isVolume(vertebrae)) or gridOf(subregions).same_place(gridOf(vertebrae)):
        return ""
    return _("The two maps do not lie on the same voxels")


def guess() -> tuple[slicer.vtkMRMLNode | None, slicer.vtkMRMLNode | None]:
    """Return the subregion map and the vertebra map that came into the scene last and lie on the same voxels."""
    # a segmentation that shows two maps of the scene comes after these
    nodes = [node for each in reversed(NODE_CLASSES) for node in slicer.util.getNodesByClass(each)]
    parts = [node for node in nodes if recognise(node).kind == SUBREGIONS]
    levels = [node for node in nodes if recognise(node).kind == VERTEBRAE]
    for subregions in reversed(parts):
        for vertebrae in reversed(levels):
            if not _apart(subregions, vertebrae):
                return subregions, vertebrae
    return (parts[-1] if parts else None), (levels[-1] if levels else None)


# --- labels -----------------------------------------------------------------------------------------------------------


def labelsOf(node: slicer.vtkMRMLNode) -> frozenset[int] | None:
    """Return the labels of a node (of a large volume, of a sample); None for a volume that is no label map."""
    if not _isVolume(node):
        return frozenset(label for label in segmentLabels(node).values() if label)
    if node.GetImageData() is None:
        return frozenset()
    array = slicer.util.arrayFromVolume(node)
    step = max(1, round((array.size / _SAMPLE) ** (1 / 3)))
    found = np.unique(array[::step, ::step, ::step])
    whole = found.dtype.kind in "iu" or bool((found == np.round(found)).all())
    if not whole or len(found) > _MOST_LABELS or found.min() < 0:
        return None
    return frozenset(int(label) for label in found if label)


def segmentLabels(node: slicer.vtkMRMLSegmentationNode) -> dict[str, int]:
    """Return the label that each segment stands for, by segment id; 0 for a segment that is not known."""
    segmentation = node.GetSegmentation()
    return {each: _labelOfSegment(segmentation.GetSegment(each)) for each in segmentation.GetSegmentIDs()}


def _labelOfSegment(segment: slicer.vtkSegment) -> int:
    """Return the label in a vertebra map of a segment that the module Spine Digital Twin made, and else what its name tells."""
    from SpineDigitalTwinLib.segments import partOf

    part = partOf(segment)
    return part.vertebra if part is not None else _labelOfName(segment.GetName())


def _labelOfName(name: str) -> int:
    plain = name.strip().lower()
    known = _knownNames()
    if plain in known:
        return known[plain]
    level = _LEVEL_IN_NAME.search(name)
    if level:
        return known.get(level[1].lower(), 0)
    number = _NUMBER_IN_NAME.search(plain)
    return int(number[1]) if number else 0


def _knownNames() -> dict[str, int]:
    """Return the names of levels, of what lies between them, and of subregions, in lower case, with their labels."""
    from spinetwin.anatomy import LEVELS
    from spinetwin.anatomy import SUBREGIONS as PARTS

    names: dict[str, int | None] = {}
    for part in PARTS:
        names.update({part.name: part.id, part.meaning.lower(): part.id})
    for level in LEVELS:
        name = level.name.lower()
        names.update({name: level.id, f"{name} disc below": level.disc_id, f"{name} endplates": level.endplate_id})
    return {name: label for name, label in names.items() if label is not None}


def _vertebralParts() -> frozenset[int]:
    from spinetwin.anatomy import SubregionId

    return frozenset(range(SubregionId.ARCH, SubregionId.ENDPLATE_INFERIOR + 1))


def _levels(labels: Iterable[int]) -> list[str]:
    from spinetwin.anatomy import LEVELS

    return [level.name for level in LEVELS if level.id in labels]


def _partsText(labels: frozenset[int]) -> str:
    from spinetwin.anatomy import SubregionId

    shell = SubregionId.BODY in labels and SubregionId.BODY_BORDER in labels
    body = _("bodies with a shell, as in CT") if shell else _("bodies as a whole, as in MR")
    canal = "" if SubregionId.CANAL in labels else ", " + _("no canal")
    return _("subregions: {count} parts, {body}").format(count=len(labels), body=body) + canal


def _levelsText(labels: frozenset[int], levels: list[str]) -> str:
    from spinetwin.anatomy import LEVELS

    text = levels[0] if len(levels) == 1 else _("{first} to {last}").format(first=levels[0], last=levels[-1])
    more = [
        word
        for word, ids in (
            (_("discs"), {each.disc_id for each in LEVELS}),
            (_("endplates"), {each.endplate_id for each in LEVELS}),
        )
        if labels & ids
    ]
    return ", ".join([_("vertebrae: {levels}").format(levels=text), *more])


# --- voxels -----------------------------------------------------------------------------------------------------------


def gridOf(volume: slicer.vtkMRMLVolumeNode) -> Grid:
    """Return where the voxels of a volume lie."""
    import vtk
    from spinetwin.geometry import Grid

    matrix = vtk.vtkMatrix4x4()
    volume.GetIJKToRASMatrix(matrix)
    return Grid(volume.GetImageData().GetDimensions(), slicer.util.arrayFromVTKMatrix(matrix))


def labelMaps(subregions: slicer.vtkMRMLNode, vertebrae: slicer.vtkMRMLNode) -> LabelMaps:
    """Return the two maps as arrays on one grid.

    Raises
    ------
    MapError
        If they do not lie on the same voxels.
    """
    from spinetwin.errors import MapError
    from spinetwin.geometry import LabelMaps

    reference = next((node for node in (subregions, vertebrae) if _isVolume(node)), None)
    (parts, grid), (levels, other) = _voxels(subregions, reference), _voxels(vertebrae, reference)
    if not grid.same_place(other):
        raise MapError(
            f"{subregions.GetName()} and {vertebrae.GetName()} do not lie on the same voxels.",
            "Choose two maps of the same image, or resample one of them.",
        )
    return LabelMaps(grid, parts, levels)


def _voxels(node: slicer.vtkMRMLNode, reference: slicer.vtkMRMLVolumeNode | None) -> tuple[np.ndarray, Grid]:
    if _isVolume(node):
        return _asLabels(slicer.util.arrayFromVolume(node)), gridOf(node)
    return _exported(node, reference)


def _asLabels(array: np.ndarray) -> np.ndarray:
    """Turn Slicer's (k, j, i) order into (i, j, k), and any whole numbers into labels."""
    turned = array.T
    return turned if turned.dtype in (np.uint8, np.uint16) else turned.astype(np.uint16)


def _exported(node: slicer.vtkMRMLSegmentationNode, reference: slicer.vtkMRMLVolumeNode | None) -> tuple[np.ndarray, Grid]:
    import vtk

    labels = {segment: label for segment, label in segmentLabels(node).items() if label}
    segments = vtk.vtkStringArray()
    for segment in labels:
        segments.InsertNextValue(segment)
    volume = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLLabelMapVolumeNode")
    volume.HideFromEditorsOn()
    try:
        # without a volume to follow, the segmentation's own geometry is taken whole, not cropped to the segments
        extent = slicer.vtkSegmentation.EXTENT_REFERENCE_GEOMETRY
        slicer.modules.segmentations.logic().ExportSegmentsToLabelmapNode(node, segments, volume, reference, extent)
        # Slicer numbers what it exports from 1
        table = np.array([0, *labels.values()], dtype=np.uint16)
        return table[slicer.util.arrayFromVolume(volume).T], gridOf(volume)
    finally:
        display = volume.GetDisplayNode()
        colours = display.GetColorNode() if display else None
        for each in (colours, display, volume):
            if each is not None:
                slicer.mrmlScene.RemoveNode(each)


def _isVolume(node: slicer.vtkMRMLNode) -> bool:
    return node.IsA("vtkMRMLVolumeNode")
