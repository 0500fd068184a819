"""Work that is written in steps, done at once; needs no event loop (`steps` does it bit by bit)."""

from __future__ import annotations

from collections.abc import Generator
from typing import TypeVar

Made = TypeVar("Made")


def drain(steps: Generator[object, None, Made]) -> Made:
    """Take all steps, and return what they made."""
    while True:
        try:
            next(steps)
        except StopIteration as end:
            made: Made = end.value
            return made
