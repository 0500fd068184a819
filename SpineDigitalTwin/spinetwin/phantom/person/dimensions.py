"""Dimensions of the vertebrae: one row per level, from published morphometry.

The numbers of ``dimensions.csv`` are means over adults of both sexes, rounded to half a millimetre and evened out from level
to level. ``dimension_sources.csv`` says for each column what it is, where it comes from, and on what it rests: "looked up" was
compared with published figures (`checked` says which), "recalled" is from the paper named but was not compared, and
"proportion" was set by us so that the shape looks right.

References
----------
Alsaleh K et al. (2021) Subaxial cervical pedicles in a Middle Eastern population. Int J Spine Surg 15:413.
Berry JL et al. (1987) A morphometric study of human lumbar and selected thoracic vertebrae. Spine 12:362-367.
Bozbuga M et al. (2004) Morphometric evaluation of subaxial cervical vertebrae. Spine 29:1876-1880.
Chen H et al. (2013) Sagittal geometry of the middle and lower cervical endplates. Eur Spine J 22:1570-1575.
Egwu OA et al. (2019) Typical thoracic vertebrae morphometry. J Anat Soc India 68:110-118.
Fletcher JGR et al. (2015) CT morphometry of adult thoracic intervertebral discs. Eur Spine J 24.
Gilad I, Nissan M (1986) A study of vertebra and disc geometric relations. Spine 11:154-157.
Gosavi SN, Swamy V (2012) Morphometric study of the atlas; of the axis vertebra.
Kaur K et al. (2016) Computed tomographic-based morphometric study of thoracic spine. J Clin Orthop Trauma 7:101-108.
Kunkel ME et al. (2011 a) Prediction of the human thoracic and lumbar articular facet joint morphometry. J Anat 218:191-201.
(2011 b) Intervertebral disc and vertebral body heights of the thoracic spine. J Anat 219:375-387.
Masharawi Y et al. (2004) Facet orientation in the thoracolumbar spine. Spine 29:1755-1763. (2010) Gender variations in
vertebral shape. Eur Spine J 19:768-773. Masharawi Y, Salame K (2011) Shape variation of the neural arch. Clin Anat 24:858-867.
Okutan O et al. (2003) Pedicle morphology of the first sacral vertebra. Neuroanatomy 2:16-19.
Palm V et al. (2025) AI-based CT assessment of 3117 vertebrae. Sci Rep 15.
Panjabi MM et al. (1991 a) Cervical human vertebrae. Spine 16:861-869. (1991 b) Thoracic human vertebrae. Spine 16:888-901.
(1992) Human lumbar vertebrae. Spine 17:299-306. (1993) Articular facets of the human spine. Spine 18:1298-1310.
Wang Y et al. (2012) A morphological study of lumbar vertebral endplates. Eur Spine J 21:2316-2323.
Xu R et al. (1999) The quantitative anatomy of the laminas of the spine. Spine 24:107-113.
Zindrick MR et al. (1987) Analysis of the morphometric characteristics of the pedicles. Spine 12:160-166.
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
    pedicle_transverse: float
    pedicle_sagittal: float
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
