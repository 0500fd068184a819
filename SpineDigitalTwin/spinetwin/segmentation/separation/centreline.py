"""The line through the vertebral bodies, and the spine straightened along it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from ...geometry import FloatArray
from .voxels import CANAL, POSTERIOR, Mask, Rows, VoxelList

_SUPERIOR, _POSTERIOR = np.array([0.0, 0.0, 1.0]), np.array([0.0, -1.0, 0.0])
_BIN = 4.0
_STEP = 0.5
_BEYOND = 60.0
"""Length of line beyond the bodies at either end, mm: a spinous process may hang there."""
_STIFFNESS = 18.0
"""Bends shorter than about this are no bends of the spine, mm."""
_BACK_STIFFNESS = 40.0
_ELONGATED = 3.0
"""A cloud of points is long when its largest variance is this many times the next one."""
_MOST_POINTS = 60_000
_REACH = 40.0
"""No voxel of a body is farther from the line than this, mm."""


@dataclass(frozen=True)
class Straightened:
    """A spine in coordinates along the line through its bodies.

    Attributes
    ----------
    along : (n,) array
        Length of the line from the head down to each voxel, mm.
    back, right : (n,) arrays
        Distance of each voxel from the line towards the back and towards the patient's right, mm.
    line : (m, 3) array
        Points of the line each `step` mm, from the head down, RAS.
    axes : (m, 3, 3) array
        Unit vectors (rows) right, back, down at these points, RAS.
    step : float
        Distance of the points, mm.
    """

    along: FloatArray
    back: FloatArray
    right: FloatArray
    line: FloatArray
    axes: FloatArray
    step: float = _STEP

    def axes_at(self, along: float) -> FloatArray:
        """Return the axes (3, 3), rows right, back, down, at a length along the line."""
        return np.asarray(self.axes[int(np.clip(round(along / self.step), 0, len(self.line) - 1))])


def straighten(voxels: VoxelList, column: Mask) -> Straightened:
    """Lay a line through the bodies and discs and give every voxel its coordinates along it.

    No array axis is taken for the axis of the spine, and neither is the patient's: that only tells the head from the feet.

    Parameters
    ----------
    voxels : VoxelList
    column : (n,) array of bool
        Those of the column, as `column_of` finds them; at least one.
    """
    behind = voxels.which((*POSTERIOR, *CANAL))
    points = _thinned(voxels.points[column])
    line = _first_line(points, _main_axis(points, _thinned(voxels.points[voxels.which(CANAL)])))
    for _ in range(2):
        along = _along(line, points)
        near = np.linalg.norm(points - line[_node(along, line)], axis=1) < _REACH
        line = _refined(line, points[near], along[near])
    along = _along(line, voxels.points)
    axes = _axes(line, voxels.points, along, behind)
    node = _node(along, line)
    offset = voxels.points - line[node]
    right, back, down = (np.einsum("ij,ij->i", offset, axes[node, row]) for row in range(3))
    return Straightened(node * _STEP + down, back, right, line, axes)


def _thinned(points: FloatArray) -> FloatArray:
    return points[:: max(1, len(points) // _MOST_POINTS)]


def _main_axis(column: FloatArray, canal: FloatArray) -> FloatArray:
    """Return the rough direction of the spine towards the feet: of the column, of the canal, or of the patient."""
    for points in (column, canal):
        if len(points) > 3:
            variance, directions = np.linalg.eigh(np.cov(points.T))
            if variance[2] > _ELONGATED * variance[1]:
                axis = directions[:, 2]
                return np.asarray(axis if axis @ _SUPERIOR < 0 else -axis)
    return -_SUPERIOR


def _first_line(points: FloatArray, axis: FloatArray) -> FloatArray:
    height = (points - points[0]) @ axis
    return _smooth_line(points, height, axis)


def _refined(line: FloatArray, points: FloatArray, along: FloatArray) -> FloatArray:
    return _smooth_line(points, along, _tangents(line)[len(line) // 2])


def _smooth_line(points: FloatArray, along: FloatArray, axis: FloatArray) -> FloatArray:
    """Return points, `_STEP` mm apart, of a smooth line through the mean of the points at each height."""
    start = along.min() - _BEYOND
    count = int(np.ceil((along.max() + _BEYOND - start) / _BIN)) + 1
    node = np.clip(np.rint((along - start) / _BIN).astype(int), 0, count - 1)
    weights = np.bincount(node, minlength=count).astype(np.float64)
    # what is smoothed is the way off a straight line, so that a single body has a line, too
    middle = points.mean(axis=0) - axis * along.mean()
    off = points - middle - axis * along[:, None]
    sums = np.stack([np.bincount(node, column, count) for column in off.T], axis=1)
    straight = middle + axis * (start + _BIN * np.arange(count))[:, None]
    nodes = straight + smoothed(sums, weights, _STIFFNESS / _BIN)
    if (nodes[-1] - nodes[0]) @ axis < 0:
        nodes = nodes[::-1]
    return _resampled(nodes)


def smoothed(sums: npt.NDArray[Any], weights: FloatArray, stiffness: float) -> FloatArray:
    """Return the smooth sequence nearest to weighted means: a Whittaker smoother, straight where there is nothing.

    Parameters
    ----------
    sums : (n, d) array
        Weighted sums of the values at n equidistant nodes.
    weights : (n,) array
        Their weights; 0 where there is no value.
    stiffness : float
        Length in nodes below which bends are smoothed away.

    References
    ----------
    Eilers, "A perfect smoother", Analytical Chemistry 75 (2003).
    """
    scale = max(float(np.median(weights[weights > 0])), 1e-9) if (weights > 0).any() else 1.0
    bends = np.diff(np.eye(len(weights)), 2, axis=0)
    matrix = np.diag(weights / scale) + stiffness**4 * (bends.T @ bends) + 1e-9 * np.eye(len(weights))
    return np.asarray(np.linalg.solve(matrix, sums / scale))


def _resampled(nodes: FloatArray) -> FloatArray:
    from scipy.interpolate import CubicSpline

    length = np.concatenate([[0.0], np.cumsum(np.linalg.norm(np.diff(nodes, axis=0), axis=1))])
    return np.asarray(CubicSpline(length, nodes)(np.arange(0.0, length[-1], _STEP)))


def _tangents(line: FloatArray) -> FloatArray:
    tangents = np.gradient(line, axis=0)
    return np.asarray(tangents / np.linalg.norm(tangents, axis=1, keepdims=True))


def _node(along: FloatArray, line: FloatArray) -> Rows:
    return np.clip(np.rint(along / _STEP), 0, len(line) - 1).astype(np.int64)


def _along(line: FloatArray, points: FloatArray) -> FloatArray:
    """Return the length along the line at the foot of each point, from the height in the middle by Newton's steps."""
    tangents = _tangents(line)
    axis = line[-1] - line[0]
    axis = axis / np.linalg.norm(axis)
    heights = (line - line[0]) @ axis
    along = np.interp((points - line[0]) @ axis, np.maximum.accumulate(heights), np.arange(len(line)) * _STEP)
    for _ in range(3):
        node = _node(along, line)
        along = node * _STEP + np.einsum("ij,ij->i", points - line[node], tangents[node])
    return np.asarray(along)


def _axes(line: FloatArray, points: FloatArray, along: FloatArray, behind: Mask) -> FloatArray:
    """Return right, back and down at every point of the line; back is where canal and arches lie."""
    down = _tangents(line)
    node = _node(along[behind], line)
    offset = points[behind] - line[node]
    coarse = node * _STEP // _BIN
    count = int(len(line) * _STEP // _BIN) + 1
    sums = np.stack([np.bincount(coarse.astype(int), column, count) for column in offset.T], axis=1)
    weights = np.bincount(coarse.astype(int), minlength=count).astype(np.float64)
    if weights.any():
        coarse_back = smoothed(sums, weights, _BACK_STIFFNESS / _BIN)
        at = np.arange(len(line)) * _STEP / _BIN - 0.5
        back = np.stack([np.interp(at, np.arange(count), column) for column in coarse_back.T], axis=1)
    else:
        back = np.tile(_POSTERIOR, (len(line), 1))
    back = back - np.einsum("ij,ij->i", back, down)[:, None] * down
    back = back / np.maximum(np.linalg.norm(back, axis=1, keepdims=True), 1e-9)
    return np.stack([np.cross(back, down), back, down], axis=1)
