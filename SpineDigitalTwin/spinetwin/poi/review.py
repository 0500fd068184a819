"""Visual quality control: what a reader thinks of every level, as records and as a table."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from types import MappingProxyType

from ..anatomy import level as level_of
from ..errors import ParameterError, ReadError
from .model import PoiSet, Status

COLUMNS = ("level", "verdict", "notes", "reader", "reviewed_at", "ok", "suspect", "missing", "edited")
_NEEDED = ("level", "verdict")


class Verdict(StrEnum):
    """What a reader thinks of one level."""

    ACCEPT = "accept"
    SUSPECT = "suspect"
    REJECT = "reject"


@dataclass(frozen=True)
class Record:
    """One level looked at.

    Attributes
    ----------
    level : int
        Level id.
    verdict : Verdict
    notes : str
        In the reader's own words.
    reader : str
        Who looked; may be empty.
    reviewed_at : str
        When, ISO 8601; may be empty.
    """

    level: int
    verdict: Verdict
    notes: str = ""
    reader: str = ""
    reviewed_at: str = ""


@dataclass(frozen=True)
class Review:
    """The records of one spine, one per level, from the top."""

    records: Mapping[int, Record] = field(default_factory=dict)

    def __post_init__(self) -> None:
        ordered = dict(sorted(self.records.items(), key=lambda item: level_of(item[0]).order))
        object.__setattr__(self, "records", MappingProxyType(ordered))

    def with_record(self, record: Record) -> Review:
        """Return the review with a level judged, or judged anew."""
        return Review({**self.records, record.level: record})

    def without(self, level: int) -> Review:
        """Return the review with a level not judged."""
        return Review({key: record for key, record in self.records.items() if key != level})

    def with_notes(self, level: int, notes: str) -> Review:
        """Return the review with other notes on a level that has been judged.

        Raises
        ------
        ParameterError
            If the level has not been judged.
        """
        if level not in self.records:
            raise ParameterError(f"{level_of(level).name} has not been judged yet.", "Accept, suspect or reject it first.")
        return self.with_record(replace(self.records[level], notes=notes))

    def open_levels(self, levels: Iterable[int]) -> tuple[int, ...]:
        """Return those of `levels` that nobody has judged, in their order."""
        return tuple(level for level in levels if level not in self.records)


def to_csv(review: Review, pois: PoiSet) -> str:
    """Return a table with one row for every level of `pois` or of the review, from the top.

    A level that nobody has judged has an empty verdict. The counts are those of its points: ok, suspect, missing, and how many
    a person placed or confirmed.
    """
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    levels = sorted({*review.records, *pois.levels}, key=lambda key: level_of(key).order)
    for level in levels:
        record = review.records.get(level)
        judged = [record.verdict, record.notes, record.reader, record.reviewed_at] if record else ["", "", "", ""]
        points = pois.of_level(level)
        counts = [sum(poi.status is status for poi in points) for status in (Status.OK, Status.SUSPECT, Status.MISSING)]
        writer.writerow([level_of(level).name, *judged, *counts, sum(poi.edited for poi in points)])
    return text.getvalue()


def from_csv(text: str) -> Review:
    """Read a table that `to_csv` wrote; rows without verdict are skipped, other columns ignored.

    Raises
    ------
    ReadError
        If a column is absent, or a level or verdict is unknown, or a level comes twice.
    """
    rows = csv.DictReader(io.StringIO(text, newline=""))
    absent = [name for name in _NEEDED if name not in (rows.fieldnames or ())]
    if absent:
        raise ReadError(f"The review has no column {', '.join(absent)}.", f"Its columns are {', '.join(COLUMNS)}.")
    review = Review()
    for row in rows:
        record = _record(row, rows.line_num)
        if record is None:
            continue
        if record.level in review.records:
            raise ReadError(f"{row['level']} is reviewed twice (line {rows.line_num}).", "Keep one of the two rows.")
        review = review.with_record(record)
    return review


def _record(row: Mapping[str, str | None], line: int) -> Record | None:
    verdict = (row["verdict"] or "").strip().lower()
    if not verdict:
        return None
    try:
        level, judged = level_of(row["level"] or "").id, Verdict(verdict)
    except (ParameterError, ValueError) as error:
        raise ReadError(
            f"Line {line} of the review is not understood: {row['level']!r}, {verdict!r}.",
            f"Verdicts are {', '.join(Verdict)}; levels are named C1 to C7, T1 to T13, L1 to L6, S1.",
        ) from error
    return Record(level, judged, row.get("notes") or "", row.get("reader") or "", row.get("reviewed_at") or "")
