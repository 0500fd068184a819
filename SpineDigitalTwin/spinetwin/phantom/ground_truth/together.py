"""Searches on the parts of one vertebra, every round of all of them answered by one evaluation of its shape."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from typing import Any, Generic, TypeAlias, TypeVar

import numpy as np
import numpy.typing as npt

from ...geometry import FloatArray
from ..shape.distances import Array
from ..shape.nearby import Nearby, nearby
from ..shape.vertebra import FAR, VertebraShape
from .search import Ask, Raster, Search, abreast, run

T = TypeVar("T")
Held: TypeAlias = "tuple[slice | npt.NDArray[Any], Array]"

_MANY = 1000
"""Of more points it is worth asking first whether they may lie in the part at all."""

_AROUND = 2.0 * 3.0**0.5
"""How much nearer than the middle of a block of 27 nodes a part may be to one of them, mm. (No distance to a body or a process
was seen to change by more than 1.7 mm per mm.)"""

_KEPT = 128
"""Of so many vertebrae each quantity is kept."""


class Quantity(Generic[T]):
    """What a search finds of one vertebra. It is searched once: when it is asked for, or beside others (`find`).

    What its search asks for itself are quantities that come before it: it is searched `after` them.
    """

    def __init__(self, search: Callable[[VertebraShape], Search[T]], after: Sequence[Quantity[Any]] = ()) -> None:
        self.search = search
        self.after = after
        self.known: dict[VertebraShape, T] = {}
        self.__doc__ = search.__doc__

    def __call__(self, shape: VertebraShape) -> T:
        """Return it."""
        if shape not in self.known:
            find(shape, [self])
        return self.known[shape]

    def keep(self, shape: VertebraShape, found: T) -> None:
        """Keep what was found; the vertebra that was searched first is forgotten when there are too many."""
        while len(self.known) >= _KEPT:
            del self.known[next(iter(self.known))]
        self.known[shape] = found


def find(shape: VertebraShape, quantities: Sequence[Quantity[Any]]) -> None:
    """Search several quantities of a vertebra side by side, those that are not known yet, and what comes before them."""
    before = [earlier for each in quantities for earlier in each.after]
    together(shape, abreast([_kept(shape, each) for each in quantities if each not in before]))


def _kept(shape: VertebraShape, quantity: Quantity[T]) -> Search[None]:
    if shape not in quantity.known:
        yield from abreast([_kept(shape, each) for each in quantity.after])
        quantity.keep(shape, (yield from quantity.search(shape)))


def together(shape: VertebraShape, search: Search[T]) -> T:
    """Run a search whose functions are negative inside the union of some parts of a vertebra, in its own frame."""
    bone = nearby(shape)
    return run(lambda asks: _answers(bone, asks), search)


def _answers(bone: Nearby, asks: Sequence[Ask | Raster]) -> list[FloatArray]:
    answers = [np.full(math.prod(each.shape) if isinstance(each, Raster) else len(each.points), FAR) for each in asks]
    for kind in (Raster, Ask):
        some = [place for place, each in enumerate(asks) if isinstance(each, kind)]
        held = [_held(bone, asks[place]) for place in some]
        for place, (where, _), found in zip(some, held, _evaluated(bone, [asks[n] for n in some], held), strict=True):
            answers[place][where] = found
    return answers


def _evaluated(bone: Nearby, asks: list[Ask | Raster], held: list[Held]) -> Iterator[Array]:
    """Yield the values at what is held of each of some asks, from one evaluation of all of it."""
    if not asks:
        return
    solid, distances = bone.evaluate(np.concatenate([points for _, points in held]))
    begin = 0
    for each, (_, points) in zip(asks, held, strict=True):
        mine = slice(begin, begin + len(points))
        yield bone.union(solid[mine], distances[:, mine], each.parts)
        begin += len(points)


def _held(bone: Nearby, ask: Ask | Raster) -> Held:
    """Return the places and the points that have to be evaluated."""
    if isinstance(ask, Raster):
        return _held_of_raster(bone, ask)
    if not ask.parts or len(ask.points) < _MANY:
        return slice(None), ask.points
    held = bone.may_hold(ask.points, ask.parts)
    return held, ask.points[held]


def _held_of_raster(bone: Nearby, raster: Raster) -> Held:
    """Return the same, without blocks of 3 nodes along each axis whose middle is too far away."""
    if not raster.parts:
        return slice(None), raster.points
    blocks = [np.arange(count) // 3 for count in raster.shape]
    middles = [np.minimum(3 * np.arange(each[-1] + 1) + 1, len(each) - 1) for each in blocks]
    grid = np.meshgrid(*middles, indexing="ij")
    close = bone.may_hold(raster.at(*(each.ravel() for each in grid)), raster.parts, _AROUND).reshape(grid[0].shape)
    numbers = np.nonzero(close[np.ix_(*blocks)])
    points = raster.at(*numbers)
    held = bone.may_hold(points, raster.parts)
    return np.ravel_multi_index(numbers, raster.shape)[held], points[held]
