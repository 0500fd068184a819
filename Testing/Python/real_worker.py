"""Workers as processes of their own, in folders with spaces and letters beyond ASCII: fixtures for a conftest.py to import."""

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest
from spinetwin.jobs import Listener, end_tree
from spinetwin.jobs.events import Heartbeat, Log, Progress

STRANGE = Path(__file__).with_name("jobs") / "strange_worker.py"
LIMIT_S = 60


class Worker:
    """A worker that runs, and what it has said so far."""

    def __init__(self, command):
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        self.listener = Listener(command)
        self.listener.starting()
        self.listener.running()
        self.events = []
        self.raw = b""

    def read(self):
        data = os.read(self.process.stdout.fileno(), 1 << 16)
        self.raw += data
        self.events += self.listener.receive(data)
        return bool(data)

    def until_log(self, word):
        """Read on until a log line holds a word; returns the line."""
        return self._until(lambda event: isinstance(event, Log) and word in event.text).text

    def until_progress(self, word):
        """Read on until the worker is at something."""
        self._until(lambda event: isinstance(event, Progress) and word in event.message)

    def _until(self, wanted):
        while True:
            for event in self.events:
                if wanted(event):
                    return event
            assert self.read(), self.diagnostics()

    def end(self):
        """Read on until the worker has ended; returns the verdict."""
        while self.read():
            pass
        self.listener.receive_errors(self.process.stderr.read())
        code = self.process.wait(LIMIT_S)
        return self.listener.ended(abs(code), crashed=code < 0)

    def cancel(self):
        """Cancel as a panel does; returns the verdict, its processes, and the seconds until none of them was left."""
        family = {self.process.pid, *children_of(self.process.pid)}
        begun = time.monotonic()
        self.listener.cancel()
        self.process.stdin.close()
        verdict = self.end()
        while any(alive(pid) for pid in family) and time.monotonic() < begun + LIMIT_S:
            time.sleep(0.01)
        return verdict, family, time.monotonic() - begun

    def all_events(self):
        from spinetwin.jobs.events import event_of

        return [event_of(line) for line in self.raw.decode().splitlines()]

    def said(self):
        return [event for event in self.all_events() if not isinstance(event, Heartbeat)]

    def diagnostics(self):
        return self.listener.diagnostics()

    def close(self):
        for pid in (self.listener.worker_pid, self.process.pid):
            end_tree(pid or 0)
        self.process.wait(LIMIT_S)
        for stream in (self.process.stdin, self.process.stdout, self.process.stderr):
            stream.close()


@pytest.fixture
def folder(tmp_path):
    """The output folder, with a result of another day in it."""
    path = tmp_path / "Ergebnisse für Müller, 3. März"
    path.mkdir()
    (path / "old.txt").write_text("before")
    return path


@pytest.fixture
def job(tmp_path, folder):
    def job(step, inputs=None, **options):
        path = tmp_path / "Aufträge äöü" / f"{step} job.json"
        path.parent.mkdir(exist_ok=True)
        content = {"step": step, "inputs": inputs or {}, "options": options, "output": str(folder)}
        path.write_text(json.dumps(content, ensure_ascii=False), encoding="utf-8")
        return path

    return job


@pytest.fixture
def start():
    workers = []

    def start(job, program=STRANGE):
        command = [sys.executable, *([str(program)] if program else ["-m", "spinetwin", "worker"]), str(job)]
        workers.append(Worker(command))
        return workers[-1]

    yield start
    for each in workers:
        each.close()


@pytest.fixture
def content():
    """Name everything in a folder."""
    return lambda path: sorted(each.relative_to(path).as_posix() for each in path.rglob("*"))


def alive(pid):
    """Say whether a process runs; one that is dead and not yet buried does not."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return not Path("/proc").exists()


@pytest.fixture
def gone():
    def gone(*pids, within):
        """Wait until all processes are gone; returns whether that happened in time."""
        limit = time.monotonic() + within
        while any(alive(pid) for pid in pids):
            if time.monotonic() > limit:
                return False
            time.sleep(0.01)
        return True

    return gone


def children_of(pid):
    """Return the ids of the processes that a process has started, and of theirs."""
    found = subprocess.run(["ps", "-eo", "pid=,ppid="], capture_output=True, text=True, check=True).stdout.split()
    parents = dict(zip(map(int, found[::2]), map(int, found[1::2]), strict=True))
    family, grown = {pid}, set()
    while family != grown:
        grown, family = family, family | {each for each, parent in parents.items() if parent in family}
    return family - {pid}
