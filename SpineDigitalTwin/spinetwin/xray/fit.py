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
from dataclasses import dataclass, replace

import numpy as np

from ..anatomy import level as level_of
from ..errors import ParameterError
from ..geometry import FloatArray, Frame, IntArray
from .background import background
from .compare import Compared, Target, compare, normal_equations
from .films import Film
from .landmarks import LANDMARKS, Landmarks
from .pose import POSE, changed, velocities
from .shapes import Posed, ShapeModel
from .stages import STAGES, Stage
from .triangulate import rigid, triangulate

LEAST_LANDMARKS = 4
"""Of a vertebra, on both films: fewer do not tell how it is turned."""

_NEAR_LANDMARK_MM = 6.0
_LANDMARK_GAIN = 1.0
_AROUND_MM = 6.0
_FINEST_MM = 0.7
_LANDMARK_PIXELS = 400.0
_TRIALS = 5
_ENOUGH = 1e-3

Progress = Callable[[float, str], None]
Pixels = Mapping[int, Mapping[str, Mapping[str, FloatArray]]]


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
        As the last stage saw them.
    compared : tuple of Compared
        The last guess beside each of them.
    """

    vertebrae: tuple[Posed, ...]
    starts: tuple[Posed, ...]
    films: tuple[Film, ...]
    compared: tuple[Compared, ...]


def start_poses(films: Sequence[Film], landmarks: Landmarks, models: Sequence[ShapeModel]) -> tuple[Posed, ...]:
    """Put the mean vertebrae where the landmarks were seen.

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
    mean = model.landmarks[[LANDMARKS.index(name) for name in both]]
    rotation, shift = rigid(mean, places)
    return Posed(model, np.zeros(model.count), Frame(shift, rotation.T, "landmarks"))


def fit(
    films: Sequence[Film],
    starts: Sequence[Posed],
    landmarks: Landmarks,
    stages: Sequence[Stage] = STAGES,
    progress: Progress = lambda _fraction, _what: None,
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

    Raises
    ------
    ParameterError
        If the films are darker where bone is, or no bone falls on them.
    """
    now, starts = tuple(starts), tuple(starts)
    seen = {each.model.level: landmarks.of_level(each.model.level) for each in starts}
    for number, stage in enumerate(stages):
        progress(number / len(stages), f"{stage.modes} modes, pixels of {stage.pixel_mm:g} mm")
        targets = [_target(film, stage, now, seen) for film in films]
        now, compared = _descend(targets, stage, now, starts, seen)
    progress(1.0, "done")
    return Fitted(now, starts, tuple(each.film for each in targets), tuple(compared))


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


def _descend(
    targets: Sequence[Target], stage: Stage, now: tuple[Posed, ...], starts: tuple[Posed, ...], seen: Pixels
) -> tuple[tuple[Posed, ...], list[Compared]]:
    """Take the steps of one stage."""
    damping = 1e-4
    cost, compared = _cost(targets, stage, now, seen)
    for _ in range(stage.iterations):
        matrix, slope = _equations(targets, stage, now, compared, seen)
        better = None
        for _ in range(_TRIALS):
            damped = matrix + damping * np.diag(np.diag(matrix))
            step: FloatArray = np.asarray(np.linalg.solve(damped, -slope), dtype=np.float64).reshape(len(now), -1)
            guess = tuple(changed(a, _short(b), start.frame) for a, b, start in zip(now, step, starts, strict=True))
            new_cost, new_compared = _cost(targets, stage, guess, seen)
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


def _short(step: FloatArray) -> FloatArray:
    """Keep a step within 7 degrees and 6 mm, where the derivative still tells something."""
    turn, shift = float(np.linalg.norm(step[:3])), float(np.linalg.norm(step[3:POSE]))
    return np.asarray(step * min(1.0, 0.12 / max(turn, 1e-9), 6.0 / max(shift, 1e-9)))


def _prior(target: Target, stage: Stage) -> float:
    """Return mm^2 for a squared standard deviation; fewer pixels have less to set against it."""
    return stage.prior * stage.robust_mm**2 * (_FINEST_MM / target.film.pixel_mm) ** 2


def _cost(targets: Sequence[Target], stage: Stage, vertebrae: Sequence[Posed], seen: Pixels) -> tuple[float, list[Compared]]:
    compared = [compare(target, vertebrae) for target in targets]
    shape = _prior(targets[0], stage) * sum(float(each.scores @ each.scores) for each in vertebrae)
    pulled = sum(weight * float(away @ away) for _, away, _, weight in _pulls(targets, stage, vertebrae, seen))
    return sum(each.cost for each in compared) + shape + pulled, compared


def _equations(
    targets: Sequence[Target], stage: Stage, vertebrae: Sequence[Posed], compared: Sequence[Compared], seen: Pixels
) -> tuple[FloatArray, FloatArray]:
    size = POSE + stage.modes
    matrix, slope = np.zeros((size * len(vertebrae),) * 2), np.zeros(size * len(vertebrae))
    for target, found in zip(targets, compared, strict=True):
        more, steeper = normal_equations(target, found, vertebrae, stage.modes)
        matrix, slope = matrix + more, slope + steeper
    for place, each in enumerate(vertebrae):
        modes = np.arange(place * size + POSE, (place + 1) * size)
        matrix[modes, modes] += _prior(targets[0], stage)
        slope[modes] += _prior(targets[0], stage) * each.scores[: stage.modes]
    for place, away, change, weight in _pulls(targets, stage, vertebrae, seen):
        mine = slice(place * size, (place + 1) * size)
        matrix[mine, mine] += weight * change.T @ change
        slope[mine] += weight * change.T @ away
    return matrix, slope


def _pulls(
    targets: Sequence[Target], stage: Stage, vertebrae: Sequence[Posed], seen: Pixels
) -> list[tuple[int, FloatArray, FloatArray, float]]:
    """Return vertebra, distances (2 k,), derivative (2 k, 6 + m) and weight of the landmarks on each film, mm."""
    pulls = []
    for place, each in enumerate(vertebrae):
        where, modes = each.landmarks, each.model.landmark_modes[:, :, : stage.modes]
        moves = velocities(each, where, modes)
        for target in targets:
            film = target.film
            marks = seen[each.model.level].items()
            clicked = {LANDMARKS.index(name): views[film.view] for name, views in marks if film.view in views}
            if not clicked:
                continue
            which = list(clicked)
            pixels = target.pixels(np.array(list(clicked.values())))
            away = (film.camera.project(where[which])[:, :2] - pixels) * film.pixel_mm
            change = np.einsum("kpc,kcm->kpm", film.camera.derivative(where[which]), moves[which]) * film.pixel_mm
            weight = stage.landmark * _LANDMARK_PIXELS * (_FINEST_MM / film.pixel_mm) ** 2
            pulls.append((place, away.ravel(), change.reshape(-1, moves.shape[2]), weight))
    return pulls
