"""What a pair of label maps holds and where, found bit by bit: looking at all voxels of a CT at once takes too long."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import slicer

from . import inputs, voxels

if TYPE_CHECKING:
    from spinetwin.geometry import IntArray
    from spinetwin.segmentation.flat import Block


@dataclass(frozen=True)
class Survey:
    """What was found.

    Attributes
    ----------
    times : tuple of 2 int
        When the voxels of the two maps had last changed.
    block : tuple of 3 slices
        The block of the grid that holds all labels.
    levels : tuple of int
        Ids of the levels in the map, from the top.
    """

    times: tuple[int, int]
    block: Block
    levels: tuple[int, ...]


def surveying(
    subregions: slicer.vtkMRMLLabelMapVolumeNode, vertebrae: slicer.vtkMRMLLabelMapVolumeNode
) -> Generator[float, None, Survey]:
    """Look at all voxels of two maps, in steps.

    Raises
    ------
    SpineTwinError
        If the maps do not belong together.
    """
    from spinetwin.segmentation.flat import finding_block

    times = timesOf(subregions, vertebrae)
    maps = inputs.labelMaps(subregions, vertebrae)
    steps = finding_block(maps.subregions, maps.vertebrae)
    while True:
        try:
            next(steps)
        except StopIteration as end:
            block: Block = end.value
            break
        yield 0.0
    yield 0.0
    return surveyOf(times, maps.vertebrae[block], block)


def surveyOf(times: tuple[int, int], vertebrae: IntArray, block: Block) -> Survey:
    """Return what the voxels of a block say, which holds all labels."""
    from spinetwin.segmentation.levels import levels_of

    return Survey(times, block, tuple(each.id for each in levels_of(vertebrae)))


def timesOf(subregions: slicer.vtkMRMLLabelMapVolumeNode, vertebrae: slicer.vtkMRMLLabelMapVolumeNode) -> tuple[int, int]:
    """Return numbers of which one grows whenever the voxels of a map change."""
    return voxels.contentTime(subregions), voxels.contentTime(vertebrae)
