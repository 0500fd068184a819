"""The remaining time on the command line."""

import pytest
from spinetwin.commands.remaining import Remaining
from spinetwin.segmentation.course import KNOWN, Part


class Bar:
    """Shows progress under a clock that is set by hand."""

    def __init__(self):
        self.now, self.shown = 0.0, []
        self.progress = Remaining(lambda *each: self.shown.append(each), lambda: self.now)

    def at(self, now, fraction, message="working"):
        self.now = now
        self.progress(fraction, message)
        return self.shown[-1]


def test_before_anything_is_known_nothing_is_said():
    assert Bar().at(0.1, 0.0) == (0.0, "working")


@pytest.mark.parametrize(
    ("seconds", "words"), [(3.0, "about 5 s"), (61.0, "about 65 s"), (118.0, "about 2 min"), (600.0, "about 10 min")]
)
def test_what_was_foretold_is_said(seconds, words):
    bar = Bar()
    bar.progress.expect(0.0, (Part("all", seconds, KNOWN),))
    assert bar.at(0.0, 0.0) == (0.0, f"working, {words} left")


def test_it_is_measured_where_nobody_foretells():
    assert Bar().at(10.0, 0.25) == (0.25, "working, about 30 s left")


def test_what_an_earlier_run_has_reached_tells_nothing_of_the_speed():
    bar = Bar()
    bar.progress.skip(0.5)
    assert bar.at(10.0, 0.75) == (0.75, "working, about 10 s left")


def test_it_never_goes_back_and_the_end_has_no_rest():
    bar = Bar()
    bar.at(10.0, 0.5)
    assert bar.at(11.0, 0.2)[0] == 0.5
    assert bar.at(12.0, 1.0, "done") == (1.0, "done")
