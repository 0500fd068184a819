"""A file of a model says where each point is from, and computes with every number that it tells."""

import json

import numpy as np
import pytest
from made_columns import MAN, made_column, made_model
from spinetwin.anatomy import level
from spinetwin.anatomy.tables import read_table
from spinetwin.biomechanics import TASKS, Settings, build_model, loads
from spinetwin.biomechanics.model import slack_lengths
from spinetwin.errors import ReadError
from spinetwin.io.multibody import read_model, read_model_and_settings, write_model

TAUT = Settings(flavum_tension=15.0)
NAMES = ["T12", "L1", "L2", "L3", "L4", "L5"]
SPANNED = {
    "ALL": {(103, 101), (111, 109), (119, 117)},
    "PLL": {(104, 102), (112, 110), (120, 118)},
    "LF": {(127, 125), (143, 141), (151, 149)},
    "ISL": {(135, 133)},
    "SSL": {(81, 81)},
    "ITL": {(82, 82), (83, 83)},
    "CL": {(86, 88), (87, 89)},
}
"""Points of the upper and of the lower vertebra between which ligaments run."""


@pytest.fixture(scope="module")
def model():
    return made_model(NAMES, curve_mm=10.0)


def told(tmp_path, model, settings=None):
    write_model(tmp_path / "a.spinembs.json", model, settings)
    return json.loads((tmp_path / "a.spinembs.json").read_text(encoding="utf-8"))


def read(tmp_path, content):
    path = tmp_path / "b.spinembs.json"
    path.write_text(json.dumps(content), encoding="utf-8")
    return read_model_and_settings(path)


def test_ligaments_run_between_the_points_that_are_theirs():
    rows = read_table("ligament_strands.csv", "spinetwin.biomechanics")
    found = {name: set() for name in SPANNED}
    for row in rows:
        if row["lower_point"].isdigit():
            found[row["ligament"]].add((int(row["upper_point"]), int(row["lower_point"])))
    assert found == SPANNED
    assert all(row["source"] for row in rows)


def test_every_point_says_which_one_it_is(tmp_path):
    points, frames = made_column(NAMES)
    del points[level("L3").id, 82]
    content = told(tmp_path, build_model(points, frames, MAN))
    told_of = {at["source"] for muscle in content["muscles"] for at in muscle["path"]}
    assert {"point 81 of L3", "template in place of point 82 of L3", "template point psis right"} <= told_of
    assert all(source.startswith(("point ", "template ")) for source in told_of)
    front = next(each for each in content["ligaments"] if (each["name"], each["level"]) == ("ALL", "L3"))
    assert front["ends"] == ["point 103 of L3", "point 101 of L4"]
    assert "105" in content["bodies"][0]["source"]
    assert "point 50" in content["bodies"][1]["source"]
    assert content["joints"][1]["source"].startswith("point 100 of L4, else half way between 107 of L4 and 105 of L5")
    assert content["trunk_axes_source"]


def test_sources_are_read_as_they_were_written(tmp_path, model):
    again = read(tmp_path, told(tmp_path, model))[0]
    assert again.muscles.point_sources == model.muscles.point_sources
    assert again.ligaments.sources == model.ligaments.sources


@pytest.mark.parametrize("settings", [Settings(), TAUT])
def test_the_slack_length_of_the_file_is_the_one_that_is_computed_with(tmp_path, model, settings):
    content = told(tmp_path, model, settings)
    lengths = [each["slack_length_mm"] for each in content["ligaments"]]
    np.testing.assert_array_equal(lengths, slack_lengths(model, settings.ligaments, settings.flavum_tension))
    again, usual = read(tmp_path, content)
    assert again.ligaments.slack is None
    np.testing.assert_array_equal(slack_lengths(again, usual.ligaments, usual.flavum_tension), lengths)


@pytest.mark.parametrize("settings", [Settings(), TAUT])
def test_a_slack_length_that_is_changed_by_hand_is_computed_with(tmp_path, model, settings):
    content = told(tmp_path, model, settings)
    for each in content["ligaments"]:
        each["slack_length_mm"] *= 0.9 if each["name"] == "SSL" else 1.0
    changed, usual = read(tmp_path, content)
    before, after = (loads(each, TASKS["flexion-60"], usual) for each in (model, changed))
    of_tips = np.array(model.ligaments.names) == "SSL"
    assert (after.ligament_strains[of_tips] > before.ligament_strains[of_tips]).all()
    np.testing.assert_array_equal(after.ligament_strains[~of_tips], before.ligament_strains[~of_tips])
    assert not np.allclose(after.compression, before.compression, atol=1.0)
    lengths = [[each["slack_length_mm"] for each in one["ligaments"]] for one in (told(tmp_path, changed, usual), content)]
    np.testing.assert_allclose(*lengths, rtol=1e-12)


@pytest.mark.parametrize("length", [0.0, -3.0, None, "long"])
def test_impossible_slack_lengths_are_refused(tmp_path, model, length):
    content = told(tmp_path, model)
    content["ligaments"][0]["slack_length_mm"] = length
    with pytest.raises(ReadError):
        read(tmp_path, content)


def test_files_that_told_slack_lengths_in_vain_are_read_as_before(tmp_path, model):
    content = told(tmp_path, model)
    for each in content["ligaments"]:
        del each["slack_source"], each["ends"]
        each["slack_length_mm"] *= 0.7
    for each in content["muscles"]:
        for at in each["path"]:
            del at["source"]
    path = tmp_path / "old.spinembs.json"
    path.write_text(json.dumps(content), encoding="utf-8")
    assert read_model(path).ligaments.slack is None
