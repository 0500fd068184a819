"""Where a work is between 0 and 1, when what remains is foretold anew on the way."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from spinetwin.segmentation import course as module
from spinetwin.segmentation.course import KNOWN, Course, Laps, Part, unfolded

PARTS = (Part("read", 1.0), Part("look", 6.0, "network"), Part("clean", 2.0), Part("write", 1.0))
NAMES = [each.name for each in PARTS]
SECONDS = st.floats(0, 1e6)
CALLS = st.lists(st.tuples(st.sampled_from(NAMES), st.floats(0, 1), st.none() | SECONDS), max_size=30)


def test_a_part_takes_the_fraction_that_its_seconds_are():
    course = Course(PARTS)
    assert [course.at(name, 1.0) for name in NAMES] == pytest.approx([0.1, 0.7, 0.9, 1.0])


def test_what_is_foretold_anew_is_laid_between_here_and_the_end():
    course = Course(PARTS)
    fraction, rest = course.renew("look", 0.5, (Part("look", 9.0, KNOWN), Part("again", 3.0, KNOWN)))
    assert fraction == pytest.approx(0.4)
    assert rest == (Part("look", 9.0, KNOWN), Part("again", 3.0, KNOWN), *PARTS[2:])
    # half of the part is left, and takes 12 of the 15 seconds that are
    assert course.at("look", 0.75) == pytest.approx(0.4 + 0.6 * 6 / 15)
    assert course.at("clean") == pytest.approx(0.4 + 0.6 * 12 / 15)
    assert course.at("write", 1.0) == pytest.approx(1.0)


@settings(deadline=None)
@given(CALLS)
def test_whatever_is_foretold_it_never_goes_back(calls):
    course, seen = Course(PARTS), []
    left = list(NAMES)
    for name, done, seconds in calls:
        if seconds is not None and name in left:
            fraction, _ = course.renew(name, done, (Part(name, seconds),))
            left = left[left.index(name) :]
        else:
            fraction = course.at(name, done)
        seen.append(fraction)
    assert seen == sorted(seen)
    assert all(0 <= each <= 1 + 1e-9 for each in seen)


def test_parts_that_take_no_time_take_no_fraction():
    course = Course((Part("nothing", 0.0), Part("all", 5.0)))
    assert course.at("nothing", 1.0) == pytest.approx(0.0, abs=1e-6)
    assert course.at("all", 0.5) == pytest.approx(0.5, abs=1e-6)


@pytest.fixture
def clock(monkeypatch):
    """Let a clock go on only where it is told to; returns what tells it."""
    now = [100.0]

    def wait(seconds):
        now[0] += seconds

    monkeypatch.setattr(module.time, "monotonic", lambda: now[0])
    return wait


def test_a_part_lasts_until_the_next_one_is_told_of(clock):
    course = Course(PARTS)
    # nobody has told of the first part yet
    clock(2.0)
    course.at("look")
    clock(3.0)
    course.renew("look", 0.5, (Part("look", 9.0),))
    clock(4.0)
    course.at("look", 1.0)
    clock(1.0)
    course.at("write", 0.5)
    clock(0.25)
    assert course.seconds == {"read": 2.0, "look": 8.0, "write": 0.25}


def test_a_part_that_goes_on_again_is_counted_once(clock):
    laps = Laps("read")
    for name, seconds in (("choose", 1.0), ("read", 5.0), ("write", 2.0)):
        clock(seconds)
        laps.begin(name)
    assert laps.seconds == {"read": 3.0, "choose": 5.0, "write": 0.0}


def test_parts_take_the_place_of_the_whole_and_nothing_is_lost():
    seconds = {"start": 1.0, "all": 9.0, "clean": 2.0}
    assert unfolded(seconds, "all", {"first": 5.0, "clean": 4.0}) == {"start": 1.0, "first": 5.0, "clean": 6.0}
    assert unfolded(seconds, "all", {}) == seconds
    assert unfolded(seconds, "another", {"first": 5.0}) == seconds
