"""The one family of errors a user ever meets: what is wrong, where, and what to do."""

from __future__ import annotations


class SpineTwinError(Exception):
    """Base of every expected failure.

    Parameters
    ----------
    message : str
        What is wrong and in which file or level, as one sentence.
    hint : str, optional
        What the person can do about it.
    """

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(f"{message} {hint}".strip())
        self.message = message
        self.hint = hint


class ReadError(SpineTwinError):
    """A file that cannot be read or is not what its name promises."""


class WriteError(SpineTwinError):
    """A result that could not be written; no partial file is left behind."""


class MapError(SpineTwinError):
    """Label maps that cannot be used: empty, on different grids, with impossible values."""


class ParameterError(SpineTwinError):
    """An option or parameter outside what is possible."""


class ProgramError(SpineTwinError):
    """Another program that was started and did not do its work."""
