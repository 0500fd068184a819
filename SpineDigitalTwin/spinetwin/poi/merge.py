"""What becomes of a person's edits when the points are computed again, and how an edit is taken back."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from .model import EDITED, Poi, PoiSet, Status

VERDICT_LOST = "set back to the computed position; what the rules thought of it is not known any more"
NEVER_COMPUTED = "the rules gave no position"


def merge(old: PoiSet, new: PoiSet, *, keep_edits: bool = True) -> PoiSet:
    """Join points that were computed again with those that a person has worked on.

    Parameters
    ----------
    old : PoiSet
        What there is now, edits included.
    new : PoiSet
        What the rules give.
    keep_edits : bool
        Whether points that a person placed, confirmed or removed stay as they are. They take over the new computed position.

    Returns
    -------
    PoiSet
        All points of `new`, and the edited points of `old`, also those that the rules no longer give. Frames as in `new`, and
        as in `old` for levels that only edits keep alive.
    """
    if not keep_edits:
        return new
    points = {poi.key: poi for poi in new}
    for poi in _edited(old):
        points[poi.key] = replace(poi, computed=new[poi.key].position) if poi.key in new.points else poi
    kept = {level for level, _ in points}
    frames = {level: frame for level, frame in {**old.frames, **new.frames}.items() if level in kept}
    return PoiSet(points, frames)


def _edited(pois: PoiSet) -> Iterator[Poi]:
    return (poi for poi in pois if poi.edited)


def as_computed(poi: Poi) -> Poi:
    """Return a point as the rules had it, as far as the point itself still tells.

    A person's edit clears the verdict of the rules; so an edited point comes back as suspect, to be looked at once more.
    """
    if not poi.edited:
        return poi
    if poi.computed is None:
        return Poi(poi.level, poi.id, Status.MISSING, None, NEVER_COMPUTED)
    return Poi(poi.level, poi.id, Status.SUSPECT, poi.computed, VERDICT_LOST)


def moved_mm(poi: Poi) -> float | None:
    """Return how far a person moved a point from where the rules had put it, in mm; None where one of the two is unknown."""
    if not poi.edited or poi.position is None or poi.computed is None:
        return None
    return float(sum((a - b) ** 2 for a, b in zip(poi.position, poi.computed, strict=True)) ** 0.5)


def confirmed(poi: Poi) -> Poi:
    """Return a point that a person has looked at and left where it is; a point without position cannot be confirmed."""
    if poi.position is None or (poi.source == EDITED and poi.status is Status.OK):
        return poi
    return poi.moved_to(poi.position)
