"""A learned vertebra map against the separation: only disagreement costs confidence, and it says where."""

import numpy as np
import pytest
from spinetwin.anatomy import level
from spinetwin.errors import MapError
from spinetwin.phantom import Spacing, SpineParameters, make_spine
from spinetwin.segmentation.crosscheck import cross_check
from spinetwin.segmentation.separation import separate_vertebrae


@pytest.fixture(scope="module")
def maps():
    spine = make_spine(SpineParameters(levels="T12-S1"))
    return spine.voxelise(spine.grid(Spacing(3.3, 1.5, 1.5), orientation="PIR"))


@pytest.fixture(scope="module")
def separated(maps):
    return separate_vertebrae(maps.subregions, maps.grid).vertebrae


def renamed(vertebrae, **names):
    result = vertebrae.copy()
    for old, new in names.items():
        result[vertebrae == level(old).id] = level(new).id if new else 0
    return result


def by_name(found):
    return {level(each.level).name: each for each in found}


def test_agreement_leaves_the_confidence_of_the_network(maps, separated):
    given = {level("L2").id: 0.7}
    found = by_name(cross_check(maps.vertebrae, separated, given))
    assert list(found) == ["T12", "L1", "L2", "L3", "L4", "L5"]
    assert {name: each.confidence for name, each in found.items()} == dict.fromkeys(found, 1.0) | {"L2": 0.7}
    assert not any(each.doubts for each in found.values())


def test_other_names_for_the_same_vertebrae_are_no_disagreement(maps, separated):
    moved = renamed(maps.vertebrae, T12="T11", L1="T12", L2="L1", L3="L2", L4="L3", L5="L4")
    assert all(each.confidence == 1.0 for each in cross_check(moved, separated))


def test_two_vertebrae_that_the_network_joined_lower_the_confidence_of_that_level_alone(maps, separated):
    found = by_name(cross_check(renamed(maps.vertebrae, L3="L2"), separated))
    sizes = [int((maps.vertebrae == level(name).id).sum()) for name in ("L2", "L3")]
    assert found["L2"].confidence == pytest.approx(2 * max(sizes) / (sum(sizes) + max(sizes)))
    assert "disagree on L2" in found["L2"].doubts[0]
    assert "it lies in 2 vertebrae" in found["L2"].doubts[0]
    assert all(each.confidence == 1.0 for name, each in found.items() if name != "L2")


def test_half_a_vertebra_has_other_borders(maps, separated):
    half = maps.vertebrae.copy()
    mine = np.argwhere(half == level("L4").id)
    half[tuple(mine[mine[:, 2] > np.median(mine[:, 2])].T)] = 0
    found = by_name(cross_check(half, separated))["L4"]
    assert 0.5 < found.confidence < 0.8
    assert "the two have other borders" in found.doubts[0]


def test_a_vertebra_that_the_separation_does_not_have(maps, separated):
    found = by_name(cross_check(maps.vertebrae, renamed(separated, L5="")))["L5"]
    assert found.confidence == 0.0
    assert "there is no vertebra" in found.doubts[0]


def test_nothing_learned_is_nothing_judged_and_shapes_must_agree(maps, separated):
    assert cross_check(np.zeros_like(separated), separated) == ()
    assert all(each.confidence == 0.0 for each in cross_check(maps.vertebrae, np.zeros_like(separated)))
    with pytest.raises(MapError, match="cannot be compared"):
        cross_check(maps.vertebrae, separated[1:])
