"""How real the phantom's vertebrae are: dimensions beside those of real people, and pictures; run `make realism`.

Every data set is one person of unknown sex and stature. It is compared with two phantoms. That of the *population* is the
likeliest woman or man, whichever is nearer, with as much bone: half of the levels have more volume and half have less
(`realism_likeness`). The *fitted* one follows the person in four numbers (`realism_fit`). The yardstick is how like one another
the real people are.
Real and phantom masks have the same voxel size and go through the same measuring.
"""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from pathlib import Path

from realism_axes import Bone, bones
from realism_compare import (
    Person,
    compare,
    counts,
    print_beyond,
    print_levels,
    print_summary,
    print_volumes,
    print_yardstick,
)
from realism_data import SOURCES, Bones, Source, real_bones
from realism_fit import fit, measured
from realism_likeness import likeness
from realism_picture import column, gallery
from spinetwin.anatomy import level

SHOWN = {
    "whole_spine_ct_masks": ("C1", "C2", "C5", "T1", "T6", "T11", "L3", "L5"),
    "lumbosacral_meshes": ("L3", "L5"),
    "verse004": ("T11", "L3", "L5"),
}
SEXES = {"f": "woman", "m": "man"}

DAMAGED = {"verse004": frozenset({"L1"})}
"""Levels that are shown but not counted: a compression fracture."""


def main() -> None:
    """Print the tables and write the pictures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=Path("realism"), help="folder of the pictures")
    parser.add_argument("--all", action="store_true", help="print every level, not only the summary of each dimension")
    parser.add_argument("--only", help="one data set")
    arguments = parser.parse_args()
    people: list[Person] = []
    for source in SOURCES:
        if arguments.only in (None, source.name):
            try:
                real = real_bones(source)
            except FileNotFoundError as error:
                print(f"\n{source.name}: left out, {error}")
                continue
            people.append(_report(source, real, arguments.out, arguments.all))
    counts(people)
    print_yardstick(people)


def _report(source: Source, real: Bones, out: Path, everything: bool) -> Person:
    damaged = DAMAGED.get(source.name, frozenset())
    theirs = bones(real)
    counted = {key: bone for key, bone in theirs.items() if bone.name not in damaged}
    likely = likeness(source, real, damaged)
    fitted = fit(source, measured(counted), likely.sex, likely.height_cm, likely.scores)
    found = compare(theirs, bones(likely.masks), bones(fitted.masks))
    person = f"a {SEXES[likely.sex]} of {likely.height_cm:.0f} cm, in SD: {_said(likely.scores)}"
    print(f"\n### {source.name}\n\nPopulation: {person}. Fitted: {_said(fitted.scores)}.", flush=True)
    print_volumes(found, damaged)
    healthy = [each for each in found if each.level not in damaged]
    print_summary(healthy)
    print_beyond(source.name, healthy)
    if everything:
        print_levels(found)
    _draw(source.name, real, theirs, fitted.masks, out)
    return Person(source.name, measured(counted), healthy)


def _said(scores: Mapping[str, float]) -> str:
    return ", ".join(f"{name} {score:+.1f}" for name, score in scores.items())


def _draw(name: str, real: Bones, theirs: Mapping[int, Bone], fitted: Bones, out: Path) -> None:
    ours = bones(fitted)
    gallery([(each, theirs[level(each).id], ours[level(each).id]) for each in SHOWN[name]], out / f"{name}.png")
    column([("real", real), ("fitted phantom", fitted)], out / f"{name}-column.png")


if __name__ == "__main__":
    main()
