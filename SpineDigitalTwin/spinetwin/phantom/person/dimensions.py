"""Dimensions of the vertebrae: one row per level, from published morphometry.

The numbers of ``dimensions.csv`` are means over adults of both sexes, rounded to half a millimetre and evened out from level
to level. ``dimension_sources.csv`` says for each column what it is, where it comes from (``references.csv``), and on what it
rests: "looked up" was compared with published figures (`checked` says which, and what was not), "recalled" is from the paper
named but was not compared, and "proportion" was set by us so that the shape looks right.
"""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from types import MappingProxyType

import numpy as np

from ...anatomy import level
from ...anatomy.tables import read_table
from ...errors import ParameterError


@dataclass(frozen=True)
class Dimensions:
    """Dimensions of one vertebra in mm and degrees; ``dimension_sources.csv`` describes each.

    The facet columns describe the joint with the level above, the disc columns the disc below.
    """

    level: int
    body_width: float
    body_depth: float
    height_front: float
    height_back: float
    concavity_superior: float
    concavity_inferior: float
    pedicle_width: float
    pedicle_height: float
    pedicle_angle: float
    canal_width: float
    canal_depth: float
    lamina_height: float
    lamina_thickness: float
    transverse_span: float
    transverse_back: float
    transverse_rise: float
    spinous_length: float
    spinous_inclination: float
    spinous_height: float
    spinous_width: float
    facet_x: float
    facet_behind: float
    facet_axial: float
    facet_tilt: float
    disc_front: float
    disc_back: float
    pedicle_tilt: float = 0.0

    @property
    def height(self) -> float:
        """Height of the body in its middle, mm."""
        return (self.height_front + self.height_back) / 2

    @property
    def disc_height(self) -> float:
        """Height of the disc below in its middle, mm."""
        return (self.disc_front + self.disc_back) / 2

    @property
    def endplate_angle(self) -> float:
        """Angle in degrees by which each endplate opens to the front against the body's own axial plane."""
        return float(np.degrees(np.arctan((self.height_front - self.height_back) / (2 * self.body_depth))))

    def scaled(self, factor: float, columns: tuple[str, ...] | None = None) -> Dimensions:
        """Return a copy with all lengths, or only these columns, multiplied by `factor`."""
        return replace(self, **{name: getattr(self, name) * factor for name in columns or LENGTHS})


@dataclass(frozen=True)
class Column:
    """What a column of `Dimensions` means.

    Attributes
    ----------
    name, meaning, unit : str
        Its name, what it is, "mm" or "deg".
    group : str
        Columns of one group vary together (`spinetwin.phantom.person.sampling`).
    basis : str
        "looked up", "recalled" or "proportion", see above.
    spread_unit : str
        Unit of ``dimension_spread.csv``: "%" of the mean, "mm" or "deg".
    """

    name: str
    meaning: str
    unit: str
    group: str
    basis: str
    spread_unit: str


def _read_columns() -> dict[str, Column]:
    rows = {row["column"]: row for row in read_table("dimension_sources.csv", __package__)}
    names = [each.name for each in fields(Dimensions) if each.name != "level"]
    keys = ("meaning", "unit", "group", "basis", "spread_unit")
    return {name: Column(name, *(rows[name][key] for key in keys)) for name in names}


COLUMNS: MappingProxyType[str, Column] = MappingProxyType(_read_columns())
"""All columns of `Dimensions` but the level, by name."""

LENGTHS = tuple(name for name, column in COLUMNS.items() if column.unit == "mm")
"""Names of the columns in mm."""


def _read() -> dict[int, Dimensions]:
    rows = read_table("dimensions.csv", __package__)
    table = [Dimensions(level=level(row["level"]).id, **{name: float(row[name]) for name in COLUMNS}) for row in rows]
    return {each.level: each for each in table}


DIMENSIONS: MappingProxyType[int, Dimensions] = MappingProxyType(_read())
"""Mean dimensions by level id, from the top."""


def dimensions(key: int | str) -> Dimensions:
    """Return the mean dimensions of one level.

    Raises
    ------
    ParameterError
        If there is no such level or the table has no row for it.

    Examples
    --------
    >>> dimensions("L3").body_width
    47.0
    """
    found = DIMENSIONS.get(level(key).id)
    if found is None:
        raise ParameterError(f"The phantom has no dimensions for level {level(key).name}.", "It goes from C1 to S1.")
    return found
