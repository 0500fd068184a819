"""The engines in the environments that the Makefile has made; without them the tests are skipped."""

import os
from pathlib import Path

import pytest

VARIABLE = "SPINETWIN_ENGINES"


@pytest.fixture
def engines(monkeypatch):
    """The folder of the program with the environments of the engines, as a person has it."""
    given = os.environ.get(VARIABLE, "")
    if not given:
        pytest.skip(f"{VARIABLE} names no folder with the environments of OpenSim and MuJoCo; `make test` makes one")
    home = Path(given).absolute()
    if not (home / "environments").is_dir():
        pytest.fail(f"{VARIABLE} names {home}, which has no environments")
    monkeypatch.setenv("SPINETWIN_HOME", str(home))
    return home
