"""The pressure in the belly, and what a bed does."""

from dataclasses import replace

import numpy as np
import pytest
from made_columns import made_model
from spinetwin.biomechanics import TASKS, Settings, Task, loads
from spinetwin.biomechanics.statics import pressure_above
from spinetwin.errors import ParameterError

BENT = TASKS["flexion-60"]
PRESSED = Settings(abdominal_pressure=5.0)


def test_a_pressure_pushes_by_its_area_in_front_of_every_disc_below_the_ribs():
    """Worked by hand: 243 cm2 and 38 mm of an adult as tall as the template, 5 kPa."""
    model = made_model()
    model = replace(model, belly=replace(model.belly, area_mm2=24300.0, arm_mm=38.0))
    pushes = pressure_above(model, 5.0)
    np.testing.assert_allclose(pushes[model.mobile], np.tile([0.0, 0.0, 121.5, 4.617, 0.0, 0.0], (6, 1)))
    assert not pushes[~model.mobile].any()


def test_it_is_off_unless_asked_for():
    model = made_model()
    assert Settings().abdominal_pressure == 0.0
    assert not loads(model, BENT).pressure.any()


def test_it_relieves_the_back_in_flexion_by_more_than_its_push():
    """The push acts in front of the discs, so that back muscles need less."""
    model = made_model()
    without, pressed = loads(model, BENT), loads(model, BENT, PRESSED)
    relief = (without.compression - pressed.compression)[model.mobile]
    assert (relief > pressed.pressure[model.mobile, 2]).all()
    note = next(each.text for each in pressed.findings if "kPa" in each.text)
    assert "at most" in note


def test_a_lying_body_is_relieved_by_the_push_alone():
    model = made_model()
    rest, pressed = (loads(model, TASKS["prone"], each) for each in (Settings(), PRESSED))
    np.testing.assert_allclose(rest.compression - pressed.compression, pressed.pressure[:, 2], atol=1e-9)


def test_a_model_of_an_old_file_has_no_belly_and_says_so():
    model = replace(made_model(), belly=None)
    found = loads(model, BENT, PRESSED)
    np.testing.assert_array_equal(found.compression, loads(model, BENT).compression)
    assert any("knows no belly" in each.text for each in found.findings)


def test_nobody_has_a_pressure_of_a_tyre():
    with pytest.raises(ParameterError, match="abdominal_pressure must be between 0 and 20 kPa"):
        Settings(abdominal_pressure=200.0)


@pytest.mark.parametrize("floor", [0.0, 0.01])
def test_on_a_bed_no_muscle_balances_another(floor):
    model = made_model(curve_mm=20.0)
    found = loads(model, TASKS["prone"], Settings(activation_floor=floor))
    assert (found.activations == floor * TASKS["prone"].floor_share).all()
    assert not found.reserves.any()


def test_lying_bent_the_ligaments_press_the_discs_and_the_bed_holds_the_moment():
    model = made_model()
    found = loads(model, Task("curled", "", 40.0, supported=True), Settings(activation_floor=0.0))
    assert (found.compression[model.mobile] > 0.0).all()
    assert (found.passive[model.mobile, 0] > 0.0).all()
