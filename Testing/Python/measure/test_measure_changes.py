"""Before and after: only the same quantity at the same place is compared."""

import pytest
from spinetwin.measure.changes import changes
from spinetwin.measure.results import Measurement, Measurements


def angle(value, curve=1, uncertainty=1.0):
    return Measurement("cobb_patient", value, "deg", curve=curve, uncertainty=uncertainty)


def height(value, level=22):
    return Measurement("body_height_front", value, "mm", level, uncertainty=0.3)


def test_differences_with_their_uncertainty():
    first, second = Measurements((angle(25.0), height(26.0))), Measurements((angle(31.0), height(26.4)))
    cobb, front = changes(first, second)
    assert cobb.difference == 6.0
    assert cobb.uncertainty == pytest.approx(2**0.5)
    assert cobb.sure
    assert front.difference == pytest.approx(0.4)
    assert not front.sure


def test_curves_are_not_paired_when_their_number_changed():
    first, second = Measurements((angle(25.0), height(26.0))), Measurements((angle(12.0), angle(31.0, curve=2), height(26.0)))
    (only,) = changes(first, second)
    assert only.after.name == "body_height_front"


def test_what_is_missing_in_either_study_is_no_change():
    lost = Measurement("body_height_front", None, "mm", 22, reason="not placed")
    assert changes(Measurements((lost,)), Measurements((height(26.0),))) == ()
    assert changes(Measurements((height(26.0, 21),)), Measurements((height(26.0, 22),))) == ()


def test_unknown_uncertainty_leaves_the_verdict_open():
    (change,) = changes(Measurements((angle(25.0, uncertainty=None),)), Measurements((angle(31.0),)))
    assert change.sure is None
