"""A worker whose segmentation goes wrong inside the backend, in the way that the option `backend` names."""

# ruff: noqa: T201
import os
import resource
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

from spinetwin.jobs import backends
from spinetwin.jobs.worker import work
from spinetwin.segmentation.backends import Availability, Description, EmbeddedBackend, ImportBackend
from spinetwin.segmentation.embedded.runtime import RuntimeHere

FOREVER = 600
MEETING = "MEETING"
"""Names the file at which two jobs meet."""


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


class Staged:
    """Keeps a stage, and then takes very long, until a file beside the image says that it may go on."""

    def describe(self):
        return Description("staged", "staged", "what the map holds")

    def available(self, _):
        return Availability(True, "it is always there")

    def run(self, request, progress):
        def semantic():
            print("making the semantic map", flush=True)
            return request.image() > 450

        progress(0.1, "semantic map")
        mask = request.stages.kept("semantic", semantic, shape=request.grid.shape)
        progress(0.6, "instances")
        if not (request.path.parent / "go on").exists():
            nap()
        found = ImportBackend().run(request, progress)
        return replace(found, warnings=(*found.warnings, f"{mask.sum()} bright voxels"))


class Told(RuntimeHere):
    """Tells when the network looks at an image, and waits for another job where there is one."""

    def subregions(self, *given):
        print("the network looks", flush=True)
        if MEETING in os.environ:
            meet()
        return super().subregions(*given)


class Embedded(EmbeddedBackend):
    """The backend of the package; what follows the network takes very long, until a file says that it may go on."""

    def run(self, request, progress):
        def told(done, what):
            progress(done, what)
            if what == "cleaning up" and not (request.path.parent / "go on").exists():
                nap()

        return super().run(request, told)


def nap():
    print("napping", flush=True)
    time.sleep(FOREVER)


def meet():
    """Wait until a file says that another job is as far."""
    print("here", flush=True)
    while not Path(os.environ[MEETING]).exists():
        time.sleep(0.01)


def family():
    """Start a child that starts a child, and wait for them."""
    nothing = f"import time; time.sleep({FOREVER})"
    spawn = f"import subprocess, sys; print(subprocess.Popen([sys.executable, '-c', {nothing!r}]).pid, flush=True)"
    child = subprocess.Popen([sys.executable, "-c", f"{spawn}; {nothing}"], stdout=subprocess.PIPE, text=True)
    print(f"family {child.pid} {int(child.stdout.readline())}", flush=True)
    child.wait()


def stubborn():
    """Refuse to stop, and start a child that refuses too and has one of its own."""
    for each in (signal.SIGINT, signal.SIGTERM):
        signal.signal(each, signal.SIG_IGN)
    family()


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


STRANGE = (
    *(Strange(each.__name__, each) for each in (nap, meet, family, stubborn, greedy, full_disk, babble, crash, bug)),
    Staged(),
    Embedded(Path(os.environ.get("TINY_MODEL", "")), Told()),
)

if __name__ == "__main__":
    backends.BACKENDS = STRANGE
    sys.exit(work(Path(sys.argv[1])))
