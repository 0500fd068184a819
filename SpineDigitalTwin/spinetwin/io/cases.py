"""Which files of a folder are the label maps of which case."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from ..anatomy import LEVELS, SubregionId
from ..anatomy.tables import read_table
from ..errors import MapError, ReadError
from ..geometry import Grid, IntArray, PartialMaps, labels_in
from .lattice import describe_difference, reorder_onto
from .volumes import SUFFIXES, read_label_map, suffix_of

_DEEPEST = 2
"""Folders of people may hold one of each visit, and these one of each kind of image (BIDS)."""

_PARTS = {row["part_of_the_name"]: row["map"] for row in read_table("map_names.csv", __package__)}
_LEVELS = frozenset(label for level in LEVELS for label in (level.id, level.disc_id, level.endplate_id) if label)
_SUBREGIONS_ONLY = frozenset(int(each) for each in SubregionId) - _LEVELS


@dataclass(frozen=True)
class CaseFiles:
    """The label maps of one case.

    Attributes
    ----------
    name : str
        What the case is called.
    files : mapping of str to Path
        By what they are: "subregions", "vertebrae", or "" for a map whose labels have to tell.
    """

    name: str
    files: Mapping[str, Path]


def find_cases(path: Path) -> dict[str, CaseFiles]:
    """Find label maps by name.

    Parameters
    ----------
    path : Path
        A label map; or a folder with the maps of one case (such as `spinetwin segment` writes); or a folder of many cases,
        each a folder, perhaps with one for each visit and kind of image (BIDS), or one or two files. What a file is, is told
        by a part of its name, see map_names.csv.

    Returns
    -------
    dict of str to CaseFiles
        By name; a single case is called "".

    Raises
    ------
    ReadError
        If there is nothing of this kind.
    """
    if path.is_file():
        return {"": CaseFiles(path.name, {kind_of_name(path.name): path})}
    if not path.is_dir():
        raise ReadError(f"There is no file and no folder {path}.", "Check the name.")
    found = _cases_of(path)
    if found:
        return found
    cases = _cases_below(path, _DEEPEST)
    if not cases:
        raise ReadError(f"{path} holds no label map.", f"Known are {', '.join(SUFFIXES)}.")
    return cases


def _cases_below(path: Path, deeper: int) -> dict[str, CaseFiles]:
    """Return the cases of the folders in a folder, or where one has no maps itself, of those in that one."""
    cases = {}
    for folder in sorted(each for each in path.iterdir() if each.is_dir() and not each.name.startswith(".")):
        inside = _cases_of(folder) or (_cases_below(folder, deeper - 1) if deeper else {})
        for name, case in inside.items():
            # a folder of one case is that case, whatever its files are called
            key = folder.name if len(inside) == 1 else f"{folder.name}/{name}"
            cases[key] = CaseFiles(key, case.files)
    return cases


def _cases_of(folder: Path) -> dict[str, CaseFiles]:
    """Return the cases whose files lie in the folder itself; where names tell maps from images, only the maps."""
    volumes = sorted(each for each in folder.iterdir() if each.is_file() and suffix_of(each) and not each.name.startswith("."))
    named = [each for each in volumes if kind_of_name(each.name)]
    groups: dict[str, dict[str, Path]] = {}
    for path in named or volumes:
        group = groups.setdefault(_stem(path), {})
        if kind_of_name(path.name) in group:
            raise ReadError(
                f"{group[kind_of_name(path.name)].name} and {path.name} in {folder} are two maps of one kind.", "Keep one."
            )
        group[kind_of_name(path.name)] = path
    return {name: CaseFiles(name or folder.name, files) for name, files in groups.items()}


def kind_of_name(name: str) -> str:
    """Tell by its name whether a file is a map of "subregions" or of "vertebrae"; "" where it does not say."""
    return next((kind for part, kind in _PARTS.items() if part in name.lower()), "")


def _stem(path: Path) -> str:
    """Return what the names of the maps of one case have in common."""
    name = path.name[: -len(suffix_of(path))]
    part = next((each for each in _PARTS if each in name.lower()), "")
    if not part:
        return name
    at = name.lower().index(part)
    return re.sub("__+", "_", f"{name[:at]}_{name[at + len(part) :]}").strip("_-. ")


def read_case(case: CaseFiles) -> PartialMaps:
    """Read the maps of a case.

    Raises
    ------
    ReadError, MapError
        As `spinetwin.io.read_label_map`; MapError also if its two maps are on different grids.
    """
    arrays: dict[str, IntArray] = {}
    grid: Grid | None = None
    for kind, path in case.files.items():
        array, own = read_label_map(path)
        if grid is None:
            grid = own
        ordered = reorder_onto(array, own, grid)
        if ordered is None:
            raise MapError(
                f"{path.name} is on another grid than the other map of {case.name}: {describe_difference(grid, own)}.",
                "Resample one onto the grid of the other with nearest neighbour.",
            )
        arrays[kind or kind_of_map(array)] = ordered
    if grid is None:
        raise ReadError(f"{case.name} has no label map.")
    return PartialMaps(grid, arrays.get("subregions"), arrays.get("vertebrae"))


def kind_of_map(array: IntArray) -> str:
    """Tell by its labels whether a map is one of "subregions" or of "vertebrae"; an empty one counts as the latter."""
    return "subregions" if _SUBREGIONS_ONLY.intersection(labels_in(array)) else "vertebrae"
