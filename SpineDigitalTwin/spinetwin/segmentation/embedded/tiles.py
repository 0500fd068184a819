"""A large array seen by a network in windows that overlap."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import product

import numpy as np

from .lattice import Float32, Slab

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


def slabs_of(image: Float32, run: Run, window: tuple[int, int, int], channels: int) -> Iterator[Slab]:
    """Yield the share of each channel at every voxel, averaged over windows that count most in their middle.

    The shares of all channels take more memory than all else: they are handed on slab by slab, as soon as no window that is
    still to come reaches there.

    Parameters
    ----------
    image : (i, j, k) array
    run : callable
        The network.
    window : (3,) tuple of int
        What it sees at once.
    channels : int
        How many scores it gives.

    Yields
    ------
    Slab
        Their shares add up to one at every voxel.
    """
    padded, inside = _padded(image, window)
    importance = _importance(window)
    blocks = windows(padded.shape, window)
    starts = sorted({block[1].start for block in blocks})
    total = np.zeros((channels, padded.shape[0], window[1], padded.shape[2]), np.float32)
    weight = np.zeros(padded[:, : window[1]].shape, np.float32)
    before: Float32 = np.zeros((channels, image.shape[0], 0, image.shape[2]), np.float32)
    first = 0
    for start, following in zip(starts, (*starts[1:], starts[-1] + window[1]), strict=True):
        for i, j, k in blocks:
            if j.start != start:
                continue
            total[:, i, :, k] += softmax(run(padded[i, j, k])) * importance
            weight[i, :, k] += importance
        ready = slice(inside[1].start, min(following - start, inside[1].stop))
        shares = total[:, inside[0], ready, inside[2]] / weight[inside[0], ready, inside[2]]
        yield first - before.shape[2], np.concatenate([before, shares], axis=2)
        first += shares.shape[2]
        before = shares[:, :, -1:]
        _move_on(total, following - start)
        _move_on(weight, following - start)


def _padded(image: Float32, window: tuple[int, int, int]) -> tuple[Float32, tuple[slice, slice, slice]]:
    """Return an array at least as large as the window, whose borders go on, and where the image is in it."""
    missing = [max(0, wide - size) for size, wide in zip(image.shape, window, strict=True)]
    before = [each // 2 for each in missing]
    padded = np.pad(image, [(low, each - low) for low, each in zip(before, missing, strict=True)], mode="edge")
    i, j, k = (slice(low, low + size) for low, size in zip(before, image.shape, strict=True))
    # of an axis that is as long as the window or longer, all rows are of the image, however many
    return padded, (i, j if missing[1] else slice(0, padded.shape[1]), k)


def _move_on(sums: Float32, rows: int) -> None:
    """Drop the first rows of the last axis but one, and begin as many new ones."""
    kept = sums[..., rows:, :].copy()
    sums[..., : kept.shape[-2], :] = kept
    sums[..., kept.shape[-2] :, :] = 0.0


def softmax(scores: Float32) -> Float32:
    """Return scores (c, ...) as shares that add up to one."""
    shares = np.exp(scores - scores.max(axis=0))
    return np.asarray(shares / shares.sum(axis=0), dtype=np.float32)


def _importance(window: tuple[int, int, int]) -> Float32:
    """Return weights (i, j, k) that fall from the middle to the edges, where a network knows least."""
    i, j, k = (np.exp(-0.5 * (np.linspace(-1.0, 1.0, size) / 0.5) ** 2) for size in window)
    return np.asarray(i[:, None, None] * j[:, None] * k, dtype=np.float32)
