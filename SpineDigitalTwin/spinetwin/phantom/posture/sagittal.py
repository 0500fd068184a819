"""The sagittal profile: how far every vertebra leans forward."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from ...errors import ParameterError
from ...geometry import FloatArray
from ..person.dimensions import Dimensions
from .parameters import SpineParameters
from .pelvis import PELVIC_TILTS, sacral_slope

Chain = Sequence[Dimensions]

MEAN_SKEW = 2.0
"""How much more the lowest lumbar segment turns than the highest, relative to it, where balance does not say otherwise."""

SKEWS = (-0.8, 25.0)
"""Least and greatest skew: from a lordosis whose apex is high to one that is all in the last segments."""

_EXACT = 1e-12
"""How exactly the skew is found."""


def sagittal_plane(parameters: SpineParameters, names: Sequence[str], chain: Chain) -> FloatArray:
    """Return the forward lean of every superior axis, (n,) degrees.

    Raises
    ------
    ParameterError
        If the pelvic tilt that follows from incidence and lordosis is one that no pelvis has.

    Notes
    -----
    Kyphosis, lordosis and cervical lordosis are met exactly. C7 stands above S1: the person as a whole is turned until it does.
    With a pelvic incidence (and no lordosis of its own) the sacral slope is given too; then the lordosis is distributed between
    its upper and lower segments until C7 stands above S1, which makes it low and short where the incidence is small and long
    where it is great (Roussouly 2005). Where no distribution reaches that, C7 stays as near as it can come.
    """
    if parameters.pelvic_incidence is None or parameters.lordosis is not None:
        tilt = _profile(parameters, names, chain, MEAN_SKEW)
        tilt = tilt - imbalance(tilt, names, chain)
        _check_pelvis(parameters, float(tilt[-1] - chain[-1].endplate_angle))
        return tilt
    plate = sacral_slope(parameters.pelvic_incidence) + chain[-1].endplate_angle

    def standing(skew: float) -> FloatArray:
        tilt = _profile(parameters, names, chain, skew)
        return np.asarray(tilt - tilt[-1] + plate)

    return standing(_zero(lambda skew: imbalance(standing(skew), names, chain), *SKEWS))


def _check_pelvis(parameters: SpineParameters, slope: float) -> None:
    """Refuse a pelvic incidence that, with the slope of the sacrum in degrees, leaves a tilt that no pelvis has."""
    incidence = parameters.pelvic_incidence
    least, most = PELVIC_TILTS
    if incidence is not None and not least <= incidence - slope <= most:
        both = f"A pelvic incidence of {incidence:g} with a lordosis of {parameters.lumbar_lordosis:g} degrees"
        raise ParameterError(
            f"{both} needs a pelvic tilt of {incidence - slope:.0f} degrees, which must be between {least:g} and {most:g}.",
            "Leave the lordosis out, or choose one that goes better with the incidence.",
        )


def imbalance(tilt: FloatArray, names: Sequence[str], chain: Chain) -> float:
    """Return the angle in degrees by which C7 leans forward over S1."""
    radians = np.radians(tilt)
    way = stack(np.stack([0 * radians, np.sin(radians), np.cos(radians)], axis=1), chain)[names.index("C7")]
    return float(np.degrees(np.arctan2(way[1], way[2])))


def stack(superior: FloatArray, chain: Chain) -> FloatArray:
    """Return the centres of the bodies, (n, 3) mm from that of the lowest, given their superior axes (n, 3).

    From one vertebra to the next the way leads down the axis of the upper one to the middle of the disc and then down the axis
    of the lower one, so that the axes are the tangents of the column.
    """
    half = np.array([row.height for row in chain]) / 2
    disc = np.array([row.disc_height for row in chain]) / 2
    steps = (half + disc)[:-1, None] * superior[:-1] + (half[1:] + disc[:-1])[:, None] * superior[1:]
    return np.asarray(np.concatenate([np.cumsum(steps[::-1], axis=0)[::-1], np.zeros((1, 3))]))


def _profile(parameters: SpineParameters, names: Sequence[str], chain: Chain, skew: float) -> FloatArray:
    """Forward lean up to a common angle."""
    wedge = np.array([row.endplate_angle for row in chain])
    c2, c7, t1, t12, l1, s1 = (list(names).index(name) for name in ("C2", "C7", "T1", "T12", "L1", "S1"))
    steps = np.zeros(len(chain))
    steps[c2 + 1 : c7 + 1] = _shares(np.ones(c7 - c2), parameters.cervical_lordosis - wedge[c7] + wedge[c2])
    n = np.arange(t12 - t1)
    hump = 0.35 + np.sin(np.pi * (n + 1) / (len(n) + 1))
    steps[t1 + 1 : t12 + 1] = _shares(hump, -(parameters.kyphosis + wedge[t1] + wedge[t12]))
    n = np.arange(s1 - l1)
    steps[l1 + 1 : s1 + 1] = _shares(1.0 + skew * n / len(n), parameters.lumbar_lordosis + wedge[s1] - wedge[l1])
    return np.asarray(np.cumsum(steps))


def _shares(weights: FloatArray, total: float) -> FloatArray:
    return np.asarray(weights / weights.sum() * total)


def _zero(function: Callable[[float], float], low: float, high: float) -> float:
    """Return where a function is zero, or the end of the range where it is nearest to that."""
    ends = function(low), function(high)
    if ends[0] * ends[1] > 0:
        return low if abs(ends[0]) < abs(ends[1]) else high
    rising = ends[1] > ends[0]
    while high - low > _EXACT:  # half and half: to load an optimiser takes longer
        middle = (low + high) / 2
        low, high = (low, middle) if (function(middle) > 0) == rising else (middle, high)
    return (low + high) / 2
