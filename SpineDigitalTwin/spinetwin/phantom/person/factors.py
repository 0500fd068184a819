"""A person in four numbers: how broad and how high the bodies are, how wide the canal, how large the arches.

They are the leading parts of the sampler (`spinetwin.phantom.person.sampling`), its size and its groups, which are the same at
all levels of a person. ``factors.csv`` says which columns follow which number; the others keep their mean. Nothing in it knows
a single level, so that a fit to somebody's measured dimensions cannot follow the noise of a level.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from ...anatomy.tables import read_table
from ...errors import ParameterError
from ...geometry import FloatArray
from .dimensions import COLUMNS, Dimensions
from .sampling import GROUP_SHARE, SIZE_SHARE
from .sex_and_stature import mean_person
from .spread import SPREAD

_FACTOR_OF = {row["column"]: row["factor"] for row in read_table("factors.csv", __package__)}

FACTORS = tuple(dict.fromkeys(_FACTOR_OF.values()))
"""Their names."""


def factor_person(scores: Mapping[str, float], sex: str = "", height_cm: float | None = None) -> dict[int, Dimensions]:
    """Return the person whose dimensions lie so many standard deviations from those of a sex and stature, at all levels alike.

    Parameters
    ----------
    scores : mapping of str to float
        A number for some of `FACTORS`; the others are 0.
    sex : str
        "f", "m", or "" for the mean of both.
    height_cm : float, optional
        Stature; the mean of that sex if left out.

    Returns
    -------
    dict of level id to Dimensions
        From C1 to S1.

    Raises
    ------
    ParameterError
        If there is no such factor, or the sex or the stature is impossible.

    Examples
    --------
    >>> factor_person({"breadth": 1.0})[22].body_width > factor_person({})[22].body_width
    True
    """
    unknown = [name for name in scores if name not in FACTORS]
    if unknown:
        raise ParameterError(f"There is no factor {unknown[0]!r} of a person.", f"There are {', '.join(FACTORS)}.")
    return {key: _changed(row, scores) for key, row in mean_person(sex, height_cm).items()}


def _changed(row: Dimensions, scores: Mapping[str, float]) -> Dimensions:
    changed: dict[str, Any] = {}
    for name, factor in _FACTOR_OF.items():
        score, mean, sd = scores.get(factor, 0.0), float(getattr(row, name)), SPREAD[row.level][name]
        if score and mean:
            relative = COLUMNS[name].spread_unit == "%"
            changed[name] = mean * float(np.exp(score * np.sqrt(np.log1p((sd / mean) ** 2)))) if relative else mean + score * sd
    return replace(row, **changed)


def factor_covariance() -> FloatArray:
    """Return how the scores of `FACTORS` vary together among people, (factors, factors)."""
    n = len(FACTORS)
    return np.asarray(SIZE_SHARE * np.ones((n, n)) + GROUP_SHARE * np.eye(n))
