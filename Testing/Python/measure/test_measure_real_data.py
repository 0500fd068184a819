"""Sizes on real segmentations (never part of the project), level by level against published norms.

Most of these maps know a vertebra as one label; `spl_atlas` has a header whose slice distance is too small for any adult.
"""

import os
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest
from spinetwin.anatomy import level
from spinetwin.geometry import Grid, LabelMaps
from spinetwin.io import read_label_map
from spinetwin.measure.compute import measure
from spinetwin.measure.muscle_labels import MUSCLE_LABELS
from spinetwin.measure.muscles import MuscleMap
from spinetwin.measure.norms import doubtful_sizes, norms_of
from spinetwin.measure.subject import Subject
from spinetwin.poi import compute_pois
from spinetwin.segmentation.backends import table_of
from spinetwin.segmentation.backends.mapping import mapped
from spinetwin.segmentation.whole_vertebrae import split_vertebrae

DATA = Path(os.environ.get("SPINETWIN_REAL_DATA") or Path(__file__).resolve().parents[4] / "shared" / "data")
LUMBAR = ("L1", "L2", "L3", "L4", "L5")
SPL_SLICES = 2.0
"""Its levels lie 17 mm apart by the header; with twice the slice distance, 35 mm."""


class Seen(NamedTuple):
    """Maps, and the levels whose body was found or not."""

    maps: LabelMaps
    bodies: tuple[int, ...]
    unsure: tuple[int, ...]


def read(name, table, slices=1.0):
    path = DATA / name
    if not path.is_file():
        pytest.skip(f"there is no {path}; set SPINETWIN_REAL_DATA to the folder of the real data")
    labels, grid = read_label_map(path)
    affine = grid.ijk_to_ras.copy()
    affine[:, 2] *= slices
    grid = Grid(labels.shape, affine)
    maps, found = split_vertebrae(mapped(labels, table_of(table).of_kind("vertebrae"), "vertebra"), grid)
    points = compute_pois(maps)
    placed = {poi.key: np.array(poi.position) for poi in points if poi.position is not None}
    muscles = MuscleMap.of(grid, labels, MUSCLE_LABELS[table]) if table in MUSCLE_LABELS else None
    subject = Subject.of(placed, points.frames, maps=maps, muscles=muscles, whole=True)
    return Seen(maps, found.found, found.unsure), measure(subject, draws=0)


def ratios(measured, name):
    """Size over the mean of adults, by name of the level."""
    norms = norms_of(name)
    return {
        level(each.level).name: each.value / norms[each.level].mean
        for each in measured.of(name)
        if each.value is not None and each.level in norms
    }


@pytest.fixture(scope="module")
def whole_spine():
    return read("whole_spine_ct_masks/vertebrae.nii.gz", "verse")


@pytest.fixture(scope="module")
def verse():
    return read("verse004/vertebrae.nii.gz", "verse")


@pytest.fixture(scope="module")
def total():
    return read("totalsegmentator_example/segmentation.nii.gz", "totalsegmentator-v2")


@pytest.fixture(scope="module")
def atlas():
    return read("spl_atlas/seg.nrrd", "spl", SPL_SLICES)


def test_a_whole_spine_has_every_body_and_heights_of_an_adult(whole_spine):
    found, measured = whole_spine
    assert found.bodies == tuple(range(2, 25))
    back = ratios(measured, "body_height_back")
    assert len(back) >= 22
    for name, ratio in back.items():
        # this person's neck is high
        assert 0.8 < ratio < (1.5 if name.startswith("C") else 1.3), f"{name}: {ratio:.2f}"
    assert doubtful_sizes(measured) == ()


def test_discs_of_a_whole_spine_are_thinner_in_the_chest_than_below(whole_spine):
    _, measured = whole_spine
    middles = {level(each.level).name: each.value for each in measured.of("disc_height_middle") if each.value is not None}
    assert len(middles) >= 21
    assert all(1.0 < value < 16.0 for value in middles.values()), middles
    chest = np.mean([middles[f"T{n}"] for n in range(3, 9)])
    below = np.mean([middles[f"L{n}"] for n in range(2, 5)])
    assert chest + 2.0 < below


def test_a_fractured_vertebra_stands_out_and_the_others_do_not(verse):
    found, measured = verse
    assert not found.unsure
    middle = {level(each.level).name: each.value for each in measured.of("body_height_middle")}
    assert min(middle, key=middle.get) == "L1"
    assert measured.get("genant_grade", level("L1").id).text == "severe (grade 3)"
    back = ratios(measured, "body_height_back")
    del back["L1"]
    assert all(0.8 < ratio < 1.2 for ratio in back.values()), back
    discs = [each.value for each in measured.of("disc_height_front")]
    assert len(discs) == 8
    assert all(2.0 < value < 15.0 for value in discs)


def test_bodies_found_are_those_of_the_map_of_bodies(total):
    found, _ = total
    path = DATA / "totalsegmentator_example" / "bodies_and_discs.nii.gz"
    if not path.is_file():
        pytest.skip(f"there is no {path}")
    bodies = read_label_map(path)[0] == 1
    ours = found.maps.subregions == 49
    for key in found.bodies:
        own = found.maps.vertebrae == key
        both = (bodies & ours & own).sum()
        assert 2 * both / ((bodies & own).sum() + (ours & own).sum()) > 0.85, level(key).name


def test_sizes_and_muscles_of_an_abdomen(total):
    _, measured = total
    for name in ("body_height_back", "endplate_depth_superior"):
        lumbar = {key: value for key, value in ratios(measured, name).items() if key in LUMBAR}
        assert len(lumbar) == len(LUMBAR)
        assert all(0.8 < value < 1.25 for value in lumbar.values()), (name, lumbar)
    assert 35 < measured.get("lordosis_l1_s1").value < 70
    _muscles_are_plausible(measured, "iliopsoas", ("L1", "L2", "L3", "L4"), (100, 2200))
    _muscles_are_plausible(measured, "deep_back_muscles", ("L1", "L2", "L3", "L4"), (1000, 4000))


def test_sizes_and_muscles_of_the_atlas_once_its_slices_lie_apart(atlas):
    found, measured = atlas
    # drawn out to twice its height, L5 is no thicker in its body than in its arch
    assert {level(key).name for key in found.bodies} >= {"T10", "T11", "T12", *LUMBAR[:-1]}
    back = ratios(measured, "body_height_back")
    # its discs are drawn thick and reach into the bodies, into L2 most of all
    assert 0.65 < np.median(list(back.values())) < 1.2, back
    assert all(0.45 < ratio < 1.3 for ratio in back.values()), back
    discs = [each.value for each in measured.of("disc_height_middle") if each.value is not None]
    assert len(discs) == 6
    assert all(5.0 < value < 22.0 for value in discs), discs
    _muscles_are_plausible(measured, "psoas", ("L1", "L2", "L3"), (100, 1500))
    _muscles_are_plausible(measured, "erector_spinae", ("L1", "L2", "L3"), (400, 3000))
    _muscles_are_plausible(measured, "quadratus_lumborum", ("L1", "L2", "L3"), (80, 1000))


def test_the_header_of_the_atlas_is_doubted():
    _, measured = read("spl_atlas/seg.nrrd", "spl")
    (high, *_) = doubtful_sizes(measured)
    assert "times as high as those of adults" in high


def _muscles_are_plausible(measured, muscle, names, limits):
    """Within wide limits of adults (mm2), alike on both sides, each on its own side; the psoas grows downwards."""
    for name in names:
        left, right = (measured.get("muscle_area", level(name).id, side, part=muscle) for side in ("left", "right"))
        assert limits[0] < left.value < limits[1], (muscle, name, left.value)
        assert limits[0] < right.value < limits[1], (muscle, name, right.value)
        assert abs(left.value - right.value) < 0.35 * (left.value + right.value) / 2, (muscle, name)
        assert left.reason == right.reason == ""
    if "psoas" in muscle:
        grown = [measured.get("muscle_area", level(name).id, "left", part=muscle).value for name in names]
        assert grown == sorted(grown)
