"""Where every vertebra stands: sagittal profile, scoliosis, spacing by the heights of bodies and discs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from ...anatomy import level
from ...geometry import FloatArray, Frame
from ..person.dimensions import Dimensions
from .parameters import Curve, SpineParameters, whole_column


def posture(parameters: SpineParameters, rows: Mapping[int, Dimensions]) -> dict[int, Frame]:
    """Return the frame of every level of the whole column, the middle of the column at the RAS origin.

    Parameters
    ----------
    parameters : SpineParameters
        Angles and levels.
    rows : mapping of level id to Dimensions
        The person; disc heights already include `parameters.spacing`.

    Notes
    -----
    From one vertebra to the next the way leads down the axis of the upper one to the middle of the disc and then down the axis
    of the lower one, so that the axes are the tangents of the column. The sagittal profile is turned as a whole until C7
    stands above S1 (balance); the coronal curve runs as half a cosine between its end vertebrae and fades beyond them.
    """
    column = whole_column(parameters)
    chain = [rows[each.id] for each in column]
    names = [each.name for each in column]
    tilt = _sagittal(parameters, names, chain)
    tilt -= _imbalance(tilt, chain, names)
    coronal, axial = _scoliosis(parameters.curves, names)
    turns = [_turn(*angles) for angles in zip(tilt, coronal, axial, strict=True)]
    centres = _stack(np.array([turn[:, 2] for turn in turns]), chain)
    centres -= centres.mean(axis=0)
    return {
        each.id: Frame(centre, np.ascontiguousarray(turn.T), "phantom")
        for each, centre, turn in zip(column, centres, turns, strict=True)
    }


def _stack(superior: FloatArray, chain: list[Dimensions]) -> FloatArray:
    below = np.array([(row.height + row.disc_height) / 2 for row in chain])
    above = np.array([row.height / 2 for row in chain])
    above[1:] += [row.disc_height / 2 for row in chain[:-1]]
    centres = np.zeros((len(chain), 3))
    for i in range(1, len(chain)):
        centres[i] = centres[i - 1] - below[i - 1] * superior[i - 1] - above[i] * superior[i]
    return centres


def _sagittal(parameters: SpineParameters, names: list[str], chain: list[Dimensions]) -> FloatArray:
    """Forward tilt of every superior axis in degrees, up to a common angle."""
    wedge = np.array([row.endplate_angle for row in chain])
    tilt = np.zeros(len(chain))
    c2, c7, t1, t12, l1, s1 = (names.index(name) for name in ("C2", "C7", "T1", "T12", "L1", "S1"))
    steps = np.zeros(len(chain))
    n = np.arange(c7 - c2)
    steps[c2 + 1 : c7 + 1] = _shares(np.ones(len(n)), parameters.cervical_lordosis - wedge[c7] + wedge[c2])
    n = np.arange(t12 - t1)
    hump = 0.35 + np.sin(np.pi * (n + 1) / (len(n) + 1))
    steps[t1 + 1 : t12 + 1] = _shares(hump, -(parameters.kyphosis + wedge[t1] + wedge[t12]))
    n = np.arange(s1 - l1)
    steps[l1 + 1 : s1 + 1] = _shares(1.0 + 2.0 * n / len(n), parameters.lordosis + wedge[s1] - wedge[l1])
    tilt[:] = np.cumsum(steps)
    return tilt


def _shares(weights: FloatArray, total: float) -> FloatArray:
    return np.asarray(weights / weights.sum() * total)


def _imbalance(tilt: FloatArray, chain: list[Dimensions], names: list[str]) -> float:
    """Angle in degrees by which C7 leans forward over S1."""
    radians = np.radians(tilt)
    centres = _stack(np.stack([0 * radians, np.sin(radians), np.cos(radians)], axis=1), chain)
    way = centres[names.index("C7")] - centres[names.index("S1")]
    return float(np.degrees(np.arctan2(way[1], way[2])))


def _scoliosis(curves: Sequence[Curve], names: list[str]) -> tuple[FloatArray, FloatArray]:
    """Coronal tilt (to the right) of the superior axes and axial rotation (front to the right), degrees."""
    coronal, axial = np.zeros(len(names)), np.zeros(len(names))
    for curve in curves:
        shares = _curve(curve, names)
        coronal += shares[0]
        axial += shares[1]
    return coronal, axial


def _curve(curve: Curve, names: list[str]) -> tuple[FloatArray, FloatArray]:
    k = np.arange(len(names), dtype=np.float64)
    apex, sacrum = names.index(level(curve.apex).name), len(names) - 1
    up = min(curve.half_length, apex - 1)
    down = min(curve.half_length, max(2, sacrum - apex - 2))
    beyond = np.minimum(4, sacrum - apex - down)
    u = np.where(k <= apex, (k - apex) / up, (k - apex) / down)
    fade = np.where(k <= apex, (apex - up - k) / 4, (k - apex - down) / max(beyond, 1))
    outside = -np.sign(k - apex) * 0.5 * (1 + np.cos(np.pi * np.clip(fade, 0, 1)))
    shape = np.where(np.abs(u) <= 1, -np.sin(np.pi / 2 * u), outside)
    bump = np.cos(np.pi / 2 * np.clip(u * 0.75, -1, 1)) ** 2
    sign = 1.0 if curve.side == "right" else -1.0
    coronal = -sign * curve.cobb / 2 * shape
    axial = sign * curve.cobb * curve.axial_coupling * bump
    axial[sacrum] = 0.0
    return coronal, axial


def _turn(tilt: float, coronal: float, axial: float) -> FloatArray:
    """Rotation whose columns are right, anterior, superior: axial first, then forward tilt, then to the right."""
    t, c, a = np.radians([tilt, coronal, axial])
    around_s = np.array([[np.cos(a), np.sin(a), 0], [-np.sin(a), np.cos(a), 0], [0, 0, 1]])
    around_r = np.array([[1, 0, 0], [0, np.cos(t), np.sin(t)], [0, -np.sin(t), np.cos(t)]])
    around_a = np.array([[np.cos(c), 0, np.sin(c)], [0, 1, 0], [-np.sin(c), 0, np.cos(c)]])
    return np.asarray(around_a @ around_r @ around_s)
