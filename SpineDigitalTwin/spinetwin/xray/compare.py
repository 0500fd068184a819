"""How far a guess is from one film, and what would make it nearer: residuals and normal equations.

A film is gain times the way through bone, plus a background that changes slowly across the film (soft tissue): a polynomial of
the second degree. Gain and background are linear; they are solved for every guess and eliminated from the equations of the
vertebrae.

References
----------
Golub G, Pereyra V (2003) Separable nonlinear least squares: the variable projection method. Inverse Problems 19:R1.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ..geometry import FloatArray
from .drr import Patch, path_derivative, path_lengths
from .films import Film
from .pose import POSE, velocities
from .shapes import Posed

_REWEIGHTED = 3


@dataclass(frozen=True)
class Target:
    """A film as one stage sees it.

    Attributes
    ----------
    film : Film
    weights : (rows, columns) array
        How much each pixel counts; zero away from the vertebrae.
    background : (rows, columns, b) array
        Polynomials.
    robust_mm : float
        See `Stage`.
    factor : int
        How many pixels of the film that was read lie along one of this one.
    first : (int, int)
        Column and row, in the larger pixels, where this part of the film begins.
    """

    film: Film
    weights: FloatArray
    background: FloatArray
    robust_mm: float
    factor: int
    first: tuple[int, int]

    def pixels(self, read: FloatArray) -> FloatArray:
        """Return columns and rows (..., 2) on this film from those on the film that was read."""
        return np.asarray((read - (self.factor - 1) / 2) / self.factor - self.first)


@dataclass(frozen=True)
class Compared:
    """A guess beside a film.

    Attributes
    ----------
    path : (rows, columns) array
        Way through bone, mm.
    gain : float
        Film values for a mm of bone.
    behind : (rows, columns) array
        The background, in film values.
    residual : (rows, columns) array
        Guess minus film as mm of bone.
    counted : (rows, columns) array
        Weight of each pixel, less where the residual is large.
    cost : float
        mm^2.
    """

    path: FloatArray
    gain: float
    behind: FloatArray
    residual: FloatArray
    counted: FloatArray
    cost: float


def polynomials(rows: int, columns: int) -> FloatArray:
    """Return the six polynomials of the second degree across a film, (rows, columns, 6)."""
    y, x = np.meshgrid(np.linspace(-1, 1, rows), np.linspace(-1, 1, columns), indexing="ij")
    return np.stack([np.ones_like(x), x, y, x * x, x * y, y * y], axis=2)


def compare(target: Target, vertebrae: Sequence[Posed]) -> Compared:
    """Render a guess and fit gain and background, residuals counted less where they are large."""
    path = path_lengths(target.film.camera, [each.surface for each in vertebrae])
    used = target.weights > 0
    known = np.concatenate([path[used][:, None], target.background[used]], axis=1)
    film, weights = target.film.values[used], target.weights[used]
    counted, factors = weights, np.zeros(known.shape[1])
    for _ in range(_REWEIGHTED):
        heavy = known * counted[:, None]
        factors = np.linalg.lstsq(heavy.T @ known, heavy.T @ film, rcond=None)[0]
        unit = max(abs(float(factors[0])), 1e-12)
        residual = (known @ factors - film) / unit
        counted = weights / np.sqrt(1.0 + (residual / target.robust_mm) ** 2)
    bend = np.sqrt(1.0 + (residual / target.robust_mm) ** 2) - 1.0
    cost = 2.0 * target.robust_mm**2 * float(weights @ bend)
    whole, heavy_whole = np.zeros_like(path), np.zeros_like(path)
    whole[used], heavy_whole[used] = residual, counted
    return Compared(path, float(factors[0]), target.background @ factors[1:], whole, heavy_whole, cost)


def normal_equations(
    target: Target, compared: Compared, vertebrae: Sequence[Posed], modes: int
) -> tuple[FloatArray, FloatArray]:
    """Return matrix and gradient of the sum of squares, for 6 + `modes` parameters of each vertebra one after the other."""
    size = POSE + modes
    total, slope = np.zeros((size * len(vertebrae),) * 2), np.zeros(size * len(vertebrae))
    patches = [_derivative(target, each, modes) for each in vertebrae]
    linear = np.concatenate([compared.path[:, :, None], target.background], axis=2)
    mixed = np.zeros((len(slope), linear.shape[2]))
    for place, patch in enumerate(patches):
        mine = slice(place * size, (place + 1) * size)
        flat = patch.values.reshape(-1, size)
        weight = compared.counted[patch.where].reshape(-1, 1)
        heavy = flat * weight
        total[mine, mine] += heavy.T @ flat
        slope[mine] += heavy.T @ compared.residual[patch.where].ravel()
        mixed[mine] = heavy.T @ linear[patch.where].reshape(-1, linear.shape[2])
        for other in range(place):
            theirs = slice(other * size, (other + 1) * size)
            block = _shared(patch, patches[other], compared.counted)
            total[mine, theirs] += block
            total[theirs, mine] += block.T
    own = (linear * compared.counted[:, :, None]).reshape(-1, linear.shape[2]).T @ linear.reshape(-1, linear.shape[2])
    total -= mixed @ np.linalg.pinv(own, hermitian=True) @ mixed.T
    return total, slope


def _derivative(target: Target, posed: Posed, modes: int) -> Patch:
    surface = posed.surface
    moves = velocities(posed, surface.vertices, posed.model.modes[:, :, :modes])
    return path_derivative(target.film.camera, surface, moves)


def _shared(first: Patch, second: Patch, counted: FloatArray) -> FloatArray:
    """Return the block of the matrix where two patches overlap."""
    spans = [
        (max(a.start, b.start), max(min(a.stop, b.stop), max(a.start, b.start)))
        for a, b in zip(first.where, second.where, strict=True)
    ]
    where = tuple(slice(*span) for span in spans)
    parts = []
    for patch in (first, second):
        inner = tuple(slice(a.start - b.start, a.stop - b.start) for a, b in zip(where, patch.where, strict=True))
        parts.append(patch.values[inner].reshape(-1, patch.values.shape[2]))
    return np.asarray((parts[0] * counted[where].reshape(-1, 1)).T @ parts[1])
