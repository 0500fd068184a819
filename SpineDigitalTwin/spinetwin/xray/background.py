"""What lies before and behind the bones on a film: soft tissue, which changes slowly across it.

It is a sheet of cubic B-splines whose knots are some centimetres apart (`SPACING_MM`). The sheet is a product of splines along
the columns and splines along the rows, so that its equations cost little even on a film of the whole spine.

References
----------
Eilers PHC, Currie ID, Durban M (2006) Fast and compact smoothing on large multidimensional grids. Comput Stat Data Anal 50:61.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from ..geometry import FloatArray, IntArray

SPACING_MM = 18.0
"""Of the knots, at the patient: half a vertebral body, so that the skin line behind the spinous processes can be followed."""

_DEGREE = 3


@dataclass(frozen=True)
class Background:
    """A basis of slow changes across a film.

    Attributes
    ----------
    down, across : (rows, a) and (columns, b) arrays
        Splines along the rows and the columns; function number i * b + j is down[:, i] times across[:, j].
    """

    down: FloatArray
    across: FloatArray

    @property
    def count(self) -> int:
        """Number of functions."""
        return int(self.down.shape[1] * self.across.shape[1])

    def values(self, factors: FloatArray) -> FloatArray:
        """Return the sheet (rows, columns) with these factors (count,)."""
        return np.asarray(self.down @ factors.reshape(self.down.shape[1], -1) @ self.across.T)

    def products(self, images: FloatArray, where: tuple[slice, slice] = (slice(None), slice(None))) -> FloatArray:
        """Return the sums of images (rows, columns, k), a rectangle of the film, times each function: (count, k)."""
        rows, columns, count = images.shape
        first = self.down[where[0]].T @ images.reshape(rows, -1)
        second = np.matmul(self.across[where[1]].T, first.reshape(-1, columns, count))
        return np.asarray(second.reshape(-1, count))

    def matrix(self, weights: FloatArray) -> FloatArray:
        """Return the sums of weights (rows, columns) times each pair of functions, (count, count)."""
        (i, j, down), (k, m, across) = self._pairs
        a, b = self.down.shape[1], self.across.shape[1]
        total = np.zeros((a, b, a, b))
        total[i[:, None], k, j[:, None], m] = down.T @ (weights @ across)
        return total.reshape(a * b, a * b)

    @cached_property
    def _pairs(self) -> tuple[tuple[IntArray, IntArray, FloatArray], ...]:
        """Which splines overlap, along the rows and the columns, and their products."""
        found = []
        for splines in (self.down, self.across):
            first, second = np.nonzero(splines.T @ splines)
            found.append((first, second, splines[:, first] * splines[:, second]))
        return tuple(found)


def background(size: tuple[int, int], pixel_mm: float) -> Background:
    """Return the basis for a film of so many rows and columns."""
    down, across = (_splines(count, pixel_mm) for count in size)
    return Background(down, across)


def _splines(count: int, pixel_mm: float) -> FloatArray:
    """Return cubic B-splines (count, k) on evenly spaced knots over a row of pixels."""
    from scipy.interpolate import BSpline

    pieces = max(1, round(count * pixel_mm / SPACING_MM))
    # multiplied before it is divided: so the last pixel lies on its knot exactly, and never a rounding error beyond it
    knots = max(count - 1, 1) * np.arange(-_DEGREE, pieces + _DEGREE + 1) / pieces
    return np.asarray(BSpline.design_matrix(np.arange(count, dtype=np.float64), knots, _DEGREE).toarray())
