"""Reading and writing points in the format that the file name says."""

from __future__ import annotations

from pathlib import Path

from ..errors import ParameterError, ReadError
from ..geometry import Grid
from ..poi.model import PoiSet
from .markups import read_markups, write_markups
from .table import read_table, write_table
from .texts import PathLike
from .tptbox import read_tptbox, write_tptbox

POINT_SUFFIXES = (".mrk.json", ".mkr.json", ".json", ".csv")
_KNOWN = "Known are .mrk.json (3D Slicer), .json (TPTBox) and .csv."


def _kind(path: PathLike) -> str:
    name = Path(path).name.lower()
    if name.endswith((".mrk.json", ".mkr.json")):
        return "markups"
    if name.endswith(".json"):
        return "tptbox"
    return "table" if name.endswith(".csv") else ""


def check_points_name(path: PathLike) -> None:
    """Raise ParameterError when the name of a file to be written says no known format, before any work is done."""
    if not _kind(path):
        raise ParameterError(f"Cannot tell from its name how to write {path}.", _KNOWN)


def read_pois(*paths: PathLike, unknown: list[str] | None = None) -> PoiSet:
    """Read points of interest.

    Parameters
    ----------
    *paths : path
        One file (.mrk.json or .mkr.json of 3D Slicer, .json of TPTBox, .csv), or several Slicer files of one spine.
    unknown : list of str, optional
        What belongs to no known level and point is described here and left out. Without it that is an error.

    Returns
    -------
    PoiSet
        RAS mm, without frames.

    Raises
    ------
    ReadError
        If a file is missing, damaged, or of an unknown kind.
    """
    kinds = {_kind(path) for path in paths}
    if kinds == {"markups"}:
        return read_markups(*paths, unknown=unknown)
    if len(paths) != 1:
        raise ReadError("Several files of points can only be read together when all are .mrk.json.", "Give one file.")
    if kinds == {"tptbox"}:
        return read_tptbox(paths[0], unknown=unknown)
    if kinds == {"table"}:
        return read_table(paths[0])
    raise ReadError(f"{paths[0]} is no file of points by its name.", _KNOWN)


def write_pois(path: PathLike, pois: PoiSet, *, space: str | None = None, like: Grid | None = None) -> None:
    """Write points of interest, whole or not at all. Frames are not stored, other than as points.

    Parameters
    ----------
    path : path
        Its suffix chooses the format, as in `read_pois`.
    pois : PoiSet
    space : {"lps", "ras", "voxel"}, optional
        Coordinates in the file; default LPS for 3D Slicer, RAS for the others. "voxel" does not exist for 3D Slicer; a table is
        always RAS and gets three more columns.
    like : Grid, optional
        The grid whose voxels are meant by "voxel".

    Raises
    ------
    ParameterError
        If the name says no known format, or the format has no such coordinates.
    WriteError
        If the file cannot be written.
    """
    check_points_name(path)
    kind = _kind(path)
    if kind == "markups":
        write_markups(path, pois, space=space or "lps")
    elif kind == "tptbox":
        write_tptbox(path, pois, space=space or "ras", like=like)
    else:
        write_table(path, pois, space=space or "ras", like=like)
