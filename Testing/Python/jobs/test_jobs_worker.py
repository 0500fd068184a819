"""The worker as a process: what it says, what it leaves, and how it ends, whatever goes wrong."""

import os
import signal
import subprocess
import sys
import time

import pytest
from spinetwin.jobs import State, sweep
from spinetwin.jobs.events import Failure, Log, Progress, Result, Started

posix = pytest.mark.skipif(os.name != "posix", reason="needs signals")
linux = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="needs Linux")

CANCEL_S = 2.0


def test_a_job_says_how_far_it_is_and_ends_in_a_result(job, start, folder, content):
    worker = start(job("short"))
    verdict = worker.end()
    assert verdict.state is State.FINISHED, worker.diagnostics()
    said = worker.said()
    assert isinstance(said[0], Started)
    assert said[0].pid == worker.process.pid
    assert next(each.message for each in said if isinstance(each, Progress)) == "Schritt 0 von fünf"
    assert said[-1] == Result({"text": str(folder / "result.txt")}, "fünf Schritte")
    assert content(folder) == ["old.txt", "result.txt"]


def test_what_others_print_becomes_log(job, start):
    worker = start(job("babble"))
    assert worker.end().state is State.FINISHED
    said = worker.said()
    printed = [each.text for each in said if isinstance(each, Log) and each.severity == "output"]
    assert sorted(printed) == [
        "no UTF-8: \ufffd",
        "printed by Python",
        "printed by a child",
        "without an end",
        "written by a library: Stra\u00dfe",
        '{"event": "result", "paths": {}}',
    ]
    assert len([each for each in said if isinstance(each, Result)]) == 1
    assert isinstance(said[-1], Result), "the result is said after everything that was printed on the way"


def test_the_heart_beats_while_nothing_else_is_said(job, start):
    worker = start(job("nap"))
    worker.until_log("napping")
    before = time.monotonic()
    while b"heartbeat" not in worker.raw:
        assert worker.read()
    assert time.monotonic() - before < 10


@pytest.mark.parametrize(
    ("step", "code", "message", "hint"),
    [
        ("refuse", "maps", "The vertebra map holds no vertebra.", "Segment the spine first."),
        ("bug", "internal", "Something unexpected happened (KeyError: 'Größe').", "Copy the diagnostics"),
        pytest.param("greedy", "memory", "There is not enough memory", "Close other programs", marks=linux),
        pytest.param("big_file", "write", "the file is larger than the disk allows.", "another folder", marks=posix),
        pytest.param("full_disk", "disk", "The disk is full.", "Free some space", marks=linux),
        pytest.param("crash", "crash", "The computation crashed (Segmentation fault).", "Try again", marks=posix),
        ("leave", "killed", "The operating system ended the computation", "Close other programs"),
    ],
)
def test_every_failure_is_one_sentence_with_a_hint_and_leaves_nothing(job, start, folder, content, step, code, message, hint):
    worker = start(job(step))
    verdict = worker.end()
    assert verdict.state is State.FAILED
    assert (verdict.code, message in verdict.message, hint in verdict.hint) == (code, True, True), verdict
    assert "Traceback" not in verdict.text
    assert "\n" not in verdict.text
    sweep(folder)
    assert content(folder) == ["old.txt"]


def test_a_failure_that_is_told_removes_its_folder_itself(job, start, folder, content):
    start(job("bug")).end()
    assert content(folder) == ["old.txt"]


def test_an_unexpected_failure_has_its_traceback_in_the_log(job, start):
    worker = start(job("bug"))
    worker.end()
    traceback = [each.text for each in worker.said() if isinstance(each, Log) and each.severity == "traceback"]
    assert len(traceback) == 1
    assert "in bug" in traceback[0]
    assert "in bug" in worker.diagnostics()


@pytest.mark.parametrize("step", ["nap", pytest.param("stubborn", marks=posix), pytest.param("family", marks=posix)])
def test_closing_standard_input_cancels(job, start, folder, content, gone, step):
    worker = start(job(step))
    word = {"nap": "napping", "stubborn": "refusing", "family": "family"}[step]
    family = [int(pid) for pid in worker.until_log(word).split()[1:]]
    worker.listener.cancel()
    before = time.monotonic()
    worker.process.stdin.close()
    verdict = worker.end()
    assert gone(*family, within=CANCEL_S)
    assert time.monotonic() - before < CANCEL_S
    assert (verdict.state, verdict.text) == (State.CANCELLED, "Cancelled; nothing was changed.")
    assert content(folder) == ["old.txt"]


@posix
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT] if os.name == "posix" else [])
def test_a_polite_signal_stops_the_worker(job, start, folder, content, number):
    worker = start(job("nap"))
    worker.until_log("napping")
    worker.process.send_signal(number)
    assert worker.end().code == "stopped"
    assert isinstance(worker.said()[-1], Failure)
    assert content(folder) == ["old.txt"]


@posix
def test_the_death_of_the_parent_ends_the_worker(job, folder, content, gone, strange):
    code = (
        "import subprocess, sys\n"
        "w = subprocess.Popen(sys.argv[1:], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)\n"
        "for line in w.stdout:\n"
        "    print(line, end='', flush=True)\n"
    )
    command = [sys.executable, "-c", code, sys.executable, str(strange), str(job("family"))]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as parent:
        lines = iter(parent.stdout.readline, "")
        worker = int(next(lines).split('"pid": ')[1].split(",")[0])
        family = next(line for line in lines if "family" in line)
        family = [int(pid) for pid in family.split('"family ')[1].split('"')[0].split()]
        parent.kill()
        assert gone(worker, *family, within=CANCEL_S)
    assert content(folder) == ["old.txt"]


def test_a_killed_worker_leaves_no_result_and_the_next_one_tidies_up(job, start, folder, content):
    worker = start(job("nap"))
    worker.until_log("napping")
    worker.process.kill()
    verdict = worker.end()
    assert verdict.state is State.FAILED
    left = content(folder)
    assert [name for name in left if name.endswith("half.bin")]
    assert start(job("short")).end().state is State.FINISHED
    assert content(folder) == ["old.txt", "result.txt"]


def test_a_running_job_keeps_its_folder(job, start, folder, content):
    worker = start(job("nap"))
    worker.until_log("napping")
    sweep(folder)
    start(job("short")).end()
    assert [name for name in content(folder) if name.endswith("half.bin")]


def test_what_only_looks_like_ours_stays(folder, content):
    for name in (".spinetwin-job-mine", ".spinetwin-job-0123"):
        (folder / name).mkdir()
        (folder / name / "thesis.txt").write_text("only copy")
    (folder / ".spinetwin-job-0123" / "owner.lock").write_text("mine")
    before = content(folder)
    sweep(folder)
    assert content(folder) == before


def test_without_a_listening_program_standard_input_is_not_watched(job, strange):
    command = [sys.executable, str(strange), str(job("short"))]
    done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, check=False, timeout=60)
    assert (done.returncode, done.stderr) == (0, b"")


def test_a_worker_that_nobody_hears_still_ends(job, start, folder, content):
    worker = start(job("short", seconds=1))
    worker.process.stdout.close()
    assert worker.process.wait(60) == 0
    assert content(folder) == ["old.txt", "result.txt"]
