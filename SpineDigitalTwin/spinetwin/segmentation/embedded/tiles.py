"""A large array seen by a network in windows that overlap."""

from __future__ import annotations

from collections.abc import Callable
from itertools import product

import numpy as np
import numpy.typing as npt

Float32 = npt.NDArray[np.float32]
Run = Callable[[Float32], Float32]
"""Takes an image (i, j, k) and returns scores (c, i, j, k)."""

OVERLAP = 0.25
"""Share of a window that it has in common with the next, at least."""


def windows(shape: tuple[int, ...], window: tuple[int, ...]) -> list[tuple[slice, ...]]:
    """Return blocks of the size of the window that cover an array, evenly spread; the array is at least as large."""
    starts = []
    for size, wide in zip(shape, window, strict=True):
        count = 1 + int(np.ceil((size - wide) / (wide * (1.0 - OVERLAP))))
        starts.append(np.linspace(0, size - wide, count).round().astype(int))
    return [tuple(slice(a, a + wide) for a, wide in zip(corner, window, strict=True)) for corner in product(*starts)]


def shares_of(
    image: Float32,
    run: Run,
    window: tuple[int, int, int],
    channels: int,
    progress: Callable[[float], None] | None = None,
) -> Float32:
    """Return the share of each channel at every voxel, averaged over windows that count most in their middle.

    Parameters
    ----------
    image : (i, j, k) array
    run : callable
        The network.
    window : (3,) tuple of int
        What it sees at once.
    channels : int
        How many scores it gives.
    progress : callable, optional
        Called with the fraction that is done.

    Returns
    -------
    (channels, i, j, k) array
        Adds up to one at every voxel.
    """
    missing = [max(0, wide - size) for size, wide in zip(image.shape, window, strict=True)]
    before = [each // 2 for each in missing]
    padded = np.pad(image, [(low, each - low) for low, each in zip(before, missing, strict=True)], mode="edge")
    total = np.zeros((channels, *padded.shape), np.float32)
    weight = np.zeros(padded.shape, np.float32)
    importance = _importance(window)
    blocks = windows(padded.shape, window)
    for done, block in enumerate(blocks, start=1):
        total[(slice(None), *block)] += softmax(run(padded[block])) * importance
        weight[block] += importance
        if progress is not None:
            progress(done / len(blocks))
    total /= weight
    inside = tuple(slice(low, low + size) for low, size in zip(before, image.shape, strict=True))
    return total[(slice(None), *inside)]


def softmax(scores: Float32) -> Float32:
    """Return scores (c, ...) as shares that add up to one."""
    shares = np.exp(scores - scores.max(axis=0))
    return np.asarray(shares / shares.sum(axis=0), dtype=np.float32)


def _importance(window: tuple[int, int, int]) -> Float32:
    """Return weights (i, j, k) that fall from the middle to the edges, where a network knows least."""
    i, j, k = (np.exp(-0.5 * (np.linspace(-1.0, 1.0, size) / 0.5) ** 2) for size in window)
    return np.asarray(i[:, None, None] * j[:, None] * k, dtype=np.float32)
