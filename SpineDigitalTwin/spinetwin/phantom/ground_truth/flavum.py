"""Attachments of the ligamentum flavum: the front of the lamina, in sagittal planes, at the heights of the body corners."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from ...anatomy.subregions import SubregionId as Sub
from ...geometry import FloatArray
from ...geometry.pieces import connected_pieces
from ..shape.vertebra import VertebraShape
from .columns import rays_out
from .search import Search, abreast
from .sheets import inside_sheet

_STEP = 0.1
EDGE = 1.0
"""Distance, mm, that the points keep from the upper and lower edge of the lamina's free front."""

AHEAD = 3.0
"""So far before the centroid of the arch, mm, a front still counts: steep laminae have theirs just there."""

_ARCH, _FORWARDS = (int(Sub.ARCH),), np.array([0.0, 1.0, 0.0])

Mask = npt.NDArray[np.bool_]
Section: TypeAlias = tuple[FloatArray, FloatArray, Mask]
Sections: TypeAlias = Mapping[float, "Section | None"]
"""By their place to the right, mm."""


def flavum_sections(shape: VertebraShape, centroid: FloatArray, shift: float) -> Search[Sections]:
    """Search the sections of the arch in which `flavum_points` lie, from just ahead of the centroid (3,) of the arch."""
    places = [x for _, _, x in _columns(shape, shift)]
    found = yield from abreast([_section(shape, x, float(centroid[1]) + AHEAD) for x in places])
    return dict(zip(places, found, strict=True))


def flavum_points(
    shape: VertebraShape, points: dict[int, FloatArray], shift: float, sections: Sections
) -> Search[dict[int, FloatArray]]:
    """Search points 125, 127 (median), 141, 143 (right) and 149, 151 (left) in the vertebra's frame, mm.

    Parameters
    ----------
    shape : VertebraShape
        The vertebra.
    points : dict
        Its corners 101-104, where known.
    shift : float
        mm to the side of the shifted body points; the lateral ones here lie at half of it.
    sections : mapping
        Those of `flavum_sections`.
    """
    starts: dict[int, FloatArray] = {}
    for superior, inferior, x in _columns(shape, shift):
        section = sections[x]
        for poi, corners in ((superior, (101, 102)), (inferior, (103, 104))):
            if section is not None and all(each in points for each in corners):
                starts[poi] = _front(x, float(np.mean([points[each][2] for each in corners])), *section)
    if not starts:
        return {}
    places = np.array(list(starts.values()))
    ahead = yield from rays_out(places, np.broadcast_to(_FORWARDS, places.shape), _ARCH, 2 * _STEP)
    found = dict(zip(starts, places + np.nan_to_num(ahead)[:, None] * _FORWARDS, strict=True))
    for right, left in ((141, 149), (143, 151)):
        if right in found and shape.symmetric:
            found[left] = found[right] * np.array([-1.0, 1.0, 1.0])
    return found


def _columns(shape: VertebraShape, shift: float) -> list[tuple[int, int, float]]:
    """Superior and inferior point, and their place to the right, mm; the left ones of a symmetric shape are mirror images."""
    columns = [(125, 127, 0.0), (141, 143, shift / 2)]
    return columns if shape.symmetric else [*columns, (149, 151, -shift / 2)]


def _section(shape: VertebraShape, x: float, front: float) -> Search[Section | None]:
    """Search free fronts of the largest piece of the arch behind `front`, in the plane at `x`: depths, heights, and where."""
    low, high = shape.box
    y, z = np.arange(front, low[1], -_STEP)[::-1], np.arange(low[2], high[2], _STEP)
    arch = np.array([part.box for part in shape.parts if part.subregion == Sub.ARCH]).reshape(-1, 3)
    if not len(arch):
        return None
    around = shape.blend + _STEP
    y = y[y > arch[:, 1].min() - around]
    z = z[(z > arch[:, 2].min() - around) & (z < arch[:, 2].max() + around)]
    inside = yield from inside_sheet(x, y, z, _ARCH)
    pieces, count = connected_pieces(inside, corners=False)
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
