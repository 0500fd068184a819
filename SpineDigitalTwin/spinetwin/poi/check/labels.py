"""Labels that nobody knows, and maps that do not belong together."""

from __future__ import annotations

from collections.abc import Iterator

from ...anatomy import LEVELS, SUBREGIONS
from .findings import Finding
from .groups import BONE, REGIONS
from .survey import Parts

_OVERLAP_SHARE = 0.5


def unknown_labels(parts: Parts) -> Iterator[Finding]:
    """Name the labels of either map that stand for nothing known here."""
    known_subregions = {each.id for each in SUBREGIONS} | {0}
    known_levels = {label for each in LEVELS for label in (each.id, each.disc_id, each.endplate_id, each.rib_id)} | {0}
    total = sum(part.count for part in parts.values())
    for side, known, name in ((1, known_subregions, "subregion map"), (0, known_levels, "vertebra map")):
        strange: dict[int, int] = {}
        for key, part in parts.items():
            if key[side] not in known:
                strange[key[side]] = strange.get(key[side], 0) + part.count
        if not strange:
            continue
        listed = ", ".join(f"{label} ({count} voxels)" for label, count in list(strange.items())[:8])
        more = f" and {len(strange) - 8} more" if len(strange) > 8 else ""
        text = f"The {name} holds labels that are not known here and are ignored: {listed}{more}."
        if sum(strange.values()) > total / 2:
            text += " Were the two maps given in the wrong order, or do they come from another program?"
        yield Finding("warning", None, text)


def overlap(parts: Parts) -> Iterator[Finding]:
    """Compare bone in the one map with vertebrae in the other."""
    levels = {each.id for each in LEVELS if each.region in REGIONS}
    bone = sum(part.count for (_, label), part in parts.items() if label in BONE)
    shared = sum(part.count for (level, label), part in parts.items() if label in BONE and level in levels)
    if bone and not shared:
        yield Finding(
            "error", None, "The two maps do not overlap: no bony subregion lies inside a vertebra. Do they belong together?"
        )
    elif shared < _OVERLAP_SHARE * bone:
        text = f"Only {100 * shared / bone:.0f} % of the bony subregions lie inside a vertebra. Do the maps belong together?"
        yield Finding("warning", None, text)
