"""One page with all cases: what was measured of each, its picture and its worst slice, those that failed first."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Row:
    """What the page says of a case.

    Attributes
    ----------
    kind : str
        Such as scans, or real.
    name : str
    dice : str
        By structure, in words.
    counts : str
        Vertebrae or discs found, missed, invented, and beyond what is labelled.
    reached : bool or None
        Whether all that is wanted of such a case was reached; None where nothing is wanted of a single one.
    said : str
        Why nothing was found, where that is so.
    pictures : sequence of str
        Names of files beside the page.
    """

    kind: str
    name: str
    dice: str
    counts: str
    reached: bool | None
    said: str
    pictures: Sequence[str]


def write_page(folder: Path, rows: Sequence[Row]) -> Path:
    """Write index.md into a folder that holds the pictures.

    Returns
    -------
    Path
    """
    ordered = sorted(rows, key=lambda each: (each.kind != "real", each.reached is not False))
    head = "| kind | case | Dice | found / missed / invented / beyond | reached | said |\n|---|---|---|---|---|---|"
    table = [
        f"| {each.kind} | {each.name} | {each.dice} | {each.counts} | {_word(each.reached)} | {each.said} |" for each in ordered
    ]
    pictures = [
        f"## {each.kind}: {each.name}\n\n" + "\n".join(f"![{each.name}]({name})" for name in each.pictures) for each in ordered
    ]
    path = folder / "index.md"
    text = "\n".join(["# The network of the package, case by case", "", head, *table, "", "\n\n".join(pictures), ""])
    path.write_text(text, encoding="utf-8")
    return path


def _word(reached: bool | None) -> str:
    return "" if reached is None else "yes" if reached else "no"
