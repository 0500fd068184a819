"""The real packages in their real environment, which the Makefile has made; without it the tests are skipped."""

import os
import subprocess
from pathlib import Path

import numpy as np
import pytest
from backends_python import VARIABLE
from real_worker import content, folder, gone, job, start
from spinetwin.io import read_volume, write_label_map, write_volume
from spinetwin.phantom import Spacing, SpineParameters, make_spine
from spinetwin.segmentation.backends import Request

__all__ = ["content", "folder", "gone", "job", "start"]

# programs for the Python of the environment, which has torch
collect_ignore_glob = ["fabricate_*.py"]

HERE = Path(__file__).parent


@pytest.fixture(scope="session")
def backends_python():
    given = os.environ.get(VARIABLE, "")
    if not given:
        pytest.skip(f"{VARIABLE} does not name the Python of an environment for backends; `make test` makes one")
    python = Path(given).absolute()
    if not python.is_file():
        pytest.fail(f"{VARIABLE} names {python}, which does not exist")
    return python


@pytest.fixture(scope="session")
def fabricate(backends_python, tmp_path_factory):
    """Return a function that lets the Python of the environment write folders of weights, by a script beside this file."""

    def write(script):
        folder = tmp_path_factory.mktemp("fabricated")
        run = subprocess.run([backends_python, HERE / script, folder], check=False, capture_output=True, text=True, timeout=600)
        assert run.returncode == 0, run.stderr
        return folder

    return write


@pytest.fixture(scope="session")
def case(tmp_path_factory):
    """A small lumbar phantom: its maps, and an image that is bright where they are."""
    return _written(tmp_path_factory.mktemp("case ü"), "L2-L4")


@pytest.fixture(scope="session")
def lumbar_case(tmp_path_factory):
    """As `case`, with all lumbar vertebrae and the sacrum, which tells their names."""
    return _written(tmp_path_factory.mktemp("lumbar"), "L1-S1")


def _written(folder, levels):
    spine = make_spine(SpineParameters(levels=levels))
    grid = spine.grid(Spacing(right=4.0, anterior=2.0, superior=2.0), "PIR", margin_mm=20.0)
    maps = spine.voxelise(grid)
    noise = np.random.default_rng(5).normal(0, 10, grid.shape)
    image = np.clip(100.0 * (maps.subregions > 0) + 40 + noise, 0, None).astype(np.int16)
    write_volume(folder / "spine_T2w.nii.gz", image, grid)
    write_label_map(folder / "subregions.nii.gz", maps.subregions, grid)
    write_label_map(folder / "vertebrae.nii.gz", maps.vertebrae, grid)
    return folder, maps


@pytest.fixture
def home(tmp_path, monkeypatch, backends_python):
    """A folder of the program with the environments that are there, and no weights yet."""
    home = tmp_path / "home ü"
    home.mkdir()
    (home / "environments").symlink_to(backends_python.parents[2], target_is_directory=True)
    monkeypatch.setenv("SPINETWIN_HOME", str(home))
    return home


@pytest.fixture
def request_of(case):
    """Return a function that makes a request for the image of the case."""
    folder, maps = case

    def make(**more):
        path = folder / "spine_T2w.nii.gz"
        return Request(lambda: read_volume(path)[0], maps.grid, path=path, **more)

    return make
