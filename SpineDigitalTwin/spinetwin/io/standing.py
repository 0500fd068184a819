"""What a reconstruction from two films says of itself: ``xray.json``."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

from .. import __version__
from ..anatomy import level as level_of
from ..geometry import Frame
from ..xray.films import Film
from ..xray.trust import Agreement
from .atomic import write_text
from .texts import PathLike


def write_standing(
    path: PathLike,
    films: Sequence[Film],
    found: Sequence[Agreement],
    frames: Mapping[int, Frame],
    left_out: Mapping[int, str],
    shapes: str,
) -> None:
    """Write posture, spacing, and by level the frame, residuals and whether to trust it.

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
    shapes : str
        Where the shapes come from.

    Raises
    ------
    WriteError
        As `spinetwin.io.atomic.atomic_write`.
    """
    content = {
        "made_by": f"spinetwin {__version__}",
        "posture": "standing",
        "shapes": shapes,
        "coordinates": "RAS, mm; the origin is where the central rays of the films meet",
        "spacing": {film.view: film.spacing for film in films},
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
