"""What `rasterise` does, as plain loops that numba compiles: the same numbers, many times faster.

Without numba the package does the same in numpy. The functions run uncompiled too, slowly, which is how a test compares them.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt

from ..geometry import FloatArray, IntArray
from .rasterise import GRAZING, LATTICE

_PIXEL = LATTICE
_SHIFT = LATTICE.bit_length() - 1
_GRAZING = GRAZING

_Three = tuple[int, int, int]
Edges = tuple[int, int, int, _Three, _Three, _Three, _Three]
"""What `edges` returns."""


def laid(projected: FloatArray) -> tuple[IntArray, IntArray, FloatArray]:
    """Return column and row on the lattice, and one over the depth, of every corner."""
    count = len(projected)
    xs, ys, near = np.empty(count, np.int64), np.empty(count, np.int64), np.empty(count)
    for i in range(count):
        xs[i] = int(np.floor(projected[i, 0] * _PIXEL + 0.5))
        ys[i] = int(np.floor(projected[i, 1] * _PIXEL + 0.5))
        near[i] = 1.0 / projected[i, 2]
    return xs, ys, near


def box(xs: IntArray, ys: IntArray, a: int, b: int, c: int, rows: int, columns: int) -> tuple[int, int, int, int]:
    """Return first and last column and row of the pixel centres around a triangle; the last before the first where none is."""
    ax, ay, bx, by, cx, cy = xs[a], ys[a], xs[b], ys[b], xs[c], ys[c]
    left, right = max((min(ax, bx, cx) + _PIXEL - 1) >> _SHIFT, 0), min(max(ax, bx, cx) >> _SHIFT, columns - 1)
    top, bottom = max((min(ay, by, cy) + _PIXEL - 1) >> _SHIFT, 0), min(max(ay, by, cy) >> _SHIFT, rows - 1)
    return left, right, top, bottom


def edges(xs: IntArray, ys: IntArray, a: int, b: int, c: int, left: int, top: int) -> Edges:
    """Return how a triangle, turned round where its area is negative, covers pixels.

    Returns
    -------
    b, c : int
        Second and third corner, exchanged where it was turned.
    area : int
        Twice its area.
    at : (int, int, int)
        Areas against its edges, opposite to each corner, of the pixel in column `left` and row `top`.
    along, down : (int, int, int)
        By how much these grow from row to row, and shrink from column to column.
    own : (int, int, int)
        What these are at least inside: a pixel on an edge belongs to the triangle for which this edge points up or, level, to
        the right.
    """
    ax, ay = xs[a], ys[a]
    area = (xs[b] - ax) * (ys[c] - ay) - (xs[c] - ax) * (ys[b] - ay)
    if area < 0:
        b, c, area = c, b, -area
    bx, by, cx, cy = xs[b], ys[b], xs[c], ys[c]
    along_a, down_a, along_b, down_b, along_c, down_c = cx - bx, cy - by, ax - cx, ay - cy, bx - ax, by - ay
    own_a = 0 if (down_a < 0 or (down_a == 0 and along_a > 0)) else 1
    own_b = 0 if (down_b < 0 or (down_b == 0 and along_b > 0)) else 1
    own_c = 0 if (down_c < 0 or (down_c == 0 and along_c > 0)) else 1
    x, y = left << _SHIFT, top << _SHIFT
    at_a, at_b = along_a * (y - by) - down_a * (x - bx), along_b * (y - cy) - down_b * (x - cx)
    along = along_a << _SHIFT, along_b << _SHIFT, along_c << _SHIFT
    down = down_a << _SHIFT, down_b << _SHIFT, down_c << _SHIFT
    return b, c, area, (at_a, at_b, area - at_a - at_b), along, down, (own_a, own_b, own_c)


def faced(normals: FloatArray, k: int, direction: FloatArray, least: float) -> float:
    """Return how much the k-th triangle faces a ray, no less than `least`."""
    facing = normals[k, 0] * direction[0] + normals[k, 1] * direction[1] + normals[k, 2] * direction[2]
    if abs(facing) < least:
        return least if facing >= 0 else -least
    return float(facing)


def steepness(normals: FloatArray, k: int) -> float:
    """Return the least that the k-th triangle may face a ray in a derivative."""
    return float(_GRAZING * np.sqrt(normals[k, 0] ** 2 + normals[k, 1] ** 2 + normals[k, 2] ** 2))


def loop_depths(projected: FloatArray, triangles: IntArray, handedness: float, reference: float, out: FloatArray) -> None:
    """Add depths as `rasterise.add_depths`."""
    rows, columns = out.shape
    xs, ys, near = laid(projected)
    for k in range(len(triangles)):
        a, second, third = triangles[k, 0], triangles[k, 1], triangles[k, 2]
        left, right, top, bottom = box(xs, ys, a, second, third, rows, columns)
        if left > right or top > bottom:
            continue
        b, c, area, (first_a, first_b, first_c), along, down, own = edges(xs, ys, a, second, third, left, top)
        if area == 0:
            continue
        leaves, near_a, near_b, near_c = handedness if b == second else -handedness, near[a], near[b], near[c]
        for row in range(top, bottom + 1):
            at_a, at_b, at_c = first_a, first_b, first_c
            for column in range(left, right + 1):
                # one comparison for three: the sign bit of any of them shows in what is or-ed
                if ((at_a - own[0]) | (at_b - own[1]) | (at_c - own[2])) >= 0:
                    out[row, column] += leaves * (area / (at_a * near_a + at_b * near_b + at_c * near_c) - reference)
                at_a, at_b, at_c = at_a - down[0], at_b - down[1], at_c - down[2]
            first_a, first_b, first_c = first_a + along[0], first_b + along[1], first_c + along[2]


def loop_derivative(
    projected: FloatArray,
    triangles: IntArray,
    handedness: float,
    normals: FloatArray,
    directions: FloatArray,
    velocities: FloatArray,
    out: FloatArray,
) -> None:
    """Add derivatives as `rasterise.add_derivative`."""
    rows, columns, count = out.shape
    xs, ys, near = laid(projected)
    speed = np.empty((3, count))
    for k in range(len(triangles)):
        a, second, third = triangles[k, 0], triangles[k, 1], triangles[k, 2]
        left, right, top, bottom = box(xs, ys, a, second, third, rows, columns)
        if left > right or top > bottom:
            continue
        b, c, area, (first_a, first_b, first_c), along, down, own = edges(xs, ys, a, second, third, left, top)
        if area == 0:
            continue
        leaves, least, known = handedness if b == second else -handedness, steepness(normals, k), False
        for row in range(top, bottom + 1):
            at_a, at_b, at_c = first_a, first_b, first_c
            for column in range(left, right + 1):
                if ((at_a - own[0]) | (at_b - own[1]) | (at_c - own[2])) >= 0:
                    if not known:
                        known = True
                        add_speed(speed, normals, k, velocities, a, b, c)
                    near_a, near_b, near_c = at_a * near[a], at_b * near[b], at_c * near[c]
                    gain = leaves / (faced(normals, k, directions[row, column], least) * (near_a + near_b + near_c))
                    for p in range(count):
                        out[row, column, p] += gain * (near_a * speed[0, p] + near_b * speed[1, p] + near_c * speed[2, p])
                at_a, at_b, at_c = at_a - down[0], at_b - down[1], at_c - down[2]
            first_a, first_b, first_c = first_a + along[0], first_b + along[1], first_c + along[2]


def add_speed(speed: FloatArray, normals: FloatArray, k: int, velocities: FloatArray, a: int, b: int, c: int) -> None:
    """Write how the corners of the k-th triangle move along its normal with each parameter, (3, p)."""
    x, y, z = normals[k, 0], normals[k, 1], normals[k, 2]
    for p in range(speed.shape[1]):
        speed[0, p] = x * velocities[a, 0, p] + y * velocities[a, 1, p] + z * velocities[a, 2, p]
        speed[1, p] = x * velocities[b, 0, p] + y * velocities[b, 1, p] + z * velocities[b, 2, p]
        speed[2, p] = x * velocities[c, 0, p] + y * velocities[c, 1, p] + z * velocities[c, 2, p]


def loop_forces(
    projected: FloatArray,
    triangles: IntArray,
    handedness: float,
    normals: FloatArray,
    directions: FloatArray,
    weights: FloatArray,
    out: FloatArray,
) -> None:
    """Add forces as `rasterise.add_forces`."""
    rows, columns = weights.shape
    xs, ys, near = laid(projected)
    for k in range(len(triangles)):
        a, second, third = triangles[k, 0], triangles[k, 1], triangles[k, 2]
        left, right, top, bottom = box(xs, ys, a, second, third, rows, columns)
        if left > right or top > bottom:
            continue
        b, c, area, (first_a, first_b, first_c), along, down, own = edges(xs, ys, a, second, third, left, top)
        if area == 0:
            continue
        leaves, least = handedness if b == second else -handedness, steepness(normals, k)
        force_a, force_b, force_c = 0.0, 0.0, 0.0
        for row in range(top, bottom + 1):
            at_a, at_b, at_c = first_a, first_b, first_c
            for column in range(left, right + 1):
                if ((at_a - own[0]) | (at_b - own[1]) | (at_c - own[2])) >= 0:
                    near_a, near_b, near_c = at_a * near[a], at_b * near[b], at_c * near[c]
                    total = faced(normals, k, directions[row, column], least) * (near_a + near_b + near_c)
                    gain = leaves * weights[row, column] / total
                    force_a, force_b, force_c = force_a + gain * near_a, force_b + gain * near_b, force_c + gain * near_c
                at_a, at_b, at_c = at_a - down[0], at_b - down[1], at_c - down[2]
            first_a, first_b, first_c = first_a + along[0], first_b + along[1], first_c + along[2]
        for axis in range(3):
            out[a, axis] += force_a * normals[k, axis]
            out[b, axis] += force_b * normals[k, axis]
            out[c, axis] += force_c * normals[k, axis]


@lru_cache(maxsize=1)
def compiled() -> tuple[Callable[..., None], Callable[..., None], Callable[..., None]]:
    """Return the loops, compiled; the machine code is kept between runs.

    Raises
    ------
    ImportError
        If numba is not installed.
    """
    from numba import njit
    from numba.extending import register_jitable

    for part in (laid, box, edges, faced, steepness, add_speed):
        register_jitable(error_model="numpy")(part)
    keep: Any = njit(cache=True, error_model="numpy")
    return keep(loop_depths), keep(loop_derivative), keep(loop_forces)


def add_depths(projected: FloatArray, triangles: IntArray, handedness: float, reference: float, out: FloatArray) -> None:
    """See `rasterise.add_depths`."""
    compiled()[0](*_plain(projected, triangles), handedness, reference, out)


def add_derivative(
    projected: FloatArray,
    triangles: IntArray,
    handedness: float,
    normals: FloatArray,
    directions: FloatArray,
    velocities: FloatArray,
    out: FloatArray,
) -> None:
    """See `rasterise.add_derivative`."""
    compiled()[1](*_plain(projected, triangles), handedness, *_plain(normals, directions, velocities), out)


def add_forces(
    projected: FloatArray,
    triangles: IntArray,
    handedness: float,
    normals: FloatArray,
    directions: FloatArray,
    weights: FloatArray,
    out: FloatArray,
) -> None:
    """See `rasterise.add_forces`."""
    compiled()[2](*_plain(projected, triangles), handedness, *_plain(normals, directions, weights), out)


def _plain(*arrays: npt.NDArray[Any]) -> tuple[npt.NDArray[Any], ...]:
    """Return arrays that all lie row by row in memory: for each other layout the loops would be compiled again, in seconds."""
    return tuple(np.ascontiguousarray(each) for each in arrays)
