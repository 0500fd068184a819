"""Worn discs of the phantom: their height in shape, label map, image and truth, and how their neighbours come to stand."""

from itertools import pairwise

import numpy as np
import pytest
from phantom_measures import disc_voids, facet_gaps, overlap, sagittal
from spinetwin.anatomy import level
from spinetwin.anatomy.tables import read_table
from spinetwin.errors import ParameterError
from spinetwin.phantom import Curve, DiscGrade, ImageParameters, SpineParameters, make_spine, parse_grade, render_image
from spinetwin.phantom.ground_truth.sizes import sizes
from spinetwin.phantom.image.contrast import tissue_id
from spinetwin.phantom.image.scene import tissue_map
from spinetwin.phantom.posture.grades import DISC_HEIGHTS

L4, L5 = level("L4").id, level("L5").id
WORN = {
    "L5/S1 collapsed": SpineParameters(grades=(DiscGrade("L5", 5),)),
    "lower loin collapsed": SpineParameters(grades=tuple(DiscGrade(name, 5) for name in ("L3", "L4", "L5"))),
    "all collapsed": SpineParameters(degeneration=5),
    "all collapsed, much lordosis": SpineParameters(degeneration=5, lordosis=75),
    "all collapsed, Cobb 60": SpineParameters(degeneration=5, curves=(Curve(60),)),
    "all worn": SpineParameters(degeneration=4),
}


def middle_height(parameters, key):
    """Height of a disc in its middle, from the finished spine: between the endplates along the line of the body centres."""
    spine = make_spine(parameters)
    disc = spine.discs[key]
    z = np.linspace(disc.box[0][2], disc.box[1][2], 20001)
    inside = disc.distance(0 * z, 0 * z, z) < 0
    return float(np.ptp(z[inside]))


@pytest.mark.parametrize("grade", DISC_HEIGHTS)
def test_a_disc_is_as_high_as_its_grade_has_it(grade):
    healthy = make_spine(SpineParameters()).shapes[L4].row
    worn = make_spine(SpineParameters(grades=(DiscGrade("L4", grade),))).shapes[L4].row
    assert worn.disc_front == pytest.approx(DISC_HEIGHTS[grade] * healthy.disc_front)
    assert worn.disc_back == pytest.approx(DISC_HEIGHTS[grade] * healthy.disc_back)
    lost = middle_height(SpineParameters(), L4) - middle_height(SpineParameters(grades=(DiscGrade("L4", grade),)), L4)
    assert lost == pytest.approx((1 - DISC_HEIGHTS[grade]) * healthy.disc_height, abs=0.05)


def test_heights_fall_with_the_grade_and_each_number_has_its_source():
    heights = list(DISC_HEIGHTS.values())
    assert list(DISC_HEIGHTS) == [1, 2, 3, 4, 5]
    assert heights == sorted(heights, reverse=True)
    assert heights[:2] == [1.0, 1.0]
    assert all(row["source"] and row["checked"] for row in read_table("disc_heights.csv", "spinetwin.phantom.posture"))


def test_the_truth_knows_the_height_and_the_others_keep_theirs():
    before, after = (make_spine(each) for each in (SpineParameters(), WORN["L5/S1 collapsed"]))
    heights = [sizes(spine, L5).disc_height_middle for spine in (before, after)]
    assert heights[0] - heights[1] == pytest.approx(before.shapes[L5].row.disc_height / 2, abs=0.1)
    assert sizes(after, L4).disc_height_middle == pytest.approx(sizes(before, L4).disc_height_middle, abs=1e-6)
    assert sizes(after, L4).height_middle == pytest.approx(sizes(before, L4).height_middle, abs=1e-6)


@pytest.mark.parametrize("name", WORN)
def test_neighbours_come_closer_and_do_not_intersect(name):
    spine = make_spine(WORN[name])
    assert overlap(spine) < 0.005
    healthy = make_spine(SpineParameters(lordosis=WORN[name].lordosis, curves=WORN[name].curves))
    gap = [np.linalg.norm(each.frames[L5].origin - each.frames[level("S1").id].origin) for each in (healthy, spine)]
    assert gap[1] < gap[0] - 1.0


@pytest.mark.parametrize("name", ["L5/S1 collapsed", "all collapsed", "all collapsed, Cobb 60"])
def test_facets_still_meet(name):
    spine = make_spine(WORN[name])
    for upper, lower in pairwise(list(spine.shapes)[:-1]):
        for side, gap in facet_gaps(spine, upper, lower).items():
            assert 1.2 < gap < 2.0, (level(upper).name, side)


def test_a_collapsed_disc_fills_its_space_in_the_label_map():
    spine = make_spine(SpineParameters(levels="L3-S1", grades=(DiscGrade("L4", 5),)))
    maps = spine.voxelise(spine.grid(1.0))
    assert max(disc_voids(spine, maps).values()) < 0.025
    worn = (maps.vertebrae == level("L4").disc_id).sum()
    healthy = make_spine(SpineParameters(levels="L3-S1"))
    was = (healthy.voxelise(healthy.grid(1.0)).vertebrae == level("L4").disc_id).sum()
    assert worn / was == pytest.approx(0.5, abs=0.12)  # endplates are hollow, so that a little more than half is left


def test_the_image_shows_the_grade_where_the_label_map_has_the_disc():
    spine = make_spine(SpineParameters(grades=(DiscGrade("L4", 5), DiscGrade("L3", 1))))
    grid = spine.grid(1.0, levels="L3-L5")
    maps, tissues = spine.voxelise(grid), tissue_map(spine, grid)
    for name, grade in (("L4", 5), ("L3", 1), ("L5", 2)):
        disc = maps.vertebrae == level(name).disc_id
        kinds = [tissue_id(f"{kind}_{grade}") for kind in ("nucleus", "annulus")]
        assert np.isin(tissues[disc], [*kinds, tissue_id("endplate")]).mean() > 0.97
        assert disc[np.isin(tissues, [kinds[0]])].mean() > 0.3


def test_signal_and_height_go_together_and_the_image_may_say_otherwise():
    spine = make_spine(SpineParameters(levels="L3-S1", grades=(DiscGrade("L4", 5),)))
    parameters = ImageParameters(degeneration=1, grades={"L5": 3})
    own = spine.parameters.grade
    assert [parameters.grade(key, own(key)) for key in (level("L3").id, L4, L5)] == [1, 5, 3]
    grid = spine.grid(1.5, levels="L4")
    plain = {"bias": 0.0, "snr": float("inf"), "gibbs": 0.0}
    images = [render_image(spine, grid, ImageParameters(grades=each, **plain)).astype(float) for each in ({}, {"L4": 1})]
    centre = np.round(grid.to_ijk(spine.frames[L4].to_ras([0, 0, -spine.shapes[L4].row.height / 2 - 3]))).astype(int)
    dark, bright = (image[tuple(centre)] for image in images)
    assert dark < 0.6 * bright


def test_what_nobody_asked_for_changes_nothing():
    plain, graded = make_spine(SpineParameters()), make_spine(SpineParameters(degeneration=2))
    for key in plain.frames:
        assert np.array_equal(plain.frames[key].origin, graded.frames[key].origin)
    grid = plain.grid(3.0, levels="L2-L4")
    assert np.array_equal(render_image(plain, grid), render_image(graded, grid))


def test_the_angles_are_those_that_were_asked_for():
    spine = make_spine(SpineParameters(degeneration=5, lordosis=45))
    assert sagittal(spine, "S1", True) - sagittal(spine, "L1", True) == pytest.approx(45, abs=1e-6)
    offset = spine.frames[level("C7").id].origin - spine.frames[level("S1").id].origin
    assert np.abs(offset[:2]).max() < 20


def test_a_measured_spine_keeps_its_measured_heights():
    whole = make_spine(SpineParameters())
    nothing = np.full(3, np.nan)
    measured = {key: np.stack([frame.origin, nothing, nothing]) for key, frame in whole.frames.items() if key < 25}
    plain, worn = (make_spine(each, measured=measured) for each in (SpineParameters(), SpineParameters(degeneration=5)))
    for key in plain.frames:
        assert np.array_equal(plain.frames[key].origin, worn.frames[key].origin)
        assert plain.shapes[key].row == worn.shapes[key].row
    assert worn.parameters.grade(L4) == 5


@pytest.mark.parametrize(
    ("words", "what"),
    [
        ({"degeneration": 6}, "Pfirrmann"),
        ({"degeneration": 0}, "Pfirrmann"),
        ({"degeneration": True}, "Pfirrmann"),
        ({"grades": (DiscGrade("L6", 3),)}, "L6"),
        ({"grades": (DiscGrade("S1", 3),)}, "S1"),
        ({"grades": (DiscGrade("L4", 3), DiscGrade("l4", 4))}, "two grades"),
    ],
)
def test_bad_grades_get_one_sentence(words, what):
    with pytest.raises(ParameterError, match=what):
        SpineParameters(**words)


@pytest.mark.parametrize("text", ["", "L4", "L4=", "L4=five", "L4=-1", "=3", "L4=9", "knee=3"])
def test_bad_words_get_one_sentence(text):
    with pytest.raises(ParameterError):
        parse_grade(text)
