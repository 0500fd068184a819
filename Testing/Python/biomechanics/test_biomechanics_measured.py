"""Muscles as strong, and as far from the spine, as they were measured."""

import json

import numpy as np
import pytest
from made_columns import made_model, made_pois
from spinetwin.anatomy import level
from spinetwin.biomechanics import TASKS, Person, loads, with_measured_areas, with_measured_centroids
from spinetwin.cli import main
from spinetwin.io import write_pois
from spinetwin.io.measurements import write_measurements
from spinetwin.io.osim_info import MISSING
from spinetwin.measure.results import Measurement, Measurements

THIRD, FOURTH = level("L3").id, level("L4").id
BENT = TASKS["flexion-60"]


def held(model, group, side):
    pairs = zip(model.muscles.groups, model.muscles.sides, strict=True)
    return np.array([pair == (group, side) for pair in pairs])


def crossings(model, key, which):
    """Return where the paths of some fascicles pass the plane of the disc below a level, and their areas; by sampling them."""
    joint = model.levels.index(key)
    found, areas = [], []
    for path, area in zip(model.muscles.points[which], model.muscles.pcsa_mm2[which], strict=True):
        steps = np.linspace(0, len(path) - 1, 20 * (len(path) - 1) + 1)
        points = np.array([np.interp(steps, np.arange(len(path)), column) for column in path.T]).T
        local = (points - model.joints[joint]) @ model.joint_axes[joint].T
        across = np.flatnonzero((local[:-1, 2] < 0) != (local[1:, 2] < 0))
        if len(across):
            low, high = local[across[0]], local[across[0] + 1]
            found.append(low + (high - low) * low[2] / (low[2] - high[2]))
            areas.append(area)
    return np.array(found)[:, :2], np.array(areas)


def centroid(model, key, which):
    found, areas = crossings(model, key, which)
    return np.average(found, axis=0, weights=areas)


@pytest.mark.parametrize("group", ["psoas", "multifidus", "quadratus_lumborum"])
def test_the_centroid_is_where_it_was_measured(group):
    model = made_model(curve_mm=15.0)
    which = held(model, group, "left")
    wanted = centroid(model, FOURTH, which) + np.array([-6.0, 4.0])
    moved = with_measured_centroids(model, {(group, "left", FOURTH): wanted})
    np.testing.assert_allclose(centroid(moved, FOURTH, which), wanted, atol=1e-6)
    assert "up to 7 mm" in moved.notes[-1]


def test_attachments_and_other_muscles_stay_where_they_are():
    model = made_model()
    which = held(model, "psoas", "left")
    moved = with_measured_centroids(model, {("psoas", "left", THIRD): centroid(model, THIRD, which) + np.array([5.0, 5.0])})
    np.testing.assert_array_equal(moved.muscles.points[:, 0], model.muscles.points[:, 0])
    np.testing.assert_array_equal(moved.muscles.points[:, -1], model.muscles.points[:, -1])
    before = model.muscles.points[~which]
    np.testing.assert_array_equal(moved.muscles.points[~which][:, : before.shape[1]], before)


def test_a_centroid_where_the_model_has_it_changes_no_load():
    model = made_model()
    same = with_measured_centroids(
        model, {("psoas", side, THIRD): centroid(model, THIRD, held(model, "psoas", side)) for side in ("left", "right")}
    )
    np.testing.assert_allclose(
        loads(same, TASKS["standing"]).compression, loads(model, TASKS["standing"]).compression, rtol=1e-6
    )


def test_back_muscles_further_behind_the_spine_load_it_less():
    model = made_model()
    groups = np.isin(model.muscles.groups, ("longissimus", "iliocostalis", "spinalis"))
    places = {}
    for side in ("left", "right"):
        which = groups & (np.array(model.muscles.sides) == side)
        for name in ("L2", "L3", "L4"):
            places["erector_spinae", side, level(name).id] = centroid(model, level(name).id, which) + np.array([0.0, -8.0])
    moved = with_measured_centroids(model, places)
    joint = model.levels.index(THIRD)
    assert loads(moved, BENT).compression[joint] < 0.97 * loads(model, BENT).compression[joint]


def test_an_area_says_whether_it_was_measured_or_scaled():
    model = made_model(person=Person("f", 165.0, 60.0))
    factor = 0.85 * (60.0 / 75.0) ** (2 / 3)
    assert all(each.endswith(f"area times {factor:.3f} for 60 kg and sex f") for each in model.muscles.sources)
    told = with_measured_areas(model, {("psoas", "left", level("L4").id): 900.0}).muscles
    measured = [each.startswith("measured cross-section of the psoas left") for each in told.sources]
    assert measured == [pair == ("psoas", "left") for pair in zip(told.groups, told.sides, strict=True)]


def test_a_centroid_beyond_belief_is_told_and_left_out():
    model = made_model()
    wild = with_measured_centroids(model, {("psoas", "left", THIRD): np.array([300.0, 0.0])})
    assert "was not believed" in wild.notes[-1]
    np.testing.assert_array_equal(wild.muscles.points, model.muscles.points)


def test_muscles_and_levels_that_the_model_lacks_are_left_alone():
    model = made_model()
    for place in (("tongue", "left", THIRD), ("psoas", "left", level("C3").id), ("psoas", "left", level("T4").id)):
        same = with_measured_centroids(model, {place: np.zeros(2)})
        np.testing.assert_array_equal(same.muscles.points, model.muscles.points)
        assert same.notes == model.notes


def test_a_muscle_that_is_thin_at_one_level_is_weak_there_only():
    model = made_model()
    which = held(model, "multifidus", "right")
    low, high = level("L5").id, level("L2").id
    joint_of = {key: model.levels.index(key) for key in (low, high)}
    passing = {
        key: which & (model.muscles.owners.min(axis=1) <= at) & (model.muscles.owners.max(axis=1) > at)
        for key, at in joint_of.items()
    }
    areas = {key: model.muscles.pcsa_mm2[who].sum() for key, who in passing.items()}
    thin = with_measured_areas(
        model, {("multifidus", "right", low): 0.5 * areas[low], ("multifidus", "right", high): areas[high]}
    )
    factors = thin.muscles.pcsa_mm2 / model.muscles.pcsa_mm2
    np.testing.assert_allclose(factors[passing[low] & ~passing[high]], 0.5)
    np.testing.assert_allclose(factors[passing[high] & ~passing[low]], 1.0)
    np.testing.assert_allclose(factors[passing[low] & passing[high]], 0.75)


def iliopsoas(name, *sides):
    return {(name, side, level(key).id): 1200.0 for side in sides or ("left", "right") for key in ("L2", "L3", "L4", "L5")}


def test_an_iliopsoas_is_the_psoas_as_long_as_no_iliacus_has_joined_it():
    model = made_model()
    told = with_measured_areas(model, iliopsoas("iliopsoas"))
    fifth = level("L5").id
    psoas = {place: area for place, area in iliopsoas("psoas").items() if place[2] != fifth}
    np.testing.assert_allclose(told.muscles.pcsa_mm2, with_measured_areas(model, psoas).muscles.pcsa_mm2)
    assert (told.muscles.pcsa_mm2 != model.muscles.pcsa_mm2).any()
    said = [note for note in told.notes if "iliopsoas" in note]
    assert [note.split()[3] for note in said] == ["left", "right"]
    assert all("taken for the psoas down to L4/5" in note for note in said)


def test_an_iliopsoas_is_the_psoas_of_other_programs_too(tmp_path):
    """As long as it is the psoas of the model; PS of the file else stays unknown."""
    found = [
        Measurement("muscle_area", value, "mm2", level=level(name).id, side=side, part="iliopsoas")
        for name, side, value in (("L3", "left", 1100.0), ("L3", "right", 900.0), ("L5", "left", 2000.0))
    ]
    write_measurements(tmp_path / "measurements.json", Measurements(tuple(found)))
    write_pois(tmp_path / "sub-a.mrk.json", made_pois(["T12", "L1", "L2", "L3", "L4", "L5"]))
    words = ["simulate", str(tmp_path / "sub-a.mrk.json"), "--sex", "f", "--height-cm", "168", "--weight-kg", "64", "--quiet"]
    assert main([*words, "--measurements", str(tmp_path), "--export", "osim-info", "--out", str(tmp_path / "out")]) == 0
    info = json.loads((tmp_path / "out" / "sub-a_osim_info.json").read_text(encoding="utf-8"))
    left, right = (json.loads(info[f"muscleCSA_{side}"]) for side in "LR")
    assert (left["L3"]["PS"], right["L3"]["PS"]) == (pytest.approx(11.0), pytest.approx(9.0))
    assert (left["L5"]["PS"], left["L4"]["PS"]) == (MISSING, MISSING)


def test_centroids_of_an_iliopsoas_are_those_of_the_psoas():
    model = made_model()
    places = {name: {(name, "left", THIRD): np.array([-40.0, 5.0])} for name in ("psoas", "iliopsoas")}
    moved = [with_measured_centroids(model, each).muscles.points for each in places.values()]
    np.testing.assert_array_equal(*moved)
    assert (moved[0].shape != model.muscles.points.shape) or (moved[0] != model.muscles.points).any()


def test_a_psoas_of_its_own_goes_first():
    model = made_model()
    both = {**iliopsoas("iliopsoas"), **dict.fromkeys(iliopsoas("psoas", "left"), 900.0)}
    told, alone = (with_measured_areas(model, areas) for areas in (both, dict.fromkeys(iliopsoas("psoas", "left"), 900.0)))
    left = held(model, "psoas", "left")
    np.testing.assert_allclose(told.muscles.pcsa_mm2[left], alone.muscles.pcsa_mm2[left])
    assert any(note.startswith("The measured iliopsoas left does nothing") for note in told.notes)


def test_a_muscle_that_the_model_lacks_is_named():
    model = made_model()
    told = with_measured_areas(model, {("semispinalis", "left", level("T4").id): 200.0})
    assert told.notes[-1] == "The measured semispinalis left does nothing: the model has no such muscle."
    elsewhere = with_measured_areas(model, {("longus_colli", "left", level("C3").id): 200.0})
    assert elsewhere.notes == model.notes, "not at a level of the model"
