"""Searches on the parts of one vertebra, every round of all of them answered by one evaluation of its shape."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Generic, TypeVar

import numpy as np
import numpy.typing as npt

from ...geometry import FloatArray
from ..shape.nearby import Nearby, nearby
from ..shape.vertebra import FAR, VertebraShape
from .search import Ask, Search, abreast, run

T = TypeVar("T")
Mask = npt.NDArray[np.bool_]

_MANY = 1000
"""Of more points it is worth asking first whether they may lie in the part at all."""

_KEPT = 128
"""Of so many vertebrae each quantity is kept."""


class Quantity(Generic[T]):
    """What a search finds of one vertebra. It is searched once: when it is asked for, or beside others (`find`)."""

    def __init__(self, search: Callable[[VertebraShape], Search[T]]) -> None:
        self.search = search
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
    """Search several quantities of a vertebra side by side, those that are not known yet."""
    wanted = [each for each in quantities if shape not in each.known]
    found = together(shape, abreast([each.search(shape) for each in wanted]))
    for quantity, value in zip(wanted, found, strict=True):
        quantity.keep(shape, value)


def together(shape: VertebraShape, search: Search[T]) -> T:
    """Run a search whose functions are negative inside the union of some parts of a vertebra, in its own frame."""
    bone = nearby(shape)
    return run(lambda asks: _answers(bone, asks), search)


def _answers(bone: Nearby, asks: list[Ask]) -> list[FloatArray]:
    held = [_held(bone, each) for each in asks]
    solid, distances = bone.evaluate(np.concatenate([each.points[where] for each, where in zip(asks, held, strict=True)]))
    answers, begin = [], 0
    for each, where in zip(asks, held, strict=True):
        answer = np.full(len(each.points), FAR)
        size = len(answer[where])
        mine = slice(begin, begin + size)
        answer[where] = bone.union(solid[mine], distances[:, mine], each.parts)
        answers.append(answer)
        begin += size
    return answers


def _held(bone: Nearby, ask: Ask) -> slice | Mask:
    """Which points have to be evaluated."""
    if not ask.parts or len(ask.points) < _MANY:
        return slice(None)
    return bone.may_hold(ask.points, ask.parts)
