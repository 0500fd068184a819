"""What is said of maps that another program has made: each level is compared with what its subregions alone would tell."""

from __future__ import annotations

import numpy as np

from ...anatomy import level
from ...errors import SpineTwinError
from ...geometry import LabelMaps
from ...segmentation.backends.separated import Separated
from ...segmentation.crosscheck import cross_check
from ...segmentation.levels import levels_of
from ...segmentation.separation import separate_vertebrae, sides_put_right


def judged(maps: LabelMaps) -> Separated:
    """Compare learned vertebrae with those that a separation of the subregions gives, and put left and right right.

    Parameters
    ----------
    maps : LabelMaps

    Returns
    -------
    LabelMaps
        With left and right of the subregions as the image's orientation has them.
    mapping of int to float or None
        Confidence by level; None where there was nothing to compare with.
    sequence of str
        What a person should know.
    """
    if not np.any(maps.vertebrae):
        return maps, {}, ()
    try:
        separated = separate_vertebrae(maps.subregions, maps.grid)
    except SpineTwinError as error:
        unknown: dict[int, float | None] = {each.id: None for each in levels_of(maps.vertebrae)}
        return maps, unknown, (f"The vertebrae could not be compared with a separation: {error.message}",)
    checked = cross_check(maps.vertebrae, separated.vertebrae)
    confidence: dict[int, float | None] = {each.level: each.confidence for each in checked}
    subregions, exchanged = sides_put_right(maps.subregions, separated.vertebrae, separated.sides)
    said = list(exchanged)
    said += [f"{level(each.level).name}: {'; '.join(each.doubts)}." for each in checked if each.doubts]
    return LabelMaps(maps.grid, subregions, maps.vertebrae), confidence, tuple(said)
