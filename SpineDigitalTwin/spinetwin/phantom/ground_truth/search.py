"""Searches for surfaces on continuous functions, in float64, that go on side by side.

A *search* asks for values at points and goes on when it is told them, so that many searches on one vertebra share every
evaluation of it (`abreast`): an evaluation of a few points costs nearly as much as one of a thousand. `answered` runs a
search on one function, `together` (see there) on the parts of a vertebra.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias, TypeVar

import numpy as np
import numpy.typing as npt

from ...geometry import FloatArray, IntArray
from ..shape.distances import Array

T = TypeVar("T")
U = TypeVar("U")
Mask = npt.NDArray[np.bool_]
Function: TypeAlias = Callable[[FloatArray], FloatArray]
"""Takes points (n, 3); negative inside; no steeper than `STEEPEST`."""

WHOLE: tuple[int, ...] = ()
"""The parts that mean a vertebra as a whole."""

STEEPEST = 5.0
"""No function changes by more than that per mm: what favours one part over others can make it that steep."""


@dataclass(frozen=True, eq=False)
class Ask:
    """Points (n, 3) at which the value of the union of some parts is wanted, named by their subregions."""

    points: FloatArray
    parts: tuple[int, ...] = WHOLE


@dataclass(frozen=True, eq=False)
class Raster:
    """Nodes 1 mm apart at which only the sign of such a value is wanted.

    They lie at `ticks` (mm) along the three `axes` (3, 3) from an `origin` (3,).
    """

    ticks: tuple[FloatArray, FloatArray, FloatArray]
    axes: FloatArray
    origin: FloatArray
    parts: tuple[int, ...]

    @property
    def shape(self) -> tuple[int, ...]:
        """Number of nodes along each axis."""
        return tuple(len(each) for each in self.ticks)

    @property
    def points(self) -> Array:
        """All nodes, (n, 3)."""
        return self.at(*np.indices(self.shape).reshape(3, -1))

    def at(self, *numbers: IntArray) -> Array:
        """Return nodes (n, 3) by their numbers (n,) along each axis, in single precision, which is enough for a sign."""
        ways = [each[:, None] * axis for each, axis in zip(self.ticks, self.axes, strict=True)]
        ways[0] = ways[0] + self.origin
        first, second, third = (way.astype(np.float32)[number] for way, number in zip(ways, numbers, strict=True))
        return np.asarray(first + second + third)


Search: TypeAlias = Generator["Sequence[Ask | Raster]", list[FloatArray], T]


def values(points: FloatArray, parts: tuple[int, ...] = WHOLE) -> Search[FloatArray]:
    """Ask for the values (n,) at points (n, 3)."""
    (found,) = yield [Ask(points, parts)]
    return found


def inside_raster(raster: Raster) -> Search[Mask]:
    """Ask which nodes of a raster lie in the solid, an array of its shape."""
    (found,) = yield [raster]
    return np.asarray(found.reshape(raster.shape) < 0)


def abreast(searches: Sequence[Search[T]]) -> Search[list[T]]:
    """Make many searches one, which asks for all that each of them needs next; return their results in order."""
    asks: dict[int, Sequence[Ask | Raster]] = {}
    results: dict[int, T] = {}
    told: dict[int, list[FloatArray] | None] = dict.fromkeys(range(len(searches)))
    while told:
        asks = {}
        for place, answers in told.items():
            try:
                asks[place] = next(searches[place]) if answers is None else searches[place].send(answers)
            except StopIteration as end:
                results[place] = end.value
        answered_all = (yield [each for asked in asks.values() for each in asked]) if asks else []
        rest = iter(answered_all)
        told = {place: [next(rest) for _ in asked] for place, asked in asks.items()}
    return [results[place] for place in range(len(searches))]


def side_by_side(first: Search[T], second: Search[U]) -> Search[tuple[T, U]]:
    """Make two searches of different kinds one."""
    both: list[Search[Any]] = [first, second]
    one, other = yield from abreast(both)
    return one, other


def answered(inside: Function, search: Search[T]) -> T:
    """Run a search on one function, whatever parts it names, and return its result."""
    return run(lambda asks: [inside(np.asarray(each.points, dtype=np.float64)) for each in asks], search)


def run(answer: Callable[[Sequence[Ask | Raster]], list[FloatArray]], search: Search[T]) -> T:
    """Run a search whose every round is answered at once, and return its result."""
    try:
        asks = next(search)
        while True:
            asks = search.send(answer(asks))
    except StopIteration as end:
        result: T = end.value
        return result
