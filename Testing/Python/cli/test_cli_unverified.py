"""What is computed from levels that a program has named says so, until a person has confirmed them."""

import json

import numpy as np
import pytest
from made_columns import LEVELS, made_pois
from spinetwin.io import read_pois, write_pois, write_volume
from spinetwin.jobs.segmentation_report import levels_open
from spinetwin.poi.model import LEVELS_UNVERIFIED, UNVERIFIED


@pytest.fixture
def segmented(run, maps, folder, out):
    """A folder that `spinetwin segment` has written."""
    image = folder / "image.nii.gz"
    write_volume(image, np.zeros(maps.grid.shape, np.int16) + np.arange(maps.grid.shape[2], dtype=np.int16), maps.grid)
    given = ("--map", folder / "s.nii.gz", folder / "v.nii.gz", "--table", "spineps")
    assert run("segment", image, "--out", out, "--quiet", *given).code == 0
    return out


@pytest.fixture
def poi(run, tmp_path):
    """Return a function that computes the points of a folder of maps, with a report."""

    def poi(folder, name="points.mrk.json"):
        maps = ("--subregions", folder / "subregions.nii.gz", "--vertebrae", folder / "vertebrae.nii.gz")
        said = run("poi", *maps, "--out", tmp_path / name, "--report", tmp_path / "report", "--quiet")
        assert said.code == 0, said.err
        return said.out, read_pois(tmp_path / name), (tmp_path / "report" / "report.html").read_text(encoding="utf-8")

    return poi


def measured(run, tmp_path, *of):
    said = run("measure", *of, "--out", tmp_path / "measures", "--draws", "0", "--quiet")
    assert said.code == 0, said.err
    return said.out, (tmp_path / "measures" / "measurements.html").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", ["points.mrk.json", "points.csv"])
def test_points_of_unconfirmed_levels_carry_it_to_their_measurements(segmented, poi, run, tmp_path, name):
    said, points, page = poi(segmented, name)
    assert f"Warning: {LEVELS_UNVERIFIED}" in said
    assert LEVELS_UNVERIFIED in page
    assert {each.source for each in points if each.source} == {f"paper 1, {UNVERIFIED}"}
    said, page = measured(run, tmp_path, tmp_path / name)
    assert said.count(f"Warning: {LEVELS_UNVERIFIED}") == 1
    assert LEVELS_UNVERIFIED in page


def test_loads_of_unconfirmed_levels_say_it(run, tmp_path):
    write_pois(tmp_path / "points.mrk.json", made_pois(LEVELS).with_unverified_levels())
    person = ("--sex", "f", "--height-cm", "165", "--weight-kg", "60")
    said = run("simulate", tmp_path / "points.mrk.json", *person, "--out", tmp_path / "loads", "--quiet")
    assert said.code == 0, said.err
    assert f"Note: {LEVELS_UNVERIFIED}" in said.out
    assert LEVELS_UNVERIFIED in (tmp_path / "loads" / "loads.html").read_text(encoding="utf-8")


def test_measurements_of_maps_alone_say_it(segmented, run, tmp_path):
    maps = ("--subregions", segmented / "subregions.nii.gz", "--vertebrae", segmented / "vertebrae.nii.gz")
    said, page = measured(run, tmp_path, *maps)
    assert f"Warning: {LEVELS_UNVERIFIED}" in said
    assert LEVELS_UNVERIFIED in page


def test_nothing_is_said_once_a_person_has_confirmed(segmented, poi, run, tmp_path):
    assert run("rename", segmented, "--lowest", "L4").code == 0
    said, points, page = poi(segmented)
    assert not points.unverified
    for text in (said, page, *measured(run, tmp_path, tmp_path / "points.mrk.json")):
        assert LEVELS_UNVERIFIED not in text


def test_maps_of_a_person_are_not_doubted(poi, folder):
    for short, name in (("s", "subregions"), ("v", "vertebrae")):
        (folder / f"{short}.nii.gz").rename(folder / f"{name}.nii.gz")
    said, points, _ = poi(folder)
    assert LEVELS_UNVERIFIED not in said
    assert not points.unverified


@pytest.mark.parametrize(
    "content",
    ["", "[]", "3", "{}", "[" * 100000, '{"format": "other", "levels_verified": false}', '{"levels_verified": false}'],
)
def test_a_file_that_is_no_report_says_nothing(tmp_path, content):
    (tmp_path / "segmentation.json").write_text(content)
    assert not levels_open(tmp_path / "vertebrae.nii.gz")


def test_the_report_speaks_of_its_own_map_only(segmented):
    assert json.loads((segmented / "segmentation.json").read_text())["levels_verified"] is False
    assert levels_open(segmented / "vertebrae.nii.gz")
    assert not levels_open(segmented / "another.nii.gz")
