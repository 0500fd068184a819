"""A process that the system cannot end does not hold the panel."""

import pytest


class FakeProcess:
    """A process that the system cannot end."""

    def __init__(self):
        self.calls = []

    def connect(self, _signature, _function):
        return True

    def processId(self):
        return 0

    def __getattr__(self, name):
        return lambda *_: self.calls.append(name)


class FakeTimer(FakeProcess):
    """A timer that runs out when the test says so."""

    made = []  # noqa: RUF012 - emptied by the fixture

    def __init__(self):
        self.running = False
        self.made.append(self)

    def connect(self, _signature, function):
        self.function = function
        return True

    def setSingleShot(self, _once):
        pass

    def start(self, _milliseconds):
        self.running = True

    def stop(self):
        self.running = False

    def isActive(self):
        return self.running


@pytest.fixture
def timers():
    FakeTimer.made = []

    def runOut():
        """Let every timer that runs run out once."""
        for each in [each for each in FakeTimer.made if each.running]:
            each.running = False
            each.function()

    return runOut


def test_a_process_that_cannot_be_ended_is_left_behind(watcher, folder, timers):
    panel = watcher(process=FakeProcess, timer=FakeTimer)
    panel.worker.start("sample", {}, {}, folder)
    process = panel.worker._process
    panel.worker.cancel()
    assert process.calls[-1] == "closeWriteChannel"
    timers()
    assert process.calls[-1] == "kill"
    assert panel.worker.busy
    timers()
    for _ in range(5):
        timers()
    assert [each.state for each in panel.verdicts] == ["cancelled"]
    assert not panel.worker.busy
    panel.worker.start("sample", {}, {}, folder)
    assert panel.worker.busy
