"""What ctest starts inside the application, started here on the host that stands in for it."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SCRIPT = ROOT / "Testing" / "Slicer" / "run_panel_tests.py"


def run(*command, **environment):
    paths = os.pathsep.join(str(ROOT / name) for name in ("Testing/Hosts", "SpineDigitalTwin"))
    return subprocess.run(
        [sys.executable, *map(str, command)],
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=600,
        check=False,
        env=os.environ | {"PYTHONPATH": paths, "PYTHONUTF8": "1"} | environment,
    )


@pytest.fixture(scope="module")
def application():
    """The stand-in, if there is what it needs."""
    pytest.importorskip("slicer", reason="needs 3D Slicer's modules: pip install slicer-core")
    pytest.importorskip("PySide6.QtWidgets", reason="needs Qt: pip install PySide6-Essentials", exc_type=ImportError)
    return ROOT / "Testing" / "Hosts" / "stand_in.py"


def test_the_panel_tests_start_in_the_application(application):
    ended = run(application, SCRIPT, "-k", "TestEmpty or test_one_that_raises_does_not_stop_the_others")
    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert re.search(r"3 passed, 1 skipped, \d+ deselected", ended.stdout), "the tests ran with the application's own `slicer`"


def test_a_test_that_fails_fails_the_application(application, tmp_path):
    failing = tmp_path / "test_failing.py"
    failing.write_text("def test_fails():\n    assert False\n")
    ended = run(application, SCRIPT, "-k", "test_fails", failing)
    assert ended.returncode == 1, ended.stdout + ended.stderr


def test_without_pytest_it_says_how_to_get_it(tmp_path):
    (tmp_path / "slicer.py").write_text("class util:\n    def exit(code):\n        raise SystemExit(code)\n")
    ended = run("-S", SCRIPT, PYTHONPATH=str(tmp_path))
    assert ended.returncode == 77, ended.stderr
    assert "PythonSlicer -m pip install pytest" in ended.stdout
    assert "SKIP_RETURN_CODE 77" in (SCRIPT.parent / "CMakeLists.txt").read_text()


def test_helpers_that_tests_share_need_no_qt_of_our_own():
    """What panel tests import must be there in the application, where there is no PySide6."""
    used = set()
    for path in (ROOT / "Testing" / "Panels").rglob("*.py"):
        if not path.name.startswith("test_host_"):
            used.update(re.findall(r"^from slicerhost(?:\.(\w+))? import (\w+)", path.read_text("utf-8"), re.MULTILINE))
    modules = {package or name for package, name in used}
    assert {"waiting", "spines"} <= modules
    for name in modules:
        source = (ROOT / "Testing" / "Hosts" / "slicerhost" / f"{name}.py").read_text("utf-8")
        assert "PySide6" not in source
        assert "from ." not in source
