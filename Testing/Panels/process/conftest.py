"""A watcher that stands for a panel, and workers that go wrong in every way."""

import os
import sys
import time
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
STRANGE = ROOT / "Testing" / "Python" / "jobs" / "strange_worker.py"


@pytest.fixture
def spin(host):
    return lambda until, seconds=60: spin_until(host, until, seconds)


def spin_until(host, until, seconds=60):
    """Let the event loop run until something is so."""
    end = time.monotonic() + seconds
    while not until():
        assert time.monotonic() < end, "it did not happen"
        host.app.processEvents()
        time.sleep(0.002)


class Watcher:
    """A panel, as far as the process class knows one."""

    def __init__(self, host, **replaced):
        from SpineDigitalTwinLib.running.process import WorkerProcess

        self.host = host
        self.events = []
        self.verdicts = []
        self.hear = self.events.append
        self.told = self.verdicts.append
        callbacks = (lambda event: self.hear(event), lambda verdict: self.told(verdict))
        self.worker = WorkerProcess(*callbacks, **({"interpreter": sys.executable} | replaced))

    def kinds(self):
        return [type(each).__name__ for each in self.events]

    def end(self):
        """Wait until the run has ended; the verdict is told once, and then the worker is idle."""
        before = len(self.verdicts)
        spin_until(self.host, lambda: len(self.verdicts) > before)
        assert not self.worker.busy
        return self.verdicts[-1]

    def log(self, word):
        """Wait for a line of the log."""
        spin_until(self.host, lambda: any(word in getattr(each, "text", "") for each in self.events))
        return next(each.text for each in self.events if word in getattr(each, "text", ""))


@pytest.fixture
def watcher(host):
    made = []

    def make(**replaced):
        made.append(Watcher(host, **replaced))
        return made[-1]

    yield make
    for each in made:
        each.worker.close()


@pytest.fixture
def folder(tmp_path):
    path = tmp_path / "Ergebnisse für Müller, 3. März"
    path.mkdir()
    (path / "old.txt").write_text("before")
    return path


@pytest.fixture
def strange(watcher, tmp_path, folder):
    """Make a watcher whose worker is the one of the core's tests, with steps that go wrong in every way."""

    def make(step, launched=False, **replaced):
        script = tmp_path / "ein Python mit Leerzeichen"
        # the interpreter is given `-m spinetwin worker JOB`; this one passes JOB on
        program = f'"{sys.executable}" "{STRANGE}" "$4"'
        line = program if launched else f"exec {program}"
        script.write_text(f'#!/bin/sh\n[ "$1" = -c ] && exit 0\nexport PYTHONPATH="{ROOT}/SpineDigitalTwin"\n{line}\n', "utf-8")
        script.chmod(0o755)
        found = watcher(interpreter=str(script), **replaced)
        found.worker.start(step, {}, {}, folder)
        return found

    if os.name != "posix":
        pytest.skip("needs a shell")
    return make


@pytest.fixture
def content():
    """Name everything in a folder."""
    return lambda path: sorted(each.name for each in path.iterdir())


@pytest.fixture
def alive():
    return is_alive


def is_alive(pid):
    """Say whether a process runs; one that is dead and not yet buried does not."""
    try:
        os.kill(pid, 0)
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except ProcessLookupError:
        return False
    except FileNotFoundError:
        return not Path("/proc").exists()
