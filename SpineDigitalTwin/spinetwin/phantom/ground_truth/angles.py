"""True angles of a spine, from the endplates of its continuous shapes.

They are seen in the sagittal, coronal and axial plane of the upright person, as on radiographs, wherever the person was moved
to afterwards. That is why a curve that turns the vertebrae also changes the sagittal angles a little.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise

import numpy as np

from ...anatomy import level as level_of
from ...geometry import FloatArray, Frame
from ..spine import Spine
from .endplates import Endplate, endplates
from .record import Angles, CurveAngle

LEAST_COBB = 10.0
"""Below this a curve is no scoliosis (Scoliosis Research Society), degrees."""

_LEVEL_WITHIN = 1e-6

Plates = Mapping[str, Mapping[str, Endplate]]


def angles(spine: Spine) -> Angles:
    """Return the true angles of a spine."""
    frames = {level_of(key).name: frame for key, frame in spine.upright.items()}
    plates = {
        level_of(key).name: {
            which: plate.seen(spine.upright[key].origin, spine.upright[key].axes) for which, plate in endplates(shape).items()
        }
        for key, shape in spine.shapes.items()
    }
    slope, incidence = _forward(plates, "S1", "superior"), spine.parameters.pelvic_incidence
    return Angles(
        curves=tuple(_curves(frames, plates)),
        kyphosis_t1_t12=_opening(plates, ("T12", "inferior"), ("T1", "superior")),
        kyphosis_t4_t12=_opening(plates, ("T12", "inferior"), ("T4", "superior")),
        lordosis_l1_s1=_opening(plates, ("L1", "superior"), ("S1", "superior")),
        cervical_lordosis_c2_c7=_opening(plates, ("C2", "inferior"), ("C7", "inferior")),
        sacral_slope=slope,
        pelvic_incidence=incidence,
        pelvic_tilt=None if slope is None or incidence is None else incidence - slope,
        axial_rotation=_axial_rotation(frames),
    )


def _forward(plates: Plates, name: str, which: str) -> float | None:
    plate = plates.get(name, {}).get(which)
    return None if plate is None else plate.tilt_forward


def _opening(plates: Plates, first: tuple[str, str], second: tuple[str, str]) -> float | None:
    """By how much the second endplate falls further to the front than the first."""
    tilts = _forward(plates, *first), _forward(plates, *second)
    return None if tilts[0] is None or tilts[1] is None else tilts[1] - tilts[0]


def _axial_rotation(frames: Mapping[str, Frame]) -> dict[str, float]:
    turned = {name: float(np.degrees(np.arctan2(-frame.right[1], frame.right[0]))) for name, frame in frames.items()}
    zero = turned.get("S1", 0.0)
    return {name: (angle - zero + 180.0) % 360.0 - 180.0 for name, angle in turned.items()}


def _curves(frames: Mapping[str, Frame], plates: Plates) -> list[CurveAngle]:
    names = [name for name, both in plates.items() if len(both) == 2]
    tilts = np.array([np.degrees(np.arctan2(frames[name].superior[0], frames[name].superior[2])) for name in names])
    centres = np.array([frames[name].origin for name in names]).reshape(-1, 3)
    found = []
    for upper, lower in turning_pairs(tilts, LEAST_COBB):
        ends = plates[names[upper]]["superior"].tilt_right, plates[names[lower]]["inferior"].tilt_right
        apex, side = _apex(centres[upper : lower + 1])
        found.append(CurveAngle(names[upper], names[lower], names[upper + apex], abs(ends[1] - ends[0]), side))
    return found


def turning_pairs(tilts: FloatArray | Sequence[float], least: float) -> list[tuple[int, int]]:
    """Return the pairs of places between which a series turns by at least `least`, smaller ripples left out.

    Where the series stays level at an end, the place nearest to the other end is meant.

    Examples
    --------
    >>> turning_pairs([0, 0, 20, 21, 20, -20, 0, 0], 10)
    [(1, 3), (3, 5), (5, 6)]
    """
    series = np.asarray(tilts, dtype=np.float64)
    turns = _turns(series, least)
    pairs = []
    for start, stop in pairwise(turns):
        between = series[start : stop + 1]
        first = int(np.flatnonzero(np.abs(between - series[start]) < _LEVEL_WITHIN)[-1])
        last = int(np.flatnonzero(np.abs(between - series[stop]) < _LEVEL_WITHIN)[0])
        pairs.append((start + first, start + last))
    return pairs


def _turns(series: FloatArray, least: float) -> list[int]:
    """Places of the alternating highs and lows that differ by at least `least` from one to the next."""
    turns: list[int] = []
    sign, high, low = 0, 0, 0
    for place, value in enumerate(series):
        high, low = (place if value > series[high] else high), (place if value < series[low] else low)
        if sign >= 0 and series[high] - value >= least:
            turns.append(high)
            sign, low = -1, place
        elif sign <= 0 and value - series[low] >= least:
            turns.append(low)
            sign, high = 1, place
    return [*turns, high if sign > 0 else low] if sign else []


def _apex(centres: FloatArray) -> tuple[int, str]:
    """Place of the centre furthest from the line between the first and the last, in the coronal plane, and its side."""
    chord = centres[-1] - centres[0]
    away = centres - centres[0]
    sideways = (away[:, 2] * chord[0] - away[:, 0] * chord[2]) / np.hypot(chord[0], chord[2])
    apex = int(np.abs(sideways).argmax())
    return apex, "right" if sideways[apex] > 0 else "left"
