"""From what the network says to vertebrae on a film: centres, and the landmarks of each."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ...geometry import FloatArray
from .contrast import Float32

STRIDE = 4
"""Pixels along an edge of a cell of heatmaps and offsets."""

LEAST = 0.3
"""Least height of the peak of a centre."""

_APART = 2
"""Cells around a peak in which there is no other."""

_FOLLOWED = 2.5
"""A landmark moves to the peak of its own heatmap if that is at most so many cells from where the centre says."""

_NEAR = 1.5
"""Standard deviation of what the centre says, cells: it decides between two peaks."""

_SURE = 0.2
"""Least height of such a peak."""


@dataclass(frozen=True)
class Spotted:
    """A vertebra on one film.

    Attributes
    ----------
    centre : (2,) array
        Column and row of the middle of the body.
    marks : (7, 2) array
        Of its landmarks, in the order of `LANDMARKS`.
    height : float
        Of the peak of its centre, 0 to 1.
    heights : (7,) array
        Of the peaks that the landmarks were moved to; 0 where there is none, and the offset from the centre stands.
    """

    centre: FloatArray
    marks: FloatArray
    height: float
    heights: FloatArray


def spotted(heat: Float32, offsets: Float32, least: float = LEAST) -> list[Spotted]:
    """Return the vertebrae, from the top.

    Parameters
    ----------
    heat : (1 + k, rows, columns) array
        Chances of centre and landmarks, cells.
    offsets : (2 k, rows, columns) array
        Where landmarks lie from a centre, cells: column and row of each.
    least : float
        Least height of a centre.

    Returns
    -------
    list of Spotted
        Pixels of the film.
    """
    tops = [peaks(each, _SURE) for each in heat[1:]]
    found = []
    for row, column in peaks(heat[0], least):
        here = np.array([column, row], dtype=np.float64)
        guesses = here + offsets[:, row, column].reshape(-1, 2)
        moved = [_followed(*each) for each in zip(heat[1:], tops, guesses, strict=True)]
        marks, heights = np.array([at for at, _ in moved]), np.array([height for _, height in moved])
        centre = here + _beside(heat[0], row, column)
        found.append(Spotted(_pixels(centre), _pixels(marks), float(heat[0, row, column]), heights))
    return sorted(found, key=lambda each: float(each.centre[1]))


def peaks(image: Float32, least: float) -> list[tuple[int, int]]:
    """Return rows and columns of cells that are higher than all around them, and at least so high."""
    from scipy.ndimage import maximum_filter

    top = (image >= maximum_filter(image, 2 * _APART + 1)) & (image >= least)
    return [(int(row), int(column)) for row, column in np.argwhere(top)]


def _followed(heat: Float32, tops: list[tuple[int, int]], guess: FloatArray) -> tuple[FloatArray, float]:
    """Return the place and height of the peak that a guess means: a high one near it. The guess and 0 where there is none."""
    best, found = 0.0, (guess, 0.0)
    for row, column in tops:
        apart, height = float(np.hypot(column - guess[0], row - guess[1])), float(heat[row, column])
        likely = height * float(np.exp(-0.5 * (apart / _NEAR) ** 2))
        if apart <= _FOLLOWED and likely > best:
            best, found = likely, (np.array([column, row]) + _beside(heat, row, column), height)
    return found


def _beside(heat: Float32, row: int, column: int) -> FloatArray:
    """Return by how much the top of a spot lies beside its highest cell: a parabola through the logarithms, (2,) cells."""
    found = np.zeros(2)
    rows, columns = heat.shape
    for axis, (here, size) in enumerate(((column, columns), (row, rows))):
        if 0 < here < size - 1:
            line = heat[row, here - 1 : here + 2] if axis == 0 else heat[here - 1 : here + 2, column]
            before, middle, after = (float(each) for each in np.log(np.maximum(line, 1e-6)))
            bend = before - 2 * middle + after
            if bend < 0:
                found[axis] = np.clip(0.5 * (before - after) / bend, -0.5, 0.5)
    return found


def _pixels(cells: FloatArray) -> FloatArray:
    """Return places on the film; the middle of the first cell is the middle of its pixels."""
    return np.asarray((cells + 0.5) * STRIDE - 0.5)
