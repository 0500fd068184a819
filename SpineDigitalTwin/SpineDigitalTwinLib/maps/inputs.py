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
from spinetwin.segmentation.kinds import SUBREGIONS, VERTEBRAE, kind_of

from ..running.draining import drain
from . import voxels
from .segments import partOf
from .voxels import gridOf, isVolume

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterable, Sequence

    from spinetwin.geometry import LabelMaps

NODE_CLASSES = ("vtkMRMLLabelMapVolumeNode", "vtkMRMLSegmentationNode")

_SAMPLE = 4_000_000
"""Voxels looked at to tell what a map is; every part of a vertebra is large against their distance."""
_MOST_LABELS = 300
_LARGEST = 65535
_FEW = 10_000
"""Values that tell an image from a label map, nearly always."""
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
        return Recognised("", _("is empty") if isVolume(node) else _("has no segment whose name is known"))
    if max(labels) > _LARGEST:
        return Recognised("", _("holds the label {label}; labels end at {most}").format(label=max(labels), most=_LARGEST))
    kind = kind_of(labels)
    if kind == SUBREGIONS:
        return Recognised(kind, _partsText(labels))
    if kind == VERTEBRAE:
        return Recognised(kind, _levelsText(labels, _levels(labels)))
    return Recognised("", _("holds no label that is known here"))


@dataclass(frozen=True)
class Looked:
    """What two chosen nodes are together: what is missing before points can be computed, "" when nothing is, and each alone."""

    problem: str
    subregions: Recognised
    vertebrae: Recognised


def look(
    subregions: slicer.vtkMRMLNode | None,
    vertebrae: slicer.vtkMRMLNode | None,
    recognised: Callable[[slicer.vtkMRMLNode | None], Recognised] | None = None,
) -> Looked:
    """Look at the two maps, at each once; `recognised` may remember what one was found to be."""
    parts, levels = ((recognised or recognise)(node) for node in (subregions, vertebrae))
    if subregions is None and vertebrae is None:
        problem = _("Choose the subregion map and the vertebra map")
    elif subregions is None:
        problem = _("Choose the subregion map")
    elif vertebrae is None:
        problem = _("Choose the vertebra map")
    else:
        problem = (
            _unlike(subregions, parts, SUBREGIONS) or _unlike(vertebrae, levels, VERTEBRAE) or _apart(subregions, vertebrae)
        )
    return Looked(problem, parts, levels)


def _unlike(node: slicer.vtkMRMLNode, found: Recognised, wanted: str) -> str:
    if found.kind == wanted:
        return ""
    if found.kind == VERTEBRAE:
        return _("{name} holds levels, not the parts of vertebrae: choose another subregion map").format(name=node.GetName())
    if found.kind == SUBREGIONS:
        return _("{name} holds the parts of vertebrae, not levels: choose another vertebra map").format(name=node.GetName())
    return f"{node.GetName()} {found.text}"


def _apart(subregions: slicer.vtkMRMLNode, vertebrae: slicer.vtkMRMLNode) -> str:
    if not (isVolume(subregions) and isVolume(vertebrae)) or gridOf(subregions).same_place(gridOf(vertebrae)):
        return ""
    return _("The two maps do not lie on the same voxels")


def guess(classes: Sequence[str] = NODE_CLASSES) -> tuple[slicer.vtkMRMLNode | None, slicer.vtkMRMLNode | None]:
    """Return the subregion map and the vertebra map that came into the scene last and lie on the same voxels.

    Parameters
    ----------
    classes : sequence of str
        Of the nodes that are wanted.
    """
    # a segmentation that shows two maps of the scene comes after these
    nodes = [node for each in reversed(classes) for node in slicer.util.getNodesByClass(each)]
    kinds = [recognise(node).kind for node in nodes]
    parts, levels = (
        [node for node, kind in zip(nodes, kinds, strict=True) if kind == wanted] for wanted in (SUBREGIONS, VERTEBRAE)
    )
    for subregions in reversed(parts):
        for vertebrae in reversed(levels):
            if not _apart(subregions, vertebrae):
                return subregions, vertebrae
    return (parts[-1] if parts else None), (levels[-1] if levels else None)


# --- labels -----------------------------------------------------------------------------------------------------------


def labelsOf(node: slicer.vtkMRMLNode) -> frozenset[int] | None:
    """Return the labels of a node (of a large volume, of a sample); None for a volume that is no label map."""
    if not isVolume(node):
        return frozenset(label for label in segmentLabels(node).values() if label)
    if node.GetImageData() is None:
        return frozenset()
    array = slicer.util.arrayFromVolume(node)
    # whole rows, as they lie in memory
    step = max(1, round((array.size / _SAMPLE) ** (1 / 2)))
    found = _valuesOf(array[::step, ::step])
    return frozenset(int(label) for label in found if label) if _areLabels(found) else None


def _valuesOf(rows: np.ndarray) -> np.ndarray:
    """Return the values that occur, sorted; of many values that are no labels, some."""
    if rows.dtype.kind in "iu" and rows.size and rows.min() >= 0 and rows.max() <= _LARGEST:
        occurs = np.zeros(_LARGEST + 1, bool)
        occurs[rows.reshape(-1)] = True
        return np.flatnonzero(occurs)
    row = rows[rows != 0]
    some = np.unique(row[:: len(row) // _FEW + 1])
    return np.unique(row) if _areLabels(some) else some


def _areLabels(values: np.ndarray) -> bool:
    """Say whether sorted values are whole, not negative, and few: sorting those of an image would take long."""
    return len(values) <= _MOST_LABELS and bool((values == np.round(values)).all()) and not (values < 0).any()


def segmentLabels(node: slicer.vtkMRMLSegmentationNode) -> dict[str, int]:
    """Return the label that each segment stands for, by segment id; 0 for a segment that is not known."""
    segmentation = node.GetSegmentation()
    return {each: _labelOfSegment(segmentation.GetSegment(each)) for each in segmentation.GetSegmentIDs()}


def _labelOfSegment(segment: slicer.vtkSegment) -> int:
    """Return the label in a vertebra map of a segment that the module Spine Digital Twin made, and else what its name tells."""
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


def _levels(labels: Iterable[int]) -> list[str]:
    from spinetwin.anatomy import LEVELS

    return [level.name for level in LEVELS if level.id in labels]


def _partsText(labels: frozenset[int]) -> str:
    from spinetwin.anatomy import SubregionId

    shell = SubregionId.BODY in labels and SubregionId.BODY_BORDER in labels
    body = _("bodies with a shell, as in CT") if shell else _("bodies as a whole, as in MR")
    absent = [
        name
        for name, part in (
            (_("no arch"), SubregionId.ARCH),
            (_("no spinous process"), SubregionId.SPINOUS),
            (_("no transverse process on the left"), SubregionId.COSTAL_LEFT),
            (_("no transverse process on the right"), SubregionId.COSTAL_RIGHT),
            (_("no canal"), SubregionId.CANAL),
        )
        if part not in labels
    ]
    return ", ".join([_("subregions: {count} parts, {body}").format(count=len(labels), body=body), *absent])


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


def labelMaps(subregions: slicer.vtkMRMLNode, vertebrae: slicer.vtkMRMLNode) -> LabelMaps:
    """Return the two maps as arrays on one grid.

    Raises
    ------
    MapError
        If they do not lie on the same voxels.
    """
    return drain(takingLabelMaps(subregions, vertebrae))


def takingLabelMaps(subregions: slicer.vtkMRMLNode, vertebrae: slicer.vtkMRMLNode) -> Generator[float, None, LabelMaps]:
    """Do as `labelMaps`, in steps: a segmentation on the voxels of another image is brought there slice by slice."""
    segmentations = {node.GetID(): segmentLabels(node) for node in (subregions, vertebrae) if not isVolume(node)}
    return (yield from voxels.takingLabelMaps(subregions, vertebrae, segmentations))
