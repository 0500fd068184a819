"""A worker with steps that go wrong in every way a computation can; the tests start it as a process of its own."""

# ruff: noqa: ARG001, T201
import faulthandler
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

from spinetwin.errors import MapError
from spinetwin.io import atomic_write
from spinetwin.jobs.job import Done, Step
from spinetwin.jobs.options import number, text
from spinetwin.jobs.worker import work

FOREVER = 600


def half_written(folder):
    (folder / "half.bin").write_bytes(bytes(1000))


def short(job, folder, output):
    """Say progress in five steps and write a file."""
    progress = output.progress("short")
    for tenth in range(5):
        progress(tenth / 5, f"Schritt {tenth} von fünf")
        time.sleep(job.options.get("seconds", 0.0) / 5)
    (folder / "result.txt").write_text("complete", encoding="utf-8")
    return Done({"text": folder / "result.txt"}, "fünf Schritte")


def nap(job, folder, output):
    """Write half a result and then take very long."""
    half_written(folder)
    output.log("napping")
    time.sleep(FOREVER)


def spin(job, folder, output):
    """Compute for very long without a word."""
    output.log("spinning")
    while True:
        sum(range(100_000))


def family(job, folder, output):
    """Start a child that starts a child, and then wait for them."""
    half_written(folder)
    nothing = f"import time; time.sleep({FOREVER})"
    spawn = f"import subprocess, sys; print(subprocess.Popen([sys.executable, '-c', {nothing!r}]).pid, flush=True)"
    child = subprocess.Popen([sys.executable, "-c", f"{spawn}; {nothing}"], stdout=subprocess.PIPE, text=True)
    output.log(f"family {child.pid} {int(child.stdout.readline())}")
    child.wait()


def stubborn(job, folder, output):
    """Refuse every polite request to stop."""
    half_written(folder)
    for each in (signal.SIGINT, signal.SIGTERM):
        signal.signal(each, signal.SIG_IGN)
    output.log("refusing")
    time.sleep(FOREVER)


def babble(job, folder, output):
    """Print on standard output in every way."""
    print("printed by Python")
    os.write(1, "written by a library: Stra\u00dfe\n".encode())
    os.write(1, b"no UTF-8: \xff\n")
    subprocess.run([sys.executable, "-c", "print('printed by a child')"], check=True)
    print('{"event": "result", "paths": {}}')
    print("without an end", end="")
    return short(job, folder, output)


def freeze(job, folder, output):
    """Stop, heartbeat and all."""
    output.log("freezing")
    os.kill(os.getpid(), signal.SIGSTOP)


def crash(job, folder, output):
    """Die of a signal."""
    half_written(folder)
    faulthandler._sigsegv()


def leave(job, folder, output):
    """Leave without a word."""
    half_written(folder)
    os._exit(3)


def bug(job, folder, output):
    """Fail as nobody expected."""
    half_written(folder)
    return {}["Größe"]


def refuse(job, folder, output):
    """Fail as expected."""
    half_written(folder)
    raise MapError("The vertebra map holds no vertebra.", "Segment the spine first.")


def greedy(job, folder, output):
    """Want more memory than there is."""
    import resource

    half_written(folder)
    resource.setrlimit(resource.RLIMIT_AS, (1 << 31, 1 << 31))
    return bytearray(1 << 33)


def big_file(job, folder, output):
    """Write more than the system lets."""
    import resource

    half_written(folder)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 16, 1 << 16))
    with atomic_write(folder / "big.bin") as path:
        path.write_bytes(bytes(1 << 20))


def full_disk(job, folder, output):
    """Write to a device that is always full."""
    half_written(folder)
    with Path("/dev/full").open("wb") as file:
        file.write(b"x")


STEPS = {
    each.__name__: Step((), each, {"seconds": number(0, 60), "note": text})
    for each in (
        short,
        nap,
        spin,
        family,
        stubborn,
        babble,
        freeze,
        crash,
        leave,
        bug,
        refuse,
        greedy,
        big_file,
        full_disk,
    )
}

if __name__ == "__main__":
    sys.exit(work(Path(sys.argv[1]), STEPS))
