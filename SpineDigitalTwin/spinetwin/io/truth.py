"""``truth.json``: what is known of a phantom, written so that a person can read it and a program can read it back exactly.

The file is one JSON object, UTF-8, in RAS millimetres and degrees; every number reads back as the same float64::

    {
      "format": "spinetwin phantom truth", "version": 1, "coordinate_system": "RAS mm",
      "parameters": {...},                what the phantom was made with
      "angles": {                         degrees, as `Angles` describes them
        "lordosis_l1_s1": 50.1, "curves": [{"upper": "T3", "lower": "L1", "apex": "T8", "cobb": 44.9, "side": "right"}],
        "axial_rotation": {"T8": 17.9, ...}, ...
      },
      "variants": [{"kind": "wedge", "level": "L1", "amount": 0.3, ..., "measured": {"height_front_mm": 17.9, ...}}],
      "levels": {                         by level name, from the top
        "L3": {
          "frame": {"origin": [x, y, z], "right": [...], "anterior": [...], "superior": [...]},
          "points": {                     by rule set, then by point id
            "paper": {"101": {"name": "anterior_longitudinal_ligament_superior_median", "position": [x, y, z]}}
          },
          "sizes": {"height_front": 26.7, ..., "volumes": {"corpus_border": 30170.2, ...}}      mm, degrees, mm^3, as `Sizes`
          "ribs": {"left": {"head": [x, y, z], "tubercle": [x, y, z], "end": [x, y, z], "length": 305.2}, ...}    if it has any
        }
      }
    }
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any, TypeVar

import numpy as np

from ..anatomy import level as level_of
from ..anatomy import point
from ..errors import ParameterError, ReadError
from ..geometry import FloatArray, Frame
from ..phantom.ground_truth.record import Angles, CurveAngle, GroundTruth, RibTruth, Sizes, Variant, VariantTruth
from .atomic import write_text
from .texts import PathLike, as_position, of_format, read_json

FORMAT = "spinetwin phantom truth"
VERSION = 1
COORDINATES = "RAS mm"
_CHANGED = "The file was changed or cut; make it again."

T = TypeVar("T")

_NUMBERS = re.compile(r"\[\s+(-?\d[^\[\]{}\"]*?)\s+\]")


def write_truth(path: PathLike, truth: GroundTruth) -> None:
    """Write the truth of a phantom, whole or not at all.

    Raises
    ------
    WriteError
        As `spinetwin.io.atomic.atomic_write`.
    """
    content = {
        "format": FORMAT,
        "version": VERSION,
        "coordinate_system": COORDINATES,
        "parameters": truth.parameters,
        "angles": asdict(truth.angles),
        "variants": [{**asdict(each.variant), "measured": dict(each.measured)} for each in truth.variants],
        "levels": {level_of(key).name: _level(truth, key) for key in truth.frames},
    }
    text = json.dumps(content, indent=1, ensure_ascii=False, allow_nan=False)
    write_text(path, _NUMBERS.sub(_on_one_line, text) + "\n")


def _on_one_line(numbers: re.Match[str]) -> str:
    """Write a position as people do; `json` gives every number of it a line of its own."""
    return "[" + ", ".join(each.strip() for each in numbers[1].split(",")) + "]"


def _level(truth: GroundTruth, key: int) -> dict[str, Any]:
    frame = truth.frames[key]
    return {
        "frame": {
            "origin": frame.origin.tolist(),
            "right": frame.right.tolist(),
            "anterior": frame.anterior.tolist(),
            "superior": frame.superior.tolist(),
        },
        "points": {
            rules: {str(poi): _point(poi, at) for (owner, poi), at in sorted(points.items()) if owner == key}
            for rules, points in truth.points.items()
        },
        "sizes": asdict(truth.sizes[key]),
        **({"ribs": {side: _rib(each) for side, each in truth.ribs[key].items()}} if key in truth.ribs else {}),
    }


def _rib(rib: RibTruth) -> dict[str, Any]:
    return {
        "head": rib.head.tolist(),
        "tubercle": None if rib.tubercle is None else rib.tubercle.tolist(),
        "end": rib.end.tolist(),
        "length": rib.length,
    }


def _point(poi: int, at: FloatArray) -> dict[str, Any]:
    return {"name": point(poi).name, "position": at.tolist()}


def read_truth(path: PathLike) -> GroundTruth:
    """Read the truth of a phantom.

    Raises
    ------
    ReadError
        If the file is missing, damaged, of another kind or of a later version.
    """
    name = Path(path).name
    lacking = "is no truth of a phantom.", "Give the truth.json that `spinetwin phantom` wrote."
    content = of_format(read_json(path), name, FORMAT, VERSION, lacking)
    if content.get("coordinate_system") != COORDINATES:
        raise ReadError(f"{name} is in {content.get('coordinate_system')!r} coordinates, not in {COORDINATES}.")
    levels = _mapping(content, "levels", name)
    frames: dict[int, Frame] = {}
    sizes: dict[int, Sizes] = {}
    points: dict[str, dict[tuple[int, int], FloatArray]] = {}
    ribs: dict[int, dict[str, RibTruth]] = {}
    for level_name, each in levels.items():
        where = f"Level {level_name} of {name}"
        key = _level_id(level_name, where)
        frames[key] = _frame(_mapping(each, "frame", where), where)
        for rules, found in _mapping(each, "points", where).items():
            points.setdefault(rules, {}).update(_points(key, found, where))
        sizes[key] = _sizes(_mapping(each, "sizes", where), where)
        if "ribs" in each:
            found_ribs = _mapping(each, "ribs", where)
            ribs[key] = {side: _read_rib(found_ribs, side, where) for side in found_ribs}
    angles, parameters = _angles(_mapping(content, "angles", name), name), _mapping(content, "parameters", name)
    return GroundTruth(frames, points, angles, sizes, _variants(content.get("variants"), name), parameters, ribs)


def _mapping(content: object, key: str, where: str) -> dict[str, Any]:
    found = content.get(key) if isinstance(content, Mapping) else None
    if not isinstance(found, dict):
        raise ReadError(f"{where} has no {key}.", _CHANGED)
    return found


def _level_id(name: str, where: str) -> int:
    try:
        return level_of(name).id
    except ParameterError as error:
        raise ReadError(f"{where} is no level of a spine.") from error


def _frame(content: dict[str, Any], where: str) -> Frame:
    origin, *axes = (
        np.array(as_position(content.get(key), f"The {key} axis of {where}"))
        for key in ("origin", "right", "anterior", "superior")
    )
    return Frame(origin, np.stack(axes), "phantom")


def _points(key: int, content: object, where: str) -> dict[tuple[int, int], FloatArray]:
    if not isinstance(content, dict):
        raise ReadError(f"{where} has no points.", _CHANGED)
    found: dict[tuple[int, int], FloatArray] = {}
    for poi, each in content.items():
        place = f"Point {poi} of {where}"
        if not poi.isdecimal() or not isinstance(each, dict):
            raise ReadError(f"{place} is no point of interest.")
        found[key, int(poi)] = np.array(as_position(each.get("position"), place))
    return found


def _angles(content: dict[str, Any], where: str) -> Angles:
    curves = content.get("curves")
    if not isinstance(curves, list):
        raise ReadError(f"{where} has no curves.", _CHANGED)
    given = {key: value for key, value in content.items() if key not in ("curves", "axial_rotation")}
    rotation = _numbers(_mapping(content, "axial_rotation", where), f"An axial rotation of {where}")
    numbers = _numbers(given, f"An angle of {where}")
    return _made(
        Angles, {"curves": tuple(_curve(each, where) for each in curves), "axial_rotation": rotation, **numbers}, where
    )


def _curve(content: object, where: str) -> CurveAngle:
    if not isinstance(content, dict) or not isinstance(content.get("cobb"), float | int):
        raise ReadError(f"{where} has a curve without an angle.", _CHANGED)
    return _made(CurveAngle, {key: value if key == "cobb" else str(value) for key, value in content.items()}, where)


def _sizes(content: dict[str, Any], where: str) -> Sizes:
    volumes = _numbers(_mapping(content, "volumes", where), f"A volume of {where}")
    numbers = _numbers({key: value for key, value in content.items() if key != "volumes"}, f"A size of {where}")
    return _made(Sizes, {**numbers, "volumes": volumes}, where)


def _read_rib(content: dict[str, Any], side: str, where: str) -> RibTruth:
    where = f"The {side} rib of {where}"
    each = _mapping(content, side, where)
    places = {
        key: None
        if key == "tubercle" and each.get(key) is None
        else np.array(as_position(each.get(key), f"The {key} of {where}"))
        for key in ("head", "tubercle", "end")
    }
    length = _numbers({"length": each.get("length")}, where)
    if side not in ("left", "right") or length["length"] is None or each.keys() != places.keys() | length.keys():
        raise ReadError(f"{where} is none.", _CHANGED)
    return _made(RibTruth, {**places, **length}, where)


def _variants(content: object, where: str) -> tuple[VariantTruth, ...]:
    if not isinstance(content, list):
        raise ReadError(f"{where} has no variants.", _CHANGED)
    return tuple(_variant(each, f"Variant {number} of {where}") for number, each in enumerate(content, start=1))


def _variant(content: object, where: str) -> VariantTruth:
    measured = _numbers(_mapping(content, "measured", where), f"What is measured of {where}")
    words = {key: value for key, value in content.items() if key != "measured"} if isinstance(content, dict) else {}
    try:
        return VariantTruth(_made(Variant, words, where), measured)
    except (ParameterError, ValueError) as error:
        raise ReadError(f"{where} is not possible: {error}") from error


def _numbers(content: dict[str, Any], where: str) -> dict[str, Any]:
    for key, value in content.items():
        if value is not None and (isinstance(value, bool) or not isinstance(value, int | float)):
            raise ReadError(f"{where}, {key}, is no number.", _CHANGED)
    return content


def _made(kind: type[T], content: dict[str, Any], where: str) -> T:
    try:
        return kind(**content)
    except TypeError as error:
        raise ReadError(f"{where} has not exactly the {kind.__name__.lower()} that belong there.", _CHANGED) from error
