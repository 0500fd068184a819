"""What backends do with a map of subregions alone: tell its vertebrae apart, and say what their names rest on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from ...anatomy import level
from ...geometry import LabelMaps
from ..separation import separate_vertebrae
from .protocol import Progress

Separated = tuple[LabelMaps, Mapping[int, float | None], Sequence[str]]
"""Maps, the confidence of each level, and what a person should know."""


def separated(maps: LabelMaps, tell: Progress) -> Separated:
    """Tell the vertebrae of a map of subregions from each other, and say what their names rest on.

    Raises
    ------
    MapError
        If there is no vertebra in it, or there are more than a spine has.
    """
    found = separate_vertebrae(maps.subregions, maps.grid, tell)
    naming, levels = found.naming, found.levels
    said = [*naming.said, *([found.sides.message] if found.sides.message else [])]
    said += [f"{level(each.level).name}: {'; '.join(each.doubts)}." for each in levels if each.doubts]
    vertebrae = np.asfortranarray(found.vertebrae)
    return LabelMaps(maps.grid, maps.subregions, vertebrae), {each.level: each.confidence for each in levels}, said
