"""What `rasterise` does, as plain loops that numba compiles: the same numbers, many times faster.

Without numba the package does the same in numpy. The functions run uncompiled too, slowly, which is how a test compares them.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Any

import numpy as np

from ..geometry import FloatArray, IntArray
from .rasterise import GRAZING, LATTICE, on_lattice

_PIXEL = LATTICE
_GRAZING = GRAZING


def loop_depths(
    corners: IntArray, depth: FloatArray, triangles: IntArray, handedness: float, reference: float, out: FloatArray
) -> None:
    """Add depths as `rasterise.add_depths`; `corners` are on the lattice."""
    rows, columns = out.shape
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
        # a pixel on an edge belongs to the triangle for which this edge points up or, level, to the right
        own_a = 0 if (cy < by or (cy == by and cx > bx)) else 1
        own_b = 0 if (ay < cy or (ay == cy and ax > cx)) else 1
        own_c = 0 if (by < ay or (by == ay and bx > ax)) else 1
        near_a, near_b, near_c = 1.0 / depth[a], 1.0 / depth[b], 1.0 / depth[c]
        for row in range(top, bottom + 1):
            y = row * _PIXEL
            for column in range(left, right + 1):
                x = column * _PIXEL
                at_a = (cx - bx) * (y - by) - (cy - by) * (x - bx)
                at_b = (ax - cx) * (y - cy) - (ay - cy) * (x - cx)
                at_c = (bx - ax) * (y - ay) - (by - ay) * (x - ax)
                if at_a >= own_a and at_b >= own_b and at_c >= own_c:
                    nearness = (at_a * near_a + at_b * near_b + at_c * near_c) / area
                    out[row, column] += leaves * (1.0 / nearness - reference)


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


@lru_cache(maxsize=1)
def compiled() -> tuple[Callable[..., None], Callable[..., None]]:
    """Return both loops, compiled; the machine code is kept between runs.

    Raises
    ------
    ImportError
        If numba is not installed.
    """
    from numba import njit

    keep: Any = njit(cache=True)
    return keep(loop_depths), keep(loop_derivative)


def add_depths(projected: FloatArray, triangles: IntArray, handedness: float, reference: float, out: FloatArray) -> None:
    """See `rasterise.add_depths`."""
    compiled()[0](on_lattice(projected), projected[:, 2].copy(), triangles, handedness, reference, out)


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
    corners, depth = on_lattice(projected), projected[:, 2].copy()
    compiled()[1](corners, depth, triangles, handedness, normals, directions, velocities, out)
