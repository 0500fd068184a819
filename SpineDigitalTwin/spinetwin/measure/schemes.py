"""What the labels of other programs' maps stand for; ``label_schemes.csv`` lists those that are known by name.

References
----------
Wasserthal J et al. (2023) TotalSegmentator: robust segmentation of 104 anatomic structures in CT images. Radiology: Artificial
Intelligence 5:e230024 (ids of version 2, task "total").
Talos IF, Jakab M, Kikinis R (2015) SPL Abdominal Atlas (``AbdominalAtlasColors.ctbl``).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np

from ..anatomy import LEVELS, level
from ..anatomy.tables import read_table
from ..errors import ParameterError
from ..geometry.grid import IntArray

COLUMNS = ("label", "kind", "name", "side")
KINDS = ("vertebra", "disc", "muscle")
_SIDES = ("left", "right")
_LARGEST_LABEL = 65535


@dataclass(frozen=True)
class Scheme:
    """The labels of one kind of map.

    Attributes
    ----------
    name : str
        Of the program or the file.
    vertebrae, discs : mapping of label to id
        Ids of levels, and of the discs below them, as in ``vertebrae.csv`` of `spinetwin.anatomy`.
    muscles : mapping of (muscle, side) to label
        Such as ("psoas", "left"): 5.
    """

    name: str
    vertebrae: Mapping[int, int]
    discs: Mapping[int, int]
    muscles: Mapping[tuple[str, str], int]


def scheme_of(name: str, rows: Iterable[Mapping[str, str | None]]) -> Scheme:
    """Read a scheme from rows with the columns label, kind (vertebra, disc, muscle), name and side.

    A disc is named by the level above it; a muscle has a side. Where kind is absent or empty it is muscle.

    Raises
    ------
    ParameterError
        If a row is none of these, or a label or a name comes twice.
    """
    vertebrae: dict[int, int] = {}
    discs: dict[int, int] = {}
    muscles: dict[tuple[str, str], int] = {}
    for number, row in enumerate(rows, start=1):
        where = f"row {number} of {name}"
        kind, label, called = (row.get("kind") or "muscle").strip(), _label(row, where), (row.get("name") or "").strip()
        if label in vertebrae or label in discs or label in muscles.values():
            raise ParameterError(f"Label {label} comes twice in {name}.", "Give every label one meaning.")
        if kind == "vertebra":
            vertebrae[label] = level(called).id
        elif kind == "disc":
            discs[label] = _disc(called, where)
        elif kind == "muscle":
            key = _muscle(called, row, where)
            if key in muscles:
                raise ParameterError(f"The {key[1]} {called} has two labels in {name}.", "Give it one.")
            muscles[key] = label
        else:
            raise ParameterError(f"The kind in {where} is {kind!r}.", f"Kinds are {', '.join(KINDS)}.")
    if not (vertebrae or discs or muscles):
        raise ParameterError(f"{name} names no label.", f"Write rows with the columns {', '.join(COLUMNS)}.")
    return Scheme(name, *(MappingProxyType(each) for each in (vertebrae, discs, muscles)))


def _label(row: Mapping[str, str | None], where: str) -> int:
    text = (row.get("label") or "").strip()
    if not text.isdecimal() or not 0 < int(text[:6]) <= _LARGEST_LABEL:
        raise ParameterError(f"The label in {where} is {text!r}.", f"Labels are whole numbers from 1 to {_LARGEST_LABEL}.")
    return int(text)


def _disc(name: str, where: str) -> int:
    found = level(name).disc_id
    if found is None:
        raise ParameterError(f"There is no disc below {name} ({where}).", "Name a disc by the level above it.")
    return found


def _muscle(name: str, row: Mapping[str, str | None], where: str) -> tuple[str, str]:
    side = (row.get("side") or "").strip()
    if not name or side not in _SIDES:
        raise ParameterError(f"The muscle in {where} has no name or no side.", f"Sides are {' and '.join(_SIDES)}.")
    return name.replace(" ", "_"), side


def renamed(array: IntArray, meaning: Mapping[int, int]) -> IntArray:
    """Return a map (i, j, k) with other labels; those without a meaning become 0."""
    largest = max(int(array.max(initial=0)), *meaning)
    table = np.zeros(largest + 1, dtype=np.uint16)
    for label, key in meaning.items():
        table[label] = key
    return np.asarray(table[array])


def _known() -> dict[str, Scheme]:
    rows: dict[str, list[dict[str, str]]] = {}
    for row in read_table("label_schemes.csv", __package__):
        rows.setdefault(row["scheme"], []).append(row)
    found = {name: scheme_of(name, each) for name, each in rows.items()}
    own = found["spinetwin"]
    levels = {each.id: each.id for each in LEVELS}
    discs = {each.disc_id: each.disc_id for each in LEVELS if each.disc_id is not None}
    return {**found, "spinetwin": Scheme("spinetwin", MappingProxyType(levels), MappingProxyType(discs), own.muscles)}


SCHEMES: Mapping[str, Scheme] = MappingProxyType(_known())
"""Schemes by name; "spinetwin" is that of this program, which VerSe, TPTBox and SPINEPS share for the vertebrae."""
