"""`spinetwin measure` on a small spine: what it writes, what it says, and how it refuses."""

import csv
import json
import re

import numpy as np
import pytest
from spinetwin.geometry import Grid
from spinetwin.io import read_pois, write_label_map, write_pois, write_volume
from spinetwin.io.measurements import read_measurements
from spinetwin.poi import PoiSet


@pytest.fixture
def points(poi, tmp_path):
    path = tmp_path / "points.mrk.json"
    poi(path, "--quiet")
    return path


def maps_of(folder):
    return ("--subregions", folder / "s.nii.gz", "--vertebrae", folder / "v.nii.gz")


def test_points_alone_give_angles_and_heights(run, points, out):
    said = run("measure", points, "--out", out, "--quiet")
    assert (said.code, said.err) == (0, "")
    assert {each.name for each in out.iterdir()} >= {"measurements.json", "measurements.csv", "measurements.html", "spine.png"}
    found = read_measurements(out / "measurements.json")
    height = found.get("body_height_back", 22)
    assert height.value == pytest.approx(26.5, abs=2.0)
    assert 0.2 < height.uncertainty < 0.8
    assert found.get("canal_area", 22).reason == "there are no label maps"
    assert found.get("lordosis_l1_s1").missing


def test_maps_add_areas_and_volumes(run, points, folder, out):
    assert run("measure", points, *maps_of(folder), "--out", out, "--quiet").code == 0
    found = read_measurements(out / "measurements.json")
    assert found.get("canal_area", 22).value > 150
    left, right = (found.get("pedicle_width", 22, side).value for side in ("left", "right"))
    assert left == pytest.approx(right, abs=2.5), "voxels of 2 mm"
    assert found.get("part_volume", 22, part="spinous_process").value > 500


def test_the_table_opens_in_a_spreadsheet(run, points, out):
    run("measure", points, "--out", out, "--quiet", "--draws", "0")
    with (out / "measurements.csv").open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    row = next(each for each in rows if each["name"] == "body_height_front" and each["level"] == "L3")
    assert (row["group"], row["quantity"], row["unit"], row["uncertainty"]) == ("body", "Body height in front", "mm", "")
    assert float(row["value"]) > 20
    assert row["definition"]


def test_what_is_written_is_read_back_the_same(run, points, out):
    run("measure", points, "--out", out, "--quiet")
    first = read_measurements(out / "measurements.json")
    run("measure", points, "--out", out, "--quiet")
    assert read_measurements(out / "measurements.json").all == first.all


def test_the_page_needs_no_other_file_and_says_lying(run, points, out):
    run("measure", points, "--out", out, "--quiet")
    page = (out / "measurements.html").read_text(encoding="utf-8")
    assert 'src="data:image/png;base64,' in page
    assert "http" not in page.replace("http-equiv", "")
    assert "lying" in page
    assert "$" not in page


def test_femoral_heads_give_the_pelvis_only_with_a_sacrum(run, points, out):
    heads = ("--femoral-heads", -90, 30, -100, 90, 30, -100)
    run("measure", points, *heads, "--out", out, "--quiet", "--draws", "0")
    found = read_measurements(out / "measurements.json").get("pelvic_incidence")
    assert found.missing
    assert "S1" in found.reason


def test_an_empty_set_of_points_gives_reasons_and_no_traceback(run, tmp_path, out):
    empty = tmp_path / "empty.csv"
    write_pois(empty, PoiSet.of([]))
    said = run("measure", empty, "--out", out, "--quiet")
    assert said.code == 0
    assert all(each.missing for each in read_measurements(out / "measurements.json"))


def test_one_bad_level_never_costs_the_others(run, points, tmp_path, out):
    whole = read_pois(points)
    part = PoiSet.of(poi for poi in whole if poi.level != 22 or poi.id not in (101, 102, 117, 118))
    less = tmp_path / "less.csv"
    write_pois(less, part)
    run("measure", less, "--out", out, "--quiet")
    found = read_measurements(out / "measurements.json")
    assert found.get("endplate_depth_superior", 22).missing
    assert not found.get("endplate_depth_superior", 23).missing
    assert not found.get("body_width", 22).missing


def test_a_study_against_itself_has_not_changed(run, points, out):
    run("measure", points, "--out", out, "--quiet")
    said = run("measure", points, "--before", out / "measurements.json", "--out", out, "--quiet")
    assert "0 beyond the uncertainty" in said.out
    with (out / "changes.csv").open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) > 50
    assert {float(each["difference"]) for each in rows} == {0.0}


@pytest.mark.parametrize(
    ("more", "words"),
    [
        (("--subregions", "s.nii.gz"), "belong together"),
        (("--draws", "-1"), "number of draws"),
    ],
)
def test_options_that_cannot_be(run, refused, points, out, content, more, words):
    before = content(out)
    said = run("measure", points, *more, "--out", out, "--quiet")
    refused(said)
    assert words in said.err
    assert content(out) == before


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "is empty"),
        ("{", "no complete JSON file"),
        ("[]", "holds no measurements"),
        ('{"format": "spinetwin measurements", "version": 9}', "version 9"),
        ('{"format": "spinetwin measurements", "version": 1}', "no list"),
        ('{"format": "spinetwin measurements", "version": 1, "measurements": [3]}', "Measurement 1"),
        ('{"format": "spinetwin measurements", "version": 1, "measurements": [{"name": "a", "value": "x"}]}', "Measurement 1"),
        ('{"format": "spinetwin measurements", "version": 1, "measurements": [{"name": "a", "level": "Q7"}]}', "Measurement 1"),
    ],
)
def test_files_of_measurements_that_are_none(tmp_path, text, words):
    from spinetwin.errors import ReadError

    path = tmp_path / "m.json"
    path.write_text(text)
    with pytest.raises(ReadError, match=words):
        read_measurements(path)


def test_every_entry_of_the_json_has_a_declared_quantity(run, points, out):
    run("measure", points, "--out", out, "--quiet", "--draws", "0")
    content = json.loads((out / "measurements.json").read_text(encoding="utf-8"))
    assert {each["name"] for each in content["measurements"]} <= set(content["quantities"])
    assert all(each["definition"] for each in content["quantities"].values())


def whole(folder, maps):
    """A map of whole vertebrae and nothing else."""
    write_label_map(folder / "whole.nii.gz", np.where(maps.vertebrae < 100, maps.vertebrae, 0).astype(np.uint8), maps.grid)
    return folder / "whole.nii.gz"


def test_a_vertebra_map_alone_gives_heights_and_says_what_is_missing(run, folder, maps, out):
    said = run("measure", "--vertebrae", whole(folder, maps), "--out", out, "--quiet")
    assert (said.code, said.err) == (0, "")
    found = read_measurements(out / "measurements.json")
    assert found.get("body_height_back", 22).value == pytest.approx(26.5, abs=1.5)
    assert found.get("disc_height_middle", 22).value > 5
    assert found.get("canal_area", 22).missing
    assert found.get("part_volume", 22).reason == "the map does not tell the parts behind the body apart"


def test_other_programs_labels_are_read_by_their_table(run, folder, maps, out):
    ids = {21: 30, 22: 29, 23: 28}
    array = np.zeros(maps.vertebrae.shape, dtype=np.uint8)
    for own, other in ids.items():
        array[maps.vertebrae == own] = other
    write_label_map(folder / "total.nii.gz", array, maps.grid)
    table = folder / "mine.csv"
    table.write_text("label,level\n30,L2\n29,L3\n28,L4\n")
    seen = []
    for scheme in ("totalsegmentator-v2", table):
        said = run("measure", "--vertebrae", folder / "total.nii.gz", "--vertebra-labels", scheme, "--out", out, "--quiet")
        assert (said.code, said.err) == (0, "")
        seen.append(read_measurements(out / "measurements.json"))
    assert seen[0].all == seen[1].all
    assert {each.level for each in seen[0].of("body_height_back")} == {21, 22, 23}


def test_a_wrong_slice_distance_is_noticed(run, folder, maps, out):
    affine = maps.grid.ijk_to_ras.copy()
    affine[:3, np.abs(affine[2, :3]).argmax()] *= 0.5
    array = np.where(maps.vertebrae < 100, maps.vertebrae, 0).astype(np.uint8)
    write_label_map(folder / "flat.nii.gz", array, Grid(array.shape, affine))
    said = run("measure", "--vertebrae", folder / "flat.nii.gz", "--out", out, "--quiet")
    ratio = re.search(r"Warning: bodies are ([\d.]+) times as high", said.out)
    assert float(ratio[1]) == pytest.approx(0.5, abs=0.05)
    assert "spacing in the header may be wrong" in said.out


def write_muscles(folder, maps):
    """Bars of psoas on either side of the spine, a fat image and a water image."""
    affine = np.diag([2.0, 2.0, 2.0, 1.0])
    middle = maps.grid.to_ras(np.array(maps.grid.shape) / 2)
    affine[:3, 3] = middle - [120.0, 120.0, 80.0]
    labels = np.zeros((120, 120, 80), dtype=np.uint8)
    labels[35:45, 60:70], labels[75:85, 60:70] = 5, 6
    grid = Grid(labels.shape, affine)
    write_label_map(folder / "m.nii.gz", labels, grid)
    write_volume(folder / "fat.nii.gz", np.full(labels.shape, 10, dtype=np.int16), grid)
    write_volume(folder / "water.nii.gz", np.full(labels.shape, 30, dtype=np.int16), grid)
    return folder / "m.nii.gz"


def test_muscles_and_dixon_images(run, points, folder, maps, out):
    muscles = write_muscles(folder, maps)
    dixon = ("--fat", folder / "fat.nii.gz", "--water", folder / "water.nii.gz")
    said = run("measure", points, *maps_of(folder), "--muscles", muscles, *dixon, "--out", out, "--quiet")
    assert (said.code, said.err) == (0, "")
    found = read_measurements(out / "measurements.json")
    area = found.get("muscle_area", 22, "left", part="psoas")
    assert area.value == pytest.approx(400.0, rel=0.1)
    assert 1 < area.uncertainty < 20
    assert found.get("muscle_fat_fraction", 22, "right", part="psoas").value == pytest.approx(0.25)
    assert found.get("muscle_centroid_right", 22, "right", part="psoas").value == pytest.approx(40.0, abs=4.0)
    page = (out / "measurements.html").read_text(encoding="utf-8")
    assert "Muscle area left psoas" in page
    with (out / "measurements.csv").open(newline="", encoding="utf-8") as file:
        rows = [each for each in csv.DictReader(file) if each["name"] == "muscle_area"]
    assert {(each["level"], each["side"], each["part"]) for each in rows} >= {("L3", "left", "psoas"), ("L2", "right", "psoas")}


@pytest.mark.parametrize(
    ("more", "words"),
    [
        (("--muscles", "m.nii.gz", "--muscle-labels", "mine"), "no table 'mine'"),
        (("--muscles", "m.nii.gz", "--muscle-labels", "lost.csv"), "no file"),
        (("--muscles", "m.nii.gz", "--muscle-labels", "names.csv"), "no column label"),
        (("--muscles", "m.nii.gz", "--muscle-labels", "spl"), "none of the labels"),
        (("--muscles", "lost.nii.gz"), "lost.nii.gz"),
        (("--muscles", "m.nii.gz", "--fat", "fat.nii.gz"), "belong together"),
        (("--fat", "fat.nii.gz", "--water", "water.nii.gz"), "no muscles"),
        (("--muscles", "m.nii.gz", "--fat", "v.nii.gz", "--water", "water.nii.gz"), "not on the grid"),
        (("--femoral-heads", "nan", "1", "2", "3", "4", "5"), "finite"),
    ],
)
def test_muscle_maps_that_cannot_be_used(run, refused, points, folder, maps, out, content, more, words):
    write_muscles(folder, maps)
    (folder / "names.csv").write_text("number,name,side\n5,psoas,left\n")
    before = content(out)
    named = [folder / each if str(each).endswith((".gz", ".csv")) else each for each in more]
    said = run("measure", points, *named, "--out", out, "--quiet")
    refused(said)
    assert words in said.err
    assert content(out) == before


def test_nothing_to_measure_is_said(run, refused, out):
    said = run("measure", "--out", out, "--quiet")
    refused(said, "nothing to measure")


def test_a_map_without_vertebrae_is_said(run, refused, folder, maps, out):
    write_label_map(folder / "empty.nii.gz", np.zeros(maps.vertebrae.shape, dtype=np.uint8), maps.grid)
    said = run("measure", "--vertebrae", folder / "empty.nii.gz", "--out", out, "--quiet")
    refused(said, "no vertebra with a body", "--vertebra-labels")
