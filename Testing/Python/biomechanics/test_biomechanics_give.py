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


def reds(found):
    return [each.text for each in found.findings if each.severity == "red"]


def lift(hand_mass_kg, give=1.5):
    return loads(made_model(), replace(TASKS["flexion-60"], hand_mass_kg=hand_mass_kg), Settings(posture_give=give))


def test_what_muscles_lack_is_reserve_and_what_discs_make_beyond_the_uncertainty():
    """By hand, from angles and stiffness."""
    found = lift(60.0)
    beyond = np.sign(found.yielded) * np.maximum(np.abs(found.yielded) - 1.5, 0.0)
    expected = found.reserves + disc_stiffness(made_model(), found.compression) * beyond
    assert np.abs(beyond).max() > 1.0
    np.testing.assert_allclose(found.lacking, expected, rtol=0.01, atol=1e-3)
    assert np.abs(found.lacking).max() > 10 * np.abs(found.reserves).max()


@pytest.mark.parametrize("give", [0.0, 0.5, 1.5, 3.0])
def test_muscles_that_lack_more_than_a_twentieth_are_red_by_that_gate_and_how_much_is_told(give):
    """Whatever discs may give way, a moment that muscles lack is never booked as a disc's."""
    found = lift(100.0, give)
    lacking, demand = np.linalg.norm(found.lacking[0]), np.linalg.norm(found.demand[0])
    assert lacking > 0.05 * demand
    assert f"Below L5 the muscles of the model lack {lacking:.1f} Nm of the {demand:.1f} Nm that are needed." in reds(found)
    assert not any(each.startswith("Below L5 the posture") for each in reds(found))


@pytest.mark.parametrize("name", ["standing", "flexion-36", "flexion-60"])
@pytest.mark.parametrize("give", [0.0, 1.5])
def test_muscles_that_can_hold_a_posture_lack_nothing_worth_telling(name, give):
    found = loads(made_model(), TASKS[name], Settings(posture_give=give))
    assert not reds(found)
    assert (np.linalg.norm(found.lacking, axis=1) < 0.1).all()


def test_the_share_of_passive_tissue_does_not_count_what_muscles_lack():
    """Upright nothing is stretched: discs that give way hold a moment, and passive tissue holds none."""
    found = loads(made_model(curve_mm=30.0), STANDING)
    assert np.abs(found.yielding).max() > 0.1
    assert not np.nan_to_num(found.passive_share).any()
    heavy = lift(100.0)
    shares = (heavy.passive - heavy.yielding)[:, 0] / -heavy.demand[:, 0]
    np.testing.assert_allclose(heavy.passive_share, shares, atol=1e-9)


def test_discs_that_would_have_to_give_way_too_far_are_red():
    """With muscles that lack less than a twentieth: the gate of the discs alone speaks."""
    found = lift(52.0)
    assert any(each.startswith("Below L5 the posture is held only if the disc gives way by") for each in reds(found))
    assert not any("lack" in each for each in reds(found))
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
