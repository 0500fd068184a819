"""The cube around a vertebra that a network sees and fills: its axes lie along the rays of two films.

A voxel lies where the ray of a column of the frontal patch passes that of a column of the lateral one. So a patch shows exactly
what is in the voxels behind it, whatever the camera, and nothing is magnified in the cube. At its middle a voxel has 1.5 mm.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ...errors import ParameterError
from ...geometry import FloatArray, Frame, Grid, IntArray
from ..cameras import Camera
from ..films import Film
from ..rasterise import fragments
from .contrast import local_contrast

SIDE = 64
"""Voxels along an edge, and pixels of a patch."""

EDGE_MM = 1.5

SHOWN = 3
"""What a network is shown of a film: its contrast in a wide and in a narrow neighbourhood, and the disc."""

BEHIND_MM = 22.0
"""The middle of a block lies this far behind the middle of the body, so that the spinous process is in it."""

DISC_MM = 4.0
"""Standard deviation of the bell that shows the middle of a vertebra."""

_NEAR_PX = 9
"""Width of the neighbourhood in which the rim of a bone stands out from the soft tissue that lies behind and before it."""

_FAR = 1e7
"""Depth of the block's middle where it is projected along its own axes: there perspective is nothing."""

_LEAST_APART = 0.5
"""Sine of the least angle between the rays of both films."""

_ROUNDS = 4

_ACROSS = (0, 1)
"""Axis of the block along which a frontal and a lateral patch count, beside the one towards the head."""


@dataclass(frozen=True)
class Block:
    """Space between two films.

    Attributes
    ----------
    frame : Frame
        Its middle, and the axes nearest to the lateral ray (towards the right), the frontal ray (to the front), and up.
    cameras : (Camera, Camera)
        Frontal and lateral.
    """

    frame: Frame
    cameras: tuple[Camera, Camera]

    def places(self, view: int) -> FloatArray:
        """Return what the pixels of a patch show in the plane through the middle, RAS mm, (64, 64, 3): across, then up."""
        steps = (np.arange(SIDE) - (SIDE - 1) / 2) * EDGE_MM
        across, up = np.meshgrid(steps, steps, indexing="ij")
        shifts = across[..., None] * self.frame.axes[_ACROSS[view]] + up[..., None] * self.frame.superior
        return np.asarray(self.frame.origin + shifts)

    def in_patch(self, view: int, points: npt.ArrayLike) -> FloatArray:
        """Return where points (..., 3), RAS mm, show in a patch, (..., 2): across, then up, in pixels."""
        camera = self.cameras[view]
        origins, directions = camera.rays(camera.project(points)[..., :2])
        normal = self.frame.axes[1 - _ACROSS[view]]
        way = ((self.frame.origin - origins) @ normal) / (directions @ normal)
        met = self.frame.to_local(origins + way[..., None] * directions)
        return np.asarray(met[..., [_ACROSS[view], 2]] / EDGE_MM + (SIDE - 1) / 2)

    def voxels(self, points: npt.ArrayLike) -> FloatArray:
        """Return in which voxel (i, j, k), not rounded, points (..., 3), RAS mm, lie."""
        frontal, lateral = (self.in_patch(view, points) for view in (0, 1))
        return np.stack([frontal[..., 0], lateral[..., 0], (frontal[..., 1] + lateral[..., 1]) / 2], axis=-1)

    def points(self, voxels: npt.ArrayLike) -> FloatArray:
        """Return where voxels (..., 3), not rounded, lie, RAS mm: `voxels` the other way round."""
        wanted = np.asarray(voxels, dtype=np.float64)
        grid = self.grid()
        places = grid.to_ras(wanted)
        for _ in range(_ROUNDS):
            # what perspective does within a block is so little that each round leaves a twentieth of the error
            places = places + (wanted - self.voxels(places)) @ grid.ijk_to_ras[:3, :3].T
        return places

    def grid(self) -> Grid:
        """Return the voxels of 1.5 mm, all alike, that lie where those of the block do, but for its perspective."""
        affine = np.eye(4)
        affine[:3, :3] = EDGE_MM * self.frame.axes.T
        affine[:3, 3] = self.frame.to_ras(np.full(3, -EDGE_MM * (SIDE - 1) / 2))
        return Grid((SIDE, SIDE, SIDE), affine)


def block_around(cameras: tuple[Camera, Camera], body: npt.ArrayLike, shift: npt.ArrayLike = (0.0, 0.0, 0.0)) -> Block:
    """Return the block of the vertebra whose body has its middle at `body` (RAS mm), moved by `shift` (RAS mm).

    Raises
    ------
    ParameterError
        If both films were taken from nearly the same side.
    """
    place = np.asarray(body, dtype=np.float64)
    rays = []
    for camera, outward in zip(cameras, ((0.0, 1.0, 0.0), (1.0, 0.0, 0.0)), strict=True):
        direction = camera.rays(camera.project(place)[:2])[1]
        rays.append(direction * np.copysign(1.0 / np.linalg.norm(direction), direction @ np.array(outward)))
    frontal, lateral = rays
    up = np.cross(lateral, frontal)
    apart = float(np.linalg.norm(up))
    if apart < _LEAST_APART:
        raise ParameterError("Both films were taken from nearly the same side.", "Give a frontal and a lateral film.")
    left, _, right = np.linalg.svd(np.stack([lateral, frontal, up / apart]))
    axes = left @ right
    return Block(Frame(place - BEHIND_MM * axes[1] + np.asarray(shift), axes, "rays of two films"), cameras)


def patch(film: Film, block: Block, view: int) -> FloatArray:
    """Return what a film shows of a block, (64, 64): across, then up.

    A pixel of the patch is the mean of as many places as it has pixels of the film; what lies beyond the film is its rim.
    """
    from scipy.ndimage import map_coordinates

    finer = max(1, round(EDGE_MM / film.pixel_mm))
    steps = (np.arange(finer) - (finer - 1) / 2) * EDGE_MM / finer
    places, total = block.places(view), np.zeros((SIDE, SIDE))
    for across in steps:
        for up in steps:
            moved = places + across * block.frame.axes[_ACROSS[view]] + up * block.frame.superior
            columns, rows, _ = np.moveaxis(film.camera.project(moved), -1, 0)
            total += map_coordinates(film.values, [rows, columns], order=1, mode="nearest")
    return total / finer**2


def disc(block: Block, view: int, body: npt.ArrayLike) -> FloatArray:
    """Return a bell of height one where the middle of the body, RAS mm, shows in a patch, (64, 64)."""
    middle, steps = block.in_patch(view, body), np.arange(SIDE)
    across, up = (np.exp(-0.5 * ((steps - at) * EDGE_MM / DISC_MM) ** 2) for at in middle)
    return np.asarray(across[:, None] * up)


def filled(
    vertices: FloatArray, triangles: IntArray, shape: tuple[int, int, int] = (SIDE, SIDE, SIDE)
) -> npt.NDArray[np.bool_]:
    """Return which of the voxels have their middle inside a closed surface whose vertices (n, 3) are in voxels.

    A line along the first axis has entered the surface more often than it has left it.
    """
    seen = np.stack([vertices[:, 1], vertices[:, 2], vertices[:, 0] + _FAR], axis=1)
    along, across, up = shape
    found = fragments(seen, triangles, (across, up), 1.0)
    first = np.ceil(found.depth - _FAR).astype(np.int64)
    there = first < along
    turns = np.zeros((up * across, along), dtype=np.int64)
    np.add.at(turns, (found.pixel[there], np.maximum(first[there], 0)), -found.leaves[there].astype(np.int64))
    winding = np.cumsum(turns, axis=1).reshape(up, across, along)
    return np.moveaxis(winding != 0, (0, 1, 2), (2, 1, 0))


def shown_of(films: Sequence[Film], block: Block, body: npt.ArrayLike) -> npt.NDArray[np.float32]:
    """Return what a network is shown of a vertebra, (2, `SHOWN`, 64, 64): for both views the patch twice, and the disc.

    A pixel of the patch is compared with nearly all others, which shows where the body of the person is, and then with those
    near it alone, which shows the bones.
    """
    patches = [patch(film, block, view) for view, film in enumerate(films)]
    shown = [
        [local_contrast(each), local_contrast(each, _NEAR_PX), disc(block, view, body)] for view, each in enumerate(patches)
    ]
    return np.asarray(shown, dtype=np.float32)
