"""What is compared: structures of the subregion map, and families of instances of the vertebra map."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ...anatomy import LEVELS
from ...anatomy.tables import read_table

REGIONS = ("cervical", "thoracic", "lumbar")
"""Parts of the spine that have numbers of their own."""

_LARGEST = 65535


@dataclass(frozen=True)
class Structure:
    """One row of structures.csv.

    Attributes
    ----------
    name, title : str
        For files and for people.
    subregions : frozenset of int
        Its labels in a subregion map.
    labels : frozenset of int
        Its labels in a vertebra map; empty where that does not show it.
    """

    name: str
    title: str
    subregions: frozenset[int]
    labels: frozenset[int]


@dataclass(frozen=True)
class Family:
    """Things that are counted one by one: a name, a title, and their labels in a vertebra map with the region of each."""

    name: str
    title: str
    regions: dict[int, str]


FAMILIES: tuple[Family, ...] = (
    Family("vertebra", "Vertebrae", {each.id: each.region for each in LEVELS if each.region in REGIONS}),
    Family("disc", "Intervertebral discs", {each.disc_id: each.region for each in LEVELS if each.disc_id}),
    Family("endplate", "Endplates", {each.endplate_id: each.region for each in LEVELS if each.endplate_id}),
)

_SACRUM = frozenset(each.id for each in LEVELS if each.region == "sacral")
_FAMILY_LABELS = {"": frozenset[int](), "sacrum": _SACRUM, **{each.name: frozenset(each.regions) for each in FAMILIES}}

STRUCTURES: tuple[Structure, ...] = tuple(
    Structure(row["name"], row["title"], frozenset(map(int, row["subregions"].split())), _FAMILY_LABELS[row["family"]])
    for row in read_table("structures.csv", __package__)
)
"""In the order of the tables."""


def membership(labels: frozenset[int]) -> npt.NDArray[np.bool_]:
    """Return a table that says of each possible label whether it is one of these, (65536,)."""
    table = np.zeros(_LARGEST + 1, dtype=bool)
    table[sorted(labels)] = True
    return table


def region_codes() -> npt.NDArray[np.uint8]:
    """Return a table from labels of a vertebra map to 1, 2, 3 for the `REGIONS`, 4 for the sacrum, else 0; (65536,)."""
    table = np.zeros(_LARGEST + 1, dtype=np.uint8)
    for family in FAMILIES:
        for label, region in family.regions.items():
            table[label] = REGIONS.index(region) + 1
    table[sorted(_SACRUM)] = len(REGIONS) + 1
    return table
