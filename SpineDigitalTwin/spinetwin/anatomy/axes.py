"""Points that tell how a vertebra is turned."""

from __future__ import annotations

from collections.abc import Container

from .points import PointId

DIRECTIONS = (PointId.DIRECTION_POSTERIOR, PointId.DIRECTION_INFERIOR, PointId.DIRECTION_RIGHT)
_BEHIND = (PointId.ARCH, PointId.SPINOUS, PointId.CANAL)
"""Points behind the body that show where back is: arch, spinous process, canal."""


def point_behind(placed: Container[tuple[int, int]], key: int) -> PointId | None:
    """Return the point that shows where back is at a level, of all (level id, point id) that are placed; None without any."""
    return next((poi for poi in _BEHIND if (key, poi) in placed), None)


def points_of_axes(placed: Container[tuple[int, int]], key: int) -> tuple[PointId, ...]:
    """Return the points of a level that turn its axes beside the bodies: 128 to 130, else what shows where back is.

    Parameters
    ----------
    placed : container of (level id, point id)
        Points that there are.
    key : int
        Id of the level.
    """
    if all((key, poi) in placed for poi in DIRECTIONS):
        return DIRECTIONS
    behind = point_behind(placed, key)
    return () if behind is None else (behind,)
