"""The command line, run in this process on a small spine that was written to files."""

from dataclasses import dataclass

import pytest
from spinetwin.cli import main
from spinetwin.io import write_label_map
from spinetwin.phantom import SpineParameters, make_spine


@pytest.fixture(scope="module")
def maps():
    spine = make_spine(SpineParameters(levels="L2-L4"))
    return spine.voxelise(spine.grid(2.0))


@pytest.fixture
def folder(maps, tmp_path):
    """An input folder that holds both maps."""
    path = tmp_path / "in"
    path.mkdir()
    write_label_map(path / "s.nii.gz", maps.subregions, maps.grid)
    write_label_map(path / "v.nii.gz", maps.vertebrae, maps.grid)
    return path


@pytest.fixture
def out(tmp_path):
    """An output folder with the result of another day in it."""
    path = tmp_path / "out"
    path.mkdir()
    (path / "old.csv").write_text("before")
    return path


@dataclass(frozen=True)
class Said:
    code: int
    out: str
    err: str


@pytest.fixture
def run(capsys):
    def run(*arguments):
        try:
            code = main([str(each) for each in arguments])
        except SystemExit as stop:
            code = stop.code
        return Said(code, *capsys.readouterr())

    return run


@pytest.fixture
def poi(run, folder):
    def poi(target, *more, s="s.nii.gz", v="v.nii.gz"):
        return run("poi", "--subregions", folder / s, "--vertebrae", folder / v, "--out", target, *more)

    return poi


@pytest.fixture
def content():
    """Read every file of a folder."""
    return lambda path: {each.relative_to(path).as_posix(): each.read_bytes() for each in path.rglob("*") if each.is_file()}


@pytest.fixture
def refused():
    return _refused


def _refused(said, *words):
    """Expect one line on standard error: what is wrong, and what to do."""
    assert said.code == 1
    assert said.err.count("\n") == 1, said.err
    assert said.err.startswith("spinetwin: ")
    assert said.err.endswith(".\n")
    assert "Traceback" not in said.err
    assert "Error" not in said.err
    for word in words:
        assert word in said.err
