"""How well vertebrae are separated without a network, and at what cost; prints the tables.

Phantoms are straight and scoliotic, whole and lumbar, with and without planted errors; real crops are read where they are.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import numpy as np
from spinetwin.geometry import LabelMaps
from spinetwin.io import read_label_maps
from spinetwin.phantom import Curve, Spacing, SpineParameters, Variant, make_spine
from spinetwin.segmentation.cleanup import clean_instances
from spinetwin.segmentation.separation import separate_vertebrae

ROOT = Path(__file__).resolve().parents[1]
sys.path.append(str(ROOT / "Testing" / "Python"))
import damaged_maps as damage  # noqa: E402 - lies beside the tests, which plant the same errors

DATA = Path(os.environ.get("SPINETWIN_REAL_DATA") or ROOT.parent / "shared" / "data")
CROPS = {
    "real CT around L3": "subregions_ct_L3/sub-ct_seg-{}_label-22_msk.nii.gz",
    "real MR around C6": "subregions_mr_C6/sub-mri_seg-{}_label-6_msk.nii.gz",
}
SAGITTAL = Spacing(right=3.3, anterior=0.75, superior=0.75)
ISOTROPIC = Spacing()

Damage = Callable[[LabelMaps, np.random.Generator], LabelMaps]

PHANTOMS = {
    "lumbar 1 mm": (SpineParameters(levels="T11-S1"), ISOTROPIC),
    "lumbar 0.75x0.75x3.3": (SpineParameters(levels="T11-S1"), SAGITTAL),
    "whole 1 mm": (SpineParameters(), ISOTROPIC),
    "Cobb 60 1 mm": (SpineParameters(curves=(Curve(60.0),)), ISOTROPIC),
    "Cobb 60 0.75x0.75x3.3": (SpineParameters(curves=(Curve(60.0),)), SAGITTAL),
}
FINE = {
    "lumbar 0.5 mm": (SpineParameters(levels="T11-S1"), Spacing(0.5, 0.5, 0.5)),
    "whole 0.5 mm, Cobb 60": (SpineParameters(curves=(Curve(60.0),)), Spacing(0.5, 0.5, 0.5)),
}
"""Separated on a coarser copy."""
VARIANTS = {
    "T13": ("C1-S1", (Variant("T13"),)),
    "L6": ("C1-S1", (Variant("L6"),)),
    "no L5": ("C1-S1", (Variant("four-lumbar"),)),
    "block C5-C6, L2-L3": ("C1-S1", (Variant("block", "C5"), Variant("block", "L2"))),
    "slip 14 mm, fractures, lips": (
        "T9-S1",
        (
            Variant("listhesis", "L5", 14.0),
            Variant("wedge", "L1", 0.6),
            Variant("biconcave", "T12", 0.5),
            Variant("osteophytes", "L3", 8.0),
        ),
    ),
}
DAMAGES: dict[str, Damage] = {
    "as it is": lambda maps, _: maps,
    "two discs fused, L1-L3": lambda maps, _: damage.fused(maps, "L1", "L2"),
    "two discs fused, L1-L2 and L3-L4": lambda maps, _: damage.fused(maps, "L1", "L3"),
    "three discs fused, L1-L4": lambda maps, _: damage.fused(maps, "L1", "L2", "L3"),
    "four discs missing": lambda maps, _: damage.without_discs(maps, "L1", "L2", "L3", "L4"),
    "arches of L2 and L3 lost": lambda maps, _: damage.without_posterior(maps, "L2", "L3"),
    "60 holes of 6 mm": lambda maps, rng: damage.with_holes(maps, rng, 60, 6.0),
    "40 islands of 7 mm": lambda maps, rng: damage.with_islands(maps, rng, 40, 7.0),
    "8 % of voxels wrong": lambda maps, rng: damage.noisy(maps, rng, 0.08),
    "15 % of posterior labels mixed": lambda maps, rng: damage.mixed_up(maps, rng, 0.15),
    "field cut, middle two fifths": lambda maps, _: damage.cropped(maps, 0.25, 0.65),
}


def _row(name: str, maps: LabelMaps) -> str:
    start = time.process_time()
    found = separate_vertebrae(maps.subregions, maps.grid)
    seconds = time.process_time() - start
    dice = damage.dice_by_level(found.vertebrae, maps.vertebrae)
    worst = min(dice, key=lambda key: dice[key][0])
    values = [value for value, _ in dice.values()]
    return (
        f"| {name} | {len(dice)} / {len(found.levels)} | {min(values):.3f} ({worst}) | {np.mean(values):.3f} | {seconds:.2f} |"
        f" {', '.join(found.naming.anchors) or 'none'} |"
    )


def _real() -> Iterator[tuple[str, LabelMaps]]:
    for name, pattern in CROPS.items():
        paths = [DATA / pattern.format(which) for which in ("subreg", "vert")]
        if all(path.is_file() for path in paths):
            yield name, read_label_maps(*paths)
        else:
            print(f"(left out: {name}; there is no {paths[0]})")


def _phantoms(cases: Mapping[str, tuple[SpineParameters, Spacing]]) -> Iterator[tuple[str, LabelMaps]]:
    for name, (parameters, spacing) in cases.items():
        spine = make_spine(parameters)
        yield name, spine.voxelise(spine.grid(spacing, orientation="PIR", oblique_deg=7.0))


def _cleanup_row(name: str, maps: LabelMaps) -> str:
    """Clean a vertebra map that is full of holes and reaches beyond the subregions, and compare it with what it was."""
    rng = np.random.default_rng(0)
    vertebrae = damage.with_holes(maps, rng, 200, 5.0).vertebrae
    vertebrae[(rng.random(maps.grid.shape) < 0.01) & (maps.subregions == 0)] = 20
    start = time.process_time()
    cleaned = clean_instances(vertebrae, maps.subregions, maps.grid)
    seconds = time.process_time() - start
    dice = [value for value, _ in damage.dice_by_level(cleaned.vertebrae, maps.vertebrae).values()]
    return f"| {name} | {cleaned.adopted} | {cleaned.removed} | {min(dice):.4f} | {seconds:.2f} |"


def main() -> None:
    """Print the tables."""
    print("| case | levels: true / found | least Dice | mean Dice | CPU-s | named by |")
    print("|---|---|---|---|---|---|")
    for name, maps in _real():
        print(_row(name, maps), flush=True)
    for name, (levels, variants) in VARIANTS.items():
        spine = make_spine(SpineParameters(levels=levels, variants=variants))
        print(_row(name, spine.voxelise(spine.grid(SAGITTAL, orientation="PIR", oblique_deg=7.0))), flush=True)
    for name, maps in _phantoms(FINE):
        print(_row(name, maps), flush=True)
    phantoms = dict(_phantoms(PHANTOMS))
    for name, maps in phantoms.items():
        for what, plant in DAMAGES.items():
            print(_row(f"{name}, {what}", plant(maps, np.random.default_rng(1))), flush=True)
    print("\nClean-up of a vertebra map with 200 holes of 5 mm and 1 % of speckles")
    print("| case | voxels adopted | voxels removed | least Dice | CPU-s |\n|---|---|---|---|---|")
    for name, maps in phantoms.items():
        print(_cleanup_row(name, maps), flush=True)


if __name__ == "__main__":
    main()
