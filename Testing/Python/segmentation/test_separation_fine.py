"""Maps with voxels much finer than 1 mm: separated on a coarser copy, and nobody can tell."""

import numpy as np
import pytest
from spinetwin.anatomy import SubregionId
from spinetwin.geometry import Grid
from spinetwin.phantom import SpineParameters, make_spine
from spinetwin.segmentation.separation import separate_vertebrae
from spinetwin.segmentation.separation.coarse import brought_back, coarser, steps_of

BODY, DISC, SPINOUS, CANAL = (
    int(each) for each in (SubregionId.BODY, SubregionId.DISC, SubregionId.SPINOUS, SubregionId.CANAL)
)


@pytest.fixture(scope="module")
def maps():
    spine = make_spine(SpineParameters(levels="L4-L5"))
    return spine.voxelise(spine.grid(1.0, orientation="PIR", oblique_deg=7.0))


def halved(grid):
    """Return the grid on which every voxel has become eight."""
    affine = grid.ijk_to_ras.copy()
    affine[:3, :3] /= 2
    affine[:3, 3] -= affine[:3, :3].sum(axis=1) / 2
    return Grid(tuple(2 * n for n in grid.shape), affine)


def doubled(array):
    return array.repeat(2, 0).repeat(2, 1).repeat(2, 2)


@pytest.mark.parametrize("order", ["C", "F"])
def test_half_the_spacing_gives_the_same_vertebrae(maps, order):
    coarse = separate_vertebrae(maps.subregions, maps.grid)
    fine = separate_vertebrae(np.array(doubled(maps.subregions), order=order), halved(maps.grid))
    np.testing.assert_array_equal(fine.vertebrae, doubled(coarse.vertebrae))
    assert fine.levels == coarse.levels
    assert fine.naming == coarse.naming
    assert fine.sides == coarse.sides
    assert fine.unassigned == 8 * coarse.unassigned


@pytest.mark.parametrize(
    ("spacing", "steps"),
    [
        ((1.0, 1.0, 1.0), (1, 1, 1)),
        ((0.5, 0.5, 3.3), (1, 1, 1)),
        ((0.75, 0.75, 0.75), (1, 1, 1)),
        ((0.5, 0.5, 0.5), (2, 2, 2)),
        ((0.2, 1.2, 0.5), (5, 1, 2)),
        ((0.34, 0.33, 0.25), (2, 3, 4)),
    ],
)
def test_only_what_is_much_finer_is_made_coarser_and_never_beyond_a_millimetre(spacing, steps):
    grid = Grid((40, 40, 40), np.diag([*spacing, 1.0]))
    assert steps_of(grid) == steps


@pytest.mark.parametrize("steps", [(1, 2, 3), (2, 2, 2), (4, 1, 5)])
@pytest.mark.parametrize("shape", [(11, 12, 13), (4, 3, 7)])
def test_the_copy_lies_where_its_voxels_were(steps, shape):
    rng = np.random.default_rng(0)
    grid = Grid(shape, np.block([[rng.normal(size=(3, 3)), rng.normal(size=(3, 1))], [np.zeros((1, 3)), 1.0]]))
    array = np.arange(np.prod(shape)).reshape(shape)
    copy, coarse = coarser(array, grid, steps)
    for at in np.ndindex(copy.shape):
        here = np.rint(grid.to_ijk(coarse.to_ras(np.array([at])))[0]).astype(int)
        assert copy[at] == array[tuple(here)]


def test_a_part_that_the_copy_missed_follows_the_nearest_of_its_kind_and_a_speckle_nobody():
    grid = Grid((40, 12, 12), np.diag([0.5, 0.5, 0.5, 1.0]))
    fine = np.zeros(grid.shape, np.uint8)
    fine[2:10, 2:10, 2:10] = BODY
    fine[11, 3, 3], fine[13, 3, 3], fine[35, 5, 5], fine[20:24] = BODY, BODY, BODY, CANAL
    fine[4, 10, 4] = fine[4, 11, 4] = SPINOUS
    copy, coarse = coarser(fine, grid, (2, 2, 2))
    labels = np.where(copy == BODY, 22, np.where(copy == SPINOUS, 21, 0)).astype(np.uint8)
    found = brought_back(fine, copy, labels, grid, (2, 2, 2))
    assert (found[fine == SPINOUS] == 21).all()
    assert found[11, 3, 3] == found[13, 3, 3] == 22
    assert found[35, 5, 5] == 0
    assert not found[20:24].any()
    assert found.dtype == np.uint8
    assert coarse.shape == (20, 6, 6)
