"""The Python of 3D Slicer comes without matplotlib: measuring and simulating give everything but the pictures there."""

import sys

import pytest
from made_columns import made_pois
from spinetwin.cli import main
from spinetwin.io import write_pois

SAID = "Not drawn, because this Python has no matplotlib"


@pytest.fixture
def run(monkeypatch, tmp_path):
    """Return a function that runs a command on a whole spine without matplotlib, and returns its folder."""
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    write_pois(tmp_path / "points.mrk.json", made_pois())

    def do(command, *words):
        out = tmp_path / command
        assert main([command, str(tmp_path / "points.mrk.json"), *words, "--out", str(out), "--quiet"]) == 0
        return out

    return do


def test_measurements(run):
    out = run("measure")
    page = (out / "measurements.html").read_text(encoding="utf-8")
    assert page.count(SAID) == 2
    assert "data:image/png" not in page
    assert "Cobb angle" in page
    assert {each.name for each in out.iterdir()} == {"measurements.json", "measurements.csv", "measurements.html"}


def test_loads(run):
    out = run("simulate", "--sex", "f", "--height-cm", "168", "--weight-kg", "64", "--task", "standing")
    page = (out / "loads.html").read_text(encoding="utf-8")
    assert page.count(SAID) == 2
    assert "L4" in page
    assert {each.name for each in out.iterdir()} == {"loads.json", "loads.csv", "loads.html", "model.spinembs.json"}
