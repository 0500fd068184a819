"""The corrections that buttons and keys make: nudge, set back, mirror, mark as reviewed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from slicer.i18n import tr as _

from . import pointnodes

if TYPE_CHECKING:
    from spinetwin.geometry import Frame
    from spinetwin.poi import Poi
    from spinetwin.poi.model import Position

    from .edits import Edit, Edits

NUDGE_MM = 0.5


def nudge(edits: Edits, level: int, points: Iterable[int], direction: str, step: float = NUDGE_MM) -> Edit | None:
    """Move points along an axis of their vertebra.

    Parameters
    ----------
    edits : Edits
    level : int
    points : iterable of int
        Point ids; those without position are passed over.
    direction : str
        R, L, A, P, S or I, of the vertebra.
    step : float
        mm.
    """
    frame = _frame(level)
    if frame is None:
        return None
    shift = step * frame.direction(direction)
    placed = [poi for poi in _chosen(edits, level, points) if poi.position is not None]
    moved = [poi.moved_to(_along(poi.position, shift)) for poi in placed]
    return edits.perform(_("Nudge {what}").format(what=_naming(level, moved)), level, moved)


def setBack(edits: Edits, level: int, points: Iterable[int] | None = None) -> Edit | None:
    """Set points, or all of a level, back to what the rules had said."""
    node = pointnodes.nodes().get(level)
    if node is None:
        return None
    computed = pointnodes.computedOf(level, node)
    wanted = [computed[each] for each in (computed if points is None else points) if each in computed]
    return edits.perform(_("Reset {what}").format(what=_naming(level, wanted)), level, wanted)


def mirror(edits: Edits, level: int, points: Iterable[int] | None = None, *, side: str = "left") -> Edit | None:
    """Put the partners of points where their mirror image lies, across the vertebra's own sagittal plane.

    Parameters
    ----------
    edits : Edits
    level : int
    points : iterable of int, optional
        The points to take the image of; left out, all points of one side of the level. Median points have no partner.
    side : {"left", "right"}
        The side to copy from when `points` is left out.
    """
    from spinetwin.anatomy import POINTS

    frame = _frame(level)
    if frame is None:
        return None
    partners = {each.id: each.mirror for each in POINTS if each.mirror != each.id}
    sources = [each.id for each in POINTS if each.side == side and each.id in partners] if points is None else points
    known = edits.points(level)
    images = [
        known[partners[poi.id]].moved_to(_image(frame, poi.position))
        for poi in _chosen(edits, level, sources)
        if poi.position is not None and partners.get(poi.id) in known
    ]
    return edits.perform(_("Mirror to {what}").format(what=_naming(level, images)), level, images)


def confirm(edits: Edits, level: int, points: Iterable[int] | None = None) -> Edit | None:
    """Mark points, or all of a level, as looked at by a person and right where they are."""
    from spinetwin.poi.merge import confirmed

    chosen = edits.points(level).keys() if points is None else points
    seen = [confirmed(poi) for poi in _chosen(edits, level, chosen)]
    return edits.perform(_("Review {what}").format(what=_naming(level, seen)), level, seen)


def place(edits: Edits, level: int, point: int, position: Position) -> Edit | None:
    """Put one point, a missing one too, at a place, RAS mm; held on the bone surface where that is asked for."""
    known = edits.points(level)
    if point not in known:
        return None
    where = edits.constrain(level, position) if edits.constrain else position
    moved = known[point].moved_to(where)
    return edits.perform(_("Place {what}").format(what=_naming(level, [moved])), level, [moved])


def _chosen(edits: Edits, level: int, points: Iterable[int]) -> list[Poi]:
    known: Mapping[int, Poi] = edits.points(level)
    return [known[each] for each in points if each in known]


def _frame(level: int) -> Frame | None:
    node = pointnodes.nodes().get(level)
    return pointnodes.frameOf(node) if node is not None else None


def _along(position: Position, shift: Iterable[float]) -> Position:
    x, y, z = (float(a + b) for a, b in zip(position, shift, strict=True))
    return x, y, z


def _image(frame: Frame, position: Position) -> Position:
    x, y, z = frame.to_ras(frame.to_local(position) * (-1.0, 1.0, 1.0)).tolist()
    return x, y, z


def _naming(level: int, pois: list[Poi]) -> str:
    from spinetwin.anatomy import level as levelOf
    from spinetwin.io.markups import label_of

    name = levelOf(level).name
    if len(pois) == 1:
        return _("{point} of {level}").format(point=label_of(pois[0].id), level=name)
    return _("{count} points of {level}").format(count=len(pois), level=name)
