"""How far two readers, or a reader and the rules, agree about the same points.

Distances point by point, and limits of agreement after Bland and Altman, "Statistical methods for assessing agreement between
two methods of clinical measurement", Lancet 1986;327:307-310: the mean of the differences (bias) and bias +/- 1.96 standard
deviations, within which 95 % of differences lie when they are distributed normally.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np
import numpy.typing as npt

from ..geometry import FloatArray, Frame

Key = tuple[int, int]
Position = tuple[float, float, float]

AXES = ("right", "anterior", "superior")
_LIMIT = 1.96


@dataclass(frozen=True)
class Statistics:
    """Numbers about n distances in mm; NaN where n is too small for them (the standard deviation needs two)."""

    n: int
    mean: float
    sd: float
    median: float
    percentile_95: float
    maximum: float


@dataclass(frozen=True)
class BlandAltman:
    """Agreement along one axis, mm.

    Attributes
    ----------
    n : int
        Pairs.
    bias : float
        Mean of second minus first.
    sd : float
        Standard deviation of the differences (n - 1).
    lower, upper : float
        Limits of agreement, bias -/+ 1.96 sd.
    """

    n: int
    bias: float
    sd: float
    lower: float
    upper: float


@dataclass(frozen=True)
class Agreement:
    """Two sets of points, compared.

    Attributes
    ----------
    keys : tuple of (level id, point id)
        The n points that both sets have.
    differences : (n, 3) array
        Second minus first, mm, along right, anterior and superior.
    means : (n, 3) array
        Middle of the pair, mm, along the same axes from the same origin.
    only_first, only_second : tuple of (level id, point id)
        Points that one set alone has.
    """

    keys: tuple[Key, ...]
    differences: FloatArray
    means: FloatArray
    only_first: tuple[Key, ...]
    only_second: tuple[Key, ...]

    @property
    def distances(self) -> FloatArray:
        """How far the points of each pair lie apart, (n,), mm."""
        return np.asarray(np.linalg.norm(self.differences, axis=1))

    def overall(self) -> Statistics:
        """Return the numbers of all distances."""
        return statistics(self.distances)

    def by_level(self) -> dict[int, Statistics]:
        """Return the numbers for each level, in the order of `keys`."""
        return self._grouped(lambda key: key[0])

    def by_point(self) -> dict[int, Statistics]:
        """Return the numbers for each kind of point, in the order of `keys`."""
        return self._grouped(lambda key: key[1])

    def bland_altman(self) -> dict[str, BlandAltman]:
        """Return bias and limits of agreement along right, anterior and superior."""
        return {axis: bland_altman(self.differences[:, column]) for column, axis in enumerate(AXES)}

    def _grouped(self, group: Callable[[Key], int]) -> dict[int, Statistics]:
        rows: dict[int, list[int]] = {}
        for row, key in enumerate(self.keys):
            rows.setdefault(group(key), []).append(row)
        distances = self.distances
        return {each: statistics(distances[members]) for each, members in rows.items()}


def compare(
    first: Mapping[Key, Position], second: Mapping[Key, Position], frames: Mapping[int, Frame] | None = None
) -> Agreement:
    """Compare two sets of points.

    Parameters
    ----------
    first, second : mapping of (level id, point id) to RAS mm
        Positions; points without one are left out by the caller.
    frames : mapping of level id to Frame, optional
        With it, differences run along each vertebra's own axes, which is what a tilted vertebra needs. Levels without a frame,
        or all without `frames`, are compared along the patient's axes.

    Returns
    -------
    Agreement
        Pairs in the order of `first`.
    """
    keys = tuple(key for key in first if key in second)
    ours, theirs = _array(first, keys), _array(second, keys)
    differences, means = theirs - ours, 0.5 * (ours + theirs)
    frames = MappingProxyType(dict(frames or {}))
    levels = np.array([level for level, _ in keys], dtype=np.int64)
    for level, frame in frames.items():
        rows = levels == level
        differences[rows] = differences[rows] @ frame.axes.T
        means[rows] = frame.to_local(means[rows])
    return Agreement(keys, differences, means, _without(first, second), _without(second, first))


def _array(positions: Mapping[Key, Position], keys: tuple[Key, ...]) -> FloatArray:
    return np.array([positions[key] for key in keys], dtype=np.float64).reshape(-1, 3)


def _without(these: Mapping[Key, Hashable], others: Mapping[Key, Hashable]) -> tuple[Key, ...]:
    return tuple(key for key in these if key not in others)


def statistics(distances: npt.ArrayLike) -> Statistics:
    """Return the numbers of n distances (n,); the 95th percentile is interpolated linearly between neighbours.

    Examples
    --------
    >>> statistics([1.0, 2.0, 6.0]).mean
    3.0
    """
    values = np.asarray(distances, dtype=np.float64)
    if not values.size:
        return Statistics(0, *[float("nan")] * 5)
    return Statistics(
        n=values.size,
        mean=float(values.mean()),
        sd=_sd(values),
        median=float(np.median(values)),
        percentile_95=float(np.percentile(values, 95.0)),
        maximum=float(values.max()),
    )


def bland_altman(differences: npt.ArrayLike) -> BlandAltman:
    """Return bias and limits of agreement of n differences (n,).

    Examples
    --------
    >>> bland_altman([-1.0, 1.0]).bias
    0.0
    """
    values = np.asarray(differences, dtype=np.float64)
    bias = float(values.mean()) if values.size else float("nan")
    sd = _sd(values)
    return BlandAltman(values.size, bias, sd, bias - _LIMIT * sd, bias + _LIMIT * sd)


def _sd(values: FloatArray) -> float:
    return float(values.std(ddof=1)) if values.size > 1 else float("nan")
