"""The sentences in which work can end; they are rows of endings.csv."""

from __future__ import annotations

from ..anatomy.tables import read_table
from .events import Failure

_ROWS = {row["code"]: row for row in read_table("endings.csv", __package__)}


def ending(code: str, **details: object) -> Failure:
    """Return the message and the hint of a row, with its blanks filled.

    Examples
    --------
    >>> ending("hang", seconds=30).message
    'The computation was silent for 30 seconds and has been ended.'
    """
    row = _ROWS[code]
    return Failure(code, row["message"].format(**details), row["hint"])
