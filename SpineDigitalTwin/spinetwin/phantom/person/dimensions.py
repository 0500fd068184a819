"""Dimensions of the vertebrae: one row per level, from published morphometry.

The numbers of ``dimensions.csv`` are means over adults of both sexes, rounded to half a millimetre and evened out from level
to level; ``dimension_sources.csv`` says for each column what it is, and where it comes from ("proportion": set by us so that
the shape looks right).

References
----------
Berry JL et al. (1987) A morphometric study of human lumbar and selected thoracic vertebrae. Spine 12:362-367.
Gilad I, Nissan M (1986) A study of vertebra and disc geometric relations of the human cervical and lumbar spine.
Spine 11:154-157.
Kunkel ME et al. (2011) Morphometric analysis of the relationships between intervertebral disc and vertebral body heights:
an anatomical and radiographic study of the human thoracic spine. J Anat 219:375-387.
Masharawi Y et al. (2004) Facet orientation in the thoracolumbar spine. Spine 29:1755-1763.
Masharawi Y et al. (2007) A morphological adaptation of the thoracic and lumbar vertebrae to lumbar hyperlordosis. Pain Med 8.
Masharawi Y et al. (2008) Vertebral body shape variation in the thoracic and lumbar spine. Clin Anat 21:46-54.
Panjabi MM et al. (1991 a) Cervical human vertebrae. Spine 16:861-869. (1991 b) Thoracic human vertebrae. Spine 16:888-901.
Panjabi MM et al. (1992) Human lumbar vertebrae. Spine 17:299-306. (1993) Articular facets of the human spine.
Spine 18:1298-1310.
Xu R et al. (1999) Anatomic considerations of the thoracic and lumbar laminae. Spine.
Zindrick MR et al. (1987) Analysis of the morphometric characteristics of the thoracic and lumbar pedicles. Spine 12:160-166.
"""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from types import MappingProxyType

import numpy as np

from ...anatomy import level
from ...anatomy.tables import read_table
from ...errors import ParameterError

_ANGLES = ("spinous_inclination", "facet_axial", "facet_tilt")
_GROUPS = (
    ("body_width", "body_depth"),
    ("height_front", "height_back", "lamina_height", "spinous_height", "pedicle_height"),
    ("pedicle_width",),
    ("canal_width", "canal_depth", "facet_x", "facet_behind"),
    ("transverse_span", "transverse_back", "transverse_rise"),
    ("spinous_length",),
    ("disc_front", "disc_back"),
)
"""Columns that vary together when a person is sampled."""

STATURE_SD = 0.05
"""Standard deviation of the overall size of a person, relative."""

GROUP_SD = 0.04
"""Standard deviation of each group of columns beyond that, relative."""


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
    pedicle_width: float
    pedicle_height: float
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
        chosen = columns or tuple(each.name for each in fields(self) if each.name not in ("level", *_ANGLES))
        return replace(self, **{name: getattr(self, name) * factor for name in chosen})


def _read() -> dict[int, Dimensions]:
    rows = read_table("dimensions.csv", __package__)
    names = [each.name for each in fields(Dimensions) if each.name != "level"]
    table = [Dimensions(level=level(row["level"]).id, **{name: float(row[name]) for name in names}) for row in rows]
    return {each.level: each for each in table}


DIMENSIONS: MappingProxyType[int, Dimensions] = MappingProxyType(_read())
"""Mean dimensions by level id."""


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


def sample_person(rng: np.random.Generator, scale: float = 1.0) -> dict[int, Dimensions]:
    """Draw the dimensions of one person.

    Parameters
    ----------
    rng : numpy.random.Generator
        Source of chance; the same state gives the same person.
    scale : float
        Size of the person against the mean.

    Returns
    -------
    dict of level id to Dimensions
        Size varies for the person as a whole, and for groups of columns that belong together (`STATURE_SD`, `GROUP_SD`);
        within a group all levels share one factor, so that neighbours fit.
    """
    size = scale * float(np.exp(STATURE_SD * np.clip(rng.standard_normal(), -2.5, 2.5)))
    factors = np.exp(GROUP_SD * np.clip(rng.standard_normal(len(_GROUPS)), -2.5, 2.5))
    person = {key: row.scaled(size) for key, row in DIMENSIONS.items()}
    for group, factor in zip(_GROUPS, factors, strict=True):
        person = {key: row.scaled(float(factor), group) for key, row in person.items()}
    return person
