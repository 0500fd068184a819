"""Usual ways to take films, for a form: a row of `form_presets.csv` each."""

from __future__ import annotations

from dataclasses import dataclass

from ..anatomy.tables import read_table


@dataclass(frozen=True)
class Preset:
    """One way.

    Attributes
    ----------
    name : str
    kind : str
        "cone", "slot", or "" for what the file says.
    source_detector_mm, source_patient_mm : float
        0 for what the file says.
    meaning : str
        For people.
    """

    name: str
    kind: str
    source_detector_mm: float
    source_patient_mm: float
    meaning: str


PRESETS = tuple(
    Preset(
        row["name"], row["kind"], float(row["source_detector_mm"] or 0), float(row["source_patient_mm"] or 0), row["meaning"]
    )
    for row in read_table("form_presets.csv", __package__)
)
