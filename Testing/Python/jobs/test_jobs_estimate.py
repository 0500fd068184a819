"""How far the work is and how long the rest takes: never back, and right from a third of the work on."""

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from spinetwin.jobs.estimate import Estimate
from spinetwin.jobs.events import Progress, event_of
from spinetwin.jobs.output import Output

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
        else:
            getattr(show, what)(value)
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
    estimate.expect(total * expected)
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
    estimate.skip(0.7)
    assert estimate.remaining(0.8, 4.0) == pytest.approx(0.2 * 20)


def test_what_is_expected_is_told_at_once():
    estimate = Estimate(5.0)
    assert estimate.remaining(0.0, 5.0) is None
    estimate.expect(60.0)
    assert estimate.remaining(0.0, 5.0) == pytest.approx(60.0)
    assert estimate.remaining(1.0, 6.0) == 0.0


@pytest.mark.parametrize("seconds", [0.0, -3.0, math.nan, math.inf])
def test_an_impossible_expectation_is_none(seconds):
    estimate = Estimate(0.0)
    estimate.expect(seconds)
    assert estimate.remaining(0.01, 0.5) is None
