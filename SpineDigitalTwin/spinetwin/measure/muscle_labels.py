"""What the labels of muscle maps stand for; ``muscle_labels.csv`` lists those that are known by name.

References
----------
Wasserthal J et al. (2023) TotalSegmentator: robust segmentation of 104 anatomic structures in CT images. Radiology: Artificial
Intelligence 5:e230024 (ids of version 2, task "total").
Talos IF, Jakab M, Kikinis R (2015) SPL Abdominal Atlas (``AbdominalAtlasColors.ctbl``).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import MappingProxyType

from ..anatomy.tables import read_table
from ..errors import ParameterError

COLUMNS = ("label", "name", "side")
_SIDES = ("left", "right")
_LARGEST_LABEL = 65535

MuscleLabels = Mapping[tuple[str, str], int]
"""Label of each muscle and side, such as ("psoas", "left"): 5."""


def muscle_labels(name: str, rows: Iterable[Mapping[str, str | None]]) -> MuscleLabels:
    """Read what labels stand for from rows with the columns label, name and side.

    Raises
    ------
    ParameterError
        If a row makes no sense, or a label or a muscle comes twice.
    """
    found: dict[tuple[str, str], int] = {}
    for number, row in enumerate(rows, start=1):
        where = f"row {number} of {name}"
        label, muscle = _label(row, where), _muscle(row, where)
        if label in found.values():
            raise ParameterError(f"Label {label} comes twice in {name}.", "Give every label one meaning.")
        if muscle in found:
            raise ParameterError(f"The {muscle[1]} {muscle[0]} has two labels in {name}.", "Give it one.")
        found[muscle] = label
    if not found:
        raise ParameterError(f"{name} names no label.", f"Write rows with the columns {', '.join(COLUMNS)}.")
    return MappingProxyType(found)


def _label(row: Mapping[str, str | None], where: str) -> int:
    text = (row.get("label") or "").strip()
    if not text.isdecimal() or not 0 < int(text[:6]) <= _LARGEST_LABEL:
        raise ParameterError(f"The label in {where} is {text!r}.", f"Labels are whole numbers from 1 to {_LARGEST_LABEL}.")
    return int(text)


def _muscle(row: Mapping[str, str | None], where: str) -> tuple[str, str]:
    name, side = (row.get("name") or "").strip(), (row.get("side") or "").strip()
    if not name or side not in _SIDES:
        raise ParameterError(f"The muscle in {where} has no name or no side.", f"Sides are {' and '.join(_SIDES)}.")
    return name.replace(" ", "_"), side


def _known() -> dict[str, MuscleLabels]:
    rows: dict[str, list[dict[str, str]]] = {}
    for row in read_table("muscle_labels.csv", __package__):
        rows.setdefault(row["scheme"], []).append(row)
    return {name: muscle_labels(name, each) for name, each in rows.items()}


MUSCLE_LABELS: Mapping[str, MuscleLabels] = MappingProxyType(_known())
"""By the name of the program that writes them; "spinetwin" is the phantom's."""
