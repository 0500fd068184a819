"""Left and right, from the image's orientation: labels that say otherwise are found out."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np

from ...anatomy import SubregionId
from ...anatomy import level as level_of
from ...geometry import IntArray
from .centreline import Straightened
from .voxels import Mask, VoxelList

PAIRS = (
    (int(SubregionId.COSTAL_LEFT), int(SubregionId.COSTAL_RIGHT)),
    (int(SubregionId.SUPERIOR_ARTICULAR_LEFT), int(SubregionId.SUPERIOR_ARTICULAR_RIGHT)),
    (int(SubregionId.INFERIOR_ARTICULAR_LEFT), int(SubregionId.INFERIOR_ARTICULAR_RIGHT)),
)
"""Subregions that come in pairs, left and right."""

_CLEAR = 4.0
"""Left and right parts nearer than this, in mm across the spine, say nothing."""


@dataclass(frozen=True)
class SideReport:
    """Whether what is called left lies on the patient's left.

    Attributes
    ----------
    exchanged : tuple of int
        Levels on which left and right labels are exchanged.
    seen : tuple of int
        Levels on which it could be told.
    message : str
        In words; empty when all is well.
    """

    exchanged: tuple[int, ...]
    seen: tuple[int, ...]
    message: str

    @property
    def everywhere(self) -> bool:
        """Whether every level is exchanged, as in a mirrored image or a mirrored map."""
        return bool(self.seen) and self.exchanged == self.seen


def check_sides(voxels: VoxelList, spine: Straightened, vertebra: IntArray) -> SideReport:
    """Compare the labels of left and right parts with where they lie in the patient.

    Parameters
    ----------
    voxels : VoxelList
        Of a subregion map.
    spine : Straightened
        Its `right` follows from the orientation of the image, never from labels.
    vertebra : (n,) array
        Level of each voxel.
    """
    votes: dict[int, float] = {}
    for left, right in PAIRS:
        places = [_mean_right(spine, vertebra, voxels.labels == label) for label in (left, right)]
        for key in sorted(places[0].keys() & places[1].keys()):
            lead = places[1][key] - places[0][key]
            votes[key] = votes.get(key, 0.0) + (lead if abs(lead) >= _CLEAR else 0.0)
    seen = tuple(key for key, vote in sorted(votes.items()) if vote)
    exchanged = tuple(key for key in seen if votes[key] < 0)
    return SideReport(exchanged, seen, _in_words(exchanged, seen))


def _mean_right(spine: Straightened, vertebra: IntArray, mask: Mask) -> Mapping[int, float]:
    """Return by level how far to the patient's right a subregion lies on average."""
    mask = mask & (vertebra > 0)
    count = np.bincount(vertebra[mask])
    total = np.bincount(vertebra[mask], spine.right[mask])
    return {int(key): float(total[key] / count[key]) for key in np.flatnonzero(count)}


def _in_words(exchanged: tuple[int, ...], seen: tuple[int, ...]) -> str:
    if not exchanged:
        return ""
    if exchanged == seen:
        return (
            "Left and right are exchanged on every level: the labels are mirrored, or the orientation in the image's header "
            "is wrong. Find out which before any side is trusted."
        )
    names = ", ".join(level_of(key).name for key in exchanged)
    return f"Left and right labels are exchanged at {names}; the image's orientation and the other levels say so."


def sides_put_right(subregions: IntArray, vertebrae: IntArray, sides: SideReport) -> tuple[IntArray, tuple[str, ...]]:
    """Return the subregions that a network has told with left and right as the image's orientation has them, and what was done.

    Parameters
    ----------
    subregions, vertebrae : (i, j, k) arrays
        The latter as they were separated.
    sides : SideReport
        Of that separation.
    """
    if not sides.exchanged:
        return subregions, ()
    # mirrored as a whole, the levels of which one side alone is in view are mirrored too, and so is what belongs to none
    levels = np.unique(vertebrae) if sides.everywhere else sides.exchanged
    where = "on every level" if sides.everywhere else f"at {', '.join(level_of(key).name for key in sides.exchanged)}"
    said = f"The network took left for right {where}; the orientation of the image put that right."
    return exchange_sides(subregions, vertebrae, levels), (said,)


def exchange_sides(subregions: IntArray, vertebrae: IntArray, levels: Iterable[int]) -> IntArray:
    """Return the subregion map with left and right labels exchanged on some levels, as a `SideReport` found them.

    Parameters
    ----------
    subregions, vertebrae : (i, j, k) arrays
    levels : iterable of int
    """
    table = np.arange(max(int(subregions.max(initial=0)), max(SubregionId)) + 1)
    for left, right in PAIRS:
        table[left], table[right] = right, left
    there = np.isin(vertebrae, list(levels))
    result = subregions.copy(order="K")
    result[there] = table.astype(subregions.dtype)[subregions[there]]
    return result
