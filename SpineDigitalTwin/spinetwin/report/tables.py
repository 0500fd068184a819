"""What the tables of the report say: counts per level, and everything not ok in few rows."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from ..anatomy import LEVELS, point
from ..poi import PoiSet, Status
from ..poi.model import EDITED


@dataclass(frozen=True)
class LevelRow:
    """How many points of a level are ok, suspect, missing and edited, and where its frame comes from."""

    name: str
    ok: int
    suspect: int
    missing: int
    edited: int
    frame: str


@dataclass(frozen=True)
class Finding:
    """Points that are not ok for one and the same reason.

    Attributes
    ----------
    status : Status
        suspect or missing.
    reason : str
        Why, for people.
    points : tuple of str
        Readable labels.
    levels : str
        Their levels as ranges: "T1-T12, L4".
    count : int
        How many points in all.
    """

    status: Status
    reason: str
    points: tuple[str, ...]
    levels: str
    count: int


def level_rows(pois: PoiSet) -> list[LevelRow]:
    """Return one row per level, from the top."""
    every = {*pois.levels, *pois.frames}
    rows = []
    for each in (each for each in LEVELS if each.id in every):
        points = pois.of_level(each.id)
        counts = {status: sum(poi.status is status for poi in points) for status in Status}
        frame = pois.frames[each.id].source or "computed" if each.id in pois.frames else "none"
        edited = sum(poi.edited for poi in points)
        rows.append(LevelRow(each.name, counts[Status.OK], counts[Status.SUSPECT], counts[Status.MISSING], edited, frame))
    return rows


def findings(pois: PoiSet) -> list[Finding]:
    """Gather everything not ok: levels with the same reason and point, then points with the same reason and levels.

    Suspect points come first, because a person has to look at them; then the reasons that concern most points.
    """
    levels_of: dict[tuple[Status, str, int], list[int]] = {}
    for poi in pois:
        if poi.status is not Status.OK:
            levels_of.setdefault((poi.status, poi.reason or "no reason given", poi.id), []).append(poi.level)
    points_of: dict[tuple[Status, str, tuple[int, ...]], list[int]] = {}
    weight: dict[tuple[Status, str], int] = {}
    for (status, reason, key), levels in levels_of.items():
        points_of.setdefault((status, reason, tuple(levels)), []).append(key)
        weight[status, reason] = weight.get((status, reason), 0) + len(levels)
    found = [
        Finding(status, reason, _labels(keys), level_ranges(levels, pois.levels), len(keys) * len(levels))
        for (status, reason, levels), keys in points_of.items()
    ]
    return sorted(
        found, key=lambda row: (row.status is Status.MISSING, -weight[row.status, row.reason], row.reason, -row.count)
    )


def _labels(keys: Iterable[int]) -> tuple[str, ...]:
    return tuple(point(key).label for key in sorted(keys))


def level_ranges(keys: Iterable[int], spine: Iterable[int] = ()) -> str:
    """Write levels the short way.

    Parameters
    ----------
    keys : iterable of int
        Level ids.
    spine : iterable of int
        The levels that this spine has: T13 and L6, which few people have, break a range only where they are among them.

    Examples
    --------
    >>> from spinetwin.anatomy import level
    >>> level_ranges([level(name).id for name in ("T11", "T12", "L1", "L4")])
    'T11-L1, L4'
    """
    chosen = {*keys}
    known = [each for each in LEVELS if each.name not in _RARE or each.id in chosen or each.id in {*spine}]
    runs: list[list[str]] = [[]]
    for each in known:
        if each.id in chosen:
            runs[-1].append(each.name)
        elif runs[-1]:
            runs.append([])
    return ", ".join(f"{run[0]}-{run[-1]}" if len(run) > 2 else ", ".join(run) for run in runs if run)


_RARE = ("T13", "L6")


def sources(pois: PoiSet) -> list[str]:
    """Return where the points come from: the rule sets with their versions, "edited" last."""
    return sorted({poi.source for poi in pois if poi.source}, key=lambda source: (source == EDITED, source))
