"""From landmarks on two films to posed vertebrae: Procrustes, then rigid, then more and more modes, from coarse to fine.

All levels are fitted together, because a vertebra's shadow lies on those of its neighbours. Steps are those of Levenberg and
Marquardt on the analytic derivative of the rendered films.

References
----------
Yu et al., Three-dimensional reconstruction of the lumbar spine with submillimeter accuracy using biplanar X-ray images. The
weight of pixels near landmarks is 1 + k G here; the printed eq. 11 alone is zero away from landmarks.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from scipy.linalg import LinAlgError, cho_factor, cho_solve

from ..anatomy import level as level_of
from ..errors import ParameterError
from ..geometry import FloatArray, Frame, IntArray
from .background import background
from .calibrate import USUAL, moved_camera
from .compare import Compared, Target
from .equations import CLICK_MM, FREE, Guess, Pixels, cost_of, equations_of, heard
from .films import Film
from .landmarks import LANDMARKS, Landmarks
from .pose import MOST_SCORE, POSE, changed
from .shapes import Posed, ShapeModel
from .stages import STAGES, Stage
from .triangulate import rigid, triangulate

LEAST_LANDMARKS = 4
"""Of a vertebra, on both films: fewer do not tell how it is turned."""

_SHAPED_ROUNDS = 3
_NEAR_LANDMARK_MM = 6.0
_LANDMARK_GAIN = 1.0
_AROUND_MM = 6.0
_TRIALS = 5
_ENOUGH = 1e-3
_HEARINGS, _QUIETER = 3, 0.8

Progress = Callable[[float, str], None]


@dataclass(frozen=True)
class Fitted:
    """What was found.

    Attributes
    ----------
    vertebrae : tuple of Posed
        From the top.
    starts : tuple of Posed
        Where they were put by the landmarks.
    films : tuple of Film
        As the last stage saw them, with refined cameras.
    compared : tuple of Compared
        The last guess beside each of them.
    change : (4,) array, or (0,)
        By how much the second camera was refined (`calibrate.QUANTITIES`); empty if it was not.
    """

    vertebrae: tuple[Posed, ...]
    starts: tuple[Posed, ...]
    films: tuple[Film, ...]
    compared: tuple[Compared, ...]
    change: FloatArray = field(default_factory=lambda: np.zeros(0))

    def calibrated(self, films: Sequence[Film]) -> tuple[Film, ...]:
        """Return films as they were read with the cameras as they were refined."""
        first, second = films
        if not len(self.change):
            return first, second
        return first, replace(second, camera=moved_camera(second.camera, self.change))


def start_poses(films: Sequence[Film], landmarks: Landmarks, models: Sequence[ShapeModel]) -> tuple[Posed, ...]:
    """Put vertebrae where the landmarks were seen, as large and as wide as the landmarks say.

    Raises
    ------
    ParameterError
        If a level has fewer than four landmarks on both films.
    """
    return tuple(_start(films, landmarks.of_level(model.level), model) for model in models)


def _start(films: Sequence[Film], seen: Mapping[str, Mapping[str, FloatArray]], model: ShapeModel) -> Posed:
    cameras = {film.view: film.camera for film in films}
    both = [name for name in LANDMARKS if set(cameras) <= set(seen.get(name, ()))]
    if len(both) < LEAST_LANDMARKS:
        raise ParameterError(
            f"{level_of(model.level).name} has {len(both)} landmarks on both films; {LEAST_LANDMARKS} are needed.",
            f"They are {', '.join(LANDMARKS)}.",
        )
    places = np.array([triangulate(list(cameras.values()), [seen[name][view] for view in cameras]).position for name in both])
    which, scores = [LANDMARKS.index(name) for name in both], np.zeros(model.count)
    mean, modes = model.landmarks[which], model.landmark_modes[which]
    for _ in range(_SHAPED_ROUNDS):
        rotation, shift = rigid(mean + modes @ scores, places)
        scores = _likeliest((places - shift) @ rotation - mean, modes)
    return Posed(model, scores, Frame(shift, rotation.T, "landmarks"))


def _likeliest(away: FloatArray, modes: FloatArray) -> FloatArray:
    """Return the scores (m,) for landmarks (k, 3) away from the mean ones, where clicks err by `CLICK_MM`."""
    flat = modes.reshape(away.size, -1)
    scores = np.linalg.solve(flat.T @ flat + CLICK_MM**2 * np.eye(flat.shape[1]), flat.T @ away.ravel())
    return np.asarray(np.clip(scores, -MOST_SCORE, MOST_SCORE))


def fit(
    films: Sequence[Film],
    starts: Sequence[Posed],
    landmarks: Landmarks,
    stages: Sequence[Stage] = STAGES,
    progress: Progress = lambda _fraction, _what: None,
    calibrate: bool = False,
) -> Fitted:
    """Fit vertebrae to films.

    Parameters
    ----------
    films : sequence of Film
        A frontal and a lateral one.
    starts : sequence of Posed
        Where the landmarks put them (`start_poses`).
    landmarks : Landmarks
        Attract the vertebrae, less and less from stage to stage.
    stages : sequence of Stage
    progress : callable
        Takes the fraction done and what is being worked on.
    calibrate : bool
        Whether the second camera is refined with the vertebrae, as far as is usual (`calibration.csv`).

    Raises
    ------
    ParameterError
        If the films are darker where bone is, or no bone falls on them.
    """
    starts = tuple(starts)
    now = Guess(starts, np.zeros(len(USUAL) if calibrate else 0))
    seen = {each.model.level: landmarks.of_level(each.model.level) for each in starts}
    for number, stage in enumerate(stages):
        progress(number / len(stages), f"{stage.modes} modes, pixels of {stage.pixel_mm:g} mm")
        targets = targets_of(films, stage, now.vertebrae, landmarks)
        now, compared = _listened(targets, stage, now, starts, seen)
    progress(1.0, "done")
    return Fitted(now.vertebrae, starts, tuple(each.film for each in now.seen_by(targets)), tuple(compared), now.change)


def targets_of(films: Sequence[Film], stage: Stage, vertebrae: Sequence[Posed], landmarks: Landmarks) -> list[Target]:
    """Return the films as a stage sees them: reduced, cut to the vertebrae, and with weights of pixels."""
    seen = {each.model.level: landmarks.of_level(each.model.level) for each in vertebrae}
    return [_target(film, stage, vertebrae, seen) for film in films]


def _target(film: Film, stage: Stage, vertebrae: Sequence[Posed], seen: Pixels) -> Target:
    factor = max(1, round(stage.pixel_mm / film.pixel_mm))
    small = film.reduced(factor)
    boxes = [_box(each, small) for each in vertebrae]
    first, last = np.min([low for low, _ in boxes], axis=0), np.max([high for _, high in boxes], axis=0)
    width, height = (int(each) for each in last - first)
    if width < 1 or height < 1:
        raise ParameterError(f"No vertebra falls on the {film.view} film.", "Check the landmarks and the geometry.")
    start = int(first[0]), int(first[1])
    part, weights = small.cropped(start, (width, height)), np.zeros((height, width))
    for low, high in boxes:
        (left, top), (right, bottom) = low - first, high - first
        weights[top:bottom, left:right] = 1.0
    target = Target(part, weights, background((height, width), part.pixel_mm), stage.robust_mm, factor, start)
    return replace(target, weights=weights * (1.0 + _LANDMARK_GAIN * _nearness(target, seen)))


def _box(posed: Posed, film: Film) -> tuple[IntArray, IntArray]:
    """Return first column and row, and those after the last, of the rectangle on a film around a vertebra."""
    places, rim = film.camera.project(posed.surface.vertices)[:, :2], _AROUND_MM / film.pixel_mm
    low, high = np.floor(places.min(axis=0) - rim), np.ceil(places.max(axis=0) + rim) + 1
    return np.clip(low, 0, film.camera.size).astype(np.int64), np.clip(high, 0, film.camera.size).astype(np.int64)


def _nearness(target: Target, seen: Pixels) -> FloatArray:
    """Return G, (rows, columns): one at the landmarks, falling like a bell around them."""
    film = target.film
    total, spread = np.zeros(film.values.shape), _NEAR_LANDMARK_MM / film.pixel_mm
    height, width = film.values.shape
    rows, columns = np.arange(height), np.arange(width)
    for views in (marks for level in seen.values() for marks in level.values()):
        if film.view in views:
            column, row = target.pixels(views[film.view])
            across, along = (np.exp(-0.5 * ((a - b) / spread) ** 2) for a, b in ((columns, column), (rows, row)))
            total = np.maximum(total, along[:, None] * across)
    return total


def _listened(
    targets: Sequence[Target], stage: Stage, now: Guess, starts: tuple[Posed, ...], seen: Pixels
) -> tuple[Guess, list[Compared]]:
    """Take the steps of one stage, again where the shapes turn out to explain what was taken for noise."""
    loudest = np.inf
    for _ in range(_HEARINGS):
        doubted, louder = heard(targets, stage, now)
        if louder.prior * louder.robust_mm**2 > _QUIETER * loudest:
            break
        now, compared = _descend(doubted, louder, now, starts, seen)
        if louder.prior == stage.prior:
            break
        loudest = louder.prior * louder.robust_mm**2
    return now, compared


def _descend(
    targets: Sequence[Target], stage: Stage, now: Guess, starts: tuple[Posed, ...], seen: Pixels
) -> tuple[Guess, list[Compared]]:
    """Take the steps of one stage."""
    damping = 1e-4
    cost, compared = cost_of(targets, stage, now, seen)
    for _ in range(stage.iterations):
        matrix, slope = equations_of(targets, stage, now, compared, seen)
        better = None
        for _ in range(_TRIALS):
            step = _solved(matrix + damping * np.diag(np.diag(matrix)), -slope)
            if step is not None:
                guess = _stepped(now, step, starts)
                new_cost, new_compared = cost_of(targets, stage, guess, seen)
                if new_cost < cost:
                    better = guess
                    break
            damping *= 8.0
        if better is None:
            break
        gained, now, cost, compared = (cost - new_cost) / cost, better, new_cost, new_compared
        damping = max(damping / 8.0, 1e-8)
        if gained < _ENOUGH:
            break
    return now, compared


def _solved(matrix: FloatArray, right: FloatArray) -> FloatArray | None:
    """Return the solution, or None where the damping does not yet make the matrix positive."""
    try:
        return np.asarray(cho_solve(cho_factor(matrix), right), dtype=np.float64)
    except LinAlgError:
        return None


def _stepped(now: Guess, step: FloatArray, starts: tuple[Posed, ...]) -> Guess:
    more, change = len(FREE) if len(now.change) else 0, now.change.copy()
    change[FREE[:more]] += step[len(step) - more :]
    moves = step[: len(step) - more].reshape(len(starts), -1)
    vertebrae = (changed(a, _short(b), start.frame) for a, b, start in zip(now.vertebrae, moves, starts, strict=True))
    return Guess(tuple(vertebrae), change)


def _short(step: FloatArray) -> FloatArray:
    """Keep a step within 7 degrees and 6 mm, where the derivative still tells something."""
    turn, shift = float(np.linalg.norm(step[:3])), float(np.linalg.norm(step[3:POSE]))
    return np.asarray(step * min(1.0, 0.12 / max(turn, 1e-9), 6.0 / max(shift, 1e-9)))
