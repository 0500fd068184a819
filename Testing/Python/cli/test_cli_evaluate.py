"""`spinetwin evaluate`: files, folders of cases, grids that differ, and everything that is no segmentation."""

import csv
import json

import numpy as np
import pytest
from spinetwin.anatomy import level
from spinetwin.geometry import Grid
from spinetwin.io import write_label_map

L3 = level("L3").id


def store(folder, maps, subregions=None, vertebrae=None):
    folder.mkdir(parents=True, exist_ok=True)
    write_label_map(folder / "subregions.nii.gz", maps.subregions if subregions is None else subregions, maps.grid)
    write_label_map(folder / "vertebrae.nii.gz", maps.vertebrae if vertebrae is None else vertebrae, maps.grid)
    return folder


def without_l3(maps):
    gone = maps.vertebrae == L3
    return np.where(gone, 0, maps.subregions), np.where(gone, 0, maps.vertebrae)


@pytest.fixture(scope="module")
def cases(maps, tmp_path_factory):
    """A reference of three cases, and predictions that are shifted, and that lack L3 in one."""
    root = tmp_path_factory.mktemp("Fälle mit Umlaut")
    for name in ("a", "b", "c"):
        store(root / "reference" / name, maps)
        store(root / "shifted" / name, maps, *(np.roll(each, 1, 2) for each in (maps.subregions, maps.vertebrae)))
        store(root / "holes" / name, maps, *(without_l3(maps) if name == "b" else ()))
    return root


def rows(path):
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def test_folders_of_cases_give_tables_a_page_and_pictures(run, cases, tmp_path):
    out = tmp_path / "ein Ordner"
    said = run("evaluate", cases / "holes", cases / "reference", "--against", cases / "shifted", "--out", out, "--quiet")
    assert said.code == 0, said.err
    assert "3 cases compared" in said.out
    (vertebra,) = (each for each in rows(out / "instances.csv") if each["name"] == "vertebra")
    # L3 of three is missed in one of three cases: RQ 1, 2 / (2 + 1/2), 1
    assert float(vertebra["rq_mean"]) == pytest.approx((1 + 0.8 + 1) / 3)
    assert float(vertebra["second_rq_mean"]) == 1
    assert 0 < float(vertebra["p_sq"]) <= 1
    assert {each["region"] for each in rows(out / "structures_by_region.csv")} == {"lumbar"}
    content = json.loads((out / "evaluation.json").read_text(encoding="utf-8"))
    assert [each["name"] for each in content["scores"]] == ["a", "b", "c"]
    assert len(content["tables"]) == 4
    (missed,) = (each for each in rows(out / "matches.csv") if each["prediction"] == "holes" and not each["predicted"])
    assert (missed["case"], missed["family"], missed["reference"]) == ("b", "vertebra", "L3")
    page = (out / "evaluation.html").read_text(encoding="utf-8")
    assert "holes and shifted against reference" in page
    assert "missed" in page
    assert page.count("<figure>") == len(list(out.glob("worst_*.png"))) > 0


def test_what_is_the_same_needs_no_picture(run, cases, tmp_path):
    assert run("evaluate", cases / "reference" / "a", cases / "reference" / "b", "--out", tmp_path, "--quiet").code == 0
    assert not list(tmp_path.glob("*.png"))
    assert "Every structure is the same" in (tmp_path / "evaluation.html").read_text(encoding="utf-8")


@pytest.mark.parametrize(("name", "absent"), [("subregions.nii.gz", "instances"), ("vertebrae.nii.gz", "spinous")])
def test_single_files_are_told_apart_by_their_labels(run, cases, tmp_path, name, absent):
    copies = []
    for side in ("holes", "reference"):
        copies.append(tmp_path / f"{side} of mine.nii.gz")
        copies[-1].write_bytes((cases / side / "b" / name).read_bytes())
    said = run("evaluate", *copies, "--out", tmp_path / "out", "--quiet")
    assert said.code == 0, said.err
    assert {each["name"] for each in rows(tmp_path / "out" / "structures.csv")} >= {"vertebrae", "disc"}
    assert absent not in {each["name"] for each in rows(tmp_path / "out" / "structures.csv")}
    assert bool(rows(tmp_path / "out" / "instances.csv")) == (name == "vertebrae.nii.gz")


def moved(maps, millimetres):
    affine = maps.grid.ijk_to_ras.copy()
    affine[2, 3] += millimetres
    return Grid(maps.grid.shape, affine)


def test_another_grid_is_refused_and_resampled_when_asked(run, maps, cases, tmp_path, refused):
    write_label_map(tmp_path / "subregions.nii.gz", maps.subregions, moved(maps, 2.0))
    arguments = ("evaluate", tmp_path / "subregions.nii.gz", cases / "reference" / "a" / "subregions.nii.gz", "--quiet")
    refused(run(*arguments, "--out", tmp_path / "out"), "different grids", "2 mm apart", "--resample")
    said = run(*arguments, "--out", tmp_path / "out", "--resample")
    assert said.code == 0, said.err
    assert "was resampled onto the grid of its reference" in said.out
    exact = np.roll(maps.subregions, 1, 2)
    body = [np.isin(each, (49, 50)) for each in (exact, maps.subregions)]
    (found,) = (each for each in rows(tmp_path / "out" / "structures.csv") if each["name"] == "body")
    assert float(found["dice_mean"]) == pytest.approx(2 * (body[0] & body[1]).sum() / (body[0].sum() + body[1].sum()))


def test_another_storage_order_is_the_same_map(run, maps, cases, tmp_path):
    affine = maps.grid.ijk_to_ras[:, [2, 0, 1, 3]]
    array = np.asarray(maps.subregions.transpose(2, 0, 1))
    write_label_map(tmp_path / "turned.nrrd", array, Grid(array.shape, affine))
    said = run(
        "evaluate",
        tmp_path / "turned.nrrd",
        cases / "reference" / "a" / "subregions.nii.gz",
        "--out",
        tmp_path / "o",
        "--quiet",
    )
    assert said.code == 0, said.err
    assert {float(each["dice_mean"]) for each in rows(tmp_path / "o" / "structures.csv")} == {1.0}


def test_cases_without_a_partner_are_named(run, maps, cases, tmp_path):
    store(tmp_path / "some" / "a", maps)
    store(tmp_path / "some" / "z", maps)
    said = run("evaluate", tmp_path / "some", cases / "reference", "--out", tmp_path / "out", "--quiet")
    assert said.code == 0, said.err
    assert "some lacks 2 cases, not compared: b, c." in said.out
    assert "reference lacks 1 case, not compared: z." in said.out
    assert "not compared: b, c." in (tmp_path / "out" / "evaluation.html").read_text(encoding="utf-8")


def test_names_of_other_programs_are_known(run, maps, cases, tmp_path):
    for name, array in (("sub-1_seg-spine_msk", maps.subregions), ("sub-1_seg-vert_msk", maps.vertebrae)):
        write_label_map(tmp_path / f"{name}.nii.gz", array, maps.grid)
    write_label_map(tmp_path / "sub-1_T2w.nii.gz", maps.subregions, moved(maps, 50))
    said = run("evaluate", tmp_path, cases / "reference" / "a", "--out", tmp_path / "out", "--quiet")
    assert said.code == 0, said.err
    assert (tmp_path / "out" / "instances.csv").is_file()


def test_a_folder_of_one_case_is_that_case_whatever_its_files_are_called(run, maps, cases, tmp_path):
    for name in ("a", "b"):
        (tmp_path / "in" / name).mkdir(parents=True)
        for part, array in (("subreg", maps.subregions), ("vert", maps.vertebrae)):
            write_label_map(tmp_path / "in" / name / f"sub-{name}_seg-{part}_label-3_msk.nii.gz", array, maps.grid)
    said = run("evaluate", tmp_path / "in", cases / "reference", "--out", tmp_path / "out", "--quiet")
    assert said.code == 0, said.err
    assert "2 cases compared" in said.out


def test_a_name_that_is_a_script_is_text(run, maps, cases, tmp_path):
    store(tmp_path / "<script>alert(1)<>" / "b", maps, *without_l3(maps))
    assert run("evaluate", tmp_path / "<script>alert(1)<>", cases / "reference", "--out", tmp_path / "o", "--quiet").code == 0
    assert "<script" not in (tmp_path / "o" / "evaluation.html").read_text(encoding="utf-8")


def test_what_cannot_be_compared_is_said_in_a_sentence(run, maps, cases, tmp_path, refused):
    reference = cases / "reference" / "a"

    def said(prediction, against=reference, out="out"):
        return run("evaluate", prediction, against, "--out", tmp_path / out, "--quiet")

    refused(said(tmp_path / "nothing.nii.gz"), "There is no file and no folder", "Check the name")
    (tmp_path / "empty").mkdir()
    refused(said(tmp_path / "empty"), "holds no label map")
    (tmp_path / "broken.nii.gz").write_bytes(b"no image")
    refused(said(tmp_path / "broken.nii.gz"), "broken.nii.gz")
    write_label_map(tmp_path / "zeros.nii.gz", maps.vertebrae * 0, maps.grid)
    refused(said(reference / "vertebrae.nii.gz", tmp_path / "zeros.nii.gz"), "is empty")
    refused(said(reference / "vertebrae.nii.gz", reference / "subregions.nii.gz"), "of another kind")
    store(tmp_path / "other" / "x", maps)
    store(tmp_path / "other" / "y", maps)
    refused(said(tmp_path / "other", cases / "reference"), "No case of", "There: a, b, c.")
    image = np.arange(maps.grid.shape[0] * 5000, dtype=np.uint16).reshape(maps.grid.shape[0], 50, 100)
    write_label_map(tmp_path / "image.nii.gz", image, Grid(image.shape, np.eye(4)))
    refused(said(tmp_path / "image.nii.gz", tmp_path / "image.nii.gz"), "seems to be an image")
    (tmp_path / "taken").write_text("a file")
    refused(said(reference, out="taken"), "is a file")


def test_an_empty_prediction_scores_nothing_right(run, maps, cases, tmp_path):
    store(tmp_path / "in", maps, maps.subregions * 0, maps.vertebrae * 0)
    said = run("evaluate", tmp_path / "in", cases / "reference" / "a", "--out", tmp_path / "out", "--quiet")
    assert said.code == 0, said.err
    assert {float(each["dice_mean"]) for each in rows(tmp_path / "out" / "structures.csv")} == {0.0}
    assert {each["assd_mean"] for each in rows(tmp_path / "out" / "structures.csv")} == {""}
