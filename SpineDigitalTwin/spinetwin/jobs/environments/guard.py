"""Runs a module in another environment, and ends it with all it has started when whoever started it is gone.

Started as a file, by a Python that need not know this package, so it takes what it needs from the files beside it.
"""

from __future__ import annotations

import importlib.util
import os
import runpy
import sys
import threading
import time
from contextlib import suppress
from pathlib import Path
from types import ModuleType

HEARTBEAT = "SPINETWIN_HEARTBEAT_S"
"""Variable with the seconds between two signs of life; without it there are none."""
BEAT = "\x05"
"""A line that is a sign of life and nothing else."""


def _beside(name: str) -> ModuleType:
    """Load a file of the folder above, which imports nothing but the standard library."""
    path = Path(__file__).resolve().parent.parent / f"{name}.py"
    spec = importlib.util.spec_from_file_location(f"_spinetwin_{name}", path)
    if spec is None or spec.loader is None:
        raise ImportError(f"{path} cannot be loaded.")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def _beat(every_s: float) -> None:
    """Give signs of life from a thread, between the lines of the program."""

    def beat() -> None:
        with suppress(OSError):  # nobody listens any more
            while True:
                os.write(2, f"\n{BEAT}\n".encode())
                time.sleep(every_s)

    threading.Thread(target=beat, name="heartbeat", daemon=True).start()


def main() -> None:
    """Run ``python guard.py MODULE ARGUMENTS...``, or with ``-c CODE`` for the module."""
    tree, watch = _beside("tree"), _beside("watch")
    tree.lead_own_group()
    watch.watch(tree.end_own_group)
    every_s = os.environ.pop(HEARTBEAT, "")
    if every_s:
        _beat(float(every_s))
    # the folder of this file is no place to import from
    del sys.path[0]
    module, sys.argv = sys.argv[1], sys.argv[1:]
    if module == "-c":
        exec(sys.argv[1], {"__name__": "__main__"})  # noqa: S102 - the code of whoever started this
        return
    runpy.run_module(module, run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    main()
