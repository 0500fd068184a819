"""What the tables of the panel say, as plain text: a row for each level and for each point."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from slicer.i18n import tr as _

if TYPE_CHECKING:
    from spinetwin.poi import Poi


class Kind(StrEnum):
    """How a point is to be seen: more than its status, because a person may have placed it."""

    OK = "ok"
    SUSPECT = "suspect"
    MISSING = "missing"
    MOVED = "moved"
    REVIEWED = "reviewed"
    REMOVED = "removed"


@dataclass(frozen=True)
class LevelRow:
    """One level: its name, and how many points are ok (reviewed and moved ones too), suspect, missing and edited."""

    level: int
    name: str
    ok: int
    suspect: int
    missing: int
    edited: int


@dataclass(frozen=True)
class PointRow:
    """One point of a level, as text; `moved` is empty for a point that nobody moved."""

    point: int
    name: str
    kind: Kind
    status: str
    moved: str
    reason: str


def levelRow(level: int, pois: Iterable[Poi]) -> LevelRow:
    """Count the points of a level."""
    from spinetwin.anatomy import level as levelOf
    from spinetwin.poi import Status

    pois = list(pois)
    counts = [sum(poi.status is status for poi in pois) for status in (Status.OK, Status.SUSPECT, Status.MISSING)]
    return LevelRow(level, levelOf(level).name, *counts, sum(poi.edited for poi in pois))


def pointRow(poi: Poi) -> PointRow:
    """Describe a point."""
    from spinetwin.io.markups import label_of
    from spinetwin.poi.merge import moved_mm

    kind, moved = kindOf(poi), moved_mm(poi)
    distance = _("{distance:.1f} mm").format(distance=moved) if kind is Kind.MOVED and moved is not None else ""
    return PointRow(poi.id, _sentence(label_of(poi.id)), kind, _statusTexts()[kind], distance, poi.reason)


def kindOf(poi: Poi) -> Kind:
    """Say how a point is to be seen."""
    from spinetwin.io.description import MOVED_MM
    from spinetwin.poi import Status
    from spinetwin.poi.merge import moved_mm

    if poi.status is Status.MISSING:
        return Kind.REMOVED if poi.edited else Kind.MISSING
    if poi.status is Status.SUSPECT:
        return Kind.SUSPECT
    if not poi.edited:
        return Kind.OK
    moved = moved_mm(poi)
    return Kind.REVIEWED if moved is not None and moved <= MOVED_MM else Kind.MOVED


def _statusTexts() -> dict[Kind, str]:
    return {
        Kind.OK: _("ok"),
        Kind.SUSPECT: _("suspect"),
        Kind.MISSING: _("missing"),
        Kind.MOVED: _("moved"),
        Kind.REVIEWED: _("reviewed"),
        Kind.REMOVED: _("removed"),
    }


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:]
