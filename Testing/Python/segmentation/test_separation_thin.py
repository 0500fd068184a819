"""One or two sagittal slices of a spine: as many vertebrae as there are, and a word on how little the image shows."""

import numpy as np
import pytest
from spinetwin.anatomy import level
from spinetwin.geometry import Grid
from spinetwin.phantom import Spacing, SpineParameters, make_spine
from spinetwin.segmentation.separation import separate_vertebrae
from spinetwin.segmentation.separation.thin import thickened

BODY = (49, 50)
VIEWS = {"one slice of 4 mm": (1, 4.0), "two slices of 2 mm": (2, 2.0), "thirty slices of 0.1 mm": (30, 0.1)}


def slab(levels, slices, thickness, orientation="PIR"):
    """Return maps of a few slices through the middle of a spine."""
    spine = make_spine(SpineParameters(levels=levels))
    grid = spine.grid(Spacing(right=thickness, anterior=1.0, superior=1.0), orientation, margin_mm=20.0)
    axis = int(np.argmax(np.abs(grid.ijk_to_ras[0, :3])))
    start, shape = [0, 0, 0], list(grid.shape)
    start[axis], shape[axis] = (grid.shape[axis] - slices) // 2, slices
    return spine.voxelise(grid.crop(start, shape))


def dice(a, b):
    return 2 * np.count_nonzero(a & b) / max(np.count_nonzero(a) + np.count_nonzero(b), 1)


@pytest.mark.parametrize("alone", [False, True], ids=["all labels", "bodies alone"])
@pytest.mark.parametrize("view", VIEWS.values(), ids=VIEWS)
def test_a_few_slices_have_as_many_vertebrae_as_the_spine(view, alone):
    maps = slab("L1-S1", *view)
    subregions = np.where(np.isin(maps.subregions, (*BODY, 26)), maps.subregions, 0) if alone else maps.subregions
    found = separate_vertebrae(subregions, maps.grid)
    assert [level(each.level).name for each in found.levels] == ["L1", "L2", "L3", "L4", "L5"]
    body = np.isin(subregions, BODY)
    for each in found.levels:
        assert dice(body & (found.vertebrae == each.level), body & (maps.vertebrae == each.level)) > 0.97
    assert found.vertebrae.shape == maps.grid.shape
    assert any("wide from left to right" in each for each in found.naming.findings)


@pytest.mark.parametrize("orientation", ["RAS", "SPL"])
def test_it_does_not_matter_how_they_are_stored(orientation):
    maps = slab("L2-L5", 2, 2.0, orientation)
    found = separate_vertebrae(maps.subregions, maps.grid)
    assert len(found.levels) == 4


def test_a_map_that_is_wide_enough_stays_as_it_is():
    assert thickened(np.zeros((6, 30, 30), np.uint8), Grid((6, 30, 30), np.diag([3.5, 1.0, 1.0, 1.0]))) is None


@pytest.mark.parametrize("slices", [1, 2, 9, 150])
def test_what_was_there_is_in_its_middle(slices):
    array = np.random.default_rng(0).integers(0, 9, (5, slices, 4)).astype(np.uint8)
    affine = np.array([[0, 0.13, 0, 3.0], [2.0, 0, 0, -4.0], [0, 0, 2.0, 7.0], [0, 0, 0, 1.0]])
    found = thickened(array, Grid(array.shape, affine))
    assert np.array_equal(found.back(found.subregions), array)
    assert found.subregions.shape[1] <= max(slices, 18)
    assert 30.0 <= found.subregions.shape[1] * found.grid.spacing[1] < 40.0
