"""The likeliest person with as much bone as a real one of whom neither sex nor stature is known.

Much bone has more than one cause: a tall person has more of it, and so has a broad one. Given the volume alone, the likeliest
person shares it out by how much people differ in each: stature, and the four factors of `spinetwin.phantom.FACTORS`. (The
stature alone would make a person of 2.1 m of two of the three, whose bodies are broad and not high.)
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

import numpy as np
from realism_data import Bones, Source, bones_of_person
from realism_fit import effects
from spinetwin.anatomy import level
from spinetwin.geometry import FloatArray
from spinetwin.geometry.fields import SURFACE, MaskField
from spinetwin.phantom import FACTORS, factor_person
from spinetwin.phantom.person.factors import factor_covariance
from spinetwin.phantom.person.sex_and_stature import MEAN_STATURE_CM, STATURE_SD

_VOLUME_EXPONENT = 1.5
"""About the power of the stature by which the volume of a vertebra grows."""

_ROUNDS = 3


@dataclass(frozen=True)
class Likely:
    """The phantom with as much bone as a person: who it is, the scores of its factors (SD), and its bones."""

    sex: str
    height_cm: float
    scores: Mapping[str, float]
    masks: Bones


def likeness(source: Source, real: Bones, damaged: Collection[str]) -> Likely:
    """Return the likeliest person with as much bone as a real one, as the median of the levels that are not damaged."""
    counted = [key for key in real if level(key).region != "sacral" and level(key).name not in damaged]
    means = {sex: _phantom(source, sex, np.zeros(1 + len(FACTORS))) for sex in ("f", "m")}
    sex = min(means, key=lambda each: abs(_larger(real, means[each].masks, counted)))
    found, away = means[sex], np.zeros(1 + len(FACTORS))
    shares = _shares(found.masks, counted)
    for _ in range(_ROUNDS):
        away = away + shares * _larger(real, found.masks, counted)
        found = _phantom(source, sex, away)
    return found


def _shares(masks: Bones, counted: Collection[int]) -> FloatArray:
    """Return by how many SD stature and factors most likely differ, (1 + factors,), for a volume e times as large."""
    n = len(FACTORS)
    of_factors = np.median([effects()[key, "volume"] * 1000.0 / _volume(masks[key]) for key in counted], axis=0)
    growth = np.array([_VOLUME_EXPONENT * STATURE_SD, *of_factors])
    together = np.zeros((1 + n, 1 + n))
    together[0, 0], together[1:, 1:] = 1.0, factor_covariance()
    return np.asarray(together @ growth / (growth @ together @ growth))


def _phantom(source: Source, sex: str, away: FloatArray) -> Likely:
    height = MEAN_STATURE_CM[sex] * (1.0 + STATURE_SD * away[0])
    scores = dict(zip(FACTORS, away[1:].tolist(), strict=True))
    return Likely(sex, height, scores, bones_of_person(source, factor_person(scores, sex, height)))


def _larger(real: Bones, phantom: Bones, counted: Collection[int]) -> float:
    """Return the logarithm of how much more bone a person has than a phantom."""
    return float(np.median([np.log(_volume(real[key]) / _volume(phantom[key])) for key in counted]))


def _volume(mask: MaskField) -> float:
    """Return cubic mm."""
    return float((mask.values > SURFACE).sum() * mask.grid.voxel_volume)
