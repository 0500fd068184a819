"""How far the work is and how long the rest takes: never back, and right from a third of the work on."""

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from spinetwin.jobs.estimate import Estimate
from spinetwin.jobs.events import Progress, event_of
from spinetwin.jobs.output import Output
from spinetwin.segmentation.course import KNOWN, Part

ANY = st.floats(allow_nan=True, allow_infinity=True)
CALLS = st.lists(st.tuples(st.sampled_from(("tell", "skip", "expect")), ANY, st.floats(0, 100)), max_size=40)


@settings(deadline=None)
@given(CALLS)
def test_whatever_is_said_it_never_goes_back(calls):
    now, written = 0.0, []
    output = Output(written.append, lambda: now)
    show = output.progress("segment")
    for what, value, seconds in calls:
        now += seconds
        if what == "tell":
            show(value, "text")
        elif what == "skip":
            show.skip(value)
        else:
            show.expect(seconds / 100, [Part("one", value, "one"), Part("other", 3.0)])
    told = [event_of(line.decode()) for line in written]
    fractions = [each.fraction for each in told]
    assert all(isinstance(each, Progress) for each in told)
    assert fractions == sorted(fractions)
    assert all(0 <= each <= 1 for each in fractions)
    assert all(each.eta_s is None or (math.isfinite(each.eta_s) and each.eta_s >= 0) for each in told)


@settings(deadline=None)
@given(total=st.floats(10, 1e4), expected=st.floats(0.4, 2.5), at=st.floats(0.34, 0.99))
def test_work_at_a_steady_pace_is_told_within_a_fifth_whatever_was_expected(total, expected, at):
    estimate = Estimate(0.0)
    estimate.expect(0.0, [Part("work", total * expected)], 0.0)
    assert estimate.remaining(at, at * total) == pytest.approx((1 - at) * total, rel=0.2)


def stages(shares, seconds, pieces):
    """Yield fraction and time of work in stages that take another time than their shares say, in some pieces each."""
    fraction = time = 0.0
    for share, span in zip(shares, seconds, strict=True):
        for _ in range(pieces):
            yield fraction, time
            fraction, time = fraction + share / pieces, time + span / pieces
    yield 1.0, time


@pytest.mark.parametrize("pieces", [5, 50])
@pytest.mark.parametrize(
    "seconds", [(8, 60, 22, 10), (10, 72, 10, 8), (5, 78, 12, 5), (6, 58, 26, 10)], ids=["as told", "slow", "slower", "uneven"]
)
def test_a_third_through_the_rest_is_known_within_thirty_percent(seconds, pieces):
    """What a panel shows: the last estimate less the time since then."""
    estimate, total = Estimate(0.0), sum(seconds)
    told, said_at = None, 0.0
    for fraction, now in stages((0.08, 0.64, 0.20, 0.08), seconds, pieces):
        if now > total / 3:
            break
        told, said_at = estimate.remaining(fraction, now), now
    assert told - (total / 3 - said_at) == pytest.approx(total * 2 / 3, rel=0.3)


def test_what_an_earlier_run_has_done_does_not_count_as_speed():
    estimate = Estimate(0.0)
    estimate.remaining(0.1, 2.0)
    estimate.skip(0.7, 2.0)
    assert estimate.remaining(0.8, 4.0) == pytest.approx(0.2 * 20)


def test_what_is_expected_is_told_at_once():
    estimate = Estimate(5.0)
    assert estimate.remaining(0.0, 5.0) is None
    estimate.expect(0.0, [Part("work", 60.0)], 5.0)
    assert estimate.remaining(0.0, 5.0) == pytest.approx(60.0)
    assert estimate.remaining(1.0, 6.0) == 0.0


@pytest.mark.parametrize("seconds", [0.0, -3.0, math.nan, math.inf])
def test_an_impossible_expectation_is_none(seconds):
    estimate = Estimate(0.0)
    estimate.expect(0.0, [Part("work", seconds)], 0.0)
    assert estimate.remaining(0.01, 0.5) is None


def test_one_kind_of_work_tells_what_remains_of_it_and_little_of_another():
    """A network that is fifty times faster than expected leaves what the processor does as it was foretold, within a factor."""
    estimate = Estimate(0.0)
    parts = [Part("read", 2.0), Part("first look", 100.0, "network"), Part("second look", 100.0, "network"), Part("tidy", 6.0)]
    estimate.expect(0.0, parts, 0.0)
    estimate.remaining(2 / 208, 2.0)
    rest = estimate.remaining(102 / 208, 4.0)
    assert 2.0 < rest < 20.0
    assert estimate.remaining(202 / 208, 6.0) == pytest.approx(6.0, rel=0.5)


def test_what_is_known_better_on_the_way_counts_from_there_on():
    estimate = Estimate(0.0)
    estimate.expect(0.0, [Part("first look", 10.0, "network"), Part("second look", 4.0, "network")], 0.0)
    # twice as slow as expected, and the second look is three times as large
    assert estimate.remaining(10 / 14, 20.0) == pytest.approx(8.0, rel=0.1)
    estimate.expect(10 / 14, [Part("second look", 12.0, "network")], 20.0)
    assert estimate.remaining(10 / 14, 20.0) == pytest.approx(24.0, rel=0.1)
    assert estimate.remaining(12 / 14, 32.0) == pytest.approx(12.0, rel=0.1)


def test_a_speed_that_is_known_is_not_scaled():
    estimate = Estimate(0.0)
    estimate.expect(0.0, [Part("start", 2.0), Part("child", 30.0, KNOWN)], 0.0)
    assert estimate.remaining(2 / 32, 8.0) == pytest.approx(30.0)


def test_time_that_goes_by_within_a_part_is_taken_off():
    estimate = Estimate(0.0)
    estimate.expect(0.0, [Part("load", 10.0), Part("run", 20.0)], 0.0)
    assert estimate.remaining(0.0, 4.0) == pytest.approx(26.0)
    assert estimate.remaining(0.0, 40.0) == pytest.approx(20.0)


def test_time_that_was_no_part_of_the_work_tells_nothing_of_its_speed():
    """Reading took twice as long as expected, and asking for devices five seconds that nobody had foretold."""
    asked, never = Estimate(0.0), Estimate(0.0)
    asked.remaining(0.0, 2.0)
    asked.skip(0.0, 7.0)
    for estimate, now in ((asked, 7.0), (never, 2.0)):
        estimate.expect(0.0, [Part("read", 1.0), Part("work", 9.0)], now)
    assert asked.remaining(0.1, 7.0) == pytest.approx(never.remaining(0.1, 2.0))
    assert asked.remaining(0.1, 7.0) > 9.0
