"""What a reconstruction from two films says of itself: ``xray.json``."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from .. import __version__
from ..anatomy import level as level_of
from ..errors import ParameterError, ReadError
from ..geometry import Frame
from ..xray.films import Film
from ..xray.landmarks import LevelNames
from ..xray.trust import Agreement
from .atomic import write_text
from .texts import PathLike, read_text

_OLD_NAMES: Mapping[str, Any] = {"verified": False, "lowest": None, "rest_on": "the report does not say on what", "hints": ()}
"""What a report says that was written before names were told of."""


@dataclass(frozen=True)
class StandingLevel:
    """What a file says of one vertebra.

    Attributes
    ----------
    level : int
        Level id.
    reasons : tuple of str
        Why not to trust it; none if it can be trusted.
    residual_mm : mapping of view to float
        See `spinetwin.xray.trust.Agreement`.
    landmark_mm : float
    origin : (float, float, float)
        Middle of the body, RAS mm.
    """

    level: int
    reasons: tuple[str, ...]
    residual_mm: Mapping[str, float]
    landmark_mm: float
    origin: tuple[float, float, float]


@dataclass(frozen=True)
class StandingReport:
    """What such a file says.

    Attributes
    ----------
    shapes : str
        Where the shapes come from.
    levels : tuple of StandingLevel
        From the top.
    left_out : mapping of level id to str
        Why there is no vertebra of a level that was asked for.
    verified : bool
        Whether a person has confirmed the names of the levels.
    lowest : int, optional
        Id of the level from which they are counted.
    rest_on : str
        What the names rest on.
    hints : tuple of str
        What speaks against them, as sentences.
    """

    shapes: str
    levels: tuple[StandingLevel, ...]
    left_out: Mapping[int, str]
    verified: bool
    lowest: int | None
    rest_on: str
    hints: tuple[str, ...]


def read_standing(path: PathLike) -> StandingReport:
    """Read what `write_standing` wrote.

    Raises
    ------
    ReadError
        If it cannot be read, or is something else.
    """
    return standing_in(read_text(path, "Give the xray.json of a reconstruction."), str(path))


def standing_in(text: str, name: str) -> StandingReport:
    """Return what the text of such a file says; `name` is for the sentence.

    Raises
    ------
    ReadError
        If it is damaged, or something else.
    """
    try:
        content = json.loads(text)
        levels = tuple(_read_level(each) for each in content["levels"])
        left_out = {level_of(level).id: str(reason) for level, reason in content["left_out"].items()}
        return StandingReport(str(content["shapes"]), levels, left_out, *_read_names(content.get("level_names", _OLD_NAMES)))
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError, ParameterError) as error:
        raise ReadError(f"{name} is no report of a reconstruction from radiographs.", "Reconstruct again.") from error


def _read_names(entry: Mapping[str, Any]) -> tuple[bool, int | None, str, tuple[str, ...]]:
    lowest = None if entry["lowest"] is None else level_of(entry["lowest"]).id
    return entry["verified"] is True, lowest, str(entry["rest_on"]), tuple(str(each) for each in entry["hints"])


def _read_level(entry: Mapping[str, Any]) -> StandingLevel:
    right, anterior, superior = (float(each) for each in entry["origin"])
    residuals = {str(view): float(value) for view, value in entry["residual_mm_of_bone"].items()}
    reasons = tuple(str(each) for each in entry["reasons"])
    marks = float(entry["landmark_mm"])
    return StandingLevel(level_of(entry["level"]).id, reasons, residuals, marks, (right, anterior, superior))


def write_standing(
    path: PathLike,
    films: Sequence[Film],
    found: Sequence[Agreement],
    frames: Mapping[int, Frame],
    left_out: Mapping[int, str],
    names: LevelNames,
    made_of: Mapping[str, str],
) -> None:
    """Write posture, spacing, what the names rest on, and by level the frame, residuals and whether to trust it.

    Parameters
    ----------
    path : path
    films : sequence of Film
        As they were read.
    found : sequence of Agreement
    frames : mapping of level id to Frame
        RAS mm.
    left_out : mapping of level id to str
        Why there is no vertebra of a level that was asked for.
    names : LevelNames
        What the names of the levels rest on.
    made_of : mapping of str to str
        Where the `shapes` come from, and the `landmarks` (a file, or a network).

    Raises
    ------
    WriteError
        As `spinetwin.io.atomic.atomic_write`.
    """
    content = {
        "made_by": f"spinetwin {__version__}",
        "posture": "standing",
        "shapes": made_of["shapes"],
        "landmarks": made_of["landmarks"],
        "coordinates": "RAS, mm; the origin is where the central rays of the films meet",
        "spacing": {film.view: film.spacing for film in films},
        "level_names": {
            "verified": names.verified,
            "lowest": level_of(names.lowest).name,
            "rest_on": names.rest_on,
            "hints": list(names.hints),
        },
        "levels": [_level(each, frames[each.level]) for each in found],
        "left_out": {level_of(key).name: reason for key, reason in left_out.items()},
    }
    write_text(path, json.dumps(content, indent=1, ensure_ascii=False, allow_nan=False) + "\n")


def _level(found: Agreement, frame: Frame) -> dict[str, object]:
    return {
        "level": level_of(found.level).name,
        "trust": not found.reasons,
        "reasons": list(found.reasons),
        "residual_mm_of_bone": {view: round(value, 3) for view, value in found.residual_mm.items()},
        "correlation": {view: round(value, 4) for view, value in found.correlation.items()},
        "landmark_mm": round(found.landmark_mm, 3),
        "largest_score": round(found.score, 2),
        "origin": [round(float(each), 4) for each in frame.origin],
        "axes": [[round(float(each), 6) for each in row] for row in frame.axes],
    }
