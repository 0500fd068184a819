"""The loads of the points of a scene: what is asked, and what comes out. Knows no Qt and no scene."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from spinetwin.biomechanics import Interval, Loads, MultibodyModel, Person, Settings, Task
    from spinetwin.geometry import FloatArray

    from ..measures.live import Positions

SAMPLES = 200
"""Models that are drawn for the interval."""

Place = tuple[str, str, int]
"""Muscle, side and level id."""


@dataclass(frozen=True, eq=False)
class MeasuredMuscles:
    """What was measured of this person's muscles; two are equal only when they are the same one.

    Attributes
    ----------
    areas : mapping of Place to float
        mm2; empty where none were measured.
    centroids : mapping of Place to (2,) array
        To the right and to the front, mm.
    """

    areas: Mapping[Place, float] = field(default_factory=dict)
    centroids: Mapping[Place, FloatArray] = field(default_factory=dict)


NOT_MEASURED = MeasuredMuscles()


@dataclass(frozen=True)
class Question:
    """Whose spine it is, what the person does, and how the model is set.

    Attributes
    ----------
    person : Person
    task : Task
    settings : Settings
    muscles : MeasuredMuscles
    """

    person: Person
    task: Task
    settings: Settings
    muscles: MeasuredMuscles = NOT_MEASURED


@dataclass(frozen=True)
class Answer:
    """The model of the points, and its loads.

    Attributes
    ----------
    question : Question
    points : str
        What `live.digest` says of the points.
    model : MultibodyModel
        In the imaged posture.
    found : Loads
    spread : Interval or None
        None as long as it was not computed.
    """

    question: Question
    points: str
    model: MultibodyModel
    found: Loads
    spread: Interval | None = None


def answer(
    question: Question,
    positions: Positions,
    suspect: Collection[tuple[int, int]] = (),
    near: Answer | None = None,
    points: str = "",
) -> Answer:
    """Build the model and compute its loads.

    Parameters
    ----------
    question : Question
    positions : mapping of (level id, point id) to (3,) array
        Placed points, RAS mm.
    suspect : collection of (level id, point id)
        Points that are doubtful.
    near : Answer, optional
        One of nearly the same points, to be quicker.
    points : str
        As for `Answer`.

    Raises
    ------
    ParameterError
        If no model can be made of the points, or the task is impossible with these levels.
    """
    from spinetwin.biomechanics import build_model, loads, with_measured_areas, with_measured_centroids
    from spinetwin.measure.frames import frames_from_points

    model = build_model(positions, frames_from_points(positions), question.person, question.settings, suspect=suspect)
    if question.muscles.areas:
        model = with_measured_centroids(with_measured_areas(model, question.muscles.areas), question.muscles.centroids)
    start = near.found.multipliers if near is not None and near.model.levels == model.levels else None
    return Answer(question, points, model, loads(model, question.task, question.settings, start=start))


def withInterval(known: Answer) -> Answer:
    """Return an answer with its interval of 95 %; takes about a second, the same one each time."""
    from spinetwin.biomechanics import interval

    asked = known.question
    return replace(known, spread=interval(known.model, asked.task, asked.settings, samples=SAMPLES, around=known.found))


def problem(positions: Positions) -> str:
    """Say why points make no column that a model could rest on, with what to do; "" when they do.

    Which numbers the model then has is not looked at, so it takes a millisecond.
    """
    from spinetwin.biomechanics import Settings
    from spinetwin.biomechanics.column import find_column
    from spinetwin.errors import ParameterError
    from spinetwin.measure.frames import frames_from_points

    try:
        find_column(positions, frames_from_points(positions), Settings().template_l5_s1_angle)
    except ParameterError as error:
        return f"{error.message} {error.hint}".strip()
    return ""
