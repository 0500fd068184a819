"""Fusing what an instance network predicts in cutouts: around each body, the vertebra above, that one, and the one below.

Möller et al., "SPINEPS", European Radiology 2024, section 2.3: every vertebra is predicted up to three times, and the
predictions that agree best are fused first.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
import numpy.typing as npt

from ..errors import ParameterError
from ..geometry import IntArray

ABOVE, CENTRE, BELOW = 1, 2, 3
"""What a voxel of a cutout belongs to: the vertebra above the one in its centre, that one, or the one below."""

_PARTNERS = 0.3
"""Predictions of one vertebra have at least this Dice."""
_TAKEN = 0.6
"""A prediction of which a larger part is taken by vertebrae that agree better is no vertebra of its own."""
_LEAST_SHARE = 0.05
"""Fewer voxels than this part of what is usual are no vertebra but speckles."""
_SEARCH = 2
"""Cutouts on either side among which partners are looked for: beyond them nothing overlaps."""

Flat = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Cutout:
    """What the network says in one cutout.

    Attributes
    ----------
    start : tuple of int
        First voxel of the cutout in the whole image; may be negative where it was padded.
    labels : (i, j, k) array of int
        0 background, 1 the vertebra above, 2 the one in the centre, 3 the one below.
    """

    start: tuple[int, int, int]
    labels: IntArray


@dataclass(frozen=True)
class FusedVertebra:
    """One vertebra of a fused map.

    Attributes
    ----------
    label : int
        In the map.
    predictions : int
        How many predictions it was fused from, 1 to 3.
    agreement : float
        Their mean Dice with each other; 0 for a single one.
    """

    label: int
    predictions: int
    agreement: float


@dataclass(frozen=True)
class _Prediction:
    """One label of one cutout: its voxels in the whole image, ascending, and the height of the vertebra by cutouts."""

    cutout: int
    voxels: Flat
    rank: float


@dataclass(frozen=True)
class _Group:
    """Predictions of one vertebra."""

    members: tuple[int, ...]
    agreement: float


def fuse_cutouts(
    cutouts: Sequence[Cutout], shape: tuple[int, int, int]
) -> tuple[npt.NDArray[np.uint8], tuple[FusedVertebra, ...]]:
    """Fuse predictions of overlapping cutouts into one instance map.

    Each prediction looks for the two others, from other cutouts, that it overlaps best. The groups that this gives are taken
    in the order of their agreement times one more than the number of their members, so that three which agree fairly come
    before two which agree well, and one alone, which agrees with nobody, comes last. A group of three becomes the
    voxels that two of them have, a smaller one those that any has, without what is taken already.

    Parameters
    ----------
    cutouts : sequence of Cutout
        In the order of the bodies in their centres, from the top.
    shape : tuple of int
        Of the whole image.

    Returns
    -------
    map : (i, j, k) array of uint8
        Vertebrae 1, 2, ... from the top; 0 background.
    vertebrae : tuple of FusedVertebra
        From the top.

    Raises
    ------
    ParameterError
        If a cutout holds other labels, or there are more vertebrae than 255.
    """
    predictions = [each for number, cutout in enumerate(cutouts) for each in _predictions(number, cutout, shape)]
    taken = np.zeros(int(np.prod(shape)), dtype=np.int16)
    kept: list[_Group] = []
    least = _LEAST_SHARE * float(np.median([len(each.voxels) for each in predictions])) if predictions else 0.0
    for group in _by_agreement(predictions):
        voxels = _voted([predictions[each].voxels for each in group.members])
        free = voxels[taken[voxels] == 0]
        if len(free) > max((1.0 - _TAKEN) * len(voxels), least):
            kept.append(group)
            taken[free] = len(kept)
    if len(kept) > np.iinfo(np.uint8).max:
        raise ParameterError(f"The cutouts hold {len(kept)} vertebrae, more than any spine.", "Check the instance network.")
    ranks = [np.mean([predictions[each].rank for each in group.members]) for group in kept]
    order = np.argsort(ranks, kind="stable")
    table = np.zeros(len(kept) + 1, dtype=np.uint8)
    table[order + 1] = np.arange(1, len(kept) + 1)
    found = tuple(FusedVertebra(at + 1, len(kept[row].members), kept[row].agreement) for at, row in enumerate(order))
    return table[taken].reshape(shape), found


def _predictions(number: int, cutout: Cutout, shape: tuple[int, int, int]) -> list[_Prediction]:
    labels = np.asarray(cutout.labels)
    if labels.ndim != 3 or labels.min(initial=0) < 0 or labels.max(initial=0) > BELOW:
        raise ParameterError("A cutout is a volume of labels 0 to 3.", "Its network must have been trained for this.")
    result = []
    for label in (ABOVE, CENTRE, BELOW):
        index = np.argwhere(labels == label) + np.array(cutout.start)
        inside = ((index >= 0) & (index < shape)).all(axis=1)
        voxels = np.ravel_multi_index(tuple(index[inside].T), shape).astype(np.int64)
        if len(voxels):
            result.append(_Prediction(number, voxels, float(number + label - CENTRE)))
    return result


def _by_agreement(predictions: Sequence[_Prediction]) -> list[_Group]:
    """Return the groups of predictions, those that agree best first; three that agree count more than two."""
    dice = _all_dice(predictions)
    groups: dict[tuple[int, ...], float] = {}
    for row in range(len(predictions)):
        partners = sorted((each for each in dice[row] if dice[row][each] > _PARTNERS), key=lambda each: -dice[row][each])[:2]
        if len(partners) == 2 and dice[partners[0]].get(partners[1], 0.0) <= _PARTNERS:
            partners = partners[:1]
        members = tuple(sorted((row, *partners)))
        pairs = [dice[first].get(second, 0.0) for first, second in combinations(members, 2)]
        groups[members] = float(np.mean(pairs)) if pairs else 0.0
    return [
        _Group(members, agreement)
        for members, agreement in sorted(groups.items(), key=lambda item: (-item[1] * (len(item[0]) + 1), item[0]))
    ]


def _all_dice(predictions: Sequence[_Prediction]) -> list[dict[int, float]]:
    """Return for each prediction its Dice with those of near cutouts that it overlaps."""
    dice: list[dict[int, float]] = [{} for _ in predictions]
    for first, second in combinations(range(len(predictions)), 2):
        one, other = predictions[first], predictions[second]
        if not 0 < abs(one.cutout - other.cutout) <= _SEARCH or not _overlap(one.voxels, other.voxels):
            continue
        common = len(np.intersect1d(one.voxels, other.voxels, assume_unique=True))
        if common:
            value = 2.0 * common / (len(one.voxels) + len(other.voxels))
            dice[first][second] = dice[second][first] = value
    return dice


def _overlap(first: Flat, second: Flat) -> bool:
    return bool(first[0] <= second[-1] and second[0] <= first[-1])


def _voted(voxels: Sequence[Flat]) -> Flat:
    """Return the voxels that two of three predictions have, or any of fewer."""
    every, votes = np.unique(np.concatenate(voxels), return_counts=True)
    return np.asarray(every[votes >= (2 if len(voxels) > 2 else 1)])
