"""What each step of the command line does with good input."""

import csv
import json

import numpy as np
import pytest
from spinetwin.anatomy import POINTS, level
from spinetwin.io import read_pois, write_label_map
from spinetwin.io.nifti import write_nifti
from spinetwin.poi import Status

L2, L3, L4 = (level(name).id for name in ("L2", "L3", "L4"))


@pytest.mark.parametrize("name", ["a.mrk.json", "a.mkr.json", "a.json", "a.csv"])
def test_poi_writes_the_format_that_the_name_says(poi, out, name, content):
    said = poi(out / name)
    assert (said.code, said.err) == (0, "")
    assert said.out.startswith("3 levels, 180 points: ")
    assert f"Points: {out / name}" in said.out
    points = read_pois(out / name)
    assert points.levels == (L2, L3, L4)
    assert points.count(Status.SUSPECT) == 0
    assert {poi.id for poi in points if poi.status is Status.MISSING} == {94, 95, 100, 126}, (
        "L5, and the disc to it, are absent"
    )
    assert {poi.source.split()[0] for poi in points} == {"paper"}
    assert set(content(out)) == {"old.csv", name}


def test_poi_says_where_axes_come_from_and_why_points_are_missing(poi, out):
    lines = poi(out / "a.csv").out.splitlines()
    assert "Axes of L2-L4: spline and arch" in lines
    assert "2 missing at L4: no vertebra below in the maps" in lines


def test_poi_levels_and_only(poi, out):
    every, some = out / "all.csv", out / "some.csv"
    poi(every)
    said = poi(some, "--levels", "L4,L2-L3", "--only", "muscle, 101,body_superior_median", "--rules", "paper")
    assert said.code == 0
    chosen = {
        point.id for point in POINTS if point.family == "muscle" or point.id == 101 or point.name == "body_superior_median"
    }
    assert len(chosen) > 5
    whole, part = read_pois(every), read_pois(some)
    assert {poi.id for poi in part} == chosen
    assert all(whole[poi.key] == poi for poi in part)
    poi(some, "--levels", "l3")
    assert list(read_pois(some)) == list(whole.of_level(L3))


def test_poi_rules(poi, out):
    poi(out / "paper.csv")
    poi(out / "tptbox.csv", "--rules", "tptbox")
    paper, tptbox = read_pois(out / "paper.csv"), read_pois(out / "tptbox.csv")
    assert {poi.source.split()[0] for poi in tptbox} == {"tptbox"}
    assert paper[L3, 81].position != tptbox[L3, 81].position
    assert paper[L3, 105].position == tptbox[L3, 105].position


def test_poi_report(poi, out):
    said = poi(out / "patient.7.mrk.json", "--report", out / "new" / "report")
    assert said.code == 0
    page = out / "new" / "report" / "report.html"
    assert f"Report: {page.resolve()}" in said.out
    text = page.read_text(encoding="utf-8")
    assert "<h1>patient</h1>" in text
    assert all(name in text for name in ("L2", "L3", "L4", "no vertebra below in the maps"))
    assert len(list(page.parent.glob("*.png"))) == 4


@pytest.mark.parametrize("kind", ["u1", "u2", "i2", "i4", "f4", "f8"])
def test_any_type_of_number_gives_the_same_points(poi, folder, out, maps, kind):
    poi(out / "expected.csv")
    write_nifti(folder / "s2.nii.gz", maps.subregions.astype(kind), maps.grid, packed=True)
    write_nifti(folder / "v2.nii", maps.vertebrae.astype(kind), maps.grid, packed=False)
    assert poi(out / "found.csv", s="s2.nii.gz", v="v2.nii").code == 0
    assert (out / "found.csv").read_bytes() == (out / "expected.csv").read_bytes()


def test_nrrd_and_mha_give_the_same_points(poi, folder, out, maps):
    poi(out / "expected.csv")
    write_label_map(folder / "s.nrrd", maps.subregions, maps.grid)
    write_label_map(folder / "v.mha", maps.vertebrae, maps.grid)
    assert poi(out / "found.csv", s="s.nrrd", v="v.mha").code == 0
    (_, expected), (_, found) = (read_pois(out / name).positions() for name in ("expected.csv", "found.csv"))
    assert np.abs(found - expected).max() < 1e-3


def test_check_tells_what_is_there(run, folder):
    said = run("check", folder / "s.nii.gz", folder / "v.nii.gz")
    assert (said.code, said.err) == (0, "")
    lines = said.out.splitlines()
    assert [line.split()[0] for line in lines[:3]] == ["L2", "L3", "L4"]
    assert all(line.endswith("complete") and "cm³" in line for line in lines[:3])
    assert lines[-1] == "The maps can be used."


def test_points_lists_every_point(run):
    lines = run("points").out.splitlines()
    assert [(int(line.split()[0]), line.split()[1]) for line in lines] == [(point.id, point.name) for point in POINTS]


def test_the_table_opens_in_any_spreadsheet(poi, out):
    poi(out / "a.csv")
    rows = list(csv.DictReader((out / "a.csv").read_text(encoding="utf-8").splitlines()))
    assert len(rows) == 180
    assert {row["level"] for row in rows} == {"L2", "L3", "L4"}
    assert all(row["reason"] for row in rows if row["status"] != "ok")


# --- convert ----------------------------------------------------------------------------------------------------------

WAYS = [
    ("a.mrk.json", ()),
    ("a.mkr.json", ("--to", "ras")),
    ("a.csv", ()),
    ("a.json", ("--to", "lps")),
    ("a.json", ("--to", "voxel", "--like", "image")),
]


@pytest.mark.parametrize(("middle", "how"), WAYS, ids=["lps", "ras", "table", "tptbox", "voxel"])
def test_convert_there_and_back(run, poi, folder, out, middle, how):
    poi(out / "start.csv", "--rules", "tptbox")
    image = folder / "s.nii.gz"
    said = run("convert", out / "start.csv", out / middle, *(image if each == "image" else each for each in how))
    assert (said.code, said.err) == (0, "")
    assert said.out == f"3 levels, 180 points: {out / middle}\n"
    assert run("convert", out / middle, out / "end.csv").code == 0
    assert (out / "end.csv").read_bytes() == (out / "start.csv").read_bytes()


def test_voxel_coordinates_are_those_of_the_image(run, poi, out, folder, maps):
    poi(out / "a.csv", "--only", "105", "--levels", "L3")
    run("convert", out / "a.csv", out / "a.json", "--to", "voxel", "--like", folder / "v.nii.gz")
    header, levels = json.loads((out / "a.json").read_text())
    (ijk,) = levels["L3"].values()
    assert header["format"] == "POI"
    assert np.abs(maps.grid.to_ras(ijk) - read_pois(out / "a.csv")[L3, 105].position).max() < 1e-4
