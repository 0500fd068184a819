"""How much adults differ: standard deviations of the dimensions, from published morphometry.

``dimension_spread.csv`` has one row for a stretch of levels; ``dimension_sources.csv`` says for each column in which unit
(percent of the mean, mm or degrees) and where the figure comes from. They are those of adults of both sexes taken together.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from ...anatomy import level, levels_between
from ...anatomy.tables import read_table
from .dimensions import COLUMNS, DIMENSIONS, dimensions


@dataclass(frozen=True)
class Norm:
    """What is normal: a mean and a standard deviation, mm or degrees."""

    mean: float
    sd: float

    def deviation(self, value: float) -> float:
        """Return by how many standard deviations a value lies above the mean."""
        return (value - self.mean) / self.sd


def _read() -> dict[int, Mapping[str, float]]:
    table = {}
    for row in read_table("dimension_spread.csv", __package__):
        first, _, last = row["levels"].partition("-")
        for each in levels_between(level(first), level(last or first)):
            if each.id in DIMENSIONS:
                table[each.id] = MappingProxyType({name: _absolute(each.id, name, float(row[name])) for name in COLUMNS})
    return {key: table[key] for key in DIMENSIONS}


def _absolute(key: int, name: str, value: float) -> float:
    if COLUMNS[name].spread_unit == "%":
        return value / 100.0 * abs(float(getattr(DIMENSIONS[key], name)))
    return value


SPREAD: MappingProxyType[int, Mapping[str, float]] = MappingProxyType(_read())
"""Standard deviation in mm or degrees by level id and column, adults of both sexes taken together."""


def norms(key: int | str) -> dict[str, Norm]:
    """Return mean and standard deviation of every published dimension of a level, proportions set by us left out.

    Parameters
    ----------
    key : int or str
        Level.

    Returns
    -------
    dict of column to Norm
        Only columns that vary.

    Raises
    ------
    ParameterError
        If there is no such level or the table has no row for it.

    Examples
    --------
    >>> norms("L3")["body_width"].mean
    47.0
    """
    row = dimensions(key)
    spread = SPREAD[row.level]
    published = (name for name, column in COLUMNS.items() if column.basis != "proportion" and spread[name] > 0)
    return {name: Norm(float(getattr(row, name)), spread[name]) for name in published}
