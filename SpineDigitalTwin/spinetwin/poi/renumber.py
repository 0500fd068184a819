"""Points of vertebrae that got other names."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from .model import PoiSet


def renumber(pois: PoiSet, renamed: Mapping[int, int], lost: Iterable[int] = ()) -> PoiSet:
    """Let points and frames follow their vertebrae.

    Parameters
    ----------
    pois : PoiSet
    renamed : mapping of int to int
        Old to new level id.
    lost : iterable of int
        Levels that are no longer what they were: their points are dropped.

    Returns
    -------
    PoiSet
        Positions, statuses and edits are as before.
    """
    gone = set(lost)
    points = [replace(poi, level=renamed.get(poi.level, poi.level)) for poi in pois if poi.level not in gone]
    frames = {renamed.get(level, level): frame for level, frame in pois.frames.items() if level not in gone}
    return PoiSet.of(points, frames)
