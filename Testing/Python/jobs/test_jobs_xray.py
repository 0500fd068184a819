"""The steps of the radiographs, run as the panel runs them: `spinetwin worker JOB.json` on two films of a phantom."""

import json
import os
import time
from pathlib import Path

import numpy as np
import pytest
from spinetwin.anatomy import level
from spinetwin.cli import main
from spinetwin.io import read_pois
from spinetwin.io.film_forms import read_landmarks
from spinetwin.jobs import State
from spinetwin.jobs.events import Log, Progress
from spinetwin.xray.synthetic import FilmLook
from xray.made_people import PIXEL_MM, command, lying_and_standing, write_films, write_picture, write_scan

pytest.importorskip("vtkmodules", reason="VTK is not installed")
posix = pytest.mark.skipif(os.name != "posix", reason="signals are those of POSIX")

GEOMETRY = {"sdd": 1800, "sod": 1500, "pixel": PIXEL_MM}
CANCEL_S = 2.0


@pytest.fixture(scope="module")
def person(tmp_path_factory):
    folder = tmp_path_factory.mktemp("Röntgen, 3. März")
    lying, standing = lying_and_standing("L2-L3")
    write_scan(folder / "scan", lying)
    write_films(folder / "films", standing)
    return folder


@pytest.fixture
def inputs(person):
    films = person / "films"
    return {
        "frontal": str(films / "frontal.nii.gz"),
        "lateral": str(films / "lateral.nii.gz"),
        "landmarks": str(films / "marks.csv"),
    }


def test_it_writes_what_the_command_writes(job, start, person, inputs, folder, content, tmp_path):
    inputs["shape_from"] = str(person / "scan" / "lying.mrk.json")
    worker = start(job("xray", inputs, **GEOMETRY), program=None)
    verdict = worker.end()
    assert verdict.state is State.FINISHED, worker.diagnostics()
    assert content(folder) == ["L2.vtp", "L3.vtp", "films.png", "old.txt", "points.mrk.json", "xray.json"]
    assert verdict.result.summary == "2 levels standing, 2 to be trusted"
    said = [each for each in worker.said() if isinstance(each, Progress)]
    assert said[-1].fraction == 1.0
    assert any("modes" in each.message for each in said)
    assert any("mm at the patient" in each.text for each in worker.said() if isinstance(each, Log))
    out = tmp_path / "by hand"
    assert main(command(person / "films", out, "--shape-from", inputs["shape_from"])) == 0
    for name in ("points.mrk.json", "xray.json"):
        assert (folder / name).read_bytes() == (out / name).read_bytes()
    assert (folder / "L3.vtp").read_bytes() == (out / "surfaces" / "L3.vtp").read_bytes()


def test_a_form_a_slot_and_a_choice_of_levels(job, start, inputs, folder, tmp_path):
    form = {
        view: {"source_detector_mm": 1800, "source_patient_mm": 1500, "pixel_mm": PIXEL_MM} for view in ("frontal", "lateral")
    }
    (tmp_path / "form.json").write_text(json.dumps(form), encoding="utf-8")
    inputs["geometry"] = str(tmp_path / "form.json")
    verdict = start(job("xray", inputs, levels="L3", calibrate=False, slot_scan=True), program=None).end()
    assert verdict.state is State.FINISHED, verdict.text
    report = json.loads((folder / "xray.json").read_text(encoding="utf-8"))
    assert [each["level"] for each in report["levels"]] == ["L3"]
    assert report["shapes"] == "shape model"
    assert "the entry frontal of form.json" in report["spacing"]["frontal"]


def test_a_level_that_was_clicked_wrongly_leaves_the_others_alone(job, start, inputs, folder, tmp_path):
    """Landmarks of L2 in the lateral film lie 40 pixels off; of L5 there is one, beyond the film; S1 has no model."""
    lines = Path(inputs["landmarks"]).read_text(encoding="utf-8").splitlines()
    more = [
        f"{view},S1,{name},100,200"
        for view in ("frontal", "lateral")
        for name in ("spinous", "pedicle_left", "pedicle_right", "superior_endplate")
    ]
    wrong = [_off(line) if line.startswith("lateral,L2") else line for line in lines]
    (tmp_path / "marks.csv").write_text("\n".join([*wrong, *more, "frontal,L5,spinous,9000,3"]) + "\n", encoding="utf-8")
    inputs["landmarks"] = str(tmp_path / "marks.csv")
    worker = start(job("xray", inputs, **GEOMETRY), program=None)
    verdict = worker.end()
    assert verdict.state is State.FINISHED, worker.diagnostics()
    assert verdict.result.summary.startswith("1 level standing")
    assert verdict.result.summary.endswith("3 left out")
    report = json.loads((folder / "xray.json").read_text(encoding="utf-8"))
    assert [each["level"] for each in report["levels"]] == ["L3"]
    assert "do not meet" in report["left_out"]["L2"]
    assert "no shape model of S1" in report["left_out"]["S1"]
    assert "L5 has 0 landmarks on both films" in report["left_out"]["L5"]
    assert len(read_pois(folder / "points.mrk.json").levels) == 1


def _off(line):
    *rest, row = line.split(",")
    return ",".join([*rest, f"{float(row) + 40:.2f}"])


@posix
@pytest.mark.parametrize("word", ["shape of", "modes"])
def test_cancelling_ends_it_and_leaves_nothing(job, start, inputs, folder, content, word):
    worker = start(job("xray", inputs, **GEOMETRY), program=None)
    while not any(isinstance(each, Progress) and word in each.message for each in worker.events):
        assert worker.read(), worker.diagnostics()
    worker.listener.cancel()
    before = time.monotonic()
    worker.process.stdin.close()
    verdict = worker.end()
    assert time.monotonic() - before < CANCEL_S
    assert verdict.state is State.CANCELLED
    assert content(folder) == ["old.txt"]


@pytest.mark.parametrize(
    ("files", "options", "sentence"),
    [
        ({"lateral": None}, GEOMETRY, "needs the input lateral"),
        ({"lateral": "frontal"}, GEOMETRY, "Both films are the same picture"),
        ({"frontal": "lateral", "lateral": "frontal"}, GEOMETRY, "swapped"),
        ({}, {**GEOMETRY, "pixel": 4.0}, "times the usual size"),
        ({}, {**GEOMETRY, "pixel": 40.0}, "between 0.02 and 5"),
        ({}, {}, "no usable geometry"),
        ({}, {**GEOMETRY, "sdd": "far"}, "The option sdd must be a number"),
        ({}, {**GEOMETRY, "levels": "L1"}, "has no landmarks of L1"),
        ({"landmarks": "frontal"}, GEOMETRY, "frontal.nii.gz"),
    ],
)
def test_what_cannot_be_done_leaves_nothing(job, start, inputs, folder, content, files, options, sentence):
    changed = {**inputs, **{name: None if other is None else inputs[other] for name, other in files.items()}}
    verdict = start(job("xray", {name: file for name, file in changed.items() if file}, **options), program=None).end()
    assert verdict.state is State.FAILED
    assert sentence in verdict.text
    assert content(folder) == ["old.txt"]


@pytest.fixture(scope="module")
def films(tmp_path_factory):
    folder = tmp_path_factory.mktemp("freie Wirbel")
    write_films(folder, lying_and_standing("L2-L3")[1], look=FilmLook(soft_tissue=False, marrow=False, photons=0))
    return folder


class TestLandmarks:
    """Landmarks by the network of the package, on films of two vertebrae that stand free."""

    @pytest.fixture
    def inputs(self, films):
        return {view: str(films / f"{view}.nii.gz") for view in ("frontal", "lateral")}

    def test_they_are_near_those_that_were_clicked(self, job, start, films, inputs, folder, content):
        pytest.importorskip("onnxruntime", reason="ONNX Runtime is not installed")
        worker = start(job("film_landmarks", inputs, levels="L2-L3", **GEOMETRY), program=None)
        verdict = worker.end()
        assert verdict.state is State.FINISHED, worker.diagnostics()
        assert content(folder) == ["landmarks.csv", "old.txt"]
        assert verdict.result.summary.startswith("Landmarks of L2, L3 by a network trained on synthetic radiographs")
        assert verdict.result.summary.endswith("The lowest vertebra was taken for L3.")
        found, clicked = read_landmarks(verdict.result.paths["landmarks"]), read_landmarks(films / "marks.csv")
        assert found.levels == clicked.levels
        apart = [np.linalg.norm(found.seen[key] - at) * PIXEL_MM for key, at in clicked.seen.items()]
        assert len(apart) == 28
        assert np.mean(apart) < 5.0

    def test_unsaid_the_lowest_is_the_fifth_lumbar_one(self, job, start, inputs, tmp_path):
        pytest.importorskip("onnxruntime", reason="ONNX Runtime is not installed")
        form = {"source_detector_mm": 1800, "source_patient_mm": 1500, "pixel_mm": PIXEL_MM}
        (tmp_path / "form.json").write_text(json.dumps(dict.fromkeys(("frontal", "lateral"), form)), encoding="utf-8")
        inputs["geometry"] = str(tmp_path / "form.json")
        verdict = start(job("film_landmarks", inputs), program=None).end()
        assert verdict.state is State.FINISHED, verdict.text
        assert read_landmarks(verdict.result.paths["landmarks"]).levels == (level("L4").id, level("L5").id)

    @pytest.mark.parametrize(
        ("files", "options", "sentence"),
        [
            ({"lateral": None}, GEOMETRY, "needs the input lateral"),
            ({"lateral": "frontal"}, GEOMETRY, "Both films are the same picture"),
            ({"landmarks": "frontal"}, GEOMETRY, "has no input"),
            ({}, {}, "no usable geometry"),
            ({}, {**GEOMETRY, "levels": "L9"}, "L9"),
            ({}, {**GEOMETRY, "calibrate": True}, "has no option"),
        ],
    )
    def test_what_cannot_be_done_leaves_nothing(self, job, start, inputs, folder, content, files, options, sentence):
        changed = {**inputs, **{name: None if other is None else inputs[other] for name, other in files.items()}}
        given = {name: file for name, file in changed.items() if file}
        verdict = start(job("film_landmarks", given, **options), program=None).end()
        assert verdict.state is State.FAILED
        assert sentence in verdict.text
        assert content(folder) == ["old.txt"]

    def test_films_without_vertebrae(self, job, start, folder, content, tmp_path):
        pytest.importorskip("onnxruntime", reason="ONNX Runtime is not installed")
        views = ("frontal", "lateral")
        for seed, view in enumerate(views):
            write_picture(tmp_path / f"{view}.nii.gz", np.random.default_rng(seed).random((200, 180)))
        given = {view: str(tmp_path / f"{view}.nii.gz") for view in views}
        verdict = start(job("film_landmarks", given, **GEOMETRY), program=None).end()
        assert verdict.state is State.FAILED
        assert "none on both" in verdict.text
        assert content(folder) == ["old.txt"]
