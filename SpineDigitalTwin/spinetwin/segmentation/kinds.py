"""What a label map is, told by its labels: those of SPINEPS and TPTBox, whose numbers are ours, too."""

from __future__ import annotations

from collections.abc import Collection

from ..anatomy import LEVELS, SubregionId

SUBREGIONS, VERTEBRAE = "subregions", "vertebrae"

_PARTS = frozenset(range(SubregionId.ARCH, SubregionId.ENDPLATE_INFERIOR + 1))
_LEVELS = frozenset(each.id for each in LEVELS)


def kind_of(labels: Collection[int]) -> str:
    """Return SUBREGIONS for a map with parts of vertebrae, VERTEBRAE for one with levels, and "" for any other.

    Examples
    --------
    >>> kind_of([49, 61]), kind_of([22, 122]), kind_of([7000])
    ('subregions', 'vertebrae', '')
    """
    found = set(labels)
    if found & _PARTS:
        return SUBREGIONS
    return VERTEBRAE if found & _LEVELS else ""
