"""A worker whose segmentation goes wrong inside the backend, in the way that the option `backend` names."""

# ruff: noqa: T201
import os
import resource
import subprocess
import sys
import time
from pathlib import Path

from spinetwin.jobs import backends
from spinetwin.jobs.worker import work
from spinetwin.segmentation.backends import Availability, Description, ImportBackend

FOREVER = 600


class Strange:
    """Does one thing that a backend should not do, and then what an import does."""

    def __init__(self, name, happens):
        self._name, self._happens = name, happens

    def describe(self):
        return Description(self._name, self._name, "what the map holds")

    def available(self, _):
        return Availability(True, "it is always there")

    def run(self, request, progress):
        progress(0.5, "half of the work")
        self._happens()
        return ImportBackend().run(request, progress)


def nap():
    print("napping", flush=True)
    time.sleep(FOREVER)


def family():
    """Start a child that starts a child, and wait for them."""
    nothing = f"import time; time.sleep({FOREVER})"
    spawn = f"import subprocess, sys; print(subprocess.Popen([sys.executable, '-c', {nothing!r}]).pid, flush=True)"
    child = subprocess.Popen([sys.executable, "-c", f"{spawn}; {nothing}"], stdout=subprocess.PIPE, text=True)
    print(f"family {child.pid} {int(child.stdout.readline())}", flush=True)
    child.wait()


def greedy():
    resource.setrlimit(resource.RLIMIT_AS, (1 << 31, 1 << 31))
    bytearray(1 << 33)


def full_disk():
    """Let no file grow beyond a kilobyte from now on."""
    resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 10, 1 << 10))


def babble():
    print("epoch 1 of 1: \u00e4\u00f6\u00fc")
    os.write(1, b'{"event": "result", "paths": {}}\n\xff\xfe\n')


def crash():
    os.kill(os.getpid(), 11)


def bug():
    return {}["Gr\u00f6\u00dfe"]


STRANGE = tuple(Strange(each.__name__, each) for each in (nap, family, greedy, full_disk, babble, crash, bug))

if __name__ == "__main__":
    backends.BACKENDS = STRANGE
    sys.exit(work(Path(sys.argv[1])))
