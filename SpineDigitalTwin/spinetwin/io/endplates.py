"""Endplates that were found in label maps, as JSON: what a measurement leaves for a panel that follows moved points."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import fields
from typing import Any

import numpy as np

from ..anatomy import level as level_of
from ..errors import ParameterError, ReadError
from ..geometry import FloatArray, Frame
from ..measure.known import KnownPlates
from ..measure.landmarks import Plate
from .atomic import write_text
from .texts import PathLike

FORMAT = "spinetwin endplates"
VERSION = 1

Entry = Mapping[str, Any]

_SIDES = ("superior", "inferior")


def write_endplates(path: PathLike, known: KnownPlates) -> None:
    """Write endplates, axes and corners; levels by their names, positions in RAS mm.

    Raises
    ------
    WriteError
        As `spinetwin.io.atomic.atomic_write`.
    """
    content = {
        "format": FORMAT,
        "version": VERSION,
        "plates": [
            {"level": level_of(key).name, "side": side, **{name: _written(value) for name, value in vars(plate).items()}}
            for (key, side), plate in known.plates.items()
        ],
        "frames": [
            {"level": level_of(key).name, "origin": each.origin.tolist(), "axes": each.axes.tolist(), "source": each.source}
            for key, each in known.frames.items()
        ],
        "corners": [
            {"level": level_of(key).name, "point": point, "position": place.tolist()}
            for (key, point), place in known.corners.items()
        ],
        "standing": known.standing,
    }
    write_text(path, json.dumps(content) + "\n")


def endplates_in(text: str, name: str) -> KnownPlates:
    """Return the endplates in the text of such a file; `name` is for the sentence.

    Raises
    ------
    ReadError
        If it is damaged, or something else.
    """
    try:
        content = json.loads(text)
        if (content["format"], content["version"]) == (FORMAT, VERSION):
            return _known(content)
    except (ValueError, KeyError, TypeError, RecursionError, ParameterError) as error:
        raise ReadError(f"{name} holds damaged endplates.", "Measure again.") from error
    raise ReadError(f"{name} holds no endplates that this program reads.", "Measure again.")


def _known(content: Mapping[str, Any]) -> KnownPlates:
    return KnownPlates(
        {(level_of(each["level"]).id, _SIDES[_SIDES.index(each["side"])]): _plate(each) for each in content["plates"]},
        {level_of(each["level"]).id: _frame(each) for each in content["frames"]},
        {(level_of(each["level"]).id, int(each["point"])): _numbers(each, "position", 3) for each in content["corners"]},
        # files of versions that knew no radiographs do not say it
        content.get("standing") is True,
    )


def _written(value: FloatArray | float | None) -> object:
    return value.tolist() if isinstance(value, np.ndarray) else value


def _plate(entry: Entry) -> Plate:
    """Return a plate; what it has none of, such as a spread of vectors, was written as null."""
    given = [each.name for each in fields(Plate) if entry.get(each.name) is not None]
    values = {
        name: _numbers(entry, name, 3) if isinstance(entry[name], list) else float(_numbers(entry, name)) for name in given
    }
    return Plate(**values)  # type: ignore[arg-type]


def _frame(entry: Entry) -> Frame:
    return Frame(_numbers(entry, "origin", 3), _numbers(entry, "axes", 3, 3), str(entry["source"]))


def _numbers(entry: Entry, name: str, *shape: int) -> FloatArray:
    found = np.array(entry[name], dtype=np.float64)
    if found.shape != shape or not np.isfinite(found).all():
        raise ValueError
    return found
