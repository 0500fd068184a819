"""Vertebrae as volumes, from two films and the middles of their bodies: the network TransVert, run by ONNX Runtime.

It was trained on synthetic radiographs alone, and knows neither the landmarks nor the shape models.

References
----------
Bayat A, Sekuboyina A, Paetzold JC, et al. (2020) Inferring the 3D standing spine posture from 2D radiographs. MICCAI, 775-784.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
import numpy.typing as npt

from ...errors import ParameterError
from ...geometry import FloatArray, Grid
from ...geometry.surfaces import Surface, surface_of_samples
from ...networks import open_onnx
from ..films import Film
from .blocks import Block, block_around, shown_of
from .contrast import Float32
from .model import FOLDER, chances

WEIGHTS, DESCRIPTION = "transvert.onnx", "transvert.json"

MAP_MM = 1.0
"""Edge of the voxels of a map; the network's are larger, and what it says is interpolated."""

_NO_BONE = -50.0
"""Odds outside a block."""

Run = Callable[[Float32], Float32]


@dataclass(frozen=True)
class VolumeNetwork:
    """The network, ready to run.

    Attributes
    ----------
    run : callable
        Takes what is shown of n vertebrae (n, 2, 3, 64, 64) and returns the logarithms of the odds of bone (n, 64, 64, 64).
    sha256 : str
        Of the file of weights.
    trained : str
        On what, in words.
    measured : mapping of str to float
        Dice by region of the spine, on samples that it was not trained on.
    """

    run: Run
    sha256: str
    trained: str
    measured: Mapping[str, float]


def session_run(weights: Path) -> Run:
    """Return weights as this Python's ONNX Runtime runs them.

    Raises
    ------
    ParameterError
        If ONNX Runtime cannot be loaded.
    """
    session = open_onnx(weights)

    def one(shown: Float32) -> Float32:
        frontal, lateral = shown[:, None]
        return np.asarray(session.run(None, {"frontal": frontal, "lateral": lateral})[0][0, 0], dtype=np.float32)

    # one after the other, as the file of weights is for one: memory does not grow with the number of vertebrae
    return lambda shown: np.stack([one(each) for each in shown])


def open_network(given: Path | None = None, run_of: Callable[[Path], Run] = session_run) -> VolumeNetwork:
    """Read weights and description.

    Parameters
    ----------
    given : Path, optional
        Folder of both; that of the package if left out.
    run_of : callable
        Takes the file of weights and returns what runs them.

    Raises
    ------
    ParameterError
        If there is no network, it is damaged, or ONNX Runtime cannot be loaded.
    """
    folder = given or FOLDER
    weights = folder / WEIGHTS
    if not weights.exists():
        raise ParameterError("No network for volumes is installed.", "Leave out --transvert.")
    try:
        said = json.loads((folder / DESCRIPTION).read_text(encoding="utf-8"))
        measured = {str(region): float(value) for region, value in said["dice"].items()}
        sha256, trained = str(said["sha256"]), str(said["trained"])
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise ParameterError(f"The network for volumes is damaged ({folder}).", "Install spinetwin again.") from error
    if hashlib.sha256(weights.read_bytes()).hexdigest() != sha256:
        raise ParameterError(f"The weights in {folder} are not what they should be.", "Install spinetwin again.")
    return VolumeNetwork(run_of(weights), sha256, trained, measured)


@dataclass(frozen=True)
class Volume:
    """One vertebra as the network sees it.

    Attributes
    ----------
    level : int
        Level id.
    block : Block
        Where its voxels are.
    odds : (64, 64, 64) array of float32
        Logarithm of the odds that a voxel is bone of this vertebra; below zero in all but the largest piece.
    """

    level: int
    block: Block
    odds: Float32

    @property
    def inside(self) -> npt.NDArray[np.bool_]:
        """Which voxels are bone."""
        return np.asarray(self.odds > 0)

    @cached_property
    def surface(self) -> Surface:
        """Its closed surface, RAS mm."""
        # odds that grow without bound would move the surface off the middle between two voxels
        in_voxels = surface_of_samples(0.5 - chances(self.odds), np.zeros(3), 1.0)
        return Surface(self.block.points(in_voxels.vertices), in_voxels.triangles)

    def odds_at(self, points: FloatArray) -> Float32:
        """Return the odds at points (..., 3), RAS mm; outside the block there is no bone."""
        from scipy.ndimage import map_coordinates

        places = np.moveaxis(self.block.voxels(points), -1, 0)
        return np.asarray(map_coordinates(self.odds, places, order=1, cval=_NO_BONE), dtype=np.float32)


UNSEEN = "The network sees no vertebra where the landmarks are."


def volumes_of(films: Sequence[Film], bodies: Mapping[int, npt.ArrayLike], run: Run) -> list[Volume]:
    """Let the network see vertebrae, all of them in one call: where it runs in a process of its own, that starts once.

    Parameters
    ----------
    films : sequence of Film
        A frontal and a lateral one.
    bodies : mapping of level id to (3,) array_like
        Middles of the vertebral bodies, RAS mm, to a few mm; the network is not told the levels.
    run : callable
        Of the network.

    Returns
    -------
    list of Volume
        In the order of `bodies`, without those levels where the network sees no vertebra.
    """
    if not bodies:
        return []
    frontal, lateral = films
    blocks = {key: block_around((frontal.camera, lateral.camera), body) for key, body in bodies.items()}
    shown = np.stack([shown_of(films, blocks[key], body) for key, body in bodies.items()])
    seen = zip(blocks.items(), run(shown), strict=True)
    return [Volume(key, block, _largest_piece(odds)) for (key, block), odds in seen if (odds > 0).any()]


def volume_of(films: Sequence[Film], level: int, body: npt.ArrayLike, run: Run) -> Volume:
    """Let the network see one vertebra; parameters as those of `volumes_of`.

    Raises
    ------
    ParameterError
        If the network sees no vertebra there.
    """
    found = volumes_of(films, {level: body}, run)
    if not found:
        raise ParameterError(UNSEEN, "Check the landmarks.")
    return found[0]


def _largest_piece(odds: Float32) -> Float32:
    from scipy.ndimage import label

    pieces, _count = label(odds > 0)
    largest = 1 + int(np.argmax(np.bincount(pieces.ravel())[1:]))
    return np.where((pieces == largest) | (odds <= 0), odds, -odds)


def vertebra_map(volumes: Sequence[Volume], voxel_mm: float = MAP_MM) -> tuple[npt.NDArray[np.uint8], Grid]:
    """Return the level id of every voxel of a map around all vertebrae, and its grid, along RAS.

    Where two vertebrae claim a voxel, the surer one has it.
    """
    boxes = [_box(each) for each in volumes]
    low, high = np.min([first for first, _ in boxes], axis=0), np.max([last for _, last in boxes], axis=0)
    affine = np.diag([voxel_mm, voxel_mm, voxel_mm, 1.0])
    affine[:3, 3] = low
    i, j, k = (np.ceil((high - low) / voxel_mm).astype(int) + 1).tolist()
    grid = Grid((i, j, k), affine)
    labels, best = np.zeros(grid.shape, np.uint8), np.zeros(grid.shape, np.float32)
    for each, (first, last) in zip(volumes, boxes, strict=True):
        start, stop = np.floor(grid.to_ijk(first)).astype(int), np.ceil(grid.to_ijk(last)).astype(int) + 1
        where = tuple(slice(max(a, 0), b) for a, b in zip(start, stop, strict=True))
        ranges = [np.arange(side)[part] for side, part in zip(grid.shape, where, strict=True)]
        odds = each.odds_at(grid.to_ras(np.stack(np.meshgrid(*ranges, indexing="ij"), axis=-1)))
        surer = odds > best[where]
        labels[where][surer], best[where][surer] = each.level, odds[surer]
    return labels, grid


def _box(volume: Volume) -> tuple[FloatArray, FloatArray]:
    """Return the corners of the box, RAS mm, around what is bone, with a voxel to spare."""
    places = volume.block.points(np.argwhere(volume.inside))
    spare = 2.0 * np.linalg.norm(volume.block.grid().spacing) / np.sqrt(3.0)
    return places.min(axis=0) - spare, places.max(axis=0) + spare
