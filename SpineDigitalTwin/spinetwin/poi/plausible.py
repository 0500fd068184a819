"""Refusing maps whose points would all be wrong, and doubting the levels that contradict the rest."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from ..anatomy import SubregionId
from ..anatomy import level as level_of
from ..errors import MapError
from .frames import LevelFrame
from .voxels import LevelVoxels, SpineVoxels

_VERTEBRAL = frozenset(range(SubregionId.ARCH, SubregionId.DENS + 1))
_PAIRS = (
    (SubregionId.COSTAL_LEFT, SubregionId.COSTAL_RIGHT),
    (SubregionId.SUPERIOR_ARTICULAR_LEFT, SubregionId.SUPERIOR_ARTICULAR_RIGHT),
    (SubregionId.INFERIOR_ARTICULAR_LEFT, SubregionId.INFERIOR_ARTICULAR_RIGHT),
)
# A person lies or stands: the first of several levels never lies this much below the last.
_UPSIDE_DOWN_MM = 20.0


def has_subregions(voxels: LevelVoxels) -> bool:
    """Say whether a level has any of the parts of a vertebra."""
    return bool(voxels.labels & _VERTEBRAL)


def refuse_unusable(spine: SpineVoxels) -> None:
    """Raise MapError for maps without vertebrae or parts, or numbered from below."""
    if not spine.levels:
        raise MapError(
            "The vertebra map holds no vertebra.", "Expected labels such as 1 (C1) to 24 (L5); see `spinetwin check`."
        )
    usable = [level for level, voxels in spine.levels.items() if has_subregions(voxels)]
    if not usable:
        names = ", ".join(level_of(level).name for level in spine.levels)
        raise MapError(
            f"The subregion map holds no parts of a vertebra where the vertebra map has {names}.",
            "Check that the two maps belong together and were not swapped; `spinetwin check` tells what each holds.",
        )
    first, last = usable[0], usable[-1]
    heights = [spine.grid.to_ras(spine.levels[level].voxels.mean(axis=0))[2] for level in (first, last)]
    if heights[0] < heights[1] - _UPSIDE_DOWN_MM:
        raise MapError(
            f"{level_of(first).name} lies below {level_of(last).name}: the levels are numbered from below.",
            "Renumber the vertebra map from the top.",
        )


def doubt_swapped_sides(spine: SpineVoxels, frames: Mapping[int, LevelFrame]) -> dict[int, LevelFrame]:
    """Mark the frames of levels whose left labels lie on the right.

    Raises
    ------
    MapError
        If most levels are swapped: then it is the maps, not a level.
    """
    swapped = {level: _swapped(spine, level, frames[level]) for level in frames}
    wrong = [level for level, answer in swapped.items() if answer]
    judged = [level for level, answer in swapped.items() if answer is not None]
    if wrong and 2 * len(wrong) > len(judged):
        raise MapError(
            f"Left and right are swapped in the subregion map ({len(wrong)} of {len(judged)} levels).",
            "The image was probably mirrored on the way here; convert it again, or exchange the labels of the two sides.",
        )
    doubt = "the left and right labels of this level are swapped"
    return {level: replace(frame, doubt=doubt) if level in wrong else frame for level, frame in frames.items()}


def _swapped(spine: SpineVoxels, level: int, frame: LevelFrame) -> bool | None:
    """Say whether most left parts of a level lie to the right of their partners; None where no pair is there."""
    voxels = spine.levels[level]
    votes = []
    for left, right in _PAIRS:
        ends = [voxels.part((int(side),)) for side in (left, right)]
        if ends[0] is not None and ends[1] is not None:
            votes.append(float((ends[0].centroid - ends[1].centroid) @ frame.frame.right) > 0)
    return 2 * sum(votes) > len(votes) if votes else None
