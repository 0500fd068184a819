"""The step from an image to label maps, run as the panel runs it, whatever happens to it."""

import json
import os
import select
import signal
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from spinetwin.anatomy import level
from spinetwin.io import read_label_map, write_label_map, write_volume
from spinetwin.jobs import Listener, State
from spinetwin.jobs.events import Log, Progress
from spinetwin.jobs.output import HEARTBEAT_S
from spinetwin.phantom import SpineParameters, make_spine

posix = pytest.mark.skipif(os.name != "posix", reason="needs limits and signals of POSIX")
PROGRAM = Path(__file__).with_name("strange_segmenter.py")
RESULTS = ["old.txt", "segmentation.json", "subregions.nii.gz", "vertebrae.nii.gz"]
CANCEL_S = 2.0


@pytest.fixture(scope="module")
def maps():
    spine = make_spine(SpineParameters(levels="L1-L3"))
    return spine.voxelise(spine.grid(2.0))


@pytest.fixture
def inputs(maps, tmp_path):
    """An image and both maps, in files with blanks and umlauts in their names."""
    image = np.random.default_rng(1).integers(0, 900, maps.grid.shape).astype(np.int16)
    paths = {name: tmp_path / f"Rücken von Jürgen {name}.nii.gz" for name in ("image", "subregions", "vertebrae")}
    write_volume(paths["image"], image, maps.grid)
    write_label_map(paths["subregions"], maps.subregions, maps.grid)
    write_label_map(paths["vertebrae"], maps.vertebrae, maps.grid)
    return {"image": str(paths["image"]), "map": str(paths["subregions"]), "second_map": str(paths["vertebrae"])}


def test_maps_are_taken_over_and_the_report_tells_how(job, start, inputs, maps, folder, content):
    worker = start(job("segment", inputs, backend="import", table="spineps"), program=None)
    verdict = worker.end()
    assert verdict.state is State.FINISHED, worker.diagnostics()
    assert content(folder) == RESULTS
    assert verdict.result.summary == "3 levels (L1 to L3) by import (asked for)"
    for name, expected in (("subregions", maps.subregions), ("vertebrae", maps.vertebrae)):
        array, grid = read_label_map(verdict.result.paths[name])
        np.testing.assert_array_equal(array, expected)
        assert grid.same_place(maps.grid)
    report = json.loads(Path(verdict.result.paths["report"]).read_text(encoding="utf-8"))
    assert report["backend"] == {
        "name": "import",
        "title": "Import of an existing label map",
        "why": "asked for",
        "device": "cpu",
    }
    assert report["reused_stages"] == []
    assert report["levels_verified"] is False
    assert set(report["inputs"]) == {Path(path).name for path in inputs.values()}
    assert list(report["levels"]) == ["L1", "L2", "L3"]
    assert list(report["seconds"]) == ["read", "choose", "segment", "check", "write"]
    assert list(report["backend_seconds"]) == ["look", "translate", "check names"]
    assert 0 <= sum(report["backend_seconds"].values()) <= report["seconds"]["segment"] + 0.01
    assert (report["image"]["contrast"], report["image"]["contrast_told_by"]) == (None, None)
    assert report["versions"]["table"] == "spineps"
    fractions = [each.fraction for each in worker.said() if isinstance(each, Progress)]
    assert fractions == sorted(fractions)
    assert fractions[-1] == 1.0


def test_what_is_doubtful_is_in_the_log_and_in_the_report(job, start, inputs, folder):
    inputs = {"image": inputs["image"], "map": inputs["second_map"]}
    worker = start(job("segment", inputs, table="verse"), program=None)
    assert worker.end().state is State.FINISHED, worker.diagnostics()
    warned = [each.text for each in worker.said() if isinstance(each, Log) and each.severity == "warning"]
    assert any("told from the arches by shape" in each for each in warned)
    assert warned == json.loads((folder / "segmentation.json").read_text(encoding="utf-8"))["warnings"]


def test_a_table_of_ones_own_comes_as_a_file(job, start, inputs, tmp_path, folder):
    table = tmp_path / "Tabelle für mich.csv"
    table.write_text("label;level\n20;L2\n21;L3\n22;L4\n", encoding="utf-8")
    inputs = {"image": inputs["image"], "map": inputs["second_map"], "table_file": str(table)}
    assert start(job("segment", inputs), program=None).end().state is State.FINISHED
    array, _ = read_label_map(folder / "vertebrae.nii.gz")
    assert set(np.unique(array)) == {0, *(level(name).id for name in ("L2", "L3", "L4"))}


@pytest.mark.parametrize(
    ("change", "code", "word"),
    [
        ({"table": "magic"}, "parameter", "There is no table 'magic'"),
        ({"backend": "magic"}, "parameter", "There is no backend 'magic'"),
        ({"device": "toaster"}, "parameter", "There is no device 'toaster'"),
        ({"offline": "no"}, "parameter", "The option offline must be true or false"),
        ({}, "parameter", "what the labels mean"),
        ({"table": "totalspineseg"}, "maps", "Two maps of vertebrae"),
    ],
)
def test_what_cannot_be_done_is_one_sentence(job, start, inputs, folder, content, change, code, word):
    verdict = start(job("segment", inputs, **change), program=None).end()
    assert verdict.state is State.FAILED
    assert verdict.code == code
    assert word in verdict.text
    assert content(folder) == ["old.txt"]


def test_without_a_label_map_it_is_said_what_to_do(job, start, inputs, folder, content):
    verdict = start(job("segment", {"image": inputs["image"]}, backend="import"), program=None).end()
    assert (verdict.state, "Give an existing label map" in verdict.text) == (State.FAILED, True)
    assert content(folder) == ["old.txt"]


@posix
@pytest.mark.parametrize("backend", ["nap", "family", "stubborn"])
def test_cancelling_ends_the_backend_and_its_children(job, start, inputs, folder, content, gone, backend):
    worker = start(job("segment", inputs, backend=backend, table="spineps"), program=PROGRAM)
    family = [int(pid) for pid in worker.until_log("napping" if backend == "nap" else "family").split()[1:]]
    worker.listener.cancel()
    before = time.monotonic()
    worker.process.stdin.close()
    verdict = worker.end()
    assert gone(*family, within=CANCEL_S)
    assert time.monotonic() - before < CANCEL_S
    assert (verdict.state, verdict.text) == (State.CANCELLED, "Cancelled; nothing was changed.")
    assert content(folder) == ["old.txt"]


@posix
@pytest.mark.parametrize(
    ("backend", "code", "word"),
    [
        ("full_disk", "write", "the file is larger than the disk allows"),
        ("crash", "crash", "Segmentation fault"),
        ("bug", "internal", "KeyError: 'Größe'"),
        pytest.param(
            "greedy",
            "memory",
            "not enough memory",
            marks=pytest.mark.skipif(not sys.platform.startswith("linux"), reason="needs Linux"),
        ),
    ],
)
def test_a_backend_that_fails_leaves_nothing(job, start, inputs, folder, content, backend, code, word):
    from spinetwin.jobs import sweep

    verdict = start(job("segment", inputs, backend=backend, table="spineps"), program=PROGRAM).end()
    assert verdict.state is State.FAILED
    assert verdict.code == code
    assert word in verdict.text
    sweep(folder)
    assert content(folder) == ["old.txt"]


@posix
def test_a_backend_that_works_in_silence_is_no_hang_and_a_stopped_one_is(job, start, inputs):
    worker = start(job("segment", inputs, backend="nap", table="spineps"), program=PROGRAM)
    worker.until_log("napping")
    listener = Listener(worker.listener.command, patience_s=2 * HEARTBEAT_S)
    listener.starting()
    listener.running()

    def hangs(within):
        limit = time.monotonic() + within
        while time.monotonic() < limit and not listener.tick():
            if select.select([worker.process.stdout], [], [], 0.1)[0]:
                listener.receive(os.read(worker.process.stdout.fileno(), 1 << 16))
        return listener.tick()

    assert not hangs(within=2.5 * HEARTBEAT_S)
    worker.process.send_signal(signal.SIGSTOP)
    assert hangs(within=4 * HEARTBEAT_S)
    worker.process.kill()
    assert listener.ended(9, crashed=True).code == "hang"


@posix
def test_a_killed_worker_is_tidied_up_by_the_next(job, start, inputs, folder, content):
    worker = start(job("segment", inputs, backend="nap", table="spineps"), program=PROGRAM)
    worker.until_log("napping")
    worker.process.kill()
    assert worker.end().state is State.FAILED
    assert start(job("segment", inputs, table="spineps"), program=None).end().state is State.FINISHED
    assert content(folder) == RESULTS


@posix
def test_what_a_backend_prints_disturbs_nothing(job, start, inputs, folder, content):
    worker = start(job("segment", inputs, backend="babble", table="spineps"), program=PROGRAM)
    assert worker.end().state is State.FINISHED, worker.diagnostics()
    printed = [each.text for each in worker.said() if isinstance(each, Log) and each.severity == "output"]
    assert "epoch 1 of 1: äöü" in printed
    assert content(folder) == RESULTS


@posix
def test_an_image_that_is_looked_at_is_looked_over_first(job, start, inputs, maps, folder):
    knee = Path(inputs["image"]).with_name("Knie.nii.gz")
    write_volume(knee, np.random.default_rng(1).integers(-1000, 900, maps.grid.shape).astype(np.int16), maps.grid)
    knee.with_name("Knie.json").write_text(json.dumps({"BodyPartExamined": "KNEE"}), encoding="utf-8")
    inputs = {**inputs, "image": str(knee)}
    assert start(job("segment", inputs, backend="babble", table="spineps"), program=PROGRAM).end().state is State.FINISHED
    warnings = json.loads((folder / "segmentation.json").read_text(encoding="utf-8"))["warnings"]
    for word in ("as CT does", "is a knee", "shows the KNEE"):
        assert [each for each in warnings if word in each]


@posix
def test_an_image_without_a_spine_is_no_result(job, start, inputs, tmp_path, folder, content):
    """The table calls every vertebra a disc, so that none is found."""
    table = tmp_path / "discs.csv"
    table.write_text("label,level,part\n20,L1,disc\n", encoding="utf-8")
    inputs = {"image": inputs["image"], "map": inputs["second_map"], "table_file": str(table)}
    verdict = start(job("segment", inputs, backend="babble"), program=PROGRAM).end()
    assert "No vertebra was found in" in verdict.text
    assert "Is it an image of the spine?" in verdict.text
    assert content(folder) == ["old.txt"]


@posix
def test_an_image_of_one_value_is_refused(job, start, inputs, maps, folder, content):
    write_volume(inputs["image"], np.zeros(maps.grid.shape, np.int16), maps.grid)
    verdict = start(job("segment", inputs, backend="babble", table="spineps"), program=PROGRAM).end()
    assert "there is nothing to see in it" in verdict.text
    assert content(folder) == ["old.txt"]


@pytest.mark.parametrize("display", [None, ":4711"])
def test_no_display_is_needed(job, start, inputs, monkeypatch, display):
    for name in ("DISPLAY", "WAYLAND_DISPLAY"):
        monkeypatch.delenv(name, raising=False)
        if display:
            monkeypatch.setenv(name, display)
    worker = start(job("segment", inputs, table="spineps"), program=None)
    assert worker.end().state is State.FINISHED, worker.diagnostics()


def test_what_it_will_take_is_told_before_it_begins(job, start, inputs):
    worker = start(job("segment", inputs, table="spineps", device="cpu", offline=True), program=None)
    assert worker.end().state is State.FINISHED, worker.diagnostics()
    said = worker.said()
    notes = [at for at, each in enumerate(said) if isinstance(each, Log) and "of memory and" in each.text]
    assert len(notes) == 1
    assert said[notes[0]].text.startswith("import needs about ")
    assert all(each.fraction < 0.2 for each in said[: notes[0]] if isinstance(each, Progress))


@posix
def test_a_job_that_is_cancelled_leaves_the_other_alone(job, start, inputs, folder, content):
    first = start(job("segment", inputs, backend="nap", table="spineps"), program=PROGRAM)
    first.until_log("napping")
    assert start(job("segment", inputs, table="spineps"), program=None).end().state is State.FINISHED
    left = [name for name in content(folder) if not name.startswith(".spinetwin-")]
    assert left == RESULTS
    first.process.stdin.close()
    first.end()
    assert content(folder) == RESULTS
