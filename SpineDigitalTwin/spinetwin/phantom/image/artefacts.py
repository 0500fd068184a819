"""What a scanner does to a perfect picture: pure functions of arrays."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import fft, ndimage, special

Image = npt.NDArray[np.float32]

TILE = 128
"""Textures repeat after so many voxels."""


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
        weights = 0.5 * special.erfc((np.abs(place) - 0.5) / softness)
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
    return np.ascontiguousarray(np.moveaxis(np.tensordot(matrix, fine, axes=(1, axis)), 0, axis))


def texture(shape: tuple[int, ...], scales: npt.ArrayLike, rng: np.random.Generator) -> Image:
    """Return smooth noise of mean 0 and standard deviation 1 that repeats every `TILE` voxels.

    Parameters
    ----------
    shape : tuple of int
        Of the result.
    scales : (3,) array_like
        Standard deviation of the smoothing along each axis, voxels.
    rng : numpy.random.Generator
        Source of chance.
    """
    tile = rng.standard_normal([min(n, TILE) for n in shape], dtype=np.float32)
    tile = ndimage.gaussian_filter(tile, np.asarray(scales, dtype=np.float64), mode="wrap", truncate=3.0)
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
    n = image.shape[axis]
    padded = np.concatenate([image, np.flip(image, axis)], axis=axis)  # no step between the two ends
    spectrum = fft.rfft(padded, axis=axis)
    kept = max(int(n * (1.0 - share)), 1)
    spectrum[tuple(slice(kept, None) if each == axis else slice(None) for each in range(image.ndim))] = 0
    back = fft.irfft(spectrum, n=2 * n, axis=axis)
    return np.ascontiguousarray(back[tuple(slice(0, n) if each == axis else slice(None) for each in range(image.ndim))])


def rician(image: Image, sd: float, rng: np.random.Generator) -> Image:
    """Return the magnitude after adding noise to both channels (Gudbjartsson and Patz 1995)."""
    real = rng.standard_normal(image.shape, dtype=np.float32)
    real *= np.float32(sd)
    real += image
    other = rng.standard_normal(image.shape, dtype=np.float32)
    other *= np.float32(sd)
    return np.asarray(np.hypot(real, other, out=real))


def gaussian(image: Image, sd: float, rng: np.random.Generator) -> Image:
    """Add Gaussian noise."""
    noise = rng.standard_normal(image.shape, dtype=np.float32)
    noise *= np.float32(sd)
    noise += image
    return noise
