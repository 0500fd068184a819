"""Left and right follow the image's orientation; labels that disagree are found out and can be exchanged."""

import numpy as np
import pytest
from damaged_maps import stored
from spinetwin.anatomy import level
from spinetwin.geometry import Grid
from spinetwin.phantom import Curve, Spacing, SpineParameters, make_spine
from spinetwin.segmentation.separation import exchange_sides, separate_vertebrae, sides_put_right

LEFT_TO_RIGHT = {43: 44, 44: 43, 45: 46, 46: 45, 47: 48, 48: 47}


@pytest.fixture(scope="module")
def maps():
    spine = make_spine(SpineParameters(levels="T10-S1", curves=(Curve(40.0, apex="L1", half_length=3),)))
    return spine.voxelise(spine.grid(Spacing(3.3, 1.2, 1.2), orientation="PIR", oblique_deg=10.0))


def swapped(subregions, where=True):
    result = subregions.copy()
    for old, new in LEFT_TO_RIGHT.items():
        result[(subregions == old) & where] = new
    return result


def test_right_labels_pass_in_any_storage(maps):
    for each in (maps, stored(maps, (2, 1, 0), (0,)), stored(maps, (1, 0, 2), (1, 2))):
        sides = separate_vertebrae(each.subregions, each.grid).sides
        assert [level(key).name for key in sides.seen] == ["T10", "T11", "T12", "L1", "L2", "L3", "L4", "L5"]
        assert sides.exchanged == ()
        assert sides.message == ""
        assert not sides.everywhere


def test_labels_exchanged_everywhere_are_reported_and_can_be_exchanged_back(maps):
    separation = separate_vertebrae(swapped(maps.subregions), maps.grid)
    assert separation.sides.everywhere
    assert "exchanged on every level" in separation.sides.message
    np.testing.assert_array_equal(separation.vertebrae, maps.vertebrae)
    back = exchange_sides(swapped(maps.subregions), separation.vertebrae, separation.sides.exchanged)
    np.testing.assert_array_equal(back, maps.subregions)


def test_labels_exchanged_on_one_level_are_named(maps):
    wrong = swapped(maps.subregions, maps.vertebrae == level("L2").id)
    separation = separate_vertebrae(wrong, maps.grid)
    assert [level(key).name for key in separation.sides.exchanged] == ["L2"]
    assert "exchanged at L2" in separation.sides.message
    np.testing.assert_array_equal(exchange_sides(wrong, separation.vertebrae, separation.sides.exchanged), maps.subregions)


def test_what_a_network_mirrored_is_put_right_with_what_belongs_to_no_vertebra(maps):
    right = maps.subregions.copy(order="K")
    right[0, 0, 0] = 43
    separation = separate_vertebrae(swapped(right), maps.grid)
    assert separation.vertebrae[0, 0, 0] == 0
    found, said = sides_put_right(swapped(right), separation.vertebrae, separation.sides)
    np.testing.assert_array_equal(found, right)
    assert said == ("The network took left for right on every level; the orientation of the image put that right.",)


def test_levels_that_a_network_mirrored_are_put_right_and_named(maps):
    wrong = swapped(maps.subregions, np.isin(maps.vertebrae, [level(name).id for name in ("L2", "L4")]))
    separation = separate_vertebrae(wrong, maps.grid)
    found, said = sides_put_right(wrong, separation.vertebrae, separation.sides)
    np.testing.assert_array_equal(found, maps.subregions)
    assert said == ("The network took left for right at L2, L4; the orientation of the image put that right.",)


def test_sides_that_are_right_are_left_alone(maps):
    separation = separate_vertebrae(maps.subregions, maps.grid)
    assert sides_put_right(maps.subregions, separation.vertebrae, separation.sides) == (maps.subregions, ())


def test_a_mirrored_image_is_found_out_by_its_labels(maps):
    """A header that says the wrong side: the array is as it was, its direction turned from right to left."""
    mirror = np.diag([-1.0, 1.0, 1.0, 1.0])
    sides = separate_vertebrae(maps.subregions, Grid(maps.grid.shape, mirror @ maps.grid.ijk_to_ras)).sides
    assert sides.everywhere
    assert "orientation in the image's header" in sides.message


def test_one_side_alone_says_nothing(maps):
    subregions = np.where(np.isin(maps.subregions, (44, 46, 48)), 0, maps.subregions)
    sides = separate_vertebrae(subregions, maps.grid).sides
    assert sides.seen == ()
    assert not sides.everywhere
