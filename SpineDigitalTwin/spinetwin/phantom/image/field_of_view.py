"""Where scanners usually look."""

from __future__ import annotations

import numpy as np

from ...anatomy import level, levels_between
from ...anatomy.tables import read_table
from ...errors import ParameterError
from ...geometry import Frame, Grid
from ..grids import Spacing, grid_around
from ..spine import Spine

_ROWS = {row["name"]: row for row in read_table("fields_of_view.csv", __package__)}

FIELDS_OF_VIEW = tuple(_ROWS)
"""Names of ``fields_of_view.csv``: levels from top to bottom, sizes in mm, how far the middle lies in front of the spine."""

_BEYOND = 25.0


def image_grid(
    spine: Spine,
    field_of_view: str = "lumbar",
    spacing: Spacing | float = Spacing(3.3, 0.75, 0.75),  # noqa: B008 - frozen
    orientation: str = "PIR",
    oblique_deg: float = 0.0,
) -> Grid:
    """Return the voxel grid of a usual field of view around a spine.

    Parameters
    ----------
    spine : Spine
        The spine; a size of 0 in the table means as long as its levels.
    field_of_view : str
        One of `FIELDS_OF_VIEW`.
    spacing, orientation, oblique_deg
        As in `Spine.grid`; the default is a sagittal MR.

    Raises
    ------
    ParameterError
        If the field of view is unknown or the spine has none of its levels.
    """
    if field_of_view not in _ROWS:
        raise ParameterError(f"A field of view is one of {', '.join(FIELDS_OF_VIEW)}, not {field_of_view!r}.")
    row = _ROWS[field_of_view]
    wanted = {each.id for each in levels_between(level(row["top"]), level(row["bottom"]))}
    origins = np.array([frame.origin for key, frame in spine.frames.items() if key in wanted])
    if not len(origins):
        raise ParameterError(f"The spine has none of the levels {row['top']} to {row['bottom']} of the field of view.")
    person = Frame(np.zeros(3), np.ascontiguousarray(spine.rotation.T), "person")
    inside = person.to_local(origins)
    low, high = inside.min(axis=0), inside.max(axis=0)
    middle = (low + high) / 2 + [0.0, float(row["forward"]), 0.0]
    half = np.array([float(row[name]) for name in ("right", "anterior", "superior")]) / 2
    half = np.where(half > 0, half, (high - low) / 2 + _BEYOND)
    first, second = ((middle + sign * half).tolist() for sign in (-1, 1))
    return grid_around([(person, (tuple(first), tuple(second)))], spacing, orientation, oblique_deg, 0.0)
