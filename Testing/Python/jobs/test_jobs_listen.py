"""The listening side: bytes cut anywhere, lines that are no events, silence by a clock of our own, and every ending."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from spinetwin.jobs import Listener, State
from spinetwin.jobs.endings import ending
from spinetwin.jobs.events import (
    Failure,
    Heartbeat,
    LevelReady,
    Log,
    Progress,
    Result,
    Started,
    event_of,
    line_of,
)
from spinetwin.jobs.lines import LineSplitter
from spinetwin.jobs.listen import PATIENCE_S

FRAME = [[1.0, 0.0, 0.0, 5.0], [0.0, 1.0, 0.0, 6.0], [0.0, 0.0, 1.0, -7.5], [0.0, 0.0, 0.0, 1.0]]
EVENTS = [
    Started(4711, "1.0"),
    Heartbeat(),
    Progress("poi", 0.42, "Größe 𝄞", 31.0),
    Progress("poi", 0.5, "no estimate"),
    Log("Müller\u2028", "warning"),
    LevelReady("L3", "/Müller/ä ö/L3.mrk.json", FRAME),
    LevelReady("L4", "/Müller/ä ö/L4.mrk.json"),
    Result({"points": "/Müller/ä ö/\udcff.mrk.json"}, "1 level"),
    Failure("maps", "Nothing is labelled.", "Segment first."),
]


class Clock:
    now = 100.0

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def listener(clock):
    listener = Listener(["python", "-m", "spinetwin"], clock=clock)
    listener.starting()
    listener.running()
    return listener


@pytest.mark.parametrize("event", EVENTS, ids=lambda event: type(event).__name__)
def test_an_event_survives_its_line(event):
    line = line_of(event)
    assert line.endswith(b"\n")
    assert line.count(b"\n") == 1
    assert event_of(line.decode()) == event


def unescaped(event):
    """Write an event as a program would that escapes nothing."""
    return json.dumps(json.loads(line_of(event)), ensure_ascii=False).encode("utf-8", "replace") + b"\r\n"


STREAM = b"".join(
    [
        *(line_of(event) for event in EVENTS),
        *(unescaped(event) for event in EVENTS if not isinstance(event, Result)),
        "kein JSON: Straße 𝄞\n".encode(),
        b"\n\n\xff\xfe broken \xe2\x82\n",
        b"[1, 2]\n{}\n",
        "ohne Ende ß".encode(),
    ]
)


@given(st.lists(st.integers(0, len(STREAM)), max_size=40).map(sorted))
def test_events_are_the_same_however_the_bytes_are_cut(cuts):
    whole = LineSplitter()
    expected = [*whole.feed(STREAM), *whole.end()]
    splitter = LineSplitter()
    pieces = [STREAM[a:b] for a, b in zip([0, *cuts], [*cuts, len(STREAM)], strict=True)]
    found = [line for piece in pieces for line in splitter.feed(piece)] + splitter.end()
    assert found == expected
    assert [event_of(line) for line in found[: len(EVENTS)]] == EVENTS
    assert found[-1] == "ohne Ende ß"


def test_one_byte_at_a_time():
    splitter = LineSplitter()
    lines = [line for byte in STREAM for line in splitter.feed(bytes([byte]))]
    assert [event_of(line) for line in lines[len(EVENTS) : 2 * len(EVENTS) - 1]] == [
        event for event in EVENTS if not isinstance(event, Result)
    ]
    assert "kein JSON: Straße 𝄞" in lines


def test_a_line_that_never_ends_does_not_fill_the_memory():
    splitter = LineSplitter(longest=100)
    found = [line for _ in range(50) for line in splitter.feed(b"x" * 30)] + splitter.end()
    assert sum(map(len, found)) == 1500
    assert max(map(len, found)) <= 130


@given(st.text())
def test_no_line_is_fatal(text):
    event = event_of(text)
    assert event == Log(text, "output") or json.loads(text)["event"]


@pytest.mark.parametrize(
    "line",
    [
        "12%|###   | 3/25",
        "null",
        '"result"',
        '{"event": "unknown"}',
        '{"event": ["result"]}',
        '{"event": "result"}',
        '{"event": "result", "paths": ["a"]}',
        '{"event": "result", "paths": {"a": 1}}',
        '{"event": "started", "pid": -1, "version": "1"}',
        '{"event": "started", "pid": 1.5, "version": "1"}',
        '{"event": "progress", "stage": "a", "fraction": "0.5", "message": ""}',
        '{"event": "progress", "stage": "a", "fraction": NaN, "message": ""}',
        '{"event": "progress", "stage": "a", "fraction": true, "message": ""}',
        '{"event": "level", "level": "L3", "path": "x", "frame": [[1]]}',
        '{"event": "error", "code": 3, "message": "a"}',
        "[" * 100_000,
        '{"event": ' + "9" * 5000 + "}",
    ],
)
def test_what_is_no_event_becomes_a_log_line(line):
    assert event_of(line) == Log(line, "output")


def test_an_event_of_a_later_version_may_know_more():
    assert event_of('{"event": "heartbeat", "memory": 3}') == Heartbeat()


def test_a_panel_hears_of_everything_but_heartbeats(listener):
    data = b"".join(line_of(event) for event in EVENTS)
    assert listener.receive(data) == [event for event in EVENTS if not isinstance(event, Heartbeat | Started)]
    assert listener.worker_pid == 4711


def test_the_states_of_a_run(clock):
    listener = Listener(["python"], clock=clock)
    assert listener.state is State.IDLE
    listener.starting()
    assert listener.state is State.STARTING
    listener.running()
    assert listener.state is State.RUNNING
    listener.receive(line_of(Result({"points": "p"})))
    assert listener.state is State.RUNNING
    verdict = listener.ended(0, crashed=False)
    assert (listener.state, verdict.state, verdict.result, verdict.text) == (
        State.FINISHED,
        State.FINISHED,
        Result({"points": "p"}),
        "",
    )


def silence(listener, clock, seconds, step=1.0):
    answers = []
    for _ in range(int(seconds / step)):
        clock.now += step
        answers.append(listener.tick())
    return answers


def test_thirty_seconds_of_silence_are_a_hang(listener, clock):
    assert not any(silence(listener, clock, PATIENCE_S - 1))
    assert silence(listener, clock, 1) == [True]
    verdict = listener.ended(9, crashed=True)
    assert (verdict.state, verdict.code) == (State.FAILED, "hang")
    assert verdict.message == "The computation was silent for 30 seconds and has been ended."
    assert verdict.hint


def test_a_heartbeat_is_no_silence(listener, clock):
    for _ in range(10):
        assert not any(silence(listener, clock, PATIENCE_S - 1))
        listener.receive(line_of(Heartbeat()))


def test_a_program_that_never_says_a_word_hangs_too(clock):
    listener = Listener(["python"], clock=clock)
    listener.starting()
    assert silence(listener, clock, PATIENCE_S)[-1]


def test_a_computer_that_slept_has_heard_no_silence(listener, clock):
    clock.now += 3600
    assert not listener.tick()
    assert not any(silence(listener, clock, PATIENCE_S - 3))


def test_the_time_that_remains_runs_down_between_estimates(listener, clock):
    assert listener.remaining_s is None
    listener.receive(line_of(Progress("poi", 0.1, "L1")))
    assert listener.remaining_s is None
    listener.receive(line_of(Progress("poi", 0.2, "L2", 10.0)))
    clock.now += 4
    assert listener.remaining_s == 6.0
    clock.now += 40
    assert listener.remaining_s == 0.0
    listener.ended(1, crashed=False)
    assert listener.remaining_s is None


MAPS = Failure("maps", "Nothing is labelled.", "Segment first.")
POINTS = Result({"points": "p"})


@pytest.mark.parametrize(
    ("said", "errors", "code", "crashed", "expected", "sentence"),
    [
        ([POINTS], "", 0, False, "", ""),
        ([MAPS], "", 1, False, "maps", "Nothing is labelled."),
        ([MAPS], "", 9, True, "maps", "Nothing is labelled."),
        ([MAPS, POINTS], "", 0, False, "maps", "Nothing is labelled."),
        ([POINTS], "", 3, False, "exit", "The computation ended with exit code 3 and gave no reason."),
        (
            [],
            "No module named spinetwin\n",
            1,
            False,
            "exit",
            "The computation ended with exit code 1: No module named spinetwin.",
        ),
        ([], "", 0, False, "no_result", "The computation ended without a result."),
        ([], "", 11, True, "crash", "The computation crashed (11)."),
        ([], "Fatal Python error: Aborted\n\nmore\n", 6, True, "crash", "The computation crashed (Aborted)."),
        ([], "", -1073741819, True, "crash", "The computation crashed (-1073741819)."),
        ([], "", 9, True, "killed", "The operating system ended the computation, most often because memory ran out."),
        ([Started(5, "1")], "", 1, False, "killed", "The operating system ended the computation"),
        ([Started(5, "1")], "Fatal Python error: Bus error", 1, False, "crash", "The computation crashed (Bus error)."),
    ],
)
def test_every_ending_has_its_sentence(listener, said, errors, code, crashed, expected, sentence):
    for event in said:
        listener.receive(line_of(event))
    listener.receive_errors(errors.encode())
    verdict = listener.ended(code, crashed=crashed)
    assert verdict.code == expected
    assert verdict.message.startswith(sentence)
    assert bool(verdict.hint) == bool(expected)
    assert verdict.state is (State.FAILED if expected else State.FINISHED)
    assert (verdict.result is None) == bool(expected)


def test_a_program_that_is_not_there(clock):
    listener = Listener(["/opt/PythonSlicer", "-m", "spinetwin"], clock=clock)
    listener.starting()
    verdict = listener.not_started("No such file")
    assert verdict.state is State.FAILED
    assert verdict.message == "The program for the computation could not be started: /opt/PythonSlicer (No such file)."
    assert listener.not_started() is verdict


def test_after_a_cancellation_nothing_is_told_any_more(listener):
    listener.cancel()
    assert listener.receive(line_of(LevelReady("L3", "p")) + line_of(POINTS)) == []
    verdict = listener.ended(0, crashed=False)
    assert (verdict.state, verdict.result) == (State.CANCELLED, None)


def test_a_cancellation_before_the_start_failed_is_a_cancellation(listener):
    listener.cancel()
    assert listener.not_started().state is State.CANCELLED


def test_the_first_verdict_stays(listener):
    verdict = listener.ended(3, crashed=False)
    listener.cancel()
    assert listener.ended(0, crashed=False) is verdict
    assert listener.state is State.FAILED
    assert listener.receive(line_of(POINTS)) == []


def test_diagnostics_hold_what_was_said_and_forget_what_is_too_much(listener):
    listener.receive("Straße\n".encode() + line_of(Started(4711, "1.0")))
    listener.receive_errors(b"Warning: slow\n")
    listener.receive(line_of(MAPS))
    listener.ended(1, crashed=False)
    text = listener.diagnostics()
    for word in ("python -m spinetwin", "failed", "4711", "Straße", "Warning: slow", "Nothing is labelled. Segment first."):
        assert word in text
    talker = Listener(["python"])
    talker.receive(b"".join(b"line %d\n" % number for number in range(10_000)))
    assert len(talker.diagnostics().splitlines()) < 500
    assert "line 9999" in talker.diagnostics()


def test_every_ending_can_be_said():
    from spinetwin.jobs.endings import _ROWS

    details = {"what": "x", "program": "p", "number": 1, "detail": "d", "seconds": 30}
    for code in _ROWS:
        failure = ending(code, **details)
        assert failure.message.endswith(".")
        assert "{" not in failure.message
        assert failure.hint.endswith(".") or code in ("stopped", "cancelled")
