"""`spinetwin simulate` of a model that was built before, without its points."""

import json

import numpy as np
import pytest
from made_columns import made_pois
from spinetwin.cli import main
from spinetwin.io import write_pois

PERSON = ["--sex", "f", "--height-cm", "168", "--weight-kg", "64"]
SET = ["--strength", "80", "--ligaments", "bilinear", "--rhythm", "pearcy", "--flavum-tension", "5"]
LUMBAR = ["T12", "L1", "L2", "L3", "L4", "L5"]


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    """Points, and the folder of their simulation while somebody bends."""
    folder = tmp_path_factory.mktemp("Modell ü")
    write_pois(folder / "a.mrk.json", made_pois(LUMBAR, curve_mm=10.0))
    words = ["simulate", str(folder / "a.mrk.json"), *PERSON, *SET, "--task", "flexion-36", "--quiet"]
    assert main([*words, "--out", str(folder / "points")]) == 0
    return folder


def content(folder):
    return json.loads((folder / "loads.json").read_text(encoding="utf-8"))


def again(built, out, *options):
    return main(["simulate", str(built / "points" / "model.spinembs.json"), "--quiet", "--out", str(out), *options])


def test_a_model_has_the_loads_of_its_points(built, tmp_path):
    assert again(built, tmp_path, "--task", "flexion-36") == 0
    here, there = content(tmp_path), content(built / "points")
    for one, other in zip(here["joints"], there["joints"], strict=True):
        for name in ("compression", "shear_anterior", "shear_right"):
            assert one[name] == pytest.approx(other[name], abs=1e-9)
    pulls = [[each["force"] for each in found["muscles"]] for found in (here, there)]
    np.testing.assert_allclose(*pulls, atol=1e-9)
    assert here["settings"] == there["settings"]
    assert (tmp_path / "model.spinembs.json").read_bytes() == (built / "points" / "model.spinembs.json").read_bytes()


def test_another_task_and_other_settings_may_be_asked_of_it(built, tmp_path):
    options = ["--task", "standing", "--strength", "50", "--samples", "3"]
    assert again(built, tmp_path / "model", *options) == 0
    words = ["simulate", str(built / "a.mrk.json"), *PERSON, *SET, *options, "--quiet", "--out", str(tmp_path / "points")]
    assert main(words) == 0
    here, there = content(tmp_path / "model"), content(tmp_path / "points")
    assert here["settings"]["strength"] == 50
    assert here["settings"]["rhythm"] == "pearcy"
    for one, other in zip(here["joints"], there["joints"], strict=True):
        assert one["compression_95"] == pytest.approx(other["compression_95"], abs=1e-6)


def test_it_goes_to_other_programs_too(built, tmp_path):
    assert again(built, tmp_path, "--export", "osim", "mjcf", "simpack", "osim-info") == 0
    assert (tmp_path / "model.osim").is_file()
    assert (tmp_path / "model.xml").is_file()
    assert (tmp_path / "sub-model_osim_info.json").is_file()


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--sex", "m"], "built already, which --sex cannot change"),
        (["--weight-kg", "90"], "--weight-kg cannot change"),
        (["--template", "fixed"], "--template cannot change"),
        (["--measurements", "somewhere"], "--measurements cannot change"),
        (["--export", "creator"], "holds no landmarks for creator"),
        (["--strength", "3"], "strength must be between"),
    ],
)
def test_what_would_build_it_anew_is_refused_in_one_sentence(built, tmp_path, capsys, options, said):
    assert again(built, tmp_path / "out", *options) == 1
    error = capsys.readouterr().err
    assert said in error
    assert error.count("\n") == 1
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "is empty"),
        ("{", "no complete JSON"),
        ("[]", "holds no multibody model"),
        ('{"format": "spinetwin multibody model", "version": 7}', "is of version 7"),
        ('{"format": "spinetwin multibody model", "version": 1}', "is damaged"),
        ("[" * 100000, "nested too deeply"),
    ],
)
def test_what_is_no_model_is_refused_in_one_sentence(tmp_path, capsys, text, said):
    path = tmp_path / "a.spinembs.json"
    path.write_text(text, encoding="utf-8")
    assert main(["simulate", str(path), "--quiet", "--out", str(tmp_path / "out")]) == 1
    error = capsys.readouterr().err
    assert said in error
    assert error.count("\n") == 1
    assert not (tmp_path / "out").exists()


def test_points_need_a_person(built, tmp_path, capsys):
    words = ["simulate", str(built / "a.mrk.json"), "--sex", "f", "--quiet", "--out", str(tmp_path / "out")]
    assert main(words) == 1
    assert "A model of points needs --height-cm and --weight-kg." in capsys.readouterr().err
