"""What the embedded network is judged on: phantoms that it was never trained on, and real scans; each with what is right.

A pair is an image as in training, of a number beyond those that are trained on. A scan is what `spinetwin phantom` makes of a
random person: sex, stature, curve, contrast, resolution and field of view are drawn. Of real scans of ``lumbar_mr`` bodies or
discs are known, numbered from the top; they are given the names of as many levels, for names are not compared.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
from spinetwin.anatomy import LEVELS, SubregionId
from spinetwin.geometry import Grid, PartialMaps
from spinetwin.io import read_label_map, read_volume
from spinetwin.phantom import Curve, ImageParameters, Spacing, SpineParameters, image_grid, make_spine, render_image

ROOT = Path(__file__).resolve().parents[1]
# before this folder, whose embedded.py has the name of the training
sys.path.insert(0, str(ROOT / "training"))
from embedded.pairs import HELD_OUT, pair  # noqa: E402 - lies beside the training
from embedded.recipe import LABELS, STAGES, Recipe  # noqa: E402

DATA = Path(os.environ.get("SPINETWIN_REAL_DATA") or ROOT.parent / "shared" / "data")
BODIES = ("VB2_02", "VB2_05", "VB2_10", "VB1_11_DzZ_T2", "VB1_10_DzZ_T1")
DISCS = ("IVD_11",)
NECK = "sub-mri_label-6_T2w.nii.gz", "sub-mri_seg-subreg_label-6_msk.nii.gz", "sub-mri_seg-vert_label-6_msk.nii.gz"
_ANY = [each for each in LEVELS if each.region in ("thoracic", "lumbar") and each.disc_id]
_SCANS = 2_000_000_000
"""Seed of the first scan."""
_CUT = 0.25, 0.6
"""Share of the height of a body that lies beyond the border where one is cut."""


@dataclass(frozen=True)
class Case:
    """An image, and what is right: both maps, subregions alone, or bodies or discs numbered from the top."""

    name: str
    image: npt.NDArray[np.generic]
    grid: Grid
    truth: PartialMaps
    knows: str


def pairs(count: int, recipe: Recipe = STAGES[-1]) -> Iterator[Case]:
    """Yield pairs that are never trained on; the first ones of them were looked at on the way."""
    affine = np.array([[0.0, 0, 1, 0], [-1, 0, 0, 0], [0, -1, 0, 0], [0, 0, 0, 1]])
    affine[:, :3] *= recipe.spacing
    for number in range(count):
        image, channels = pair(recipe, HELD_OUT + recipe.held_out + number)
        labels = np.array(LABELS, np.uint8)[channels]
        grid = Grid(image.shape, affine)
        yield Case(f"pair {number + 1}", image, grid, PartialMaps(grid, labels, None), "subregions")


def scans(count: int) -> Iterator[Case]:
    """Yield scans of random persons."""
    for number in range(count):
        rng = np.random.default_rng(_SCANS + number)
        sex = ("f", "m")[rng.integers(2)]
        height = rng.normal(*{"f": (163.0, 6.5), "m": (176.0, 7.0)}[sex])
        cobb = rng.uniform(10.0, 50.0) if rng.random() < 0.5 else 0.0
        curves = (Curve(cobb, ("T8", "T11", "L1")[rng.integers(3)], ("left", "right")[rng.integers(2)]),) if cobb else ()
        spine = make_spine(SpineParameters(curves=curves, sex=sex, height_cm=height), rng)
        modality = ("t2w", "t1w")[int(rng.random() < 0.25)]
        field = ("lumbar", "lumbar", "thoracic", "cervical")[rng.integers(4)]
        in_plane = rng.uniform(0.55, 1.0)
        spacing = Spacing(right=rng.uniform(3.0, 4.8), anterior=in_plane, superior=in_plane)
        grid = image_grid(spine, field, spacing, "PIR", rng.uniform(-8.0, 8.0))
        image = render_image(spine, grid, ImageParameters(modality), rng)
        maps = spine.voxelise(grid, endplates=True)
        name = f"scan {number + 1}: {modality} {field}, {sex}, Cobb {cobb:.0f}, {in_plane:.2f} x {spacing.right:.1f} mm"
        yield Case(name, image, grid, PartialMaps(grid, maps.subregions, maps.vertebrae), "both")


def cut(whole: Case, rng: np.random.Generator) -> Case:
    """Return the part of a scan whose upper and lower borders go through the bodies of two vertebrae."""
    body = np.asarray(whole.truth.subregions) == SubregionId.BODY_BORDER
    numbers = np.where(body, np.asarray(whole.truth.vertebrae), 0)
    # the second axis runs down: every body that is seen has its first and last row
    rows = {key: np.flatnonzero((numbers == key).any(axis=(0, 2)))[[0, -1]] for key in np.unique(numbers) if key}
    seen = sorted(
        (rows[key] for key in rows if rows[key][1] - rows[key][0] > 0.8 * _typical(rows.values())), key=lambda each: each[0]
    )
    first, last = seen[1], seen[-2]
    start = int(first[0] + rng.uniform(*_CUT) * (first[1] - first[0]))
    stop = int(last[1] - rng.uniform(*_CUT) * (last[1] - last[0]))
    grid = whole.grid.crop((0, start, 0), (whole.grid.shape[0], stop - start, whole.grid.shape[2]))
    maps = (np.asarray(each)[:, start:stop] for each in (whole.truth.subregions, whole.truth.vertebrae))
    return Case(f"{whole.name}, cut", whole.image[:, start:stop], grid, PartialMaps(grid, *maps), "both")


def _typical(rows: Iterable[npt.NDArray[np.integer]]) -> float:
    return float(np.median([last - first for first, last in rows]))


def real() -> Iterator[Case]:
    """Yield the real scans that are here, and say which are not."""
    for names, knows in ((BODIES, "bodies"), (DISCS, "discs")):
        for name in names:
            paths = [DATA / "lumbar_mr" / f"{name}_{which}.nii.gz" for which in ("image", "labels")]
            if _there(*paths):
                image, grid = read_volume(paths[0])
                yield Case(name, image, grid, PartialMaps(grid, None, _named(read_label_map(paths[1])[0], knows)), knows)
    neck = [DATA / "subregions_mr_C6" / each for each in NECK]
    if _there(*neck):
        image, grid = read_volume(neck[0])
        subregions, vertebrae = (read_label_map(each)[0] for each in neck[1:])
        yield Case("subregions_mr_C6", image, grid, PartialMaps(grid, subregions, vertebrae), "both")


def _there(*paths: Path) -> bool:
    missing = [each for each in paths if not each.is_file()]
    if missing:
        print(f"(left out: there is no {missing[0]})")
    return not missing


def _named(numbers: npt.NDArray[np.integer], knows: str) -> npt.NDArray[np.uint8]:
    """Return numbers from the top as labels of a vertebra map."""
    table = np.zeros(256, np.uint8)
    for number, each in zip(range(1, int(numbers.max()) + 1), _ANY, strict=False):
        table[number] = each.id if knows == "bodies" else each.disc_id
    return table[numbers]


def large_lumbar() -> tuple[npt.NDArray[np.generic], Grid]:
    """Return a T2w image of 512 x 512 x 16 voxels and its grid."""
    spine = make_spine(SpineParameters(), np.random.default_rng(_SCANS))
    usual = image_grid(spine, "lumbar", Spacing(right=4.0, anterior=0.6, superior=0.6), "PIR")
    shape = (512, 512, 16)
    grid = usual.crop((np.array(usual.shape) - shape) // 2, shape)
    return render_image(spine, grid, ImageParameters("t2w"), np.random.default_rng(1)), grid
