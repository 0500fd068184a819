"""3D Slicer's ``.mrk.json`` (also spelled ``.mkr.json``): one fiducial list per level.

Written in schema v1.0.3, which every Slicer reads. Control points are called ``<level id>-<point id>``; status, reason, source
and computed position are in the description (`spinetwin.io.description`). A missing point has ``positionStatus`` "undefined"
and no position: Slicer lists it, lets a person place it, and saves it again as it was.
"""

from __future__ import annotations

import colorsys
import json
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from ..anatomy import POINTS, point
from ..anatomy import level as level_of
from ..errors import ParameterError, ReadError
from ..poi.model import Poi, PoiSet, Position, Status
from .atomic import write_text
from .description import describe, restore
from .texts import PathLike, as_position, gather, parse_level, read_json

SCHEMA = "https://raw.githubusercontent.com/slicer/slicer/master/Modules/Loadable/Markups/Resources/Schema/markups-schema-v1.0.3.json#"
SUSPECT_COLOR = (1.0, 0.75, 0.0)
"""Amber: suspect points are written unselected, and this is the colour of unselected points."""

GLYPH_MM = 2.0

_KEY = re.compile(r"\s*(\w+)\s*-\s*(\d{1,4})\s*")
_BY_TEXT = {text.lower(): each.id for each in POINTS for text in (each.label, each.name)}
_UNPLACED = ("undefined", "missing", "preview")


def level_color(level: int) -> tuple[float, float, float]:
    """Return the colour (r, g, b in 0 to 1) of a level: neighbours differ strongly, none is amber."""
    turn = level_of(level).order * 0.618034 % 1.0
    red, green, blue = colorsys.hsv_to_rgb(0.22 + 0.78 * turn, 0.6, 0.95)
    return round(red, 3), round(green, 3), round(blue, 3)


def write_markups(path: PathLike, pois: PoiSet, *, space: str = "lps") -> None:
    """Write all points for 3D Slicer.

    Parameters
    ----------
    path : path
        Ends in .mrk.json for Slicer to know it.
    pois : PoiSet
    space : {"lps", "ras"}
        Coordinate system of the file; Slicer reads both and writes LPS.

    Raises
    ------
    ParameterError
        If `space` is another one.
    WriteError
        As `spinetwin.io.atomic.atomic_write`.
    """
    if space not in ("lps", "ras"):
        raise ParameterError(f"A Slicer file cannot be in {space!r} coordinates.", "Choose lps or ras.")
    content = {"@schema": SCHEMA, "markups": [_markup(level, pois.of_level(level), space) for level in pois.levels]}
    write_text(path, json.dumps(content, indent=1, ensure_ascii=False, allow_nan=False) + "\n")


def _markup(level: int, points: Iterable[Poi], space: str) -> dict[str, Any]:
    control_points = [_control_point(poi, space) for poi in points]
    return {
        "type": "Fiducial",
        "name": level_of(level).name,
        "coordinateSystem": space.upper(),
        "coordinateUnits": "mm",
        "locked": False,
        "fixedNumberOfControlPoints": True,
        "labelFormat": "%N-%d",
        "lastUsedControlPointNumber": len(control_points),
        "controlPoints": control_points,
        "measurements": [],
        "display": {
            "visibility": True,
            "opacity": 1.0,
            "color": list(SUSPECT_COLOR),
            "selectedColor": list(level_color(level)),
            "propertiesLabelVisibility": False,
            # fifty labels a level hide the spine; Slicer shows them on request
            "pointLabelsVisibility": False,
            "textScale": 2.0,
            "glyphType": "Sphere3D",
            "glyphSize": GLYPH_MM,
            "useGlyphScale": False,
        },
    }


def _control_point(poi: Poi, space: str) -> dict[str, Any]:
    content: dict[str, Any] = {
        "id": f"{poi.level}-{poi.id}",
        "label": label_of(poi.id),
        "description": describe(poi),
        "associatedNodeID": "",
        "orientation": [-1.0, 0.0, 0.0, 0.0, -1.0, 0.0, 0.0, 0.0, 1.0]
        if space == "lps"
        else [1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0],
        "selected": poi.status is not Status.SUSPECT,
        "locked": False,
        "visibility": True,
        "positionStatus": "undefined" if poi.position is None else "defined",
    }
    if poi.position is not None:
        content["position"] = list(_swap(poi.position) if space == "lps" else poi.position)
    return content


def label_of(point_id: int) -> str:
    """Return the readable label of a point, and a plain one for an id that the table does not have."""
    try:
        return point(point_id).label
    except ParameterError:
        return f"point {point_id}"


def _swap(position: Position) -> Position:
    """Turn RAS into LPS, or LPS into RAS."""
    x, y, z = position
    return -float(x), -float(y), float(z)


def read_markups(*paths: PathLike, unknown: list[str] | None = None) -> PoiSet:
    """Read points from one or several Slicer files (Slicer saves each list to a file of its own).

    Parameters
    ----------
    *paths : path
        LPS or RAS, of any schema version that Slicer wrote so far.
    unknown : list of str, optional
        What belongs to no known level and point is described here and left out. Without it that is an error.

    Returns
    -------
    PoiSet
        A control point that lies elsewhere than its description says comes back as edited, with the computed position kept.

    Raises
    ------
    ReadError
        If a file is damaged, is no Slicer markups file, has a point twice, or nothing in it can be told.
    """
    strange: list[str] = []
    points = [poi for path in paths for poi in _read_file(Path(path), strange)]
    if strange and (unknown is None or not points):
        more = f" (and {len(strange) - 1} more)" if len(strange) > 1 else ""
        raise ReadError(
            f"{strange[0]} is no known point of interest{more}.",
            "Name lists by level (L3) and points as in `spinetwin points`, or give ids such as 22-101.",
        )
    if unknown is not None:
        unknown.extend(strange)
    return gather(points, ", ".join(Path(path).name for path in paths))


def _read_file(path: Path, strange: list[str]) -> Iterator[Poi]:
    content: Any = read_json(path)
    markups = content.get("markups") if isinstance(content, dict) else None
    if not isinstance(markups, list):
        raise ReadError(f"{path.name} is no markups file of 3D Slicer: it has no list of markups.")
    for markup in markups:
        if not isinstance(markup, dict):
            raise ReadError(f"{path.name} holds a markup that is no object.")
        name = markup.get("name")
        name = name if isinstance(name, str) and name else path.name.split(".")[0]
        if markup.get("type", "Fiducial") != "Fiducial":
            strange.append(f"The {markup.get('type')} {name!r} in {path.name}")
            continue
        yield from _read_list(markup, name, path, strange)


def _read_list(markup: dict[str, Any], name: str, path: Path, strange: list[str]) -> Iterator[Poi]:
    system = markup.get("coordinateSystem", "LPS")
    # very old files have the numbers of an enumeration
    lps = {"LPS": True, "RAS": False, "1": True, "0": False}.get(str(system).upper())
    if lps is None:
        raise ReadError(
            f"The list {name!r} in {path.name} is in an unknown coordinate system, {system!r}.", "Known are LPS and RAS."
        )
    if markup.get("coordinateUnits", "mm") not in ("mm", ["mm", "UCUM", "millimeter"]):
        raise ReadError(f"The list {name!r} in {path.name} is not in millimetres.", "Save it in mm.")
    control_points = markup.get("controlPoints", [])
    if not isinstance(control_points, list):
        raise ReadError(f"The list {name!r} in {path.name} has no control points.")
    for number, each in enumerate(control_points, start=1):
        if not isinstance(each, dict):
            raise ReadError(f"Control point {number} of {name!r} in {path.name} is no object.")
        label = str(each.get("label") or each.get("id") or number)
        where = f"Control point {label!r} of {name!r} in {path.name}"
        key = _key(each, name)
        if key is None:
            strange.append(where)
            continue
        position = _position(each, where)
        if position is not None and lps:
            position = _swap(position)
        description = each.get("description")
        yield restore(*key, description if isinstance(description, str) else "", position)


def _position(control_point: dict[str, Any], where: str) -> Position | None:
    if control_point.get("positionStatus", "defined") in _UNPLACED:
        return None
    return as_position(control_point.get("position"), where)


def _key(control_point: dict[str, Any], name: str) -> tuple[int, int] | None:
    """Tell level and point from the id, else from the label, else from list name and label."""
    for text in (control_point.get("id"), control_point.get("label")):
        match = _KEY.fullmatch(text) if isinstance(text, str) else None
        level = parse_level(match[1]) if match else None
        if match and level is not None and (text == control_point.get("id") or _known(int(match[2]))):
            return level, int(match[2])
    level = parse_level(name)
    label = str(control_point.get("label", "")).strip().lower()
    found = _BY_TEXT.get(label)
    if found is None and label.isdecimal() and len(label) < 5 and _known(int(label)):
        found = int(label)
    return None if level is None or found is None else (level, found)


def _known(point_id: int) -> bool:
    try:
        point(point_id)
    except ParameterError:
        return False
    return True
