"""Other starts for vertebrae whose landmarks are poor: drawn from how uncertain these are, and judged by the films.

A fit goes downhill from where the landmarks put a vertebra. Few or wrong landmarks may put it into another valley, or so far
away that the bounds hold it. Then some other starts are tried on coarse films, beside the neighbours as they were found, and
the whole is fitted once more from the best of them. Numbers are rows of `restarts.csv`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from ..anatomy.tables import read_table
from ..geometry import FloatArray, Frame
from .equations import CLICK_MM, Guess, cost_of, heard
from .films import Film
from .fit import Fitted, Progress, fit, targets_of
from .landmarks import LANDMARKS, Landmarks
from .pose import POSE, rotation_of, velocities
from .shapes import Posed
from .stages import STAGES, Stage
from .triangulate import triangulate
from .trust import agreements

SETTINGS = {row["name"]: float(row["value"]) for row in read_table("restarts.csv", __package__)}

_FITTED, _TRIED = 0.6, 0.75


def fit_from_best(
    films: Sequence[Film],
    starts: Sequence[Posed],
    landmarks: Landmarks,
    stages: Sequence[Stage] = STAGES,
    progress: Progress = lambda _fraction, _what: None,
    *,
    calibrate: bool = False,
    rng: np.random.Generator,
) -> Fitted:
    """Fit vertebrae to films as `fit` does, and once more from other starts where the first ones were poor.

    Parameters
    ----------
    films, starts, landmarks, stages, progress, calibrate
        As in `fit`.
    rng : numpy.random.Generator
        Draws the starts.

    Raises
    ------
    ParameterError
        As `fit`.
    """
    found = fit(films, starts, landmarks, stages, lambda done, what: progress(_FITTED * done, what), calibrate=calibrate)
    poor = poor_levels(found, films, landmarks)[: int(SETTINGS["most_levels"])]
    begins = list(starts)
    for number, place in enumerate(poor):
        progress(_FITTED + (_TRIED - _FITTED) * number / len(poor), "other starts")
        begins[place] = _best_start(found, place, films, landmarks, stages, rng)
    if all(a is b for a, b in zip(begins, starts, strict=True)):
        return found
    again = fit(
        films, begins, landmarks, stages, lambda done, what: progress(_TRIED + (1 - _TRIED) * done, what), calibrate=calibrate
    )
    both = [found.vertebrae, again.vertebrae]
    return again if _cheapest(found.calibrated(films), both, landmarks, stages[-1]) else found


def poor_levels(found: Fitted, films: Sequence[Film], landmarks: Landmarks) -> list[int]:
    """Return the places of vertebrae that disagree with the films or have few or contradicting landmarks, the worst first."""
    judged = agreements(found, films, landmarks)
    poor = [
        (min(each.correlation.values()), place)
        for place, (start, each) in enumerate(zip(found.starts, judged, strict=True))
        if each.astray or _doubtful(start, films, landmarks)
    ]
    return [place for _, place in sorted(poor)]


def _doubtful(start: Posed, films: Sequence[Film], landmarks: Landmarks) -> bool:
    which, places, _ = _seen(start, films, landmarks)
    unlike = np.sqrt(((start.landmarks[which] - places) ** 2).sum(axis=1).mean())
    return len(which) < SETTINGS["few"] or bool(unlike > SETTINGS["unlike_mm"])


def _seen(start: Posed, films: Sequence[Film], landmarks: Landmarks) -> tuple[list[int], FloatArray, FloatArray]:
    """Return which landmarks of a vertebra both films show, their places (k, 3), and covariances (k, 3, 3) of these, mm^2."""
    marks, cameras = landmarks.of_level(start.model.level), [film.camera for film in films]
    both = [name for name in LANDMARKS if all(film.view in marks.get(name, ()) for film in films)]
    sd = CLICK_MM / films[0].pixel_mm
    found = [triangulate(cameras, [marks[name][film.view] for film in films], sd) for name in both]
    return (
        [LANDMARKS.index(name) for name in both],
        np.array([p.position for p in found]),
        np.array([p.covariance for p in found]),
    )


def other_starts(
    start: Posed, films: Sequence[Film], landmarks: Landmarks, count: int, rng: np.random.Generator
) -> list[Posed]:
    """Draw poses about the one that the landmarks say, from the covariance that they leave it, wider by a factor."""
    which, places, spread = _seen(start, films, landmarks)
    moves = velocities(start, start.landmarks[which], np.zeros((len(which), 3, 0)))
    # what the landmarks of a rigid vertebra miss each other by is not known better than that
    unlike = ((start.landmarks[which] - places) ** 2).sum(axis=1).mean() / 3.0
    known = np.linalg.inv(spread + unlike * np.eye(3))
    covariance = np.linalg.inv(np.einsum("kcp,kcd,kdq->pq", moves, known, moves))
    steps = SETTINGS["wider"] * rng.multivariate_normal(np.zeros(POSE), covariance, count)
    return [_moved(start, step) for step in steps]


def _moved(start: Posed, step: FloatArray) -> Posed:
    frame = Frame(start.frame.origin + step[3:], start.frame.axes @ rotation_of(step[:3]).T, "drawn about its landmarks")
    return replace(start, frame=frame)


def _best_start(
    found: Fitted, place: int, films: Sequence[Film], landmarks: Landmarks, stages: Sequence[Stage], rng: np.random.Generator
) -> Posed:
    """Return the start of a vertebra from which coarse films are explained best; its own where no other is clearly better."""
    own, first = found.starts[place], max(0, place - 1)
    near, here = found.vertebrae[first : place + 2], place - first
    coarse = [each for each in stages if each.pixel_mm >= SETTINGS["coarse_mm"]] or stages[:1]
    coarse = [replace(each, landmark=min(each.landmark, SETTINGS["landmark"])) for each in coarse]
    seen = found.calibrated(films)
    drawn = [
        (*near[:here], each, *near[here + 1 :]) for each in other_starts(own, seen, landmarks, int(SETTINGS["draws"]), rng)
    ]
    hopeful = _hopeful(near, drawn, seen, landmarks, coarse[0])
    if not hopeful:
        return own
    groups = [fit(seen, group, landmarks, coarse).vertebrae for group in (near, *hopeful)]
    best = _cheapest(seen, groups, landmarks, coarse[-1])
    return groups[best][here] if best else own


def _hopeful(
    near: Sequence[Posed], drawn: Sequence[Sequence[Posed]], films: Sequence[Film], landmarks: Landmarks, stage: Stage
) -> list[Sequence[Posed]]:
    """Return the starts that after a few steps on the coarsest films explain these better than what was found, the best first.

    What was found has its shape already, and these have not: where it stands in the right valley, hardly any comes near it.
    """
    promising = np.argsort(_costs(films, [near, *drawn], landmarks, stage)[1:])[: int(SETTINGS["tried"])]
    short = replace(stage, iterations=int(SETTINGS["steps"]))
    stepped = [fit(films, drawn[number], landmarks, [short]).vertebrae for number in promising]
    costs = _costs(films, [near, *stepped], landmarks, stage)
    order = np.argsort(costs[1:])[: int(SETTINGS["followed"])]
    return [drawn[promising[each]] for each in order if costs[1 + each] < SETTINGS["hopeful"] * costs[0]]


def _cheapest(films: Sequence[Film], guesses: Sequence[Sequence[Posed]], landmarks: Landmarks, stage: Stage) -> int:
    """Return which guess explains the films best; the first one where none is clearly better."""
    costs = _costs(films, guesses, landmarks, stage)
    best = int(costs.argmin())
    return best if costs[best] < SETTINGS["clearly"] * costs[0] else 0


def _costs(films: Sequence[Film], guesses: Sequence[Sequence[Posed]], landmarks: Landmarks, stage: Stage) -> FloatArray:
    """Return what guesses cost on the same pixels, (k,), where loud films weigh less against landmarks and usual shapes."""
    targets = targets_of(films, stage, [each for guess in guesses for each in guess], landmarks)
    seen = {each.model.level: landmarks.of_level(each.model.level) for each in guesses[0]}
    whole = [Guess(tuple(guess), np.zeros(0)) for guess in guesses]
    doubted, louder = heard(targets, stage, whole[0])
    return np.array([cost_of(doubted, louder, guess, seen)[0] for guess in whole])
