"""The phantom that is fitted to a real person: four numbers for all levels together, by least squares.

The phantom has the sex and the stature of the one that is as large as the person. The numbers are the scores
of `spinetwin.phantom.FACTORS` (how broad and how high the bodies, how wide the canal, how large the
arches), each in standard deviations of the population. Minimised is the sum of squares of all differences of dimensions, in
standard deviations among people, and of the scores themselves against how they vary among people. A difference of more than
`OUTLIER` counts less (Huber 1964), so that a segmentation that went wrong somewhere does not draw the whole person to it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

import numpy as np
from realism_axes import Bone, bones
from realism_data import SOURCES, Bones, Source, bones_of_person
from realism_measure import dimensions_of
from realism_sd import sd_of
from spinetwin.geometry import FloatArray
from spinetwin.phantom import FACTORS, factor_person
from spinetwin.phantom.person.factors import factor_covariance

OUTLIER = 2.0
"""Standard deviations."""

VOLUME_SD = 0.05
"""Relative; of the volume ten percent is allowed, which are two of these."""

_STEP = 0.7
"""Of a score, by which its effect is found: so large that voxels of 1.5 mm do not matter."""

_ROUNDS = 2

Measured = dict[tuple[int, str], float]


@dataclass(frozen=True)
class Likeness:
    """A fitted phantom.

    Attributes
    ----------
    scores : mapping of str to float
        By factor, in standard deviations.
    masks : mapping of level id to MaskField
        Its bones.
    """

    scores: Mapping[str, float]
    masks: Bones


def measured(found: Mapping[int, Bone]) -> Measured:
    """Return all dimensions of all levels of a person."""
    return {(key, name): value for key, bone in found.items() for name, value in dimensions_of(bone).items()}


def fit(source: Source, real: Measured, sex: str, height_cm: float) -> Likeness:
    """Fit a phantom of a sex and stature to the dimensions of a real person; leave out of `real` what must not count."""
    scores, prior = np.zeros(len(FACTORS)), np.linalg.inv(factor_covariance())
    masks, here = _phantom(source, scores, sex, height_cm)
    names = [each for each in real if each in here and each in effects()]
    slopes = np.array([effects()[each] / _sd(*each, real[each]) for each in names])
    for _ in range(_ROUNDS):
        off = np.array([(here[each] - real[each]) / _sd(*each, real[each]) for each in names])
        weights = np.minimum(1.0, OUTLIER / np.maximum(np.abs(off), 1e-9))
        normal = (slopes.T * weights) @ slopes + prior
        scores = scores - np.linalg.solve(normal, (slopes.T * weights) @ off + prior @ scores)
        masks, here = _phantom(source, scores, sex, height_cm)
    return Likeness(dict(zip(FACTORS, scores.tolist(), strict=True)), masks)


@cache
def effects() -> Mapping[tuple[int, str], FloatArray]:
    """Return by how much each dimension of each level grows with each factor, (factors,): mm (volume: ml) for a score of 1."""
    whole = SOURCES[0]
    here = _phantom(whole, np.zeros(len(FACTORS)))[1]
    moved = [_phantom(whole, step)[1] for step in _STEP * np.eye(len(FACTORS))]
    shared = [each for each in here if all(each in one for one in moved)]
    return {each: np.array([one[each] - here[each] for one in moved]) / _STEP for each in shared}


def _phantom(source: Source, scores: FloatArray, sex: str = "", height_cm: float | None = None) -> tuple[Bones, Measured]:
    masks = bones_of_person(source, factor_person(dict(zip(FACTORS, scores.tolist(), strict=True)), sex, height_cm))
    return masks, measured(bones(masks))


def _sd(key: int, name: str, real: float) -> float:
    return VOLUME_SD * real if name == "volume" else sd_of(key, name, abs(real))
