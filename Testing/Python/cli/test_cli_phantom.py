"""`spinetwin phantom` on the command line: what it writes, that it repeats itself, and how it refuses."""

import hashlib

import numpy as np
import pytest
from spinetwin.anatomy import level
from spinetwin.cli import main
from spinetwin.io import read_label_maps, read_pois
from spinetwin.io.truth import read_truth
from spinetwin.phantom import Curve, SpineParameters, make_spine, truth

SMALL = ("--fov", "L3", "--spacing", "4", "--quiet")
L3 = level("L3").id


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """A small phantom of a scoliotic person."""
    out = tmp_path_factory.mktemp("phantom") / "new" / "folder"
    words = ("--seed", "7", "--curve", "L2:30:left", "--curve", "T8:40:right", "--lordosis", "60", "--kyphosis", "35")
    view = ("--fov", "L3", "--spacing", "2", "2", "4", "--orientation", "PIR", "--oblique", "10", "--quiet")
    assert main(["phantom", "--out", str(out), *words, *view]) == 0
    return out


def test_every_file_is_there_and_named(made, run, tmp_path):
    said = run("phantom", "--out", tmp_path, *SMALL)
    assert said.code == 0
    assert said.err == ""
    names = {"subregions.nii.gz", "vertebrae.nii.gz", "truth.json", "truth.mrk.json"}
    assert {each.name for each in made.iterdir()} == names
    assert set(said.out.split()) == {str(tmp_path / name) for name in names}


def test_the_maps_lie_as_asked(made):
    maps = read_label_maps(made / "subregions.nii.gz", made / "vertebrae.nii.gz")
    steps = maps.grid.ijk_to_ras[:3, :3]
    assert maps.grid.spacing == pytest.approx([2, 2, 4])
    assert [abs(column).argmax() for column in steps.T] == [1, 2, 0]
    assert steps[1, 0] < 0
    assert steps[2, 1] < 0
    assert steps[0, 2] > 0
    upright = np.array([[0, 0, 1], [-1, 0, 0], [0, -1, 0]])
    turned = np.degrees(np.arccos((np.trace(steps / maps.grid.spacing @ upright.T) - 1) / 2))
    assert turned == pytest.approx(10)
    assert (maps.vertebrae == L3).any()


def test_the_truth_is_that_of_the_spine(made):
    curves = (Curve(30.0, apex="L2", side="left"), Curve(40.0, apex="T8", side="right"))
    spine = make_spine(SpineParameters(curves=curves, lordosis=60.0, kyphosis=35.0), np.random.default_rng(7))
    exact, found = truth(spine, levels=[L3]), read_truth(made / "truth.json")
    assert found.parameters["seed"] == 7
    assert [curve["apex"] for curve in found.parameters["spine"]["curves"]] == ["L2", "T8"]
    for key, point in exact.points.items():
        assert np.array_equal(found.points["paper"][key], point)
    assert np.array_equal(found.frames[L3].axes, exact.frames[L3].axes)
    marks = read_pois(made / "truth.mrk.json")
    assert marks[L3, 101].position == tuple(found.points["paper"][L3, 101])


def test_the_same_words_give_the_same_bytes(tmp_path):
    def digests(name):
        assert main(["phantom", "--out", str(tmp_path / name), "--seed", "3", "--cobb", "30", *SMALL]) == 0
        return {each.name: hashlib.sha256(each.read_bytes()).hexdigest() for each in (tmp_path / name).iterdir()}

    assert digests("first") == digests("second")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--cobb", "200"], ["Cobb", "200"]),
        (["--cobb", "nan"], ["Cobb", "nan"]),
        (["--cobb", "30", "--apex", "X9"], ["X9"]),
        (["--cobb", "30", "--apex", "C3"], ["C3", "thoracic or lumbar"]),
        (["--cobb", "30", "--side", "up"], ["left or right", "up"]),
        (["--apex", "T8"], ["--cobb"]),
        (["--curve", "T8"], ["APEX:COBB:SIDE"]),
        (["--curve", "T8:many:left"], ["APEX:COBB:SIDE"]),
        (["--curve", "T8:30:right", "--cobb", "20"], ["--cobb", "--curve"]),
        (["--lordosis", "120"], ["lordosis", "120"]),
        (["--kyphosis", "-5"], ["kyphosis"]),
        (["--seed", "-1"], ["seed", "-1"]),
        (["--spacing", "0"], ["Voxels", "0"]),
        (["--spacing", "1", "2"], ["--spacing"]),
        (["--spacing", "nan"], ["Voxels"]),
        (["--spacing", "0.1"], ["too large"]),
        (["--orientation", "RAR"], ["RAR"]),
        (["--orientation", "XYZ"], ["XYZ"]),
        (["--oblique", "inf"], ["oblique"]),
        (["--fov", "knee"], ["knee", "lumbar"]),
        (["--fov", "S3"], ["S3"]),
        (["--modality", "x-ray"], ["x-ray", "labels"]),
    ],
    ids=lambda value: " ".join(value) if value[0].startswith("--") else "",
)
def test_bad_words_get_one_sentence(run, refused, tmp_path, words, said):
    refused(run("phantom", "--out", tmp_path / "new", *words, "--quiet"), *said)
    assert not (tmp_path / "new").exists()


def test_a_file_in_the_way_is_named(run, refused, tmp_path):
    (tmp_path / "file").write_text("mine")
    refused(run("phantom", "--out", tmp_path / "file", *SMALL), "file")
    assert (tmp_path / "file").read_text() == "mine"
