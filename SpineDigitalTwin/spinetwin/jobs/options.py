"""What the options of a job may be: small functions that take what the JSON file holds and return what the step needs.

Each raises ValueError with a phrase that completes "The option x ...".
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Any

from ..errors import ParameterError

OptionReader = Callable[[object], Any]

LONGEST_TEXT = 1000

_DEVICE = re.compile(r"auto|cpu|mps|cuda(:\d{1,2})?")


def text(value: object) -> str:
    """Take a text of reasonable length."""
    if isinstance(value, str) and value.strip() and len(value) <= LONGEST_TEXT:
        return value
    raise ValueError(f"must be a text of 1 to {LONGEST_TEXT} letters")


def one_of(choices: Sequence[str]) -> OptionReader:
    """Take one of a few texts."""

    def read(value: object) -> str:
        if value not in choices:
            raise ValueError(f"must be one of {', '.join(choices)}")
        return str(value)

    return read


def number(low: float, high: float) -> OptionReader:
    """Take a number from `low` to `high`, both included."""

    def read(value: object) -> float:
        if isinstance(value, bool) or not isinstance(value, int | float) or not low <= value <= high:
            raise ValueError(f"must be a number from {low:g} to {high:g}")
        return float(value)

    return read


def whole_number(low: int, high: int) -> OptionReader:
    """Take a whole number from `low` to `high`, both included."""

    def read(value: object) -> int:
        if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
            raise ValueError(f"must be a whole number from {low} to {high}")
        return value

    return read


def three_numbers(low: float, high: float) -> OptionReader:
    """Take a list of three numbers, each from `low` to `high`."""
    each = number(low, high)

    def read(value: object) -> tuple[float, float, float]:
        if not isinstance(value, list) or len(value) != 3:
            raise ValueError(f"must be a list of three numbers from {low:g} to {high:g}")
        right, anterior, superior = (each(part) for part in value)
        return right, anterior, superior

    return read


def yes_or_no(value: object) -> bool:
    """Take true or false."""
    if isinstance(value, bool):
        return value
    raise ValueError("must be true or false")


def device(value: object) -> str:
    """Take the name of what a network runs on, as torch spells it; whether a backend can use it, that one says.

    Raises
    ------
    ParameterError
        If there is no such device on any computer.
    """
    name = value if isinstance(value, str) else repr(value)
    if _DEVICE.fullmatch(name) is None:
        raise ParameterError(f"There is no device {name[:40]!r}.", "Choose auto, cpu, cuda, cuda:N (N from 0) or mps.")
    return name
