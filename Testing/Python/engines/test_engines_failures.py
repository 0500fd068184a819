"""What a person is told when another engine cannot compute the model; needs no engine."""

import importlib.util
import json
import sys
from pathlib import Path

import pytest
from made_columns import made_model
from spinetwin.biomechanics import TASKS, loads
from spinetwin.cli import main
from spinetwin.errors import ParameterError, ProgramError, SpineTwinError
from spinetwin.jobs.engines import cross_check as checking
from spinetwin.jobs.engines.cross_check import cross_check
from spinetwin.jobs.events import Result

HERE = Path(sys.executable)


def unheard(done, what):
    pass


@pytest.fixture(scope="module")
def case():
    model = made_model(["L3", "L4", "L5"])
    return model, loads(model, TASKS["standing"])


def test_an_engine_that_there_is_not(case):
    with pytest.raises(ParameterError, match="Choose one of opensim, mujoco"):
        cross_check(*case, "anybody", unheard)


def test_an_engine_that_is_not_installed(case, tmp_path, monkeypatch):
    monkeypatch.setenv("SPINETWIN_HOME", str(tmp_path))
    with pytest.raises(ParameterError, match="spinetwin install opensim"):
        cross_check(*case, "opensim", unheard)


@pytest.mark.skipif(importlib.util.find_spec("opensim") is not None, reason="opensim is installed here")
def test_a_python_without_the_engine(case):
    with pytest.raises(SpineTwinError, match="The engine cannot be loaded: No module named 'opensim'"):
        cross_check(*case, "opensim", unheard, HERE)


def test_a_python_that_there_is_not(case, tmp_path):
    with pytest.raises(ProgramError, match="cannot be started"):
        cross_check(*case, "opensim", unheard, tmp_path / "python")


def test_a_child_that_says_nothing_of_use(case, monkeypatch):
    monkeypatch.setattr(checking, "_WORKER", "this")
    with pytest.raises(ProgramError, match="without a result"):
        cross_check(*case, "mujoco", unheard, HERE)


@pytest.mark.parametrize("content", ["", "[]", "{}", json.dumps({"version": 1, "given": {"reactions": [1]}, "optimum": 3})])
def test_a_result_that_is_none(case, tmp_path, monkeypatch, content):
    path = tmp_path / "reactions.json"
    path.write_text(content, encoding="utf-8")
    monkeypatch.setattr(checking, "run_worker", lambda *_: Result({"reactions": str(path)}, ""))
    with pytest.raises(ProgramError, match=r"(cannot|can) be read"):
        cross_check(*case, "mujoco", unheard, HERE)


@pytest.mark.parametrize(
    ("more", "words"),
    [
        (["--export", "osim", "fbx"], "There is no format 'fbx' to export. Choose from osim, mjcf"),
        (["--cross-check", "simbody"], "There is no engine 'simbody'"),
        (["--cross-check", "opensim"], "(`spinetwin install opensim` does it)"),
        (["--export", "osim-info", "--age", "-3"], "The age must be between 0 and 120 years"),
    ],
)
def test_what_is_asked_for_is_checked_before_anything_is_done(tmp_path, monkeypatch, capsys, more, words):
    monkeypatch.setenv("SPINETWIN_HOME", str(tmp_path / "home"))
    person = ["--sex", "m", "--height-cm", "175", "--weight-kg", "70", "--quiet"]
    assert main(["simulate", str(tmp_path / "no.mrk.json"), *person, "--out", str(tmp_path / "out"), *more]) == 1
    assert words in capsys.readouterr().err
    assert not (tmp_path / "out").exists()
