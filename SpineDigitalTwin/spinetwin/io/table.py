"""Points as a table: one row per point, RAS mm, for spreadsheets and statistics."""

from __future__ import annotations

import csv
import io
import math
from pathlib import Path

from ..anatomy import level as level_of
from ..anatomy import point
from ..errors import ParameterError, ReadError
from ..geometry import Grid
from ..poi.model import EDITED, Poi, PoiSet, Position, Status
from .atomic import write_text
from .description import NOT_PLACED
from .texts import PathLike, gather, parse_level, read_text

_POSITION = ("x", "y", "z")
_COMPUTED = ("computed_x", "computed_y", "computed_z")
COLUMNS = ("level", "id", "name", *_POSITION, "status", "reason", "source", *_COMPUTED)
MORE_COLUMNS = {"ras": (), "lps": ("x_lps", "y_lps", "z_lps"), "voxel": ("i", "j", "k")}
"""What is added at the end for each kind of coordinates."""


def write_table(path: PathLike, pois: PoiSet, *, space: str = "ras", like: Grid | None = None) -> None:
    """Write the columns level, id, name, x, y, z, status, reason, source, computed_x, computed_y, computed_z.

    Positions are RAS mm with all their digits; empty where there is none. Commas separate, UTF-8.

    Parameters
    ----------
    path : path
    pois : PoiSet
    space : {"ras", "lps", "voxel"}
        Anything but RAS is written into three more columns at the end, x_lps, y_lps, z_lps (mm) or i, j, k (voxels of `like`):
        x, y, z always mean the same, and the table can be read back.
    like : Grid, optional
        Needed for voxels.

    Raises
    ------
    ParameterError
        If `space` is unknown or needs a grid that is not given.
    WriteError
        As `spinetwin.io.atomic.atomic_write`.
    """
    if space not in MORE_COLUMNS:
        raise ParameterError(f"There are no {space!r} coordinates.", "Choose lps, ras or voxel.")
    if space == "voxel" and like is None:
        raise ParameterError("Voxel coordinates need an image.", "Give it with --like IMAGE.")
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow([*COLUMNS, *MORE_COLUMNS[space]])
    for poi in pois:
        position, computed = _texts(poi.position), _texts(poi.computed)
        names = level_of(poi.level).name, poi.id, name_of(poi.id)
        more = _more(poi.position, space, like)
        writer.writerow([*names, *position, str(poi.status), poi.reason, poi.source, *computed, *more])
    write_text(path, text.getvalue())


def _more(position: Position | None, space: str, like: Grid | None) -> list[str]:
    """Return the cells of the columns that other coordinates than RAS add."""
    if space == "ras":
        return []
    if position is None:
        return ["", "", ""]
    if space == "lps":
        x, y, z = position
        return _texts((-x, -y, z))
    return [] if like is None else [repr(each) for each in like.to_ijk(position).tolist()]


def name_of(point_id: int) -> str:
    """Return the snake_case name of a point, empty for an id that the table of points does not have."""
    try:
        return point(point_id).name
    except ParameterError:
        return ""


def _texts(position: Position | None) -> list[str]:
    return ["", "", ""] if position is None else [repr(float(each)) for each in position]


def read_table(path: PathLike) -> PoiSet:
    """Read a table of points.

    The columns may be in any order; only level, id (or name), x, y, z are needed. Commas or semicolons separate.

    Raises
    ------
    ReadError
        If the file is damaged, lacks a column, names an unknown level or point, or has a point twice.
    """
    text = read_text(path)
    name = Path(path).name
    separator = ";" if text.splitlines()[0].count(";") > text.splitlines()[0].count(",") else ","
    rows = csv.DictReader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
    try:
        header = [each.strip().lower() for each in rows.fieldnames or ()]
        absent = [each for each in ("level", *_POSITION) if each not in header]
        if absent or not {"id", "name"} & set(header):
            raise ReadError(f"{name} has no column {', '.join(absent) or 'id'}.", f"The columns are {', '.join(COLUMNS)}.")
        rows.fieldnames = header
        return gather([_poi(row, f"{name}, line {rows.line_num},") for row in rows], name)
    except csv.Error as error:
        raise ReadError(f"{name} is no readable table (line {rows.line_num}).") from error


def _poi(row: dict[str, str | None], where: str) -> Poi:
    cells = {key: value or "" for key, value in row.items() if isinstance(key, str)}
    level = parse_level(cells["level"])
    if level is None:
        raise ReadError(
            f"{where} names an unknown level, {cells['level']!r}.", "Levels are named C1 to C7, T1 to T13, L1 to L6, S1."
        )
    identity = cells.get("id", "").strip()
    try:
        number = int(identity) if identity else point(cells.get("name", "")).id
    except (ValueError, ParameterError) as error:
        raise ReadError(
            f"{where} names an unknown point, {identity or cells.get('name')!r}.", "`spinetwin points` lists them."
        ) from error
    position, computed = _numbers(cells, _POSITION, where), _numbers(cells, _COMPUTED, where)
    source, reason = cells.get("source", ""), cells.get("reason", "")
    status = _status(cells.get("status", "").strip().lower(), where)
    if position is None:
        return Poi(
            level,
            number,
            Status.MISSING,
            None,
            reason or NOT_PLACED if status is not Status.MISSING else reason,
            source,
            computed,
        )
    if status is Status.MISSING:  # somebody filled the gap in
        return Poi(level, number, Status.OK, position, source=EDITED, computed=computed)
    return Poi(level, number, status, position, reason, source, computed)


def _status(text: str, where: str) -> Status:
    try:
        return Status(text or Status.OK)
    except ValueError as error:
        raise ReadError(f"{where} has an unknown status, {text!r}.", f"Known are {', '.join(Status)}.") from error


def _numbers(cells: dict[str, str], columns: tuple[str, str, str], where: str) -> Position | None:
    texts = [cells.get(each, "").strip() for each in columns]
    if not any(texts):
        return None
    try:
        x, y, z = (float(text) for text in texts)
    except ValueError as error:
        raise ReadError(f"{where} has no position of three numbers.", "Decimals are written with a point.") from error
    if not (math.isfinite(x) and math.isfinite(y) and math.isfinite(z)):
        raise ReadError(f"{where} has a position that is not finite.")
    return x, y, z
