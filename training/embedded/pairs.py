"""The stream of procedural pairs that the network is trained on, and the patches cut from them.

Pair n depends on the seed and n alone, and patch n on the seed, n and the pairs then in the ring, so that a training that was
broken off goes on as if it had not been.
"""

from __future__ import annotations

from collections.abc import Generator, Sequence
from contextlib import closing
from itertools import count

import numpy as np
import numpy.typing as npt
from common.ahead import Ring
from scipy import ndimage
from spinetwin.phantom import training_pair
from spinetwin.segmentation.embedded.lattice import SMOOTHING

from .recipe import LABELS, MIRRORED, Recipe

Image = npt.NDArray[np.float32]
Channels = npt.NDArray[np.uint8]
Batch = tuple[Image, npt.NDArray[np.int64]]

HELD_OUT = 1_000_000_000
"""Number of the first pair that is never trained on."""
_CHANNEL = np.zeros(256, np.uint8)
_CHANNEL[list(LABELS)] = np.arange(len(LABELS))
_MIRROR = np.array([LABELS.index(MIRRORED.get(label, label)) for label in LABELS], np.uint8)


def pair(recipe: Recipe, number: int) -> tuple[Image, Channels]:
    """Return an image and the channel that is right for each of its voxels."""
    spec = recipe.pairs[number % len(recipe.pairs)]
    image, labels = training_pair(np.random.default_rng([recipe.seed, number]), spec)
    return thinned(image, _CHANNEL[labels], recipe.thinned)


def thinned(image: Image, channels: Channels, count: int) -> tuple[Image, Channels]:
    """Return every so many-th slice, smoothed before as the package smooths an image."""
    if count == 1:
        return image, channels
    smooth = ndimage.gaussian_filter1d(image, SMOOTHING * (count - 1), 2, mode="nearest")
    return np.ascontiguousarray(smooth[:, :, ::count]), np.ascontiguousarray(channels[:, :, ::count])


def batches(recipe: Recipe, start: int, workers: int) -> Generator[Batch, None, None]:
    """Yield images (n, 1, i, j, k) and channels (n, i, j, k) for each step from `start` on; other processes make pairs."""
    ring = Ring(pair, recipe, start, workers, ahead=2)
    with closing(ring):
        for step in count(start):
            yield batch(recipe, step, ring.at(step))


def batch(recipe: Recipe, step: int, made: Sequence[tuple[Image, Channels]]) -> Batch:
    """Return the patches of a step, cut from pairs."""
    rng = np.random.default_rng([recipe.seed, step, 1])
    drawn = [cut(*made[rng.integers(len(made))], recipe, rng) for _ in range(recipe.batch)]
    images, channels = (np.stack(each) for each in zip(*drawn, strict=True))
    return images[:, None], channels.astype(np.int64)


def cut(image: Image, channels: Channels, recipe: Recipe, rng: np.random.Generator) -> tuple[Image, Channels]:
    """Return a patch somewhere in a pair, mirrored half of the time, with grey values bent a little."""
    corner = [int(rng.integers(size - wanted + 1)) for size, wanted in zip(image.shape, recipe.patch, strict=True)]
    block = tuple(slice(first, first + wanted) for first, wanted in zip(corner, recipe.patch, strict=True))
    grey, right = image[block] ** np.float32(np.exp(rng.uniform(-0.3, 0.3))), channels[block]
    if rng.random() < 0.5:
        # the last axis of PIR runs from left to right
        grey, right = grey[:, :, ::-1], _MIRROR[right[:, :, ::-1]]
    if recipe.narrow and rng.random() < recipe.narrow:
        grey, right = narrowed(grey, right, rng)
    return np.ascontiguousarray(grey), np.ascontiguousarray(right)


def narrowed(grey: Image, right: Channels, rng: np.random.Generator) -> tuple[Image, Channels]:
    """Return a patch of which only some slices in the middle are an image: their borders go on, as the package pads them."""
    slices = int(rng.integers(10, grey.shape[2]))
    before = (grey.shape[2] - slices) // 2
    taken = np.clip(np.arange(grey.shape[2]), before, before + slices - 1)
    return grey[:, :, taken], right[:, :, taken]
