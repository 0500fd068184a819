"""What follows from the incidence of the pelvis, in people without complaints.

References
----------
Legaye J et al. (1998) Pelvic incidence: a fundamental pelvic parameter for three-dimensional regulation of spinal sagittal
curves. Eur Spine J 7:99-103 (incidence = pelvic tilt + sacral slope).
Hyun SJ et al. (2019) Predictive formula of ideal lumbar lordosis and lower lumbar lordosis determined by individual pelvic
incidence in asymptomatic elderly population. Eur Spine J 28:1906-1913.
Mac-Thiong JM et al. (2011) Age- and sex-related variations in sagittal sacropelvic morphology and balance in asymptomatic
adults. Eur Spine J 20 Suppl 5:572-577 (ranges).
"""

from __future__ import annotations

from ...anatomy.tables import read_table

_ROWS = read_table("pelvis.csv", __package__)
_LINES = {row["angle"]: (float(row["constant"]), float(row["per_degree_of_incidence"])) for row in _ROWS}


PELVIC_TILTS = (-20.0, 60.0)
"""Least and greatest pelvic tilt, degrees: chosen. Two standard deviations of 709 people without complaints span 0 to 27
(Mac-Thiong 2011); patients with a flat back stand far beyond, and shall not be refused."""


def pelvic_tilt(incidence: float) -> float:
    """Return the mean pelvic tilt in degrees."""
    return _line("pelvic_tilt", incidence)


def sacral_slope(incidence: float) -> float:
    """Return the mean slope of the sacral endplate in degrees: incidence less pelvic tilt.

    Examples
    --------
    >>> sacral_slope(50.0)
    39.0
    """
    return incidence - pelvic_tilt(incidence)


def lordosis(incidence: float) -> float:
    """Return the mean lumbar lordosis in degrees."""
    return _line("lordosis", incidence)


def _line(angle: str, incidence: float) -> float:
    constant, slope = _LINES[angle]
    return constant + slope * incidence
