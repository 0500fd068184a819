"""How real the phantom's vertebrae are: dimensions beside those of real people, and pictures; run `make realism`.

Every data set is one person of unknown sex and stature, so the phantom is the woman or the man, whichever is nearer, of the
stature with which half of the levels have more volume and half have less. Real and phantom masks have the same voxel size and
go through the same measuring.
"""

from __future__ import annotations

import argparse
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from realism_axes import Bone, bones
from realism_data import SOURCES, Bones, Source, phantom_bones, real_bones
from realism_measure import dimensions_of
from realism_picture import column, gallery
from realism_sd import sd_of
from spinetwin.anatomy import level
from spinetwin.geometry.fields import SURFACE, MaskField
from spinetwin.phantom.person.sex_and_stature import MEAN_STATURE_CM

SHOWN = {
    "whole_spine_ct_masks": ("C1", "C2", "C5", "T1", "T6", "T11", "L3", "L5"),
    "lumbosacral_meshes": ("L3", "L5"),
    "verse004": ("T11", "L3", "L5"),
}
SEXES = {"f": "woman", "m": "man"}

_VOLUME_EXPONENT = 1.5
"""About the power of the stature by which the volume of a vertebra grows; only the number of rounds depends on it."""

_ROUNDS = 3

DAMAGED = {"verse004": {"L1"}}
"""Levels that are shown but not counted: a compression fracture."""


@dataclass(frozen=True)
class Comparison:
    """One dimension of one level."""

    level: str
    dimension: str
    real: float
    phantom: float
    sd: float

    @property
    def ratio(self) -> float:
        """Phantom against real."""
        return self.phantom / self.real

    @property
    def deviations(self) -> float:
        """How many standard deviations the phantom is off."""
        return (self.phantom - self.real) / self.sd


def compare(real: dict[int, Bone], phantom: dict[int, Bone]) -> list[Comparison]:
    """Measure all levels of two persons."""
    found = []
    for key, bone in real.items():
        theirs, ours = dimensions_of(bone), dimensions_of(phantom[key])
        found += [
            Comparison(level(key).name, name, theirs[name], ours[name], sd_of(key, name, ours[name]))
            for name in theirs
            if name in ours
        ]
    return found


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
    for source in SOURCES:
        if arguments.only in (None, source.name):
            try:
                real = real_bones(source)
            except FileNotFoundError as error:
                print(f"\n{source.name}: left out, {error}")
                continue
            _report(source, real, arguments.out, arguments.all)


def _report(source: Source, real: Bones, out: Path, everything: bool) -> None:
    sex, height, phantom = likeness(source, real)
    ours, theirs = bones(phantom), bones(real)
    found = compare(theirs, ours)
    print(f"\n### {source.name}: phantom of a {SEXES[sex]} of {height:.0f} cm")
    damaged = DAMAGED.get(source.name, set())
    _print_volumes(found, damaged)
    _print_summary([each for each in found if each.level not in damaged])
    if everything:
        _print_all(found)
    pairs = [(name, theirs[level(name).id], ours[level(name).id]) for name in SHOWN[source.name]]
    gallery(pairs, out / f"{source.name}.png")
    column([("real", real), ("phantom", phantom)], out / f"{source.name}-column.png")


def _print_volumes(found: list[Comparison], damaged: set[str]) -> None:
    _print_head("level", "real, ml", "phantom, ml", "ratio")
    for each in found:
        if each.dimension == "volume":
            note = " (fracture)" if each.level in damaged else ""
            print(f"| {each.level}{note} | {each.real:.1f} | {each.phantom:.1f} | {each.ratio:.2f} |")


def _print_summary(found: list[Comparison]) -> None:
    """Print one row a dimension and region: means, and how many SD off on average and at worst."""
    _print_head("dimension", "region", "real", "phantom", "ratio", "SD off, mean", "SD off, worst", "beyond 2 SD")
    counts = [0, 0]
    for name in dict.fromkeys(each.dimension for each in found):
        for region in ("cervical", "thoracic", "lumbar"):
            rows = [each for each in found if each.dimension == name and level(each.level).region == region]
            if not rows:
                continue
            real, ours = np.mean([each.real for each in rows]), np.mean([each.phantom for each in rows])
            off = np.array([each.deviations for each in rows])
            worst = rows[int(np.abs(off).argmax())]
            beyond = [each.level for each in rows if abs(each.deviations) > 2.0]
            counts[0] += len(beyond)
            counts[1] += len(rows)
            print(
                f"| {name} | {region} | {real:.1f} | {ours:.1f} | {ours / real:.2f} | {off.mean():+.1f} "
                f"| {worst.deviations:+.1f} ({worst.level}) | {' '.join(beyond)} |"
            )
    print(f"\n{counts[0]} of {counts[1]} dimensions are more than 2 SD off.")


def _print_all(found: list[Comparison]) -> None:
    _print_head("level", "dimension", "real", "phantom", "ratio", "SD off")
    for each in found:
        numbers = f"{each.real:.1f} | {each.phantom:.1f} | {each.ratio:.2f} | {each.deviations:+.1f}"
        print(f"| {each.level} | {each.dimension} | {numbers} |")


def _print_head(*columns: str) -> None:
    print("\n| " + " | ".join(columns) + " |\n" + "|---" * len(columns) + "|")


if __name__ == "__main__":
    main()
