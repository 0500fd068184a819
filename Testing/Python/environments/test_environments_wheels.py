"""Environments from wheels that a person has brought: the real venv and pip, and never a network."""

import os
import sys
import threading

import pytest
from handmade_wheels import make_wheel
from spinetwin import cli
from spinetwin.errors import ParameterError, ProgramError, ReadError
from spinetwin.jobs.environments import ENVIRONMENTS, install, state_of
from spinetwin.jobs.environments.requirements import Requirements
from weights_server import Server

PACKAGES = (("base==1.0",), ("thinker==2.1",), ("base==1.0",), (), ("thinker",))
TINY = Requirements("tiny", ("thinker",), *PACKAGES, 3, 0.1, 40, "thinker MIT", "made up")


@pytest.fixture
def wheels(tmp_path):
    folder = tmp_path / "USB Stick ü"
    folder.mkdir()
    make_wheel(folder, "base", "1.0", {"base.py": "VALUE = 1\n"})
    make_wheel(folder, "ballast", "1.0", {"ballast.py": ""})
    make_wheel(folder, "thinker", "2.1", {"thinker.py": "import base\n"}, ("base>=1.0", "ballast"))
    return folder


@pytest.fixture(autouse=True)
def index(monkeypatch):
    """What pip would fetch from, were it let: it only counts who asks."""
    for name in [name for name in os.environ if name.startswith("PIP_") or name.lower().endswith("_proxy")]:
        monkeypatch.delenv(name)
    monkeypatch.setitem(ENVIRONMENTS, "tiny", TINY)
    with Server() as server:
        server.status = 404
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
        thread.start()
        for name in ("PIP_INDEX_URL", "PIP_EXTRA_INDEX_URL", "PIP_FIND_LINKS"):
            monkeypatch.setenv(name, server.url)
        yield server
        server.shutdown()
        thread.join()
    assert server.asked == []


@pytest.fixture
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("SPINETWIN_HOME", str(tmp_path / "home ü"))
    return tmp_path / "home ü"


@pytest.mark.usefixtures("home")
@pytest.mark.parametrize("offline", [[], ["--offline"]])
def test_the_command_takes_a_folder(wheels, capsys, offline):
    assert cli.main(["install", "tiny", "--from", str(wheels), "--quiet", *offline]) == 0
    assert "tiny: base 1.0, thinker 2.1" in capsys.readouterr().out
    assert state_of("tiny").environment.versions("ballast") == {"ballast": "1.0"}


def test_what_lies_in_the_folder_of_the_program_needs_no_name(wheels, home):
    told = []
    home.mkdir()
    wheels.rename(home / "wheels")
    assert install("tiny", lambda _, what: told.append(what), offline=True).versions("base") == {"base": "1.0"}
    assert told[0] == f"making an environment from the wheels in {home / 'wheels'}"


@pytest.mark.usefixtures("home")
def test_the_file_that_lacks_is_named_with_how_to_get_it(wheels):
    (wheels / "thinker-2.1-py3-none-any.whl").rename(wheels / "thinker-2.2-py3-none-any.whl")
    with pytest.raises(ParameterError, match=r"lacks thinker-2\.1-….whl for this Python") as refused:
        install("tiny", lambda *_: None, wheels=wheels / "base-1.0-py3-none-any.whl")
    python = f"Python {sys.version_info.major}.{sys.version_info.minor}"
    assert f"the same system and {python}, run `pip download" in refused.value.hint
    assert "base==1.0 thinker==2.1`" in refused.value.hint
    for name in ENVIRONMENTS:
        with pytest.raises(ParameterError, match="for this Python"):
            install(name, lambda *_: None, wheels=wheels)
    with pytest.raises(ReadError, match="does not exist"):
        install("tiny", lambda *_: None, wheels=wheels / "no more")
    with pytest.raises(ParameterError, match="nothing may be fetched") as refused:
        install("tiny", lambda *_: None, offline=True)
    assert "--from" in refused.value.hint


def test_a_package_that_they_bring_along_is_not_fetched_either(wheels, home):
    (wheels / "ballast-1.0-py3-none-any.whl").unlink()
    with pytest.raises(ProgramError, match=r"installation failed: .*ballast") as refused:
        install("tiny", lambda *_: None, wheels=wheels)
    assert refused.value.hint.startswith("Nothing was fetched: put the wheel of what is named here")
    assert list((home / "environments").iterdir()) == []
