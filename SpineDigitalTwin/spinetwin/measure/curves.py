"""Coronal curves of a spine: end vertebrae, apex, side and Cobb angle, found from the tilts of the endplates.

References
----------
Cobb JR (1948) Outline for the study of scoliosis. AAOS Instructional Course Lectures 5:261-275.
O'Brien MF et al. (2008) Radiographic Measurement Manual. Spinal Deformity Study Group.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ..geometry import FloatArray
from .landmarks import Landmarks
from .planes import View, turned
from .results import MissingInput

SMALLEST_COBB = 10.0
"""Degrees below which a curve is not called a scoliosis (Scoliosis Research Society)."""

MOST_CURVES = 3

_FEWEST_LEVELS = 3
_SEARCH_STEP = 5.0


@dataclass(frozen=True)
class ScolioticCurve:
    """One coronal curve.

    Attributes
    ----------
    upper, apex, lower : int
        Level ids of the upper end vertebra, the apex and the lower end vertebra.
    side : str
        "right" or "left": where the convexity points.
    cobb : float
        Angle between the superior endplate of the upper and the inferior endplate of the lower end vertebra, degrees, > 0.
    """

    upper: int
    apex: int
    lower: int
    side: str
    cobb: float


@dataclass(frozen=True)
class Tilts:
    """How the endplates of a column lean in a view, degrees, positive to the right; NaN where a plate is not known."""

    levels: tuple[int, ...]
    superior: FloatArray
    inferior: FloatArray
    centres: FloatArray

    def of(self, places: Sequence[int]) -> Tilts:
        """Return a part of the column."""
        rows = list(places)
        levels = tuple(self.levels[place] for place in rows)
        return Tilts(levels, self.superior[rows], self.inferior[rows], self.centres[rows])


def tilts(spine: Landmarks, view: View) -> Tilts:
    """Measure the tilts of all endplates and the centres (n, 2) of the bodies in a view.

    Raises
    ------
    MissingInput
        If fewer than three levels have a body.
    """
    rows = []
    for key in spine.levels:
        try:
            centre = spine.centre(key)
        except MissingInput:
            continue
        rows.append((key, *(_tilt(spine, key, side, view) for side in ("superior", "inferior")), centre))
    if len(rows) < _FEWEST_LEVELS:
        raise MissingInput("fewer than three vertebral bodies are seen")
    levels, superior, inferior, centres = zip(*rows, strict=True)
    where = np.array(centres)
    return Tilts(levels, np.array(superior), np.array(inferior), np.stack([view.offset(where), view.height(where)], axis=-1))


def _tilt(spine: Landmarks, key: int, side: str, view: View) -> float:
    try:
        return float(view.tilt(spine.plate(key, side).normal))
    except MissingInput:
        return float("nan")


def find_curves(column: Tilts, smallest: float = SMALLEST_COBB) -> tuple[ScolioticCurve, ...]:
    """Find the curves of a column, from the top.

    The pair of endplates that lean apart most makes the largest curve; above and below it, and beginning with its own end
    vertebrae, the largest curve to the other side is looked for in the same way, and so on. At most `MOST_CURVES` remain.

    Parameters
    ----------
    column : Tilts
        Without leading dimensions.
    smallest : float
        Curves of a smaller Cobb angle, degrees, are left out.
    """
    apart = column.superior[:, None] - column.inferior[None, :]
    n = len(column.levels)
    apart = np.where(np.arange(n)[:, None] + _FEWEST_LEVELS - 1 <= np.arange(n)[None, :], apart, np.nan)
    found = _search(apart, 0, n - 1, 0.0, smallest)
    largest = sorted(sorted(found, key=lambda pair: -abs(apart[pair]))[:MOST_CURVES])
    return tuple(_curve(column, *pair, float(apart[pair])) for pair in largest)


def _search(apart: FloatArray, first: int, last: int, sign: float, smallest: float) -> list[tuple[int, int]]:
    """Return (upper, lower) of the largest curve between two vertebrae, and of those beside it; `sign` 0 takes either side."""
    part = apart[first : last + 1, first : last + 1]
    size = np.abs(part) if sign == 0.0 else sign * part
    if not (np.nan_to_num(size, nan=-1.0) >= smallest).any():
        return []
    upper, lower = (int(each) + first for each in np.unravel_index(np.nanargmax(size), size.shape))
    other = -float(np.sign(apart[upper, lower]))
    above = _search(apart, first, upper, other, smallest)
    below = _search(apart, lower, last, other, smallest)
    return [*above, (upper, lower), *below]


def _curve(column: Tilts, upper: int, lower: int, apart: float) -> ScolioticCurve:
    # going down, the spine leans first to the convex side's opposite: a plate that leans left above bulges to the right below
    side = "right" if apart < 0 else "left"
    middle = column.centres[upper : lower + 1]
    chord = middle[-1] - middle[0]
    normal = np.array([chord[1], -chord[0]]) / np.linalg.norm(chord)
    away = np.abs((middle - middle[0]) @ normal)
    away[[0, -1]] = -1.0
    apex = upper + int(np.argmax(away))
    return ScolioticCurve(column.levels[upper], column.levels[apex], column.levels[lower], side, abs(apart))


def cobb(spine: Landmarks, curve: ScolioticCurve, view: View) -> FloatArray:
    """Return the angle (...) between the end plates of a curve in a view, degrees, >= 0.

    Raises
    ------
    MissingInput
        If an end plate is not known.
    """
    upper, lower = spine.plate(curve.upper, "superior").normal, spine.plate(curve.lower, "inferior").normal
    return np.asarray(np.abs(view.tilt(upper) - view.tilt(lower)))


def greatest_view(spine: Landmarks, curve: ScolioticCurve, view: View) -> View:
    """Return the upright plane in which the end plates of a curve lean apart most, within 90 degrees of `view`.

    Raises
    ------
    MissingInput
        If an end plate is not known.
    """
    angles = np.arange(-85.0, 90.1, _SEARCH_STEP)
    step = _SEARCH_STEP
    best = 0.0
    while step > 1e-4:
        sizes = _turned_sizes(spine, curve, view, angles)
        best = float(angles[int(np.argmax(sizes.reshape(len(angles), -1).max(axis=1)))])
        angles, step = np.linspace(best - step, best + step, 9), step / 4
    return turned(view, best)


def _turned_sizes(spine: Landmarks, curve: ScolioticCurve, view: View, angles: FloatArray) -> FloatArray:
    """Return the angles (m, ...) between the end plates of a curve in a view turned by angles (m,), degrees."""
    a = np.radians(angles)[:, None]
    across = np.cos(a) * view.across + np.sin(a) * np.cross(view.up, view.across)
    ends = spine.plate(curve.upper, "superior").normal, spine.plate(curve.lower, "inferior").normal
    upper, lower = (np.arctan2(np.moveaxis(normal @ across.T, -1, 0), normal @ view.up) for normal in ends)
    return np.asarray(np.degrees(np.abs(upper - lower)))


def greatest_angle_spread(drawn: Landmarks, curve: ScolioticCurve, view: View) -> float:
    """Return the standard deviation, over draws of the points, of the turn of that plane, degrees.

    Raises
    ------
    MissingInput
        If an end plate is not known.
    """
    angles = np.arange(-85.0, 85.1, 1.0)
    sizes = _turned_sizes(drawn, curve, view, angles)
    return float(angles[sizes.argmax(axis=0)].std())
