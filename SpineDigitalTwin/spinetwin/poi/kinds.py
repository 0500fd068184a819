"""The functions that carry the rules out: one per kind, each for all rules of that kind at one level."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from itertools import groupby

import numpy as np

from ..anatomy import point
from ..geometry import FloatArray
from ..geometry.fields import MaskField, extended_corners, last_exits, stepped_corners
from .arch import approach, flavum
from .context import LevelContext, Outcome, describe, missing
from .facets import facet
from .rules import Rule
from .sections import disc, endplate, section

Carry = Callable[[LevelContext, Sequence[Rule]], dict[int, Outcome]]

_FRAME_ARROW_MM = 10.0
_TOLERATED_GAP_MM = 2.0


def each_rule(carry: Callable[[LevelContext, Rule], Outcome]) -> Carry:
    """Turn a function for one rule into one for many."""
    return lambda context, rules: {rule.id: carry(context, rule) for rule in rules}


def centroid(context: LevelContext, rule: Rule) -> Outcome:
    """Return the centroid of the main piece of the mask."""
    part = context.part(rule.mask)
    if part is None:
        return missing(f"no {describe(rule.mask)} at this level")
    if part.cut or part.pieces > 1:
        return Outcome(part.centroid, context.doubt_about(rule.mask))
    return Outcome(part.centroid)


def frame_arrow(context: LevelContext, rule: Rule) -> Outcome:
    """Return the start moved 10 mm along an axis of the frame."""
    start = context.position(rule.start)
    if start is None:
        return missing(_no_start(rule))
    return Outcome(start + _FRAME_ARROW_MM * context.frame.frame.direction(rule.direction), context.frame.doubt)


def extreme(context: LevelContext, rule: Rule) -> Outcome:
    """Return the centre of the voxel of the mask that lies furthest along the direction."""
    part = context.part(rule.mask)
    if part is None:
        return missing(f"no {describe(rule.mask)} at this level")
    centres = context.spine.grid.to_ras(part.voxels)
    furthest = centres[(centres @ context.frame.frame.direction(rule.direction)).argmax()]
    return Outcome(furthest, context.doubt_about(rule.mask))


def ray(context: LevelContext, rules: Sequence[Rule]) -> dict[int, Outcome]:
    """Return where rays from the starts leave their masks for the last time."""
    outcomes: dict[int, Outcome] = {}
    for mask, group in groupby(sorted(rules, key=lambda rule: rule.mask), key=lambda rule: rule.mask):
        outcomes |= _started(context, group, lambda field, starts, ready: _cast(context, field, starts, ready), mask)
    return outcomes


def _cast(context: LevelContext, field: MaskField, starts: FloatArray, rules: Sequence[Rule]) -> list[Outcome]:
    directions = np.array([context.frame.frame.direction(rule.direction) for rule in rules])
    exits = last_exits(field, starts, directions)
    doubt = context.doubt_about(rules[0].mask)
    return [
        _judged(point_, starts_inside, gap, doubt)
        for point_, starts_inside, gap in zip(exits.points, exits.starts_inside, exits.gap, strict=True)
    ]


def _judged(position: FloatArray, starts_inside: bool, gap: float, doubt: str) -> Outcome:
    if not np.isfinite(position).all():
        return missing("the ray does not meet the mask")
    if not starts_inside:
        return Outcome(position, doubt or "the ray starts outside its mask: a hole, or a hollow part")
    if gap > _TOLERATED_GAP_MM:
        return Outcome(position, doubt or f"the ray crosses a gap of {gap:.1f} mm in the mask")
    return Outcome(position, doubt)


def _corners(search: Callable[[MaskField, FloatArray, FloatArray, FloatArray], FloatArray]) -> Carry:
    def corner(context: LevelContext, rules: Sequence[Rule]) -> dict[int, Outcome]:
        def find(field: MaskField, starts: FloatArray, ready: Sequence[Rule]) -> list[Outcome]:
            directions = [[context.frame.frame.direction(each) for each in rule.direction.split(" & ")] for rule in ready]
            first, second = np.swapaxes(np.array(directions), 0, 1)
            exits = last_exits(field, np.concatenate([starts, starts]), np.concatenate([first, second]))
            ends = exits.points.reshape(2, -1, 3)
            usable = np.isfinite(ends).all(axis=(0, 2)) & field.inside(starts)
            outcomes = [missing("the search starts outside its mask")] * len(ready)
            if usable.any():
                found = search(field, starts[usable], *(ends - starts)[:, usable])
                doubt = context.doubt_about(ready[0].mask)
                for index, position in zip(np.flatnonzero(usable), found, strict=True):
                    outcomes[index] = Outcome(position, doubt)
            return outcomes

        return _started(context, rules, find, rules[0].mask)

    return corner


def _started(
    context: LevelContext,
    rules: Iterable[Rule],
    find: Callable[[MaskField, FloatArray, Sequence[Rule]], list[Outcome]],
    mask: tuple[int, ...],
) -> dict[int, Outcome]:
    """Find the starts of rules that share a mask, say what is missing, and hand the rest to `find` in one batch."""
    field = context.field(mask)
    outcomes: dict[int, Outcome] = {}
    ready: list[Rule] = []
    starts: list[FloatArray] = []
    doubts: list[str] = []
    shift, shift_doubt = context.shift()
    for rule in rules:
        start = context.position(rule.start)
        if field is None:
            outcomes[rule.id] = missing(f"no {describe(mask)} at this level")
        elif start is None:
            outcomes[rule.id] = missing(_no_start(rule))
        elif rule.shift and not shift:
            outcomes[rule.id] = missing(shift_doubt)
        else:
            ready.append(rule)
            doubts.append(shift_doubt if rule.shift else "")
            starts.append(start + rule.shift * shift * context.frame.frame.right)
    if field is not None and ready:
        for rule, doubt, outcome in zip(ready, doubts, find(field, np.array(starts), ready), strict=True):
            outcomes[rule.id] = Outcome(outcome.position, outcome.reason or doubt)
    return outcomes


def _no_start(rule: Rule) -> str:
    return f"no {point(rule.start).label} to start from" if rule.start else "no start"


# In this order: a kind may use the points of the kinds before it.
KINDS: dict[str, Carry] = {
    "centroid": each_rule(centroid),
    "disc": each_rule(disc),
    "frame": each_rule(frame_arrow),
    "section": each_rule(section),
    "ray": ray,
    "endplate": each_rule(endplate),
    "extreme": each_rule(extreme),
    "corner": _corners(stepped_corners),
    "extended corner": _corners(extended_corners),
    "flavum": flavum,
    "approach": each_rule(approach),
    "facet": each_rule(facet),
}
