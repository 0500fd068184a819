"""`spinetwin segment --lowest` and `spinetwin rename`: a person says what the levels are called."""

import json

import numpy as np
import pytest
from spinetwin.anatomy import level
from spinetwin.io import read_label_map, write_volume


@pytest.fixture
def segment(run, maps, folder, out):
    """Segment the subregions of L2 to L4, where nothing in view tells which they are."""
    image = folder / "image.nii.gz"
    write_volume(image, np.zeros(maps.grid.shape, np.int16) + np.arange(maps.grid.shape[2], dtype=np.int16), maps.grid)

    def segment(*more):
        return run("segment", image, "--out", out, "--quiet", "--map", folder / "s.nii.gz", "--table", "spineps", *more)

    return segment


def report_in(out):
    return json.loads((out / "segmentation.json").read_text(encoding="utf-8"))


def same_bone(found, truth):
    """Say whether each vertebra has the name that the phantom gave it; the separation draws the borders of discs itself."""
    keys = [level(name).id for name in ("L2", "L3", "L4")]
    there = np.isin(truth, keys)
    return (found == truth)[there].mean() > 0.98


def test_the_question_tells_how_to_answer_it_and_the_answer_names_all(segment, maps, out):
    said = segment()
    assert said.code == 0, said.err
    asked = [each for each in said.out.splitlines() if "Which vertebra is the uppermost one?" in each]
    assert asked
    assert "`--lowest L5` on the command line" in asked[0]
    said = segment("--lowest", "l4")
    assert said.code == 0, said.err
    assert said.out.startswith("3 levels (L2 to L4) by import")
    assert "Which vertebra" not in said.out
    assert "Warning: A person calls the lowest vertebra in view L4" in said.out
    assert list(report_in(out)["levels"]) == ["L2", "L3", "L4"]
    assert report_in(out)["levels_verified"] is False
    assert same_bone(read_label_map(out / "vertebrae.nii.gz")[0], maps.vertebrae)


@pytest.mark.parametrize(
    ("lowest", "word"),
    [("L9", "There is no vertebral level 'L9'"), ("S1", "S1 is no vertebra of a spine"), ("C2", "would come to lie above C1")],
)
def test_an_answer_that_cannot_be_is_refused_and_nothing_is_written(segment, out, lowest, word):
    said = segment("--lowest", lowest)
    assert said.code == 1
    assert word in said.err
    assert not (out / "segmentation.json").exists()


def test_a_segmentation_is_renamed_and_thereby_confirmed(segment, run, maps, out):
    assert segment().code == 0
    confidence = list(report_in(out)["levels"].values())
    said = run("rename", out, "--lowest", "L4")
    assert said.code == 0, said.err
    assert said.out.splitlines()[0] == "Confirmed by a person: L2, L3, L4"
    report = report_in(out)
    assert report["levels_verified"] is True
    assert report["levels"] == dict(zip(("L2", "L3", "L4"), confidence, strict=True))
    assert not any("Which vertebra" in each for each in report["warnings"])
    renamed, grid = read_label_map(out / "vertebrae.nii.gz")
    assert grid.same_place(maps.grid)
    assert same_bone(renamed, maps.vertebrae)
    # the disc below L3 goes along
    assert (renamed == level("L3").disc_id).sum() > 0.9 * (maps.vertebrae == level("L3").disc_id).sum()
    again = run("rename", out, "--lowest", "L4")
    assert again.code == 0, again.err
    np.testing.assert_array_equal(read_label_map(out / "vertebrae.nii.gz")[0], renamed)
    assert report_in(out)["warnings"][-1] == "A person calls the lowest vertebra in view L4, as it was called."


def test_six_lumbar_vertebrae_can_be_named(segment, run, out):
    assert segment("--lowest", "L4").code == 0
    assert run("rename", out, "--lowest", "L6").out.splitlines()[0] == "Confirmed by a person: L4, L5, L6"


@pytest.mark.parametrize("content", [None, "", "[]", '{"format": "x"}', "[" * 100000])
def test_a_folder_that_holds_no_segmentation_is_refused(segment, run, out, content):
    assert segment().code == 0
    report = out / "segmentation.json"
    report.unlink()
    if content is not None:
        report.write_text(content)
    said = run("rename", out, "--lowest", "L4")
    assert said.code == 1
    assert "Name the folder that `spinetwin segment` has written." in said.err
    assert "Traceback" not in said.err


@pytest.mark.parametrize("broken", [{"levels": 3}, {"warnings": 3}, {"levels": [1]}, {"warnings": [1, None]}])
def test_a_report_that_was_changed_by_hand_is_refused_in_words(segment, run, out, broken):
    assert segment().code == 0
    path = out / "segmentation.json"
    path.write_text(json.dumps({**report_in(out), **broken}))
    before = (out / "vertebrae.nii.gz").read_bytes()
    said = run("rename", out, "--lowest", "L1")
    assert said.code == 1
    assert "is no report of a segmentation" in said.err
    assert (out / "vertebrae.nii.gz").read_bytes() == before
