"""What the films, the landmarks and what is usual say of a guess: its cost, and the equations of the next step.

The unknowns are six of the pose and the modes of each vertebra, one after the other, and at the end, where the second camera is
refined as well, three of it (`FREE`). A camera that moves sees what it would see if all vertebrae moved the other way: its
equations are sums of theirs.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from ..geometry import FloatArray
from .calibrate import QUANTITIES, USUAL, moved_camera
from .cameras import Camera
from .compare import Compared, Target, compare, moving, normal_equations
from .landmarks import LANDMARKS
from .pose import POSE, velocities
from .shapes import Posed
from .stages import Stage

FINEST_MM = 0.7
"""Weights are those of pixels of this size."""

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
    pulls = [pull for target in now for pull in _pulls(target, stage, guess.vertebrae, seen)]
    return sum(each.cost for each in compared) + usual + sum(w * float(away @ away) for _, away, _, w in pulls), compared


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
        total, steep = normal_equations(target, found, free_ones)
        for place, away, change, weight in _pulls(target, stage, vertebrae, seen):
            mine = slice(place * size, (place + 1) * size)
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


def _pulls(
    target: Target, stage: Stage, vertebrae: Sequence[Posed], seen: Pixels
) -> list[tuple[int, FloatArray, FloatArray, float]]:
    """Return vertebra, distances (2 k,), derivative (2 k, 6 + m) and weight of the landmarks on a film, mm."""
    pulls, film = [], target.film
    for place, each in enumerate(vertebrae):
        marks = seen[each.model.level].items()
        clicked = {LANDMARKS.index(name): views[film.view] for name, views in marks if film.view in views}
        if not clicked:
            continue
        which = list(clicked)
        where, pixels = each.landmarks[which], target.pixels(np.array(list(clicked.values())))
        moves = velocities(each, where, each.model.landmark_modes[which][:, :, : stage.modes])
        away = (film.camera.project(where)[:, :2] - pixels) * film.pixel_mm
        change = np.einsum("kpc,kcm->kpm", film.camera.derivative(where), moves) * film.pixel_mm
        weight = stage.landmark * _LANDMARK_PIXELS * (FINEST_MM / film.pixel_mm) ** 2
        pulls.append((place, away.ravel(), change.reshape(-1, moves.shape[2]), weight))
    return pulls
