"""Reading text and JSON that somebody else may have written, cut off or damaged."""

from __future__ import annotations

import json
import math
import os
from pathlib import Path
from typing import Any

from ..anatomy import level as level_of
from ..errors import ParameterError, ReadError
from ..poi.model import Poi, PoiSet, Position

PathLike = str | os.PathLike[str]

MAX_BYTES = 1 << 28
"""A whole spine takes half a megabyte."""


def read_text(path: PathLike, hint: str = "Give a file of points: .mrk.json, .json or .csv.") -> str:
    """Return the text of a UTF-8 file; `hint` is what to give instead of something that is none.

    Raises
    ------
    ReadError
        If there is no such file, it is a folder, empty, or no text.
    """
    path = Path(path)
    try:
        if path.is_dir():
            raise ReadError(f"{path} is a folder.", hint)
        if path.stat().st_size > MAX_BYTES:
            raise ReadError(f"{path} is too large for such a file.", hint)
        text = path.read_text(encoding="utf-8-sig")
    except FileNotFoundError as error:
        raise ReadError(f"There is no file {path}.", "Check the name.") from error
    except OSError as error:
        raise ReadError(f"Cannot open {path}: {error.strerror or error}.") from error
    except UnicodeDecodeError as error:
        raise ReadError(f"{path} is no text file.", hint) from error
    if not text.strip():
        raise ReadError(f"{path} is empty.", "Write it again from its source.")
    return text


def read_json(path: PathLike) -> object:
    """Return the content of a JSON file.

    Raises
    ------
    ReadError
        As `read_text`, or if the JSON is cut off, damaged or nested beyond reason.
    """
    text = read_text(path)
    try:
        return json.loads(text)
    except json.JSONDecodeError as error:
        where = f"line {error.lineno}, column {error.colno}"
        raise ReadError(f"{path} is no complete JSON file ({where}).", "It may have been cut off; write it again.") from error
    except RecursionError as error:
        raise ReadError(f"{path} is nested too deeply for a file of points.") from error
    except ValueError as error:  # an integer of thousands of digits
        raise ReadError(f"{path} holds a number that is too long.") from error


def of_format(content: object, name: str, form: str, version: int, lacking: tuple[str, str]) -> dict[str, Any]:
    """Return what JSON held, if it is of a format and version of this program.

    Parameters
    ----------
    content : anything
    name : str
        Of the file, for the sentences.
    form, version : str, int
        What its entries "format" and "version" must be.
    lacking : (str, str)
        What to say of a file of something else, after its name, and what to do.

    Raises
    ------
    ReadError
        If it is of another format or version.
    """
    if not isinstance(content, dict) or content.get("format") != form:
        raise ReadError(f"{name} {lacking[0]}", lacking[1])
    if content.get("version") != version:
        raise ReadError(f"{name} is of version {content.get('version')!r}; this program reads version {version}.", "Update it.")
    return content


def as_position(value: object, where: str) -> Position:
    """Return three finite numbers.

    Parameters
    ----------
    value : anything
        What the file holds.
    where : str
        File and point, for the message.

    Raises
    ------
    ReadError
        If it is anything else.
    """
    if not isinstance(value, list | tuple) or len(value) != 3:
        raise ReadError(f"{where} has no position of three numbers.")
    if any(isinstance(each, bool) or not isinstance(each, int | float) for each in value):
        raise ReadError(f"{where} has a position that is not made of numbers.")
    try:
        x, y, z = (float(each) for each in value)
    except OverflowError as error:
        raise ReadError(f"{where} has an impossible position.") from error
    if not (math.isfinite(x) and math.isfinite(y) and math.isfinite(z)):
        raise ReadError(f"{where} has a position that is not finite.", "Remove the point or place it again.")
    return x, y, z


def parse_level(text: str) -> int | None:
    """Return the id of a level written as name or number, or None where there is no such level."""
    text = text.strip()
    try:
        return level_of(int(text) if text.isdecimal() and len(text) < 4 else text).id
    except ParameterError:
        return None


def gather(points: list[Poi], where: str) -> PoiSet:
    """Make a set; a point that appears twice is an error of the file.

    Raises
    ------
    ReadError
        If a point appears twice.
    """
    try:
        return PoiSet.of(points)
    except ValueError as error:
        raise ReadError(f"In {where}, {error}.", "Keep one of the two.") from error
