"""The declared quantities: reading ``quantities.csv`` is reading what is measured, and how."""

from __future__ import annotations

from dataclasses import dataclass

from ..anatomy.tables import read_table


@dataclass(frozen=True)
class Quantity:
    """One row of the table.

    Attributes
    ----------
    name : str
        Key in files.
    label : str
        For people.
    group : str
        scoliosis, sagittal, body, disc, canal, posterior, volume, muscle or curve.
    unit : str
        mm, deg, mm2, mm3, 1/mm, 1 or "" (a word).
    scope : frozenset of str
        What it is asked of (level, gap, curve, ...) and what it needs (maps, hips); see `spinetwin.measure.compute`.
    function : str
        "module.function" of this room, or a name that `spinetwin.measure.compute` gives.
    arguments : tuple of str
        Given to the function after the spine and the place.
    definition, source : str
        What it is, and after whom.
    """

    name: str
    label: str
    group: str
    unit: str
    scope: frozenset[str]
    function: str
    arguments: tuple[str, ...]
    definition: str
    source: str


QUANTITIES: tuple[Quantity, ...] = tuple(
    Quantity(
        row["name"],
        row["label"],
        row["group"],
        row["unit"],
        frozenset(row["scope"].split()),
        row["function"],
        tuple(row["arguments"].split()),
        row["definition"],
        row["source"],
    )
    for row in read_table("quantities.csv", __package__)
)
"""In the order of reports."""

_BY_NAME = {each.name: each for each in QUANTITIES}


def label_of(name: str) -> str:
    """Return what people call a quantity."""
    return _BY_NAME[name].label
