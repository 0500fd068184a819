"""The steps of the worker around weights, and what the backends step tells of them."""

import json
import threading
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest
from spinetwin.errors import ParameterError, ReadError
from spinetwin.jobs.job import read_job, write_job
from spinetwin.jobs.steps import STEPS
from spinetwin.jobs.weights import WEIGHTS, Store
from weights_server import CONTENT, Server

NAME, OTHER = "spineps-t2w", "totalspineseg-step1"
OUTPUT = SimpleNamespace(progress=lambda _stage: lambda *_: None)


@pytest.fixture
def do(tmp_path, monkeypatch):
    """Return a function that does a job of a step, as the worker reads it, and gives what it has made."""
    monkeypatch.setenv("SPINETWIN_HOME", str(tmp_path / "home"))
    (tmp_path / "out").mkdir()

    def doing(step, **options):
        write_job(tmp_path / "job.json", step, {}, options, tmp_path / "out")
        return STEPS[step].run(read_job(tmp_path / "job.json", STEPS), tmp_path / "out", OUTPUT)

    return doing


def test_sizes_are_asked_of_the_server_only_where_they_are_not_published(do, monkeypatch):
    monkeypatch.setenv("no_proxy", "*")
    with Server() as server:
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        monkeypatch.setitem(WEIGHTS, NAME, replace(WEIGHTS[NAME], url=server.url, hosts=("127.0.0.1",)))
        monkeypatch.setitem(WEIGHTS, OTHER, replace(WEIGHTS[OTHER], size_mb=12.5))
        done = do("weights-sizes", names=[NAME, OTHER, NAME])
        server.shutdown()
    told = json.loads(done.files["sizes"].read_text(encoding="utf-8"))
    assert told == {NAME: pytest.approx(len(CONTENT) / 1e6), OTHER: 12.5}
    assert server.methods == ["HEAD"]


@pytest.mark.parametrize("step", ["weights-sizes", "weights-fetch", "weights-import", "weights-delete"])
@pytest.mark.parametrize("names", [None, [], NAME, ["best"], [7], [[]]])
def test_names_that_there_are_not(do, step, names):
    options = {} if names is None else {"names": names}
    with pytest.raises(ParameterError, match="names"):
        do(step, **options)


def test_an_import_needs_one_name_a_source_and_somebody_who_vouches(do, tmp_path):
    folder = tmp_path / "mine"
    folder.mkdir()
    (folder / "inference_config.json").write_text("{}")
    with pytest.raises(ParameterError, match="the names of one of the weights"):
        do("weights-import", names=[NAME, OTHER], source=str(folder), trust=True)
    with pytest.raises(ParameterError, match="no source"):
        do("weights-import", names=[NAME], trust=True)
    with pytest.raises(ParameterError, match="Nobody has vouched"):
        do("weights-import", names=[NAME], source=str(folder))
    with pytest.raises(ReadError, match="does not exist"):
        do("weights-import", names=[NAME], source=str(folder / "none"), trust=True)
    assert do("weights-import", names=[NAME], source=str(folder), trust=True).summary == f"Imported: {NAME}"
    assert Store().state(NAME).ready
    assert do("weights-delete", names=[NAME]).summary == f"{NAME}: deleted"
    assert do("weights-delete", names=[NAME]).summary == f"{NAME}: was not there"


@pytest.mark.parametrize(
    ("image", "needed"),
    [("Patient_T1w", ["spineps-t1w", "spineps-instance"]), ("spine", [NAME, "spineps-instance"])],
)
def test_the_name_of_the_image_tells_which_weights_are_needed(do, image, needed):
    done = do("backends", image=image)
    told = {each["name"]: each["weights"] for each in json.loads(Path(done.files["backends"]).read_text())["backends"]}
    assert [each["name"] for each in told["spineps"]] == needed
    assert [each["name"] for each in told["totalspineseg"]] == [OTHER, "totalspineseg-step2"]
    assert told["import"] == []
    assert told["spineps"][0]["state"] == "missing"
    assert told["spineps"][0]["host"] == "github.com"
