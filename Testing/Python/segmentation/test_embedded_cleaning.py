"""What of the subregions of a network is kept, on a small column of boxes: exact answers."""

import numpy as np
import pytest
from spinetwin.anatomy import SubregionId
from spinetwin.geometry import Grid
from spinetwin.segmentation.embedded.cleaning import clean_subregions

BODY, DISC, ARCH, CANAL = (
    int(each) for each in (SubregionId.BODY_BORDER, SubregionId.DISC, SubregionId.ARCH, SubregionId.CANAL)
)
SACRUM = int(SubregionId.SACRUM)
LEFT, RIGHT = int(SubregionId.COSTAL_LEFT), int(SubregionId.COSTAL_RIGHT)
GRID = Grid((50, 60, 60), np.array([[2.0, 0, 0, 0], [0, 2, 0, 0], [0, 0, 2, 0], [0, 0, 0, 1.0]]))
"""RAS, voxels of 2 mm."""


@pytest.fixture
def column():
    """Three bodies with discs; canal, arch and transverse processes behind them."""
    array = np.zeros(GRID.shape, np.uint8)
    for bottom in (8, 24, 40):
        array[17:33, 30:44, bottom : bottom + 12] = BODY
        array[17:33, 30:44, bottom + 12 : bottom + 16] = DISC
        array[14:36, 18:22, bottom : bottom + 10] = ARCH
        array[6:14, 18:22, bottom : bottom + 6] = LEFT
        array[36:44, 18:22, bottom : bottom + 6] = RIGHT
    array[20:30, 22:30, :] = CANAL
    return array


def test_a_spine_stays_as_it_is(column):
    cleaned = clean_subregions(column, GRID)
    assert np.array_equal(cleaned.subregions, column)
    assert cleaned.removed_mm3 == 0
    assert not cleaned.sided.any()


def test_what_lies_apart_is_taken_away(column):
    strange = column.copy()
    strange[2:10, 52:58, 20:32] = BODY
    strange[46:50, 0:4, 50:60] = ARCH
    cleaned = clean_subregions(strange, GRID)
    assert np.array_equal(cleaned.subregions, column)
    assert cleaned.removed_mm3 == pytest.approx(8.0 * np.count_nonzero(strange != column))


def test_what_hangs_on_the_spine_but_reaches_too_far_is_cut_off():
    grid = Grid((50, 120, 60), GRID.ijk_to_ras)
    array = np.zeros(grid.shape, np.uint8)
    array[17:33, 90:104, 8:52] = BODY
    array[20:30, 80:90, :] = CANAL
    array[20:30, 0:80, 30:34] = ARCH
    kept = clean_subregions(array, grid).subregions == ARCH
    reach = 2.0 * (90 - np.flatnonzero(kept.any(axis=(0, 2))).min())
    assert 70 < reach < 95


def test_holes_are_filled_from_their_border(column):
    holed = column.copy()
    holed[22:26, 34:38, 12:16] = 0
    assert np.array_equal(clean_subregions(holed, GRID).subregions, column)


def test_splinters_become_part_of_what_they_touch_and_crumbs_vanish(column):
    strange = column.copy()
    strange[20, 36, 12] = ARCH
    strange[14, 20, 10] = RIGHT
    strange[24, 12, 30] = ARCH
    assert np.array_equal(clean_subregions(strange, GRID).subregions, column)


def test_left_and_right_are_those_of_the_patient(column):
    mirrored = column.copy()
    mirrored[column == LEFT], mirrored[column == RIGHT] = RIGHT, LEFT
    cleaned = clean_subregions(mirrored, GRID)
    assert np.array_equal(cleaned.subregions, column)
    assert np.array_equal(cleaned.sided, mirrored != column)


@pytest.mark.parametrize("label", [ARCH, DISC, CANAL])
def test_without_a_body_there_is_no_spine(label):
    array = np.zeros(GRID.shape, np.uint8)
    array[10:40, 10:40, 10:40] = label
    cleaned = clean_subregions(array, GRID)
    assert not cleaned.subregions.any()
    assert cleaned.removed_mm3 == pytest.approx(27000 * 8.0)


def test_an_empty_map():
    cleaned = clean_subregions(np.zeros(GRID.shape, np.uint8), GRID)
    assert not cleaned.subregions.any()
    assert cleaned.removed_mm3 == 0


def test_the_storage_order_does_not_matter(column):
    strange = column.copy()
    strange[2:10, 52:58, 20:32] = BODY
    strange[22:26, 34:38, 12:16] = 0
    affine = GRID.ijk_to_ras[:, [2, 0, 1, 3]].copy()
    turned = Grid((60, 50, 60), affine)
    cleaned = clean_subregions(strange.transpose(2, 0, 1), turned).subregions
    assert np.array_equal(cleaned.transpose(1, 2, 0), column)


@pytest.fixture
def lumbar(column):
    """A sacrum below the column, and a disc between."""
    array = np.zeros((50, 60, 100), np.uint8)
    array[:, :, 40:] = column
    array[17:33, 30:44, 44:48] = DISC
    array[15:35, 24:44, 14:44] = SACRUM
    return array


TALL = Grid((50, 60, 100), GRID.ijk_to_ras)


def test_a_spine_with_its_sacrum_stays_as_it_is(lumbar):
    assert np.array_equal(clean_subregions(lumbar, TALL).subregions, lumbar)


def test_a_piece_of_the_sacrum_is_no_vertebra(lumbar):
    """A remnant within the sacrum, small and without a disc, becomes sacrum."""
    strange = lumbar.copy()
    strange[20:30, 34:44, 34:40] = BODY
    assert np.array_equal(clean_subregions(strange, TALL).subregions, lumbar)


def test_a_whole_vertebra_that_has_grown_onto_the_sacrum_is_one(lumbar):
    grown = lumbar.copy()
    grown[17:33, 30:44, 44:48] = SACRUM
    assert np.array_equal(clean_subregions(grown, TALL).subregions, grown)


def test_what_lies_below_the_sacrum_is_no_vertebra(lumbar):
    strange = lumbar.copy()
    strange[17:33, 30:44, 2:14] = BODY
    cleaned = clean_subregions(strange, TALL)
    assert np.array_equal(cleaned.subregions, lumbar)
    assert cleaned.removed_mm3 == pytest.approx(16 * 14 * 12 * 8.0)


def test_what_is_called_sacrum_in_the_middle_of_a_spine_takes_nothing_away(column):
    strange = column.copy()
    strange[22:30, 46:58, 24:34] = SACRUM
    kept = clean_subregions(strange, GRID).subregions
    assert np.array_equal(kept == BODY, column == BODY)
    assert np.array_equal(kept == DISC, column == DISC)


def test_a_vertebra_cut_by_the_border_is_one(column):
    """The upper third of a body at the lower border, and its disc, hang on the column: they are kept, and are no false end."""
    cut = column[:, :, 16:]
    grid = GRID.crop((0, 0, 16), cut.shape)
    assert np.array_equal(clean_subregions(cut, grid).subregions, cut)
