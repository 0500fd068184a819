"""Run the panel tests in the real application; its exit code is that of pytest.

Started by ctest, or by hand: Slicer --no-splash --testing --no-main-window --python-script Testing/Slicer/run_panel_tests.py
What follows on the command line goes to pytest (-k, for instance).

The tests are those that run on the host of Testing/Hosts everywhere else; in the application their fixture `host` gives Slicer
itself, and what needs the host is skipped. A slot that raises makes the application end with a failure, whatever pytest says.
"""

import sys
from importlib.util import find_spec
from pathlib import Path

import slicer

TESTING = Path(__file__).resolve().parents[1]
# these test the host itself, which is not there in the application
ON_THE_HOST_ONLY = ("test_host_panel.py", "test_host_qt.py")
# tells ctest that nothing was tested (SKIP_RETURN_CODE)
SKIPPED = 77


def main() -> int:
    """Run the tests and return pytest's exit code; without pytest, say how to get it."""
    if find_spec("pytest") is None:
        sys.stdout.write("Nothing was tested: Slicer's Python has no pytest. Get it: PythonSlicer -m pip install pytest\n")
        return SKIPPED
    import pytest

    # helpers that the tests share; nothing else of that folder is used in the application
    sys.path.insert(0, str(TESTING / "Hosts"))
    options = [f"--rootdir={TESTING.parent}", f"--config-file={TESTING.parent / 'pyproject.toml'}", "-q", "-ra"]
    # the application's standard streams have no file descriptor, and what it warns of at its start is not the tests' business
    options += ["--capture=sys", "-p", "no:faulthandler", "-p", "no:cacheprovider", "-W", "default"]
    ignored = [f"--ignore={TESTING / 'Panels' / name}" for name in ON_THE_HOST_ONLY]
    return int(pytest.main([*options, *ignored, str(TESTING / "Panels"), *sys.argv[1:]]))


if __name__ == "__main__":
    # keeps the application, which ends by itself under --testing, from saying 0 or 1 instead
    slicer.util.exit(main())
