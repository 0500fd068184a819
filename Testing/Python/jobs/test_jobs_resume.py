"""A segmentation that was killed goes on with the stages that it had finished; one that was cancelled leaves nothing."""

import json
import os
import time
from pathlib import Path

import numpy as np
import pytest
from spinetwin.geometry import LabelMaps
from spinetwin.io import read_volume, write_label_map, write_volume
from spinetwin.jobs import State, backends, forget_stages, segmenting, sweep
from spinetwin.jobs.events import Log, Progress
from spinetwin.jobs.resuming import key_of, skipping
from spinetwin.jobs.segmenting import Asked, Audience, segment
from spinetwin.jobs.store import StageStore
from spinetwin.phantom import SpineParameters, make_spine
from spinetwin.segmentation.backends import Availability, Description, Segmentation, Stages
from tiny_network import shown, write_model

posix = pytest.mark.skipif(os.name != "posix", reason="needs signals of POSIX")
PROGRAM = Path(__file__).with_name("strange_segmenter.py")
RESULTS = ["old.txt", "segmentation.json", "subregions.nii.gz", "vertebrae.nii.gz"]


@pytest.fixture(scope="module")
def maps():
    spine = make_spine(SpineParameters(levels="L2-L3"))
    return spine.voxelise(spine.grid(2.0))


@pytest.fixture
def inputs(maps, tmp_path):
    folder = tmp_path / "Bilder von Jürgen"
    folder.mkdir()
    image = np.random.default_rng(1).integers(0, 900, maps.grid.shape).astype(np.int16)
    write_volume(folder / "Rücken.nii.gz", image, maps.grid)
    write_label_map(folder / "s.nii.gz", maps.subregions, maps.grid)
    write_label_map(folder / "v.nii.gz", maps.vertebrae, maps.grid)
    return {"image": str(folder / "Rücken.nii.gz"), "map": str(folder / "s.nii.gz"), "second_map": str(folder / "v.nii.gz")}


def made(worker):
    return [each.text for each in worker.said() if isinstance(each, Log) and each.text == "making the semantic map"]


def stages_in(folder):
    return [each for each in folder.iterdir() if each.name.startswith(".spinetwin-stages-")]


def go_on(inputs):
    (Path(inputs["image"]).parent / "go on").touch()


def results(folder):
    report = json.loads((folder / "segmentation.json").read_text(encoding="utf-8"))
    return report, [(folder / name).read_bytes() for name in RESULTS[2:]]


@posix
def test_a_killed_run_goes_on_where_it_was_and_ends_as_if_nothing_had_been(job, start, inputs, folder, content):
    asked = job("segment", inputs, backend="staged", table="spineps")
    first = start(asked, program=PROGRAM)
    first.until_log("napping")
    first.process.kill()
    assert first.end().state is State.FAILED
    assert len(made(first)) == 1
    assert len(stages_in(folder)) == 1
    go_on(inputs)
    again = start(asked, program=PROGRAM)
    assert again.end().state is State.FINISHED, again.diagnostics()
    assert made(again) == []
    assert content(folder) == RESULTS
    report, files = results(folder)
    assert report["reused_stages"] == ["semantic"]
    undisturbed = start(asked, program=PROGRAM)
    undisturbed.end()
    assert len(made(undisturbed)) == 1
    other, same = results(folder)
    assert (other["reused_stages"], other["levels"], other["warnings"]) == ([], report["levels"], report["warnings"])
    assert same == files
    fractions = [each.fraction for each in again.said() if isinstance(each, Progress)]
    assert fractions == sorted(fractions)


def looks(worker):
    return sum(isinstance(each, Log) and each.text == "the network looks" for each in worker.said())


@posix
def test_what_the_embedded_network_has_seen_survives_the_end_of_its_process(
    job, start, inputs, folder, maps, tmp_path, monkeypatch
):
    pytest.importorskip("onnxruntime", reason="ONNX Runtime is not installed; `make test` installs it")
    monkeypatch.setenv("TINY_MODEL", str(write_model(tmp_path / "model", spacing=2.0)))
    write_volume(inputs["image"], shown(maps.subregions), maps.grid)
    asked = job("segment", {"image": inputs["image"]}, backend="embedded")
    killed = start(asked, program=PROGRAM)
    killed.until_log("napping")
    killed.process.kill()
    killed.end()
    assert [each.name for each in stages_in(folder)[0].glob("*.npz")] == ["embedded-subregions.npz"]
    go_on(inputs)
    again = start(asked, program=PROGRAM)
    assert again.end().state is State.FINISHED, again.diagnostics()
    report, files = results(folder)
    assert report["reused_stages"] == ["embedded-subregions"]
    undisturbed = start(asked, program=PROGRAM)
    undisturbed.end()
    other, same = results(folder)
    assert (other["reused_stages"], other["levels"], same) == ([], report["levels"], files)
    assert [looks(each) for each in (killed, again, undisturbed)] == [1, 0, 1]


@posix
@pytest.mark.parametrize("change", ["image", "table", "damage"])
def test_stages_of_something_else_are_made_again(job, start, inputs, folder, maps, tmp_path, change):
    table = tmp_path / "own.csv"
    table.write_text("label;level\n21;L2\n22;L3\n", encoding="utf-8")
    inputs = {"image": inputs["image"], "map": inputs["second_map"], "table_file": str(table)}
    first = start(job("segment", inputs, backend="staged"), program=PROGRAM)
    first.until_log("napping")
    first.process.kill()
    first.end()
    go_on(inputs)
    if change == "image":
        write_volume(inputs["image"], read_volume(inputs["image"])[0] + 1, maps.grid)
    elif change == "table":
        table.write_text("label;level\n21;L3\n22;L4\n", encoding="utf-8")
    else:
        file = stages_in(folder)[0] / "semantic.npz"
        file.write_bytes(file.read_bytes()[:-30])
    again = start(job("segment", inputs, backend="staged"), program=PROGRAM)
    assert again.end().state is State.FINISHED, again.diagnostics()
    assert len(made(again)) == 1
    assert results(folder)[0]["reused_stages"] == []


@posix
def test_cancelling_leaves_no_stage(job, start, inputs, folder, content):
    worker = start(job("segment", inputs, backend="staged", table="spineps"), program=PROGRAM)
    worker.until_log("napping")
    assert len(stages_in(folder)) == 1
    worker.listener.cancel()
    worker.process.stdin.close()
    assert worker.end().state is State.CANCELLED
    assert content(folder) == ["old.txt"]


@posix
def test_two_runs_of_one_request_at_once_end_alike(job, start, inputs, folder, content):
    asked = job("segment", inputs, backend="staged", table="spineps")
    first = start(asked, program=PROGRAM)
    first.until_log("napping")
    go_on(inputs)
    second = start(asked, program=PROGRAM)
    assert second.end().state is State.FINISHED, second.diagnostics()
    assert len(made(second)) == 1
    assert len(stages_in(folder)) == 1, "the stages of a running job stay"
    first.process.stdin.close()
    first.end()
    assert content(folder) == RESULTS


class Counting:
    """A backend that counts how often it has to work."""

    def __init__(self, maps):
        self.maps, self.runs = maps, 0

    def describe(self):
        return Description("counting", "counting", "what it was given")

    def available(self, _):
        return Availability(True, "always")

    def run(self, request, progress):
        self.runs += 1
        progress(0.5, "half")
        maps = LabelMaps(request.grid, self.maps.subregions, self.maps.vertebrae)
        return Segmentation(maps, {21: 0.5, 22: None}, ("a warning",), {"net": "1"}, {"net.onnx": "sha256:0"}, "cuda:1")


@pytest.fixture
def counting(maps, monkeypatch):
    backend = Counting(maps)
    monkeypatch.setattr(backends, "BACKENDS", (backend,))
    return backend


@pytest.fixture
def run(inputs, folder, tmp_path):
    def run(**change):
        scratch = tmp_path / f"scratch {time.monotonic_ns()}"
        scratch.mkdir()
        segment(Asked(Path(inputs["image"]), **change), scratch, Audience(lambda *_: None, lambda _: None), folder)
        return results(scratch)

    return run


@pytest.mark.parametrize("error", [MemoryError(), OSError(28, "No space left on device")])
def test_what_failed_for_want_of_memory_or_disk_goes_on_after_the_backend(counting, run, folder, content, monkeypatch, error):
    def fail(*_):
        raise error

    with monkeypatch.context() as patch:
        patch.setattr(segmenting, "_write_maps", fail)
        with pytest.raises(type(error)):
            run()
    assert len(stages_in(folder)) == 1
    report, files = run(device="cpu")
    assert counting.runs == 1, "what it runs on makes no difference"
    assert report["reused_stages"] == ["segmentation"]
    assert content(folder) == ["old.txt"]
    fresh, same = run()
    assert counting.runs == 2
    assert same == files
    for key in ("levels", "versions", "weights", "warnings", "inputs"):
        assert fresh[key] == report[key]


@pytest.mark.parametrize("error", [KeyboardInterrupt(), segmenting.MapError("No vertebra was found.")])
@pytest.mark.usefixtures("counting")
def test_what_was_cancelled_or_is_hopeless_keeps_nothing(run, folder, content, monkeypatch, error):
    def fail(*_):
        raise error

    monkeypatch.setattr(segmenting, "_write_maps", fail)
    with pytest.raises(type(error)):
        run()
    assert content(folder) == ["old.txt"]


def test_every_part_of_a_request_makes_another_key():
    keys = {
        key_of("a", "t", ["1", "2"]),
        key_of("b", "t", ["1", "2"]),
        key_of("a", "u", ["1", "2"]),
        key_of("a", "t", ["2", "1"]),
    }
    assert len(keys) == 4
    assert key_of("a", "t", ["1"]) == key_of("a", "t", ["1"])


def test_what_a_found_stage_has_brought_about_tells_of_no_speed(tmp_path):
    Stages(tmp_path).keep("semantic", {"array": np.zeros(3)})
    stages, said = Stages(tmp_path), []
    tell = skipping(lambda *told: said.append(told), lambda fraction: said.append(fraction), stages)
    tell(0.1, "loading")
    stages.found("semantic")
    tell(0.6, "instances")
    tell(0.7, "instances")
    assert said == [(0.1, "loading"), 0.6, (0.6, "instances"), (0.7, "instances")]


def killed(folder, key, *, with_stage):
    """Leave what a killed process leaves."""
    store = StageStore(folder, key)
    kept = store.__enter__()
    if with_stage:
        (kept / "semantic.npz").write_bytes(b"stage")
    store.__exit__(MemoryError, MemoryError(), None)
    return kept


def test_sweeping_keeps_stages_for_a_week_and_nothing_else(folder):
    killed(folder, "empty", with_stage=False)
    waiting, old = (killed(folder, key, with_stage=True) for key in ("waiting", "old"))
    os.utime(old, (time.time() - 8 * 24 * 3600,) * 2)
    (folder / ".spinetwin-stages-mine").mkdir()
    (folder / ".spinetwin-stages-mine" / "thesis.txt").write_text("only copy")
    sweep(folder)
    left = {each.name for each in stages_in(folder)}
    assert left == {waiting.name, ".spinetwin-stages-mine"}


def test_what_a_cancelled_process_kept_can_be_removed_by_its_number(folder):
    kept = killed(folder, "mine", with_stage=True)
    forget_stages(folder, os.getpid() + 1)
    assert kept.exists()
    forget_stages(folder, os.getpid())
    assert stages_in(folder) == []


@posix
def test_a_link_in_place_of_the_folder_is_not_followed(folder, tmp_path):
    (tmp_path / "elsewhere").mkdir()
    (folder / ".spinetwin-stages-key").symlink_to(tmp_path / "elsewhere")
    with StageStore(folder, "key") as kept:
        assert kept is None
    sweep(folder)
    assert list((tmp_path / "elsewhere").iterdir()) == []


def test_where_nothing_can_be_kept_the_work_goes_on(counting, inputs, tmp_path):
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    segment(Asked(Path(inputs["image"])), scratch, Audience(lambda *_: None, lambda _: None), tmp_path / "nowhere")
    assert counting.runs == 1
    assert not (tmp_path / "nowhere").exists()
