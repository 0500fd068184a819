"""Subregions of a vertebra and what lies between vertebrae: label values and names."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

from ..errors import ParameterError
from .tables import read_table


class SubregionId(IntEnum):
    """Label values in a subregion map (compatible with TPTBox and SPINEPS)."""

    SACRUM = 26
    ARCH = 41
    SPINOUS = 42
    COSTAL_LEFT = 43
    COSTAL_RIGHT = 44
    SUPERIOR_ARTICULAR_LEFT = 45
    SUPERIOR_ARTICULAR_RIGHT = 46
    INFERIOR_ARTICULAR_LEFT = 47
    INFERIOR_ARTICULAR_RIGHT = 48
    BODY_BORDER = 49
    BODY = 50
    DENS = 51
    ENDPLATE_SUPERIOR = 52
    ENDPLATE_INFERIOR = 53
    CORD = 60
    CANAL = 61
    ENDPLATE = 62
    RIB_LEFT = 63
    RIB_RIGHT = 64
    DISC = 100


@dataclass(frozen=True)
class Subregion:
    """One subregion: label value, name for files, meaning for people."""

    id: int
    name: str
    meaning: str


SUBREGIONS: tuple[Subregion, ...] = tuple(
    Subregion(int(row["label"]), row["name"], row["meaning"]) for row in read_table("subregions.csv")
)
_BY_ID = {each.id: each for each in SUBREGIONS}
_BY_NAME = {each.name: each for each in SUBREGIONS}


def subregion(key: int | str) -> Subregion:
    """Look a subregion up by label value or name.

    Raises
    ------
    ParameterError
        If there is no such subregion.

    Examples
    --------
    >>> subregion(42).name
    'spinous_process'
    """
    found = _BY_NAME.get(key) if isinstance(key, str) else _BY_ID.get(int(key))
    if found is None:
        raise ParameterError(f"There is no subregion {key!r}.", "See spinetwin/anatomy/subregions.csv.")
    return found
