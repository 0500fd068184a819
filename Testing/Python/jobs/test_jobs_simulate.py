"""The step of the loads, run as the panel runs it: `spinetwin worker JOB.json` on the points of a made column."""

import json

import numpy as np
import pytest
from made_columns import LEVELS, made_pois
from spinetwin.cli import main
from spinetwin.geometry.surfaces import Surface
from spinetwin.io import write_pois
from spinetwin.io.surfaces import write_surface
from spinetwin.jobs import State
from spinetwin.jobs.events import Progress

PERSON = {"sex": "f", "height_cm": 168, "weight_kg": 64.5}
FILES = ["loads.csv", "loads.json", "loads.png", "model.spinembs.json"]


def write_column(path, names=LEVELS):
    write_pois(path, made_pois(names))
    return path


@pytest.fixture
def points(tmp_path):
    """A file under a name that a clinic may give."""
    return {"points": str(write_column(tmp_path / "Punkte, Größe 1.mrk.json"))}


def test_it_writes_what_the_command_writes(job, start, points, folder, content, tmp_path):
    options = {
        **PERSON,
        "task": "flexion-36",
        "samples": 3,
        "strength": 60,
        "activation_floor": 0,
        "ligaments": "none",
        "rhythm": "pearcy",
    }
    worker = start(job("simulate", points, **options, name="Müller 1"), program=None)
    verdict = worker.end()
    assert verdict.state is State.FINISHED, worker.diagnostics()
    made = [f"Müller 1_{name}" for name in FILES]
    assert set(content(folder)) >= {*made, "old.txt"}
    assert verdict.result.summary.startswith("standing, bent forward by 36 degrees, at most compression ")
    assert [each.fraction for each in worker.said() if isinstance(each, Progress)][-1] == 1.0
    out = tmp_path / "by hand"
    words = [word for name, value in options.items() for word in (f"--{name.replace('_', '-')}", str(value))]
    assert main(["simulate", points["points"], *words, "--out", str(out), "--quiet"]) == 0
    for name in FILES:
        assert (folder / f"Müller 1_{name}").read_bytes() == (out / name).read_bytes()


def test_sizes_are_asked_for_and_the_rest_has_defaults(job, start, points, folder):
    assert start(job("simulate", points, **PERSON), program=None).end().state is State.FINISHED
    found = json.loads((folder / "loads.json").read_text(encoding="utf-8"))
    assert (found["task"]["name"], found["samples"], found["settings"]["strength"]) == ("standing", 0, 100.0)


def test_files_for_other_programs_begin_with_the_name_too(job, start, points, folder, content):
    verdict = start(job("simulate", points, **PERSON, age=45, export="all", name="case"), program=None).end()
    assert verdict.state is State.FINISHED, verdict.text
    assert set(content(folder)) >= {"case_model.osim", "case_model.xml", "case_landmarks.csv", "case_loads.html"}
    info = folder / "sub-case_osim_info.json"
    assert 45 in json.loads(info.read_text(encoding="utf-8")).values()


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"sex": None}, "needs the option sex"),
        ({"weight_kg": 0}, "The weight must be between 10 and 300 kg, not 0."),
        ({"task": "flying"}, "The option task must be one of standing"),
        ({"strength": 1000}, "The option strength must be a number from 30 to 100"),
        ({"samples": 1}, "The number of samples"),
        ({"export": ["pdf"]}, 'The option export must be "all", or a list with any of osim'),
        ({"age": 200}, "The option age must be a number from 0 to 120"),
        ({"name": "../up"}, "must be a plain file name"),
    ],
)
def test_what_cannot_be_computed_leaves_nothing(job, start, points, folder, content, change, sentence):
    options = {name: value for name, value in {**PERSON, **change}.items() if value is not None}
    verdict = start(job("simulate", points, **options), program=None).end()
    assert verdict.state is State.FAILED
    assert sentence in verdict.text
    assert content(folder) == ["old.txt"]


def test_a_column_with_a_gap_is_refused(job, start, tmp_path, folder, content):
    path = write_column(tmp_path / "gap.mrk.json", [name for name in LEVELS if name != "T8"])
    verdict = start(job("simulate", {"points": str(path)}, **PERSON), program=None).end()
    assert verdict.state is State.FAILED
    assert "No model without T8" in verdict.text
    assert content(folder) == ["old.txt"]


def test_meshes_lie_beside_the_model_that_names_them(job, start, points, folder, tmp_path):
    surfaces = tmp_path / "surfaces"
    surfaces.mkdir()
    corners = np.array([[0.0, 0.0, 0.0], [10.0, 0.0, 0.0], [0.0, 10.0, 0.0], [0.0, 0.0, 10.0]])
    for name in ("L3", "T8"):
        write_surface(surfaces / f"{name}.stl", Surface(corners, np.array([[0, 2, 1], [0, 1, 3], [1, 2, 3], [2, 0, 3]])))
    given = {**points, "surfaces": str(surfaces / "L3.stl")}
    verdict = start(job("simulate", given, **PERSON, export=["osim"], name="case 1"), program=None).end()
    assert verdict.state is State.FINISHED, verdict.text
    model = (folder / "case 1_model.osim").read_text(encoding="utf-8")
    for name in ("L3", "T8"):
        assert (folder / f"case 1_{name}.stl").is_file()
        assert f"<mesh_file>case 1_{name}.stl</mesh_file>" in model


def test_a_model_may_be_given_for_its_points(job, start, points, folder, tmp_path):
    assert start(job("simulate", points, **PERSON), program=None).end().state is State.FINISHED
    first = (folder / "loads.json").read_bytes()
    model = tmp_path / "a.spinembs.json"
    model.write_bytes((folder / "model.spinembs.json").read_bytes())
    verdict = start(job("simulate", {"points": str(model)}), program=None).end()
    assert verdict.state is State.FINISHED, verdict.text
    assert (folder / "loads.json").read_bytes() == first
