"""Events from many threads, the time that remains, and moving results all together or not at all."""

import errno
import threading
from pathlib import Path

import pytest
from spinetwin.errors import WriteError
from spinetwin.jobs.events import Log, Progress, event_of
from spinetwin.jobs.output import Output
from spinetwin.jobs.scratch import Scratch
from spinetwin.jobs.worker import Run
from spinetwin.segmentation.course import Part


class Recorder:
    def __init__(self):
        self.now = 0.0
        self.written = []
        self.output = Output(self.written.append, lambda: self.now)

    @property
    def events(self):
        return [event_of(line.decode()) for line in self.written]


@pytest.fixture
def recorder():
    return Recorder()


def test_the_estimate_waits_until_there_is_something_to_go_by(recorder):
    show = recorder.output.progress("poi")
    for recorder.now, fraction in ((0.0, 0.0), (0.5, 0.008), (2.0, 0.01), (10.0, 0.25), (40.0, 1.0)):
        show(fraction, "L1")
    assert [each.eta_s for each in recorder.events] == [None, None, None, 30.0, 0.0]


def test_progress_is_told_no_more_often_than_anybody_can_read(recorder):
    show = recorder.output.progress("poi")
    for step in range(1000):
        recorder.now = step / 1000
        show(step / 1000, "voxels")
    show(1.0, "done")
    assert 8 <= len(recorder.events) <= 12
    assert recorder.events[-1] == Progress("poi", 1.0, "done", 0.0)


def test_the_first_estimate_is_told_at_once_though_something_has_just_been_said(recorder):
    """A crop of two seconds said nothing more before half of it was over."""
    show = recorder.output.progress("segment")
    show(0.0, "reading")
    show.expect(0.0, [Part("look", 2.0)])
    recorder.now = 0.05
    show(0.0, "two seconds")
    recorder.now = 0.09
    show(0.01, "looking")
    assert [(each.message, each.eta_s) for each in recorder.events] == [("reading", None), ("two seconds", 1.9)]


def test_lines_of_many_threads_do_not_mix(recorder):
    threads = [threading.Thread(target=lambda n=n: [recorder.output.log(str(n) * 500) for _ in range(50)]) for n in range(8)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert all(isinstance(each, Log) and len(set(each.text)) == 1 for each in recorder.events)
    assert len(recorder.events) == 400


def test_a_reader_that_is_gone_stops_nobody():
    def write(_):
        raise BrokenPipeError(errno.EPIPE, "gone")

    Output(write).log("text")


@pytest.fixture
def made():
    def made(scratch, *names):
        for name in names:
            (scratch.folder / name).write_text(f"new {name}")
        return {name: scratch.folder / name for name in names}

    return made


def test_results_replace_those_of_another_day(folder, made, content):
    with Scratch(folder) as scratch:
        paths = scratch.publish(made(scratch, "old.txt", "more.txt"))
    assert paths == {"old.txt": str(folder / "old.txt"), "more.txt": str(folder / "more.txt")}
    assert (folder / "old.txt").read_text() == "new old.txt"
    assert content(folder) == ["more.txt", "old.txt"]


def test_when_one_result_cannot_be_moved_everything_is_as_before(folder, made, content):
    (folder / "in the way").mkdir()
    with Scratch(folder) as scratch, pytest.raises(WriteError, match="in the way: it is a folder"):
        scratch.publish(made(scratch, "old.txt", "new.txt", "in the way"))
    assert content(folder) == ["in the way", "old.txt"]
    assert (folder / "old.txt").read_text() == "before"


def test_when_the_disk_fails_in_the_middle_everything_is_as_before(folder, made, content, monkeypatch):
    replace = Path.replace

    def failing(self, target):
        if self.name == "z.txt":
            raise OSError(errno.ENOSPC, "No space left on device")
        return replace(self, target)

    monkeypatch.setattr(Path, "replace", failing)
    with Scratch(folder) as scratch, pytest.raises(WriteError, match="the disk is full"):
        scratch.publish(made(scratch, "old.txt", "z.txt"))
    assert content(folder) == ["old.txt"]
    assert (folder / "old.txt").read_text() == "before"


@pytest.mark.parametrize("after", range(3))
def test_a_cancellation_in_the_middle_leaves_everything_as_before(folder, made, content, monkeypatch, after):
    replace = Path.replace
    moves = []

    def interrupted(self, target):
        moved = replace(self, target)
        moves.append(self)
        if len(moves) == after + 1:
            raise KeyboardInterrupt
        return moved

    with Scratch(folder) as scratch:
        files = made(scratch, "old.txt", "z.txt")
        monkeypatch.setattr(Path, "replace", interrupted)
        with pytest.raises(KeyboardInterrupt):
            scratch.publish(files)
        monkeypatch.undo()
    assert content(folder) == ["old.txt"]
    assert (folder / "old.txt").read_text() == "before"


def test_a_cancelled_job_publishes_nothing(folder, made, content):
    with Scratch(folder) as scratch:
        files = made(scratch, "old.txt")
        scratch.remove()
        with pytest.raises(KeyboardInterrupt):
            scratch.publish(files)
    assert content(folder) == ["old.txt"]
    assert (folder / "old.txt").read_text() == "before"


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (OSError(errno.ENOSPC, "No space left on device"), "disk"),
        (OSError(errno.ENOMEM, "Cannot allocate memory"), "memory"),
        (OSError(errno.EIO, "Input/output error", "scan.nii.gz"), "system"),
        (MemoryError(), "memory"),
        (RuntimeError("can't start new thread"), "memory"),
        (RuntimeError("odd"), "internal"),
        (ValueError("many\nlines " * 1000), "internal"),
        (KeyboardInterrupt(), "stopped"),
    ],
)
def test_what_a_library_raises_becomes_a_sentence(recorder, folder, job, content, error, code):
    from spinetwin.jobs.job import Step

    def step(_job, scratch, _output):
        (scratch / "half").touch()
        raise error

    failure = Run(job("fail"), recorder.output, {"fail": Step((), step)}).ended()
    assert failure.code == code
    assert failure.message.endswith(".")
    assert "\n" not in failure.message
    assert len(failure.message) < 300
    assert content(folder) == ["old.txt"]
    if code == "system":
        assert failure.message == "The system refused to go on with scan.nii.gz: Input/output error."


def test_a_full_disk_said_by_a_writer_is_a_full_disk(recorder, job, monkeypatch):
    from spinetwin.jobs.job import Step

    def full(*_, **__):
        raise OSError(errno.ENOSPC, "No space left on device")

    def step(_job, scratch, _output):
        from spinetwin.io.atomic import write_text

        with monkeypatch.context() as patch:
            patch.setattr(Path, "write_text", full)
            write_text(scratch / "points.csv", "x")

    failure = Run(job("fail"), recorder.output, {"fail": Step((), step)}).ended()
    assert failure.code == "disk"
    assert "the disk is full" in failure.message
    assert failure.hint == "Free some space or choose another folder."
