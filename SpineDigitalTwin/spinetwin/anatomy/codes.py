"""Standard codes (SNOMED CT) of levels, discs and subregions, for files that other programs read.

Vertebrae and discs are those of DICOM PS3.16 CID 7603 and CID 7604, the other codes those of the terminologies that come with
3D Slicer, or of SNOMED CT itself. A part without a code of its own is coded as a vertebra, and its name says which part; a
level without one (T13, L6) is coded as its region.
"""

from __future__ import annotations

from dataclasses import dataclass

from .levels import level
from .subregions import subregion
from .tables import read_table

SCHEME = "SCT"
"""DICOM's name of SNOMED CT as a coding scheme."""


@dataclass(frozen=True)
class Code:
    """One coded concept.

    Attributes
    ----------
    value : str
        The SNOMED CT identifier.
    meaning : str
        What it stands for, in English.
    scheme : str
        Always "SCT".
    """

    value: str
    meaning: str
    scheme: str = SCHEME


STRUCTURE = Code("123037004", "Anatomical Structure")
"""The category of everything here."""

SPINE = Code("421060004", "Spine")
"""The region of what belongs to no single level."""

VERTEBRA = Code("51282000", "Vertebra")
"""A part of a vertebra that is not known."""

DISC = Code("360499006", "Intervertebral disc")
"""A disc between two levels that have no code of their own together, such as L6/S1."""

GROUPS = ("body", "posterior", "disc", "sacrum", "canal")
"""What subregions are shown and hidden together."""

_LEVELS = {level(row["level"]).id: row for row in read_table("level_codes.csv")}
_SUBREGIONS = {int(row["label"]): row for row in read_table("subregion_codes.csv")}


def code_of_level(key: int | str) -> Code:
    """Return the code of a level.

    Examples
    --------
    >>> code_of_level("L3").value
    '36470004'
    """
    row = _LEVELS[level(key).id]
    return Code(row["code"], row["meaning"])


def code_of_disc(above: int | str, below: int | str) -> Code:
    """Return the code of the disc between two levels.

    Examples
    --------
    >>> code_of_disc("L5", "S1").meaning, code_of_disc("L4", "S1").meaning
    ('L5/S1 disc', 'Intervertebral disc')
    """
    row = _LEVELS[level(above).id]
    if row["level_below"] != level(below).name:
        return DISC
    return Code(row["code_of_the_disc_below"], row["meaning_of_the_disc_below"])


def code_of_subregion(key: int | str) -> tuple[Code, Code | None]:
    """Return the code of a subregion and, where it has one, that of its side.

    Examples
    --------
    >>> part, side = code_of_subregion("superior_articular_left")
    >>> part.value, side.meaning
    ('317665004', 'Left')
    """
    row = _SUBREGIONS[subregion(key).id]
    side = Code(row["code_of_the_side"], row["side"]) if row["side"] else None
    return Code(row["code"], row["meaning"]), side


def short_name(key: int | str) -> str:
    """Return what a subregion is called beside its level, as in "L3 spinous process"."""
    return _SUBREGIONS[subregion(key).id]["short_name"]


def group_of(key: int | str) -> str:
    """Return the group (one of `GROUPS`) that a subregion is shown with."""
    return _SUBREGIONS[subregion(key).id]["group"]
