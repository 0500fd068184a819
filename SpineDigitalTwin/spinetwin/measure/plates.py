"""Endplates as planes fitted to the surface of the body in the label maps: steadier than six corner points.

The plane is the least-squares one over the inner part of the endplate, where neither rims, uncinate processes nor osteophytes
reach.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace

import numpy as np

from ..anatomy import level
from ..geometry import FloatArray, Frame, Grid
from ..geometry.fields import MaskField, last_exits
from .landmarks import CAPPED, INFERIOR_CORNERS, SUPERIOR_CORNERS, Key, Landmarks, Plate
from .regions import BODY, Regions
from .results import MissingInput

_SHARE = 0.75
"""Part of the width and depth of a body, about its middle, over which a plane is fitted."""

_NODES = 9
_FEWEST = 20
_CORNERS = {"superior": SUPERIOR_CORNERS, "inferior": INFERIOR_CORNERS}


def with_plates(spine: Landmarks, regions: Regions | None, edited: Collection[Key] = ()) -> Landmarks:
    """Return the landmarks with the endplates that the maps show.

    Parameters
    ----------
    regions : Regions or None
        The label maps.
    edited : collection of (level id, point id)
        Points that a person placed: an endplate with such a corner stays the plane of its corners, so that edits count.
    """
    if regions is None:
        return spine
    plates = dict(spine.plates)
    for key in spine.frames:
        if (key, 50) not in spine.points:
            continue
        for side, corners in _CORNERS.items():
            touched = any((key, poi) in edited for rim in corners.values() for poi in rim)
            if touched or (key, side) in plates or (key, side) in CAPPED:
                continue
            try:
                plates[key, side] = fitted_plate(spine, regions, key, side)
            except MissingInput:
                continue
    return replace(spine, plates=plates)


def fitted_plate(spine: Landmarks, regions: Regions, key: int, side: str) -> Plate:
    """Fit a plane to the "superior" or "inferior" surface of a body.

    Raises
    ------
    MissingInput
        If the maps have no such body, or its surface is met in too few places.
    """
    frame = spine.frame(key)
    field = regions.field(key, BODY)
    width, depth = (float(np.linalg.norm(spine.point(key, a) - spine.point(key, b))) for a, b in ((85, 84), (108, 106)))
    heights, flat = _heights(field, frame, spine.points[key, 50], side, _SHARE / 2 * np.array([width, depth]))
    if len(flat) < _FEWEST:
        raise MissingInput(f"the {side} endplate of {level(key).name} is met in too few places")
    design = np.column_stack([flat, np.ones(len(flat))])
    slope, *_ = np.linalg.lstsq(design, heights, rcond=None)
    residual = float(np.sqrt(np.mean((heights - design @ slope) ** 2)))
    normal = np.array([-slope[0], -slope[1], 1.0])
    normal = normal / np.linalg.norm(normal) @ frame.axes
    centre = spine.points[key, 50] + slope[2] * frame.superior
    rims = [_rim(spine, key, side, name, centre, normal, frame, depth) for name in ("front", "back")]
    return Plate(centre, normal, rims[0], rims[1], tilt_spread=plane_spread(field.grid, residual, flat @ frame.axes[:2]))


def _heights(field: MaskField, frame: Frame, centre: FloatArray, side: str, half: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return heights (n,) above the centre at which rays leave the body, and where (n, 2) they start along right and front."""
    ticks = np.linspace(-1.0, 1.0, _NODES)
    u, v = (each.ravel() for each in np.meshgrid(ticks, ticks, indexing="ij"))
    within = np.hypot(u, v) <= 1.0 + 1e-9
    flat = np.stack([u[within], v[within]], axis=1) * half
    starts = centre + flat @ frame.axes[:2]
    way = frame.superior if side == "superior" else -frame.superior
    exits = last_exits(field, starts, np.broadcast_to(way, starts.shape))
    good = exits.starts_inside & (exits.gap == 0)
    return (exits.points[good] - centre) @ frame.superior, flat[good]


def _rim(
    spine: Landmarks, key: int, side: str, name: str, centre: FloatArray, normal: FloatArray, frame: Frame, depth: float
) -> FloatArray:
    """Return the median corner point where it is placed, else where the plane's median line ends."""
    placed = spine.points.get((key, _CORNERS[side][name][0]))
    if placed is not None:
        return placed
    ahead = frame.anterior - (frame.anterior @ normal) * normal
    return np.asarray(centre + (0.5 if name == "front" else -0.5) * depth * ahead / np.linalg.norm(ahead))


def plane_spread(grid: Grid, residual: float, points: FloatArray) -> float:
    """Return the standard deviation, in degrees, of the tilt of a plane fitted to points (n, 3) of a surface.

    As many independent heights as voxels lie on the fitted part, each uncertain by the residual or by the quantisation of a
    voxel, whichever is more; they act over the standard deviation of their places in the direction where it is smaller.
    """
    spread = np.linalg.svd(points - points.mean(axis=0), compute_uv=False) / np.sqrt(len(points))
    spacing = np.sort(grid.spacing)
    # a uniform ellipse is 4 pi times as large as the product of the standard deviations along its axes
    count = max(4 * np.pi * spread[0] * spread[1] / float(spacing[-1] * spacing[-2]), 4.0)
    each = max(residual, float(spacing[0]) * 12.0**-0.5)
    return float(np.degrees(each / np.sqrt(count) / max(float(spread[1]), 1.0)))
