"""Slicer's way of writing standard codes: what a segment is, in a text that goes into files and DICOM."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from .parts import levelOf

if TYPE_CHECKING:
    from spinetwin.anatomy import Code

CONTEXT = "Segmentation category and type - DICOM master list"
REGIONS = "Anatomic codes - DICOM master list"


@cache
def entry(vertebra: int, subregion: int, below: int | None = None) -> str:
    """Return the terminology text of one part of one level.

    Parameters
    ----------
    vertebra : int
        Label in the vertebra map (a level, its disc or its endplates; 0 for what belongs to no level).
    subregion : int
        Label in the subregion map; 0 where it is not known.
    below : int, optional
        Label of the next level below, for the disc between the two.
    """
    from spinetwin.anatomy.codes import SPINE, STRUCTURE

    kind, side = _kind(vertebra, subregion, below)
    region = _region(vertebra)
    parts = [CONTEXT, _triple(STRUCTURE), _triple(kind), _triple(side), REGIONS, _triple(region or SPINE), _triple(None)]
    return "~".join(parts)


def _kind(vertebra: int, subregion: int, below: int | None) -> tuple[Code, Code | None]:
    from spinetwin.anatomy import SUBREGIONS, SubregionId, code_of_disc, code_of_level, code_of_subregion
    from spinetwin.anatomy.codes import VERTEBRA

    level = levelOf(vertebra)
    if subregion == SubregionId.DISC and level is not None and below is not None:
        return code_of_disc(level.id, below), None
    if subregion in {each.id for each in SUBREGIONS}:
        return code_of_subregion(subregion)
    return (code_of_level(level.id) if level else VERTEBRA), None


def _region(vertebra: int) -> Code | None:
    from spinetwin.anatomy import code_of_level

    level = levelOf(vertebra)
    return code_of_level(level.id) if level else None


def _triple(code: Code | None) -> str:
    return f"{code.scheme}^{code.value}^{code.meaning}" if code else "^^"
