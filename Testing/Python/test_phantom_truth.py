"""The true points of the phantom."""

from __future__ import annotations

import ast
from pathlib import Path

import numpy as np
import pytest
from spinetwin.anatomy import POINTS, level
from spinetwin.errors import ParameterError
from spinetwin.phantom import SpineParameters, VertebraShape, make_spine, truth
from spinetwin.phantom.ground_truth import quadrature
from spinetwin.phantom.ground_truth.quadrature import part_moments
from spinetwin.poi.rules import RULE_SETS, rule_set

MIRROR = {each.id: each.mirror for each in POINTS}


@pytest.fixture(scope="module")
def lumbar():
    return make_spine(SpineParameters(levels="L2-L4"))


def test_turning_the_spine_turns_the_truth(lumbar):
    q, _ = np.linalg.qr(np.random.default_rng(3).standard_normal((3, 3)))
    turn = q * np.sign(np.linalg.det(q))
    before, after = truth(lumbar), truth(lumbar.transformed(turn, (10, -20, 300)))
    assert before.points.keys() == after.points.keys()
    for key, point in before.points.items():
        assert np.abs(turn @ point + (10, -20, 300) - after.points[key]).max() < 1e-9
    for key, frame in before.frames.items():
        assert np.abs(frame.axes @ turn.T - after.frames[key].axes).max() < 1e-12


def test_a_straight_spine_has_a_mirror_symmetric_truth(lumbar):
    points = truth(lumbar).points
    for (key, poi), point in points.items():
        if poi != 130:
            assert np.abs(point * (-1, 1, 1) - points[key, MIRROR[poi]]).max() < 1e-9, poi


def test_every_point_of_the_table_is_there_for_a_lumbar_level(lumbar):
    found = {poi for key, poi in truth(lumbar).points if key == level("L3").id}
    assert {each.id for each in POINTS} - found == {51, 60}


def test_what_does_not_exist_has_no_key():
    points = truth(make_spine(SpineParameters(levels="C1-C2"))).points
    assert (1, 50) not in points
    assert (1, 101) not in points
    assert (1, 43) in points
    assert (2, 51) in points


@pytest.mark.parametrize("rules", RULE_SETS)
def test_there_is_no_point_where_its_rule_does_not_apply(rules):
    """An incident: facet joints of C1, for which no rule set has a rule, could only count as not found."""
    levels_of = {poi: rule.levels for poi, rule in rule_set(rules).rules.items()}
    found = truth(make_spine(SpineParameters(levels="C1-C3")), rules).points
    assert {key for key, _ in found} == {1, 2, 3}
    assert [(key, poi) for key, poi in found if key not in levels_of[poi]] == []


def test_points_lie_where_their_names_say(lumbar):
    result = truth(lumbar)
    key = level("L3").id
    local = {poi: result.frames[key].to_local(point) for (owner, poi), point in result.points.items() if owner == key}
    assert local[84][0] < -15
    assert local[85][0] > 15
    assert local[82][0] > 25
    assert local[83][0] < -25
    assert local[101][1] > 10 > -10 > local[102][1]
    assert local[101][2] > 5 > -5 > local[103][2]
    assert local[125][2] > local[127][2]
    assert local[125][1] < local[106][1] - 10
    assert local[94][0] < 0 < local[95][0]
    shape, place = lumbar.shapes[key], lumbar.frames[key]
    for poi, part in ((81, 42), (82, 44), (86, 47), (88, 45), (101, 49), (117, 49), (127, 41)):
        assert abs(shape.distance(place.to_local(result.points[key, poi]), part)) < 2e-3, poi


@pytest.mark.parametrize("name", ["C4", "T5", "L2"])
def test_centroids_do_not_depend_on_the_quadrature(name):
    shape = VertebraShape.of(name)
    coarse, fine = part_moments(shape, 0.5), part_moments(shape, 0.3)
    for part, each in fine.items():
        assert np.abs(np.subtract(each.centroid, coarse[part].centroid)).max() < 0.025, part


def test_the_truth_shares_no_code_with_the_making_of_label_maps():
    files = list(Path(quadrature.__file__).parent.glob("*.py"))
    assert len(files) > 10
    for file in files:
        imports = [each for each in ast.walk(ast.parse(file.read_text(encoding="utf-8"))) if isinstance(each, ast.ImportFrom)]
        assert not any("voxels" in (each.module or "") for each in imports), file.name


def test_an_unknown_rule_set_gets_one_sentence(lumbar):
    with pytest.raises(ParameterError, match="paper"):
        truth(lumbar, rules="mine")
