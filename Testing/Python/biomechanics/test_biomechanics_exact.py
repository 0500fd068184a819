"""What must be exact: weights, mirror images, moment arms, balance of every body, and the optimum."""

from dataclasses import replace

import numpy as np
import pytest
from made_columns import LEVELS, MAN, made_column, made_model, mirrored
from scipy.optimize import lsq_linear, minimize
from spinetwin.biomechanics import TASKS, Person, Settings, Task, build_model, loads
from spinetwin.biomechanics.posture import flexed, placed, pose_of, posed
from spinetwin.biomechanics.recruitment import recruit
from spinetwin.biomechanics.statics import GRAVITY, above_joints, directions
from spinetwin.errors import SpineTwinError

BENT = TASKS["flexion-60-10kg"]


def without_muscles(model):
    none = slice(0, 0)
    muscles = replace(
        model.muscles,
        names=(),
        groups=(),
        sides=(),
        sources=(),
        owners=model.muscles.owners[none],
        points=model.muscles.points[none],
        pcsa_mm2=model.muscles.pcsa_mm2[none],
    )
    return replace(model, muscles=muscles)


@pytest.mark.parametrize("task", [TASKS["standing"], BENT])
def test_without_muscles_every_joint_carries_the_weight_above(task):
    model = without_muscles(made_model(curve_mm=20.0))
    found = loads(model, task, Settings(ligaments="none"))
    for joint in range(len(LEVELS)):
        above = model.masses.kg[model.masses.owners > joint].sum() + task.hand_mass_kg
        force = np.array([found.shear_right[joint], found.shear_anterior[joint], -found.compression[joint]])
        assert np.linalg.norm(force) == pytest.approx(GRAVITY * above, rel=1e-12)
    assert found.muscle_forces.size == 0


def test_an_upright_joint_is_pressed_by_the_weight_alone():
    """All but the lowest one, which is askew because the sacrum is."""
    model = without_muscles(made_model(front_mm=0.0))
    found = loads(model, TASKS["standing"], Settings(ligaments="none"))
    above = [GRAVITY * model.masses.kg[model.masses.owners > joint].sum() for joint in range(1, len(LEVELS))]
    np.testing.assert_allclose(found.shear_anterior[1:], 0.0, atol=1e-9)
    np.testing.assert_allclose(found.compression[1:], above, rtol=1e-12)


@pytest.mark.parametrize("task", [TASKS["standing"], BENT])
def test_the_mirror_image_of_a_spine_has_the_mirror_image_of_its_loads(task):
    points, frames = made_column(curve_mm=35.0)
    right, left = (loads(build_model(*each, MAN), task) for each in ((points, frames), mirrored(points, frames)))
    np.testing.assert_allclose(left.compression, right.compression, rtol=1e-6)
    np.testing.assert_allclose(left.shear_anterior, right.shear_anterior, rtol=1e-6, atol=1e-4)
    np.testing.assert_allclose(left.shear_right, -right.shear_right, rtol=1e-6, atol=1e-4)
    np.testing.assert_allclose(left.activations.reshape(-1, 2), right.activations.reshape(-1, 2)[:, ::-1], atol=1e-6)
    assert np.abs(right.shear_right).max() > 5.0


def test_a_straight_spine_works_the_same_on_both_sides():
    found = loads(made_model(), BENT)
    np.testing.assert_allclose(found.activations[::2], found.activations[1::2], atol=1e-6)
    np.testing.assert_allclose(found.shear_right, 0.0, atol=1e-3)


def test_where_the_spine_lies_in_the_image_does_not_matter():
    points, frames = made_column(curve_mm=20.0)
    far = np.array([120.0, -300.0, 900.0])
    moved = {key: at + far for key, at in points.items()}, {k: replace(f, origin=f.origin + far) for k, f in frames.items()}
    here, there = (loads(build_model(*each, MAN), BENT) for each in ((points, frames), moved))
    np.testing.assert_allclose(there.compression, here.compression, rtol=1e-6)


@pytest.mark.parametrize("axis", [0, 1, 2])
def test_moment_arms_are_those_of_virtual_work(axis):
    """The moment of a string of unit tension is what its length loses for each radian that a joint turns."""
    model = made_model(curve_mm=25.0)
    muscles = model.muscles
    arms = above_joints(model, muscles.owners, muscles.points, directions(muscles.points))[:, 3 + axis] * 1000
    step = 1e-6
    for joint in range(len(LEVELS)):
        lengths = []
        for angle in (-step, step):
            spin = np.array(model.joint_axes[joint, axis]) * angle
            moving = (muscles.owners > joint)[..., None]
            offsets = muscles.points - model.joints[joint]
            turned = muscles.points + np.cross(spin, offsets) + np.cross(spin, np.cross(spin, offsets)) / 2
            paths = np.where(moving, turned, muscles.points)
            lengths.append(np.linalg.norm(np.diff(paths, axis=1), axis=-1).sum(axis=1))
        np.testing.assert_allclose(arms[joint], -(lengths[1] - lengths[0]) / (2 * step), atol=1e-6 * np.abs(arms).max())


def test_every_single_body_is_in_balance():
    """Forces and moments on each vertebra alone, from its own muscles, weight, discs above and below, add up to nothing."""
    model, task = made_model(curve_mm=15.0), BENT
    found = loads(model, task, Settings(ligaments="none"))
    pose = placed(model, flexed(model, task.trunk_flexion_deg, found.settings.pelvis_share))
    pulls = directions(pose.muscles.points) * (found.muscle_forces + found.resting_forces)[:, None, None]
    local = np.stack([found.shear_right, found.shear_anterior, -found.compression], axis=1)
    below = -np.einsum("nij,ni->nj", pose.joint_axes, local)
    for body in range(1, len(LEVELS) + 1):
        own = pulls[pose.muscles.owners == body].sum(axis=0)
        kilograms = pose.masses.kg[pose.masses.owners == body].sum() + (
            task.hand_mass_kg if body == pose.shoulder_owner else 0.0
        )
        above = -below[body] if body < len(LEVELS) else 0.0
        total = own + below[body - 1] + above + [0.0, 0.0, -GRAVITY * kilograms]
        np.testing.assert_allclose(total, 0.0, atol=1e-6)


@pytest.mark.parametrize("ahead", [None, 250.0])
@pytest.mark.parametrize("flexion", [0.0, 30.0, 60.0])
def test_more_load_in_the_hands_never_lowers_the_compression(flexion, ahead):
    model, before = made_model(curve_mm=10.0), None
    for mass in (0.0, 2.0, 5.0, 10.0, 20.0):
        found = loads(model, Task("hold", "", flexion, mass, hands_ahead_mm=ahead))
        if before is not None:
            assert (found.compression[~found.in_thorax] >= before - 1e-6).all()
        before = found.compression[~found.in_thorax]


@pytest.mark.parametrize("power", [2.0, 3.0])
@pytest.mark.parametrize("floor", [0.0, 0.01, 0.1])
@pytest.mark.parametrize("seed", range(4))
def test_the_optimum_is_that_of_a_general_solver(power, floor, seed):
    generator = np.random.default_rng(seed)
    moments = generator.normal(0.0, 4.0, (4, 12))
    wanted = moments @ generator.uniform(0.0, 0.6, 12)
    found = recruit(moments, wanted, power=power, floor=floor, weight=10.0)

    def cost(activations):
        return np.sum(activations**power) + 10.0 * np.sum((wanted - moments @ activations) ** 2)

    def slope(activations):
        return power * activations ** (power - 1) - 20.0 * moments.T @ (wanted - moments @ activations)

    options = {"ftol": 1e-15, "gtol": 1e-11, "maxiter": 20000, "maxfun": 200000}
    other = minimize(cost, np.full(12, 0.3), jac=slope, bounds=[(floor, 1.0)] * 12, method="L-BFGS-B", options=options)
    assert cost(found.activations) <= cost(other.x) * (1 + 1e-9) + 1e-12
    np.testing.assert_allclose(found.activations, other.x, atol=2e-3)


@pytest.mark.parametrize("task", [TASKS["standing"], BENT])
def test_the_optimum_of_a_whole_trunk_is_that_of_another_solver(task):
    """With squares the optimum is a bounded least-squares problem, which scipy solves by another method."""
    model = made_model(curve_mm=15.0)
    found = loads(model, task, Settings(power=2.0))
    pose = placed(model, pose_of(model, task, found.settings))
    strengths = found.settings.strength * model.muscles.pcsa_mm2 / 100
    pulls = above_joints(pose, pose.muscles.owners, pose.muscles.points, directions(pose.muscles.points)) * strengths
    moments = pulls[model.mobile, 3:].reshape(-1, len(strengths))
    wanted = moments @ found.activations + found.left_over[model.mobile].ravel()
    weight = np.sqrt(found.left_over_weight[model.mobile].ravel())
    matrix = np.concatenate([np.eye(len(strengths)), weight[:, None] * moments])
    floor = found.settings.activation_floor
    other = lsq_linear(
        matrix, np.concatenate([np.zeros(len(strengths)), weight * wanted]), (floor, 1.0), method="bvls", tol=1e-12
    )
    assert other.success
    np.testing.assert_allclose(other.x, found.activations, atol=1e-5)
    np.testing.assert_allclose(pulls[:, 2] @ other.x, pulls[:, 2] @ found.activations, atol=0.05)


@pytest.mark.parametrize("power", [2.0, 3.0])
def test_the_optimum_meets_its_conditions(power):
    """Karush-Kuhn-Tucker: balance; the slope of the cost is the pull inside, not less at the floor, not more at the cap."""
    generator = np.random.default_rng(7)
    moments = generator.normal(0.0, 4.0, (9, 60))
    wanted = moments @ generator.uniform(0.0, 1.3, 60) + 60.0
    found = recruit(moments, wanted, power=power, floor=0.05, weight=10.0)
    a, pull = found.activations, moments.T @ found.multipliers
    np.testing.assert_allclose(moments @ a + found.reserves, wanted, atol=1e-6)
    np.testing.assert_allclose(found.reserves, found.multipliers / 20.0)
    slope = power * a ** (power - 1)
    inside, low, high = (a > 0.05) & (a < 1.0), a == 0.05, a == 1.0
    assert inside.any()
    assert low.any()
    assert high.any()
    np.testing.assert_allclose(slope[inside], pull[inside], rtol=1e-9)
    assert (slope[low] >= pull[low] - 1e-9).all()
    assert (slope[high] <= pull[high] + 1e-9).all()


def test_a_start_near_the_optimum_is_quicker():
    generator = np.random.default_rng(3)
    moments = generator.normal(0.0, 4.0, (9, 60))
    first = recruit(moments, np.full(9, 5.0))
    assert recruit(moments, np.full(9, 5.0), start=first.multipliers).steps == 0
    assert recruit(moments, np.full(9, 5.01), start=first.multipliers).steps < first.steps


def test_lever_arms_that_are_no_numbers_are_refused():
    with pytest.raises(SpineTwinError, match="no finite lever arms"):
        recruit(np.array([[np.nan]]), np.array([1.0]))


def test_a_pose_keeps_the_joints_together_and_bends_by_what_was_asked():
    model = made_model()
    pose = flexed(model, 50.0, 0.4)
    joints = np.arange(len(LEVELS))
    np.testing.assert_allclose(pose.move(model.joints, joints), pose.move(model.joints, joints + 1), atol=1e-9)
    thorax = pose.turns[-1] @ [0.0, 0.0, 1.0]
    assert np.degrees(np.arctan2(thorax[1], thorax[2])) == pytest.approx(50.0)
    assert pose.bent.sum() == pytest.approx(30.0)
    assert (pose.bent[~model.mobile] == 0.0).all()


def test_a_turned_pelvis_alone_turns_everything():
    model = made_model()
    turned = placed(model, posed(model, 20.0, np.zeros(len(LEVELS))))
    lengths = [np.linalg.norm(np.diff(each.muscles.points, axis=1), axis=-1) for each in (model, turned)]
    np.testing.assert_allclose(*lengths, atol=1e-9)


def test_a_heavier_person_is_loaded_more():
    light, heavy = (loads(made_model(person=Person("m", 175.0, kg)), TASKS["standing"]) for kg in (60.0, 90.0))
    assert (heavy.compression > light.compression).all()
