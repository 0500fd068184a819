"""A person's edits when points are computed again."""

import numpy as np
import pytest
from spinetwin.geometry import Frame
from spinetwin.poi import Poi, PoiSet, Status
from spinetwin.poi.merge import NEVER_COMPUTED, VERDICT_LOST, as_computed, confirmed, merge, moved_mm
from spinetwin.poi.model import EDITED

L3, L4 = 22, 23
OK = Poi(L3, 101, Status.OK, (1.0, 2.0, 3.0), source="paper 1")
SUSPECT = Poi(L3, 102, Status.SUSPECT, (4.0, 5.0, 6.0), "the ray left the image", "paper 1")
MISSING = Poi(L3, 103, Status.MISSING, None, "no spinous process", "paper 1")
FRAME = Frame(np.zeros(3), np.eye(3))


def test_an_edited_point_stays_and_takes_over_the_new_computed_position():
    old = PoiSet.of([OK.moved_to((9.0, 9.0, 9.0)), SUSPECT])
    new = PoiSet.of([Poi(L3, 101, Status.OK, (1.5, 2.5, 3.5), source="paper 2"), SUSPECT])
    found = merge(old, new)
    assert found[L3, 101] == Poi(L3, 101, Status.OK, (9.0, 9.0, 9.0), source=EDITED, computed=(1.5, 2.5, 3.5))
    assert found[L3, 102] == SUSPECT


def test_unless_told_otherwise():
    new = PoiSet.of([OK])
    assert merge(PoiSet.of([OK.moved_to((9.0, 9.0, 9.0))]), new, keep_edits=False) is new


def test_a_point_that_a_person_placed_where_the_rules_had_none():
    placed = MISSING.moved_to((7.0, 7.0, 7.0))
    assert merge(PoiSet.of([placed]), PoiSet.of([MISSING]))[L3, 103] == placed


def test_edits_of_a_level_that_is_gone_are_kept_with_their_frame_and_the_rest_goes():
    other = Poi(L4, 101, Status.OK, (0.0, 0.0, 0.0), source="paper 1")
    old = PoiSet.of([OK.moved_to((9.0, 9.0, 9.0)), SUSPECT, other], {L3: FRAME, L4: FRAME})
    found = merge(old, PoiSet.of([]))
    assert list(found.points) == [(L3, 101)]
    assert list(found.frames) == [L3]


def test_as_the_rules_had_it():
    assert as_computed(SUSPECT) is SUSPECT
    assert as_computed(OK.moved_to((9.0, 9.0, 9.0))) == Poi(L3, 101, Status.SUSPECT, OK.position, VERDICT_LOST)
    assert as_computed(MISSING.moved_to((9.0, 9.0, 9.0))) == Poi(L3, 103, Status.MISSING, None, NEVER_COMPUTED)


def test_how_far_a_point_was_moved():
    assert moved_mm(OK) is None
    assert moved_mm(OK.moved_to((1.0, 5.0, 7.0))) == 5.0
    assert moved_mm(MISSING.moved_to((1.0, 5.0, 7.0))) is None


def test_confirming_keeps_the_place_and_clears_the_doubt():
    found = confirmed(SUSPECT)
    assert (found.status, found.position, found.edited, found.reason) == (Status.OK, SUSPECT.position, True, "")
    assert moved_mm(found) == 0.0
    assert confirmed(found) is found
    assert confirmed(MISSING) is MISSING


@pytest.mark.parametrize("poi", [OK, SUSPECT])
def test_confirmed_points_survive_computing_again(poi):
    moved = Poi(L3, poi.id, Status.SUSPECT, (0.0, 0.0, 0.5), "other", "paper 2")
    assert merge(PoiSet.of([confirmed(poi)]), PoiSet.of([moved]))[poi.key].position == poi.position
