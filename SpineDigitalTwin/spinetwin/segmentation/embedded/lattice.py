"""An image as the network wants it, turned to one orientation and sampled at one spacing, and its answer brought back."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from ...geometry import FloatArray, Grid
from ..flat import occupied_block

Float32 = npt.NDArray[np.float32]
Labels = npt.NDArray[np.uint8]
Box = tuple[slice, slice, slice]
Slab: TypeAlias = tuple[int, Float32]
"""First row along the second axis of the working array, and scores (c, i, rows, k), such as shares or their logarithms; the
next slab begins with its last row."""

_DIRECTIONS = np.array([[0.0, -1.0, 0.0], [0.0, 0.0, -1.0], [1.0, 0.0, 0.0]])
"""Posterior, inferior and right in RAS: where the indices of the working array grow to."""
SMOOTHING = 0.4
"""Standard deviation of the filter before an axis is thinned, in voxels of the result beyond one of the source."""


@dataclass(frozen=True)
class Lattice:
    """How the working array lies in the image.

    Attributes
    ----------
    order : (3,) tuple of int
        Axis of the image that each axis of the working array runs along.
    flipped : (3,) tuple of bool
        Whether it runs the other way.
    shape : (3,) tuple of int
        Voxels of the image, in the order of the working array.
    step : (3,) array
        Voxels of the image from one working voxel to the next.
    size : (3,) tuple of int
        Voxels of the working array.
    spacing : (3,) array
        Of the image along the axes of the working array, mm.
    """

    order: tuple[int, ...]
    flipped: tuple[bool, ...]
    shape: tuple[int, ...]
    step: FloatArray
    size: tuple[int, ...]
    spacing: FloatArray

    def in_image(self, block: Box) -> Box:
        """Return a block of the image, given along the axes of the working array, along those of the image."""
        ends = [
            slice(size - each.stop, size - each.start) if flipped else each
            for each, size, flipped in zip(block, self.shape, self.flipped, strict=True)
        ]
        i, j, k = (ends[each] for each in np.argsort(self.order))
        return i, j, k

    def to_working(self, image: npt.NDArray[Any]) -> Float32:
        """Return an image (i, j, k) as the working array, smoothed where it is thinned."""
        from scipy import ndimage

        values = np.asarray(self._turn(image), dtype=np.float32)
        for axis, (step, size, count) in enumerate(zip(self.step, self.size, self.shape, strict=True)):
            if step > 1.0:
                values = ndimage.gaussian_filter1d(values, SMOOTHING * (step - 1.0), axis, mode="nearest")
            values = interpolate(values, axis, centred(size, step, count))
        return values

    def to_labels(self, slabs: Iterable[Slab], labels: Labels) -> Labels:
        """Return the label of the largest share at every voxel of the image.

        Parameters
        ----------
        slabs : iterable of Slab
            Scores of each label in the working array, from its beginning to its end; only one slab is held at a time.
        labels : (c,) array
            The label of each channel.
        """
        found = np.zeros(self.shape, dtype=np.uint8)
        for first, shares in slabs:
            self._paint(found, first, shares, labels)
        return self._turn_back(found)

    def _paint(self, found: Labels, first: int, shares: Float32, labels: Labels) -> None:
        """Label the voxels of the image that lie in a slab.

        Between voxels whose largest share is that of the background it is the largest, too: only what lies near others is
        interpolated.
        """
        box = around(labelled(shares, labels))
        if box is None:
            return
        begin = (0, first, 0)
        rows, places = [], []
        for axis, (step, size, count) in enumerate(zip(self.step, self.size, self.shape, strict=True)):
            at = np.clip(centred(count, 1.0 / step, size), 0.0, size - 1) - begin[axis]
            here = np.flatnonzero((at >= box[axis].start) & (at <= box[axis].stop - 1))
            rows.append(here)
            places.append(at[here] - box[axis].start)
        if not all(len(here) for here in rows):
            return
        best = np.full([len(here) for here in rows], -np.inf, dtype=np.float32)
        chosen = np.zeros(best.shape, dtype=np.uint8)
        for channel, label in zip(shares, labels, strict=True):
            values = channel[box]
            for axis, at in enumerate(places):
                values = interpolate(values, axis, at)
            larger = values > best
            best[larger] = values[larger]
            chosen[larger] = label
        i, j, k = (slice(int(here[0]), int(here[-1]) + 1) for here in rows)
        found[i, j, k] = chosen

    def _turn(self, image: npt.NDArray[Any]) -> npt.NDArray[Any]:
        return image.transpose(self.order)[tuple(slice(None, None, -1 if each else 1) for each in self.flipped)]

    def _turn_back(self, array: Labels) -> Labels:
        turned = array[tuple(slice(None, None, -1 if each else 1) for each in self.flipped)]
        return np.ascontiguousarray(turned.transpose(np.argsort(self.order)))


def lattice_of(grid: Grid, spacing: tuple[float, float, float]) -> Lattice:
    """Return the lattice of an image: its own axes, in the order and directions nearest to posterior, inferior, right.

    Parameters
    ----------
    grid : Grid
        Of the image; any storage order, spacing and obliqueness.
    spacing : (3,) tuple of float
        Of the working array along posterior, inferior and right, mm.
    """
    from scipy.optimize import linear_sum_assignment

    directions = grid.ijk_to_ras[:3, :3] / grid.spacing
    cosines = _DIRECTIONS @ directions
    _, order = linear_sum_assignment(-np.abs(cosines))
    chosen = cosines[np.arange(3), order]
    shape = tuple(grid.shape[axis] for axis in order)
    of_image = grid.spacing[order]
    step = np.array(spacing) / of_image
    size = tuple(max(1, round(count / each)) for count, each in zip(shape, step, strict=True))
    return Lattice(tuple(int(axis) for axis in order), tuple(bool(each < 0) for each in chosen), shape, step, size, of_image)


def centred(count: int, step: float, source: int) -> FloatArray:
    """Return `count` places in an axis of `source` voxels, `step` apart, whose middle is the middle of the axis."""
    return np.asarray((np.arange(count) - (count - 1) / 2) * step + (source - 1) / 2, dtype=np.float64)


def interpolate(values: Float32, axis: int, places: FloatArray) -> Float32:
    """Return values at fractional places along an axis, linearly; beyond the ends the last value goes on."""
    last = values.shape[axis] - 1
    places = np.clip(places, 0.0, last)
    low = np.minimum(places.astype(np.intp), max(last - 1, 0))
    share = (places - low).astype(np.float32).reshape([-1 if each == axis else 1 for each in range(values.ndim)])
    first, second = np.take(values, low, axis), np.take(values, np.minimum(low + 1, last), axis)
    return np.asarray(first + (second - first) * share, dtype=np.float32)


def labelled(shares: Float32, labels: Labels) -> Labels:
    """Return 1 where the background has not the largest share."""
    background, others = np.zeros(shares.shape[1:], np.float32), np.zeros(shares.shape[1:], np.float32)
    for channel, label in zip(shares, labels, strict=True):
        larger = others if label else background
        np.maximum(larger, channel, out=larger)
    return (others >= background).astype(np.uint8)


def around(labels: Labels) -> Box | None:
    """Return the box of all that is labelled, and a voxel more on each side where there is one."""
    if not labels.any():
        return None
    box = (
        slice(max(0, each.start - 1), min(each.stop + 1, size))
        for each, size in zip(occupied_block(labels), labels.shape, strict=True)
    )
    i, j, k = box
    return i, j, k
