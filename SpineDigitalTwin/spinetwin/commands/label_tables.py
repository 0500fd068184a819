"""What the labels of other programs' maps mean, by the name of a table or in a csv file of one's own."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from ..errors import ParameterError

if TYPE_CHECKING:
    from ..measure.muscle_labels import MuscleLabels
    from ..segmentation.backends import MappingTable


def table_named(name: str) -> MappingTable:
    """Return a mapping table for vertebrae and their parts.

    Raises
    ------
    ParameterError
        If there is no such table, or the file holds none.
    ReadError
        If the file cannot be read.
    """
    from ..io.rows import read_rows
    from ..segmentation.backends import TABLES, MappingTable, table_of
    from ..segmentation.backends.mapping import COLUMNS, entries_of

    if name in TABLES:
        return table_of(name)
    path = _own(name, TABLES)
    return MappingTable(path.name, f"a table of one's own ({path.name})", entries_of(read_rows(path, COLUMNS), path.name))


def muscles_named(name: str) -> MuscleLabels:
    """Return which label each muscle has.

    Raises
    ------
    ParameterError
        If there is no such table, or the file holds none.
    ReadError
        If the file cannot be read.
    """
    from ..io.rows import read_rows
    from ..measure.muscle_labels import MUSCLE_LABELS, muscle_labels

    if name in MUSCLE_LABELS:
        return MUSCLE_LABELS[name]
    path = _own(name, MUSCLE_LABELS)
    return muscle_labels(path.name, read_rows(path, ("label", "name")))


def _own(name: str, known: Iterable[str]) -> Path:
    path = Path(name)
    if path.suffix.lower() != ".csv":
        raise ParameterError(f"There is no table {name!r}.", f"Choose one of {', '.join(known)}, or a csv file of your own.")
    return path
