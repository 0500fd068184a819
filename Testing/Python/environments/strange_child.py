"""Programs that behave badly, for the tests of running them: ``python -m strange_child WHAT [ARGUMENT]``."""

import os
import signal as signals
import subprocess
import sys
import time


def bars():
    for done in range(0, 101, 25):
        sys.stderr.write(f"\rPredicting:  {done}%|{'█' * (done // 25)}| {done}/100 [00:01<00:02]")
        sys.stderr.flush()
    sys.stderr.write("\n")


def umlaut():
    for byte in "Straße ü\n".encode():
        os.write(1, bytes([byte]))
        time.sleep(0.01)


def die():
    for number in range(10):
        print(f"line {number}")
    raise SystemExit(3)


def signal():
    os.kill(os.getpid(), int(sys.argv[2]))


def children():
    """Start a grandchild that ignores polite signals, tell the ids of both, and wait for ever."""
    code = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); time.sleep(600)"
    grandchild = subprocess.Popen([sys.executable, "-c", code])
    print(os.getpid(), grandchild.pid, flush=True)
    time.sleep(600)


def leave_behind():
    """End well, while a grandchild that holds the pipes open goes on."""
    grandchild = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
    print(grandchild.pid, flush=True)


def stop():
    """Stop as a whole, heartbeat and all."""
    print(os.getpid(), flush=True)
    os.kill(os.getpid(), signals.SIGSTOP)


def think():
    """Work in silence."""
    time.sleep(3)
    print("thought")


def variables():
    print("\n".join(f"{name}={value}" for name, value in os.environ.items()))
    print(f"path={sys.path}")


def spawned():
    """A pool of fresh interpreters, as nnU-Net starts them."""
    import multiprocessing

    with multiprocessing.get_context("spawn").Pool(2) as pool:
        print(sum(pool.map(abs, [-1, -2, -3])))


if __name__ == "__main__":
    globals()[sys.argv[1]]()
