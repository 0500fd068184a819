"""The whole look at a pair of label maps, before anything is computed from them."""

from __future__ import annotations

from collections.abc import Sequence

from ...anatomy import LEVELS
from ...anatomy import level as level_of
from ...geometry import LabelMaps
from .findings import Finding, LevelContent, MapReport
from .groups import BONE, REGIONS
from .labels import overlap, unknown_labels
from .levels import content_of, level_findings, skipped
from .orientation import orientation
from .survey import MAX_VALUES, survey


def check_maps(maps: LabelMaps) -> MapReport:
    """Look a pair of label maps over.

    Parameters
    ----------
    maps : LabelMaps

    Returns
    -------
    MapReport
        Findings concern: empty maps, unknown labels, maps that do not belong together, missing or hollow bodies, missing parts,
        wrong level order, swapped sides, a flipped image, stray pieces and holes. Nothing is changed or repaired.
    """
    for array, name in ((maps.subregions, "subregion map"), (maps.vertebrae, "vertebra map")):
        if not array.any():
            return _refused(f"The {name} is empty.")
    parts = survey(maps)
    if parts is None:
        return _refused(
            f"The maps hold more than {MAX_VALUES} different values: an image seems to have been given instead of a label map."
        )
    contents = tuple(content_of(each.id, parts, maps) for each in LEVELS if any(level == each.id for level, _ in parts))
    vertebrae = [each for each in contents if level_of(each.level).region in REGIONS]
    findings = [*unknown_labels(parts), *overlap(parts)]
    lacking = _lacking(contents, vertebrae)
    if lacking:
        findings.append(Finding("error", None, lacking))
    else:
        findings += [finding for each in vertebrae for finding in level_findings(each, maps, parts)]
        findings += skipped(vertebrae)
        findings += orientation([each.level for each in vertebrae], maps, parts)
    return MapReport(contents, tuple(findings))


def _refused(text: str) -> MapReport:
    return MapReport((), (Finding("error", None, text),))


def _lacking(contents: Sequence[LevelContent], vertebrae: Sequence[LevelContent]) -> str:
    """Say why there is nothing to compute points from; "" where there is something."""
    if not contents:
        return "The vertebra map holds no vertebral level; perhaps the two maps were given in the wrong order."
    if not vertebrae:
        return "Only the sacrum is labelled; points are computed for C1 to L6."
    if not any(set(each.subregions) & set(BONE) for each in vertebrae):
        return "No vertebra has any bony subregion."
    return ""
