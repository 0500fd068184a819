"""The stream of procedural pairs that the network is trained on, and the patches cut from them.

Pair n depends on the seed and n alone, and patch n on the seed, n and the pairs then in the ring, so that a training that was
broken off goes on as if it had not been.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor

import numpy as np
import numpy.typing as npt
from recipe import LABELS, MIRRORED, Recipe
from scipy import ndimage
from spinetwin.phantom import training_pair
from spinetwin.segmentation.embedded.lattice import SMOOTHING

Image = npt.NDArray[np.float32]
Channels = npt.NDArray[np.uint8]

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


def stream(recipe: Recipe, start: int, workers: int) -> Iterator[tuple[Image, Channels]]:
    """Yield pairs from number `start` on, made by other processes ahead of time."""
    with ProcessPoolExecutor(workers) as makers:
        coming = deque(makers.submit(pair, recipe, number) for number in range(start, start + 2 * workers))
        number = start + len(coming)
        try:
            while True:
                yield coming.popleft().result()
                coming.append(makers.submit(pair, recipe, number))
                number += 1
        finally:
            makers.shutdown(wait=False, cancel_futures=True)


class Patches:
    """Batches of patches, from the step at which training begins or goes on.

    Parameters
    ----------
    recipe : Recipe
    step : int
        First step that is asked for.
    workers : int
        Processes that make pairs.
    """

    def __init__(self, recipe: Recipe, step: int, workers: int) -> None:
        self._recipe = recipe
        self._next = max(0, self._needed(step) - recipe.ring)
        self._stream = stream(recipe, self._next, workers)
        self._ring: deque[tuple[Image, Channels]] = deque(maxlen=recipe.ring)

    def _needed(self, step: int) -> int:
        """Return how many pairs have been made when a step is taken."""
        recipe = self._recipe
        return min(recipe.ring, 8 + step) + int(step * recipe.batch / recipe.reuse)

    def batch(self, step: int) -> tuple[Image, npt.NDArray[np.int64]]:
        """Return images (n, 1, i, j, k) and channels (n, i, j, k) for a step; steps are asked for in turn."""
        while self._next < self._needed(step):
            self._ring.append(next(self._stream))
            self._next += 1
        rng = np.random.default_rng([self._recipe.seed, step, 1])
        drawn = [cut(*self._ring[rng.integers(len(self._ring))], self._recipe, rng) for _ in range(self._recipe.batch)]
        images, channels = (np.stack(each) for each in zip(*drawn, strict=True))
        return images[:, None], channels.astype(np.int64)

    def close(self) -> None:
        """End the processes."""
        self._stream.close()


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
