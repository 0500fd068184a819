"""What is said of maps that another program has made: each level is compared with what its subregions alone would tell."""

from __future__ import annotations

import numpy as np

from ...anatomy import level
from ...errors import SpineTwinError
from ...geometry import LabelMaps
from ...segmentation.crosscheck import cross_check
from ...segmentation.levels import levels_of
from ...segmentation.separation import separate_vertebrae


def judged(maps: LabelMaps) -> tuple[dict[int, float | None], tuple[str, ...]]:
    """Compare learned vertebrae with those that a separation of the subregions gives.

    Parameters
    ----------
    maps : LabelMaps

    Returns
    -------
    dict of int to float or None
        Confidence by level; None where there was nothing to compare with.
    tuple of str
        What a person should know.
    """
    if not np.any(maps.vertebrae):
        return {}, ()
    try:
        separated = separate_vertebrae(maps.subregions, maps.grid)
    except SpineTwinError as error:
        unknown: dict[int, float | None] = {each.id: None for each in levels_of(maps.vertebrae)}
        return unknown, (f"The vertebrae could not be compared with a separation: {error.message}",)
    checked = cross_check(maps.vertebrae, separated.vertebrae)
    confidence: dict[int, float | None] = {each.level: each.confidence for each in checked}
    said = [separated.sides.message] if separated.sides.message else []
    said += [f"{level(each.level).name}: {'; '.join(each.doubts)}." for each in checked if each.doubts]
    return confidence, tuple(said)
