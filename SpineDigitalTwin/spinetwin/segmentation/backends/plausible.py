"""Whether maps that others have made can be what they are said to be, in words."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import pairwise

import numpy as np

from ...anatomy import LEVELS, SubregionId, level
from ...errors import MapError
from ...geometry import LabelMaps, label_boxes, label_counts, labels_in
from .mapping import MappingTable
from .protocol import Source

_MOST_NAMED = 8
_MOST_LABELS = 1000
_DOUBTFUL_SHARE = 0.5
_BODY = (SubregionId.BODY_BORDER, SubregionId.BODY)
_POSTERIOR = tuple(each for each in SubregionId if SubregionId.ARCH <= each <= SubregionId.INFERIOR_ARTICULAR_RIGHT)


def unknown_labels(source: Source, table: MappingTable) -> Iterator[str]:
    """Say which labels of a map the table does not know.

    Raises
    ------
    MapError
        If it knows none of them, or the map seems to be an image.
    """
    counts = label_counts(source.array)
    counts[:1] = 0
    present = np.flatnonzero(counts)
    if not len(present):
        raise MapError(f"{source.name} is empty: nothing is labelled in it.", "Give another file.")
    if len(present) > _MOST_LABELS:
        raise MapError(f"{source.name} holds {len(present)} different values: it seems to be an image.", "Give a label map.")
    known = table.of_kind(source.kind)
    strange = [int(label) for label in present if int(label) not in known]
    if len(strange) == len(present):
        raise MapError(
            f"The table {table.name} knows none of the labels of {source.name}: {_some(strange)}.",
            "Name the table that belongs to the program which made it.",
        )
    if not strange:
        return
    if table.expects_others:
        labels = "1 label" if len(strange) == 1 else f"{len(strange)} labels"
        yield f"Left out as no part of the spine: {labels} of {source.name}."
        return
    said = [f"{label} ({counts[label]} voxels)" for label in strange]
    yield f"{source.name} holds labels that the table {table.name} does not know; they were left out: {_some(said)}."
    if counts[strange].sum() > _DOUBTFUL_SHARE * counts.sum():
        yield f"That is most of what {source.name} labels: is {table.name} the right table?"


def merged_labels(source: Source, table: MappingTable) -> Iterator[str]:
    """Say where several labels that are there become one vertebra; parts of a sacrum may."""
    present = labels_in(source.array)
    same: dict[int, list[int]] = {}
    for label, entry in table.of_kind(source.kind).items():
        if label in present and entry.whole and source.kind == "vertebrae":
            same.setdefault(entry.vertebra, []).append(label)
    for key, labels in same.items():
        if len(labels) > 1 and level(key).region != "sacral":
            yield f"The labels {' and '.join(map(str, labels))} of {source.name} both become {level(key).name}."


def chain_order(maps: LabelMaps) -> Iterator[str]:
    """Say which vertebrae do not lie in the order of their names, from the head down."""
    boxes = label_boxes(maps.vertebrae)
    heights: list[tuple[str, float]] = []
    for each in LEVELS:
        box = boxes.get(each.id)
        if box is not None:
            voxels = np.argwhere(maps.vertebrae[box] == each.id) + [part.start for part in box]
            heights.append((each.name, float(maps.grid.to_ras(voxels.mean(axis=0))[2])))
    wrong = [(upper, lower) for (upper, above), (lower, below) in pairwise(heights) if below >= above]
    if len(wrong) > 1 and len(wrong) == len(heights) - 1:
        yield "The vertebrae are named from below, or the image is upside down: is the table the right one?"
        return
    if wrong:
        yield f"Vertebrae are out of order: {_some(f'{lower} lies above {upper}' for upper, lower in wrong)}."


def lacking(maps: LabelMaps) -> tuple[list[str], list[str]]:
    """Return the names of the vertebrae that are whole, without subregions, and of those that have a body alone."""
    boxes = label_boxes(maps.vertebrae)
    without, body_only = [], []
    for each in LEVELS:
        box = boxes.get(each.id)
        if box is None or each.region not in ("cervical", "thoracic", "lumbar"):
            continue
        labels = set(np.unique(maps.subregions[box][maps.vertebrae[box] == each.id]).tolist())
        if labels.isdisjoint((*_BODY, *_POSTERIOR)):
            without.append(each.name)
        elif labels.isdisjoint(_POSTERIOR):
            body_only.append(each.name)
    return without, body_only


def say_lacking(without: list[str], body_only: list[str]) -> Iterator[str]:
    """Say of which vertebrae the points that need parts will be missing."""
    if without:
        yield f"{name_range(without)}: whole vertebrae without subregions; points of body, arch and processes will be missing."
    if body_only:
        yield f"{name_range(body_only)}: only the body is known; posterior points will be missing."


def name_range(names: list[str]) -> str:
    """Name vertebrae that follow each other."""
    return names[0] if len(names) == 1 else f"{names[0]} to {names[-1]}" if len(names) > 2 else " and ".join(names)


def _some(things: Iterable[object]) -> str:
    named = [str(each) for each in things]
    more = f" and {len(named) - _MOST_NAMED} more" if len(named) > _MOST_NAMED else ""
    return ", ".join(named[:_MOST_NAMED]) + more
