"""The true points of the rule set "tptbox": on solids with known answers, and against voxels that become ever smaller."""

from __future__ import annotations

import numpy as np
import pytest
from spinetwin.anatomy import POINTS, level
from spinetwin.geometry import Grid
from spinetwin.phantom import Curve, SpineParameters, make_spine, truth
from spinetwin.phantom.ground_truth.columns import first_entries, first_exits, last_exits
from spinetwin.phantom.ground_truth.extremes import furthest_point, rims
from spinetwin.phantom.ground_truth.search import answered
from spinetwin.phantom.ground_truth.tptbox import extended_corners

MIRROR = {each.id: each.mirror for each in POINTS}
EXTREMES = {81: (42, (0, -1, -0.2)), 82: (44, (1, -1, 0)), 83: (43, (-1, -1, 0)), 86: (47, (0, 0, -1)), 89: (46, (0, 0, 1))}
T9 = level("T9").id
BOX = ((-9.0, -9.0, -9.0), (9.0, 9.0, 9.0))


def ball(p):
    return np.linalg.norm(p - (1.0, 2.0, -0.5), axis=-1) - 5.0


def block(p):
    return np.max(np.abs(p) - (3.0, 4.0, 5.0), axis=-1)


@pytest.fixture(scope="module")
def chest():
    return make_spine(SpineParameters(levels="T8-T10", curves=(Curve(40.0),)))


@pytest.mark.parametrize("direction", [(0, 0, 1), (1, -1, 0), (0, -1, 0.2), (-0.3, 0.4, 0.5)])
def test_the_furthest_point_of_a_ball(direction):
    way = np.array(direction) / np.linalg.norm(direction)
    found = answered(ball, furthest_point(BOX, np.array(direction, dtype=float)))
    assert np.abs(found - ((1.0, 2.0, -0.5) + 5.0 * way)).max() < 0.01
    assert way @ found == pytest.approx(way @ ((1.0, 2.0, -0.5) + 5.0 * way), abs=1e-4)


def test_of_a_face_or_an_edge_the_middle_is_meant():
    assert answered(block, furthest_point(BOX, np.array([0.0, 0.0, 1.0]))) == pytest.approx([0, 0, 5], abs=1e-3)
    assert answered(block, furthest_point(BOX, np.array([0.0, -1.0, 0.2]))) == pytest.approx([0, -4, 5], abs=0.01)


def test_only_the_largest_piece_counts():
    def two(p):
        return np.minimum(ball(p), np.linalg.norm(p - (0.0, 0.0, 8.0), axis=-1) - 1.5)

    found = answered(two, furthest_point(((-9.0, -9.0, -9.0), (9.0, 9.0, 12.0)), np.array([0.0, 0.0, 1.0])))
    assert found[2] == pytest.approx(4.5, abs=1e-4)


def test_nothing_has_no_furthest_point():
    assert np.isnan(answered(lambda p: np.ones(len(p)), furthest_point(BOX, np.array([0.0, 0.0, 1.0])))).all()


def test_rims_of_a_box_and_of_a_ball():
    ways = np.eye(3)[[1, 1, 0]], np.array([[0.0, 0.0, 1.0], [0.0, 0.0, -1.0], [0.0, 0.0, 1.0]])
    corners = [[0.3, 4, 5], [0.3, 4, -5], [3, 0.2, 5]]
    assert answered(block, rims(BOX, np.array([0.3, 0.2, 0.1]), *ways)) == pytest.approx(np.array(corners), abs=5e-3)
    wanted = np.array([1.0, 2.0, -0.5]) + 5.0 * (ways[0] + ways[1])[:2] / np.sqrt(2)
    assert answered(ball, rims(BOX, np.array([1.0, 0.0, 0.0]), *ways))[:2] == pytest.approx(wanted, abs=0.01)


def test_a_rim_that_is_not_there_leaves_the_others_alone():
    def front(points):
        return np.maximum(block(points), 1.0 - points[:, 1])

    firsts, seconds = np.array([[0.0, 1.0, 0.0], [1.0, 0.0, 0.0]]), np.tile([0.0, 0.0, 1.0], (2, 1))
    found = answered(front, rims(BOX, np.array([0.3, 0.2, 0.1]), firsts, seconds))
    assert found[0] == pytest.approx([0.3, 4, 5], abs=1e-3)
    assert np.isnan(found[1]).all()


def test_lines_leave_and_enter_where_they_should():
    starts = np.array([[0.0, 0.0, 0.0], [1.0, 1.0, 1.0], [3.5, 0.0, 0.0]])
    up = np.array([0.0, 0.0, 1.0])
    assert answered(block, first_exits(starts, up, 20.0)) == pytest.approx([5, 4, np.nan], abs=1e-8, nan_ok=True)
    assert answered(block, first_entries(np.array([[0.0, 0.0, -9.0]]), up, 20.0)) == pytest.approx([4], abs=1e-8)
    found = answered(block, last_exits(starts, np.array([up, -up, up]), 20.0))
    assert found == pytest.approx([5, 6, np.nan], abs=1e-8, nan_ok=True)


def test_corners_of_a_box_are_its_corners():
    anterior, superior = np.array([[0.0, 1.0, 0.0]]), np.array([[0.0, 0.0, 1.0]])
    (found,) = answered(block, extended_corners(np.array([0.5, 0.2, 0.1]), anterior, superior))
    # from inside, by steps that end at a thousandth of a millimetre
    assert found == pytest.approx([0.5, 4, 5], abs=0.006)
    assert np.isnan(answered(block, extended_corners(np.array([3.5, 0.0, 0.0]), anterior, superior))).all()


@pytest.mark.parametrize("poi", EXTREMES)
def test_voxels_tend_to_the_furthest_point(chest, poi):
    part, way = EXTREMES[poi][0], np.array(EXTREMES[poi][1], dtype=float) / np.linalg.norm(EXTREMES[poi][1])
    shape = chest.shapes[T9]
    place = chest.frames[T9]
    exact = place.to_local(truth(chest, "tptbox", levels=[T9]).points[T9, poi])
    corners = np.array([corner for each in shape.parts if each.subregion == part for corner in each.box])
    for size in (1.0, 0.5, 0.25):
        low = corners.min(axis=0) - 3.0
        count = np.ceil((corners.max(axis=0) + 3.0 - low) / size).astype(int)
        affine = np.diag([size, size, size, 1.0])
        affine[:3, 3] = low
        voxels = Grid(tuple(count), affine).to_ras(np.argwhere(np.ones(count, dtype=bool)))
        furthest = voxels[shape.labels(voxels) == part]
        furthest = furthest[(furthest @ way).argmax()]
        assert -1e-3 < way @ (exact - furthest) < size


def test_turning_the_spine_turns_the_truth(chest):
    q, _ = np.linalg.qr(np.random.default_rng(3).standard_normal((3, 3)))
    turn = q * np.sign(np.linalg.det(q))
    before = truth(chest, "tptbox", levels=[T9]).points
    after = truth(chest.transformed(turn, (10, -20, 300)), "tptbox", levels=[T9]).points
    assert before.keys() == after.keys()
    for key, point in before.items():
        assert np.abs(turn @ point + (10, -20, 300) - after[key]).max() < 1e-9


def test_a_straight_spine_has_a_mirror_symmetric_truth():
    points = truth(make_spine(SpineParameters(levels="T8-T10")), "tptbox", levels=[T9]).points
    for (key, poi), point in points.items():
        if poi != 130:
            assert np.abs(point * (-1, 1, 1) - points[key, MIRROR[poi]]).max() < 1e-9, poi


def test_what_the_rule_sets_share_is_the_same_to_the_last_bit(chest):
    paper, other = (truth(chest, rules, levels=[T9]).points for rules in ("paper", "tptbox"))
    assert paper.keys() == other.keys()
    same = {poi for key, poi in paper if np.array_equal(paper[key, poi], other[key, poi])}
    assert same >= {50, 60, 61, 84, 85, 94, 95, 100, 105, 106, 107, 108, 126, 128, 129, 130, 133, 135}
    assert same.isdisjoint({81, 82, 83, 86, 87, 88, 89, 125, 127})


def test_the_flavum_points_come_as_close_as_they_can(chest):
    """No step within the arch from where they ended would bring them nearer to their corner."""
    shape, place = chest.shapes[T9], chest.frames[T9]
    points = {poi: place.to_local(at) for (_, poi), at in truth(chest, "tptbox", levels=[T9]).points.items()}
    for poi, goal in ((125, 101), (127, 104)):
        at = points[poi]
        assert shape.labels(at) in (41, 42)
        for way in ((0.0, 0.0, 0.01), (0.0, 0.01, 0.0)):
            nearer = np.linalg.norm(at + way - points[goal]) < np.linalg.norm(at - points[goal])
            assert not (nearer and shape.labels(at + way) in (41, 42))


def test_a_mirrored_scoliosis_has_a_mirrored_truth():
    """The vertebrae of a scoliosis are not symmetric: what is found on the left of one lies on the right of the other."""
    spines = [
        make_spine(SpineParameters(levels="T9", curves=(Curve(50.0, apex="T9", side=side),))) for side in ("left", "right")
    ]
    first, second = (truth(spine, "tptbox").points for spine in spines)
    assert first.keys() == second.keys()
    for (key, poi), point in first.items():
        if poi != 130:
            assert np.abs(point * (-1, 1, 1) - second[key, MIRROR[poi]]).max() < 1e-6, poi
