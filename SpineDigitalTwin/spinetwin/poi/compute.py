"""From label maps to points of interest: the one public function of this room."""

from __future__ import annotations

from collections.abc import Callable, Collection

from ..anatomy import PointId
from ..errors import MapError
from ..geometry import LabelMaps
from .context import LevelContext, contexts_of, missing
from .frames import vertebra_frames
from .kinds import KINDS
from .model import Poi, PoiSet
from .plausible import doubt_swapped_sides, has_subregions, refuse_unusable
from .rules import RuleSet, rule_set
from .voxels import gather_voxels

Progress = Callable[[float, str], None]
Ready = Callable[[PoiSet], None]


def compute_pois(
    maps: LabelMaps,
    rules: str | RuleSet = "paper",
    *,
    levels: Collection[int] | None = None,
    only: Collection[int] | None = None,
    progress: Progress | None = None,
    ready: Ready | None = None,
) -> PoiSet:
    """Compute the points of interest of a segmented spine.

    Parameters
    ----------
    maps : LabelMaps
        Subregions and vertebrae on one grid, in any storage order and orientation.
    rules : str or RuleSet
        "paper" (Graf et al.) or "tptbox" (the choices of the reference implementation where they differ).
    levels : collection of int, optional
        Level ids to compute; frames always use the whole spine.
    only : collection of int, optional
        Point ids to return; what they rest on is computed too.
    progress : callable, optional
        Called with a fraction and a level name as levels are finished.
    ready : callable, optional
        Called with the finished points of each level, and its frame, before the next one begins.

    Returns
    -------
    PoiSet
        One point for every rule that applies to a level, each ok, suspect or missing with its reason; RAS mm.

    Raises
    ------
    MapError
        If the maps hold no vertebra with subregions, the levels are numbered from below, the sides are swapped, or none of
        `levels` is there.
    """
    table = rule_set(rules) if isinstance(rules, str) else rules
    spine = gather_voxels(maps)
    refuse_unusable(spine)
    contexts = contexts_of(spine, doubt_swapped_sides(spine, vertebra_frames(spine)))
    wanted = [context for context in contexts if levels is None or context.level in levels]
    if not wanted:
        names = ", ".join(context.name for context in contexts)
        raise MapError("None of the levels asked for is in the maps.", f"They hold {names}.")
    points: list[Poi] = []
    frames = {context.level: context.frame.frame for context in wanted if has_subregions(context.voxels)}
    for done, context in enumerate(wanted):
        found = _points_of(context, table, only)
        points += found
        if ready and found:
            ready(PoiSet.of(found, {key: frame for key, frame in frames.items() if key == context.level}))
        if progress:
            progress((done + 1) / len(wanted), context.name)
    return PoiSet.of(points, frames)


def _points_of(context: LevelContext, table: RuleSet, only: Collection[int] | None) -> list[Poi]:
    rules = table.of_level(context.level)
    if not has_subregions(context.voxels):
        body = int(PointId.BODY)
        context.outcomes[body] = missing("the subregion map has no parts of this vertebra")
    else:
        for kind, carry in KINDS.items():
            chosen = [rule for rule in rules if rule.kind == kind]
            if chosen:
                context.outcomes.update(carry(context, chosen))
    return [
        Poi(context.level, key, outcome.status, _plain(outcome.position), outcome.reason, table.source)
        for key, outcome in context.outcomes.items()
        if only is None or key in only
    ]


def _plain(position: object) -> tuple[float, float, float] | None:
    return None if position is None else tuple(float(each) for each in position)  # type: ignore[attr-defined, return-value]
