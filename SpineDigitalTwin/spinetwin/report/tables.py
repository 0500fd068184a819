"""What the tables of the report say: counts per level, and everything not ok in few rows."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from ..anatomy import LEVELS, point
from ..poi import Poi, PoiSet, Status
from ..poi.model import EDITED

_NUMBER = re.compile(r"(?<![\w.])\d+(?:\.\d+)?(?!\w)")
"""A number that stands alone; the 3 of L3 does not."""


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

    Reasons that differ only in their numbers count as the same.

    Suspect points come first, because a person has to look at them; then the reasons that concern most points.
    """
    members: dict[tuple[Status, str, int], list[Poi]] = {}
    for poi in pois:
        if poi.status is not Status.OK:
            members.setdefault((poi.status, _NUMBER.sub("0", poi.reason), poi.id), []).append(poi)
    rows: dict[tuple[Status, str, tuple[int, ...]], list[Poi]] = {}
    weight: dict[tuple[Status, str], int] = {}
    for (status, kind, _), same in members.items():
        rows.setdefault((status, kind, tuple(poi.level for poi in same)), []).extend(same)
        weight[status, kind] = weight.get((status, kind), 0) + len(same)
    ordered = sorted(rows.items(), key=lambda row: (row[0][0] is Status.MISSING, -weight[row[0][:2]], row[0][1], -len(row[1])))
    return [
        Finding(
            status,
            common_reason(poi.reason for poi in same) or "no reason given",
            _labels({poi.id for poi in same}),
            level_ranges(levels, pois.levels),
            len(same),
        )
        for (status, _, levels), same in ordered
    ]


def _labels(keys: Iterable[int]) -> tuple[str, ...]:
    """Return readable labels; the sides of what is otherwise the same point share one: "facet joint (left, right)"."""
    sides: dict[str, list[str]] = {}
    for key in sorted(keys):
        name, _, side = point(key).label.partition(", ")
        sides.setdefault(name, []).append(side)
    return tuple(f"{name} ({', '.join(found)})" if any(found) else name for name, found in sides.items())


def common_reason(reasons: Iterable[str]) -> str:
    """Write reasons that differ only in their numbers as one.

    Examples
    --------
    >>> common_reason(["a gap of 4.0 mm", "a gap of 2.2 mm"])
    'a gap of 2.2 to 4.0 mm'
    """
    chosen = sorted(set(reasons))
    columns = zip(*(_NUMBER.findall(reason) for reason in chosen), strict=True)
    spans = iter([sorted(set(column), key=float) for column in columns])

    def span(_: re.Match[str]) -> str:
        numbers = next(spans)
        return numbers[0] if len(numbers) == 1 else f"{numbers[0]} to {numbers[-1]}"

    return _NUMBER.sub(span, chosen[0])


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
