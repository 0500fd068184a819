"""Measurements as a table for spreadsheets and as JSON with units and definitions."""

from __future__ import annotations

import csv
import io
import json
import math
from collections.abc import Iterable
from pathlib import Path

from ..anatomy import level as level_of
from ..errors import ParameterError, ReadError
from ..measure.changes import Change
from ..measure.results import Measurement, Measurements
from ..measure.table import QUANTITIES
from .atomic import write_text
from .texts import PathLike, of_format, read_json

FORMAT = "spinetwin measurements"
VERSION = 1

COLUMNS = ("group", "quantity", "level", "side", "part", "curve", "value", "uncertainty", "unit", "note", "name", "definition")

_LABELS = {each.name: each for each in QUANTITIES}


def write_measurements_table(path: PathLike, measurements: Measurements) -> None:
    """Write one row per measurement; commas separate, UTF-8. What is missing has no value and its reason as the note.

    Raises
    ------
    WriteError
        As `spinetwin.io.atomic.atomic_write`.
    """
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    for each in measurements:
        quantity = _LABELS[each.name]
        value = each.text if each.value is None else repr(each.value)
        spread = "" if each.uncertainty is None else repr(each.uncertainty)
        place = ["" if each.level is None else level_of(each.level).name, each.side, each.part, each.curve or ""]
        row = [quantity.group, quantity.label, *place, value, spread, each.unit, each.reason, each.name, quantity.definition]
        writer.writerow(row)
    write_text(path, text.getvalue())


def write_measurements(path: PathLike, measurements: Measurements, about: str = "") -> None:
    """Write all measurements as JSON, with the definition, source and unit of every quantity.

    Parameters
    ----------
    about : str
        What was measured, such as the name of the points' file.

    Raises
    ------
    WriteError
        As `spinetwin.io.atomic.atomic_write`.
    """
    content = {
        "format": FORMAT,
        "version": VERSION,
        "about": about,
        "quantities": {
            each.name: {"label": each.label, "unit": each.unit, "definition": each.definition, "source": each.source}
            for each in QUANTITIES
        },
        "measurements": [_entry(each) for each in measurements],
    }
    write_text(path, json.dumps(content, indent=1, ensure_ascii=False) + "\n")


def _entry(measurement: Measurement) -> dict[str, object]:
    entry = {
        "name": measurement.name,
        "level": None if measurement.level is None else level_of(measurement.level).name,
        "side": measurement.side,
        "part": measurement.part,
        "curve": measurement.curve,
        "value": measurement.value,
        "text": measurement.text,
        "unit": measurement.unit,
        "uncertainty": measurement.uncertainty,
        "note": measurement.reason,
    }
    return {key: value for key, value in entry.items() if value not in (None, "") or key == "value"}


def write_changes(path: PathLike, changes: Iterable[Change]) -> None:
    """Write one row for each quantity that two studies have.

    Raises
    ------
    WriteError
        As `spinetwin.io.atomic.atomic_write`.
    """
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(("quantity", "where", "before", "after", "difference", "uncertainty", "beyond uncertainty", "unit"))
    for each in changes:
        spread = "" if each.uncertainty is None else repr(each.uncertainty)
        sure = "" if each.sure is None else "yes" if each.sure else "no"
        numbers = [repr(each.before.value), repr(each.after.value), repr(each.difference)]
        writer.writerow([_LABELS[each.after.name].label, each.after.where, *numbers, spread, sure, each.after.unit])
    write_text(path, text.getvalue())


def read_measurements(path: PathLike) -> Measurements:
    """Read what `write_measurements` wrote.

    Raises
    ------
    ReadError
        If the file is damaged, or something else.
    """
    return measurements_in(read_json(path), Path(path).name)


def measurements_in(content: object, name: str) -> Measurements:
    """Return the measurements in what JSON held; `name` is for the sentences, errors as `read_measurements`."""
    lacking = "holds no measurements.", "Give the measurements.json that `spinetwin measure` writes."
    entries = of_format(content, name, FORMAT, VERSION, lacking).get("measurements")
    if not isinstance(entries, list):
        raise ReadError(f"{name} has no list of measurements.", "It may be damaged; measure again.")
    return Measurements(tuple(_measurement(each, name, row) for row, each in enumerate(entries, start=1)))


def _measurement(entry: object, name: str, row: int) -> Measurement:
    if not isinstance(entry, dict):
        raise ReadError(f"Measurement {row} of {name} is damaged.", "Measure again.")
    try:
        level = entry.get("level")
        return Measurement(
            str(entry["name"]),
            _number(entry.get("value")),
            str(entry.get("unit", "")),
            None if level is None else level_of(str(level)).id,
            str(entry.get("side", "")),
            str(entry.get("part", "")),
            None if entry.get("curve") is None else int(entry["curve"]),
            _number(entry.get("uncertainty")),
            str(entry.get("note", "")),
            str(entry.get("text", "")),
        )
    except (KeyError, TypeError, ValueError, ParameterError) as error:
        raise ReadError(f"Measurement {row} of {name} is damaged.", "Measure again.") from error


def _number(value: object) -> float | None:
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not math.isfinite(value):
        raise ValueError
    return float(value)
