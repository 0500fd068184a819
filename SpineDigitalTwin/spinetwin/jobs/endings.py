"""The sentences in which work can end; they are rows of endings.csv."""

from __future__ import annotations

import errno
from collections.abc import Mapping

from ..anatomy.tables import read_table
from ..errors import MapError, ParameterError, ReadError, SpineTwinError, WriteError
from .events import Failure

_CODES: Mapping[type[SpineTwinError], str] = {
    ReadError: "read",
    WriteError: "write",
    MapError: "maps",
    ParameterError: "parameter",
}
_FULL = (errno.ENOSPC, getattr(errno, "EDQUOT", errno.ENOSPC))

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


def failure_of(error: SpineTwinError) -> Failure:
    """Return an expected failure with the code of its kind."""
    return Failure(_code_of(error), error.message, error.hint)


def error_of(failure: Failure) -> SpineTwinError:
    """Return what a worker has said as an error of the kind that it was there, which decides whether another try is of use."""
    kind = next((kind for kind, code in _CODES.items() if code == failure.code), SpineTwinError)
    return kind(failure.message, failure.hint)


def failure_of_system(error: OSError) -> Failure:
    """Return what the operating system refused, as a sentence."""
    if error.errno in _FULL:
        return ending("disk")
    if error.errno == errno.ENOMEM:
        return ending("memory")
    where = f" with {error.filename}" if error.filename else ""
    return ending("system", what=f"{where}: {error.strerror or error}")


def _code_of(error: SpineTwinError) -> str:
    """Name the kind of a failure; a full disk or memory behind it counts more than who said it."""
    causes: list[BaseException] = []
    cause: BaseException | None = error
    while cause is not None and cause not in causes:
        causes.append(cause)
        cause = cause.__cause__
    if any(isinstance(each, MemoryError) for each in causes):
        return "memory"
    if any(isinstance(each, OSError) and each.errno in _FULL for each in causes):
        return "disk"
    return next((code for kind, code in _CODES.items() if isinstance(error, kind)), "failed")
