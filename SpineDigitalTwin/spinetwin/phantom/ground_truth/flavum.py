"""Attachments of the ligamentum flavum: the front of the lamina, in sagittal planes, at the heights of the body corners."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from ...anatomy.subregions import SubregionId as Sub
from ...geometry import FloatArray
from ..shape.vertebra import VertebraShape
from .columns import last_exit
from .search import abreast, values
from .together import together

_STEP = 0.1
EDGE = 1.0
"""Distance, mm, that the points keep from the upper and lower edge of the lamina's free front."""

AHEAD = 3.0
"""So far before the centroid of the arch, mm, a front still counts: steep laminae have theirs just there."""

_ARCH, _FORWARDS = (int(Sub.ARCH),), np.array([0.0, 1.0, 0.0])

Mask = npt.NDArray[np.bool_]


def flavum_points(shape: VertebraShape, points: dict[int, FloatArray], shift: float) -> dict[int, FloatArray]:
    """Return points 125, 127 (median), 141, 143 (right) and 149, 151 (left) in the vertebra's frame, mm.

    Parameters
    ----------
    shape : VertebraShape
        The vertebra.
    points : dict
        Its arch centroid 41 and its corners 101-104, where known.
    shift : float
        mm to the side of the shifted body points; the lateral ones here lie at half of it.
    """
    columns = [(125, 127, 0.0), (141, 143, shift / 2)]
    if not shape.symmetric:
        columns.append((149, 151, -shift / 2))
    starts: dict[int, FloatArray] = {}
    for superior, inferior, x in columns:
        section = _section(shape, x, float(points[int(Sub.ARCH)][1]) + AHEAD)
        for poi, corners in ((superior, (101, 102)), (inferior, (103, 104))):
            if section is not None and all(each in points for each in corners):
                starts[poi] = _front(x, float(np.mean([points[each][2] for each in corners])), *section)
    ahead = together(shape, abreast([last_exit(at, _FORWARDS, _ARCH, 2 * _STEP) for at in starts.values()]))
    found = {poi: at + np.nan_to_num(t[0]) * _FORWARDS for (poi, at), t in zip(starts.items(), ahead, strict=True)}
    for right, left in ((141, 149), (143, 151)):
        if right in found and shape.symmetric:
            found[left] = found[right] * np.array([-1.0, 1.0, 1.0])
    return found


@lru_cache(maxsize=128)
def _section(shape: VertebraShape, x: float, front: float) -> tuple[FloatArray, FloatArray, Mask] | None:
    """Free fronts of the largest piece of the arch behind `front`, in the plane at `x`: depths, heights, and where they are."""
    low, high = shape.box
    y, z = np.arange(front, low[1], -_STEP)[::-1], np.arange(low[2], high[2], _STEP)
    arch = np.array([part.box for part in shape.parts if part.subregion == Sub.ARCH]).reshape(-1, 3)
    if not len(arch):
        return None
    around = shape.blend + _STEP
    y = y[y > arch[:, 1].min() - around]
    z = z[(z > arch[:, 2].min() - around) & (z < arch[:, 2].max() + around)]
    points = np.stack(np.broadcast_arrays(x, y[None, :], z[:, None]), axis=-1)
    arch_there = together(shape, values(points.reshape(-1, 3), _ARCH)).reshape(points.shape[:2]) < 0
    pieces, count = ndimage.label(arch_there)
    if not count:
        return None
    piece = pieces == 1 + int(np.argmax(np.bincount(pieces.ravel())[1:]))
    free = piece[:, :-1] & ~piece[:, 1:]
    return (y, z, free) if free.any() else None


def _front(x: float, height: float, y: FloatArray, z: FloatArray, free: Mask) -> FloatArray:
    """Foremost free point at a height, which is first limited to the heights of the free front less its edges."""
    rows = np.nonzero(free.any(axis=1))[0]
    lowest, highest = z[rows[0]] - _STEP / 2 + EDGE, z[rows[-1]] + _STEP / 2 - EDGE
    wanted = float(np.clip(height, lowest, highest)) if lowest < highest else float(lowest + highest) / 2
    row = rows[np.abs(z[rows] - wanted).argmin()]
    return np.array([x, y[np.nonzero(free[row])[0][-1]], z[row]])
