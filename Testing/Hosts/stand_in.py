"""Stand in for the application that ctest starts: ``python stand_in.py SCRIPT ARGUMENTS``.

It runs a script as Slicer runs `--python-script` (ctkAbstractPythonManager::executeFile): in the globals of the main module,
with `__file__` and `sys.argv` set, and with the modules of the extension importable. What it is not: Qt is PySide6, nothing is
drawn by Slicer, and `PythonQt` is only a name by which tests know where they run.
"""

import sys
import tempfile
import types
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def main() -> None:
    import pytest
    import slicer
    from slicerhost import desktop

    sys.modules["PythonQt"] = types.ModuleType("PythonQt")
    sys.path[:0] = [str(ROOT / name) for name in ("SpineDigitalTwin", "SpinePOI")]
    sys.argv[:] = sys.argv[1:]
    path = sys.argv[0]
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        patch = pytest.MonkeyPatch()
        desktop.start(patch, slicer, folder)
        codes = []
        patch.setattr(slicer.util, "exit", codes.append)
        exec(open(path).read(), globals() | {"__file__": path})  # noqa: S102, SIM115, PTH123 - as the application does
        # the application's own word, where a slot has raised
        code = 1 if desktop.slots_that_raised() else codes[-1] if codes else 0
        patch.undo()
    sys.exit(code)


if __name__ == "__main__":
    main()
