"""What a person calls the levels of a segmentation, instead of the names that a program has given."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..anatomy import Level, level
from ..errors import ReadError
from ..segmentation.levels import LevelEdit, rename_lowest
from ..segmentation.separation.naming import HOW_TO_ANSWER
from .segmentation_report import FORMAT

if TYPE_CHECKING:
    from ..geometry import LabelMaps
    from ..segmentation.backends import Segmentation


def answered(found: Segmentation, lowest: Level) -> Segmentation:
    """Name all levels by the lowest vertebra in view, as a person calls it; nobody has looked at the result yet.

    Raises
    ------
    SpineTwinError
        As `spinetwin.segmentation.levels.rename_lowest`.
    """
    edit = rename_lowest(found.maps, lowest.id)
    confidence = {edit.renamed.get(key, key): value for key, value in found.confidence.items()}
    return replace(found, maps=edit.maps, confidence=confidence, warnings=_told(found.warnings, edit, lowest))


def confirmed(maps: LabelMaps, report: dict[str, Any], lowest: Level) -> tuple[LabelMaps, dict[str, Any]]:
    """Name all levels by the lowest vertebra, as a person who has looked at the maps calls it: that verifies them.

    Parameters
    ----------
    maps : LabelMaps
    report : dict
        Content of the segmentation.json of these maps.
    lowest : Level

    Returns
    -------
    LabelMaps
    dict
        The content to be written beside them.

    Raises
    ------
    SpineTwinError
        As `spinetwin.segmentation.levels.rename_lowest`.
    """
    edit = rename_lowest(maps, lowest.id)
    names = {level(old).name: level(new).name for old, new in edit.renamed.items()}
    levels = {names.get(name, name): value for name, value in report["levels"].items()}
    warnings = list(_told(report["warnings"], edit, lowest))
    return edit.maps, {**report, "levels_verified": True, "levels": levels, "warnings": warnings}


def read_report(path: Path) -> dict[str, Any]:
    """Read a segmentation.json.

    Raises
    ------
    ReadError
        If it is none.
    """
    try:
        content: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise ReadError(f"{path} cannot be read: {error}.", "Name the folder that `spinetwin segment` has written.") from error
    if not _is_report(content):
        raise ReadError(f"{path} is no report of a segmentation.", "Name the folder that `spinetwin segment` has written.")
    return content


def _is_report(content: object) -> bool:
    if not isinstance(content, dict) or content.get("format") != FORMAT:
        return False
    warnings = content.get("warnings")
    texts = isinstance(warnings, list) and all(isinstance(each, str) for each in warnings)
    return texts and isinstance(content.get("levels"), dict)


def _told(warnings: Iterable[str], edit: LevelEdit, lowest: Level) -> tuple[str, ...]:
    """Return the warnings without the question that is answered; they still call the levels as the program did."""
    rest = tuple(each for each in warnings if not each.endswith(HOW_TO_ANSWER))
    said = f"A person calls the lowest vertebra in view {lowest.name}"
    before = next((old for old, new in edit.renamed.items() if new == lowest.id), None)
    if before is None:
        return (*rest, f"{said}, as it was called.")
    moved = f"it was called {level(before).name}, also in the sentences before this one, and all others moved along"
    return (*rest, f"{said}; {moved}.")
