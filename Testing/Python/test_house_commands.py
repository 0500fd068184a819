"""The two commands of the README: they exist, the integration runs them, and they fail in one clear sentence."""

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


def _targets() -> set[str]:
    return set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))


def _commands(document: str) -> set[str]:
    text = (ROOT / document).read_text(encoding="utf-8")
    return set(re.findall(r"(?:^[ $]*|`)make ([a-z-]+)", text, re.MULTILINE))


def test_the_two_commands_of_the_readme_exist():
    assert _commands("README.md") >= {"demo", "test"}


@pytest.mark.parametrize("document", ["README.md", "CONTRIBUTING.md"])
def test_documents_name_only_commands_that_exist(document):
    assert _commands(document) - _targets() == set()


def test_the_continuous_integration_runs_the_command_of_the_readme():
    script = ROOT / ".ci" / "run"
    lines = script.read_text(encoding="utf-8").splitlines()
    assert [line for line in lines if re.match(r"\s*make\b", line)] == ["make test"]
    assert lines[-1] == "make test", "pytest's own summary is the last line of the output"
    assert "set -euo pipefail" in lines
    if os.name == "posix":
        assert os.access(script, os.X_OK)


@pytest.fixture
def make(tmp_path):
    """Run make in an empty folder that holds nothing but the Makefile and the package's settings."""
    if shutil.which("make") is None or os.name != "posix":
        pytest.skip("needs make and a POSIX shell")
    folder = tmp_path / "a folder"
    folder.mkdir()
    for name in ("Makefile", "pyproject.toml"):
        shutil.copy(ROOT / name, folder)
    environment = {name: value for name, value in os.environ.items() if not name.startswith("MAKE") and name != "MFLAGS"}

    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        command = ["make", *arguments]
        return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False, timeout=60)

    run.folder = folder
    return run


def _script(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\n{text}\n", encoding="utf-8")
    path.chmod(0o755)
    return path


@pytest.mark.parametrize("target", ["demo", "test"])
def test_a_python_that_is_too_old_is_said_in_one_sentence(make, target):
    run = make(target, f"PYTHON={_script(make.folder / 'old python', 'exit 1')}")
    assert run.returncode != 0
    assert run.stderr.splitlines()[0].startswith("SpineDigitalTwin needs Python 3.11 or newer")
    assert not (make.folder / ".venv").exists()


def test_a_python_without_venv_is_said_in_one_sentence(make):
    python = _script(make.folder / "python", 'case "$2" in *ensurepip*) exit 1;; esac')
    run = make("test", f"PYTHON={python}")
    assert run.returncode != 0
    assert "lacks its venv module; install it (Debian, Ubuntu: apt install python3-venv)." in run.stderr


COMPARED_WITH = (".venv-backends/installed", ".venv-backends/installed-engines", ".venv-panoptica/installed")
"""What tests compare with, and pass without."""


def _installed(make) -> Path:
    """Pretend that everything is installed, with a Python that only writes down what it is asked."""
    said = make.folder / "said"
    _script(make.folder / ".venv" / "bin" / "python", f'echo "$@" >> "{said}"')
    for stamp in (".venv/installed-base", ".venv/installed-test", *COMPARED_WITH):
        (make.folder / stamp).parent.mkdir(exist_ok=True)
        (make.folder / stamp).touch()
    return said


def test_a_second_demo_installs_nothing(make):
    said = _installed(make)
    assert make("demo").returncode == 0
    assert said.read_text(encoding="utf-8").splitlines() == ["-m spinetwin demo --out demo"]


def test_a_second_test_checks_style_and_types_and_then_runs_pytest(make):
    said = _installed(make)
    assert make("test").returncode == 0
    asked = [line.split()[1] for line in said.read_text(encoding="utf-8").splitlines()]
    assert asked == ["ruff", "ruff", "mypy", "pytest"]


def test_tests_run_without_what_they_compare_with_and_say_so(make):
    said = _installed(make)
    for stamp in COMPARED_WITH:
        (make.folder / stamp).unlink()
    _script(make.folder / ".venv" / "bin" / "python", f'echo "$@" >> "{said}"; [ "$2" != spinetwin ]')
    run = make("test", f"PYTHON={_script(make.folder / 'python', 'case $2 in *version*) exit 0;; esac; exit 1')}")
    assert run.returncode == 0
    assert "could not be installed; their tests are skipped" in run.stderr
    assert "the tests that compare with them are skipped" in run.stderr
    assert "the tests that compare with it are skipped" in run.stderr
    assert said.read_text(encoding="utf-8").splitlines()[-1].startswith("-m pytest")


def test_new_dependencies_are_installed_again(make):
    said = _installed(make)
    stamp = (make.folder / ".venv" / "installed-base").stat()
    os.utime(make.folder / "pyproject.toml", (stamp.st_atime + 10, stamp.st_mtime + 10))
    assert make("demo").returncode == 0
    assert "pip" in said.read_text(encoding="utf-8").splitlines()[0]
