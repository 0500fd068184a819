"""What a scanner does to a perfect picture: pure functions of arrays."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import numpy.typing as npt

from .linear import along, cosines, wrapped_gaussian

Image = npt.NDArray[np.float32]

TILE = 128
"""Textures repeat after so many voxels."""

STREAK_HU = 40.0
"""Strength of the streaks of metal: HU per mm of it, squared by the length of the ray."""


def slice_weights(count: int, softness: float) -> npt.NDArray[np.float32]:
    """Return the weights of sub-slices in a slice and half of each neighbour.

    Parameters
    ----------
    count : int
        Sub-slices per slice.
    softness : float
        Width of the flanks as a share of the slice spacing; 0 gives a sharp slice.

    Returns
    -------
    (2 * count,) or, for odd `count`, (2 * count - 1,) array
        Symmetric weights with sum 1, centred on the slice.
    """
    length = 2 * count - count % 2
    place = (np.arange(length) - (length - 1) / 2) / count
    if softness == 0.0:
        weights = (np.abs(place) < 0.5).astype(np.float64)
    else:
        weights = np.array([math.erfc(each) for each in (np.abs(place) - 0.5) / softness])
    return np.asarray(weights / weights.sum(), dtype=np.float32)


def average_slices(fine: Image, axis: int, count: int, margin: int, softness: float) -> Image:
    """Average sub-slices to slices along one axis.

    Parameters
    ----------
    fine : (..., margin + n * count + margin, ...) array
        Sub-slices, with `margin` further ones at each end.
    axis, count, margin : int
        Which axis, how many sub-slices per slice, how many extra.
    softness : float
        See `slice_weights`.
    """
    weights = slice_weights(count, softness)
    slices = (fine.shape[axis] - 2 * margin) // count
    first = margin - (len(weights) - count) // 2
    matrix = np.zeros((slices, fine.shape[axis]), dtype=np.float32)
    for n in range(slices):
        matrix[n, first + n * count : first + n * count + len(weights)] = weights
    return np.asarray(along(matrix, fine, axis), dtype=np.float32)


def texture(shape: tuple[int, ...], scales: npt.ArrayLike, rng: np.random.Generator, skew: bool = False) -> Image:
    """Return smooth noise of mean 0 and standard deviation 1 that repeats every `TILE` voxels.

    Parameters
    ----------
    shape : tuple of int
        Of the result.
    scales : (3,) array_like
        Standard deviation of the smoothing along each axis, voxels.
    rng : numpy.random.Generator
        Source of chance.
    skew : bool
        Whether single bright spots stand out, as fat does in muscle (log-normal), or bright and dark are alike (normal).
    """
    tile = rng.standard_normal([min(n, TILE) for n in shape], dtype=np.float32)
    for axis, scale in enumerate(np.asarray(scales, dtype=np.float64).tolist()):
        tile = along(wrapped_gaussian(tile.shape[axis], scale), tile, axis)
    if skew:
        tile = np.exp(tile * np.float32(0.7) / max(float(tile.std()), 1e-6))
    tile -= tile.mean()
    tile /= max(float(tile.std()), 1e-6)
    repeats = [-(-n // m) for n, m in zip(shape, tile.shape, strict=True)]
    return np.asarray(np.tile(tile, repeats)[tuple(slice(0, n) for n in shape)])


def smooth_field(shape: tuple[int, ...], size: float, rng: np.random.Generator) -> Image:
    """Return a factor around 1 that varies slowly: exp of a few cosines of amplitude `size` in all."""
    axes = [np.linspace(0.0, 1.0, n, dtype=np.float32) for n in shape]
    waves, phases = rng.uniform(0.5, 1.5, (3, 3)), rng.uniform(0.0, 2 * np.pi, (3, 3))
    field = np.zeros(shape, dtype=np.float32)
    for wave, phase in zip(waves, phases, strict=True):
        cosines = (np.cos(np.pi * w * t + p).astype(np.float32) for w, t, p in zip(wave, axes, phase, strict=True))
        i, j, k = np.ix_(*cosines)
        field += i * j * k
    return np.asarray(np.exp(np.float32(size / 3.0) * field))


def coil_shading(ahead: npt.NDArray[np.floating[Any]], strength: float) -> Image:
    """Return the sensitivity of coils behind the back against that at the spinal canal.

    Parameters
    ----------
    ahead : array
        How far each voxel lies in front of the middle of the spine, mm.
    strength : float
        0 for a homogeneous coil, 1 for a usual spine coil.
    """
    fall = 1.0 + ((np.asarray(ahead, dtype=np.float32) + 85.0) / 120.0) ** 2
    return np.asarray((fall / (1.0 + (60.0 / 120.0) ** 2)) ** np.float32(-strength), dtype=np.float32)


def ring(image: Image, axis: int, share: float) -> Image:
    """Leave out the outer `share` of k-space along one axis, which makes edges ring (Gibbs)."""
    size = image.shape[axis]
    left_out = cosines(size, max(int(size * (1.0 - share)), 1))  # even beyond both ends, so that these do not ring
    return np.asarray(image - along(left_out.T, along(left_out, image, axis), axis), dtype=np.float32)


def rician(image: Image, sd: float, rng: np.random.Generator) -> Image:
    """Return the magnitude after adding noise to both channels (Gudbjartsson and Patz 1995)."""
    real = rng.standard_normal(image.shape, dtype=np.float32)
    real *= np.float32(sd)
    real += image
    other = rng.standard_normal(image.shape, dtype=np.float32)
    other *= np.float32(sd)
    real *= real
    other *= other
    real += other
    return np.asarray(np.sqrt(real, out=real))


def gaussian(image: Image, sd: float, rng: np.random.Generator) -> Image:
    """Add Gaussian noise."""
    noise = rng.standard_normal(image.shape, dtype=np.float32)
    noise *= np.float32(sd)
    noise += image
    return noise


def shift(image: Image, voxels: Image, axis: int) -> Image:
    """Move signal along one axis: what lies at i appears at i + voxels; where it is squeezed together it piles up.

    Parameters
    ----------
    image, voxels : arrays of one shape
        Signal, and by how many voxels it moves.
    axis : int
        Along which axis.
    """
    size = image.shape[axis]
    index = np.arange(size, dtype=np.float32).reshape([-1 if n == axis else 1 for n in range(image.ndim)])
    place = np.clip(index + voxels, 0.0, size - 1.0)
    low = np.floor(place).astype(np.int64)
    part = place - low
    flat = _flat_index(image.shape, axis)
    stride = int(np.prod(image.shape[axis + 1 :]))
    moved = np.zeros(image.size, dtype=np.float64)
    for node, weight in ((low, 1.0 - part), (np.minimum(low + 1, size - 1), part)):
        moved += np.bincount((flat + node * stride).ravel(), (image * weight).ravel(), minlength=image.size)
    return np.asarray(moved.reshape(image.shape), dtype=np.float32)


def _flat_index(shape: tuple[int, ...], axis: int) -> npt.NDArray[np.int64]:
    """Flat index of the first voxel of the line along `axis` that each voxel lies on."""
    index = np.arange(int(np.prod(shape)), dtype=np.int64).reshape(shape)
    return np.asarray(np.take(index, [0], axis=axis))


def dephase(image: Image, voxels: Image) -> Image:
    """Lose signal where a displacement (in voxels) changes from voxel to voxel."""
    change = sum(
        (np.abs(np.gradient(voxels, axis=axis)) for axis in range(voxels.ndim) if voxels.shape[axis] > 1), np.float32(0)
    )
    return np.asarray(image * np.exp(-1.5 * np.maximum(np.asarray(change) - 0.3, 0.0)), dtype=np.float32)


def metal_streaks(metal: npt.NDArray[np.bool_], spacing: tuple[float, float], angles: int = 120) -> Image:
    """Return the streaks that metal makes in one plane of a CT, in HU.

    Parameters
    ----------
    metal : (m, n) array of bool
        Where the metal lies.
    spacing : (2,) tuple
        Size of the pixels, mm.
    angles : int
        Views that are filtered and projected back.

    Notes
    -----
    Beam hardening makes rays through much metal look too transparent, by the square of the length in it; the error of each
    view is filtered and projected back as the scanner does with the rest (De Man 1999, IEEE Trans Nucl Sci 46:691).
    """
    places = [(np.arange(n) - (n - 1) / 2) * step for n, step in zip(metal.shape, spacing, strict=True)]
    inside = np.nonzero(metal)
    bin_mm = min(spacing)
    half = float(np.hypot(places[0][-1], places[1][-1])) + 2.0 * bin_mm
    count = 2 * int(half / bin_mm) + 1
    frequency = np.abs(np.fft.rfftfreq(2 * count, bin_mm))
    total = np.zeros(metal.shape)
    for angle in np.arange(angles) * np.pi / angles:
        c, s = np.cos(angle), np.sin(angle)
        ray = np.rint((places[0][inside[0]] * c + places[1][inside[1]] * s) / bin_mm).astype(int) + count // 2
        length = np.bincount(ray, minlength=count) * (spacing[0] * spacing[1] / bin_mm)
        view = np.fft.irfft(np.fft.rfft(length**2, 2 * count) * frequency, 2 * count)[:count]
        at = (places[0][:, None] * c + places[1][None, :] * s) / bin_mm + count // 2
        low = at.astype(int)
        total += view[low] + (at - low) * (view[low + 1] - view[low])
    return np.asarray(total * (-STREAK_HU * np.pi / angles), dtype=np.float32)
