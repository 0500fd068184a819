"""Pedicle screws, and what metal does to an image around it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ...anatomy import level
from ...errors import ParameterError
from ...geometry import FloatArray, Frame, Grid
from ..shape.distances import Array, Triple, capsule
from ..shape.vertebra import VertebraShape
from ..spine import Spine
from ..voxels import block_of
from .artefacts import Image, dephase, metal_streaks, shift
from .canvas import Canvas
from .contrast import tissue_id
from .lattice import patch

RADIUS, HEAD = 3.0, 5.5
"""Radius of a screw and of its head, mm."""

SHIFT_MM = 9.0
"""Displacement of the signal at the surface of a screw in an MR, mm (titanium, 1.5 T, weak readout gradient)."""

REACH_MM = 40.0
"""How far around a screw an MR is distorted, mm."""


@dataclass(frozen=True)
class Screw:
    """A screw from head to tip, mm in the frame of its vertebra."""

    frame: Frame
    head: Triple
    tip: Triple

    def distance(self, x: Array, y: Array, z: Array) -> Array:
        """Return the signed distance to shaft and head."""
        shaft = capsule(x, y, z, self.head, self.tip, (RADIUS, RADIUS * 0.8))
        u, v, w = (c - at for c, at in zip((x, y, z), self.head, strict=True))
        return np.asarray(np.minimum(shaft, np.sqrt(u * u + v * v + w * w) - HEAD))


def pedicle_screws(spine: Spine, levels: tuple[str, ...]) -> tuple[Screw, ...]:
    """Return a right and a left screw for each level.

    Raises
    ------
    ParameterError
        If the spine has no such level, or the level no pedicles.
    """
    found = []
    for name in levels:
        key = level(name).id
        if key not in spine.shapes or level(name).region not in ("thoracic", "lumbar"):
            raise ParameterError(
                f"There is no pedicle for a screw at {name}.", "Choose thoracic or lumbar levels that the spine has."
            )
        found += [_screw(spine.shapes[key], spine.frames[key], side) for side in (1.0, -1.0)]
    return tuple(found)


def _screw(shape: VertebraShape, frame: Frame, side: float) -> Screw:
    row = shape.row
    x = side * (row.canal_width + row.pedicle_width) / 2
    z = 0.42 * row.height - row.pedicle_height / 2
    head = (x * 1.25, -row.body_depth / 2 - row.canal_depth - 6.0, z + 1.0)
    return Screw(frame, head, (x * 0.55, 0.22 * row.body_depth, z))


def paint_screws(canvas: Canvas, screws: tuple[Screw, ...], grid: Grid) -> None:
    """Paint the metal."""
    for screw in screws:
        low, high = (tuple(pick(a, b) for a, b in zip(screw.head, screw.tip, strict=True)) for pick in (min, max))
        box = (low[0] - HEAD, low[1] - HEAD, low[2] - HEAD), (high[0] + HEAD, high[1] + HEAD, high[2] + HEAD)
        canvas.paint(patch(block_of(grid, screw.frame), box, screw.distance, canvas.reach), tissue_id("metal"))


def distort(image: Image, screw: Screw, grid: Grid, anterior: FloatArray) -> None:
    """Distort an MR around a screw, in place.

    A cylinder across the main field disturbs it by cos(2 phi) / r^2 around its axis (Schenck 1996, Med Phys 23:815, table III).
    The signal is displaced in proportion along the readout axis, here the one nearest to front-back, and lost where
    the displacement changes within a voxel.
    """
    low, high = (tuple(pick(a, b) for a, b in zip(screw.head, screw.tip, strict=True)) for pick in (min, max))
    block = block_of(grid, screw.frame).within(((low[0], low[1], low[2]), (high[0], high[1], high[2])), REACH_MM)
    if 0 in block.shape:
        return
    x, y, z = block.coordinates()
    along = np.clip((y - screw.head[1]) / (screw.tip[1] - screw.head[1]), 0.0, 1.0)
    u = x - (screw.head[0] + along * (screw.tip[0] - screw.head[0]))
    w = z - (screw.head[2] + along * (screw.tip[2] - screw.head[2]))
    beyond = np.maximum(np.maximum(screw.head[1] - y, y - screw.tip[1]), 0.0)
    square = u * u + w * w
    r2 = np.maximum(square + beyond**2, RADIUS**2)
    moved = SHIFT_MM * RADIUS**2 / r2 * (w * w - u * u) / np.maximum(square, 1e-3)
    axis = int(np.argmax(np.abs(anterior @ grid.ijk_to_ras[:3, :3]) / grid.spacing))
    voxels = np.asarray(moved / np.float32(grid.spacing[axis]), dtype=np.float32)
    image[block.where] = dephase(shift(image[block.where], voxels, axis), voxels)


def add_streaks(image: Image, metal: npt.NDArray[np.bool_], grid: Grid, superior: FloatArray) -> None:
    """Add the streaks of metal to a CT, plane by plane across the body, in place."""
    axis = int(np.argmax(np.abs(superior @ grid.ijk_to_ras[:3, :3]) / grid.spacing))
    spacing = np.delete(grid.spacing, axis)
    planes, masks = np.moveaxis(image, axis, 0), np.moveaxis(metal, axis, 0)
    for plane, mask in zip(planes, masks, strict=True):
        if mask.any():
            plane += metal_streaks(mask, (float(spacing[0]), float(spacing[1])))
