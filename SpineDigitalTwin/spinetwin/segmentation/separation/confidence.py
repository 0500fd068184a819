"""How far each level of a separation is to be trusted, and why not."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ...anatomy import Level, SubregionId
from ...anatomy import level as level_of
from ...geometry import FloatArray, IntArray
from .bodies import Place
from .posterior import Posterior
from .voxels import BODY, Mask, VoxelList

_NO_GAP, _CUT_OFF, _ODD_SIZE, _NO_ARCH, _NO_BODY, _UNCLEAR = 0.5, 0.8, 0.7, 0.8, 0.7, 0.6
"""What is left of the confidence in a level for which this holds."""
_SEEN = 0.65
_CLEAR_LEAD = 0.9
_NECK_TOP = ("C1", "C2")
"""What is a body here differs from the neighbours by nature."""
_USUAL_SIZE = (0.6, 1.6)
"""Volume of a body against the mean of its neighbours."""


@dataclass(frozen=True)
class LevelConfidence:
    """Trust in one level.

    Attributes
    ----------
    level : int
        Its id.
    confidence : float
        0 to 1. It orders levels for a person to look at; it is no probability.
    doubts : tuple of str
        In words, empty when there is none.
    """

    level: int
    confidence: float
    doubts: tuple[str, ...] = ()

    def __str__(self) -> str:
        return f"{level_of(self.level).name} {self.confidence:.2f}"


def judge_levels(
    voxels: VoxelList, places: tuple[Place, ...], owner: IntArray, posterior: Posterior, levels: Sequence[Level]
) -> tuple[LevelConfidence, ...]:
    """Judge each vertebra of a separation by its gaps, its size, its arch, and the border of the image.

    Parameters
    ----------
    voxels : VoxelList
    places : tuple of Place
        The vertebrae, from the top.
    owner : (n,) array
        Number (from 1) of the vertebra of each voxel, 0 for none.
    posterior : Posterior
        How the posterior parts were shared out to the same places.
    levels : sequence of Level
        Their names.
    """
    facts = _facts(voxels, owner, len(places))
    return tuple(
        _judged(each, place, facts, posterior, row) for row, (each, place) in enumerate(zip(levels, places, strict=True))
    )


@dataclass(frozen=True)
class _Facts:
    """Of every vertebra: voxels of its body, whether the border cuts that, whether there is an arch."""

    body: FloatArray
    cut: Mask
    arch: Mask


def _facts(voxels: VoxelList, owner: IntArray, count: int) -> _Facts:
    def voxels_of(mask: Mask) -> IntArray:
        return np.bincount(owner[mask], minlength=count + 1)[1:]

    in_body = voxels.which(BODY)
    arch = voxels.which((int(SubregionId.ARCH),))
    return _Facts(voxels_of(in_body).astype(np.float64), voxels_of(in_body & voxels.at_border) > 0, voxels_of(arch) > 0)


def _judged(each: Level, place: Place, facts: _Facts, posterior: Posterior, row: int) -> LevelConfidence:
    cut = bool(facts.cut[row])
    unclear = posterior.volume[row] > 0 and posterior.lead[row] < _CLEAR_LEAD
    odd = not cut and each.name not in _NECK_TOP and _odd(facts, row)
    checks = (
        *_gaps(place),
        (not place.has_body and each.name != "C1", _NO_BODY, "no body of it is in view"),
        (cut, _CUT_OFF, "its body is cut by the border of the image"),
        (odd, _ODD_SIZE, "its body is much larger or smaller than its neighbours"),
        (not facts.arch[row], _NO_ARCH, "it has no arch"),
        (unclear, _UNCLEAR, "some of its arch or processes may belong to its neighbour"),
    )
    holding = [(left, words) for holds, left, words in checks if holds]
    return LevelConfidence(each.id, float(np.prod([left for left, _ in holding])), tuple(words for _, words in holding))


def _gaps(place: Place) -> list[tuple[bool, float, str]]:
    sides = (("above", place.upper), ("below", place.lower))
    return [
        (seen is not None and seen < _SEEN, _NO_GAP, f"no disc or gap is seen {side} it: it was cut by its usual height")
        for side, seen in sides
    ]


def _odd(facts: _Facts, row: int) -> bool:
    near = [each for each in (row - 1, row + 1) if 0 <= each < len(facts.body) and facts.body[each] and not facts.cut[each]]
    if not near or not facts.body[row]:
        return False
    ratio = facts.body[row] / facts.body[near].mean()
    return not _USUAL_SIZE[0] <= ratio <= _USUAL_SIZE[1]
