"""Endplates of a vertebral body, from its continuous shape, in the vertebra's own frame."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from ...anatomy import level as level_of
from ...anatomy.subregions import SubregionId as Sub
from ...geometry import FloatArray
from ...geometry.frame import direction_coefficients
from ..shape.vertebra import VertebraShape
from .columns import CHORD, first_exits
from .search import Search, abreast
from .together import Quantity

_SHARE = 0.5
"""Part of the width and depth of a body, about its middle, over which a plane is fitted: inside rims and uncinate processes."""

_WAYS = {"superior": "S", "inferior": "I"}
_NODES = 9


@dataclass(frozen=True)
class Endplate:
    """The plane through the middle of an endplate: a point on it (3,) and its unit normal (3,), which points upwards."""

    point: FloatArray
    normal: FloatArray

    @property
    def tilt_forward(self) -> float:
        """Angle in degrees by which it falls to the front."""
        return float(np.degrees(np.arctan2(self.normal[1], self.normal[2])))

    @property
    def tilt_right(self) -> float:
        """Angle in degrees by which it falls to the right."""
        return float(np.degrees(np.arctan2(self.normal[0], self.normal[2])))

    def seen(self, origin: FloatArray, axes: FloatArray) -> Endplate:
        """Return the plane in the space that a frame (its origin and axes) is given in."""
        return Endplate(self.point @ axes + origin, self.normal @ axes)


def body_of(shape: VertebraShape) -> tuple[int, ...] | None:
    """Return the parts that are the body (of a sacrum: the whole), or None without a body."""
    labels = [int(each) for each in (Sub.BODY_BORDER, Sub.SACRUM) if each in shape.subregions]
    return (labels[0],) if labels else None


def plates_of(shape: VertebraShape) -> tuple[str, ...]:
    """Return which endplates a vertebra has: C1 none, C2 only the inferior (above is the dens), S1 only the superior one."""
    if body_of(shape) is None:
        return ()
    missing = {"C2": "superior", "S1": "inferior"}.get(level_of(shape.level).name)
    return tuple(which for which in _WAYS if which != missing)


def _endplates_search(shape: VertebraShape) -> Search[Mapping[str, Endplate]]:
    """Return the endplates "superior" and "inferior", those that exist.

    The plane is the least-squares one over the inner half of the body, so that neither rims nor osteophytes tilt it, and a
    symmetric hollow does not either.
    """
    wanted, body = plates_of(shape), body_of(shape) or ()
    found = yield from abreast([_fitted(shape, body, direction_coefficients(_WAYS[which])) for which in wanted])
    return dict(zip(wanted, found, strict=True))


endplates = Quantity(_endplates_search)


def _fitted(shape: VertebraShape, body: tuple[int, ...], way: FloatArray) -> Search[Endplate]:
    ticks = np.linspace(-1.0, 1.0, _NODES)
    u, v = (each.ravel() for each in np.meshgrid(ticks, ticks, indexing="ij"))
    round_ = np.hypot(u, v) <= 1.0 + 1e-9
    half = _SHARE / 2 * np.array([shape.body.width, shape.body.depth])
    flat = np.stack([u[round_], v[round_]], axis=1) * half
    starts = np.column_stack([flat, np.zeros(len(flat))])
    heights = (yield from first_exits(starts, way, shape.body.height, body, 1.0, enough=CHORD)) * way[2]
    design = np.column_stack([flat, np.ones(len(flat))])
    slope = np.linalg.lstsq(design, heights, rcond=None)[0]
    normal = np.array([-slope[0], -slope[1], 1.0])
    return Endplate(np.array([0.0, 0.0, slope[2]]), normal / np.linalg.norm(normal))
