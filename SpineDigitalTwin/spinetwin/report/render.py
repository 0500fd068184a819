"""Drawing without OpenGL: a depth map from smooth blocks, then light, shade and outlines from the depth map.

References
----------
Luft, Colditz, Deussen (2006) Image enhancement by unsharp masking the depth buffer. ACM Trans. Graph. 25(3), for the
shade in hollows.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from . import colours
from .blocks import SURFACE, Block, Float32Array
from .views import Canvas

_LIGHT = np.array([-0.42, 0.55, 0.72])
_LIGHT = _LIGHT / np.linalg.norm(_LIGHT)
_HALFWAY = _LIGHT + np.array([0.0, 0.0, 1.0])
_HALFWAY = _HALFWAY / np.linalg.norm(_HALFWAY)


@dataclass(frozen=True)
class DepthMap:
    """What is nearest to the viewer at each pixel of a canvas.

    Attributes
    ----------
    canvas : Canvas
        Where the pixels lie.
    depth : (rows, columns) array of float32
        mm towards the viewer; -inf where there is nothing.
    level : (rows, columns) array of uint8
        Level id; 0 where there is nothing.
    normal : (rows, columns, 3) array of float32
        Outward unit normal: across, up, towards.
    """

    canvas: Canvas
    depth: Float32Array
    level: npt.NDArray[np.uint8]
    normal: Float32Array

    @classmethod
    def empty(cls, canvas: Canvas) -> DepthMap:
        """Return a map with nothing in it."""
        return cls(
            canvas,
            np.full(canvas.shape, -np.inf, dtype=np.float32),
            np.zeros(canvas.shape, dtype=np.uint8),
            np.zeros((*canvas.shape, 3), dtype=np.float32),
        )

    def surface_at(self, column: npt.ArrayLike, row: npt.ArrayLike) -> Float32Array:
        """Return the depth (mm) of the pixels nearest to these positions; -inf outside the canvas."""
        rows, columns = self.canvas.shape
        j, i = np.rint(np.asarray(column)).astype(int), np.rint(np.asarray(row)).astype(int)
        inside = (i >= 0) & (i < rows) & (j >= 0) & (j < columns)
        found = self.depth[np.clip(i, 0, rows - 1), np.clip(j, 0, columns - 1)]
        return np.where(inside, found, np.float32(-np.inf))


def add_blocks(maps: Iterable[DepthMap], block: Block, step: float, factor: int) -> None:
    """Draw one block into several depth maps whose pixels are `step / factor` mm."""
    gradient = list(np.gradient(block.values))
    for target in maps:
        _add_block(target, block, gradient, step, factor)


def _three(numbers: npt.NDArray[np.int64]) -> tuple[int, int, int]:
    first, second, third = (int(number) for number in numbers)
    return first, second, third


@dataclass(frozen=True)
class _Turned:
    """How a block lies in a view: rows from the top, columns from the left, layers from the nearest.

    `axis` and `sign` say which RAS axis runs across, up and towards the viewer, and which way; `low` and `high` are the
    block's first and last lattice position in these directions.
    """

    axis: tuple[int, int, int]
    sign: tuple[int, int, int]
    low: tuple[int, int, int]
    high: tuple[int, int, int]

    @classmethod
    def of(cls, block: Block, canvas: Canvas) -> _Turned:
        directions = np.array([canvas.view.across, canvas.view.up, canvas.view.towards])
        axis = np.abs(directions).argmax(axis=1)
        sign = directions[np.arange(3), axis]
        first = block.origin[axis]
        last = first + np.array(block.values.shape)[axis] - 1
        low, high = np.where(sign > 0, first, -last), np.where(sign > 0, last, -first)
        return cls(*(_three(each) for each in (axis, sign, low, high)))

    def turn(self, values: Float32Array) -> Float32Array:
        """Return values, indexed along R, A, S, as (rows, columns, layers)."""
        across, up, towards = self.sign
        turned = values.transpose(self.axis[1], self.axis[0], self.axis[2])
        return turned[::-up, ::across, ::-towards]


def _add_block(target: DepthMap, block: Block, gradient: list[Float32Array], step: float, factor: int) -> None:
    turned = _Turned.of(block, target.canvas)
    fine_row, fine_column, layer = _first_hits(turned.turn(block.values), factor)
    depth = ((turned.high[2] - layer) * step).astype(np.float32)
    row = fine_row + target.canvas.top - turned.high[1] * factor
    column = fine_column + turned.low[0] * factor - target.canvas.left
    rows, columns = target.canvas.shape
    keep = (row >= 0) & (row < rows) & (column >= 0) & (column < columns)
    keep[keep] = depth[keep] > target.depth[row[keep], column[keep]]
    row, column = row[keep], column[keep]
    target.depth[row, column] = depth[keep]
    target.level[row, column] = block.level
    at = np.array([fine_row[keep] / factor, fine_column[keep] / factor, layer[keep]])
    slopes = [
        -sign * ndimage.map_coordinates(turned.turn(gradient[axis]), at, order=1, mode="nearest")
        for axis, sign in zip(turned.axis, turned.sign, strict=True)
    ]
    normal = np.stack(slopes, axis=-1)
    target.normal[row, column] = normal / np.maximum(np.linalg.norm(normal, axis=-1, keepdims=True), 1e-6)


def _first_hits(
    field: Float32Array, factor: int
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64], npt.NDArray[np.float64]]:
    """Return row, column (in pixels) and layer (fractional) where a line of sight first meets the surface."""
    fine = _finer(_finer(np.ascontiguousarray(field), 0, factor), 1, factor)
    inside = fine >= SURFACE
    first = inside.argmax(axis=2)
    row, column = np.nonzero(np.take_along_axis(inside, first[..., None], axis=2)[..., 0])
    layer = first[row, column]
    behind = fine[row, column, layer].astype(np.float64)
    before = np.where(layer > 0, fine[row, column, layer - 1], 0.0)
    return row, column, layer - (behind - SURFACE) / np.maximum(behind - before, 1e-6)


def _finer(values: Float32Array, axis: int, factor: int) -> Float32Array:
    """Interpolate linearly along one axis: `factor` values where there was one."""
    shape = list(values.shape)
    shape[axis] = (shape[axis] - 1) * factor + 1
    result = np.empty(shape, dtype=np.float32)
    target, source = np.moveaxis(result, axis, 0), np.moveaxis(values, axis, 0)
    difference = np.diff(source, axis=0) / np.float32(factor)
    target[::factor] = source
    for part in range(1, factor):
        np.multiply(difference, np.float32(part), out=target[part::factor])
        target[part::factor] += source[:-1]
    return result


def shade(depth_map: DepthMap) -> npt.NDArray[np.uint8]:
    """Return the picture of a depth map, (rows, columns, 3), on white."""
    canvas, depth, normal = depth_map.canvas, depth_map.depth, depth_map.normal
    bone = depth_map.level > 0
    diffuse = 0.5 + 0.5 * (normal @ _LIGHT)
    light = 0.34 + 0.74 * np.clip(diffuse, 0.0, 1.0) ** 1.6
    shadow = 1.0 - 0.38 * _hollows(depth, bone, 7.0 / canvas.pixel, 12.0)
    shadow *= 1.0 - 0.28 * _hollows(depth, bone, 2.0 / canvas.pixel, 3.0)
    light *= shadow
    light *= 1.0 - 0.50 * _outlines(depth, depth_map.level)
    gloss = 0.16 * np.clip(normal @ _HALFWAY, 0.0, 1.0) ** 24
    picture = _base_colours(depth_map.level) * light[..., None] + gloss[..., None]
    cover = np.where(bone, np.minimum(1.25 * ndimage.gaussian_filter(bone.astype(np.float32), 0.8), 1.0), 0.0)[..., None]
    picture = cover * picture + (1.0 - cover)
    return np.asarray(np.clip(picture * 255.0 + 0.5, 0, 255).astype(np.uint8))


def _base_colours(level: npt.NDArray[np.uint8]) -> Float32Array:
    table = np.ones((256, 3), dtype=np.float32)
    for each in np.unique(level[level > 0]):
        table[each] = colours.rgb(colours.of_level(int(each)))
    return np.asarray(table[level])


def _hollows(depth: Float32Array, bone: npt.NDArray[np.bool_], sigma: float, full: float) -> Float32Array:
    """Return how far (0 to 1) each pixel lies behind its surroundings; `full` mm is wholly in the shade."""
    if not bone.any():
        return np.zeros(depth.shape, dtype=np.float32)
    coarse = max(int(sigma / 4.0), 1)
    thinned = (slice(None, None, coarse), slice(None, None, coarse))
    there, floor = bone[thinned], depth[bone].min()
    above = np.where(there, depth[thinned] - floor, np.float32(0.0))
    weight = ndimage.gaussian_filter(there.astype(np.float32), sigma / coarse, truncate=3.0)
    around = ndimage.gaussian_filter(above, sigma / coarse, truncate=3.0) / np.maximum(weight, 1e-3)
    around = ndimage.affine_transform(around, (1 / coarse, 1 / coarse), output_shape=depth.shape, order=1, mode="nearest")
    above = np.where(bone, depth - floor, np.float32(0.0))
    return np.asarray(np.where(bone, np.clip((around - above) / full, 0.0, 1.0), 0.0), dtype=np.float32)


def _outlines(depth: Float32Array, level: npt.NDArray[np.uint8]) -> Float32Array:
    """Return 1 where the depth falls off to a neighbouring pixel by 4 mm or more, or bone ends; less for smaller falls."""
    filled = np.where(level > 0, depth, -1e4).astype(np.float32)
    jump = filled - ndimage.minimum_filter(filled, size=3, mode="nearest")
    edge = np.where(level > 0, np.clip((jump - 1.5) / 2.5, 0.0, 1.0), 0.0)
    return np.asarray(ndimage.gaussian_filter(edge, 0.6), dtype=np.float32)
