"""The worker's ear: its standard input ends when it is cancelled, and when the process that started it dies."""

from __future__ import annotations

import os
import stat
import threading
from collections.abc import Callable


def watched() -> bool:
    """Say whether a program holds the other end of standard input (a terminal, a file or nothing at all is no program)."""
    try:
        kind = os.fstat(0).st_mode
    except OSError:
        return False
    return stat.S_ISFIFO(kind) or stat.S_ISSOCK(kind)


def watch(on_end: Callable[[], None]) -> None:
    """Call `on_end`, from a thread, when standard input ends.

    The descriptor is taken away from the process, so that no child holds it: on Windows, a program that starts with a standard
    input on which somebody waits never gets beyond its start.
    """
    private = os.dup(0)
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)

    def wait() -> None:
        try:
            while os.read(private, 4096):
                pass
        except OSError:
            pass
        on_end()

    threading.Thread(target=wait, name="watch", daemon=True).start()
