"""How far sizes read from the label maps may be off, from the size of their voxels (see `spinetwin.measure.spread`)."""

from __future__ import annotations

import numpy as np

from .facets import joint_spread
from .landmarks import Landmarks
from .regions import Regions
from .results import MissingInput
from .spread import area_spread, length_spread
from .table import Quantity

_ALONG = {
    "areas.canal_width": "right",
    "areas.canal_depth": "anterior",
    "areas.pedicle_width": "right",
    "areas.disc_rectangle_height": "superior",
}
"""Axis of the vertebra along which a size is measured."""

_SIDES = ("left", "right")


def map_spread(spine: Landmarks, regions: Regions, quantity: Quantity, key: int, side: str, value: float) -> float | None:
    """Return the standard deviation of a size of a level, in its unit; None where nothing is known about it.

    An area is taken to have the outline of a circle; the planes that areas are measured in are taken for exact, since they
    rest on hundreds of voxels.
    """
    try:
        frame = spine.frame(key)
        if quantity.unit == "mm2":
            pixel = regions.maps.grid.voxel_volume / regions.voxel_along(frame.superior)
            return area_spread(2.0 * float(np.sqrt(np.pi * max(value, 0.0))), pixel)
        if quantity.function in _ALONG:
            return length_spread(regions.voxel_along(getattr(frame, _ALONG[quantity.function])))
        if quantity.function == "facets.facet_orientation":
            return joint_spread(regions, key, side)
        return float(np.linalg.norm([joint_spread(regions, key, each) for each in _SIDES]))
    except MissingInput:
        return None
