"""What people write about films: the form of their geometry (json), and landmarks that they clicked (csv)."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from ..errors import ReadError
from ..geometry import FloatArray
from ..xray.landmarks import LANDMARKS, VIEWS, Landmarks
from .atomic import write_text
from .rows import read_rows
from .texts import PathLike, parse_level, read_json

_COLUMNS = ("view", "level", "landmark", "column", "row")


def read_geometry(path: PathLike) -> Mapping[str, Mapping[str, Any]]:
    """Return what a form says of each view: {"frontal": {...}, "lateral": {...}}, the entries those of `Setup`.

    Raises
    ------
    ReadError
        If it is no such form.
    """
    content = read_json(path)
    if not isinstance(content, dict) or not content or not set(content) <= set(VIEWS):
        raise ReadError(f"{Path(path).name} is no form of a geometry.", f"It needs the entries {' and '.join(VIEWS)}.")
    for view, form in content.items():
        if not isinstance(form, dict):
            raise ReadError(f"The entry {view} of {Path(path).name} is no object.")
    return content


def read_landmarks(path: PathLike) -> Landmarks:
    """Read clicked landmarks: a csv file with the columns view, level, landmark, column, row (pixels, counted from 0).

    Raises
    ------
    ReadError
        If a row is not understood, or a landmark appears twice.
    """
    seen: dict[tuple[int, str, str], FloatArray] = {}
    for number, row in enumerate(read_rows(path, _COLUMNS), start=2):
        where = f"Line {number} of {Path(path).name}"
        level = parse_level(row["level"])
        if row["view"] not in VIEWS or level is None or row["landmark"] not in LANDMARKS:
            raise ReadError(
                f"{where} is not understood: {row['view']}, {row['level']}, {row['landmark']}.",
                f"Views are {', '.join(VIEWS)}; landmarks {', '.join(LANDMARKS)}.",
            )
        key = level, row["landmark"], row["view"]
        if key in seen:
            raise ReadError(f"{where} names the {row['landmark']} of {row['level']} a second time.", "Keep one of the two.")
        seen[key] = np.array([_pixel(row["column"], where), _pixel(row["row"], where)])
    return Landmarks(seen, Path(path).name)


def _pixel(text: str, where: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = np.nan
    if not abs(value) < 1e6:
        raise ReadError(f"{where} has no pixel: {text!r}.", "Columns and rows are numbers.")
    return value


def write_landmarks(path: PathLike, landmarks: Landmarks) -> None:
    """Write landmarks as `read_landmarks` reads them.

    Raises
    ------
    WriteError
        As `spinetwin.io.atomic.atomic_write`.
    """
    from ..anatomy import level as level_of

    lines = [
        f"{view},{level_of(key).name},{name},{pixel[0]:.2f},{pixel[1]:.2f}"
        for (key, name, view), pixel in landmarks.seen.items()
    ]
    write_text(path, "\n".join([",".join(_COLUMNS), *lines]) + "\n")
