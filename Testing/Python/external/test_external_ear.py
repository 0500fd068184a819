"""What SPINEPS and TotalSpineSeg say, as progress: lines that the published versions have written."""

import os
import sys
from pathlib import Path

import pytest
from spinetwin.errors import MapError, ProgramError
from spinetwin.jobs.backends import BACKENDS
from spinetwin.jobs.environments import HangError, Program
from spinetwin.jobs.external import running
from spinetwin.jobs.external.ear import Ear

SPINEPS = """\
\x1b[92m[T2w] Model loaded from /w/semantic\x1b[0m\x1b[0m
\x1b[0m[SPINEPS] Processing sub-case_T2w.nii.gz\x1b[0m\x1b[0m
\x1b[44m - [SPINEPS] Prepare input image\x1b[0m\x1b[0m
\x1b[44m - [SPINEPS] Predict Semantic Mask\x1b[0m\x1b[0m
  0%|          | 0/4 [00:00<?, ?it/s]
running prediction :  50%|█████     | 2/4 [00:02<00:02,  1.28s/it]
finish: 100%|██████████| 4/4 [00:12<00:00,  3.04s/it]
argmax cpu:   0%|          | 0/1 [00:00<?, ?it/s]
\x1b[0m ---- [SPINEPS] Post-process semantic mask...\x1b[0m\x1b[0m
\x1b[44m - [SPINEPS] Predict instance mask\x1b[0m\x1b[0m
 ---- [SPINEPS] Vertebra Body cutouts:  40%|████      | 2/5 [00:00<00:00, 153.87it/s]
\x1b[93m ---- [SPINEPS] Number of vertebra 0 smaller than number of corpus regions 5\x1b[0m\x1b[0m
\x1b[44m - [SPINEPS] Post process\x1b[0m\x1b[0m
\x1b[91m[Init] sub-case_T2w.nii.gz was not segmented: the image was empty.\x1b[0m\x1b[0m
"""


def heard(program, text):
    seen = []
    ear = Ear(program, lambda *told: seen.append(told))
    for line in text.splitlines():
        ear.hear(line)
    return seen, ear.reasons


def test_spineps_is_understood():
    seen, reasons = heard("spineps", SPINEPS)
    assert seen == [
        ("prepare", 0.0, "loading the networks"),
        ("prepare", 0.0, "preparing the image"),
        ("semantic", 0.0, "predicting the subregions"),
        ("semantic", 0.5, "predicting the subregions (2/4)"),
        ("tidy", 0.0, "tidying the subregions"),
        ("instance", 0.0, "predicting the vertebrae"),
        ("instance", 0.4, "predicting the vertebrae (2/5)"),
        ("clean", 0.0, "tidying the vertebrae"),
    ]
    assert reasons == ["Number of vertebra 0 smaller than number of corpus regions 5", "the image was empty."]


def test_what_is_over_does_not_begin_again():
    seen, _ = heard("spineps", SPINEPS + SPINEPS)
    parts = [part for part, *_ in seen]
    assert [each for each in parts if each not in ("semantic", "instance")] == ["prepare", "prepare", "tidy", "clean"]


def test_a_line_that_a_program_says_twice_begins_the_next_part_that_it_fits():
    """TotalSpineSeg names by the same algorithm after either of its networks."""
    name, second = "Using an iterative algorithm to label IVDs with the following parameters:", "Running step 2 model:"
    seen, _ = heard("totalspineseg", "\n".join(["Running step 1 model:", name, second, name]))
    assert [part for part, *_ in seen] == ["begin1", "order", "begin2", "name"]


def test_the_two_steps_of_totalspineseg_are_told_apart_and_counted():
    seen = []
    ear = Ear("totalspineseg", lambda part, done, _: seen.append((part, done)))
    for each in (0.5, "Running step 1 model:", 0.5, "Running step 2 model:", 0.5):
        ear.hear(each) if isinstance(each, str) else ear.count(each)
    assert seen == [("begin1", 0.0), ("step1", 0.5), ("begin2", 0.0), ("step2", 0.5)]
    ear.hear("Error: /x/case.nii.gz, No label found for the landmarks")
    assert ear.reasons == ["No label found for the landmarks"]


def test_the_reason_of_a_program_counts_more_than_its_last_words(monkeypatch):
    def fail(_, hear, patience_s):
        assert patience_s == running.PATIENCE_S
        hear("a was not segmented: it is a knee.")
        raise ProgramError("it ended with exit code 1.")

    monkeypatch.setattr(running, "run_program", fail)
    ear = Ear("spineps", lambda *_: None)
    with pytest.raises(MapError, match=r"^SPINEPS did not segment a\.nii: it is a knee\.$"):
        running.run_heard("SPINEPS", Program(Path(), "spineps"), ear, "a.nii")


def test_a_reason_to_doubt_is_no_verdict_on_the_image(monkeypatch):
    """The memory may be full this time, and not the next."""

    def fail(_, hear, __):
        hear("Number of vertebra 1 smaller than number of corpus regions 3")
        raise ProgramError("it was ended by the signal 9.")

    monkeypatch.setattr(running, "run_program", fail)
    ear = Ear("spineps", lambda *_: None)
    with pytest.raises(ProgramError, match=r"^SPINEPS did not segment a\.nii: Number of vertebra 1"):
        running.run_heard("SPINEPS", Program(Path(), "spineps"), ear, "a.nii")
    assert ear.verdict == ""


@pytest.mark.skipif(os.name != "posix", reason="needs a signal that stops a process")
def test_a_program_that_hangs_is_ended_and_that_counts_more_than_what_it_said():
    code = "import os, signal; print('a was not segmented: it is a knee.', flush=True); os.kill(os.getpid(), signal.SIGSTOP)"
    ear = Ear("spineps", lambda *_: None)
    with pytest.raises(HangError, match="silent for 1 seconds"):
        running.run_heard("SPINEPS", Program(Path(sys.executable), "-c", (code,)), ear, "a.nii", patience_s=1.0)
    assert ear.reasons


def test_programs_have_no_network():
    assert {running.NO_NETWORK[name] for name in ("http_proxy", "HTTPS_PROXY")} == {"http://127.0.0.1:9"}


def test_they_are_listed():
    names = [each.describe().name for each in BACKENDS]
    assert names == ["import", "spineps", "two-phase", "totalspineseg", "embedded"]
    for each in BACKENDS:
        told = each.describe()
        assert told.licence or told.fetches or not told.download_mb, told.name
