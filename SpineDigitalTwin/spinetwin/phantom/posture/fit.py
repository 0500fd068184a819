"""The posture of a real spine, from measured body centres and pedicles."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from ...anatomy import level
from ...errors import ParameterError
from ...geometry import FloatArray, Frame
from ..person.dimensions import Dimensions
from .column import Posture, posture
from .coronal import body_share
from .parameters import EXTRA_LEVELS, SpineParameters, whole_column
from .smoothing import robust_weights, smooth

STIFFNESS = 1500.0
"""Of the curve through the centres, mm cubed: waves shorter than about 90 mm, three lumbar levels, count as noise."""

TURN_STIFFNESS = 8000.0
"""Of the axial rotation along the column, mm cubed: pedicles are noisier than centres, and neighbours turn little."""

NOISE = 4.0
"""Distance from the smooth curve, mm, that is never taken for a gross error; with 2 mm one real centre in sixteen was."""

SIZES = (0.5, 1.5)
"""Least and greatest size of a person against an adult; that of 121 real spines is 0.80 to 1.17."""

_EXTRA = {level(name).id for name in EXTRA_LEVELS}

HEIGHTS = ("height_front", "height_back", "lamina_height", "spinous_height", "pedicle_height")
DISC = ("disc_front", "disc_back")

_FADE = 3
_DOUBTFUL = 0.1
_WHOLE_LEVEL = 0.65


@dataclass(frozen=True)
class Fit:
    """A whole spine that stands as a measured one does.

    Attributes
    ----------
    posture : Posture
        Frames of all levels; those that were not measured continue the column.
    rows : mapping of level id to Dimensions
        The person, scaled to the measured spacing.
    size : float
        Of the person against the rows that were given.
    residuals : mapping of level id to float
        Distance of each measured body centre from that of the fit, mm.
    outliers : tuple of int
        Levels whose centre was taken for a gross error.
    """

    posture: Posture
    rows: Mapping[int, Dimensions]
    size: float
    residuals: Mapping[int, float]
    outliers: tuple[int, ...]


def fit_posture(points: Mapping[int, FloatArray], rows: Mapping[int, Dimensions]) -> Fit:
    """Fit a column to measured points.

    Parameters
    ----------
    points : mapping of level id to (3, 3) array
        Body centre, left and right pedicle in RAS mm; NaN where a point is missing.
    rows : mapping of level id to Dimensions
        The person before scaling.

    Raises
    ------
    ParameterError
        If fewer than four levels have a centre, a level is unknown to the phantom, the centres are those of no person (of
        another unit, upside down, or on top of each other), or two neighbours lie so far apart that a level must be missing;
        between T12 and L1 that is taken for a T13.

    Notes
    -----
    The centres are smoothed by a robust cubic spline whose tangents are the superior axes; the axial rotation is smoothed on
    its own, from the line between the pedicles and that from their middle to the body. Levels between measured ones lie on
    the spline; those beyond follow the posture of a mean person, into which lean and rotation fade. Vertebrae are scaled to
    the person's spacing, bodies and discs also to that of their own place.
    """
    keys = _levels(points, rows)
    _rough_size(keys, points, rows)
    named = ["C1-S1", *(level(key).name for key in keys), *_unnamed(keys, points, rows)]
    names = ",".join(dict.fromkeys(named))
    column = [each.id for each in whole_column(SpineParameters(levels=names))]
    place = np.cumsum([0.0, *(_spacing(rows, a, b) for a, b in pairwise(column))])
    at = np.array([place[column.index(key)] for key in keys])
    measured = np.array([np.asarray(points[key], dtype=np.float64) for key in keys])
    weights = robust_weights(at, measured[:, 0], STIFFNESS, NOISE)
    weights[[0, -1]] *= 0.5  # ends are noisy, and nothing beyond holds them
    centres = smooth(at, measured[:, 0], weights, STIFFNESS)
    first, last = column.index(keys[0]), column.index(keys[-1])
    frames = _measured_frames(at, centres, measured, place[first : last + 1])
    _check_descent(column[first : last + 1], frames)
    person, size = _scaled(rows, column[first : last + 1], frames)
    whole = _extended(names, column, first, frames, person)
    residuals = {key: float(np.linalg.norm(whole[key].origin - points[key][0])) for key in keys}
    doubted = [key for key, weight in zip(keys, weights, strict=True) if weight < _DOUBTFUL]
    outliers = tuple(key for key in doubted if residuals[key] > NOISE)
    return Fit(Posture(whole, _wedges(column, whole)), person, size, residuals, outliers)


def _levels(points: Mapping[int, FloatArray], rows: Mapping[int, Dimensions]) -> list[int]:
    keys = sorted((key for key in points if np.isfinite(points[key][0]).all()), key=lambda key: level(key).order)
    strange = [level(key).name for key in keys if key not in rows]
    if strange:
        raise ParameterError(f"The phantom has no level {', '.join(strange)}.", "It goes from C1 to S1.")
    if len(keys) < 4:
        raise ParameterError(f"A posture needs four body centres or more, not {len(keys)}.")
    return keys


def _unnamed(keys: list[int], points: Mapping[int, FloatArray], rows: Mapping[int, Dimensions]) -> list[str]:
    """Return T13 if there is a place for it that nothing names; refuse any other gap of a whole level.

    A gap counts if those around it show it too; else one centre is wrong.
    """
    found = []
    centres = np.array([points[key][0] for key in keys])
    expected = np.array([_along(rows, upper, lower) for upper, lower in pairwise(keys)])
    size = _rough_size(keys, points, rows)
    for i, (upper, lower) in enumerate(pairwise(keys)):
        first, last = max(i - 1, 0), min(i + 2, len(keys) - 1)
        spans = ((i, i + 1), (first, i + 1), (i, last), (first, last))
        excess = min(float(np.linalg.norm(centres[a] - centres[b])) - size * expected[a:b].sum() for a, b in spans)
        if excess > _WHOLE_LEVEL * size * _spacing(rows, upper, upper):
            pair = level(upper).name, level(lower).name
            if pair != ("T12", "L1"):
                text = f"{pair[0]} and {pair[1]} lie so far apart that a level is missing between them."
                raise ParameterError(text, "Check the names of the levels.")
            found.append("T13")
    return found


def _rough_size(keys: list[int], points: Mapping[int, FloatArray], rows: Mapping[int, Dimensions]) -> float:
    """Return the size of the person against the rows, from the centres as they are; refuse one that is no person's."""
    gaps = np.linalg.norm(np.diff(np.array([points[key][0] for key in keys]), axis=0), axis=1)
    return _size(gaps, np.array([_along(rows, upper, lower) for upper, lower in pairwise(keys)]))


def _size(gaps: FloatArray, expected: FloatArray) -> float:
    """Return the median of gaps between centres, mm, against those expected."""
    size = float(np.median(gaps / expected))
    if not SIZES[0] <= size <= SIZES[1]:
        text = f"Centres of neighbouring vertebrae lie {np.median(gaps):.3g} mm apart, {size:.3g} times as far as in adults."
        raise ParameterError(text, "Give millimetres, and the names of the levels from the top.")
    return size


def _check_descent(run: list[int], frames: list[Frame]) -> None:
    """Refuse a column (levels from the top) that does not go down."""
    for (upper, lower), (above, below) in zip(pairwise(run), pairwise(frames), strict=True):
        if not above.origin[2] > below.origin[2]:
            text = f"The centre of {level(upper).name} does not lie above that of {level(lower).name}."
            raise ParameterError(text, "Check the names of the levels and the axes of the points.")


def _along(rows: Mapping[int, Dimensions], upper: int, lower: int) -> float:
    """Length of the column of a straight mean person from one centre to another."""
    first, last = level(upper).order, level(lower).order
    run = [key for key in rows if first <= level(key).order <= last and key not in _EXTRA - {upper, lower}]
    return sum(_spacing(rows, a, b) for a, b in pairwise(sorted(run, key=lambda key: level(key).order)))


def _spacing(rows: Mapping[int, Dimensions], upper: int, lower: int) -> float:
    return (rows[upper].height + rows[lower].height) / 2 + rows[upper].disc_height


def _measured_frames(at: FloatArray, centres: FloatArray, measured: FloatArray, wanted: FloatArray) -> list[Frame]:
    """Frames at the places `wanted` of the column, from the smoothed centres and the pedicles at the places `at`."""
    from scipy.interpolate import CubicSpline

    curve = CubicSpline(at, centres, bc_type="natural")
    up = np.asarray(-curve(at, 1))
    turns = _turns(at, up / np.linalg.norm(up, axis=1, keepdims=True), measured)
    turn = CubicSpline(at, turns, bc_type="natural")
    return [_frame(curve(s), -curve(s, 1), float(turn(s))) for s in wanted]


def _level_axes(superior: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Right and anterior of something that stands along `superior` and is not turned."""
    front = np.array([0.0, 1.0, 0.0]) - superior[1] * superior
    front = front / np.linalg.norm(front)
    return np.cross(front, superior), front


def _frame(origin: FloatArray, way: FloatArray, turn: float) -> Frame:
    superior = way / np.linalg.norm(way)
    right, front = _level_axes(superior)
    c, s = np.cos(turn), np.sin(turn)
    return Frame(origin, np.array([c * right - s * front, s * right + c * front, superior]), "measured")


def _turns(at: FloatArray, superior: FloatArray, measured: FloatArray) -> FloatArray:
    """Axial rotation in radians (front to the right), smoothed along the column; none where no pedicles are known."""
    angles = np.full(len(at), np.nan)
    for i, (axis, (centre, left, right)) in enumerate(zip(superior, measured, strict=True)):
        side, front = _level_axes(axis)
        across, forward = right - left, centre - (left + right) / 2
        if np.isfinite(across).all():
            turn = complex(across @ side, -across @ front) + complex(forward @ front, forward @ side)
            angles[i] = np.angle(turn)
    known = np.isfinite(angles)
    if known.sum() < 3:
        return np.zeros(len(at))
    angles[known] = np.unwrap(angles[known])
    arms = 20.0 * angles[:, None]  # as mm at the pedicles, so that the same noise floor holds
    weights = robust_weights(at, arms, TURN_STIFFNESS, NOISE)
    return np.asarray(smooth(at, arms, weights, TURN_STIFFNESS)[:, 0] / 20.0)


def _scaled(rows: Mapping[int, Dimensions], run: list[int], frames: list[Frame]) -> tuple[dict[int, Dimensions], float]:
    """Scale the person to the spacing of the measured levels, and these bodies and discs to their own."""
    gaps = np.array([np.linalg.norm(a.origin - b.origin) for a, b in pairwise(frames)])
    expected = np.array([_spacing(rows, a, b) for a, b in pairwise(run)])
    ratios, size = gaps / expected, _size(gaps, expected)
    person = {key: row.scaled(size) for key, row in rows.items()}
    near = np.concatenate([ratios[:1], ratios, ratios[-1:]]) / size
    for key, above, below in zip(run, near, near[1:], strict=False):
        person[key] = person[key].scaled(float(np.clip((above + below) / 2, 0.8, 1.2)), HEIGHTS)
    for upper, lower, gap in zip(run, run[1:], gaps, strict=False):
        bodies = (person[upper].height + person[lower].height) / 2
        least = 0.4 * person[upper].disc_height
        if gap <= least:
            text = (
                f"The centres of {level(upper).name} and {level(lower).name} lie {gap:.3g} mm apart, too near for two bodies."
            )
            raise ParameterError(text, "Check these two points.")
        if gap - bodies < least:
            squeeze = (gap - least) / bodies
            person[upper], person[lower] = (person[key].scaled(squeeze, HEIGHTS) for key in (upper, lower))
            bodies *= squeeze
        person[upper] = person[upper].scaled((gap - bodies) / person[upper].disc_height, DISC)
    return person, size


def _extended(
    names: str, column: list[int], first: int, frames: list[Frame], person: Mapping[int, Dimensions]
) -> dict[int, Frame]:
    """Frames of the whole column: the measured run, and what a mean posture makes of the rest."""
    mean = posture(SpineParameters(levels=names), person).frames
    heading = float(np.median([np.arctan2(frame.anterior[0], frame.anterior[1]) for frame in frames]))
    c, s = np.cos(heading), np.sin(heading)
    turn = np.array([[c, s, 0.0], [-s, c, 0.0], [0.0, 0.0, 1.0]])
    found = dict(zip(column[first : first + len(frames)], frames, strict=True))
    last = first + len(frames) - 1
    for run, way in ((column[: first + 1][::-1], 1.0), (column[last:], -1.0)):
        for n, (known, key) in enumerate(pairwise(run), start=1):
            here = found[known]
            follow = mean[key].axes @ mean[known].axes.T @ here.axes
            axes = _between(follow, mean[key].axes @ turn.T, min(1.0, n / _FADE))
            disc = person[key if way > 0 else known].disc_height / 2
            steps = person[known].height / 2 + disc, person[key].height / 2 + disc
            found[key] = Frame(here.origin + way * (steps[0] * here.superior + steps[1] * axes[2]), axes, "continued")
    return {key: found[key] for key in column}


def _between(one: FloatArray, other: FloatArray, share: float) -> FloatArray:
    """Rotation between two rotations."""
    u, _, v = np.linalg.svd((1 - share) * one + share * other)
    return np.asarray(u @ v)


def _wedges(column: list[int], frames: Mapping[int, Frame]) -> dict[int, float]:
    """Lateral wedge of each body: its share of the lean between its neighbours, degrees, positive where the left is higher."""
    wedges = dict.fromkeys(column, 0.0)
    for above, key, below in zip(column, column[1:], column[2:], strict=False):
        lean = [np.degrees(np.arctan2(*(frames[key].axes @ frames[other].superior)[[0, 2]])) for other in (above, below)]
        wedges[key] = float(body_share(level(key).name) * (lean[0] - lean[1]) / 2)
    return wedges
