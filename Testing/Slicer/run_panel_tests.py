"""Run the panel tests in the real application; its exit code is that of pytest.

Started by ctest, or by hand: Slicer --no-splash --testing --no-main-window --python-script Testing/Slicer/run_panel_tests.py
The tests are those that run on the host of Testing/Hosts everywhere else; in the application their fixture `host` gives Slicer
itself. pytest is installed into Slicer's Python when it is not there: this script is for developers.
"""

import sys
from importlib.util import find_spec
from pathlib import Path

import slicer

PANELS = Path(__file__).resolve().parents[1] / "Panels"
# these test the host itself, which is not there in the application
ON_THE_HOST_ONLY = ("test_host_panel.py", "test_host_qt.py")


def main() -> int:
    """Run the tests and return pytest's exit code."""
    if find_spec("pytest") is None:
        slicer.util.pip_install("pytest")
    import pytest

    ignored = [f"--ignore={PANELS / name}" for name in ON_THE_HOST_ONLY]
    # what Slicer's start-up warns of is not the tests' business; plugins of this Python are not either
    return int(pytest.main(["-q", "-ra", "-p", "no:cacheprovider", "-W", "default", *ignored, str(PANELS)]))


if __name__ == "__main__":
    code = main()
    slicer.util.exit(code) if slicer.app.testingEnabled() else sys.exit(code)
