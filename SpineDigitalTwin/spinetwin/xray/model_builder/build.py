"""From vertebrae of one level of several people to a model of how they differ."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from ...anatomy import level as level_of
from ...errors import ParameterError
from ...geometry import FloatArray
from ...geometry.surfaces import Surface
from .landmark_frames import landmark_frame
from .principal import Components, components
from .procrustes import Aligned, procrustes
from .quality import Quality, quality_of
from .radial import Template
from .specimens import Specimen
from .statistical import StatisticalModel

LEAST_SPECIMENS = 3
PASSES = 2
"""The first template is one of the vertebrae, the second the mean of all: then the model does not favour the one."""

_SEED = 20260101
_HALF = 0.5

Progress = Callable[[float, str], None]


@dataclass(frozen=True)
class Built:
    """A model, and how it came about.

    Attributes
    ----------
    model : StatisticalModel
    quality : Quality
    names : tuple of str
        Of the people it was made of.
    away : (k, 2) array
        Mean and largest distance of the bent template from each vertebra, mm.
    left_out : mapping of name to str
        Why a person is not in it.
    """

    model: StatisticalModel
    quality: Quality
    names: tuple[str, ...]
    away: FloatArray
    left_out: Mapping[str, str]


def build(
    level: int,
    specimens: Sequence[Specimen],
    modes: int | None = None,
    progress: Progress = lambda _fraction, _what: None,
) -> Built:
    """Build the model of one level.

    Parameters
    ----------
    level : int
        Level id.
    specimens : sequence of Specimen
        Of that level, each of another person.
    modes : int, optional
        How many are kept; all, one less than there are people, if left out.
    progress : callable
        Takes the fraction done and what is being worked on.

    Raises
    ------
    ParameterError
        If fewer than three of them can be used, or all are the same.
    """
    usable = [each for each in specimens if landmark_frame(each.landmarks) is not None]
    left_out = {each.name: "its endplates, or both sides, are cut off" for each in specimens if each not in usable}
    if len(usable) < LEAST_SPECIMENS:
        raise ParameterError(
            f"There are {len(usable)} usable vertebrae {level_of(level).name}; {LEAST_SPECIMENS} are needed for a shape model.",
            "Give more people's label maps; many more than three make a good model.",
        )
    first = _of_usual_size(usable)
    template = Template(first.surface, first.landmarks)
    for number in range(PASSES):
        bent = _bent(template, usable, _part(progress, number))
        aligned = procrustes(bent)
        template = Template(Surface(aligned.mean, template.surface.triangles), _mean_landmarks(aligned, usable))
    found = components(aligned.shapes, modes)
    if not len(found.variances):
        raise ParameterError(f"All vertebrae {level_of(level).name} are the same.", "Give those of different people.")
    quality = quality_of(aligned.shapes, len(found.variances), np.random.default_rng(_SEED))
    away = [np.abs(each.solid.solid(vertices)) for each, vertices in zip(usable, bent, strict=True)]
    progress(1.0, "done")
    return Built(
        _model(usable, aligned, found, template),
        quality,
        tuple(each.name for each in usable),
        np.array([(each.mean(), each.max()) for each in away]),
        left_out,
    )


def _part(progress: Progress, number: int) -> Progress:
    """Return the progress of one pass, as a part of the whole."""
    return lambda done, what: progress((number + done) / PASSES, what)


def _of_usual_size(specimens: Sequence[Specimen]) -> Specimen:
    """Return the one whose volume is in the middle of all that have every landmark, or of all."""
    whole = [each for each in specimens if np.isfinite(each.landmarks).all()] or list(specimens)
    return sorted(whole, key=lambda each: each.surface.volume)[len(whole) // 2]


def _bent(template: Template, specimens: Sequence[Specimen], progress: Progress) -> FloatArray:
    shapes = []
    for number, each in enumerate(specimens):
        progress(number / len(specimens), f"{level_of(each.level).name} of {each.name}")
        shapes.append(template.bent_onto(each))
    return np.array(shapes)


def _mean_landmarks(aligned: Aligned, specimens: Sequence[Specimen]) -> FloatArray:
    """Return the mean of the landmarks (7, 3) where they are known; nan where nobody's is."""
    moved = np.array([aligned.moved(place, each.landmarks) for place, each in enumerate(specimens)])
    known = np.isfinite(moved).all(axis=2)
    total = np.where(known[:, :, None], moved, 0.0).sum(axis=0)
    count = known.sum(axis=0)[:, None]
    return np.where(count > 0, total / np.maximum(count, 1), np.nan)


def _mean_points(aligned: Aligned, specimens: Sequence[Specimen]) -> dict[int, FloatArray]:
    """Return the mean of the points that at least half of the people have."""
    places: dict[int, list[FloatArray]] = {}
    for number, each in enumerate(specimens):
        for poi, at in each.points.items():
            places.setdefault(poi, []).append(aligned.moved(number, at))
    enough = _HALF * len(specimens)
    return {poi: np.mean(found, axis=0) for poi, found in sorted(places.items()) if len(found) >= enough}


def _model(specimens: Sequence[Specimen], aligned: Aligned, found: Components, template: Template) -> StatisticalModel:
    return StatisticalModel(
        level=specimens[0].level,
        mean=Surface(found.mean, template.surface.triangles),
        modes=found.modes,
        variances=found.variances,
        noise=found.rest / max(found.mean.size - len(found.variances), 1),
        scores=found.scores,
        landmarks=template.landmarks,
        points=_mean_points(aligned, specimens),
    )
