"""Searches on the parts of one vertebra, every round of all of them answered by one evaluation of its shape."""

from __future__ import annotations

from typing import TypeVar

import numpy as np
import numpy.typing as npt

from ...geometry import FloatArray
from ..shape.nearby import Nearby, nearby
from ..shape.vertebra import FAR, VertebraShape
from .search import Ask, Search, run

T = TypeVar("T")
Mask = npt.NDArray[np.bool_]

_MANY = 1000
"""Of more points it is worth asking first whether they may lie in the part at all."""


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
