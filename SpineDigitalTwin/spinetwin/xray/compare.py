"""How far a guess is from one film, and what would make it nearer: residuals and normal equations.

A film is gain times the way through bone, plus another factor times the way through the marrow of the bodies, plus a background
(`background`). These factors are linear; they are solved for every guess and eliminated from the equations of the vertebrae.

References
----------
Golub G, Pereyra V (2003) Separable nonlinear least squares: the variable projection method. Inverse Problems 19:R1.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial

import numpy as np
from scipy.linalg import cho_factor, cho_solve, cholesky, solve_triangular

from ..geometry import FloatArray
from .background import Background
from .drr import Inside, Patch, path_derivative, path_forces, path_lengths
from .films import Film, means
from .pose import POSE, own_velocities
from .shapes import Posed

_REWEIGHTED = 3
_HELD = 1e-6
"""Keeps factors finite that no pixel tells of, as a share of the others."""


@dataclass(frozen=True)
class Target:
    """A film as one stage sees it.

    Attributes
    ----------
    film : Film
    weights : (rows, columns) array
        How much each pixel counts; zero away from the vertebrae.
    background : Background
    robust_mm : float
        See `Stage`.
    factor : int
        How many pixels of the film that was read lie along one of this one.
    first : (int, int)
        Column and row, in the larger pixels, where this part of the film begins.
    """

    film: Film
    weights: FloatArray
    background: Background
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
        Way through bone, mm; a mm of marrow counts for less, as the film says.
    gain : float
        Film values for a mm of bone.
    marrow : float
        What a mm through marrow adds to `path`: 0 where marrow is as dense as bone, -1 where it is not seen.
    behind : (rows, columns) array
        The background, in film values.
    residual : (rows, columns) array
        Guess minus film as mm of bone.
    counted : (rows, columns) array
        Weight of each pixel, less where the residual is large.
    cost : float
        mm^2.
    parts : (rows, columns, k) array
        Ways through bone and, if the models have one, through marrow, mm.
    """

    path: FloatArray
    gain: float
    marrow: float
    behind: FloatArray
    residual: FloatArray
    counted: FloatArray
    cost: float
    parts: FloatArray


def compare(target: Target, vertebrae: Sequence[Posed]) -> Compared:
    """Render a guess and fit gain, marrow and background, residuals counted less where they are large."""
    parts, film, counted = _parts(target, vertebrae), target.film.values, target.weights
    for _ in range(_REWEIGHTED):
        factors = _factors(target, parts, counted)
        ways, behind = factors[: parts.shape[2]], target.background.values(factors[parts.shape[2] :])
        unit = max(abs(float(ways[0])), 1e-12)
        residual = (parts @ ways + behind - film) / unit
        bend = np.sqrt(1.0 + (residual / target.robust_mm) ** 2)
        counted = target.weights / bend
    cost = 2.0 * target.robust_mm**2 * float((target.weights * (bend - 1.0)).sum())
    gain = float(ways[0])
    shares = ways / (gain or 1.0)
    marrow = float(shares[1]) if len(shares) > 1 else 0.0
    return Compared(parts @ shares, gain, marrow, behind, residual * (target.weights > 0), counted, cost, parts)


def _parts(target: Target, vertebrae: Sequence[Posed]) -> FloatArray:
    camera = target.film.camera
    bone = path_lengths(camera, [each.surface for each in vertebrae])
    cores = [core.placed(each.frame) for each in vertebrae if (core := each.core) is not None]
    return np.stack([bone, path_lengths(camera, cores)] if cores else [bone], axis=2)


def _factors(target: Target, parts: FloatArray, counted: FloatArray) -> FloatArray:
    """Return the factors of the parts and of the background that come nearest to the film."""
    own = linear_matrix(target.background, parts, counted)
    heavy = target.film.values * counted
    right = np.concatenate([np.einsum("rck,rc->k", parts, heavy), target.background.products(heavy[:, :, None])[:, 0]])
    scale = _scale(own)
    return np.asarray(cho_solve(cho_factor(_held(own, scale)), right / scale) / scale)


def _scale(own: FloatArray) -> FloatArray:
    return np.sqrt(np.maximum(np.diag(own), 1e-30))


def _held(own: FloatArray, scale: FloatArray) -> FloatArray:
    """Return a matrix of products with a diagonal of one and a little more, so that it can be solved."""
    return np.asarray(own / np.outer(scale, scale) + _HELD * np.eye(len(own)))


def linear_matrix(behind: Background, parts: FloatArray, counted: FloatArray) -> FloatArray:
    """Return the matrix (k + b, k + b) of weighted products of the parts and the functions of the background."""
    heavy = parts * counted[:, :, None]
    mixed = behind.products(heavy)
    ways = np.einsum("rck,rcl->kl", heavy, parts)
    return np.block([[ways, mixed.T], [mixed, behind.matrix(counted)]])


@dataclass(frozen=True)
class Moving:
    """A vertebra, and how its vertices move along its own axes: the same for both films.

    Attributes
    ----------
    posed : Posed
    moves : (n, 3, 6 + m) array
    core_moves : (k, 3, 6 + m) array
        Those of its marrow; none (0, 3, 6 + m) if it has none.
    """

    posed: Posed
    moves: FloatArray
    core_moves: FloatArray


def moving(posed: Posed, modes: int) -> Moving:
    """Return a vertebra with its pose and its first modes free."""
    model, core = posed.model, posed.core
    moves = own_velocities(posed.shape.vertices, model.modes[:, :, :modes])
    if core is None or model.core is None:
        return Moving(posed, moves, np.zeros((0, 3, POSE + modes)))
    return Moving(posed, moves, own_velocities(core.vertices, model.core.modes[:, :, :modes]))


def slope_of(target: Target, compared: Compared, vertebrae: Sequence[Moving]) -> FloatArray:
    """Return the gradient of `normal_equations` alone, at the cost of a rendering."""
    weights = compared.counted * compared.residual
    return np.concatenate([_slope(target, compared, each, weights) for each in vertebrae])


def _slope(target: Target, compared: Compared, vertebra: Moving, weights: FloatArray) -> FloatArray:
    posed = vertebra.posed
    camera = target.film.camera.seen_from(posed.frame)
    slope = path_forces(camera, posed.shape, weights).ravel() @ vertebra.moves.reshape(-1, vertebra.moves.shape[2])
    if posed.core is not None:
        inside = path_forces(camera, posed.core, weights).ravel()
        slope += compared.marrow * (inside @ vertebra.core_moves.reshape(inside.size, -1))
    return np.concatenate([slope[:3] @ posed.frame.axes, slope[3:POSE] @ posed.frame.axes, slope[POSE:]])


def coarser(target: Target, compared: Compared, factor: int) -> tuple[Target, Compared]:
    """Return a film and a guess beside it with pixels that are larger by a factor: means, and sums of what counts."""
    reduced = partial(means, factor=factor)
    behind = Background(*(reduced(each, axes=1) for each in (target.background.down, target.background.across)))
    film = target.film.reduced(factor)
    counted, parts, residual = factor**2 * reduced(compared.counted), reduced(compared.parts), reduced(compared.residual)
    large = replace(compared, counted=counted, parts=parts, residual=residual)
    return replace(target, film=film, background=behind), large


def normal_equations(target: Target, compared: Compared, vertebrae: Sequence[Moving]) -> tuple[FloatArray, FloatArray]:
    """Return matrix and gradient of the sum of squares, for the parameters of each vertebra one after the other."""
    size, parts, counted = vertebrae[0].moves.shape[2], compared.parts, compared.counted
    total, slope = np.zeros((size * len(vertebrae),) * 2), np.zeros(size * len(vertebrae))
    patches = [_derivative(target, compared, each) for each in vertebrae]
    mixed = np.zeros((len(slope), parts.shape[2] + target.background.count))
    for place, patch in enumerate(patches):
        mine, where = slice(place * size, (place + 1) * size), patch.where
        heavy = patch.values * counted[where][:, :, None]
        flat = heavy.reshape(-1, size)
        total[mine, mine] += flat.T @ patch.values.reshape(-1, size)
        slope[mine] += flat.T @ compared.residual[where].ravel()
        ways = flat.T @ parts[where].reshape(-1, parts.shape[2])
        mixed[mine] = np.concatenate([ways, target.background.products(heavy, where).T], axis=1)
        for other in range(place):
            if not _overlap(patch, patches[other]):
                continue
            theirs = slice(other * size, (other + 1) * size)
            block = _shared(patch, patches[other], counted)
            total[mine, theirs] += block
            total[theirs, mine] += block.T
    own = linear_matrix(target.background, parts, counted)
    scale = _scale(own)
    half = solve_triangular(cholesky(_held(own, scale), lower=True), (mixed / scale).T, lower=True)
    return total - half.T @ half, slope


def _overlap(first: Patch, second: Patch) -> bool:
    return all(max(a.start, b.start) < min(a.stop, b.stop) for a, b in zip(first.where, second.where, strict=True))


def _derivative(target: Target, compared: Compared, vertebra: Moving) -> Patch:
    """Return how the path changes with turns and shifts along RAS and with modes; computed along the vertebra's own axes."""
    posed = vertebra.posed
    camera = target.film.camera.seen_from(posed.frame)
    inside = [] if posed.core is None else [Inside(posed.core, vertebra.core_moves, compared.marrow)]
    patch = path_derivative(camera, posed.shape, vertebra.moves, inside=inside)
    for first in (0, 3):
        patch.values[:, :, first : first + 3] = patch.values[:, :, first : first + 3] @ posed.frame.axes
    return patch


def _shared(first: Patch, second: Patch, counted: FloatArray) -> FloatArray:
    """Return the block of the matrix where two patches overlap."""
    where = tuple(slice(max(a.start, b.start), min(a.stop, b.stop)) for a, b in zip(first.where, second.where, strict=True))
    parts = []
    for patch in (first, second):
        inner = tuple(slice(a.start - b.start, a.stop - b.start) for a, b in zip(where, patch.where, strict=True))
        parts.append(patch.values[inner].reshape(-1, patch.values.shape[2]))
    return np.asarray((parts[0] * counted[where].reshape(-1, 1)).T @ parts[1])
