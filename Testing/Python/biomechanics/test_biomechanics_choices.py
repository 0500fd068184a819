"""What a person may choose: the lumbar rhythm, the tension of the flava, lying; and what is drawn for an interval."""

import csv
import json
from dataclasses import replace

import numpy as np
import pytest
from made_columns import made_model
from osim_statics import OsimStatics
from spinetwin.anatomy import level
from spinetwin.biomechanics import TASKS, Settings, Spread, Task, interval, loads
from spinetwin.biomechanics.articulation import mechanism_of
from spinetwin.biomechanics.passive import stretch
from spinetwin.biomechanics.posture import placed, pose_of
from spinetwin.biomechanics.settings import RHYTHMS
from spinetwin.biomechanics.tasks import lumbar_shares
from spinetwin.biomechanics.tissues import USUAL
from spinetwin.errors import ParameterError
from spinetwin.io.loads import loads_text
from spinetwin.io.multibody_tables import write_simpack_muscles, write_simpack_points
from spinetwin.io.opensim import component_name, write_opensim
from spinetwin.report.loads import write_loads_report

LUMBAR = ["L1", "L2", "L3", "L4", "L5"]
BENT, LYING = TASKS["flexion-60"], TASKS["supine"]
PEARCY = {"T12": 8.0, "L1": 8.0, "L2": 10.0, "L3": 12.0, "L4": 13.0, "L5": 9.0}
"""Degrees."""


@pytest.fixture(scope="module")
def model():
    return made_model(curve_mm=15.0)


def told(path):
    return list(csv.DictReader(path.read_text(encoding="utf-8").splitlines()))


@pytest.mark.parametrize("rhythm", RHYTHMS)
def test_the_shares_of_every_rhythm_add_up(model, rhythm):
    assert sum(lumbar_shares(model.levels, rhythm)) == pytest.approx(1.0)


@pytest.mark.parametrize("rhythm", RHYTHMS)
def test_joints_that_are_not_seen_leave_their_share_out(model, rhythm):
    whole = dict(zip(model.levels, lumbar_shares(model.levels, rhythm), strict=True))
    for top in range(1, len(LUMBAR)):
        seen = model.levels[:top]
        assert lumbar_shares(seen, rhythm) == pytest.approx(tuple(whole[key] for key in seen))


def test_the_rhythm_of_the_settings_bends_the_joints(model):
    pose = pose_of(model, Task("bent", "", 60.0, pelvis_share=0.0), Settings(rhythm="pearcy"))
    bent = {level(key).name: angle for key, angle in zip(model.levels, pose.bent, strict=True)}
    assert {name: bent[name] for name in PEARCY} == pytest.approx(PEARCY)
    assert sum(bent.values()) == pytest.approx(60.0)


def test_a_rhythm_that_bends_a_joint_more_leaves_more_to_its_passive_tissue(model):
    usual, other = (loads(model, BENT, Settings(rhythm=each)) for each in ("hess", "pearcy"))
    first, fourth = (model.levels.index(level(name).id) for name in ("L1", "L4"))
    assert other.passive_share[fourth] > usual.passive_share[fourth]
    assert other.passive_share[first] < usual.passive_share[first]


def test_a_rhythm_that_is_not_known_is_refused():
    with pytest.raises(ParameterError, match="no lumbar rhythm 'waltz'"):
        Settings(rhythm="waltz")


def test_the_report_and_the_file_name_the_rhythm(tmp_path, model):
    found = loads(model, BENT, Settings(rhythm="pearcy"))
    page = write_loads_report(tmp_path, model, found, title="a").read_text(encoding="utf-8")
    assert "pearcy: below L5 15%" in page
    assert "Pearcy, Portek and Shepherd 1984" in page
    assert json.loads(loads_text(model, found))["settings"]["rhythm"] == "pearcy"


@pytest.mark.parametrize("laws", ["stepwise", "bilinear", "linear"])
def test_flava_pull_in_the_imaged_posture_as_told(model, laws):
    found = stretch(model, model, laws, 15.0)
    flava = np.array([name == "LF" for name in model.ligaments.names])
    keys = np.array(model.ligaments.levels)
    sums = [found.tensions[flava & (keys == key)].sum() for key in model.levels]
    np.testing.assert_allclose(sums, 15.0)
    assert not found.tensions[~flava].any()
    assert not stretch(model, model, laws).tensions.any()


def test_flava_between_points_that_nearly_meet_keep_a_length(model):
    near = model.ligaments.points.copy()
    near[:, 1] = near[:, 0] + 0.05 * (near[:, 1] - near[:, 0])
    close = replace(model, ligaments=replace(model.ligaments, points=near))
    mechanism = mechanism_of(close, loads(close, BENT, Settings(flavum_tension=20.0)))
    assert (mechanism.bands.slack_mm > 0).all()
    assert all(np.isfinite(curve).all() and (np.diff(curve[:, 0]) > 0).all() for curve in mechanism.bands.curves)


def test_the_strain_of_a_tension_is_the_inverse_of_the_law():
    for law in USUAL.ligaments.values():
        lengths = np.array([[8.0, 12.0], [19.0, 30.0]])
        for tension in (0.0, 5.0, 0.5 * law.failure_n, law.failure_n):
            strains = law.strain(tension, lengths)
            np.testing.assert_allclose(law.tension(strains, lengths), tension, atol=1e-9)


def test_silent_people_who_lie_carry_the_tension_of_the_flava_and_nothing_else():
    straight = made_model()
    silent = Settings(activation_floor=0.0, flavum_tension=15.0)
    # the lowest flavum of a straight made column ends on a slanted sacrum
    np.testing.assert_allclose(loads(straight, LYING, silent).compression[1:], 15.0, rtol=0.06)
    np.testing.assert_allclose(loads(straight, LYING, Settings(activation_floor=0.0)).compression, 0.0, atol=1e-9)


def test_who_lies_carries_no_weight_on_either_side(model):
    lying = loads(model, LYING)
    np.testing.assert_array_equal(lying.compression, loads(model, TASKS["prone"]).compression)
    assert not lying.weight.any()
    assert (lying.compression < 0.2 * loads(model, TASKS["standing"]).compression).all()
    assert LYING.label.startswith("lying on the back")


@pytest.mark.parametrize(
    ("task", "said"),
    [
        ("supine", ["A bed carries every part of the body"]),
        (
            "flexion-60-10kg",
            ["hold 10 kg below the shoulders, the arms hanging", "pelvis makes 40%", "as Hess et al. have it"],
        ),
        ("lifting-20kg", ["hold 20 kg 25 cm in front of the sacrum"]),
    ],
)
def test_how_a_task_is_held_is_told(model, task, said):
    notes = " ".join(each.text for each in loads(model, TASKS[task]).findings if each.severity == "note")
    assert all(each in notes for each in said)


def test_nothing_is_told_of_who_just_stands(model):
    assert not [each for each in loads(model, TASKS["standing"]).findings if "hold" in each.text or "pelvis" in each.text]


@pytest.mark.parametrize("task", ["standing", "supine", "flexion-60", "lifting-20kg"])
def test_an_osim_file_holds_the_chosen_rhythm_and_flava(tmp_path, model, task):
    settings = Settings(rhythm="pearcy", flavum_tension=15.0)
    found = loads(model, TASKS[task], settings)
    mechanism = mechanism_of(model, found)
    write_opensim(tmp_path / "a.osim", mechanism)
    statics = OsimStatics(tmp_path / "a.osim")
    forces = dict(zip(map(component_name, mechanism.strings.names), mechanism.strings.forces, strict=True))
    reactions = statics.reactions(forces)
    posed = placed(model, pose_of(model, TASKS[task], settings))
    theirs = np.array([reactions[name][[2, 0, 1]] for name in mechanism.joints.names[1:]])
    pressed = np.einsum("nj,nj->n", posed.joint_axes[:, 2], theirs)
    np.testing.assert_allclose(pressed, found.compression, atol=1e-6)
    centres = np.array([statics.joints[name][1][[2, 0, 1]] for name in mechanism.joints.names[1:]])
    np.testing.assert_allclose(1000 * centres, posed.joints, atol=1e-9)


def test_tables_for_simpack_hold_the_muscles_at_rest(tmp_path, model):
    """From the two tables alone: bodies where the task has them, lengths of paths, and the law between its corners."""
    found = loads(model, BENT)
    mechanism = mechanism_of(model, found)
    write_simpack_points(tmp_path / "p.csv", mechanism)
    write_simpack_muscles(tmp_path / "m.csv", mechanism)
    posed = placed(model, pose_of(model, BENT, found.settings))
    bodies = dict(zip(mechanism.bodies.names, zip(posed.origins, posed.axes, strict=True), strict=True))
    points = {}
    for row in told(tmp_path / "p.csv"):
        origin, axes = bodies[row["body"]]
        points[row["point"]] = origin + np.array([float(row[f"{axis} in body mm"]) for axis in "xyz"]) @ axes
    rows = told(tmp_path / "m.csv")
    assert [row["muscle"] for row in rows] == list(model.muscles.names)
    np.testing.assert_allclose([float(row["force in the task N"]) for row in rows], found.muscle_forces)
    resists = []
    for row in rows:
        path = np.array([points[name] for name in row["points"].split()])
        length, slack = np.linalg.norm(np.diff(path, axis=0), axis=1).sum(), row["slack length at rest mm"]
        corners = np.array([each.split(":") for each in row["law at rest (strain:force N)"].split()], dtype=np.float64)
        resists.append(np.interp(length / float(slack) - 1.0, *corners.T) if slack else 0.0)
    np.testing.assert_allclose(resists, found.resting_forces, rtol=1e-6, atol=1e-6)
    assert np.count_nonzero(found.resting_forces) > 20
    assert {row["slack length at rest mm"] == "" for row in rows} == {True, False}


@pytest.mark.parametrize("spread", [Spread(1.5, 0.0, 0.0), Spread(0.0, 0.05, 0.0), Spread(0.0, 0.0, 0.15)])
def test_points_masses_and_strengths_each_widen_an_interval(model, spread):
    drawn = interval(model, BENT, samples=12, spread=spread)
    wide = drawn.high["compression"] - drawn.low["compression"]
    assert (wide[model.mobile] > 3.0).all()
    assert drawn.spread == spread


def test_points_of_ligaments_are_drawn_too(model):
    """Without muscles' share: at rest, lying bent, only strands and discs pull."""
    lying = Task("lying bent", "", 30.0, supported=True, floor_share=0.0)
    alone = Settings(muscle_stiffness=0.0, flavum_tension=15.0)
    drawn = interval(model, lying, alone, samples=12, spread=Spread(1.5, 0.0, 0.0))
    assert (drawn.high["compression"] - drawn.low["compression"] > 0.5)[model.mobile].all()


def test_the_report_says_what_was_drawn(tmp_path, model):
    found = loads(model, TASKS["standing"])
    drawn = interval(model, TASKS["standing"], samples=4, around=found)
    page = write_loads_report(tmp_path, model, found, drawn, title="a").read_text(encoding="utf-8")
    assert "95 % of 4 models drawn with points off by 1.5 mm, masses by 5% and strengths by 15%" in page
    assert json.loads(loads_text(model, found, drawn))["drawn_with"].startswith("points off by 1.5 mm")
