"""From what lies in the way of the rays to a film as it is stored: scatter, noise, blur, grey scale, shutters."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy.ndimage import gaussian_filter, zoom

from .spec import RadiographSpec

Image = npt.NDArray[np.float32]
Mask = npt.NDArray[np.bool_]

_SCATTER_PX = 24
_COARSE = 8
_LEAST_OPEN = 0.55
_BRIGHT = 3.0


def develop(total: Image, openings: Mask, rng: np.random.Generator, spec: RadiographSpec) -> Image:
    """Return a film of what is in the way of the rays.

    Parameters
    ----------
    total : (rows, columns) array
        Attenuation times way, no unit.
    openings : (rows, columns) array of bool
        What the shutters leave open: what is seen there decides on the grey scale.

    Returns
    -------
    (rows, columns) array of float32
        Larger where more is in the way, from 0 to 1, of any contrast.
    """
    primary = np.exp(-(total - total.min()))
    # what is beside the person scatters nothing
    within = np.minimum(primary, _BRIGHT * np.median(primary))
    scattered = _blurred_widely(within) * np.float32(rng.uniform(*spec.scatter))
    seen = gaussian_filter(primary + scattered, rng.uniform(*spec.blur))
    noise = rng.standard_normal(seen.shape, dtype=np.float32)
    darkest = float(np.percentile(seen[openings], 10.0))
    noisy = seen + noise * np.sqrt(seen * np.float32(darkest)) * np.float32(rng.uniform(*spec.noise))
    grey = -np.log(np.maximum(noisy, 0.2 * darkest))
    if rng.random() < 0.5:
        sharp = np.float32(rng.uniform(*spec.sharpened))
        grey = grey + sharp * (grey - gaussian_filter(grey, rng.uniform(1.0, 6.0)))
    low, high = (float(each) for each in np.percentile(grey[openings], _cut(rng, spec)))
    scaled = np.clip((grey - low) / max(high - low, 1e-6), 0.0, 1.0)
    return np.asarray(scaled ** np.float32(np.exp(rng.uniform(*np.log(spec.gamma)))), dtype=np.float32)


def _cut(rng: np.random.Generator, spec: RadiographSpec) -> tuple[float, float]:
    low, high = rng.uniform(0.0, 100.0 * np.array(spec.clipped))
    return low, 100.0 - high


def _blurred_widely(image: Image) -> Image:
    """Return an image blurred by a quarter of a usual film's bones, computed on few pixels."""
    rows, columns = (size // _COARSE * _COARSE for size in image.shape)
    small = image[:rows, :columns].reshape(rows // _COARSE, _COARSE, columns // _COARSE, _COARSE).mean(axis=(1, 3))
    soft = gaussian_filter(small, _SCATTER_PX / _COARSE)
    factors = [size / few for size, few in zip(image.shape, soft.shape, strict=True)]
    return np.asarray(zoom(soft, factors, order=1, grid_mode=True, mode="nearest"), dtype=np.float32)


def smooth_field(shape: tuple[int, int], size_px: float, rng: np.random.Generator) -> Image:
    """Return smooth random numbers of about unit spread whose hills are some pixels wide."""
    nodes = [max(4, int(size / size_px) + 3) for size in shape]
    coarse = rng.standard_normal(nodes, dtype=np.float32)
    factors = [size / few for size, few in zip(shape, nodes, strict=True)]
    return np.asarray(zoom(coarse, factors, order=2, grid_mode=True, mode="nearest"), dtype=np.float32)


def shutters(size: tuple[int, int], rng: np.random.Generator, spec: RadiographSpec) -> Mask:
    """Return which pixels (rows, columns) the shutters leave open: all, or those of a rectangle that may be turned a little."""
    rows, columns = size
    if rng.random() > spec.collimated:
        return np.ones(size, dtype=np.bool_)
    y, x = np.meshgrid(np.linspace(-1.0, 1.0, rows), np.linspace(-1.0, 1.0, columns), indexing="ij")
    angle = np.radians(rng.normal(0.0, 1.5))
    u, v = x * np.cos(angle) + y * np.sin(angle), y * np.cos(angle) - x * np.sin(angle)
    left, right, top, bottom = rng.uniform(_LEAST_OPEN, 1.3, 4)
    return np.asarray((u > -left) & (u < right) & (v > -top) & (v < bottom))
