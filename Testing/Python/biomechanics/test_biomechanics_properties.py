"""What holds for any spine: more weight, larger spines, other names of the same things."""

from dataclasses import replace

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from made_columns import MAN, made_column
from spinetwin.biomechanics import Person, Settings, Task, build_model, loads

columns = st.builds(
    lambda side, front, spacing: made_column(curve_mm=side, front_mm=front, spacing_mm=spacing),
    st.floats(-40.0, 40.0),
    st.floats(5.0, 45.0),
    st.floats(23.0, 32.0),
)
tasks = st.builds(lambda angle, mass: Task("any", "", angle, mass), st.floats(0.0, 60.0), st.floats(0.0, 12.0))
quick = settings(max_examples=12, deadline=None, derandomize=True)


@quick
@given(columns, st.floats(45.0, 90.0), st.floats(1.02, 1.5))
def test_the_same_body_with_more_weight_is_never_pressed_less(column, weight, factor):
    """All masses grow alike; muscles stay."""
    model = build_model(*column, Person("m", 175.0, weight))
    heavy = replace(model, masses=replace(model.masses, kg=factor * model.masses.kg))
    light, loaded = (loads(each, Task("stand")) for each in (model, heavy))
    mobile = model.mobile
    assert (loaded.weight > light.weight)[mobile].all()
    assert (loaded.compression >= light.compression - 1e-3)[mobile].all()


@quick
@given(columns, tasks, st.sampled_from([0.0, 0.01, 0.05]))
def test_activations_stay_between_the_floor_and_one_in_every_posture(column, task, floor):
    found = loads(build_model(*column, MAN), task, Settings(activation_floor=floor))
    assert (found.activations >= floor).all()
    assert (found.activations <= 1.0).all()


@quick
@given(columns, st.floats(0.8, 1.25))
def test_a_larger_spine_of_the_same_shape_needs_the_same_activations(column, factor):
    """Arms of weights and muscles grow alike; the masses of the trunk do not grow with it, nor does the stiffness of discs."""
    strict = Settings(posture_give=0.0, reserve_weight=1e6)
    model = build_model(*column, MAN)
    large = replace(
        model,
        origins=factor * model.origins,
        joints=factor * model.joints,
        masses=replace(model.masses, points=factor * model.masses.points),
        muscles=replace(model.muscles, points=factor * model.muscles.points),
        ligaments=replace(model.ligaments, points=factor * model.ligaments.points),
        shoulders=factor * model.shoulders,
    )
    here, there = (loads(each, Task("stand"), strict) for each in (model, large))
    np.testing.assert_allclose(there.activations, here.activations, atol=2e-3)
    np.testing.assert_allclose(there.compression, here.compression, rtol=5e-3, atol=0.5)


@quick
@given(columns, tasks)
def test_stronger_muscles_never_pull_harder_than_they_can(column, task):
    model = build_model(*column, MAN)
    for strength in (40.0, 100.0):
        found = loads(model, task, Settings(strength=strength))
        limits = strength * model.muscles.pcsa_mm2 / 100.0
        assert (found.muscle_forces <= limits * (1 + 1e-9)).all()


@quick
@given(columns, st.permutations(range(6)))
def test_the_order_of_fascicles_does_not_matter(column, order):
    model = build_model(*column, MAN)
    count = len(model.muscles.names)
    mixed = np.concatenate([np.array(order), np.arange(6, count)])
    muscles = replace(
        model.muscles,
        names=tuple(model.muscles.names[at] for at in mixed),
        groups=tuple(model.muscles.groups[at] for at in mixed),
        sides=tuple(model.muscles.sides[at] for at in mixed),
        sources=tuple(model.muscles.sources[at] for at in mixed),
        owners=model.muscles.owners[mixed],
        points=model.muscles.points[mixed],
        pcsa_mm2=model.muscles.pcsa_mm2[mixed],
    )
    here, there = (loads(each, Task("stand")) for each in (model, replace(model, muscles=muscles)))
    np.testing.assert_allclose(there.activations, here.activations[mixed], atol=1e-5)
    np.testing.assert_allclose(there.compression, here.compression, rtol=1e-5)
