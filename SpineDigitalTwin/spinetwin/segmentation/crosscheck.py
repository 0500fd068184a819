"""A learned vertebra map against the separation of its subregion map: where the two disagree, a person should look."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

from ..anatomy import level as level_of
from ..errors import MapError
from ..geometry import IntArray
from .levels import levels_of
from .separation.confidence import LevelConfidence

_LARGE, _SMALL = 0.2, 0.05
"""Shares of a vertebra that count as a part of it; small ones where there is no large one."""
_AGREE = 0.9
"""Dice from which on two vertebrae are the same for all purposes."""


def cross_check(
    learned: IntArray, separated: IntArray, confidences: Mapping[int, float] | None = None
) -> tuple[LevelConfidence, ...]:
    """Compare each vertebra of a learned map with the one of a separation that it has most in common with.

    The names need not agree: both may be counted from another anchor.

    Parameters
    ----------
    learned, separated : (i, j, k) arrays
        Vertebra maps of one image.
    confidences : mapping of level to float, optional
        What the network itself says, 0 to 1; 1 where left out.

    Returns
    -------
    tuple of LevelConfidence
        For each learned vertebra above the sacrum, from the top. Its confidence is the network's times the Dice of the two
        where that is below 0.9.

    Raises
    ------
    MapError
        If the maps differ in shape.
    """
    if learned.shape != separated.shape:
        raise MapError(f"Vertebra maps of shapes {learned.shape} and {separated.shape} cannot be compared.")
    given = confidences or {}
    common = _common_voxels(learned, separated)
    rows = [each.id for each in levels_of(learned) if each.region != "sacral"]
    columns = [each.id for each in levels_of(separated)]
    return tuple(_compared(key, columns, common, given.get(key, 1.0)) for key in rows)


def _common_voxels(first: IntArray, second: IntArray) -> npt.NDArray[np.int64]:
    """Count the voxels of each pair of labels, (256, 256)."""
    one, other = (array.ravel(order="K" if first.strides == second.strides else "C") for array in (first, second))
    there = np.flatnonzero((one > 0) | (other > 0))
    keys = one[there].astype(np.int64) * 256 + other[there]
    return np.bincount(keys, minlength=256 * 256)[: 256 * 256].reshape(256, 256)


def _compared(key: int, columns: list[int], common: npt.NDArray[np.int64], given: float) -> LevelConfidence:
    mine = int(common[key].sum())
    scores = {each: 2.0 * int(common[key, each]) / (mine + int(common[:, each].sum())) for each in columns}
    best = max(scores, key=lambda each: scores[each], default=None)
    agreement = scores[best] if best is not None else 0.0
    if agreement >= _AGREE:
        return LevelConfidence(key, given)
    return LevelConfidence(key, given * agreement, (_in_words(key, common, columns, agreement),))


def _in_words(key: int, common: npt.NDArray[np.int64], columns: list[int], agreement: float) -> str:
    shares = {each: int(common[key, each]) / int(common[key].sum()) for each in columns}
    parts = next((found for least in (_LARGE, _SMALL) if (found := sum(share > least for share in shares.values()))), 0)
    what = ("there is no vertebra", "the two have other borders", f"it lies in {parts} vertebrae")[min(parts, 2)]
    return f"network and separation disagree on {level_of(key).name}: by the separation {what} (Dice {agreement:.2f})"
