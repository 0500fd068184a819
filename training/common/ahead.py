"""Samples made by other processes ahead of time."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from typing import Generic, Protocol, TypeVar

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


class Reuse(Protocol):
    """How samples are drawn from pairs: so many for a step, so often from a pair on average, from so many pairs at any time."""

    batch: int
    reuse: float
    ring: int


class Ring(Generic[Made]):
    """The pairs that the samples of a step are drawn from; the oldest leaves when a new one comes.

    Which pairs these are depends on the step alone, so that a training that was broken off goes on as if it had not been.

    Parameters
    ----------
    make : callable
        Takes the recipe and a number, and returns that pair.
    recipe : Reuse
    step : int
        First step that is asked for.
    workers : int
        Processes that make pairs.
    ahead : int
        How many pairs each makes ahead of time.
    of_a_pair : int
        Samples that a pair is.
    """

    def __init__(
        self, make: Callable[[Reuse, int], Made], recipe: Reuse, step: int, workers: int, ahead: int, of_a_pair: int = 1
    ) -> None:
        self._recipe, self._of_a_pair = recipe, of_a_pair
        self._next = max(0, self._needed(step) - recipe.ring)
        self._stream = made_ahead(make, recipe, self._next, workers, ahead)
        self._pairs: deque[Made] = deque(maxlen=recipe.ring)

    def _needed(self, step: int) -> int:
        """Return how many pairs have been made when a step is taken."""
        recipe = self._recipe
        return min(recipe.ring, 8 + step) + int(step * recipe.batch / recipe.reuse / self._of_a_pair)

    def at(self, step: int) -> Sequence[Made]:
        """Return the pairs of a step; steps are asked for in turn."""
        while self._next < self._needed(step):
            self._pairs.append(next(self._stream))
            self._next += 1
        return self._pairs

    def close(self) -> None:
        """End the processes."""
        self._stream.close()
