"""Runs a module in another environment, and ends it with all it has started when whoever started it is gone.

Started as a file, by a Python that need not know this package, so it takes what it needs from the files beside it.
"""

from __future__ import annotations

import importlib.util
import runpy
import sys
from pathlib import Path
from types import ModuleType


def _beside(name: str) -> ModuleType:
    """Load a file of the folder above, which imports nothing but the standard library."""
    path = Path(__file__).resolve().parent.parent / f"{name}.py"
    spec = importlib.util.spec_from_file_location(f"_spinetwin_{name}", path)
    if spec is None or spec.loader is None:
        raise ImportError(f"{path} cannot be loaded.")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def main() -> None:
    """Run ``python guard.py MODULE ARGUMENTS...``, or with ``-c CODE`` for the module."""
    tree, watch = _beside("tree"), _beside("watch")
    tree.lead_own_group()
    watch.watch(tree.end_own_group)
    # the folder of this file is no place to import from
    del sys.path[0]
    module, sys.argv = sys.argv[1], sys.argv[1:]
    if module == "-c":
        exec(sys.argv[1], {"__name__": "__main__"})  # noqa: S102 - the code of whoever started this
        return
    runpy.run_module(module, run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    main()
