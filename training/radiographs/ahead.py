"""Samples made by other processes ahead of time."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from typing import TypeVar

Made = TypeVar("Made")
Given = TypeVar("Given")


def made_ahead(make: Callable[[Given, int], Made], given: Given, start: int, workers: int, ahead: int) -> Iterator[Made]:
    """Yield what `make` makes of something for the numbers from `start` on; each worker is `ahead` of them before."""
    with ProcessPoolExecutor(workers) as makers:
        coming = deque(makers.submit(make, given, number) for number in range(start, start + ahead * workers))
        number = start + len(coming)
        try:
            while True:
                yield coming.popleft().result()
                coming.append(makers.submit(make, given, number))
                number += 1
        finally:
            makers.shutdown(wait=False, cancel_futures=True)
