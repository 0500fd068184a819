"""A smooth curve through given values that goes up and down only where they do.

scipy has the same (`PchipInterpolator`), but to load it, with all it needs itself, takes longer than to draw the tissues.

References
----------
Fritsch FN, Butland J (1984) A method for constructing local monotone piecewise cubic interpolants. SIAM J Sci Stat Comput
5:300-304 (slopes at the knots; those at both ends are one-sided parabolas, limited as by Moler, Numerical computing with
MATLAB, 2004, section 3.6).
"""

from __future__ import annotations

import numpy as np

from ...geometry import FloatArray


def monotone(places: FloatArray, values: FloatArray, wanted: FloatArray) -> FloatArray:
    """Interpolate columns of values between the places where they are known.

    Parameters
    ----------
    places : (n,) array
        Ascending; n >= 2.
    values : (columns, n) array
        What is known there.
    wanted : (m,) array
        From the first to the last place.

    Returns
    -------
    (columns, m) array
        Cubic between two places, with a continuous slope.
    """
    lengths = np.diff(places)
    rises = np.diff(values, axis=1) / lengths
    slopes = _slopes(lengths, rises)
    left = np.clip(np.searchsorted(places, wanted, side="right") - 1, 0, len(places) - 2)
    h, t = lengths[left], (wanted - places[left]) / lengths[left]
    begin, end = slopes[:, left], slopes[:, left + 1]
    bent = rises[:, left] - begin + (t - 1.0) * (begin + end - 2.0 * rises[:, left])
    return np.asarray(values[:, left] + h * t * (begin + t * bent))


def _slopes(lengths: FloatArray, rises: FloatArray) -> FloatArray:
    """Slopes (columns, n) at the knots: harmonic means of the rises on both sides, level where these differ in sign."""
    if len(lengths) == 1:
        return np.repeat(rises, 2, axis=1)
    before, after = 2.0 * lengths[1:] + lengths[:-1], lengths[1:] + 2.0 * lengths[:-1]
    same = rises[:, :-1] * rises[:, 1:] > 0
    safe = np.where(same, rises[:, :-1], 1.0), np.where(same, rises[:, 1:], 1.0)
    inner = np.where(same, (before + after) / (before / safe[0] + after / safe[1]), 0.0)
    first = _end(lengths[0], lengths[1], rises[:, 0], rises[:, 1])
    last = _end(lengths[-1], lengths[-2], rises[:, -1], rises[:, -2])
    return np.column_stack([first, inner, last])


def _end(own: float, next_length: float, rise: FloatArray, next_rise: FloatArray) -> FloatArray:
    """Slope (columns,) at an end: that of the parabola through three knots, unless the curve would overshoot."""
    slope = ((2.0 * own + next_length) * rise - own * next_rise) / (own + next_length)
    steep = (rise * next_rise < 0) & (np.abs(slope) > 3.0 * np.abs(rise))
    return np.where(slope * rise <= 0, 0.0, np.where(steep, 3.0 * rise, slope))
