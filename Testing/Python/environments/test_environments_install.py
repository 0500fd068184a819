"""Private environments, made by the real venv and pip from wheels made by hand: whole or not at all."""

import collections
import json
import os
import shutil
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from handmade_wheels import make_wheel
from spinetwin import cli
from spinetwin.errors import ParameterError, ProgramError, WriteError
from spinetwin.jobs.environments import (
    ENVIRONMENTS,
    Program,
    environment_for,
    install,
    remove,
    run_program,
    state_for,
    state_of,
)
from spinetwin.jobs.environments.folders import home
from spinetwin.jobs.environments.pip import PipListener
from spinetwin.jobs.environments.requirements import Requirements, serving
from spinetwin.jobs.environments.state import RECORD

TINY = Requirements(
    "tiny",
    ("thinker", "two-phase"),
    ("base==1.0",),
    ("thinker==2.1",),
    ("base==1.0",),
    ("ballast",),
    ("thinker",),
    3,
    0.1,
    40,
    "thinker MIT",
    "made up",
)


@pytest.fixture(scope="module")
def wheels(tmp_path_factory):
    folder = tmp_path_factory.mktemp("wheels")
    make_wheel(folder, "base", "1.0", {"base.py": "VALUE = 1\n"})
    make_wheel(folder, "base", "2.0", {"base.py": "VALUE = 2\n"})
    make_wheel(folder, "ballast", "1.0", {"ballast.py": ""})
    make_wheel(folder, "thinker", "2.1", {"thinker.py": "import base\nprint(base.VALUE)\n"}, ("base>=1.0", "ballast"))
    make_wheel(folder, "broken", "1.0", {"broken.py": "import nowhere_to_be_found\n"})
    return folder


@pytest.fixture(autouse=True)
def _pip_looks_there_only(monkeypatch, wheels):
    for name in [name for name in os.environ if name.startswith("PIP_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(wheels))
    monkeypatch.setitem(ENVIRONMENTS, "tiny", TINY)


@pytest.fixture(scope="module")
def made(wheels, tmp_path_factory):
    """Install it once; the tests that damage it take a copy."""
    root = tmp_path_factory.mktemp("home ü")
    seen = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PIP_NO_INDEX", "1")
        patch.setenv("PIP_CONFIG_FILE", os.devnull)
        patch.setenv("PIP_FIND_LINKS", str(wheels))
        patch.setitem(ENVIRONMENTS, "tiny", TINY)
        environment = install("tiny", lambda done, what: seen.append((done, what)), root=root)
    return root, environment, seen


@pytest.fixture
def root(made, tmp_path):
    shutil.copytree(made[0], tmp_path / "home ü", symlinks=True, ignore=shutil.ignore_patterns("pip", "setuptools"))
    return tmp_path / "home ü"


def left_over(root):
    return [path.name for path in (root / "environments").iterdir() if path.name != "tiny"]


def test_an_environment_holds_what_was_asked_for_in_these_versions(made):
    root, environment, _ = made
    assert environment.versions("base", "thinker", "ballast") == {"base": "1.0", "thinker": "2.1"}
    lines = []
    run_program(Program(environment.python, "thinker"), lines.append)
    assert lines == ["1"]
    assert left_over(root) == []


def test_progress_never_goes_back_and_speaks(made):
    _, _, seen = made
    fractions = [done for done, _ in seen]
    assert fractions == sorted(fractions)
    assert fractions[-1] == 1.0
    assert {"making an environment", "looking for base", "looking for thinker", "installed"} <= {what for _, what in seen}


def test_it_is_known_without_starting_anything(made, monkeypatch):
    root, environment, _ = made
    monkeypatch.setattr("subprocess.Popen", None)
    state = state_of("tiny", root)
    assert state.ready
    assert state.environment == environment
    assert environment_for("thinker", root) == environment


def test_an_installed_one_is_not_installed_again(made, monkeypatch):
    root, environment, _ = made
    monkeypatch.setattr("subprocess.Popen", None)
    assert install("tiny", lambda *_: None, root=root, offline=True) == environment


def test_the_environment_of_another_serves_too(made):
    root, environment, _ = made
    assert [each.name for each in serving("two-phase")] == ["two-phase", "spineps", "totalspineseg", "all-backends", "tiny"]
    assert state_for("two-phase", root).environment == environment


def test_what_is_not_installed_says_how_and_how_much(tmp_path):
    state = state_for("spineps", tmp_path)
    assert not state.ready
    assert "`spinetwin install spineps`" in state.reason
    assert "GB" in state.reason
    with pytest.raises(ParameterError, match="spineps cannot run: its environment is not installed"):
        environment_for("spineps", tmp_path)


def _dangling_python(folder):
    python = folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    python.unlink()
    if os.name != "nt":
        python.symlink_to(folder / "no more")


DAMAGES = {
    "no record": (lambda folder: (folder / RECORD).unlink(), "no record"),
    "cut record": (lambda folder: (folder / RECORD).write_text('{"format": "spinetwin env'), "no record"),
    "record of something else": (lambda folder: (folder / RECORD).write_text("[1]"), "no record"),
    "huge record": (lambda folder: (folder / RECORD).write_text(" " * (2 << 20)), "no record"),
    "no interpreter": (_dangling_python, "its Python"),
    "no package": (lambda folder: shutil.rmtree(next(folder.glob("**/thinker-2.1.dist-info"))), "thinker-2.1"),
}


@pytest.mark.parametrize("name", DAMAGES)
def test_a_damaged_one_is_noticed_and_installed_anew(root, name):
    damage, words = DAMAGES[name]
    damage(root / "environments" / "tiny")
    state = state_of("tiny", root)
    assert not state.ready
    assert words in state.reason
    assert "`spinetwin install tiny --repair`" in state.reason


def test_a_damaged_one_is_repaired(root):
    shutil.rmtree(next((root / "environments" / "tiny").glob("**/thinker-2.1.dist-info")))
    assert install("tiny", lambda *_: None, root=root).versions("thinker") == {"thinker": "2.1"}
    assert state_of("tiny", root).ready
    assert left_over(root) == []


def test_other_requirements_want_another_environment(root, monkeypatch):
    monkeypatch.setitem(ENVIRONMENTS, "tiny", replace(TINY, then=("thinker==2.2",)))
    assert "another version of this program" in state_of("tiny", root).reason


def test_a_failed_repair_leaves_the_one_that_is_there(root, monkeypatch):
    monkeypatch.setenv("PIP_FIND_LINKS", str(root))
    with pytest.raises(ProgramError, match=r"installation failed: .*base==1\.0"):
        install("tiny", lambda *_: None, root=root, repair=True)
    assert state_of("tiny", root).ready
    assert left_over(root) == []


def test_a_package_that_cannot_be_imported_is_no_success(tmp_path, monkeypatch):
    monkeypatch.setitem(ENVIRONMENTS, "tiny", replace(TINY, then=("broken==1.0",), imports=("broken",)))
    with pytest.raises(ProgramError, match="nowhere_to_be_found"):
        install("tiny", lambda *_: None, root=tmp_path)
    assert list((tmp_path / "environments").iterdir()) == []


def test_a_cancelled_installation_leaves_nothing(tmp_path):
    def cancel(_, what):
        if what.startswith("looking for thinker"):
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        install("tiny", cancel, root=tmp_path)
    assert list((tmp_path / "environments").iterdir()) == []


def test_offline_nothing_is_fetched(tmp_path):
    with pytest.raises(ParameterError, match="nothing may be fetched"):
        install("tiny", lambda *_: None, root=tmp_path, offline=True)
    assert not (tmp_path / "environments").exists()


def test_a_disk_that_is_too_full_is_said_before(tmp_path, monkeypatch):
    usage = collections.namedtuple("usage", "total used free")
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage(10**9, 10**9 - 10**8, 10**8))
    with pytest.raises(WriteError, match=r"tiny needs 40 MB on the disk.*100 MB are free"):
        install("tiny", lambda *_: None, root=tmp_path)


def test_a_folder_that_cannot_be_made(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(WriteError, match="Cannot make the folder"):
        install("tiny", lambda *_: None, root=tmp_path / "file")


def test_a_program_that_is_no_python(tmp_path):
    with pytest.raises(ProgramError, match="--python"):
        install("tiny", lambda *_: None, root=tmp_path, base=tmp_path / "Slicer")


def test_removing(root):
    assert remove("tiny", root)
    assert not remove("tiny", root)
    assert list((root / "environments").iterdir()) == []


def test_a_name_that_nobody_knows(tmp_path):
    for each in (remove, state_of):
        with pytest.raises(ParameterError, match="no environment 'elsewhere'"):
            each("elsewhere", tmp_path)
    with pytest.raises(ParameterError, match="needs no environment"):
        state_for("import", tmp_path)


@pytest.mark.parametrize(
    ("system", "variables", "expected"),
    [
        ("linux", {"SPINETWIN_HOME": "/a b/ü"}, Path("/a b/ü")),
        ("linux", {"XDG_DATA_HOME": "/data"}, Path("/data/spinetwin")),
        ("linux", {"XDG_DATA_HOME": "relative"}, Path.home() / ".local/share/spinetwin"),
        ("linux", {"SPINETWIN_HOME": " "}, Path.home() / ".local/share/spinetwin"),
        ("darwin", {}, Path.home() / "Library/Application Support/spinetwin"),
        ("win32", {"LOCALAPPDATA": "/local"}, Path("/local/spinetwin")),
        ("win32", {}, Path.home() / "AppData/Local/spinetwin"),
    ],
)
def test_the_folder_of_the_program(system, variables, expected):
    assert home(variables, system) == expected


def test_the_messages_of_pip():
    seen = []
    listener = PipListener(4, 0.5, 1.0, lambda done, what: seen.append((round(done, 4), what)))
    for line in (
        "Collecting torch==2.13.0",
        "  Downloading torch-2.13.0+cpu-cp311-cp311-linux_x86_64.whl (191.8 MB)",
        "Collecting torch==2.13.0",
        "Requirement already satisfied: pip",
        "Collecting numpy>=2",
        "  Using cached numpy-2.3.5-cp311-cp311-manylinux.whl (16 kB)",
        "Installing collected packages: numpy, torch",
    ):
        listener.hear(line)
    assert seen == [
        (0.5875, "looking for torch"),
        (0.5875, "fetching torch 2.13.0+cpu (191.8 MB)"),
        (0.5875, "looking for torch"),
        (0.675, "looking for numpy"),
        (0.675, "fetching numpy 2.3.5 (16 kB)"),
        (0.85, "installing 2 packages"),
    ]


def test_every_row_pins_what_it_asks_for():
    for needed in (each for each in ENVIRONMENTS.values() if each is not TINY):
        assert all("==" in each for each in (*needed.first, *needed.then, *needed.constraints))
        assert needed.name in (*needed.backends, "all-backends")
        assert set(needed.first) <= set(needed.constraints)
        assert min(needed.distributions, needed.download_mb, needed.disk_mb) > 0


def test_the_command(made, monkeypatch, capsys):
    monkeypatch.setenv("SPINETWIN_HOME", str(made[0]))
    assert cli.main(["install"]) == 0
    said = capsys.readouterr().out
    assert f"Folder: {made[0]}" in said
    assert "tiny (for thinker, two-phase): its environment is installed" in said
    assert cli.main(["install", "spineps", "--offline"]) == 1
    assert "nothing may be fetched" in capsys.readouterr().err
    assert cli.main(["install", "--remove"]) == 1
    assert cli.main(["install", "spineps", "--remove"]) == 0
    assert "was not installed" in capsys.readouterr().out


def test_the_record_is_plain(made):
    record = json.loads((made[1].folder / RECORD).read_text(encoding="utf-8"))
    assert record["packages"]["thinker"] == "2.1"
    assert record["proof"]
    assert sys.version_info >= (3, 11)
