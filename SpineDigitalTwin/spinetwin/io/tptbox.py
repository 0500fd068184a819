"""Point files of TPTBox, in voxel ("POI") and in global ("POI_GLOBAL") coordinates.

A file is a list of two objects: a header, and ``{level: {point: [x, y, z]}}``. Voxel coordinates belong to the grid that the
header gives: ``ras = rotation @ (xyz * zoom) + origin``. Global ones are LPS ("itk") or RAS ("nib") millimetres.

TPTBox knows no status. Ours travels in the header key "spinetwin" (descriptions by ``<level id>-<point id>``), which TPTBox
keeps.
"""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from ..anatomy import level as level_of
from ..anatomy.tables import read_table
from ..errors import ParameterError, ReadError
from ..geometry import FloatArray, Grid
from ..poi.model import Poi, PoiSet, Position
from .atomic import write_text
from .description import describe, restore
from .texts import PathLike, as_position, gather, parse_level, read_json

_NAMES = {int(row["id"]): row["name"] for row in read_table("tptbox_points.csv", __package__)}
_IDS = {name.lower(): number for number, name in _NAMES.items()}
_PROVENANCE = "spinetwin"
_POINTS_PER_LEVEL = 256
"""The older numbering: label = point * 256 + level."""


def write_tptbox(path: PathLike, pois: PoiSet, *, space: str = "ras", like: Grid | None = None) -> None:
    """Write points for TPTBox.

    Parameters
    ----------
    path : path
        Ends in .json.
    pois : PoiSet
    space : {"ras", "lps", "voxel"}
        Global coordinates in RAS ("nib") or LPS ("itk"), or voxel coordinates of `like`.
    like : Grid, optional
        Needed for voxel coordinates.

    Raises
    ------
    ParameterError
        If `space` is unknown or needs a grid that is not given.
    WriteError
        As `spinetwin.io.atomic.atomic_write`.
    """
    if space not in ("ras", "lps", "voxel"):
        raise ParameterError(f"There are no {space!r} coordinates.", "Choose lps, ras or voxel.")
    if space == "voxel" and like is None:
        raise ParameterError("Voxel coordinates need an image.", "Give it with --like IMAGE.")
    header = _voxel_header(like) if like is not None and space == "voxel" else _global_header(space)
    header["level_one_info"] = "Vertebra_Instance"
    header["level_two_info"] = "Location"
    header[_PROVENANCE] = {f"{poi.level}-{poi.id}": describe(poi) for poi in pois}
    levels: dict[str, dict[str, list[float]]] = {}
    for poi in pois:
        if poi.position is not None:
            where = np.array(poi.position, dtype=np.float64)
            if space == "voxel" and like is not None:
                where = like.to_ijk(where)
            elif space == "lps":
                where = where * [-1.0, -1.0, 1.0]
            levels.setdefault(level_of(poi.level).name, {})[_NAMES.get(poi.id, str(poi.id))] = where.tolist()
    write_text(path, json.dumps([header, levels], indent=1, ensure_ascii=False, allow_nan=False) + "\n")


def _global_header(space: str) -> dict[str, Any]:
    return {"coordinate_system": "itk" if space == "lps" else "nib", "format": "POI_GLOBAL"}


def _voxel_header(grid: Grid) -> dict[str, Any]:
    return {
        "direction": list(_axis_codes(grid)),
        "zoom": grid.spacing.tolist(),
        "origin": grid.ijk_to_ras[:3, 3].tolist(),
        "rotation": (grid.ijk_to_ras[:3, :3] / grid.spacing).tolist(),
        "shape": list(grid.shape),
        "format": "POI",
    }


def _axis_codes(grid: Grid) -> tuple[str, ...]:
    """Name the patient direction nearest to each array axis, each of the three once."""
    cosines = grid.ijk_to_ras[:3, :3] / grid.spacing
    best = max(itertools.permutations(range(3)), key=lambda rows: sum(abs(cosines[row, axis]) for axis, row in enumerate(rows)))
    return tuple(("RL", "AP", "SI")[row][int(cosines[row, axis] < 0)] for axis, row in enumerate(best))


def read_tptbox(path: PathLike, *, unknown: list[str] | None = None) -> PoiSet:
    """Read a point file of TPTBox.

    Parameters
    ----------
    path : path
        Formats "POI" and "POI_GLOBAL", and the older numbered list ("docker").
    unknown : list of str, optional
        What belongs to no known level is described here and left out. Without it that is an error.

    Returns
    -------
    PoiSet
        Points of a file that is not ours are `ok` without a source.

    Raises
    ------
    ReadError
        If the file is damaged, no such file, or does not say where its voxels lie.
    """
    path = Path(path)
    content: Any = read_json(path)
    if not isinstance(content, list) or not content or not all(isinstance(each, dict) for each in content):
        raise ReadError(f"{path.name} is no point file of TPTBox.", "Slicer's files end in .mrk.json.")
    header, strange = content[0], list[str]()
    affine = _affine(header, path)
    notes = header.get(_PROVENANCE)
    notes = {key: text for key, text in notes.items() if isinstance(text, str)} if isinstance(notes, dict) else {}
    points: list[Poi] = []
    for key, value in _entries(content, path, strange):
        x, y, z = (affine[:3, :3] @ np.array(value) + affine[:3, 3]).tolist()
        points.append(restore(*key, notes.pop(f"{key[0]}-{key[1]}", ""), (x, y, z)))
    for name, text in notes.items():  # the points that have no position
        first, _, second = name.partition("-")
        level = parse_level(first)
        if level is not None and second.isdecimal():
            points.append(restore(level, int(second), text, None))
    if strange and (unknown is None or not points):
        raise ReadError(
            f"{strange[0]} in {path.name} is no known level or point.", "Levels are named C1 to C7, T1 to T13, L1 to L6, S1."
        )
    if unknown is not None:
        unknown.extend(f"{each} in {path.name}" for each in strange)
    return gather(points, path.name)


def _entries(content: list[dict[str, Any]], path: Path, strange: list[str]) -> Iterator[tuple[tuple[int, int], Position]]:
    if content[0].get("format") in ("POI", "POI_GLOBAL"):
        nested = ((level, points) for each in content[1:] for level, points in each.items())
        for level_text, points in nested:
            level = parse_level(level_text)
            if not isinstance(points, dict):
                raise ReadError(f"Level {level_text} in {path.name} is no list of points.")
            for name, value in points.items():
                number = _IDS.get(name.lower(), int(name) if name.isdecimal() and len(name) < 6 else None)
                if level is None or number is None:
                    strange.append(f"{name!r} of {level_text!r}")
                else:
                    yield (level, number), as_position(value, f"{name} of {level_text} in {path.name}")
        return
    for each in content[1:]:
        label = each.get("label")
        level = parse_level(str(label % _POINTS_PER_LEVEL)) if isinstance(label, int) and label > 0 else None
        if level is None or not isinstance(label, int):
            strange.append(f"The label {label!r}")
        else:
            # a bare level number means the vertebral body
            number = label // _POINTS_PER_LEVEL or _IDS["vertebra_corpus"]
            yield (level, number), as_position([each.get(axis) for axis in "XYZ"], f"Label {label} in {path.name}")


def _affine(header: dict[str, Any], path: Path) -> FloatArray:
    """Return the 4x4 matrix from the coordinates of the file to RAS mm."""
    if header.get("format") == "POI_GLOBAL":
        signs = {"itk": -1.0, "nib": 1.0}
        system = header.get("coordinate_system", "nib")
        if system not in signs:
            raise ReadError(f"{path.name} is in an unknown coordinate system, {system!r}.", "Known are itk and nib.")
        return np.diag([signs[system], signs[system], 1.0, 1.0])
    absent = [key for key in ("zoom", "rotation", "origin") if header.get(key) is None]
    if absent:
        raise ReadError(
            f"{path.name} does not say where its voxels lie in the patient: no {', '.join(absent)}.",
            "Save it in global coordinates.",
        )
    where = f"The header of {path.name}"
    rotation = header["rotation"]
    if not isinstance(rotation, list) or len(rotation) != 3:
        raise ReadError(f"{where} has no rotation of three rows.")
    affine = np.eye(4)
    affine[:3, :3] = np.array([as_position(row, where) for row in rotation]) * as_position(header["zoom"], where)
    affine[:3, 3] = as_position(header["origin"], where)
    return affine
