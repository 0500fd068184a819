"""The model from points: what it is made of, what it says of itself, and what it refuses."""

import csv
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import spinetwin.biomechanics as room
from made_columns import LEVELS, MAN, made_column, made_model
from spinetwin.anatomy import level, point
from spinetwin.biomechanics import TASKS, Person, Settings, Spread, Task, build_model, interval, loads, with_measured_areas
from spinetwin.biomechanics.passive import disc_stiffness
from spinetwin.biomechanics.tasks import lumbar_shares
from spinetwin.biomechanics.tissues import USUAL
from spinetwin.errors import ParameterError
from spinetwin.geometry import Frame
from spinetwin.phantom import SpineParameters, make_spine
from spinetwin.phantom.ground_truth.truth import truth

TABLES = sorted(Path(room.__file__).parent.glob("*.csv"))
STANDING, BENT = TASKS["standing"], TASKS["flexion-60"]
LUMBAR = ["L1", "L2", "L3", "L4", "L5"]
CITED = [path for path in TABLES if path.name != "ligament_strands.csv"]


def rows(name):
    with (Path(room.__file__).parent / name).open(encoding="utf-8") as file:
        return list(csv.DictReader(file))


@pytest.mark.parametrize("path", CITED, ids=lambda path: path.name)
def test_every_row_of_every_table_has_its_source(path):
    assert all(row["source"].strip() for row in rows(path.name))


def test_the_masses_are_the_published_ones():
    slices = {row["level"]: float(row["percent_of_mass"]) for row in rows("trunk_slices.csv")}
    assert (slices["T1"], slices["L5"]) == (1.1, 2.6)
    assert sum(slices.values()) == pytest.approx(30.9)
    masses = made_model().masses
    trunk = [name.startswith("slice") for name in masses.names]
    assert masses.kg[trunk].sum() == pytest.approx(0.309 * 70)
    assert masses.kg[[name.startswith("head") for name in masses.names]].sum() == pytest.approx(0.0694 * 70)
    arms = [any(word in name for word in ("arm", "hand")) for name in masses.names]
    assert masses.kg[arms].sum() == pytest.approx(2 * 0.0494 * 70)


def test_there_are_200_fascicles_on_17_joints_and_both_sides_are_alike():
    model = made_model()
    assert len(model.muscles.names) >= 200
    assert len(model.levels) == 17
    assert len(set(model.muscles.names)) == len(model.muscles.names)
    right, left = model.muscles.points[::2], model.muscles.points[1::2]
    np.testing.assert_allclose(left, right * [-1, 1, 1], atol=1e-9)
    assert {"multifidus", "longissimus", "iliocostalis", "spinalis", "quadratus_lumborum", "psoas", "latissimus"} <= set(
        model.muscles.groups
    )


def test_every_group_of_muscles_of_the_trunk_is_there_on_both_sides():
    found = set(zip(made_model().muscles.groups, made_model().muscles.sides, strict=True))
    wanted = ("multifidus", "longissimus", "iliocostalis", "spinalis", "quadratus_lumborum", "psoas", "latissimus")
    belly = ("external_oblique", "internal_oblique", "rectus_abdominis")
    assert found == {(group, side) for group in (*wanted, *belly) for side in ("left", "right")}


def test_back_muscles_pass_behind_the_discs_and_belly_muscles_in_front():
    model = made_model()
    heights = model.muscles.points[..., 2]
    for group, sign in {"multifidus": -1, "longissimus": -1, "rectus_abdominis": 1, "external_oblique": 1}.items():
        for name, path, z in zip(model.muscles.names, model.muscles.points, heights, strict=True):
            if name.startswith(group) and z.min() < model.joints[2, 2] < z.max():
                at = np.interp(model.joints[2, 2], *np.array(sorted(zip(z, path[:, 1], strict=True))).T)
                assert sign * (at - model.joints[2, 1]) > 5.0, name


def test_a_tall_spine_has_a_large_template():
    small, large = (made_model(spacing_mm=mm) for mm in (24.0, 30.0))
    width = [np.ptp(each.muscles.points[..., 0]) for each in (small, large)]
    # further apart, but no larger, are the vertebrae of these columns
    assert width[1] / width[0] == pytest.approx(30 / 24, rel=0.05)


def test_a_woman_is_not_a_light_man():
    man, woman = (made_model(person=Person(sex, 170.0, 65.0)) for sex in "mf")
    factor = Settings().female_muscle_area
    np.testing.assert_allclose(woman.muscles.pcsa_mm2, factor * man.muscles.pcsa_mm2)


def test_the_sacrum_is_where_its_points_are():
    points, frames = made_column()
    sacrum = level("S1").id
    placed = {**points, (sacrum, 105): np.array([0.0, 2.0, 1.0])}
    model = build_model(placed, {**frames, sacrum: frames[level("L5").id]}, MAN)
    np.testing.assert_allclose(model.origins[0], [0.0, 2.0, 1.0])
    assert model.notes == ()


def test_a_sacrum_without_points_or_disc_is_placed_by_the_template_and_said():
    points, frames = made_column()
    fifth = level("L5").id
    model = build_model({key: at for key, at in points.items() if key != (fifth, 100)}, frames, MAN)
    assert "template" in model.notes[0]
    away = model.origins[1] - model.origins[0]
    assert 20.0 < np.linalg.norm(away) < 60.0
    assert away[2] > 15.0


def test_a_lumbar_spine_alone_carries_the_whole_upper_body():
    model = made_model(LUMBAR)
    assert model.masses.kg.sum() == pytest.approx(made_model().masses.kg.sum())
    assert "Everything above L1 is placed by the template" in model.notes[-1]
    found = loads(model, STANDING)
    assert model.mobile.all()
    assert found.trusted
    assert 250.0 < found.compression[1] < 900.0


def test_a_real_shaped_spine_stands_and_bends_as_people_do():
    spine = make_spine(SpineParameters(levels="T12-S1", sex="m", height_cm=176.0))
    here = truth(spine)
    model = build_model(dict(here.points), dict(here.frames), Person("m", 176.0, 70.0))
    standing, bent = (loads(model, TASKS[name]) for name in ("standing", "flexion-60-10kg"))
    at = model.levels.index(level("L4").id)
    assert 350.0 < standing.compression[at] < 800.0
    assert 1800.0 < bent.compression[at] < 3300.0
    assert bent.compression[at] > 3 * standing.compression[at]


@pytest.mark.parametrize(
    ("lost", "said"),
    [(["L3"], "No model without L3"), (["T12", "L2"], "No model without T12, L2"), (["L5"], "No model without L5")],
)
def test_a_gap_is_refused_by_name(lost, said):
    points, frames = made_column()
    gone = {level(name).id for name in lost}
    with pytest.raises(ParameterError, match=said):
        build_model({key: at for key, at in points.items() if key[0] not in gone}, frames, MAN)


@pytest.mark.parametrize("names", [[], ["L4"]])
def test_one_level_or_none_is_refused(names):
    points, frames = made_column(LUMBAR)
    kept = {level(name).id for name in names}
    with pytest.raises(ParameterError, match="at least two"):
        build_model({key: at for key, at in points.items() if key[0] in kept}, frames, MAN)


def test_a_level_without_axes_is_refused():
    points, frames = made_column(LUMBAR)
    del frames[level("L2").id]
    with pytest.raises(ParameterError, match="axes of L2"):
        build_model(points, frames, MAN)


def test_points_in_metres_are_refused():
    points, frames = made_column(LUMBAR)
    small = {key: at / 1000 for key, at in points.items()}
    with pytest.raises(ParameterError, match="times as far apart"):
        build_model(small, frames, MAN)


def test_missing_attachments_are_made_up_and_said():
    points, frames = made_column()
    model = build_model({key: at for key, at in points.items() if key[1] not in (82, 83)}, frames, MAN)
    assert "muscle_insertion_transverse_process" in model.notes[-1]
    usual = made_model()
    assert model.muscles.names == usual.muscles.names
    assert np.abs(model.muscles.points - usual.muscles.points).max() < 15.0


def test_a_column_of_bodies_alone_is_red_for_its_ligaments_and_its_attachments():
    """As segmentations without arches give it: centres, discs, endplates and axes."""
    points, frames = made_column()
    model = build_model({key: at for key, at in points.items() if key[1] in (50, 100, 105, 107, 128, 129, 130)}, frames, MAN)
    assert model.template_share == 1.0
    reds = [each.text for each in loads(model, STANDING).findings if each.severity == "red"]
    assert any(each.startswith("No ligament could be spanned below L5, L4, L3, L2, L1, T12:") for each in reds)
    assert any(each.startswith("The template placed 100% of the points") for each in reds)
    bare = [each.text for each in loads(model, STANDING, Settings(ligaments="none")).findings]
    assert not any("ligament could" in each for each in bare)


def test_the_joints_of_one_level_without_arch_are_named():
    points, frames = made_column()
    third = level("L3").id
    model = build_model(
        {key: at for key, at in points.items() if key[0] != third or key[1] in (50, 100, 105, 107)}, frames, MAN
    )
    assert 0.0 < model.template_share < 0.5
    reds = [each.text for each in loads(model, STANDING).findings if each.severity == "red"]
    assert len(reds) == 1
    assert reds[0].startswith("No ligament could be spanned below L3, L2:")


def test_a_joint_without_a_disc_is_half_way_between_the_endplates():
    points, frames = made_column()
    third, fourth = level("L3").id, level("L4").id
    below, above = points[third, 107] + [1.0, 2.0, 0.0], points[fourth, 105] + [3.0, 0.0, 1.0]
    moved = {**points, (third, 107): below, (fourth, 105): above}
    del moved[third, 100]
    model = build_model(moved, frames, MAN)
    assert model.joints[model.levels.index(third)] == pytest.approx((below + above) / 2)
    assert not any("below L3 is half way between the bodies" in each for each in model.notes)


def test_suspect_points_that_the_model_rests_on_make_the_result_red():
    points, frames = made_column()
    third = level("L3").id
    red = loads(build_model(points, frames, MAN, suspect={(third, 50)}), STANDING)
    assert not red.trusted
    assert "points of L3 are suspect" in red.findings[0].text
    assert build_model(points, frames, MAN, suspect={(third, 61)}).suspect == ()


@pytest.mark.parametrize("poi", [103, 104, 127, 135])
def test_suspect_points_of_ligaments_make_the_result_red_too(poi):
    points, frames = made_column()
    third = level("L3").id
    points[third, poi] = points[third, poi] + [0.0, 0.0, 25.0]
    model = build_model(points, frames, MAN, suspect={(third, poi)})
    found = loads(model, STANDING)
    assert "points of L3 are suspect" in found.findings[0].text
    assert f"Suspect points that the model rests on: {point(poi).name} of L3." in [each.text for each in found.findings]


def test_a_point_without_its_ligament_is_named():
    points, frames = made_column()
    del points[level("L3").id, 103]
    model = build_model(points, frames, MAN, suspect={(level("L3").id, 103)})
    assert f"Ligaments are left out where their points are not placed: {point(103).name} of L3." in model.notes
    assert model.suspect == ()
    assert not any("Ligaments are left out" in note for note in made_model().notes)


@pytest.mark.parametrize(("poi", "away"), [(82, [0.0, 90.0, 0.0]), (100, [40.0, 0.0, 0.0])])
def test_a_point_that_cannot_be_right_makes_the_result_red(poi, away):
    points, frames = made_column()
    fourth = level("L4").id
    points[fourth, poi] = points[fourth, poi] + away
    found = loads(build_model(points, frames, MAN), STANDING)
    assert not found.trusted
    assert "points of L4 are suspect" in found.findings[0].text


def test_a_spine_that_lies_askew_in_the_image_is_red():
    points, frames = made_column()
    spin = np.array([[1.0, 0.0, 0.0], [0.0, 0.0, -1.0], [0.0, 1.0, 0.0]])
    lying = {key: Frame(spin @ frame.origin, frame.axes @ spin.T) for key, frame in frames.items()}
    found = loads(build_model({key: spin @ at for key, at in points.items()}, lying, MAN), STANDING)
    assert any("degrees askew" in each.text for each in found.findings if each.severity == "red")


def test_a_task_too_heavy_is_red_and_says_why():
    found = loads(made_model(), replace(BENT, hand_mass_kg=90.0), Settings(strength=30.0))
    assert not found.trusted
    texts = " ".join(each.text for each in found.findings if each.severity == "red")
    assert "Below L5 the muscles of the model lack" in texts
    assert "as hard as they can" in texts


def test_a_person_beside_the_own_feet_is_red():
    points, frames = made_column()
    lean = {key: at + at[2] * np.array([0.6, 0.0, 0.0]) for key, at in points.items()}
    found = loads(build_model(lean, frames, MAN), STANDING)
    assert any("to the right of the sacrum" in each.text for each in found.findings if each.severity == "red")


def test_a_posture_that_nobody_stands_in_is_red():
    points, frames = made_column()
    lean = {key: at + at[2] * np.array([0.0, 0.8, 0.0]) for key, at in points.items()}
    found = loads(build_model(lean, frames, MAN), STANDING)
    assert any("nobody stands like this" in each.text for each in found.findings if each.severity == "red")


def test_a_disc_that_is_pulled_apart_is_red_and_named():
    found = loads(made_model(), TASKS["supine"], Settings(abdominal_pressure=20.0))
    assert found.compression[1] < 0
    assert any("disc below" in each.text and "L4" in each.text for each in found.findings if each.severity == "red")


def test_the_bed_carries_everything_and_the_floor_remains():
    model = made_model()
    np.testing.assert_allclose(loads(model, TASKS["prone"], Settings(activation_floor=0.0)).compression, 0.0, atol=1e-6)
    assert (loads(model, TASKS["prone"]).compression > 0).all()


def test_the_activation_floor_decides_the_loads_of_standing():
    model = made_model()
    low, high = (loads(model, STANDING, Settings(activation_floor=floor)) for floor in (0.0, 0.02))
    assert (high.compression > low.compression + 50)[model.mobile].all()
    assert high.activations.min() == 0.02


def test_ligament_laws_are_straight_pieces():
    law = USUAL.ligaments["stepwise", "PLL"]
    assert law.tension(np.array([0.1]), np.array([10.0]))[0] == pytest.approx(29.5 * 1.0)
    assert law.tension(np.array([0.2]), np.array([10.0]))[0] == pytest.approx(29.5 * 1.11 + 61.7 * 0.89)
    assert law.tension(np.array([-0.2]), np.array([10.0]))[0] == 0.0
    modulus = USUAL.ligaments["bilinear", "ALL"]
    assert modulus.tension(np.array([0.2]), np.array([99.0]))[0] == pytest.approx(63.7 * (7.8 * 0.12 + 20 * 0.08))
    assert USUAL.ligaments["linear", "SSL"].tension(np.array([0.5]), np.array([20.0]))[0] == pytest.approx(2.39 * 10)


def test_discs_are_stiffer_under_load():
    model = made_model(LUMBAR)
    none, half, full, beyond = (disc_stiffness(model, np.full(5, load)) for load in (0.0, 125.0, 500.0, 5000.0))
    np.testing.assert_allclose(full / none, 2.11, rtol=1e-3)
    np.testing.assert_allclose(half / none, 1 + 0.71 / 2, rtol=1e-3)
    np.testing.assert_allclose(beyond, full)


def test_passive_parts_help_in_flexion_and_rest_in_the_imaged_posture():
    model = made_model()
    standing = loads(model, STANDING, Settings(posture_give=0.0))
    bent, bare = loads(model, BENT), loads(model, BENT, Settings(ligaments="none"))
    assert not standing.ligament_forces.any()
    assert not standing.passive.any()
    lumbar = ~bent.in_thorax
    assert (bent.passive[lumbar, 0] > bare.passive[lumbar, 0]).all()
    assert (bare.passive[lumbar, 0] > 0).all()
    assert ((bent.passive_share[lumbar] > 0) & (bent.passive_share[lumbar] < 1)).all()


def test_torn_ligaments_carry_nothing_and_are_named():
    """Each strand by itself, from its law: those beyond their failure load, and no others."""
    model = made_model()
    found, strands = loads(model, Task("deep", "", 90.0), Settings(ligaments="bilinear", pelvis_share=0.0)), model.ligaments
    known = np.array([("bilinear", name) in USUAL.ligaments for name in strands.names])
    torn = np.zeros(len(strands.names), dtype=bool)
    for one in np.flatnonzero(known):
        law, length = (
            USUAL.ligaments["bilinear", strands.names[one]],
            np.linalg.norm(strands.points[one, 1] - strands.points[one, 0]),
        )
        torn[one] = law.tension(found.ligament_strains[one], law.free(length)) > law.failure_n
    assert 0 < torn.sum() < known.sum()
    (text,) = (each.text for each in found.findings if "Stretched" in each.text)
    said = dict.fromkeys(text.split(": ")[1].rstrip(".").split(", "))
    assert said == dict.fromkeys(f"{strands.names[one]} of {level(strands.levels[one]).name}" for one in np.flatnonzero(torn))
    assert not found.ligament_forces[torn].any()
    assert (found.ligament_forces[~torn & known & (found.ligament_strains > 0.001)] > 0.0).all()


def test_an_interval_is_the_same_for_the_same_seed_and_nothing_without_spread():
    model = made_model()
    one, two = (interval(model, STANDING, samples=8, generator=np.random.default_rng(5)) for _ in range(2))
    assert all((one.low[name] == two.low[name]).all() for name in one.low)
    none = interval(model, STANDING, samples=3, spread=Spread(0.0, 0.0, 0.0))
    np.testing.assert_allclose(none.low["compression"], none.high["compression"], rtol=1e-6)
    found = loads(model, STANDING)
    np.testing.assert_allclose(none.low["compression"], found.compression, rtol=1e-6)
    assert (one.high["compression"] > one.low["compression"] + 5)[model.mobile].all()


def test_measured_muscles_are_as_strong_as_they_are_large():
    model = made_model()
    third = level("L3").id
    usual = with_measured_areas(model, {("psoas", "left", third): 400.0})
    chosen = np.array([n.startswith("psoas") and n.endswith("left") for n in model.muscles.names])
    joint = model.levels.index(third)
    passing = (model.muscles.owners.min(axis=1) <= joint) & (model.muscles.owners.max(axis=1) > joint)
    assert usual.muscles.pcsa_mm2[chosen & passing].sum() == pytest.approx(400.0)
    np.testing.assert_array_equal(usual.muscles.pcsa_mm2[~chosen], model.muscles.pcsa_mm2[~chosen])
    wild = with_measured_areas(model, {("psoas", "left", third): 90000.0})
    assert "was not believed" in wild.notes[-1]
    np.testing.assert_array_equal(wild.muscles.pcsa_mm2, model.muscles.pcsa_mm2)
    tongue = with_measured_areas(model, {("tongue", "left", third): 5.0})
    assert tongue.notes[len(model.notes) :] == ("The measured tongue left does nothing: the model has no such muscle.",)


def test_the_shares_of_hess_are_his_five_until_the_thorax_bends_too():
    """Hess et al. have five joints; T12/L1 is an estimate beside them, and takes a sixth of the whole."""
    five = {"L5": 0.125, "L4": 0.185, "L3": 0.204, "L2": 0.231, "L1": 0.255}
    table = {row["joint_below"]: float(row["share"]) for row in rows("lumbar_rhythm.csv") if row["rhythm"] == "hess"}
    assert table == {"T12": 0.2, **five}
    assert sum(five.values()) == pytest.approx(1.0)
    from_below = tuple(level(name).id for name in five)
    whole = lumbar_shares((*from_below, level("T12").id))
    assert lumbar_shares(from_below) == pytest.approx(whole[:-1])
    assert whole == pytest.approx((0.104, 0.154, 0.170, 0.193, 0.213, 0.167), abs=0.0006)


def test_the_shares_of_the_rhythm_add_up():
    assert sum(lumbar_shares(made_model().levels)) == pytest.approx(1.0)
    with pytest.raises(ParameterError, match="Without a lumbar level"):
        lumbar_shares((level("T4").id,))


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda: Person("x", 170, 70), "f or m"),
        (lambda: Person("f", 170, 0), "weight must be between"),
        (lambda: Person("f", float("nan"), 70), "stature"),
        (lambda: Settings(strength=500), "strength must be between 30 and 100"),
        (lambda: Settings(power=2.5), "2 or 3"),
        (lambda: Settings(ligaments="steel"), "no set of ligament laws"),
        (lambda: Task("a", "", 120.0), "bent by -30 to 90"),
        (lambda: Task("a", "", 0.0, -1.0), "0 to 100 kg"),
        (lambda: Spread(point_mm=-1), "Spreads"),
        (lambda: interval(made_model(LUMBAR), STANDING, samples=1), "number of samples"),
    ],
)
def test_impossible_numbers_are_refused(make, said):
    with pytest.raises(ParameterError, match=said):
        make()


def test_levels_are_told_from_below():
    assert [level(key).name for key in made_model().levels] == LEVELS[::-1]
