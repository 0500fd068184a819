"""The separation on real segmentations (never part of the project): crops of CT and MR, bodies of whole lumbar scans."""

import os
from pathlib import Path

import numpy as np
import pytest
from damaged_maps import dice_by_level, stored
from spinetwin.anatomy import SubregionId
from spinetwin.io import read_label_map, read_label_maps
from spinetwin.segmentation.cleanup import clean_instances
from spinetwin.segmentation.separation import separate_vertebrae

DATA = Path(os.environ.get("SPINETWIN_REAL_DATA") or Path(__file__).resolve().parents[4] / "shared" / "data")
CROPS = {
    "CT L3": "subregions_ct_L3/sub-ct_seg-{}_label-22_msk.nii.gz",
    "MR C6": "subregions_mr_C6/sub-mri_seg-{}_label-6_msk.nii.gz",
}


@pytest.fixture(scope="module", params=CROPS)
def maps(request):
    paths = [DATA / CROPS[request.param].format(which) for which in ("subreg", "vert")]
    absent = [path for path in paths if not path.is_file()]
    if absent:
        pytest.skip(f"there is no {absent[0]}; set SPINETWIN_REAL_DATA to the folder of the real data")
    return read_label_maps(*paths)


def test_every_vertebra_whole_or_cut_is_found(maps):
    separation = separate_vertebrae(maps.subregions, maps.grid)
    dice = dice_by_level(separation.vertebrae, maps.vertebrae)
    assert len(separation.levels) == len(dice) == 3
    assert min(value for value, _ in dice.values()) > 0.995
    first, middle, last = separation.levels
    assert middle.confidence == 1.0
    assert all(any("cut by the border" in doubt for doubt in each.doubts) for each in (first, last))


def test_nothing_in_view_names_them_so_a_person_is_asked(maps):
    naming = separate_vertebrae(maps.subregions, maps.grid).naming
    assert naming.anchors == ()
    assert naming.question.startswith("Which vertebra is the uppermost one?")


def test_left_is_left(maps):
    sides = separate_vertebrae(maps.subregions, maps.grid).sides
    assert len(sides.seen) == 3
    assert sides.message == ""


def test_other_storage_gives_the_same_vertebrae(maps):
    here = separate_vertebrae(maps.subregions, maps.grid).vertebrae
    other = stored(maps, (1, 2, 0), (0, 2))
    there = separate_vertebrae(other.subregions, other.grid).vertebrae
    np.testing.assert_array_equal(np.flip(here.transpose(1, 2, 0), (0, 2)), there)


def test_clean_up_leaves_a_good_map_alone(maps):
    cleaned = clean_instances(maps.vertebrae, maps.subregions, maps.grid)
    bone = (maps.vertebrae > 0) & (maps.vertebrae < 100)
    assert (cleaned.adopted, cleaned.removed, cleaned.unassigned) == (0, 0, 0)
    np.testing.assert_array_equal(cleaned.vertebrae[bone], maps.vertebrae[bone])
    disc = maps.subregions == SubregionId.DISC
    np.testing.assert_array_equal(cleaned.vertebrae[disc], maps.vertebrae[disc])


BODIES = ("VB1_10_DzZ_T1", "VB1_11_DzZ_T2", "VB2_02", "VB2_05", "VB2_10")


@pytest.mark.parametrize("name", BODIES)
def test_bodies_alone_without_any_disc_are_told_apart(name):
    labels, grid = _read("lumbar_mr", f"{name}_labels.nii.gz")
    separation = separate_vertebrae(np.where(labels > 0, int(SubregionId.BODY_BORDER), 0).astype(np.uint8), grid)
    dice = dice_by_level(separation.vertebrae, labels.astype(np.uint8))
    assert len(separation.levels) == len(dice) == int(labels.max())
    assert min(value for value, _ in dice.values()) > 0.995
    assert separation.naming.question


def test_bodies_and_discs_of_another_segmentator_agree_with_its_vertebrae():
    parts, grid = _read("totalsegmentator_example", "bodies_and_discs.nii.gz")
    whole, _ = _read("totalsegmentator_example", "segmentation.nii.gz")
    subregions = np.array([0, SubregionId.BODY_BORDER, SubregionId.DISC], np.uint8)[parts]
    found = separate_vertebrae(subregions, grid).vertebrae
    # its ids run from T11 (33) down to S1 (26); one voxel of 3 mm at the rim of a body may be another's
    lumbar = [whole[(found == key) & (whole > 24)] for key in np.unique(found[(found > 0) & (found < 100)])]
    owners = [int(np.bincount(each).argmax()) for each in lumbar]
    assert owners == [32, 31, 30, 29, 28, 27, 26]
    assert min((each == owner).mean() for each, owner in zip(lumbar, owners, strict=True)) > 0.95


def _read(*parts):
    path = DATA.joinpath(*parts)
    if not path.is_file():
        pytest.skip(f"there is no {path}; set SPINETWIN_REAL_DATA to the folder of the real data")
    return read_label_map(path)
