"""What the labels of a semantic model of one's own mean, told by their names, or by a table beside the model."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from pathlib import Path

from ...anatomy import SubregionId
from ...anatomy.tables import read_table
from ...errors import ParameterError, ReadError

TABLE = "labels.csv"
"""A table of one's own beside dataset.json: columns `name` and `subregion`, a number; 0 leaves a label out."""

_NAMES = {row["name"]: int(row["subregion"]) for row in read_table("label_names.csv", __package__)}
_KNOWN = {0, *(int(each) for each in SubregionId)}


def subregions_of(labels: Mapping[str, int], folder: Path) -> dict[int, int]:
    """Return the subregion of each label of a model.

    Names are compared without regard to capitals; a name that is a number means the subregion with this number.

    Parameters
    ----------
    labels : mapping of str to int
        Of its dataset.json, without background.
    folder : Path
        Where a table of one's own may lie.

    Raises
    ------
    ReadError
        If the table is damaged.
    ParameterError
        If nobody knows what a label means, or no label is a body.
    """
    names = {**_NAMES, **_own_names(folder / TABLE)}
    found = {label: _meaning(name, names, folder) for name, label in labels.items()}
    if not {int(SubregionId.BODY_BORDER), int(SubregionId.BODY)} & set(found.values()):
        raise ParameterError(
            f"No label of the model in {folder} is a vertebral body.", f"Say in {TABLE} beside it which one is."
        )
    return found


def _meaning(name: str, names: Mapping[str, int], folder: Path) -> int:
    key = name.strip().lower().replace(" ", "_").replace("-", "_")
    if key in names:
        return names[key]
    if key.isdecimal() and int(key) in _KNOWN:
        return int(key)
    raise ParameterError(
        f"Nobody knows what the label {name!r} of the model in {folder} means.",
        f"Put {TABLE} beside its dataset.json, with the columns name and subregion (a number of subregions.csv, or 0).",
    )


def _own_names(path: Path) -> dict[str, int]:
    if not path.is_file():
        return {}
    try:
        rows = list(csv.DictReader(path.read_text(encoding="utf-8-sig").splitlines()))
        found = {row["name"].strip().lower(): int(row["subregion"]) for row in rows}
    except (OSError, ValueError, KeyError, AttributeError, TypeError, csv.Error) as error:
        raise ReadError(f"{path} is no table with the columns name and subregion.", "Write one line for each label.") from error
    wrong = next((value for value in found.values() if value not in _KNOWN), None)
    if wrong is not None:
        raise ReadError(f"{path} names the subregion {wrong}, which there is not.", "See spinetwin/anatomy/subregions.csv.")
    return found
