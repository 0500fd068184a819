"""Proportions that no table of morphometry gives: what makes the dimensions of a level into its shape.

``proportions.csv`` has a row for some levels; those between are interpolated. They were set by comparing with segmented spines
(`make realism`), and are ratios unless their comment says mm.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from functools import lru_cache

import numpy as np

from ...anatomy import level
from ...anatomy.tables import read_table


@dataclass(frozen=True)
class Proportions:
    """Shape of one level beyond its dimensions.

    Attributes
    ----------
    waist : float
        By how much the body is narrower in the middle.
    hollow : float
        How far the posterior wall would be hollow if its outline were flat behind, against the depth of the body.
    taper : float
        By how much the body is narrower in front than behind.
    power, power_behind : float
        Squareness of its outline in front of its widest place and behind: 2 is an ellipse.
    rim : float
        Radius of its edges, mm.
    canal_taper : float
        How much the canal narrows backwards: 0 is an ellipse, more is a triangle.
    opening : float
        Way of its posterior wall backwards for each mm down.
    joint_drop : float
        How far the facet joint above lies below the middle of its disc, mm.
    facet_width, facet_height : float
        Half axes of its facets, against the width of the body.
    facet_curve : float
        How hollow its superior facets are from side to side (`Joint.curve`), 1/mm.
    bulk : float
        Radius of the articular processes, against the width of the body.
    pedicle_drop : float
        How far the pedicles lie below the superior endplate, against the height of the body.
    pedicle_inner : float
        How much of the slant of the pedicles their inner walls have, so that their outer walls have the more: 1 if both are
        parallel, 0 if the inner walls run straight backwards. Not in the neck, where the canal has no straight walls.
    spinous_drop : float
        How far the root of the spinous process lies below the middle of the laminae, against their height.
    spinous_root, spinous_waist, spinous_bulb : float
        Its thickness at the laminae, half way and at the tip, against `spinous_width`.
    spinous_tip : float
        Height of its tip against that of its root.
    fork : float
        Distance of each prong of its tip from the midline, mm.
    transverse_bow, transverse_arch : float
        How far the middle of a transverse process lies before and above the straight line to its tip, mm.
    """

    waist: float
    hollow: float
    taper: float
    power: float
    power_behind: float
    rim: float
    canal_taper: float
    opening: float
    joint_drop: float
    facet_width: float
    facet_height: float
    facet_curve: float
    bulk: float
    pedicle_drop: float
    pedicle_inner: float
    spinous_drop: float
    spinous_root: float
    spinous_waist: float
    spinous_bulb: float
    spinous_tip: float
    fork: float
    transverse_bow: float
    transverse_arch: float


@dataclass(frozen=True)
class Uncinate:
    """The uncinate processes of one level, mm at its mean width; ``uncinate.csv`` says where the numbers come from.

    Attributes
    ----------
    height : float
        How far they rise above the sides of the superior endplate.
    bevel : float
        How far the sides of the inferior endplate recede, to leave room for those of the level below.
    """

    height: float
    bevel: float


def _read_uncinate() -> dict[int, Uncinate]:
    rows = read_table("uncinate.csv", __package__)
    return {level(row["level"]).id: Uncinate(float(row["height"]), float(row["bevel"])) for row in rows}


_UNCINATE = _read_uncinate()
_NONE = Uncinate(0.0, 0.0)


def uncinate(key: int) -> Uncinate:
    """Return the uncinate processes of a level, of no height where it has none."""
    return _UNCINATE.get(key, _NONE)


_ROWS = read_table("proportions.csv", __package__)
_ORDER = [level(row["level"]).order for row in _ROWS]


@lru_cache(maxsize=64)
def proportions(key: int) -> Proportions:
    """Return the proportions of a level; the atlas has those of the axis."""
    order = level(key).order
    return Proportions(**{each.name: _interpolated(each.name, order) for each in fields(Proportions)})


def _interpolated(column: str, order: int) -> float:
    return float(np.interp(order, _ORDER, [float(row[column]) for row in _ROWS]))
