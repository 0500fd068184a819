"""Ending a process with everything it has started.

The worker makes itself the leader of a group of its own, which its children inherit, so one signal reaches them all. The
interpreter that comes with 3D Slicer is a launcher: the process that was started is then not the worker but its parent, and
only the worker knows its own id; it says it in its first event.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from contextlib import suppress
from pathlib import Path
from typing import NoReturn


def lead_own_group() -> None:
    """Make this process the leader of a group of its own, where the system has groups."""
    if sys.platform != "win32":
        with suppress(PermissionError):  # it is one already: a shell started it
            os.setsid()


def end_own_group() -> NoReturn:
    """End this process and everything it has started, at once."""
    if sys.platform == "win32":
        _taskkill(os.getpid()).wait()
    elif os.getpgrp() == os.getpid():
        os.killpg(os.getpid(), signal.SIGKILL)
    os._exit(1)


def end_tree(pid: int) -> None:
    """End a worker and everything it has started, at once; a process that is gone already is no error.

    Parameters
    ----------
    pid : int
        Of the worker, or of the launcher that has started it.
    """
    if pid <= 1 or pid == os.getpid():
        return
    if sys.platform == "win32":
        _taskkill(pid)
        return
    # a group has the id of its leader, so this cannot reach the group of the caller
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(pid, signal.SIGKILL)
    with suppress(ProcessLookupError, PermissionError):
        os.kill(pid, signal.SIGKILL)


def _taskkill(pid: int) -> subprocess.Popen[bytes]:
    program = Path(os.environ.get("SYSTEMROOT", r"C:\Windows")) / "System32" / "taskkill.exe"
    hidden = getattr(subprocess, "CREATE_NO_WINDOW", 0)
    return subprocess.Popen(  # noqa: S603 - a fixed program with a number
        [program, "/T", "/F", "/PID", str(pid)],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        creationflags=hidden,
    )
