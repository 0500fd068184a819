"""What the labels of other programs mean: tables, and carrying a label map through one."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np

from ...anatomy import level, subregion
from ...anatomy.tables import read_table
from ...errors import ParameterError
from ...geometry import IntArray

COLUMNS = ("label", "level")
"""What a table of one's own must have; it may have `map`, `part` and `subregion` too."""

_PARTS = ("vertebra", "disc", "endplate", "rib", "")
_KINDS = ("subregions", "vertebrae")
_LARGEST = 65535
_PACKAGE = f"{__package__}.tables"


@dataclass(frozen=True)
class Entry:
    """What one label means.

    Attributes
    ----------
    kind : str
        The kind of map it stands in, "subregions" or "vertebrae"; "" for any.
    label : int
    subregion : int
        Label in our subregion map; 0 where it tells none.
    vertebra : int
        Label in our vertebra map; 0 where it belongs to no level.
    whole : bool
        Whether it is bone of a vertebra (and no disc or endplate).
    """

    kind: str
    label: int
    subregion: int
    vertebra: int
    whole: bool


@dataclass(frozen=True)
class MappingTable:
    """What the labels of one program mean.

    Attributes
    ----------
    name, title : str
        For the command line, and for people.
    entries : tuple of Entry
    expects_others : bool
        Whether other labels are usual and not worth a warning, such as organs.
    source, note : str
        Where it is written, and what to mind.
    counts : bool
        Whether its levels only count the vertebrae in view, from the top, so that they are no names.
    """

    name: str
    title: str
    entries: tuple[Entry, ...]
    expects_others: bool = False
    source: str = ""
    note: str = ""
    counts: bool = False

    def of_kind(self, kind: str) -> dict[int, Entry]:
        """Return the entries for a map of one kind, by label."""
        return {each.label: each for each in self.entries if each.kind in ("", kind)}

    @property
    def kinds(self) -> tuple[str, ...]:
        """Kinds of maps it speaks of; both where it does not tell."""
        told = {each.kind for each in self.entries}
        return _KINDS if "" in told else tuple(kind for kind in _KINDS if kind in told)


TABLES: Mapping[str, dict[str, str]] = {row["name"]: row for row in read_table("index.csv", _PACKAGE)}
"""The rows of tables/index.csv, by name."""


def table_of(name: str) -> MappingTable:
    """Return a table that comes with the program.

    Raises
    ------
    ParameterError
        If there is none of this name.
    """
    if name not in TABLES:
        raise ParameterError(f"There is no table {name!r}.", f"Choose one of {', '.join(TABLES)}, or a csv file of your own.")
    row = TABLES[name]
    entries = entries_of(read_table(f"{name}.csv", _PACKAGE), name)
    return MappingTable(name, row["title"], entries, row["other_labels"] == "organs", row["source"], row["note"])


def entries_of(rows: Iterable[Mapping[str, str]], where: str) -> tuple[Entry, ...]:
    """Read the rows of a table.

    Parameters
    ----------
    rows : iterable of mapping
        `label`, and `level` by name or empty; `part` is vertebra (also where it is empty), disc (the one below the level),
        endplate or rib; `subregion` by name or number, or empty; `map` is subregions or vertebrae, or empty for any.
    where : str
        What the table is called in messages.

    Raises
    ------
    ParameterError
        If a row makes no sense, or two tell of one label.
    """
    entries: dict[tuple[str, int], Entry] = {}
    for number, row in enumerate(rows, start=2):
        try:
            entry = _entry(row)
        except ParameterError as error:
            raise ParameterError(f"{where}, line {number}: {error.message}", error.hint) from error
        if (entry.kind, entry.label) in entries:
            raise ParameterError(f"{where}, line {number}: the label {entry.label} has a row already.", "Keep one of them.")
        entries[entry.kind, entry.label] = entry
    return tuple(entries.values())


def _entry(row: Mapping[str, str]) -> Entry:
    label, kind, part = row.get("label", ""), row.get("map", ""), row.get("part", "")
    if not label.isdecimal() or not 0 < int(label) <= _LARGEST:
        raise ParameterError(f"{label!r} is no label.", f"Labels are whole numbers from 1 to {_LARGEST}.")
    if kind not in ("", *_KINDS):
        raise ParameterError(f"{kind!r} is no kind of map.", f"Write {' or '.join(_KINDS)}, or nothing.")
    if part not in _PARTS:
        raise ParameterError(f"{part!r} is no part.", "Write vertebra, disc, endplate or rib, or nothing.")
    named = row.get("subregion", "")
    meant = subregion(int(named) if named.isdecimal() else named).id if named else 0
    vertebra = _vertebra(row.get("level", ""), part)
    if not meant and not vertebra:
        raise ParameterError(f"The label {label} means nothing.", "Give a level, a subregion, or both.")
    return Entry(kind, int(label), meant, vertebra, bool(vertebra) and part in ("vertebra", ""))


def _vertebra(name: str, part: str) -> int:
    if not name:
        if part:
            raise ParameterError(f"A {part} needs a level.")
        return 0
    found = level(int(name) if name.isdecimal() else name)
    label = {"disc": found.disc_id, "endplate": found.endplate_id, "rib": found.rib_id}.get(part, found.id)
    if label is None:
        raise ParameterError(f"There is no {part} of {found.name}.")
    return label


def mapped(array: IntArray, entries: Mapping[int, Entry], field: str) -> IntArray:
    """Return what the labels mean, the `subregion` or the `vertebra`; what is not in the table becomes background."""
    lookup = np.zeros(int(array.max(initial=0)) + 1, dtype=np.uint8)
    for label, entry in entries.items():
        if label < len(lookup):
            lookup[label] = getattr(entry, field)
    flat = lookup[array.ravel(order="F")]
    return flat.reshape(array.shape, order="F")
