"""The curve of the spine as a coordinate system in which muscles, vessels and skin are drawn."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise, product

import numpy as np

from ...anatomy import LEVELS, level
from ...geometry import FloatArray, Frame, Grid
from ..person.dimensions import DIMENSIONS
from ..posture.parameters import EXTRA_LEVELS
from ..shape.distances import Array
from ..spine import Spine
from ..voxels import Block, block_of
from .lattice import Lattice

STEP = 2.3
"""Distance of the points at which soft tissue is evaluated, mm."""


LEVER = 0.3
"""Share of the least radius of its coronal curves within which a plane stays about a plane: they cross at the whole radius."""

_ROUNDS = 12
"""In which the height of a bent plane is found; each leaves less than a third of the error before."""

_ON_THE_LINE = 1e-3
"""Millimetres."""
_STRAIGHT = 1e-4
"""Curvature (per mm) below which a spine, and slope below which a plane, is straight."""

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

    Beside a scoliotic spine they would cross on the hollow side, within the trunk. So each bends, away from the spine, until it
    is level from side to side, as the trunk is that does not follow every vertebra. There `x` goes along the bent plane, too:
    along the leaning one the trunk would be wider at the ends of a curve than at its apex, with a crease on the hollow side.

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
    right : (3,) array
        The patient's right, RAS.
    lever : float
        Distance from the spine, mm, over which the planes bend.
    """

    frames: tuple[Frame, ...]
    s: FloatArray
    size: float
    places: dict[int, float]
    aside: FloatArray
    right: FloatArray
    lever: float

    @property
    def leans(self) -> bool:
        """Whether the spine leaves its own middle line by more than rounding."""
        return bool(np.abs(self.aside).max() > _ON_THE_LINE)

    def course(self, grid: Grid, nodes: Lattice) -> Course:
        """Return the coordinates of the nodes of a lattice of `grid`."""
        blocks = [_seen(grid, nodes, frame) for frame in self.frames]
        sides = self._sides
        used = _crossing(blocks, sides)
        seen = [self._bent(block, side) for block, side in zip(blocks[used], sides[used], strict=True)]
        places = self.s[used].astype(np.float32)
        first, last = seen[0], seen[-1]
        x, y, s = first[0].copy(), first[1].copy(), first[2] + places[0]
        for n, (upper, lower) in enumerate(pairwise(seen)):
            between = (upper[2] < 0) & (lower[2] >= 0)
            if not between.any():
                continue
            above, below = upper[2][between], lower[2][between]
            t = above / (above - below)
            for target, a, b in ((x, upper[0], lower[0]), (y, upper[1], lower[1])):
                start = a[between]
                target[between] = start + t * (b[between] - start)
            s[between] = places[n] + t * (places[n + 1] - places[n])
        beyond = last[2] < 0
        for mine, target in zip((last[0], last[1], last[2] + places[-1]), (x, y, s), strict=True):
            target[beyond] = mine[beyond]
        return Course(x, y, s)

    def point(self, x: float, y: float, s: float) -> FloatArray:
        """Return the RAS point (3,) of given coordinates."""
        if not self.s[-1] < s < self.s[0]:
            nearest = 0 if s >= self.s[0] else len(self.s) - 1
            return self._on_plane(nearest, x, y, s - self.s[nearest])
        n = int(np.searchsorted(-self.s, -s)) - 1
        t = (self.s[n] - s) / (self.s[n] - self.s[n + 1])
        upper, lower = self._on_plane(n, x, y, 0.0), self._on_plane(n + 1, x, y, 0.0)
        return np.asarray(upper + t * (lower - upper))

    @cached_property
    def _sides(self) -> FloatArray:
        """The patient's right as each plane sees it, (n, 3)."""
        return np.array([frame.axes @ self.right for frame in self.frames])

    def _bent(self, block: Block, side: FloatArray) -> tuple[Array, Array, Array]:
        """Return the coordinates of the points of a block, their height being that above a bent plane."""
        x, y, z = block.coordinates()
        if abs(side[2]) < _STRAIGHT:
            return x, y, z
        beside = x * np.float32(side[0]) + y * np.float32(side[1]) + z * np.float32(side[2])
        beyond = self._beyond(beside)
        return x + np.float32(_shortened(side)) * beyond, y, z - np.float32(side[2]) * beyond

    def _beyond(self, beside: Array | float) -> Array:
        """Return by how much what lies beside the spine, mm, lies beyond the lever; nothing near it."""
        return np.asarray(beside - beside / np.sqrt(1.0 + (beside / np.float32(self.lever)) ** 2))

    def _on_plane(self, n: int, x: float, y: float, above: float) -> FloatArray:
        side, across, z = self._sides[n], x, above
        for _ in range(_ROUNDS):
            beyond = float(self._beyond(side @ np.array([across, y, z])))
            before, (across, z) = (across, z), (x - _shortened(side) * beyond, above + float(side[2]) * beyond)
            if (across, z) == before:
                break
        return self.frames[n].to_ras([across, y, z])


def _shortened(side: FloatArray) -> float:
    """Return by how much a plane that leans to a side is shorter from side to side than it is along itself, per mm."""
    return 1.0 - float(np.sqrt(1.0 - side[2] ** 2))


def _seen(grid: Grid, nodes: Lattice, frame: Frame) -> Block:
    whole = block_of(grid, frame)
    offset = whole.offset + whole.matrix @ np.array(nodes.start, dtype=np.float64)
    return Block((0, 0, 0), nodes.block.shape, whole.matrix * nodes.strides, offset)


def _crossing(blocks: list[Block], sides: FloatArray) -> slice:
    """Return the planes between which a lattice lies, given as it is seen from each; bent they lie between flat and level."""
    last = np.array(blocks[0].shape) - 1
    corners = np.array(list(product(*((0, n) for n in last))))
    seen = np.array([corners @ block.matrix.T + block.offset for block in blocks])
    flat = seen[:, :, 2]
    heights = np.concatenate([flat, flat - sides[:, 2:] * np.einsum("nci,ni->nc", seen, sides)], axis=1)
    above, below = np.flatnonzero((heights < 0).all(axis=1)), np.flatnonzero((heights >= 0).all(axis=1))
    start = int(above[-1]) if len(above) else 0
    stop = int(below[below > start][0]) if (below > start).any() else len(blocks) - 1
    return slice(start, stop + 1)


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
    patient_right = spine.rotation[:, 0]
    leaning = np.array([frame.superior @ patient_right for frame in frames])
    lever = LEVER / max(float(np.abs(np.diff(leaning) / np.diff(s)).max()), _STRAIGHT)
    return SpineCurve(frames, s, size, _places(keys, s, size), right - middle, patient_right, lever)


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
    column = [each.id for each in LEVELS if each.id in DIMENSIONS and (each.name not in EXTRA_LEVELS or each.id in known)]
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
