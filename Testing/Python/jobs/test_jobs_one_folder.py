"""Two jobs that end in one folder at the same moment: what is there afterwards was made by one of them."""

import subprocess
import sys

import pytest
from spinetwin.errors import WriteError
from spinetwin.jobs import scratch
from spinetwin.jobs.lock import one_writer, try_lock
from spinetwin.jobs.scratch import Scratch

NAMES = ("segmentation.json", "subregions.nii.gz", "vertebrae.nii.gz")
LOCK = ".spinetwin-writing.lock"

JOB = """
import sys, time
from pathlib import Path
from spinetwin.jobs import scratch

output, word, first, second = (Path(each) for each in sys.argv[1:])
aside = scratch._set_aside

def slow(target, replaced):
    if target.name == "subregions.nii.gz":  # the second of three
        second.touch()
        time.sleep(1.0)
    aside(target, replaced)

with scratch.Scratch(output) as mine:
    files = {}
    for name in ("segmentation.json", "subregions.nii.gz", "vertebrae.nii.gz"):
        files[name] = mine.folder / name
        files[name].write_text(str(word))
    if str(first) == "-":
        scratch._set_aside = slow
    while str(first) != "-" and not first.exists():
        time.sleep(0.01)
    mine.publish(files)
"""
"""Publishes three files that hold one word: as slowly as on a bad disk, or as soon as another is in the middle of that."""


def write(folder, word):
    for name in NAMES:
        (folder / name).write_text(word)


def words(folder):
    return {each.name: each.read_text() for each in folder.iterdir()}


@pytest.mark.parametrize("before", ["nothing", "an older result"])
def test_the_second_waits_until_the_first_has_written_all(tmp_path, before):
    output = tmp_path / "Ergebnisse ü"
    output.mkdir()
    if before == "an older result":
        write(output, "old")
    middle = tmp_path / "in the middle"
    jobs = [
        subprocess.Popen([sys.executable, "-c", JOB, output, word, first, middle], stderr=subprocess.PIPE)
        for word, first in (("first", "-"), ("second", middle))
    ]
    said = [each.communicate(timeout=60)[1] for each in jobs]
    assert [each.returncode for each in jobs] == [0, 0], said
    assert words(output) == dict.fromkeys(NAMES, "second")


def test_one_that_does_not_end_is_told_of_and_nothing_is_touched(tmp_path, monkeypatch):
    monkeypatch.setattr(scratch, "_PATIENCE_S", 0.05)
    write(tmp_path, "old")
    with (tmp_path / LOCK).open("wb") as other:
        assert try_lock(other)
        with Scratch(tmp_path) as mine:
            (mine.folder / NAMES[0]).write_text("new")
            with pytest.raises(WriteError, match=r"Another job is writing its results into .* and does not end\."):
                mine.publish({"report": mine.folder / NAMES[0]})
    assert words(tmp_path) == {**dict.fromkeys(NAMES, "old"), LOCK: ""}


def test_what_a_job_that_died_has_left_of_the_lock_stops_nobody(tmp_path):
    (tmp_path / LOCK).touch()
    with Scratch(tmp_path) as mine:
        (mine.folder / NAMES[0]).write_text("new")
        mine.publish({"report": mine.folder / NAMES[0]})
    assert words(tmp_path) == {NAMES[0]: "new"}


def test_a_failure_frees_the_folder(tmp_path):
    with pytest.raises(ZeroDivisionError), one_writer(tmp_path, 1.0):
        raise ZeroDivisionError
    with one_writer(tmp_path, 0.0):
        assert [each.name for each in tmp_path.iterdir()] == [LOCK]
    assert not list(tmp_path.iterdir())


def test_a_disk_that_knows_no_locks_is_written_to_all_the_same(tmp_path, monkeypatch):
    def unknown(_):
        raise OSError(95, "Operation not supported")

    monkeypatch.setattr("spinetwin.jobs.lock._lock", unknown)
    with Scratch(tmp_path) as mine:
        (mine.folder / NAMES[0]).write_text("new")
        mine.publish({"report": mine.folder / NAMES[0]})
    assert words(tmp_path) == {NAMES[0]: "new"}
