"""Drawing a person: dimensions that vary together, with the published spread.

Each dimension of each level is its mean plus its standard deviation times a standard normal number. These numbers are sums of
five independent parts, whose shares of the variance are ``covariance.csv``: the size of the whole person; a factor of the group
of columns (``dimension_sources.csv``); a curve along the spine of the group, and one of the column alone; and a rest without
any order. Angles and offsets do not follow the size.

Notes
-----
The shares were set by us so that they agree with up to 114 spines measured on CT (distances of neighbouring body centres from
T1 to L5, Buergin 2023): there the correlation is 0.76 between neighbours, 0.61 at four levels and 0.55 at eight, measurement
noise included, and the standard deviation 7 to 9 %; here a column has 0.90, 0.69 and 0.54 without noise.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from ...anatomy.tables import read_table
from ...geometry import FloatArray
from .dimensions import COLUMNS, DIMENSIONS, Dimensions
from .sex_and_stature import mean_person, remaining_spread
from .spread import SPREAD

CLIP = 2.5
"""No dimension lies further from its mean than this many standard deviations, so that the shape stays that of a vertebra."""

CURVE_LEVELS = 3.0
"""Range of the curves along the spine, in levels (squared-exponential kernel)."""

_PARTS = ("size", "group", "curve", "column", "residual")


def _read() -> dict[str, FloatArray]:
    rows = read_table("covariance.csv", __package__)
    return {row["kind"]: np.sqrt([float(row[part]) for part in _PARTS]) for row in rows}


_WEIGHTS = _read()

SIZE_SHARE, GROUP_SHARE = (float(share) for share in _WEIGHTS["length"][:2] ** 2)
"""Of the variance of a length: what the size of the person has, and what is common to a group of columns at all levels."""


def _curves() -> FloatArray:
    """Return the (levels, levels) matrix that turns white noise into a smooth curve of unit variance along the spine."""
    place = np.arange(len(DIMENSIONS), dtype=np.float64)
    kernel = np.exp(-0.5 * ((place[:, None] - place) / CURVE_LEVELS) ** 2)
    return np.asarray(np.linalg.cholesky(kernel + 1e-9 * np.eye(len(place))))


_SMOOTH = _curves()

_RELATIVE = np.array([column.spread_unit == "%" for column in COLUMNS.values()])


def sample_person(
    rng: np.random.Generator, scale: float = 1.0, sex: str = "", height_cm: float | None = None
) -> dict[int, Dimensions]:
    """Draw the dimensions of one person.

    Parameters
    ----------
    rng : numpy.random.Generator
        Source of chance; the same state gives the same person.
    scale : float
        Size of the person against the mean.
    sex : str
        "f", "m", or "" for anybody.
    height_cm : float, optional
        Stature; anybody's if left out.

    Returns
    -------
    dict of level id to Dimensions
        Lengths in percent of the mean are log-normal (never negative), the others normal. Of a known sex or stature the spread
        is smaller, because it is part of what people differ by.

    Raises
    ------
    ParameterError
        If the sex is unknown or the stature impossible.
    """
    means, spreads = _normal(sex, height_cm)
    scores = _scores(rng)
    variances = np.log1p(spreads**2)
    relative = means * np.exp(np.sqrt(variances) * scores - variances / 2)
    drawn = np.where(_RELATIVE, relative, means + spreads * scores)
    return {key: Dimensions(key, *row).scaled(scale) for key, row in zip(DIMENSIONS, drawn.tolist(), strict=True)}


@lru_cache(maxsize=32)
def _normal(sex: str, height_cm: float | None) -> tuple[FloatArray, FloatArray]:
    """Return means and standard deviations, each (levels, columns); the latter relative where the table has percent."""
    people = mean_person(sex, height_cm)
    means = np.array([[getattr(row, name) for name in COLUMNS] for row in people.values()], dtype=np.float64)
    spreads = [
        [
            remaining_spread(key, name, sex, height_cm) if column.spread_unit == "%" else SPREAD[key][name]
            for name, column in COLUMNS.items()
        ]
        for key in people
    ]
    return means, np.array(spreads)


def _scores(rng: np.random.Generator) -> FloatArray:
    """Return one standard normal number for each level and column, (levels, columns)."""
    n = len(DIMENSIONS)
    groups = sorted({column.group for column in COLUMNS.values()})
    size = rng.standard_normal()
    common = {group: (rng.standard_normal(), _SMOOTH @ rng.standard_normal(n)) for group in groups}
    scores = []
    for column in COLUMNS.values():
        whole, curve = common[column.group]
        own = _SMOOTH @ rng.standard_normal(n)
        parts = np.stack([np.full(n, size), np.full(n, whole), curve, own, rng.standard_normal(n)])
        scores.append(_WEIGHTS["length" if column.spread_unit == "%" else "angle"] @ parts)
    return np.asarray(np.clip(np.stack(scores, axis=1), -CLIP, CLIP))
