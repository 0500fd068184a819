"""From a spine and a grid to an image, as a scanner would take it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ...geometry import Grid
from ..spine import Spine
from .artefacts import TILE, Image, average_slices, coil_shading, gaussian, rician, ring, smooth_field, texture
from .canvas import Greys
from .contrast import Look, look, tissue_id
from .curve import spine_curve
from .metal import add_streaks, distort, pedicle_screws
from .parameters import ImageParameters
from .scene import Anatomy, paint
from .viscera import bowel

FINE = 1.1
"""Size in mm that sub-slices have at most, or that of the smallest voxel edge where this is larger."""

MR_SCALE = 1000.0
"""Stored value of fully relaxed water."""

CHUNK = 3_000_000
"""Sub-voxels painted at a time, which bounds the memory."""

TEXTURE_MM = ((0.7, 0.7), (1.1, 7.0), (3.5, 3.5))
"""Scale of each texture across and along the body, mm."""


def render_image(
    spine: Spine, grid: Grid, parameters: ImageParameters | None = None, rng: np.random.Generator | None = None
) -> npt.NDArray[np.uint16] | npt.NDArray[np.int16]:
    """Return an image of a spine and what lies around it.

    Parameters
    ----------
    spine : Spine
        Best the whole spine: what it lacks is not drawn.
    grid : Grid
        Where the voxels lie; see `image_grid`.
    parameters : ImageParameters, optional
        Modality and quality.
    rng : numpy.random.Generator, optional
        Source of chance for bowel, textures and noise; by default one with seed 0. The same state gives the same bytes, and
        the same bowel and textures in every modality.

    Returns
    -------
    array of the grid's shape
        MR: uint16, 1000 for fully relaxed water. CT: int16 in HU.

    Notes
    -----
    Order of events as in a scanner: tissue, partial volume, slice profile; for MR the shading of the coils, truncation of
    k-space, Rician noise; for CT Gaussian noise.
    """
    parameters = parameters or ImageParameters()
    rng = rng or np.random.default_rng(0)
    looks = look(parameters.modality)
    screws = pedicle_screws(spine, parameters.metal)

    def grades(key: int) -> int:
        return parameters.grade(key, spine.parameters.grade(key))

    anatomy = Anatomy(spine, bowel(spine_curve(spine), rng), grades, screws)
    image, tissues = paint_image(anatomy, grid, looks, parameters.slice_softness)
    add_texture(image, tissues, looks, grid, spine, rng)
    if parameters.modality == "ct":
        add_streaks(image, tissues == tissue_id("metal"), grid, spine.rotation[:, 2])
        return as_ct(image, parameters, rng)
    for screw in screws:
        distort(image, screw, grid, spine.rotation[:, 1])
    return as_mr(image, looks, grid, spine, parameters, rng)


def as_ct(image: Image, parameters: ImageParameters, rng: np.random.Generator) -> npt.NDArray[np.int16]:
    """Return a CT with its noise."""
    noisy = gaussian(image, 1000.0 / parameters.snr, rng)
    stored: npt.NDArray[np.int16] = np.clip(np.rint(noisy), -1024, 3071).astype(np.int16)
    return stored


def as_mr(
    image: Image, looks: Look, grid: Grid, spine: Spine, parameters: ImageParameters, rng: np.random.Generator
) -> npt.NDArray[np.uint16]:
    """Return an MR with shading, ringing and noise."""
    image *= coil_shading(ahead_of_spine(grid, spine), parameters.bias)
    image *= smooth_field(image.shape, 0.08 * parameters.bias, rng)
    if parameters.gibbs:
        for axis in in_plane(grid):
            image = ring(image, axis, parameters.gibbs)
    sd = float(looks.mean[tissue_id("cancellous_bone")]) / parameters.snr
    noisy = rician(image, sd, rng)
    stored: npt.NDArray[np.uint16] = np.clip(np.rint(noisy * np.float32(MR_SCALE)), 0, 65535).astype(np.uint16)
    return stored


def paint_image(anatomy: Anatomy, grid: Grid, looks: Look, softness: float) -> tuple[Image, npt.NDArray[np.uint8]]:
    """Return grey values with partial volume, and the tissue in the middle of each voxel."""
    image = np.empty(grid.shape, dtype=np.float32)
    tissues = np.empty(grid.shape, dtype=np.uint8)
    counts = sub_slices(grid)
    for chunk in chunks(grid, counts):
        fine = chunk.fine(grid, counts)
        canvas = Greys(fine.shape, float(np.mean(fine.spacing)), looks)
        paint(canvas, anatomy, fine)
        values, middle = canvas.values, canvas.tissues
        for axis, count in enumerate(counts):
            if count > 1:
                values = average_slices(values, axis, count, count, softness)
                middle = np.take(middle, count + count // 2 + count * np.arange(chunk.shape[axis]), axis=axis)
        image[chunk.where], tissues[chunk.where] = values, middle
    return image, tissues


@dataclass(frozen=True)
class Chunk:
    """A part of a grid that is painted at once."""

    start: tuple[int, ...]
    shape: tuple[int, ...]

    @property
    def where(self) -> tuple[slice, ...]:
        """Index expression of the part."""
        return tuple(slice(a, a + n) for a, n in zip(self.start, self.shape, strict=True))

    def fine(self, grid: Grid, counts: tuple[int, ...]) -> Grid:
        """Return the sub-voxels: `counts` per voxel along each axis, and one voxel more at each end where this is not 1."""
        many = np.array(counts)
        extra = (many > 1).astype(int)
        affine = grid.ijk_to_ras.copy()
        affine[:3, :3] /= many
        affine[:3, 3] = grid.to_ras(np.array(self.start) - extra - 0.5 + 0.5 / many)
        i, j, k = ((np.array(self.shape) + 2 * extra) * many).tolist()
        return Grid((i, j, k), affine)


def sub_slices(grid: Grid) -> tuple[int, ...]:
    """Return into how many sub-voxels a voxel is cut along each axis: thick slices are, square pixels are not."""
    finest = max(FINE, float(grid.spacing.min()))
    return tuple(max(int(np.rint(each / finest)), 1) for each in grid.spacing)


def chunks(grid: Grid, counts: tuple[int, ...]) -> Iterator[Chunk]:
    """Cut a grid into parts of about `CHUNK` sub-voxels across its longest axis that has no sub-slices."""
    longest = max(range(3), key=lambda axis: (counts[axis] == 1, grid.shape[axis]))
    layer = float(np.prod([(n + 2 * (c > 1)) * c for n, c in zip(grid.shape, counts, strict=True)])) / grid.shape[longest]
    step = max(int(CHUNK / layer), 1)
    for first in range(0, grid.shape[longest], step):
        start, shape = [0, 0, 0], list(grid.shape)
        start[longest], shape[longest] = first, min(step, grid.shape[longest] - first)
        yield Chunk(tuple(start), tuple(shape))


def in_plane(grid: Grid) -> tuple[int, ...]:
    """Return the axes with the smaller voxels: the plane an MR is taken in."""
    thick = int(np.argmax(np.round(grid.spacing, 6)))  # axes of one size must not be told apart by rounding
    return tuple(axis for axis in range(3) if axis != thick)


def ahead_of_spine(grid: Grid, spine: Spine) -> npt.NDArray[np.float32]:
    """Return how far every voxel lies in front of the middle of the spine, mm, as an array that broadcasts to the grid."""
    anterior = spine.rotation[:, 1]
    middle = np.mean([frame.origin for frame in spine.frames.values()], axis=0)
    steps = anterior @ grid.ijk_to_ras[:3, :3]
    counts = [n if step else 1 for n, step in zip(grid.shape, steps, strict=True)]
    i, j, k = np.ix_(*(np.arange(n, dtype=np.float32) * np.float32(step) for n, step in zip(counts, steps, strict=True)))
    return np.asarray(i + j + k + np.float32(anterior @ (grid.ijk_to_ras[:3, 3] - middle)))


def add_texture(
    image: Image, tissues: npt.NDArray[np.uint8], looks: Look, grid: Grid, spine: Spine, rng: np.random.Generator
) -> None:
    """Add to every tissue its textures."""
    along = np.abs(spine.rotation[:, 2] @ grid.ijk_to_ras[:3, :3]) / grid.spacing
    for sizes, (across_mm, along_mm) in zip(looks.texture, TEXTURE_MM, strict=True):
        scales = np.where(along > 0.7, along_mm, across_mm) / grid.spacing
        part = texture((min(len(image), TILE), *image.shape[1:]), scales, rng, skew=along_mm > 2.0 * across_mm)
        for first in range(0, len(image), TILE):
            slab = slice(first, first + TILE)
            image[slab] += part[: len(image[slab])] * sizes[tissues[slab]]
    if looks.mean[0] >= 0:
        np.maximum(image, 0.0, out=image)
