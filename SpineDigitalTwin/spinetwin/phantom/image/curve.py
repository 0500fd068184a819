"""The curve of the spine as a coordinate system in which muscles, vessels and skin are drawn."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from ...anatomy import LEVELS, level
from ...geometry import FloatArray, Frame, Grid
from ..person.dimensions import DIMENSIONS
from ..shape.distances import Array
from ..spine import Spine
from ..voxels import block_of
from .lattice import Lattice

STEP = 2.3
"""Distance of the points at which soft tissue is evaluated, mm."""


SACRAL_END, SACRAL_BEND = (0.0, -30.0, -75.0), 22.0
"""Where the lower sacrum lies in the frame of S1 (mm, mean adult), and by how many degrees it bends."""


@dataclass(frozen=True)
class Course:
    """Points in the coordinates of the spine: x to the right, y to the front, s along the spine upwards; mm."""

    x: Array
    y: Array
    s: Array


@dataclass(frozen=True)
class SpineCurve:
    """Cross-sections along a spine, each the axial plane of one level, evened out a little so that they do not cross behind it.

    Attributes
    ----------
    frames : tuple of Frame
        The planes, from the top, RAS.
    s : (n,) array
        Their places along the spine, mm, 0 at the top, negative below it.
    size : float
        Of the person against the mean adult.
    places : dict of level id to float
        Place of every level the table of dimensions knows, those beyond the ends of the spine included.
    aside : (n,) array
        How far the spine stands to the right of its own middle line at each plane, mm.
    """

    frames: tuple[Frame, ...]
    s: FloatArray
    size: float
    places: dict[int, float]
    aside: FloatArray

    def course(self, grid: Grid, nodes: Lattice) -> Course:
        """Return the coordinates of the nodes of a lattice of `grid`."""
        shape = nodes.block.shape
        x, y, s = (np.empty(shape, dtype=np.float32) for _ in range(3))
        seen = [_seen(grid, nodes, frame) for frame in self.frames]
        first, last = seen[0], seen[-1]
        for mine, target in zip((first[0], first[1], first[2] + np.float32(self.s[0])), (x, y, s), strict=True):
            target[...] = mine
        for n, (upper, lower) in enumerate(pairwise(seen)):
            between = (upper[2] < 0) & (lower[2] >= 0)
            if not between.any():
                continue
            above, below = upper[2][between], lower[2][between]
            t = above / (above - below)
            for target, a, b in ((x, upper[0], lower[0]), (y, upper[1], lower[1])):
                start = a[between]
                target[between] = start + t * (b[between] - start)
            s[between] = self.s[n] + t * np.float32(self.s[n + 1] - self.s[n])
        beyond = last[2] < 0
        for mine, target in zip((last[0], last[1], last[2] + np.float32(self.s[-1])), (x, y, s), strict=True):
            target[beyond] = mine[beyond]
        return Course(x, y, s)

    def point(self, x: float, y: float, s: float) -> FloatArray:
        """Return the RAS point (3,) of given coordinates."""
        if not self.s[-1] < s < self.s[0]:
            nearest = 0 if s >= self.s[0] else len(self.s) - 1
            return self.frames[nearest].to_ras([x, y, s - self.s[nearest]])
        n = int(np.searchsorted(-self.s, -s)) - 1
        t = (self.s[n] - s) / (self.s[n] - self.s[n + 1])
        upper, lower = self.frames[n].to_ras([x, y, 0.0]), self.frames[n + 1].to_ras([x, y, 0.0])
        return np.asarray(upper + t * (lower - upper))


def _seen(grid: Grid, nodes: Lattice, frame: Frame) -> tuple[Array, Array, Array]:
    block = block_of(grid, frame)
    offset = block.offset + block.matrix @ np.array(nodes.start, dtype=np.float64)
    own = type(nodes.block)((0, 0, 0), nodes.block.shape, block.matrix * nodes.strides, offset)
    return own.coordinates()


def spine_curve(spine: Spine) -> SpineCurve:
    """Return the curve of a spine."""
    keys = list(spine.frames)
    size = float(np.mean([spine.shapes[key].row.height / DIMENSIONS[key].height for key in keys]))
    raw = [spine.frames[key] for key in keys]
    if level(keys[-1]).region == "sacral":
        raw.append(_sacral_end(raw[-1], size))
    smooth = _evened([frame.axes for frame in raw])
    frames = tuple(Frame(frame.origin, axes, "curve") for frame, axes in zip(raw, smooth, strict=True))
    steps = [float(np.linalg.norm(a.origin - b.origin)) for a, b in pairwise(raw)]
    s = -np.concatenate([[0.0], np.cumsum(steps)])
    right = np.array([spine.rotation[:, 0] @ (frame.origin - raw[-1].origin) for frame in raw])
    middle = np.linspace(right[0], right[-1], len(right))
    return SpineCurve(frames, s, size, _places(keys, s, size), right - middle)


def _sacral_end(first: Frame, size: float) -> Frame:
    """Return a plane across the lower sacrum, which bends backwards."""
    c, s = np.cos(np.radians(SACRAL_BEND)), np.sin(np.radians(SACRAL_BEND))
    turn = np.array([[1.0, 0.0, 0.0], [0.0, c, -s], [0.0, s, c]])
    return Frame(first.to_ras(np.array(SACRAL_END) * size), turn @ first.axes, "curve")


def _evened(axes: list[FloatArray]) -> list[FloatArray]:
    stack = np.array(axes)
    for _ in range(2):
        padded = np.concatenate([stack[:1], stack, stack[-1:]])
        u, _, v = np.linalg.svd(padded[:-2] + 2.0 * padded[1:-1] + padded[2:])
        stack = u @ v
    return list(stack)


def _places(keys: list[int], s: FloatArray, size: float) -> dict[int, float]:
    """Places of all levels; those that the spine lacks follow at mean distances."""
    known = dict(zip(keys, s.tolist(), strict=False))
    column = [each.id for each in LEVELS if each.id in DIMENSIONS and (each.name not in ("T13", "L6") or each.id in known)]
    first, last = column.index(keys[0]), column.index(keys[-1])
    for at in range(first - 1, -1, -1):
        known[column[at]] = known[column[at + 1]] + size * _pitch(column[at], column[at + 1])
    for at in range(last + 1, len(column)):
        known[column[at]] = known[column[at - 1]] - size * _pitch(column[at - 1], column[at])
    return known


def _pitch(upper: int, lower: int) -> float:
    above, below = DIMENSIONS[upper], DIMENSIONS[lower]
    return (above.height + below.height) / 2 + above.disc_height


def place_of(curve: SpineCurve, name: str, rise: float) -> float | None:
    """Return the place `rise` mm (of the mean adult) above the middle of a level; None where the person has no such level."""
    at = curve.places.get(level(name).id)
    return None if at is None else at + rise * curve.size
