"""Clean-up of a network's vertebra map: holes, overhang, missed pieces, discs and endplates."""

import numpy as np
import pytest
from damaged_maps import dice_by_level, with_holes
from spinetwin.anatomy import SubregionId, level
from spinetwin.errors import MapError
from spinetwin.geometry import Grid
from spinetwin.phantom import Curve, Spacing, SpineParameters, make_spine
from spinetwin.segmentation.cleanup import clean_instances

BODY, DISC, PLATE = int(SubregionId.BODY_BORDER), int(SubregionId.DISC), int(SubregionId.ENDPLATE)


@pytest.fixture(scope="module")
def maps():
    spine = make_spine(SpineParameters(levels="T8-S1", curves=(Curve(50.0, apex="T11", half_length=3),)))
    return spine.voxelise(spine.grid(Spacing(3.3, 1.2, 1.2), orientation="PIR", oblique_deg=10.0), endplates=True)


def bricks():
    """Two vertebrae, L3 above L4, each a brick of 4 x 4 x 6 voxels, 3 mm each; a disc with its endplates between them."""
    subregions, vertebrae = np.zeros((6, 6, 17), np.uint8), np.zeros((6, 6, 17), np.uint8)
    inside = (slice(1, 5), slice(1, 5))
    for first, last, subregion, name in ((0, 6, BODY, "L3"), (6, 7, PLATE, ""), (7, 9, DISC, ""), (9, 10, PLATE, "")):
        subregions[(*inside, slice(first, last))] = subregion
        vertebrae[(*inside, slice(first, last))] = level(name).id if name else 0
    subregions[(*inside, slice(10, 16))] = BODY
    vertebrae[(*inside, slice(10, 16))] = level("L4").id
    return vertebrae, subregions, Grid(subregions.shape, np.diag([3.0, 3.0, -3.0, 1.0]))


def test_a_hole_is_filled_and_an_overhang_is_cut_off():
    vertebrae, subregions, grid = bricks()
    damaged = vertebrae.copy()
    damaged[2:4, 2:4, 2:4] = 0
    damaged[0, 0, 0:3] = level("L3").id
    cleaned = clean_instances(damaged, subregions, grid)
    np.testing.assert_array_equal(cleaned.vertebrae[subregions == BODY], vertebrae[subregions == BODY])
    assert not cleaned.vertebrae[0, 0].any()
    assert (cleaned.adopted, cleaned.removed, cleaned.unassigned) == (8, 3, 0)


def test_a_missed_piece_goes_to_the_vertebra_that_it_shares_most_faces_with():
    vertebrae, subregions, grid = bricks()
    subregions[1:5, 1:5, 6:10] = BODY
    # four layers were missed; a column of L4 reaches up into them, yet their whole upper face lies on L3
    vertebrae[1, 1, 8:10] = level("L4").id
    vertebrae[2:5, 2:5, 10] = 0
    cleaned = clean_instances(vertebrae, subregions, grid)
    assert cleaned.unassigned == 0
    filled = cleaned.vertebrae[(vertebrae == 0) & (subregions == BODY)]
    faces = {name: _faces(vertebrae, subregions, level(name).id) for name in ("L3", "L4")}
    assert set(filled) == {level(max(faces, key=lambda name: faces[name])).id}
    assert faces["L3"] != faces["L4"]


def _faces(vertebrae, subregions, key):
    """Faces between voxels of a level and missed voxels, counted one by one."""
    missed, count = (vertebrae == 0) & (subregions == BODY), 0
    for place in np.argwhere(missed):
        for axis in range(3):
            for step in (-1, 1):
                there = place.copy()
                there[axis] += step
                if (there >= 0).all() and (there < vertebrae.shape).all():
                    count += int(vertebrae[tuple(there)] == key)
    return count


def test_a_missed_piece_that_touches_nothing_stays_out_and_is_counted():
    vertebrae, subregions, grid = bricks()
    wide = [np.pad(each, ((0, 0), (0, 6), (0, 0))) for each in (vertebrae, subregions)]
    wide[1][2:4, 9:11, 4:6] = SubregionId.SPINOUS
    cleaned = clean_instances(*wide, Grid(wide[0].shape, grid.ijk_to_ras))
    assert cleaned.unassigned == 8
    assert not cleaned.vertebrae[2:4, 9:11, 4:6].any()


def test_discs_and_endplates_get_the_nearest_vertebra_above_whatever_they_had():
    vertebrae, subregions, grid = bricks()
    vertebrae[subregions == DISC] = level("T5").disc_id
    cleaned = clean_instances(vertebrae, subregions, grid).vertebrae
    assert set(np.unique(cleaned[subregions == DISC])) == {level("L3").disc_id}
    assert set(np.unique(cleaned[subregions == PLATE])) == {level("L3").endplate_id}


def test_above_the_first_vertebra_in_view_lies_the_disc_of_the_one_that_is_not():
    vertebrae, subregions, grid = bricks()
    lower = (slice(None), slice(None), slice(6, None))
    cut = grid.crop((0, 0, 6), vertebrae[lower].shape)
    cleaned = clean_instances(vertebrae[lower].copy(), subregions[lower].copy(), cut).vertebrae
    assert set(np.unique(cleaned)) == {0, level("L4").id, level("L3").disc_id, level("L3").endplate_id}


def test_a_damaged_scoliotic_spine_is_restored(maps):
    rng = np.random.default_rng(4)
    damaged = with_holes(maps, rng, 150, 5.0).vertebrae
    damaged[(rng.random(damaged.shape) < 0.01) & (maps.subregions == 0)] = level("L1").id
    cleaned = clean_instances(damaged, maps.subregions, maps.grid)
    assert min(value for value, _ in dice_by_level(cleaned.vertebrae, maps.vertebrae).values()) > 0.998
    assert not cleaned.vertebrae[maps.subregions == 0].any()
    disc = maps.subregions == DISC
    np.testing.assert_array_equal(cleaned.vertebrae[disc], maps.vertebrae[disc])
    np.testing.assert_array_equal(cleaned.vertebrae == level("S1").id, maps.subregions == SubregionId.SACRUM)


def test_storage_makes_no_difference(maps):
    order = np.asfortranarray(maps.vertebrae), np.asfortranarray(maps.subregions)
    np.testing.assert_array_equal(
        clean_instances(*order, maps.grid).vertebrae, clean_instances(maps.vertebrae, maps.subregions, maps.grid).vertebrae
    )


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda vertebrae, subregions: (vertebrae[1:], subregions), "does not fit subregions"),
        (lambda vertebrae, subregions: (vertebrae * 0, subregions), "no vertebra where the subregion map has one"),
        (lambda vertebrae, subregions: (vertebrae * 0 + 77, subregions), "holds the label 77, which is no level"),
        (lambda vertebrae, subregions: (vertebrae[1:], subregions[1:]), "does not fit a grid"),
    ],
    ids=["shapes", "empty", "labels", "grid"],
)
def test_maps_that_cannot_be_cleaned_are_refused_in_words(change, words):
    vertebrae, subregions, grid = bricks()
    with pytest.raises(MapError, match=words):
        clean_instances(*change(vertebrae, subregions), grid)
