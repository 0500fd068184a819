"""Every way a run can end leaves the process class idle, with one sentence and a hint; on a real QProcess."""

import json
import os
import sys
import time
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
CANCEL_S = 2.0

linux = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="needs Linux")


def test_a_run_tells_its_levels_and_ends_with_a_result(watcher, folder, content):
    panel = watcher()
    panel.worker.start("sample", {}, {"levels": "L1-L2", "spacing": [2.0, 2.0, 2.0]}, folder)
    assert (panel.worker.busy, panel.worker.state, panel.events) == (True, "starting", [])
    made = panel.end()
    assert made.state == "finished", panel.worker.diagnostics()
    panel.events.clear()
    panel.worker.start("poi", made.result.paths, {"levels": "L1-L5"}, folder)
    verdict = panel.end()
    assert verdict.state == panel.worker.state == "finished"
    assert [each.level for each in panel.events if hasattr(each, "level")] == ["L1", "L2"]
    assert panel.kinds()[-1] == "Result"
    assert content(folder) == ["old.txt", "points.mrk.json", "subregions.nii.gz", "vertebrae.nii.gz"]
    points = json.loads(Path(verdict.result.paths["points"]).read_text(encoding="utf-8"))
    assert [each["name"] for each in points["markups"]] == ["L1", "L2"]


def test_the_states_of_a_run(strange):
    panel = strange("short")
    seen = [panel.worker.state]
    panel.hear = lambda _: seen.append(panel.worker.state)
    panel.end()
    seen.append(panel.worker.state)
    assert list(dict.fromkeys(seen)) in (["starting", "running", "finished"], ["starting", "finished"])


def test_a_second_start_while_one_runs_is_refused(strange, folder):
    panel = strange("nap")
    with pytest.raises(RuntimeError, match="running already"):
        panel.worker.start("nap", {}, {}, folder)


@pytest.mark.parametrize(
    ("step", "code", "sentence"),
    [
        ("refuse", "maps", "The vertebra map holds no vertebra."),
        ("bug", "internal", "Something unexpected happened (KeyError: 'Größe')."),
        pytest.param("greedy", "memory", "There is not enough memory for these images.", marks=linux),
        pytest.param("full_disk", "disk", "The disk is full.", marks=linux),
        ("crash", "crash", "The computation crashed (Segmentation fault)."),
        ("leave", "killed", "The operating system ended the computation, most often because memory ran out."),
        ("magic", "parameter", "job.json asks for the step 'magic', which there is not."),
    ],
)
@pytest.mark.parametrize("launched", [False, True], ids=["direct", "behind a launcher"])
def test_every_failure_ends_idle_with_one_sentence_and_a_hint(strange, folder, step, code, sentence, launched, content):
    panel = strange(step, launched)
    verdict = panel.end()
    assert (panel.worker.state, verdict.state, verdict.code, verdict.message) == ("failed", "failed", code, sentence)
    assert verdict.hint
    assert verdict.result is None
    assert content(folder) == ["old.txt"]
    assert sentence in panel.worker.diagnostics()


def test_an_unexpected_failure_has_its_traceback_in_the_diagnostics(strange):
    panel = strange("bug")
    panel.end()
    text = panel.worker.diagnostics()
    assert "KeyError" in text
    assert "in bug" in text
    assert "job.json" in text


def test_a_program_that_is_not_there(watcher, folder):
    panel = watcher(interpreter="/no/such/Python")
    panel.worker.start("sample", {}, {}, folder)
    assert panel.verdicts == [], "no callback from inside start"
    verdict = panel.end()
    assert (verdict.state, verdict.code, "/no/such/Python" in verdict.message) == ("failed", "no_program", True)
    assert verdict.hint


def test_a_python_without_the_core(watcher, folder, tmp_path):
    script = tmp_path / "python"
    script.write_text("#!/bin/sh\necho 'No module named spinetwin' >&2\nexit 1\n")
    script.chmod(0o755)
    panel = watcher(interpreter=str(script))
    panel.worker.start("sample", {}, {}, folder)
    assert panel.end().message == "The computation ended with exit code 1: No module named spinetwin."


@pytest.mark.parametrize("launched", [False, True], ids=["direct", "behind a launcher"])
@pytest.mark.parametrize(("step", "word"), [("nap", "napping"), ("stubborn", "refusing"), ("family", "family")])
def test_cancelling_ends_the_whole_tree_in_time_and_leaves_nothing(strange, folder, step, word, launched, content, alive):
    panel = strange(step, launched)
    family = [int(pid) for pid in panel.log(word).split()[1:]]
    family.append(panel.worker._listener.worker_pid)
    panel.events.clear()
    before = time.monotonic()
    panel.worker.cancel()
    panel.worker.cancel()
    verdict = panel.end()
    taken = time.monotonic() - before
    assert not [pid for pid in family if alive(pid)]
    assert taken < CANCEL_S
    assert (verdict.state, verdict.text) == ("cancelled", "Cancelled; nothing was changed.")
    assert panel.events == []
    assert content(folder) == ["old.txt"]


def test_cancelling_at_once(strange, folder, content):
    panel = strange("nap")
    panel.worker.cancel()
    assert panel.end().state == "cancelled"
    assert panel.events == []
    assert content(folder) == ["old.txt"]


def test_cancelling_when_the_work_is_done_but_not_yet_told(strange, spin):
    panel = strange("short")
    spin(lambda: panel.worker.state == "finished")
    told = len(panel.events)
    panel.worker.cancel()
    assert panel.end().state == panel.worker.state == "cancelled"
    assert (len(panel.events), len(panel.verdicts)) == (told, 1)


def test_options_that_no_file_can_hold(watcher, folder):
    panel = watcher()
    panel.worker.start("sample", {}, {"seed": object()}, folder)
    verdict = panel.end()
    assert (verdict.state, verdict.code) == ("failed", "parameter")
    assert verdict.message.startswith("The job cannot be written: ")


def test_cancelling_without_a_run_is_nothing(watcher, host):
    panel = watcher()
    panel.worker.cancel()
    host.app.processEvents()
    assert (panel.worker.busy, panel.worker.state, panel.verdicts) == (False, "idle", [])


def test_a_killed_worker(strange, folder, content):
    panel = strange("nap")
    panel.log("napping")
    os.kill(panel.worker._listener.worker_pid, 9)
    verdict = panel.end()
    assert verdict.code == "killed"
    assert content(folder) == ["old.txt"]


class Clock:
    now = 0.0

    def __call__(self):
        return self.now


@pytest.mark.parametrize("launched", [False, True], ids=["direct", "behind a launcher"])
def test_a_worker_that_hangs_is_ended(strange, folder, launched, content, alive):
    from spinetwin.jobs import Listener

    clock = Clock()
    panel = strange("freeze", launched, listener=lambda command: Listener(command, clock=clock))
    panel.log("freezing")
    pid = panel.worker._listener.worker_pid
    for _ in range(31):
        clock.now += 1
        panel.worker._onTick()
    verdict = panel.end()
    assert (verdict.state, verdict.code) == ("failed", "hang")
    assert verdict.message == "The computation was silent for 30 seconds and has been ended."
    assert not alive(pid)
    assert content(folder) == ["old.txt"]


def test_a_busy_application_takes_nobody_for_hanging(strange):
    panel = strange("nap")
    panel.log("napping")
    time.sleep(0.5)
    panel.worker._onTick()
    assert panel.worker.state == "running"


def test_what_libraries_print_becomes_log(strange):
    panel = strange("babble")
    assert panel.end().state == "finished"
    printed = [each.text for each in panel.events if getattr(each, "severity", "") == "output"]
    assert "written by a library: Straße" in printed
    assert "printed by a child" in printed


def test_the_environment_is_clean(watcher, folder, tmp_path, monkeypatch):
    names = ("PYTHONHOME", "PYTHONPATH", "LD_LIBRARY_PATH", "SPINE")
    for name in names:
        monkeypatch.setenv(name, f"/of/the/application/{name}")
    script = tmp_path / "python"
    script.write_text(f'#!/bin/sh\nfor name in {" ".join(names)} PYTHONNOUSERSITE; do eval echo "$name=\\$$name"; done\npwd\n')
    script.chmod(0o755)
    panel = watcher(interpreter=str(script))
    panel.worker.start("sample", {}, {}, folder)
    assert panel.end().code == "no_result"
    said = [each.text for each in panel.events]
    assert said[:3] == ["PYTHONHOME=", "PYTHONPATH=", "LD_LIBRARY_PATH="]
    assert "PYTHONNOUSERSITE=1" in said
    assert said[3] == "SPINE=/of/the/application/SPINE"
    assert Path(said[-1]) == ROOT / "SpineDigitalTwin"


def test_a_folder_for_the_job_that_cannot_be_made(watcher, folder, host, monkeypatch):
    import errno
    import tempfile

    def full(*_, **__):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(tempfile, "TemporaryDirectory", full)
    panel = watcher()
    panel.worker.start("sample", {}, {}, folder)
    verdict = panel.end()
    assert (verdict.state, "No space left on device" in verdict.message) == ("failed", True)
