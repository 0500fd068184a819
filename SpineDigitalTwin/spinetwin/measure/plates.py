"""Endplates as planes fitted to the surface of the body in the label maps: steadier than six corner points.

The plane is the least-squares one over the inner part of the endplate, where neither rims, uncinate processes nor osteophytes
reach.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from ..anatomy import PointId, level
from ..geometry import FloatArray, Frame, Grid
from ..geometry.fields import MaskField
from .bodies import width
from .landmarks import CAPPED, INFERIOR_CORNERS, SUPERIOR_CORNERS, Landmarks, Plate
from .regions import BODY, Regions
from .results import MissingInput
from .rims import first_exits, fitted_rim, furthest_exits, rim_spread
from .spread import VOXEL_SPREAD

_SHARE = 0.75
"""Part of the width and depth of a body, about its middle, over which a plane is fitted."""

_INNER = 0.7
"""Part of these heights, from their middle, that tell how deep the middle lies."""

_BELOW = 1.5
"""Depth below the middle of an endplate at which the walls of the body are looked for, mm: below the rounding of the rims."""

_STRIP = np.array([-3.0, 0.0, 3.0])
"""Where they are looked for, beside the median plane, mm."""

_HIGHEST = 32.0
"""No endplate or wall lies further from the middle of its body, mm."""

_NODES = 9
_FEWEST = 20
_INSIDE = 3.0
"""How far inside the body the wall below an endplate is looked for, mm."""

_NOTCHED = 5.0
"""A corner point that lies so far inside the end of its endplate is no corner, mm."""

_CORNERS = {"superior": SUPERIOR_CORNERS, "inferior": INFERIOR_CORNERS}


def with_plates(spine: Landmarks, regions: Regions | None) -> Landmarks:
    """Return the landmarks with the endplates that the maps show.

    An endplate with a corner that a person placed stays the plane of its corners, so that edits count.

    Parameters
    ----------
    regions : Regions or None
        The label maps.
    """
    if regions is None:
        return spine
    plates = dict(spine.plates)
    for key in spine.frames:
        if (key, PointId.BODY) not in spine.points:
            continue
        for side, corners in _CORNERS.items():
            touched = any((key, poi) in spine.edited for rim in corners.values() for poi in rim)
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
    depth = float(np.linalg.norm(spine.point(key, PointId.BODY_ANTERIOR) - spine.point(key, PointId.BODY_POSTERIOR)))
    way = frame.superior if side == "superior" else -frame.superior
    middle = _middle(field, frame, spine.points[key, PointId.BODY], way)
    heights, flat = _heights(field, frame, middle, way, _SHARE / 2 * np.array([width(spine, key), depth]))
    if len(flat) < _FEWEST:
        raise MissingInput(f"the {side} endplate of {level(key).name} is met in too few places")
    design = np.column_stack([flat, np.ones(len(flat))])
    slope, *_ = np.linalg.lstsq(design, heights, rcond=None)
    residual = float(np.sqrt(np.mean((heights - design @ slope) ** 2)))
    normal = np.array([-slope[0], -slope[1], 1.0])
    normal = normal / np.linalg.norm(normal) @ frame.axes
    centre = middle + slope[2] * frame.superior
    rims = [
        _rim(spine, field, key, side, name, _Plane(centre, normal, out, way, depth))
        for name, out in (("front", frame.anterior), ("back", -frame.anterior))
    ]
    (front, _), (back, _) = rims
    return Plate(
        centre,
        normal,
        front,
        back,
        tilt_spread=plane_spread(field.grid, residual, flat @ frame.axes[:2]),
        rim_spread=rim_spread(field.grid) if all(fitted for _, fitted in rims) else VOXEL_SPREAD,
        bottom=_bottom(heights, flat, middle, spine.points[key, PointId.BODY], frame),
    )


def _bottom(heights: FloatArray, flat: FloatArray, middle: FloatArray, centre: FloatArray, frame: Frame) -> FloatArray:
    """Return where (3,) the axis through the centre of the body meets its endplate: a bowl fitted to its inner part says."""
    inner = np.abs(flat).max(axis=1) <= _INNER * np.abs(flat).max()
    x, y = flat[inner].T
    design = np.stack([np.ones(len(x)), x, y, x**2, x * y, y**2], axis=1)
    bowl, *_ = np.linalg.lstsq(design, heights[inner], rcond=None)
    u, v = (centre - middle) @ frame.axes[:2].T
    height = bowl @ [1.0, u, v, u**2, u * v, v**2]
    return np.asarray(centre + (height + (middle - centre) @ frame.superior) * frame.superior)


def _middle(field: MaskField, frame: Frame, centre: FloatArray, way: FloatArray) -> FloatArray:
    """Return the centre (3,) of the body, moved to below the middle between the front and back wall near an endplate.

    An endplate is hollow about its own middle, and a body's centroid lies behind it: a plane about the centroid would lean.
    """
    ((top,),), _ = first_exits(field, centre[None], way[None], _HIGHEST)
    if not np.isfinite(top) or top < _BELOW:
        return centre
    starts = centre + (top - _BELOW) * way + _STRIP[:, None] * frame.right
    walls = furthest_exits(field, starts, np.stack([frame.anterior, -frame.anterior]), _HIGHEST)
    ahead = float((walls[:, 0] - walls[:, 1]).mean()) / 2
    return np.asarray(centre + ahead * frame.anterior) if np.isfinite(ahead) else centre


def _heights(
    field: MaskField, frame: Frame, centre: FloatArray, way: FloatArray, half: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """Return heights (n,) above the centre at which rays leave the body, and where (n, 2) they start along right and front."""
    ticks = np.linspace(-1.0, 1.0, _NODES)
    u, v = (each.ravel() for each in np.meshgrid(ticks, ticks, indexing="ij"))
    within = np.hypot(u, v) <= 1.0 + 1e-9
    flat = np.stack([u[within], v[within]], axis=1) * half
    starts = centre + flat @ frame.axes[:2]
    heights, clean = first_exits(field, starts, way[None], _HIGHEST)
    good = clean[:, 0]
    return heights[good, 0] * float(way @ frame.superior), flat[good]


@dataclass(frozen=True)
class _Plane:
    """The plane of an endplate, the way out of the body along its median line and through it, and the body's depth in mm."""

    centre: FloatArray
    normal: FloatArray
    outwards: FloatArray
    endwards: FloatArray
    depth: float

    def end(self, field: MaskField) -> FloatArray:
        """Return where the median line ends (3,): above the wall that is met a little inside the body."""
        along = self.outwards - (self.outwards @ self.normal) * self.normal
        along = along / np.linalg.norm(along)
        inside = self.centre - _INSIDE * self.endwards
        wall = float(furthest_exits(field, inside[None], along[None], _HIGHEST)[0, 0])
        return np.asarray(self.centre + (wall if np.isfinite(wall) else self.depth / 2) * along)


def _rim(spine: Landmarks, field: MaskField, key: int, side: str, name: str, plane: _Plane) -> tuple[FloatArray, bool]:
    """Return the rim (3,) in the median plane, and whether it is fitted.

    It is looked for about the median corner point and, where that lies on no edge, about the end of the plane; the first of
    them stands for it where no edge can be fitted. A corner far inside the end was stopped by a notch of the endplate.
    """
    placed, end = spine.points.get((key, _CORNERS[side][name][0])), plane.end(field)
    guesses = [end] if placed is None else [placed, end]
    if placed is not None and (end - placed) @ plane.outwards > _NOTCHED:
        guesses.reverse()
    for guess in guesses:
        fitted = fitted_rim(field, spine.frame(key), guess, plane.outwards, plane.endwards)
        if fitted is not None:
            return fitted, True
    return guesses[0], False


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
