"""What sex and stature do to the dimensions.

``sex_and_stature.csv`` has for each column the ratio of women to men by region, and by which power of the stature it grows
within a sex, with their sources. The mean of a woman and a man is that of ``dimensions.csv``.
"""

from __future__ import annotations

from dataclasses import replace
from types import MappingProxyType

import numpy as np

from ...anatomy import level
from ...anatomy.tables import read_table
from ...errors import ParameterError
from .dimensions import COLUMNS, DIMENSIONS, Dimensions
from .spread import SPREAD

SEXES = ("", "f", "m")
"""No sex (the mean of both), women, men."""

MEAN_STATURE_CM = MappingProxyType({"f": 162.0, "m": 176.0, "": 169.0})
"""Mean stature: men of the United States, and women at 92 % of it (National Health and Nutrition Examination Survey)."""

STATURE_RANGE_CM = (120.0, 220.0)

STATURE_SD = 0.04
"""Standard deviation of stature within a sex, relative (7.2 and 6.6 cm; US National Health Survey 1960-62)."""

LEAST_SPREAD = 0.4
"""What at least is left of a standard deviation when sex and stature are known."""


def _read() -> tuple[dict[tuple[str, str], float], dict[str, float]]:
    rows = read_table("sex_and_stature.csv", __package__)
    regions = ("cervical", "thoracic", "lumbar")
    ratios = {(row["column"], region): float(row[region]) for row in rows for region in regions}
    ratios |= {(name, "sacral"): ratios[name, "lumbar"] for name in COLUMNS}
    return ratios, {row["column"]: float(row["stature_exponent"]) for row in rows}


_RATIOS, _EXPONENTS = _read()


def check_sex_and_stature(sex: str, height_cm: float | None) -> None:
    """Refuse an unknown sex or an impossible stature, in one sentence."""
    if sex not in SEXES:
        raise ParameterError(f"The sex is f, m or empty (the mean of both), not {sex!r}.")
    low, high = STATURE_RANGE_CM
    if height_cm is not None and not low <= height_cm <= high:
        raise ParameterError(f"The stature must be between {low:g} and {high:g} cm, not {height_cm:g}.")


def mean_person(sex: str = "", height_cm: float | None = None) -> dict[int, Dimensions]:
    """Return the mean dimensions of people of one sex and stature.

    Parameters
    ----------
    sex : str
        "f", "m", or "" for the mean of both.
    height_cm : float, optional
        Stature; the mean of that sex if left out.

    Raises
    ------
    ParameterError
        If the sex is unknown or the stature impossible.
    """
    check_sex_and_stature(sex, height_cm)
    return {key: _adapted(row, sex, height_cm) for key, row in DIMENSIONS.items()}


def _adapted(row: Dimensions, sex: str, height_cm: float | None) -> Dimensions:
    region = level(row.level).region
    growth = 1.0 if height_cm is None else height_cm / MEAN_STATURE_CM[sex]
    factors = {name: _share(sex, _RATIOS[name, region]) * growth ** _EXPONENTS[name] for name in COLUMNS}
    return replace(row, **{name: getattr(row, name) * factor for name, factor in factors.items()})


def _share(sex: str, ratio: float) -> float:
    """Size of one sex against the mean of both, of which `ratio` is that of women to men."""
    return {"": 1.0, "f": 2.0 * ratio / (1.0 + ratio), "m": 2.0 / (1.0 + ratio)}[sex]


def remaining_spread(key: int, name: str, sex: str, height_cm: float | None) -> float:
    """Return the relative standard deviation that is left of a column when sex and stature are known.

    The variance of people taken together is that within the sexes plus the square of half their difference, and within a sex
    the stature explains the square of its exponent times `STATURE_SD`.
    """
    mean = abs(float(getattr(DIMENSIONS[key], name)))
    together = SPREAD[key][name] / mean if mean else 0.0
    ratio = _RATIOS[name, level(key).region]
    variance = together**2
    if sex:
        variance -= ((1.0 - ratio) / (1.0 + ratio)) ** 2
    if height_cm is not None:
        variance -= (_EXPONENTS[name] * STATURE_SD) ** 2
    return float(np.sqrt(max(variance, (LEAST_SPREAD * together) ** 2)))
