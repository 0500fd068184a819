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
from .rasterise import GRAZING, LATTICE, on_lattice

_PIXEL = LATTICE
_SHIFT = LATTICE.bit_length() - 1
_GRAZING = GRAZING


def loop_depths(projected: FloatArray, triangles: IntArray, handedness: float, reference: float, out: FloatArray) -> None:
    """Add depths as `rasterise.add_depths`."""
    rows, columns = out.shape
    xs, ys = np.empty(len(projected), np.int64), np.empty(len(projected), np.int64)
    near = np.empty(len(projected))
    for i in range(len(projected)):
        xs[i] = int(np.floor(projected[i, 0] * _PIXEL + 0.5))
        ys[i] = int(np.floor(projected[i, 1] * _PIXEL + 0.5))
        near[i] = 1.0 / projected[i, 2]
    for k in range(len(triangles)):
        a, b, c = triangles[k, 0], triangles[k, 1], triangles[k, 2]
        ax, ay, bx, by, cx, cy = xs[a], ys[a], xs[b], ys[b], xs[c], ys[c]
        left, right = max((min(ax, bx, cx) + _PIXEL - 1) >> _SHIFT, 0), min(max(ax, bx, cx) >> _SHIFT, columns - 1)
        top, bottom = max((min(ay, by, cy) + _PIXEL - 1) >> _SHIFT, 0), min(max(ay, by, cy) >> _SHIFT, rows - 1)
        if left > right or top > bottom:
            continue
        area = (bx - ax) * (cy - ay) - (cx - ax) * (by - ay)
        if area == 0:
            continue
        near_a, near_b, near_c, leaves = near[a], near[b], near[c], handedness
        if area < 0:
            bx, by, cx, cy, near_b, near_c, area, leaves = cx, cy, bx, by, near_c, near_b, -area, -handedness
        along_a, down_a, along_b, down_b, along_c, down_c = cx - bx, cy - by, ax - cx, ay - cy, bx - ax, by - ay
        # a pixel on an edge belongs to the triangle for which this edge points up or, level, to the right
        own_a = 0 if (down_a < 0 or (down_a == 0 and along_a > 0)) else 1
        own_b = 0 if (down_b < 0 or (down_b == 0 and along_b > 0)) else 1
        own_c = 0 if (down_c < 0 or (down_c == 0 and along_c > 0)) else 1
        x, y = left << _SHIFT, top << _SHIFT
        first_a = along_a * (y - by) - down_a * (x - bx)
        first_b = along_b * (y - cy) - down_b * (x - cx)
        first_c = area - first_a - first_b
        for row in range(top, bottom + 1):
            at_a, at_b, at_c = first_a, first_b, first_c
            for column in range(left, right + 1):
                # one comparison for three: the sign bit of any of them shows in what is or-ed
                if ((at_a - own_a) | (at_b - own_b) | (at_c - own_c)) >= 0:
                    out[row, column] += leaves * (area / (at_a * near_a + at_b * near_b + at_c * near_c) - reference)
                at_a, at_b, at_c = at_a - (down_a << _SHIFT), at_b - (down_b << _SHIFT), at_c - (down_c << _SHIFT)
            first_a, first_b, first_c = (
                first_a + (along_a << _SHIFT),
                first_b + (along_b << _SHIFT),
                first_c + (along_c << _SHIFT),
            )


def loop_derivative(
    corners: IntArray,
    depth: FloatArray,
    triangles: IntArray,
    handedness: float,
    normals: FloatArray,
    directions: FloatArray,
    velocities: FloatArray,
    out: FloatArray,
) -> None:
    """Add derivatives as `rasterise.add_derivative`; `corners` are on the lattice."""
    rows, columns, count = out.shape
    speed = np.empty((3, count))
    for k in range(triangles.shape[0]):
        a, b, c = triangles[k, 0], triangles[k, 1], triangles[k, 2]
        area = (corners[b, 0] - corners[a, 0]) * (corners[c, 1] - corners[a, 1]) - (corners[c, 0] - corners[a, 0]) * (
            corners[b, 1] - corners[a, 1]
        )
        if area == 0:
            continue
        leaves = handedness
        if area < 0:
            b, c, area, leaves = c, b, -area, -handedness
        ax, ay, bx, by, cx, cy = corners[a, 0], corners[a, 1], corners[b, 0], corners[b, 1], corners[c, 0], corners[c, 1]
        left, right = max((min(ax, bx, cx) + _PIXEL - 1) // _PIXEL, 0), min(max(ax, bx, cx) // _PIXEL, columns - 1)
        top, bottom = max((min(ay, by, cy) + _PIXEL - 1) // _PIXEL, 0), min(max(ay, by, cy) // _PIXEL, rows - 1)
        if left > right or top > bottom:
            continue
        own_a = 0 if (cy < by or (cy == by and cx > bx)) else 1
        own_b = 0 if (ay < cy or (ay == cy and ax > cx)) else 1
        own_c = 0 if (by < ay or (by == ay and bx > ax)) else 1
        nx, ny, nz = normals[k, 0], normals[k, 1], normals[k, 2]
        least = _GRAZING * np.sqrt(nx * nx + ny * ny + nz * nz)
        known = False
        for row in range(top, bottom + 1):
            y = row * _PIXEL
            for column in range(left, right + 1):
                x = column * _PIXEL
                at_a = (cx - bx) * (y - by) - (cy - by) * (x - bx)
                at_b = (ax - cx) * (y - cy) - (ay - cy) * (x - cx)
                at_c = (bx - ax) * (y - ay) - (by - ay) * (x - ax)
                if at_a < own_a or at_b < own_b or at_c < own_c:
                    continue
                if not known:
                    known = True
                    for p in range(count):
                        speed[0, p] = nx * velocities[a, 0, p] + ny * velocities[a, 1, p] + nz * velocities[a, 2, p]
                        speed[1, p] = nx * velocities[b, 0, p] + ny * velocities[b, 1, p] + nz * velocities[b, 2, p]
                        speed[2, p] = nx * velocities[c, 0, p] + ny * velocities[c, 1, p] + nz * velocities[c, 2, p]
                near_a, near_b, near_c = at_a / depth[a], at_b / depth[b], at_c / depth[c]
                total = near_a + near_b + near_c
                d = directions[row, column]
                facing = nx * d[0] + ny * d[1] + nz * d[2]
                if abs(facing) < least:
                    facing = least if facing >= 0 else -least
                gain = leaves / (facing * total)
                for p in range(count):
                    out[row, column, p] += gain * (near_a * speed[0, p] + near_b * speed[1, p] + near_c * speed[2, p])


def loop_forces(
    corners: IntArray,
    depth: FloatArray,
    triangles: IntArray,
    handedness: float,
    normals: FloatArray,
    directions: FloatArray,
    weights: FloatArray,
    out: FloatArray,
) -> None:
    """Add forces as `rasterise.add_forces`; `corners` are on the lattice."""
    rows, columns = weights.shape
    for k in range(triangles.shape[0]):
        a, b, c = triangles[k, 0], triangles[k, 1], triangles[k, 2]
        area = (corners[b, 0] - corners[a, 0]) * (corners[c, 1] - corners[a, 1]) - (corners[c, 0] - corners[a, 0]) * (
            corners[b, 1] - corners[a, 1]
        )
        if area == 0:
            continue
        leaves = handedness
        if area < 0:
            b, c, area, leaves = c, b, -area, -handedness
        ax, ay, bx, by, cx, cy = corners[a, 0], corners[a, 1], corners[b, 0], corners[b, 1], corners[c, 0], corners[c, 1]
        left, right = max((min(ax, bx, cx) + _PIXEL - 1) // _PIXEL, 0), min(max(ax, bx, cx) // _PIXEL, columns - 1)
        top, bottom = max((min(ay, by, cy) + _PIXEL - 1) // _PIXEL, 0), min(max(ay, by, cy) // _PIXEL, rows - 1)
        if left > right or top > bottom:
            continue
        own_a = 0 if (cy < by or (cy == by and cx > bx)) else 1
        own_b = 0 if (ay < cy or (ay == cy and ax > cx)) else 1
        own_c = 0 if (by < ay or (by == ay and bx > ax)) else 1
        nx, ny, nz = normals[k, 0], normals[k, 1], normals[k, 2]
        least = _GRAZING * np.sqrt(nx * nx + ny * ny + nz * nz)
        force_a, force_b, force_c = 0.0, 0.0, 0.0
        for row in range(top, bottom + 1):
            y = row * _PIXEL
            for column in range(left, right + 1):
                x = column * _PIXEL
                at_a = (cx - bx) * (y - by) - (cy - by) * (x - bx)
                at_b = (ax - cx) * (y - cy) - (ay - cy) * (x - cx)
                at_c = (bx - ax) * (y - ay) - (by - ay) * (x - ax)
                if at_a < own_a or at_b < own_b or at_c < own_c:
                    continue
                near_a, near_b, near_c = at_a / depth[a], at_b / depth[b], at_c / depth[c]
                total = near_a + near_b + near_c
                d = directions[row, column]
                facing = nx * d[0] + ny * d[1] + nz * d[2]
                if abs(facing) < least:
                    facing = least if facing >= 0 else -least
                gain = leaves * weights[row, column] / (facing * total)
                force_a, force_b, force_c = force_a + gain * near_a, force_b + gain * near_b, force_c + gain * near_c
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
    first, rest = _plain(on_lattice(projected), projected[:, 2], triangles), _plain(normals, directions, velocities)
    compiled()[1](*first, handedness, *rest, out)


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
    first, rest = _plain(on_lattice(projected), projected[:, 2], triangles), _plain(normals, directions, weights)
    compiled()[2](*first, handedness, *rest, out)


def _plain(*arrays: npt.NDArray[Any]) -> tuple[npt.NDArray[Any], ...]:
    """Return arrays that all lie row by row in memory: for each other layout the loops would be compiled again, in seconds."""
    return tuple(np.ascontiguousarray(each) for each in arrays)
