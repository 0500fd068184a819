"""Rims of endplates, finer than voxels: where the edge of a body has turned half way from its wall to its endplate.

One corner voxel is off by half a voxel either way, and the furthest one of many always outwards. Here rays leave the body
around its edge, in planes side by side, and a smooth edge is fitted to where all of them leave it.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from ..geometry import FloatArray, Frame, Grid
from ..geometry.fields import SURFACE, MaskField
from .spread import VOXEL_SPREAD

_INWARDS = 4.0
"""How far inside the edge the rays start, mm."""

_REACH = 9.0
_STEP = 0.5
_FANNED = np.radians(np.arange(-60.0, 60.1, 8.0))
_ASIDE = np.arange(-3.75, 3.8, 1.25)
"""Directions of the rays from the bisector of wall and endplate, and places of the planes beside the median one, mm."""

_WINDOWS = (1.5, 2.5)
"""Half the length of edge that is fitted, mm: the shorter one follows the edge closer, the longer one bridges gaps."""

_FEWEST = 12
_STEEPEST = 1.0
_ROUNDS = 3


def fitted_rim(
    field: MaskField, frame: Frame, near: FloatArray, outwards: FloatArray, endwards: FloatArray
) -> FloatArray | None:
    """Return the rim (3,) in the plane through `near` (3,), RAS mm, or None where the edge is too ragged for a fit.

    Parameters
    ----------
    field : MaskField
        The body.
    frame : Frame
        Its axes.
    near : (3,) array
        A first guess in the median plane, within a few mm.
    outwards, endwards : (3,) arrays
        Unit vectors from the body through its wall and through its endplate.

    Notes
    -----
    Along the bisector of the two directions the edge is a parabola of the place along the edge's profile and of the place to
    the side; its summit in the median plane is the rim.
    """
    along, across = (outwards + endwards) / np.sqrt(2.0), (outwards - endwards) / np.sqrt(2.0)
    directions = np.cos(_FANNED)[:, None] * along + np.sin(_FANNED)[:, None] * across
    starts = near - _INWARDS * along + _ASIDE[:, None] * frame.right
    reach, _ = first_exits(field, starts, directions, _REACH)
    u, v = reach * np.cos(_FANNED) - _INWARDS, reach * np.sin(_FANNED)
    aside = np.broadcast_to(_ASIDE[:, None], u.shape)
    for window in _WINDOWS:
        summit = _summit(u, v, aside, window)
        if summit is not None:
            return np.asarray(near + summit[0] * along + summit[1] * across)
    return None


def first_exits(
    field: MaskField, starts: FloatArray, directions: FloatArray, reach: float
) -> tuple[FloatArray, npt.NDArray[np.bool_]]:
    """Follow rays from starts (n, 3) along directions (m, 3) to where each leaves the body, at most `reach` mm.

    Returns
    -------
    distances : (n, m) array
        mm; NaN where a ray starts outside, or does not end.
    clean : (n, m) array of bool
        Whether it stays outside from there on.
    """
    steps = np.arange(0.0, reach, _STEP)
    values = field.at(starts[:, None, None] + steps[:, None] * directions[:, None])
    outside = values <= SURFACE
    first = outside.argmax(axis=-1)
    found = outside.any(axis=-1) & (first > 0)
    after = np.take_along_axis(values, first[..., None], axis=-1)[..., 0]
    before = np.take_along_axis(values, np.maximum(first - 1, 0)[..., None], axis=-1)[..., 0]
    drop = np.where(found, before - after, 1.0)
    distances = np.where(found, (first - 1 + (before - SURFACE) / drop) * _STEP, np.nan)
    return distances, found & ((~outside).sum(axis=-1) == first)


def furthest_exits(field: MaskField, starts: FloatArray, directions: FloatArray, reach: float) -> FloatArray:
    """Return the distances (n, m), mm, at which rays leave the body for good, as in `first_exits`; NaN where one does not."""
    steps = np.arange(0.0, reach, _STEP)
    values = field.at(starts[:, None, None] + steps[:, None] * directions[:, None])
    inside = values > SURFACE
    last = inside.shape[-1] - 1 - inside[..., ::-1].argmax(axis=-1)
    found = inside.any(axis=-1) & (last < len(steps) - 1)
    before = np.take_along_axis(values, last[..., None], axis=-1)[..., 0]
    after = np.take_along_axis(values, np.minimum(last + 1, len(steps) - 1)[..., None], axis=-1)[..., 0]
    drop = np.where(found, before - after, 1.0)
    return np.where(found, (last + (before - SURFACE) / drop) * _STEP, np.nan)


def _summit(u: FloatArray, v: FloatArray, aside: FloatArray, window: float) -> tuple[float, float] | None:
    """Return height and place of the summit of the parabola through points (n, m) of the edge; None where it has none."""
    place = 0.0
    for _ in range(_ROUNDS):
        chosen = np.isfinite(u) & (np.abs(v - place) < window)
        if chosen.sum() < _FEWEST:
            return None
        from_place, side = v[chosen] - place, aside[chosen]
        design = np.stack([np.ones(len(side)), from_place, from_place**2, side, side**2], axis=1)
        level, slope, bend = np.linalg.lstsq(design, u[chosen], rcond=None)[0][:3]
        if bend > -1e-3:
            return None
        step = float(np.clip(-slope / (2 * bend), -_STEEPEST, _STEEPEST))
        place += step
    return float(level + slope * step + bend * step**2), place


def rim_spread(grid: Grid) -> float:
    """Return the standard deviation of a fitted rim in voxels.

    As many independent places as voxels lie on the fitted edge; at the summit of a parabola they count a quarter.
    """
    edge = 2 * _WINDOWS[0] * float(np.ptp(_ASIDE))
    face = float(np.prod(np.sort(grid.spacing)[1:]))
    return float(VOXEL_SPREAD * min(2.0 / np.sqrt(max(edge / face, 1.0)), 1.0))
