"""Work that hangs while its process lives: the heartbeat tells, a person is told, and nobody is ended for it."""

import pytest
from spinetwin.jobs import Listener
from spinetwin.jobs.events import Heartbeat, Log, Progress, event_of, line_of
from spinetwin.jobs.listen import PATIENCE_S
from spinetwin.jobs.output import Output


@pytest.fixture
def listener():
    now = iter(range(10_000))
    listener = Listener(["python"], clock=lambda: float(next(now)))
    listener.starting()
    listener.running()
    return listener


def told(listener, *beats):
    events = [each for beat in beats for each in listener.receive(line_of(Heartbeat(*beat)))]
    assert all(isinstance(each, Log) and each.severity == "warning" for each in events)
    return [each.text for each in events]


def last_beat(worker, wanted):
    """Read on until a heartbeat is as wanted; returns it."""
    while True:
        beats = [each for each in worker.all_events_so_far() if isinstance(each, Heartbeat)]
        if beats and wanted(beats[-1]):
            return beats[-1]
        assert worker.read(), worker.diagnostics()


@pytest.fixture
def begun(start):
    """Start a worker, and let it be asked for the events of its whole lines."""

    def begin(job, word):
        worker = start(job)
        worker.until_log(word)
        worker.all_events_so_far = lambda: [event_of(each) for each in worker.raw.decode().splitlines(keepends=True)[:-1]]
        return worker

    return begin


def test_a_main_thread_that_hangs_is_told_by_the_heartbeat(begun, job):
    worker = begun(job("nap"), "napping")
    beat = last_beat(worker, lambda each: each.quiet_s > 3.0)
    assert beat.idle_s > 1.5
    assert worker.process.poll() is None
    assert not worker.listener.tick()


def test_a_main_thread_that_computes_without_a_word_is_not_idle(begun, job):
    worker = begun(job("spin"), "spinning")
    assert last_beat(worker, lambda each: each.quiet_s > 3.0).idle_s == 0.0


def test_long_silence_becomes_a_warning_and_again_when_it_has_doubled(listener):
    assert told(listener, (119.0, 119.0)) == []
    (hangs,) = told(listener, (121.0, 121.0))
    assert hangs.startswith("No progress for 2 minutes, and the worker used no processor time")
    assert told(listener, (123.0, 123.0), (200.0, 200.0)) == []
    assert [each[:26] for each in told(listener, (242.0, 242.0), (500.0, 500.0))] == [
        "No progress for 4 minutes,",
        "No progress for 8 minutes,",
    ]
    assert hangs in listener.diagnostics()
    assert not listener.tick()


def test_silence_at_work_is_called_so(listener):
    assert told(listener, (300.0, 2.0)) == ["No progress for 5 minutes; the processor is at work."]


def test_progress_ends_the_silence(listener):
    assert told(listener, (130.0, 0.0))
    listener.receive(line_of(Progress("segment", 0.5, "on")))
    assert told(listener, (60.0, 60.0)) == []
    assert told(listener, (130.0, 0.0))


def test_a_worker_of_an_earlier_version_tells_nothing_of_it(listener):
    assert listener.receive(b'{"event": "heartbeat"}\n') == []


def test_silence_of_the_process_itself_is_still_a_hang(listener):
    told(listener, (200.0, 200.0))
    assert [listener.tick() for _ in range(int(PATIENCE_S) + 2)][-1]


def test_progress_that_is_not_written_is_a_sign_of_life():
    """So many steps are told that not all of them are written."""
    now, written = [0.0], []
    output = Output(written.append, lambda: now[0])
    tell = output.progress("segment")
    for step in range(100):
        now[0] = 0.001 * step
        tell(step / 1000, "on")
    assert len(written) < 5
    assert output.heard == pytest.approx(0.099)
