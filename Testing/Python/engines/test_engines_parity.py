"""The same model in OpenSim and in MuJoCo: what passes each joint, and what the two make of the files."""

import csv
import subprocess

import numpy as np
import pytest
from made_columns import made_column, made_model
from spinetwin.biomechanics import TASKS, Settings, loads
from spinetwin.biomechanics.articulation import mechanism_of
from spinetwin.cli import main
from spinetwin.errors import SpineTwinError
from spinetwin.io import write_pois
from spinetwin.io.opensim import write_opensim
from spinetwin.jobs.engines.cross_check import cross_check
from spinetwin.jobs.environments import Program, environment_for, lend_package
from spinetwin.jobs.external.workers import run_worker
from spinetwin.jobs.job import write_job
from spinetwin.poi import Poi, PoiSet, Status

pytestmark = pytest.mark.usefixtures("engines")


def unheard(done, what):
    pass


TISSUES = {
    "all": Settings(),
    "no ligaments": Settings(ligaments="none"),
    "no bushings": Settings(disc_stiffness=0.0),
    "none": Settings(ligaments="none", disc_stiffness=0.0, muscle_stiffness=0.0),
    "another rhythm, flava in tension": Settings(rhythm="pearcy", flavum_tension=15.0),
}


@pytest.mark.parametrize("tissue", TISSUES)
@pytest.mark.parametrize("task", ["standing", "flexion-60", "lifting-20kg"])
def test_opensim_finds_the_same_forces(task, tissue):
    model = made_model(curve_mm=15.0)
    found = loads(model, TASKS[task], TISSUES[tissue])
    checked = cross_check(model, found, "opensim", unheard)
    assert checked.version.startswith("OpenSim 4.6")
    assert np.abs(checked.theirs[:, 0]).max() > 400.0
    assert checked.force_difference < 1e-3
    # angles one after the other and one turn are not the same where a disc is bent askew
    assert checked.moment_difference < (1e-3 if task == "standing" else 0.1)
    assert checked.optimum_difference < 0.002 * checked.ours[:, 0].max()


@pytest.mark.parametrize("tissue", ["all", "none"])
@pytest.mark.parametrize("task", ["standing", "flexion-60", "lifting-20kg"])
def test_mujoco_finds_the_same_forces(task, tissue):
    model = made_model(curve_mm=15.0)
    checked = cross_check(model, loads(model, TASKS[task], TISSUES[tissue]), "mujoco", unheard)
    assert checked.version.startswith("MuJoCo 4")
    assert checked.force_difference < 1e-3
    assert checked.moment_difference < (1e-3 if task == "standing" else 0.2)
    assert checked.optimum_difference < 0.002 * checked.ours[:, 0].max()


@pytest.mark.parametrize("engine", ["opensim", "mujoco"])
def test_bushings_and_optimum_agree_where_the_spine_is_straight(engine):
    model = made_model()
    checked = cross_check(model, loads(model, TASKS["lifting-20kg"]), engine, unheard)
    assert checked.moment_difference < 1e-4
    assert checked.optimum_difference < 0.1


def test_opensim_opens_the_file_without_a_warning(tmp_path):
    model = made_model(curve_mm=15.0)
    path = tmp_path / "Rücken 1.osim"
    write_opensim(path, mechanism_of(model, loads(model, TASKS["lifting-20kg"])))
    code = "import sys, opensim; opensim.Model(sys.argv[1]).initSystem(); print('opened')"
    run = subprocess.run(
        [environment_for("opensim").python, "-c", code, path],
        check=False,
        capture_output=True,
        text=True,
        timeout=300,
        cwd=tmp_path,
    )
    assert run.returncode == 0, run.stderr
    said = run.stdout + run.stderr
    assert "opened" in said
    assert not [line for line in said.splitlines() if "warn" in line.lower() or "error" in line.lower()]


@pytest.mark.parametrize(
    ("engine", "text"), [("opensim", "<OpenSimDocument Version='40600'><Model"), ("mujoco", "<mujoco><bo")]
)
def test_a_file_that_an_engine_refuses_is_one_sentence(tmp_path, engine, text):
    (tmp_path / "cut off").write_text(text, encoding="utf-8")
    (tmp_path / "given.json").write_text("{}", encoding="utf-8")
    inputs = {"model": tmp_path / "cut off", "given": tmp_path / "given.json"}
    (tmp_path / "out").mkdir()
    write_job(tmp_path / "job.json", engine, inputs, {}, tmp_path / "out")
    python = environment_for(engine).python
    program = Program(
        python, "spinetwin.jobs.engines.engine_worker", (str(tmp_path / "job.json"),), lend_package(tmp_path), tmp_path
    )
    with pytest.raises(SpineTwinError, match="refuses cut off"):
        run_worker(program, unheard)
    assert not list((tmp_path / "out").iterdir())


def test_the_command_writes_both_results(tmp_path, capsys):
    points, frames = made_column()
    for key, frame in frames.items():
        for poi, away in ((128, -frame.anterior), (129, -frame.superior), (130, frame.right)):
            points[key, poi] = frame.origin + 10 * away
    path = tmp_path / "sub-Bär 1_pois.mrk.json"
    write_pois(path, PoiSet.of([Poi(*key, Status.OK, tuple(at.tolist()), source="made") for key, at in points.items()]))
    person = ["--sex", "f", "--height-cm", "168", "--weight-kg", "64", "--quiet", "--cross-check", "mujoco"]
    assert main(["simulate", str(path), *person, "--out", str(tmp_path / "out ü")]) == 0
    assert "Largest difference" in capsys.readouterr().out
    rows = list(csv.DictReader((tmp_path / "out ü" / "cross_check_mujoco.csv").read_text(encoding="utf-8").splitlines()))
    assert len(rows) == 17
    remarks = (tmp_path / "out ü" / "cross_check_mujoco_remarks.txt").read_text(encoding="utf-8")
    assert "Research use. Not a medical device" in remarks
    name = "compression N"
    assert all(abs(float(row[f"{name} here"]) - float(row[f"{name} MuJoCo 4.0.0"])) < 1e-3 for row in rows)
