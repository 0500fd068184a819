"""Where every vertebra stands: sagittal profile, scoliosis, spacing by the heights of bodies and discs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from ..anatomy import LEVELS, Level, level, levels_between
from ..errors import ParameterError
from ..geometry import FloatArray, Frame
from .dimensions import DIMENSIONS, Dimensions

_EXTRA = ("T13", "L6")


@dataclass(frozen=True)
class SpineParameters:
    """What a spine looks like; angles in degrees.

    Attributes
    ----------
    levels : str
        Levels that are built, such as "C1-S1" or "T10-L5"; T13 and L6 only where named ("C1-T12,T13,L1-S1").
        The posture is that of a whole spine, whatever part of it is built.
    lordosis : float
        Lumbar lordosis, superior endplate of L1 to that of S1.
    kyphosis : float
        Thoracic kyphosis, superior endplate of T1 to inferior endplate of T12.
    cervical_lordosis : float
        Inferior endplate of C2 to inferior endplate of C7.
    cobb : float
        Coronal angle between the end vertebrae of the scoliotic curve; 0 for a straight spine.
    apex : str
        Level of the apex.
    side : str
        "right" or "left": where the convexity points.
    half_length : int
        Levels from the apex to each end vertebra.
    axial_coupling : float
        Axial rotation of the apex, towards the convexity, per degree of `cobb`.
    scale : float
        Size against the mean adult.
    spacing : float
        Disc heights against the mean.
    """

    levels: str = "C1-S1"
    lordosis: float = 50.0
    kyphosis: float = 40.0
    cervical_lordosis: float = 15.0
    cobb: float = 0.0
    apex: str = "T8"
    side: str = "right"
    half_length: int = 5
    axial_coupling: float = 0.4
    scale: float = 1.0
    spacing: float = 1.0

    def __post_init__(self) -> None:
        _within("The Cobb angle", self.cobb, 0.0, 80.0, "degrees")
        _within("The lordosis", self.lordosis, 0.0, 85.0, "degrees")
        _within("The kyphosis", self.kyphosis, 0.0, 80.0, "degrees")
        _within("The cervical lordosis", self.cervical_lordosis, -15.0, 40.0, "degrees")
        _within("The axial coupling", self.axial_coupling, 0.0, 0.8, "degrees per degree")
        _within("The scale", self.scale, 0.5, 1.5, "")
        _within("The spacing of the vertebrae", self.spacing, 0.7, 1.5, "times the mean disc height")
        _within("The half length of the curve", self.half_length, 2, 7, "levels")
        if self.side not in ("left", "right"):
            raise ParameterError(f"The side of a curve is left or right, not {self.side!r}.")
        chosen_levels(self.levels)
        if level(self.apex).region not in ("thoracic", "lumbar"):
            raise ParameterError(f"The apex of a curve is a thoracic or lumbar level, not {level(self.apex).name}.")


def _within(what: str, value: float, low: float, high: float, unit: str) -> None:
    if not (np.isfinite(value) and low <= value <= high):
        raise ParameterError(f"{what} must be between {low:g} and {high:g} {unit}".rstrip() + f", not {value:g}.")


def chosen_levels(text: str) -> tuple[Level, ...]:
    """Read a list of levels; T13 and L6 are left out of a range unless it starts or ends there.

    Raises
    ------
    ParameterError
        If a level is unknown, or the phantom does not have it.
    """
    chosen: set[Level] = set()
    for part in text.split(","):
        first, _, last = part.partition("-")
        ends = level(first), level(last or first)
        chosen.update(each for each in levels_between(*ends) if each in ends or each.name not in _EXTRA)
    missing = [each.name for each in chosen if each.id not in DIMENSIONS]
    if missing:
        raise ParameterError(f"The phantom has no level {', '.join(missing)}.", "It goes from C1 to S1.")
    return tuple(sorted(chosen, key=lambda each: each.order))


def whole_column(parameters: SpineParameters) -> tuple[Level, ...]:
    """Return every level of the person, from C1 to S1, with T13 and L6 if they were asked for."""
    named = {each.name for each in chosen_levels(parameters.levels)} | {level(parameters.apex).name}
    return tuple(each for each in LEVELS if each.id in DIMENSIONS and (each.name not in _EXTRA or each.name in named))


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
    coronal, axial = _scoliosis(parameters, names)
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


def _scoliosis(parameters: SpineParameters, names: list[str]) -> tuple[FloatArray, FloatArray]:
    """Coronal tilt (to the right) of the superior axes and axial rotation (front to the right), degrees."""
    k = np.arange(len(names), dtype=np.float64)
    apex, sacrum = names.index(level(parameters.apex).name), len(names) - 1
    up = min(parameters.half_length, apex - 1)
    down = min(parameters.half_length, max(2, sacrum - apex - 2))
    beyond = np.minimum(4, sacrum - apex - down)
    u = np.where(k <= apex, (k - apex) / up, (k - apex) / down)
    fade = np.where(k <= apex, (apex - up - k) / 4, (k - apex - down) / max(beyond, 1))
    outside = -np.sign(k - apex) * 0.5 * (1 + np.cos(np.pi * np.clip(fade, 0, 1)))
    shape = np.where(np.abs(u) <= 1, -np.sin(np.pi / 2 * u), outside)
    bump = np.cos(np.pi / 2 * np.clip(u * 0.75, -1, 1)) ** 2
    sign = 1.0 if parameters.side == "right" else -1.0
    coronal = -sign * parameters.cobb / 2 * shape
    axial = sign * parameters.cobb * parameters.axial_coupling * bump
    axial[sacrum] = 0.0
    return coronal, axial


def _turn(tilt: float, coronal: float, axial: float) -> FloatArray:
    """Rotation whose columns are right, anterior, superior: axial first, then forward tilt, then to the right."""
    t, c, a = np.radians([tilt, coronal, axial])
    around_s = np.array([[np.cos(a), np.sin(a), 0], [-np.sin(a), np.cos(a), 0], [0, 0, 1]])
    around_r = np.array([[1, 0, 0], [0, np.cos(t), np.sin(t)], [0, -np.sin(t), np.cos(t)]])
    around_a = np.array([[np.cos(c), 0, np.sin(c)], [0, 1, 0], [-np.sin(c), 0, np.cos(c)]])
    return np.asarray(around_a @ around_r @ around_s)
