"""The program as a person starts it: in a process of its own, and the whole demonstration."""

import os
import re
import subprocess
import sys

import numpy as np
import pytest
import spinetwin
from spinetwin.cli import main
from spinetwin.commands import STEPS
from spinetwin.io import read_label_maps, read_pois
from spinetwin.poi import Status
from spinetwin.poi.check import check_maps
from spinetwin.poi.compute import compute_pois


def program(*arguments, **environment):
    command = [sys.executable, "-m", "spinetwin", *arguments]
    return subprocess.run(command, capture_output=True, check=False, timeout=60, env=os.environ | environment)


def test_version():
    done = program("--version")
    assert (done.returncode, done.stderr) == (0, b"")
    assert done.stdout.decode().split() == ["spinetwin", spinetwin.__version__]


def test_a_failure_is_one_sentence_on_any_terminal():
    done = program("check", "L\u00e4ngsschnitt.nii.gz", "v.nii.gz", PYTHONIOENCODING="ascii", PYTHONUTF8="1")
    assert done.returncode == 1
    assert done.stdout == b""
    assert done.stderr.startswith(b"spinetwin: There is no file L")
    assert done.stderr.count(b"\n") == 1


def test_a_reader_that_has_seen_enough_is_no_failure():
    command = [sys.executable, "-m", "spinetwin", "points"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        process.stdout.close()
        assert process.stderr.read() == b""
        assert process.wait(60) == 0


@pytest.fixture(scope="module")
def demo(tmp_path_factory):
    folder = tmp_path_factory.mktemp("somebody") / "a new folder"
    assert main(["demo", "--out", str(folder), "--quiet"]) == 0
    return folder


def test_demo_writes_everything_and_nothing_else(demo):
    assert {each.name for each in demo.iterdir()} == {"subregions.nii.gz", "vertebrae.nii.gz", "spine.mrk.json", "report"}
    pictures = {f"{name}.png" for name in ("front", "right", "back", "canal")}
    assert {each.name for each in (demo / "report").iterdir()} == {"report.html", *pictures}


def test_demo_maps_are_whole_and_give_the_points_that_were_saved(demo):
    maps = read_label_maps(demo / "subregions.nii.gz", demo / "vertebrae.nii.gz")
    assert check_maps(maps).usable
    saved, again = read_pois(demo / "spine.mrk.json"), compute_pois(maps)
    assert [(poi.key, poi.status, poi.reason) for poi in saved] == [(poi.key, poi.status, poi.reason) for poi in again]
    # NIfTI keeps the place of the voxels in single precision
    assert np.abs(saved.positions()[1] - again.positions()[1]).max() < 0.01
    assert len(saved.levels) == 25
    assert saved.count(Status.OK) > 0.98 * len(saved)


def test_demo_report_names_every_level(demo):
    page = (demo / "report" / "report.html").read_text(encoding="utf-8")
    assert "Cobb angle 25 degrees" in page
    for name in [f"C{n}" for n in range(1, 8)] + [f"T{n}" for n in range(1, 13)] + [f"L{n}" for n in range(1, 6)]:
        assert f">{name}<" in page
    assert page.count("data:image/png;base64,") == 4


def test_demo_without_a_place_to_write(tmp_path, capsys):
    (tmp_path / "file").write_text("before")
    assert main(["demo", "--out", str(tmp_path / "file" / "demo")]) == 1
    said = capsys.readouterr().err
    assert said.endswith(f"{tmp_path / 'file'} is a file. Choose another with --out.\n")
    assert said.count("\n") == 1
    assert (tmp_path / "file").read_text() == "before"


def test_a_step_loads_no_other_step():
    program = (
        "import sys; from spinetwin.cli import main; assert main(['points']) == 0;"
        "print([name for name in sys.modules if name.startswith('spinetwin.commands.')], file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=60)
    assert done.stderr.strip() == "['spinetwin.commands.points']"


def test_without_a_step_all_of_them_are_told():
    done = program("--help")
    assert done.returncode == 0
    told = re.findall(r"^    ([a-z-]+)", done.stdout.decode(), re.MULTILINE)
    assert told == list(STEPS)
