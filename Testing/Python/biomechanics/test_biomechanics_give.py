"""Discs that give way within the uncertainty of the posture."""

from dataclasses import replace

import numpy as np
import pytest
from made_columns import made_model
from spinetwin.biomechanics import TASKS, Settings, Spread, interval, loads
from spinetwin.biomechanics.passive import disc_stiffness
from spinetwin.biomechanics.recruitment import recruit
from spinetwin.biomechanics.statics import above_joints, directions

STANDING = TASKS["standing"]
STRICT = Settings(posture_give=0.0)


@pytest.mark.parametrize("power", [2.0, 3.0])
def test_reserves_of_different_cost_are_the_optimum_of_their_sum(power):
    """The slope of the cost of each reserve is its multiplier, whatever it costs."""
    generator = np.random.default_rng(11)
    moments, cost = generator.normal(0.0, 4.0, (6, 40)), generator.uniform(0.05, 10.0, 6)
    wanted = moments @ generator.uniform(0.0, 0.8, 40) + 20.0
    found = recruit(moments, wanted, power=power, weight=cost)
    np.testing.assert_allclose(moments @ found.activations + found.reserves, wanted, atol=1e-6)
    np.testing.assert_allclose(2 * cost * found.reserves, found.multipliers)


def test_the_moment_of_a_disc_that_gives_way_is_its_stiffness_times_its_angle():
    model = made_model(curve_mm=30.0)
    found = loads(model, STANDING)
    assert np.abs(found.yielded).max() > 0.1
    expected = disc_stiffness(model, found.compression) * found.yielded
    np.testing.assert_allclose(found.passive, expected, rtol=0.01, atol=1e-3)


def test_muscles_discs_and_reserves_together_balance_the_weight():
    model = made_model(curve_mm=30.0)
    found, muscles = loads(model, STANDING), model.muscles
    pulls = above_joints(model, muscles.owners, muscles.points, directions(muscles.points))[:, 3:] @ found.muscle_forces
    total = found.demand + found.passive + found.reserves + pulls
    np.testing.assert_allclose(total[model.mobile], 0.0, atol=1e-6)


def test_a_posture_that_is_held_strictly_moves_no_disc():
    found = loads(made_model(curve_mm=30.0), STANDING, STRICT)
    assert not found.yielded.any()
    assert not found.passive.any()


def test_muscles_work_less_when_discs_give_way():
    model = made_model(curve_mm=35.0)
    costs = [np.sum(loads(model, STANDING, Settings(posture_give=give)).activations ** 3) for give in (0.0, 0.5, 1.5, 3.0)]
    assert costs == sorted(costs, reverse=True)
    assert costs[-1] < 0.8 * costs[0]


def test_discs_that_would_have_to_give_way_too_far_are_red():
    bent = replace(TASKS["flexion-60"], hand_mass_kg=60.0)
    found = loads(made_model(), bent)
    assert any("gives way by" in each.text for each in found.findings if each.severity == "red")
    assert not any("within the uncertainty of the posture" in each.text for each in found.findings)


def test_the_result_lies_within_its_own_interval():
    """Held strictly, every error of a point had to be balanced by muscles, and the interval lay above the result."""
    model = made_model()
    found = loads(model, STANDING)
    spread = interval(model, STANDING, samples=60, around=found)
    inside = (spread.low["compression"] < found.compression) & (found.compression < spread.high["compression"])
    assert inside[model.mobile].all()


def test_the_interval_covers_models_that_were_not_drawn_for_it():
    """Of new models with the same spread, those inside the interval are as many as it says, within what chance leaves."""
    model, spread = made_model(), Spread()
    known = interval(model, STANDING, samples=120, spread=spread, generator=np.random.default_rng(1))
    new = interval(model, STANDING, samples=120, spread=spread, generator=np.random.default_rng(2))
    joint = 1
    width = known.high["compression"][joint] - known.low["compression"][joint]
    assert abs(new.low["compression"][joint] - known.low["compression"][joint]) < 0.25 * width
    assert abs(new.high["compression"][joint] - known.high["compression"][joint]) < 0.25 * width
    masses = interval(model, STANDING, samples=120, spread=Spread(0.0, 0.05, 0.0), generator=np.random.default_rng(1))
    assert masses.high["compression"][joint] - masses.low["compression"][joint] < width
