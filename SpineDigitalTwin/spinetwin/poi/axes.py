"""A vertebra's frame from its points alone, for files that hold points and no axes."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ..anatomy import PointId
from ..anatomy import level as level_of
from ..geometry import FloatArray, Frame, nearest_frame
from .model import PoiSet

_ARROWS = (
    (PointId.DIRECTION_RIGHT, 1.0),
    (PointId.DIRECTION_POSTERIOR, -1.0),
    (PointId.DIRECTION_INFERIOR, -1.0),
)
"""The points that show the axes right, anterior, superior, and on which side of the body each lies."""


def frames_of(pois: PoiSet) -> dict[int, Frame]:
    """Return the frame of every level that has a position.

    Parameters
    ----------
    pois : PoiSet
        RAS mm. Frames that it holds already are returned as they are.

    Returns
    -------
    dict of level id to Frame
        From the direction points around the body where they are; else with the axes of the nearest level that has them, or
        of the patient, around the mean of the points. `Frame.source` says which.
    """
    own = dict(pois.frames)
    own.update({level: frame for level in pois.levels if level not in own and (frame := _from_arrows(pois, level)) is not None})
    frames = {level: own[level] if level in own else _borrowed(pois, level, own) for level in pois.levels}
    return {level: frame for level, frame in frames.items() if frame is not None}


def _from_arrows(pois: PoiSet, level: int) -> Frame | None:
    body = _computed(pois, level, PointId.BODY)
    ends = [_computed(pois, level, point) for point, _ in _ARROWS]
    if body is None or any(end is None for end in ends):
        return None
    rows = np.array([sign * (end - body) for (_, sign), end in zip(_ARROWS, ends, strict=True) if end is not None])
    return nearest_frame(body, rows, "direction points")


def _computed(pois: PoiSet, level: int, point: int) -> FloatArray | None:
    """Return where the rules had put a point: moving the body's middle by hand does not tilt the vertebra."""
    poi = pois.points.get((level, int(point)))
    place = None if poi is None else (poi.computed or poi.position)
    return None if place is None else np.array(place)


def _borrowed(pois: PoiSet, level: int, own: dict[int, Frame]) -> Frame | None:
    places = [poi.position for poi in pois.of_level(level) if poi.position is not None]
    if not places:
        return None
    origin = np.mean(places, axis=0)
    if not own:
        return Frame(origin, np.eye(3), "patient axes")
    nearest = _nearest(level, list(own))
    return Frame(origin, own[nearest].axes, f"neighbour {level_of(nearest).name}")


def _nearest(level: int, others: Sequence[int]) -> int:
    order = level_of(level).order
    return min(others, key=lambda other: abs(level_of(other).order - order))
