"""Models, results and tasks as files, and the command that makes them."""

import csv
import json
import re
from dataclasses import asdict

import numpy as np
import pytest
from made_columns import LEVELS, MAN, made_column, made_model
from spinetwin.biomechanics import TASKS, Settings, interval, loads
from spinetwin.biomechanics.tissues import USUAL
from spinetwin.cli import main
from spinetwin.errors import ReadError
from spinetwin.io import write_pois
from spinetwin.io.loads import read_task, write_loads, write_loads_table
from spinetwin.io.multibody import read_model, read_model_and_settings, write_model
from spinetwin.poi import Poi, PoiSet, Status

PERSON = ["--sex", "m", "--height-cm", "175", "--weight-kg", "70", "--quiet"]


@pytest.fixture(scope="module")
def model():
    return made_model(curve_mm=10.0)


@pytest.fixture
def points_file(tmp_path):
    return _write(tmp_path / "spine.mrk.json")


def _write(path, without=(), suspect=()):
    points, frames = made_column(["T12", "L1", "L2", "L3", "L4", "L5"])
    for key, frame in frames.items():
        for poi, away in ((128, -frame.anterior), (129, -frame.superior), (130, frame.right)):
            points[key, poi] = frame.origin + 10 * away
    made = []
    for key, at in points.items():
        status = Status.SUSPECT if key in suspect else Status.OK
        made += [Poi(*key, status, tuple(at.tolist()), source="made", reason="odd")] if key[0] not in without else []
    write_pois(path, PoiSet.of(made))
    return path


def test_a_model_comes_back_as_it_was(tmp_path, model):
    path = tmp_path / "a.spinembs.json"
    write_model(path, model)
    again = read_model(path)
    write_model(tmp_path / "b.spinembs.json", again)
    assert path.read_bytes() == (tmp_path / "b.spinembs.json").read_bytes()
    np.testing.assert_array_equal(loads(again, TASKS["flexion-60"]).compression, loads(model, TASKS["flexion-60"]).compression)


def test_every_entry_of_a_model_file_has_its_source(tmp_path, model):
    write_model(tmp_path / "a.spinembs.json", model, Settings(strength=60.0))
    content = json.loads((tmp_path / "a.spinembs.json").read_text(encoding="utf-8"))
    assert content["settings"]["strength"]["value"] == 60.0
    assert content["settings"]["strength"]["unit"] == "N/cm2"
    assert content["use"].startswith("Research use")
    tissues = content["tissues"]
    parts = [content[part] for part in ("bodies", "joints", "masses", "muscles", "ligaments")]
    for part in (*parts, tissues["ligaments"], tissues["discs"], tissues["fibres"], [tissues["resting_curve"]]):
        assert part
        assert all(each["source"] for each in part)
    assert all(each["source"] for each in content["settings"].values())


def test_laws_in_a_model_file_are_those_of_the_tables(tmp_path, model):
    """Numbers as their papers have them, read from the table and not from the program."""
    write_model(tmp_path / "a.spinembs.json", model)
    tissues = json.loads((tmp_path / "a.spinembs.json").read_text(encoding="utf-8"))["tissues"]
    flavum = next(each for each in tissues["ligaments"] if (each["set"], each["ligament"]) == ("stepwise", "LF"))
    assert flavum["slopes"] == [7.7, 9.6, 58.2]
    np.testing.assert_allclose(flavum["strains"], [0.0, 0.059, 0.49])
    assert (flavum["free_mm"], flavum["failure_n"]) == (19.0, 340.0)
    lumbar = next(each for each in tissues["discs"] if each["region"] == "lumbar")
    assert lumbar["preload_n"] == [0.0, 250.0, 500.0]
    assert lumbar["flexion_lateral_axial_nm_deg"][1] == [1.026, 1.368, 3.42]
    assert {each["group"]: each["optimal_mm"] for each in tissues["fibres"]}["multifidus"] == 56.6


def test_a_model_file_without_laws_has_the_usual_ones(tmp_path, model):
    path = tmp_path / "a.spinembs.json"
    write_model(path, model, Settings(power=2.0))
    content = json.loads(path.read_text(encoding="utf-8"))
    del content["tissues"]
    content["settings"] = {"power": 2.0, "ligaments": "linear"}
    path.write_text(json.dumps(content), encoding="utf-8")
    again, settings = read_model_and_settings(path)
    assert again.tissues is USUAL
    assert settings == Settings(power=2.0, ligaments="linear")


def test_another_law_in_a_model_file_is_computed_with(tmp_path, model):
    path = tmp_path / "a.spinembs.json"
    write_model(path, model)
    content = json.loads(path.read_text(encoding="utf-8"))
    for disc in content["tissues"]["discs"]:
        disc["flexion_lateral_axial_nm_deg"] = [[2 * value for value in row] for row in disc["flexion_lateral_axial_nm_deg"]]
    path.write_text(json.dumps(content), encoding="utf-8")
    here = loads(read_model(path), TASKS["flexion-60"])
    there = loads(model, TASKS["flexion-60"], Settings(disc_stiffness=2.0))
    np.testing.assert_allclose(here.compression, there.compression, atol=1e-9)


def _without(name):
    return lambda content: content.pop(name)


def _set(part, name, value):
    return lambda content: content[part][0].update({name: value})


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda c: c.update(format="other"), "no multibody model"),
        (lambda c: c.update(version=99), "version 99"),
        (_without("muscles"), "damaged"),
        (_without("person"), "damaged"),
        (lambda c: c["person"].update(weight_kg=0), "impossible model"),
        (lambda c: c["bodies"].pop(), "damaged"),
        (_set("bodies", "origin", [0, float("inf"), 0]), "damaged"),
        (_set("bodies", "origin", [0, 1]), "damaged"),
        (_set("muscles", "pcsa_mm2", -5), "damaged"),
        (_set("muscles", "path", []), "damaged"),
        (_set("masses", "body", "nobody"), "damaged"),
        (_set("masses", "kg", "heavy"), "damaged"),
        (lambda c: c.update(template_share=7), "damaged"),
        (_set("ligaments", "level", "L9"), "impossible model"),
        (lambda c: c.update(muscles=[{}] * 10001), "damaged"),
        (_set("bodies", "axes", [[1, 0, 0], [0, 1, 0], [0, 0.1, 1]]), "damaged"),
        (_set("bodies", "axes", [[-1, 0, 0], [0, 1, 0], [0, 0, 1]]), "damaged"),
        (_set("joints", "centre", [0, 0, 1e9]), "damaged"),
        (
            lambda c: [each.update({name: "L5"}) for each, name in ((c["bodies"][2], "name"), (c["joints"][1], "below"))],
            "damaged",
        ),
        (lambda c: c.update(settings={"strength": {"value": "strong"}}), "damaged"),
        (lambda c: c.update(settings={"strength": {"value": 5}}), "impossible model: The setting strength"),
        (lambda c: c.update(settings={"luck": 7}), "damaged"),
        (lambda c: c.update(settings=[1, 2]), "damaged"),
        (lambda c: c["tissues"].pop("discs"), "damaged"),
        (lambda c: c["tissues"]["ligaments"].append(c["tissues"]["ligaments"][0]), "damaged"),
        (lambda c: c["tissues"]["ligaments"][0].update(slopes=[-1, 2, 3]), "damaged"),
        (lambda c: c["tissues"]["ligaments"][0].update(strains=[0, 0.2, 0.1]), "damaged"),
        (lambda c: c["tissues"]["ligaments"][0].update(slopes_unit="kg"), "damaged"),
        (lambda c: c["tissues"]["discs"][0].update(preload_n=[0]), "damaged"),
        (lambda c: c["tissues"]["resting_curve"].update(stresses_n_cm2=[0]), "damaged"),
        (lambda c: c["tissues"]["fibres"][0].update(optimal_mm=0), "damaged"),
    ],
)
def test_damaged_models_are_refused_in_one_sentence(tmp_path, model, change, said):
    path = tmp_path / "a.spinembs.json"
    write_model(path, model)
    content = json.loads(path.read_text(encoding="utf-8"))
    change(content)
    path.write_text(json.dumps(content), encoding="utf-8")
    with pytest.raises(ReadError, match=said):
        read_model(path)


def test_a_model_cut_off_is_refused(tmp_path, model):
    path = tmp_path / "a.spinembs.json"
    write_model(path, model)
    path.write_bytes(path.read_bytes()[:5000])
    with pytest.raises(ReadError, match="no complete JSON"):
        read_model(path)


def test_results_as_json_and_as_a_table_say_the_same(tmp_path, model):
    found = loads(model, TASKS["flexion-60"])
    spread = interval(model, TASKS["flexion-60"], samples=4, around=found)
    write_loads(tmp_path / "a.json", model, found, spread)
    write_loads_table(tmp_path / "a.csv", found, spread)
    content = json.loads((tmp_path / "a.json").read_text(encoding="utf-8"))
    table = list(csv.DictReader((tmp_path / "a.csv").read_text(encoding="utf-8").splitlines()))[: len(LEVELS)]
    assert [row["joint below"] for row in table] == LEVELS
    for row, joint in zip(reversed(table), content["joints"], strict=True):
        assert float(row["compression N"]) == pytest.approx(joint["compression"], abs=0.06)
        assert float(row["muscles lack Nm"]) == pytest.approx(np.linalg.norm(joint["lacking"]), abs=0.006)
        assert float(row["compression high N"]) == pytest.approx(joint["compression_95"][1], abs=0.06)
    assert content["settings"]["activation_floor"] == Settings().activation_floor
    assert len(content["muscles"]) == len(model.muscles.names)
    assert "Research use" in content["use"]


def test_a_table_without_an_interval_leaves_its_ends_empty(tmp_path, model):
    write_loads_table(tmp_path / "a.csv", loads(model, TASKS["standing"]))
    row = next(csv.DictReader((tmp_path / "a.csv").read_text(encoding="utf-8").splitlines()))
    assert row["compression low N"] == row["shear right high N"] == ""
    assert row["shear forward N"]
    assert row["weight N"]


def test_a_task_from_a_file(tmp_path):
    path = tmp_path / "sit.json"
    path.write_text('{"name": "sit", "trunk_flexion_deg": 20, "hand_mass_kg": 1.5}', encoding="utf-8")
    task = read_task(path)
    assert (task.name, task.trunk_flexion_deg, task.hand_mass_kg, task.supported) == ("sit", 20.0, 1.5, False)


def test_a_task_from_a_file_may_say_how_it_is_held(tmp_path):
    path = tmp_path / "task.json"
    path.write_text('{"name": "lift", "pelvis_share": 0.2, "hands_ahead_mm": 300, "floor_share": 0.5}', encoding="utf-8")
    task = read_task(path)
    assert (task.pelvis_share, task.hands_ahead_mm, task.floor_share) == (0.2, 300.0, 0.5)
    path.write_text('{"name": "lift", "pelvis_share": null}', encoding="utf-8")
    assert read_task(path).pelvis_share is None


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[]", "is no task"),
        ('{"trunk_flexion_deg": 3}', "is no task"),
        ('{"name": "a", "speed": 3}', "unknown entry 'speed'"),
        ('{"name": "a", "trunk_flexion_deg": "much"}', "no number"),
        ('{"name": "a", "supported": "yes"}', "not true or false"),
        ('{"name": "a", "trunk_flexion_deg": 200}', "impossible task"),
        ('{"name": "a", "hand_mass_kg": NaN}', "impossible task"),
        ('{"name": "a", "pelvis_share": 3}', "impossible task"),
        ('{"name": "a", "hands_ahead_mm": "far"}', "no number"),
        ('{"name": "a", "floor_share": null}', "no number"),
        ('{"name": "a"', "no complete JSON"),
    ],
)
def test_bad_tasks_are_refused(tmp_path, text, said):
    path = tmp_path / "task.json"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ReadError, match=said):
        read_task(path)


def test_the_command_writes_model_results_and_picture(tmp_path, points_file, capsys):
    out = tmp_path / "out"
    assert main(["simulate", str(points_file), *PERSON, "--task", "flexion-36", "--samples", "3", "--out", str(out)]) == 0
    assert {path.name for path in out.iterdir()} == {
        "model.spinembs.json",
        "loads.json",
        "loads.csv",
        "loads.png",
        "loads.html",
    }
    assert (out / "loads.png").read_bytes().startswith(b"\x89PNG")
    content = json.loads((out / "loads.json").read_text(encoding="utf-8"))
    assert content["samples"] == 3
    assert content["task"]["name"] == "flexion-36"
    said = capsys.readouterr().out
    assert "Below L4: compression" in said
    assert said.startswith("Research use. Not a medical device")
    settings = json.loads((out / "model.spinembs.json").read_text(encoding="utf-8"))["settings"]
    assert {name: each["value"] for name, each in settings.items()} == asdict(Settings())
    assert read_model(out / "model.spinembs.json").person == MAN


def test_the_command_says_what_is_not_to_be_trusted(tmp_path, capsys):
    path = _write(tmp_path / "a.mrk.json", suspect={(23, 50)})
    assert main(["simulate", str(path), *PERSON, "--out", str(tmp_path / "out")]) == 0
    assert "Not to be trusted: The points of L4 are suspect" in capsys.readouterr().out
    assert json.loads((tmp_path / "out" / "loads.json").read_text(encoding="utf-8"))["trusted"] is False


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--task", "flying"], "no task 'flying'"),
        (["--weight-kg", "0"], "weight must be between"),
        (["--height-cm", "900"], "stature must be between"),
        (["--sex", "x"], "sex must be f or m"),
        (["--samples", "1"], "number of samples"),
        (["--strength", "5"], "strength must be between"),
        (["--ligaments", "steel"], "no set of ligament laws"),
        (["--measurements", "nowhere"], "no file nowhere"),
        (["--compare", "nowhere"], "no file nowhere"),
        (["--abdominal-pressure", "-3"], "abdominal_pressure must be between"),
    ],
)
def test_the_command_refuses_in_one_sentence_and_writes_nothing(tmp_path, points_file, capsys, options, said):
    assert main(["simulate", str(points_file), *PERSON, "--out", str(tmp_path / "out"), *options]) == 1
    error = capsys.readouterr().err
    assert said in error
    assert error.count("\n") == 1
    assert not (tmp_path / "out").exists()


def test_a_task_that_nobody_can_balance_is_red_and_nothing_is_lost(tmp_path, points_file, capsys):
    task = tmp_path / "weights.json"
    task.write_text('{"name": "weights", "trunk_flexion_deg": 80, "hand_mass_kg": 100}', encoding="utf-8")
    out = tmp_path / "out"
    assert main(["simulate", str(points_file), *PERSON, "--task", str(task), "--out", str(out)]) == 0
    said = capsys.readouterr().out
    lacking = re.findall(r"Not to be trusted: Below (\w+) the muscles of the model lack [0-9.]+ Nm of the [0-9.]+ Nm", said)
    assert "L5" in lacking
    yielding = re.findall(r"Below (\w+) the posture is held only if the disc gives way", said)
    assert not set(lacking) & set(yielding)
    assert "as hard as they can" in said
    page = (out / "loads.html").read_text(encoding="utf-8")
    assert page.index("as hard as they can") < page.index("Compression and shear</h2>")


def test_measured_muscles_are_read_with_their_places(tmp_path, points_file, capsys):
    measured = [
        {"name": name, "level": "L4", "side": "left", "part": "psoas", "value": value, "unit": unit}
        for name, value, unit in (
            ("muscle_area", 900.0, "mm2"),
            ("muscle_centroid_right", -40.0, "mm"),
            ("muscle_centroid_anterior", 5.0, "mm"),
        )
    ]
    path = tmp_path / "measurements.json"
    path.write_text(json.dumps({"format": "spinetwin measurements", "version": 1, "measurements": measured}), encoding="utf-8")
    options = ["--measurements", str(tmp_path), "--out", str(tmp_path / "out")]
    assert main(["simulate", str(points_file), *PERSON, *options]) == 0
    said = capsys.readouterr().out
    assert "The psoas left is as strong as its measured area" in said
    assert "The psoas left runs where its centroid was measured" in said


def test_a_second_result_is_compared_with_the_first(tmp_path, points_file):
    first, second = tmp_path / "lying", tmp_path / "standing"
    assert main(["simulate", str(points_file), *PERSON, "--task", "supine", "--out", str(first)]) == 0
    assert main(["simulate", str(points_file), *PERSON, "--compare", str(first), "--out", str(second)]) == 0
    page = (second / "loads.html").read_text(encoding="utf-8")
    assert "Compared with lying" in page
    assert "lying on the back, carried by the bed" in page


def test_the_rhythm_and_the_tension_of_the_flava_are_options(tmp_path, points_file, capsys):
    bent = ["simulate", str(points_file), *PERSON, "--task", "flexion-60"]
    compressions = []
    for name, options in {"usual": [], "other": ["--rhythm", "pearcy", "--flavum-tension", "15"]}.items():
        assert main([*bent, *options, "--out", str(tmp_path / name)]) == 0
        content = json.loads((tmp_path / name / "loads.json").read_text(encoding="utf-8"))
        compressions.append(content["joints"][1]["compression"])
    assert (content["settings"]["rhythm"], content["settings"]["flavum_tension"]) == ("pearcy", 15.0)
    assert abs(compressions[1] - compressions[0]) > 1.0
    assert "share the rest as Pearcy et al. have it" in capsys.readouterr().out
    for wrong, said in {
        ("--rhythm", "waltz"): "Choose one of: hess, pearcy",
        ("--flavum-tension", "99"): "between 0 and 20 N",
    }.items():
        assert main([*bent, *wrong, "--out", str(tmp_path / "no")]) == 1
        assert said in capsys.readouterr().err
    assert not (tmp_path / "no").exists()


def test_a_missing_level_is_named(tmp_path, capsys):
    path = _write(tmp_path / "a.mrk.json", without={22})
    assert main(["simulate", str(path), *PERSON, "--out", str(tmp_path / "out")]) == 1
    assert "No model without L3" in capsys.readouterr().err
