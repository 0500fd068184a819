"""The standing vertebrae of two films, level by level: what is wrong with one level leaves that one out, never the others."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from ..anatomy import level as level_of
from ..errors import ParameterError
from .checks import check_found, check_landmarks, check_order
from .films import Film
from .fit import Fitted, start_poses
from .landmarks import Landmarks
from .restarts import fit_from_best
from .shapes import Posed, ShapeModel
from .stages import STAGES, Stage
from .trust import Agreement, agreements

Progress = Callable[[float, str], None]
ModelOf = Callable[[int], ShapeModel]

_SEED = 8

_SHAPED, _FITTED = 0.5, 0.95
"""Parts of the whole after which the shapes are there, and the fit."""


@dataclass(frozen=True)
class Standing:
    """What two films show.

    Attributes
    ----------
    films : tuple of Film
        As they were read.
    found : Fitted
    judged : tuple of Agreement
        One for each vertebra of `found`.
    left_out : mapping of level id to str
        Why there is no vertebra of a level that was asked for, from the top.
    """

    films: tuple[Film, ...]
    found: Fitted
    judged: tuple[Agreement, ...]
    left_out: Mapping[int, str]


def reconstruct(
    films: Sequence[Film],
    landmarks: Landmarks,
    levels: Sequence[int],
    model_of: ModelOf,
    stages: Sequence[Stage] = STAGES,
    progress: Progress = lambda _fraction, _what: None,
    *,
    calibrate: bool = False,
) -> Standing:
    """Find the vertebrae of the given levels.

    Parameters
    ----------
    films : sequence of Film
        A frontal and a lateral one.
    landmarks : Landmarks
    levels : sequence of int
        Level ids.
    model_of : callable
        Takes a level id and returns its model; raises ParameterError where there is none.
    stages : sequence of Stage
    progress : callable
        Takes the fraction done and what is being worked on.
    calibrate : bool
        Whether the second camera is refined with the vertebrae.

    Raises
    ------
    ParameterError
        If most levels cannot be started, in the words of the first; or films and landmarks do not belong together.
    """
    starts, left_out = _starts(films, landmarks, levels, model_of, lambda done, what: progress(_SHAPED * done, what))
    check_order(films, starts)

    def fitting(done: float, what: str) -> None:
        progress(_SHAPED + (_FITTED - _SHAPED) * done, what)

    rng = np.random.default_rng(_SEED)
    found = fit_from_best(films, starts, landmarks, stages, fitting, calibrate=calibrate, rng=rng)
    check_found(found)
    return Standing(tuple(films), found, agreements(found, films, landmarks), left_out)


def _starts(
    films: Sequence[Film], landmarks: Landmarks, levels: Sequence[int], model_of: ModelOf, progress: Progress
) -> tuple[list[Posed], dict[int, str]]:
    """Return where the landmarks put the vertebrae, and the levels that they put nowhere."""
    starts: list[Posed] = []
    refused: dict[int, ParameterError] = {}
    doubtful: list[ParameterError] = []
    for number, key in enumerate(levels):
        progress(number / len(levels), f"shape of {level_of(key).name}")
        try:
            model = model_of(key)
            start = start_poses(films, landmarks, [model])
        except ParameterError as error:
            refused[key] = error
            continue
        try:
            check_landmarks(films, only_level(landmarks, key), [model])
        except ParameterError as error:
            refused[key] = error
            doubtful.append(error)
        else:
            starts += start
    # one level may have been clicked wrongly; where most seem to be, it is the films or their geometry
    if not starts or len(doubtful) > len(starts):
        raise (doubtful or list(refused.values()))[0]
    return starts, {key: str(error) for key, error in refused.items()}


def only_level(landmarks: Landmarks, level: int) -> Landmarks:
    """Return the landmarks of one level."""
    return replace(landmarks, seen={key: pixel for key, pixel in landmarks.seen.items() if key[0] == level})
