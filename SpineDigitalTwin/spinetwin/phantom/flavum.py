"""Attachments of the ligamentum flavum: the front of the arch, in sagittal planes, at the heights of the body corners."""

from __future__ import annotations

import numpy as np
from scipy import ndimage

from ..anatomy.subregions import SubregionId as Sub
from ..geometry import FloatArray
from .search import last_exit
from .vertebra import VertebraShape

_STEP = 0.2
_ZOOMS = 5


def flavum_points(shape: VertebraShape, points: dict[int, FloatArray], shift: float) -> dict[int, FloatArray]:
    """Return points 125, 127 (median), 141, 143 (right) and 149, 151 (left) in the vertebra's frame, mm.

    Parameters
    ----------
    shape : VertebraShape
        The vertebra.
    points : dict
        Its corners 101-104, where known.
    shift : float
        mm to the side of the lateral ones.
    """
    found: dict[int, FloatArray] = {}
    for superior, inferior, x in ((125, 127, 0.0), (141, 143, shift)):
        for poi, corners in ((superior, (101, 102)), (inferior, (103, 104))):
            if all(each in points for each in corners):
                height = float(np.mean([points[each][2] for each in corners]))
                point = _front_of_arch(shape, x, height)
                if point is not None:
                    found[poi] = point
    for right, left in ((141, 149), (143, 151)):
        if right in found:
            found[left] = found[right] * np.array([-1.0, 1.0, 1.0])
    return found


def _front_of_arch(shape: VertebraShape, x: float, height: float) -> FloatArray | None:
    """Foremost point of the arch at a height, which is first clamped to the heights the arch has in this plane."""
    y, z, piece = _section(shape, x)
    if piece is None:
        return None
    rows = np.nonzero(piece.any(axis=0))[0]
    if height >= z[rows[-1]]:
        height = min(height, _extreme(shape, x, y, z, piece, rows[-1], 1))
    elif height <= z[rows[0]]:
        height = max(height, _extreme(shape, x, y, z, piece, rows[0], -1))
    row = int(np.clip(np.round((height - z[0]) / _STEP), rows[0], rows[-1]))
    columns = np.nonzero(piece[:, row])[0]
    middle = float(y[columns].mean())
    ahead = last_exit(
        lambda p: shape.distance(p, Sub.ARCH), np.array([x, middle, height]), (0, 1, 0), float(y[columns[-1]]) - middle + 2
    )
    return np.array([x, middle + (ahead or 0.0), height])


def _section(
    shape: VertebraShape, x: float
) -> tuple[FloatArray, FloatArray, np.ndarray[tuple[int, ...], np.dtype[np.bool_]] | None]:
    """Largest piece of the arch, behind the body, in the plane at `x`, over a lattice of y and z."""
    low, high = shape.box
    y, z = np.arange(low[1], -shape.row.body_depth / 2 + _STEP, _STEP), np.arange(low[2], high[2], _STEP)
    points = np.stack(np.broadcast_arrays(x, y[:, None], z[None, :]), axis=-1)
    pieces, count = ndimage.label(shape.distance(points, Sub.ARCH) < 0)
    if not count:
        return y, z, None
    sizes = ndimage.sum_labels(np.ones(pieces.shape), pieces, np.arange(1, count + 1))
    return y, z, np.asarray(pieces == 1 + int(np.argmax(sizes)))


def _extreme(
    shape: VertebraShape,
    x: float,
    y: FloatArray,
    z: FloatArray,
    piece: np.ndarray[tuple[int, ...], np.dtype[np.bool_]],
    row: int,
    sign: int,
) -> float:
    """Greatest (or least) height of a piece beyond its last lattice row, by zooming in on its tip."""
    tip, best, step = float(y[np.nonzero(piece[:, row])[0]].mean()), float(z[row]), _STEP
    reach = float(np.ptp(y[np.nonzero(piece[:, row])[0]])) / 2 + _STEP
    for _ in range(_ZOOMS):
        ys = tip + np.linspace(-reach, reach, 41)
        zs = best + sign * np.linspace(0.0, step, 41)
        values = shape.distance(np.stack(np.broadcast_arrays(x, ys[:, None], zs[None, :]), axis=-1), Sub.ARCH)
        rows = np.nonzero((values < 0).any(axis=0))[0]
        if len(rows):
            best = float(zs[rows[-1]])
            inside = ys[values[:, rows[-1]] < 0]
            tip, reach = float(inside.mean()), float(np.ptp(inside)) / 2 + reach / 20
        step /= 20
    return best - sign * 1e-6
