"""Corrections that a person has painted on the segments, for instance in Segment Editor, on their way into the label maps."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from slicer.i18n import tr as _

from . import layers, segments
from .parts import Part

if TYPE_CHECKING:
    from spinetwin.geometry import Grid, LabelMaps
    from spinetwin.segmentation.flat import Block

    from .segments import Node


@dataclass(frozen=True)
class Painted:
    """The label maps as the segments say they are, and the names of segments that stand for no part of a vertebra."""

    maps: LabelMaps
    leftOut: tuple[str, ...]


def isCorrected(node: Node | None) -> bool:
    """Say whether a segmentation has corrections that the maps do not have."""
    return node is not None and node.GetAttribute(segments.CORRECTED) == "1"


def mark(node: Node, corrected: bool) -> None:
    """Take note that a segmentation has such corrections, or that it has none any more."""
    node.SetAttribute(segments.CORRECTED, "1" if corrected else None)


def reach(node: Node, grid: Grid, block: Block) -> Block:
    """Return the smallest block of a grid that holds another block and all label maps of a segmentation."""
    low, high = [each.start for each in block], [each.stop for each in block]
    for layer in layers.of(node):
        start = layers.startIn(grid, layer.image)
        if start is not None:
            ends = [a + n for a, n in zip(start, layer.image.GetDimensions(), strict=True)]
            low = [max(min(pair), 0) for pair in zip(low, start, strict=True)]
            high = [min(max(pair), most) for *pair, most in zip(high, ends, grid.shape, strict=True)]
    i, j, k = (slice(a, b) for a, b in zip(low, high, strict=True))
    return i, j, k


def mapsOf(node: Node, maps: LabelMaps) -> Painted:
    """Return what the segments say, on the voxels of the maps that they show.

    Where two segments overlap, the one that was painted on counts: Slicer takes it out of the label map that all share.

    Raises
    ------
    MapError
        If the segments lie on other voxels, or there are none.
    """
    from spinetwin.errors import MapError
    from spinetwin.geometry import LabelMaps

    known, found = segments.parts(node), sorted(layers.of(node), key=lambda each: -len(each.segments))
    if not known or not found:
        raise MapError(_("{name} has no segments of a spine.").format(name=node.GetName()), _("Show the label maps again."))
    if any(layers.startIn(maps.grid, each.image) is None for each in found):
        raise MapError(
            _("The segments do not lie on the voxels of the label maps."),
            _("Their geometry was changed; show the label maps again and correct those segments."),
        )
    parts = [Part(0, 0), *dict.fromkeys(known.values())]
    numbers = layers.paste(found, maps.grid, {segment: parts.index(part) for segment, part in known.items()})
    tables = [
        np.array([getattr(part, name) for part in parts], getattr(maps, which).dtype)
        for name, which in (("subregion", "subregions"), ("vertebra", "vertebrae"))
    ]
    segmentation = node.GetSegmentation()
    others = (each for each in segmentation.GetSegmentIDs() if each not in known)
    return Painted(
        LabelMaps(maps.grid, *(_through(table, numbers) for table in tables)),
        tuple(segmentation.GetSegment(each).GetName() for each in others),
    )


def _through(table: np.ndarray, numbers: np.ndarray) -> np.ndarray:
    from spinetwin.segmentation.flat import flat, occupied

    labels, at = np.zeros(numbers.shape, table.dtype, order="F"), occupied(numbers)
    flat(labels)[at] = table[flat(numbers)[at]]
    return labels
