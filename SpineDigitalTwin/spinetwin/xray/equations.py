"""What the films, the landmarks and what is usual say of a guess: its cost, and the equations of the next step.

The unknowns are six of the pose and the modes of each vertebra, one after the other, and at the end, where the second camera is
refined as well, three of it (`FREE`). A camera that moves sees what it would see if all vertebrae moved the other way: its
equations are sums of theirs.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from ..geometry import FloatArray, IntArray
from .calibrate import QUANTITIES, USUAL, moved_camera
from .cameras import Camera
from .compare import Compared, Moving, Target, coarser, compare, moving, normal_equations, slope_of
from .landmarks import LANDMARKS
from .pose import POSE, velocities
from .shapes import Posed
from .stages import Stage

FINEST_MM = 0.7
"""Weights are those of pixels of this size."""

_MATRIX_MM = 2.8
"""The matrix is made of pixels of this size at least: it leads the way, and only the gradient says where it ends."""

_LANDMARK_PIXELS = 400.0

CLICK_MM = 2.0
"""Standard deviation of a click on a landmark of a real film."""

_ALIKE_MM = 5.6
"""Over which what bone does not explain is alike: so many pixels tell no more than one."""

_NORMAL = 1.4826
"""From the median of absolute values to the standard deviation, where these are normal."""

FREE = np.array([QUANTITIES.index(name) for name in ("azimuth_deg", "distance_mm", "along_mm")])
"""What of the second camera is refined: how far across it stands cannot be told from where the vertebrae stand."""

Pixels = Mapping[int, Mapping[str, Mapping[str, FloatArray]]]


@dataclass(frozen=True)
class Guess:
    """Vertebrae, and by how much the second camera differs from what was said of it.

    Attributes
    ----------
    vertebrae : tuple of Posed
    change : (4,) array, or (0,)
        As `calibrate.QUANTITIES`, zero but for `FREE`; empty if the camera is not refined.
    """

    vertebrae: tuple[Posed, ...]
    change: FloatArray

    def seen_by(self, targets: Sequence[Target]) -> list[Target]:
        """Return the targets with the second camera as the guess has it."""
        first, second = targets
        if not len(self.change):
            return [first, second]
        camera = moved_camera(second.film.camera, self.change)
        return [first, replace(second, film=replace(second.film, camera=camera))]


def heard(targets: Sequence[Target], stage: Stage, guess: Guess) -> tuple[list[Target], Stage]:
    """Return films and stage with as much doubt as the films deserve.

    What no shape of bone explains (bowel gas, ribs, uneven marrow) is noise to the fit, alike over `_ALIKE_MM`. What is usual
    and what was clicked weigh against the films at least as their variances do.
    """
    _, compared = cost_of(targets, stage, guess, {each.model.level: {} for each in guess.vertebrae})
    inside = [np.abs(found.residual[target.weights > 0]) for target, found in zip(targets, compared, strict=True)]
    noise = _NORMAL * float(np.median(np.concatenate(inside)))
    robust, pixels = max(noise, stage.robust_mm), (noise * _ALIKE_MM / FINEST_MM) ** 2
    prior, landmark = pixels / robust**2, pixels / CLICK_MM**2 / _LANDMARK_PIXELS
    louder = replace(stage, robust_mm=robust, prior=max(prior, stage.prior), landmark=max(landmark, stage.landmark))
    return [replace(each, robust_mm=robust) for each in targets], louder


def cost_of(targets: Sequence[Target], stage: Stage, guess: Guess, seen: Pixels) -> tuple[float, list[Compared]]:
    """Return the cost of a guess, mm^2, and how it compares with each film."""
    now = guess.seen_by(targets)
    compared = [compare(target, guess.vertebrae) for target in now]
    scores = sum(float(each.scores @ each.scores) for each in guess.vertebrae)
    usual = _prior(targets[0], stage) * (scores + float(((guess.change / USUAL[: len(guess.change)]) ** 2).sum()))
    pulled = sum(_pull(target, stage) * float((_away(target, guess.vertebrae, seen).mm ** 2).sum()) for target in now)
    return sum(each.cost for each in compared) + usual + pulled, compared


def equations_of(
    targets: Sequence[Target], stage: Stage, guess: Guess, compared: Sequence[Compared], seen: Pixels
) -> tuple[FloatArray, FloatArray]:
    """Return matrix and gradient of the sum of squares about a guess."""
    size, vertebrae = POSE + stage.modes, guess.vertebrae
    known, free = size * len(vertebrae), FREE[: len(guess.change)]
    more = len(free)
    matrix, slope = np.zeros((known + more,) * 2), np.zeros(known + more)
    free_ones = [moving(each, stage.modes) for each in vertebrae]
    for number, (target, found) in enumerate(zip(guess.seen_by(targets), compared, strict=True)):
        total, steep = _of_pixels(target, found, free_ones)
        for place, away, change in _pulls(target, stage, vertebrae, seen):
            mine, weight = slice(place * size, (place + 1) * size), _pull(target, stage)
            total[mine, mine] += weight * change.T @ change
            steep[mine] += weight * change.T @ away
        matrix[:known, :known] += total
        slope[:known] += steep
        if number == 1 and more:
            moves = _as_vertebrae_move(target.film.camera, vertebrae, size)[:, FREE]
            mixed = total @ moves
            matrix[:known, known:], matrix[known:, :known], matrix[known:, known:] = mixed, mixed.T, moves.T @ mixed
            slope[known:] = moves.T @ steep
    scores = np.concatenate([np.concatenate([np.zeros(POSE), each.scores[: stage.modes]]) for each in vertebrae])
    counted = np.concatenate([np.tile(np.repeat([0.0, 1.0], [POSE, stage.modes]), len(vertebrae)), 1.0 / USUAL[free] ** 2])
    unit = _prior(targets[0], stage)
    matrix[np.diag_indices(known + more)] += unit * counted
    return matrix, slope + unit * counted * np.concatenate([scores, guess.change[free]])


def _of_pixels(target: Target, found: Compared, free_ones: Sequence[Moving]) -> tuple[FloatArray, FloatArray]:
    """Return what the pixels of a film say: a matrix of larger pixels, which is enough to step by, and the exact gradient."""
    factor = round(_MATRIX_MM / target.film.pixel_mm)
    if factor <= 1:
        return normal_equations(target, found, free_ones)
    return normal_equations(*coarser(target, found, factor), free_ones)[0], slope_of(target, found, free_ones)


def _as_vertebrae_move(camera: Camera, vertebrae: Sequence[Posed], size: int) -> FloatArray:
    """Return which moves of the vertebrae a camera would take for its own four, (parameters, 4)."""
    up, (across, along, forward) = np.array([0.0, 0.0, 1.0]), camera.axes
    moves = np.zeros((len(vertebrae), size, 4))
    moves[:, :3, 0] = -np.radians(up)
    moves[:, 3:POSE, 0] = -np.radians(np.cross(up, [each.frame.origin for each in vertebrae]))
    moves[:, 3:POSE, 1:] = np.stack([forward, -across, -along], axis=1)
    return moves.reshape(-1, 4)


def _prior(target: Target, stage: Stage) -> float:
    """Return mm^2 for a squared standard deviation; fewer pixels have less to set against it."""
    return stage.prior * stage.robust_mm**2 * (FINEST_MM / target.film.pixel_mm) ** 2


@dataclass(frozen=True)
class _Away:
    """How far landmarks are on a film from where they were clicked.

    Attributes
    ----------
    whose, which : (k,) arrays
        Place of the vertebra, and of its landmark.
    places : (k, 3) array
        RAS mm.
    mm : (k, 2) array
        Along the columns and rows.
    """

    whose: IntArray
    which: IntArray
    places: FloatArray
    mm: FloatArray


def _away(target: Target, vertebrae: Sequence[Posed], seen: Pixels) -> _Away:
    """Compare the landmarks of all vertebrae with the clicks on one film."""
    film, clicked = target.film, []
    for place, each in enumerate(vertebrae):
        marks = seen[each.model.level].items()
        clicked += [(place, LANDMARKS.index(name), *views[film.view]) for name, views in marks if film.view in views]
    rows = np.array(clicked).reshape(-1, 4)
    whose, which = rows[:, 0].astype(np.int64), rows[:, 1].astype(np.int64)
    places = np.array([each.landmarks for each in vertebrae])[whose, which]
    mm = (film.camera.project(places)[:, :2] - target.pixels(rows[:, 2:])) * film.pixel_mm
    return _Away(whose, which, places, mm)


def _pull(target: Target, stage: Stage) -> float:
    """Return the weight of a squared mm between a landmark and its click."""
    return stage.landmark * _LANDMARK_PIXELS * (FINEST_MM / target.film.pixel_mm) ** 2


def _pulls(
    target: Target, stage: Stage, vertebrae: Sequence[Posed], seen: Pixels
) -> Iterator[tuple[int, FloatArray, FloatArray]]:
    """Yield place of the vertebra, distances (2 k,) and derivative (2 k, 6 + m) of the landmarks on a film, mm."""
    away = _away(target, vertebrae, seen)
    slopes = target.film.camera.derivative(away.places) * target.film.pixel_mm
    for place in np.unique(away.whose):
        mine, each = away.whose == place, vertebrae[place]
        moves = velocities(each, away.places[mine], each.model.landmark_modes[away.which[mine]][:, :, : stage.modes])
        yield int(place), away.mm[mine].ravel(), (slopes[mine] @ moves).reshape(-1, moves.shape[2])
