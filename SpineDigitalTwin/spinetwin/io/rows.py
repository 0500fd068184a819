"""Reading a small table that a person has written."""

from __future__ import annotations

import csv
from collections.abc import Sequence

from ..errors import ReadError
from .texts import PathLike, read_text


def read_rows(path: PathLike, needed: Sequence[str]) -> list[dict[str, str]]:
    """Return the rows of a csv file, by the names in its first line; commas, semicolons or tabs separate.

    Parameters
    ----------
    path : path
    needed : sequence of str
        Columns that must be there; others may be.

    Returns
    -------
    list of dict
        Texts without blanks around them; what a short row lacks is empty.

    Raises
    ------
    ReadError
        If it is no such file, has no row, or lacks a column.
    """
    hint = f"A csv file with the columns {', '.join(needed)} is needed."
    lines = read_text(path, hint).splitlines() or [""]
    separator = max(",;\t", key=lines[0].count)
    try:
        rows = list(csv.DictReader(lines, delimiter=separator))
    except csv.Error as error:
        raise ReadError(f"{path} is no csv file: {error}.", hint) from error
    if not rows:
        raise ReadError(f"{path} has no row below its first line.", hint)
    clean = [{str(key).strip().lower(): _text(value) for key, value in row.items() if key is not None} for row in rows]
    for column in needed:
        if column not in clean[0]:
            raise ReadError(f"{path} has no column {column}.", hint)
    return clean


def _text(value: object) -> str:
    return value.strip() if isinstance(value, str) else ""
