"""How real the phantom's vertebrae are: dimensions beside those of real people, and pictures; run `make realism`.

Every data set is one person of unknown sex and stature. It is compared with two phantoms. That of the *population* is the woman
or the man, whichever is nearer, of the stature with which half of the levels have more volume and half have less. The *fitted*
one follows the person from there in four numbers (`realism_fit`). The yardstick is how like one another the real people are.
Real and phantom masks have the same voxel size and go through the same measuring.
"""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from pathlib import Path

import numpy as np
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
from realism_data import SOURCES, Bones, Source, phantom_bones, real_bones
from realism_fit import fit, measured
from realism_picture import column, gallery
from realism_sacrum import draw_sacra, print_sacrum
from spinetwin.anatomy import level
from spinetwin.geometry.fields import SURFACE, MaskField
from spinetwin.phantom.person.sex_and_stature import MEAN_STATURE_CM

SHOWN = {
    "whole_spine_ct_masks": ("C1", "C2", "C5", "T1", "T6", "T11", "L3", "L5"),
    "lumbosacral_meshes": ("L3", "L5"),
    "verse004": ("T11", "L3", "L5"),
}
IN_README, RESOURCES = "lumbosacral_meshes", Path(__file__).resolve().parents[1] / "Resources"
"""The only bones whose licence lets a picture of them be shown."""

SACRUM = level("S1").id
SEXES = {"f": "woman", "m": "man"}

_VOLUME_EXPONENT = 1.5
"""About the power of the stature by which the volume of a vertebra grows; only the number of rounds depends on it."""

_ROUNDS = 3

DAMAGED = {"verse004": {"L1"}}
"""Levels that are shown but not counted: a compression fracture."""


def likeness(source: Source, real: Bones) -> tuple[str, float, Bones]:
    """Return sex, stature in cm and bones of the phantom that is as large as a real person."""
    means = {sex: phantom_bones(source, sex) for sex in ("f", "m")}
    sex = min(means, key=lambda each: abs(np.log(_larger(source, real, means[each]))))
    height, phantom = MEAN_STATURE_CM[sex], means[sex]
    for _ in range(_ROUNDS):
        height *= _larger(source, real, phantom) ** (1.0 / _VOLUME_EXPONENT)
        phantom = phantom_bones(source, sex, height)
    return sex, height, phantom


def _larger(source: Source, real: Bones, phantom: Bones) -> float:
    """Return by how much a person has more bone than a phantom, as the median of the levels that count."""
    counted = [key for key in real if level(key).region != "sacral" and level(key).name not in DAMAGED.get(source.name, ())]
    return float(np.median([_volume(real[key]) / _volume(phantom[key]) for key in counted]))


def _volume(mask: MaskField) -> float:
    return float((mask.values > SURFACE).sum() * mask.grid.voxel_volume)


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
    damaged = DAMAGED.get(source.name, set())
    theirs = bones(real)
    counted = {key: bone for key, bone in theirs.items() if bone.name not in damaged}
    sex, height, population = likeness(source, real)
    fitted = fit(source, measured(counted), sex, height)
    found = compare(theirs, bones(population), bones(fitted.masks))
    scores = ", ".join(f"{name} {score:+.1f}" for name, score in fitted.scores.items())
    population_is = f"a {SEXES[sex]} of {height:.0f} cm"
    print(f"\n### {source.name}\n\nPopulation: {population_is}. Fitted to it, in SD: {scores}.", flush=True)
    print_volumes(found, damaged)
    healthy = [each for each in found if each.level not in damaged]
    print_summary(healthy)
    print_beyond(source.name, healthy)
    if everything:
        print_levels(found)
    if SACRUM in real:
        print_sacrum(real[SACRUM], population[SACRUM], fitted.masks[SACRUM])
        path = RESOURCES / "realism-sacrum.png" if source.name == IN_README else out / f"{source.name}-sacrum.png"
        draw_sacra(real[SACRUM], fitted.masks[SACRUM], path)
    _draw(source.name, real, theirs, fitted.masks, out)
    return Person(source.name, measured(counted), healthy)


def _draw(name: str, real: Bones, theirs: Mapping[int, Bone], fitted: Bones, out: Path) -> None:
    ours = bones(fitted)
    pairs = [(each, theirs[level(each).id], ours[level(each).id]) for each in SHOWN[name]]
    gallery(pairs, out / f"{name}.png")
    if name == IN_README:
        gallery(pairs, RESOURCES / "realism-lumbar.png")
    column([("real", real), ("fitted phantom", fitted)], out / f"{name}-column.png")


if __name__ == "__main__":
    main()
