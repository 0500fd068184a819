"""`spinetwin segment`: existing label maps taken over, and everything that is not one."""

import json
import os
from pathlib import Path

import numpy as np
import pytest
from spinetwin.anatomy import level
from spinetwin.geometry import Grid
from spinetwin.io import read_label_map, write_label_map, write_volume
from spinetwin.io.nifti import write_nifti

DATA = Path(os.environ.get("SPINETWIN_REAL_DATA") or Path(__file__).resolve().parents[4] / "shared" / "data")


@pytest.fixture
def image(maps, folder):
    path = folder / "image.nii.gz"
    write_volume(path, np.random.default_rng(1).integers(0, 900, maps.grid.shape).astype(np.int16), maps.grid)
    return path


@pytest.fixture
def segment(run, image, folder, out):
    def segment(*arguments, of=image):
        return run("segment", of, "--out", out, "--quiet", *arguments)

    segment.maps = folder / "s.nii.gz", folder / "v.nii.gz"
    return segment


def test_maps_are_taken_over_and_points_can_be_computed_from_them(segment, run, maps, out):
    said = segment("--map", *segment.maps, "--table", "spineps")
    assert said.code == 0, said.err
    assert said.out.splitlines()[0] == "3 levels (L2 to L4) by import (the best that can run: a label map was given)"
    assert "Warning: The names of the levels are the map's own and are not verified." in said.out
    assert sorted(each.name for each in out.iterdir()) == [
        "old.csv",
        "segmentation.json",
        "subregions.nii.gz",
        "vertebrae.nii.gz",
    ]
    array, grid = read_label_map(out / "vertebrae.nii.gz")
    np.testing.assert_array_equal(array, maps.vertebrae)
    assert grid.same_place(maps.grid)
    poi = run(
        "poi",
        "--subregions",
        out / "subregions.nii.gz",
        "--vertebrae",
        out / "vertebrae.nii.gz",
        "--out",
        out / "p.csv",
        "--quiet",
    )
    assert poi.code == 0, poi.err


def test_an_image_in_another_storage_order_gives_its_grid(segment, maps, folder, out):
    affine = maps.grid.ijk_to_ras[:, [2, 0, 1, 3]]
    turned = np.zeros(maps.grid.shape, np.int16).transpose(2, 0, 1)
    write_volume(folder / "turned.nrrd", np.asarray(turned), Grid(turned.shape, affine))
    assert segment("--map", *segment.maps, "--table", "spineps", of=folder / "turned.nrrd").code == 0
    array, grid = read_label_map(out / "subregions.nii.gz")
    np.testing.assert_array_equal(array, maps.subregions.transpose(2, 0, 1))
    np.testing.assert_allclose(grid.ijk_to_ras, affine, atol=1e-4)


def test_swapped_sides_are_reported(segment, maps, folder, out):
    swapped = maps.subregions.copy()
    for left in (43, 45, 47):
        swapped[maps.subregions == left], swapped[maps.subregions == left + 1] = left + 1, left
    write_label_map(folder / "s.nii.gz", swapped, maps.grid)
    said = segment("--map", *segment.maps, "--table", "spineps")
    assert said.code == 0, said.err
    warnings = json.loads((out / "segmentation.json").read_text(encoding="utf-8"))["warnings"]
    assert any("eft and right" in each for each in warnings), warnings
    assert "eft and right" in said.out


def test_without_a_map_it_is_said_what_to_do(segment, refused, out, content):
    before = content(out)
    refused(segment("--backend", "import"), "import cannot run", "Give an existing label map with --map LABELS", "--table")
    refused(segment("--map", *segment.maps), "it is not said what the labels mean", "spineps")
    assert content(out) == before


def test_a_table_of_ones_own(segment, folder, refused):
    table = folder / "my table.csv"
    table.write_text("label,level\n21,L1\n22,L2\n", encoding="utf-8")
    said = segment("--map", segment.maps[1], "--table", table)
    assert said.code == 0, said.err
    assert said.out.startswith("2 levels (L1 to L2)")
    assert "does not know; they were left out: 23 " in said.out
    table.write_text("label;level\n21;L1\n21;L2\n", encoding="utf-8")
    refused(segment("--map", segment.maps[1], "--table", table), "my table.csv, line 3", "has a row already")
    table.write_text("name,level\n21,L1\n", encoding="utf-8")
    refused(segment("--map", segment.maps[1], "--table", table), "has no column label")
    table.write_text("label,level\n", encoding="utf-8")
    refused(segment("--map", segment.maps[1], "--table", table), "has no row")
    table.write_bytes(b"\xff\xfe\x00\x01")
    refused(segment("--map", segment.maps[1], "--table", table), "is no text file")
    refused(segment("--map", segment.maps[1], "--table", folder / "none.csv"), "There is no file")
    refused(segment("--map", segment.maps[1], "--table", "magic"), "There is no table 'magic'")


def colours(path, shape):
    import struct

    array = np.zeros(shape, np.uint8)
    write_nifti(path, array, Grid(shape, np.eye(4)), packed=False)
    data = bytearray(path.read_bytes())
    data[70:72] = struct.pack("<h", 128)
    path.write_bytes(data)


def many(path, shape, count):
    import struct

    write_nifti(
        path, np.zeros((*shape[:2], shape[2] * count), np.uint8), Grid((*shape[:2], shape[2] * count), np.eye(4)), packed=False
    )
    data = bytearray(path.read_bytes())
    data[40:56] = struct.pack("<8h", 4, *shape, count, 1, 1, 1)
    path.write_bytes(data)


def flat(path):
    import struct

    write_nifti(path, np.zeros((40, 40, 1), np.uint8), Grid((40, 40, 1), np.eye(4)), packed=False)
    data = bytearray(path.read_bytes())
    data[40:56] = struct.pack("<8h", 2, 40, 40, 1, 1, 1, 1, 1)
    path.write_bytes(data)


def test_what_is_no_volume_is_refused(segment, folder, refused, out, content):
    before = content(out)
    flat(folder / "flat.nii")
    many(folder / "film.nii", (20, 20, 20), 5)
    colours(folder / "colours.nii", (20, 20, 20))
    write_volume(folder / "slice.nii.gz", np.zeros((90, 90, 2), np.int16), Grid((90, 90, 2), np.eye(4)))
    write_volume(folder / "tiny.nii.gz", np.zeros((9, 9, 9), np.int16), Grid((9, 9, 9), np.eye(4)))
    (folder / "photo.png").write_bytes(b"\x89PNG")
    told = {
        "flat.nii": "flat image",
        "film.nii": "several volumes",
        "colours.nii": "holds colours",
        "slice.nii.gz": "only 2 voxels along one axis",
        "tiny.nii.gz": "less than one vertebra",
        "photo.png": "no volume file",
        "nowhere.nii.gz": "There is no file",
    }
    for name, word in told.items():
        refused(segment("--map", *segment.maps, "--table", "spineps", of=folder / name), word)
    assert content(out) == before


def test_a_huge_image_is_refused_before_it_is_read(segment, refused, monkeypatch):
    from spinetwin.jobs import segmenting

    monkeypatch.setattr(segmenting, "free_memory", lambda: 1e6)
    refused(segment("--map", *segment.maps, "--table", "spineps"), "needs about", "are free", "Crop it")


def test_a_map_of_another_patient_is_refused(segment, maps, folder, refused):
    affine = maps.grid.ijk_to_ras.copy()
    affine[:3, 3] += 5000
    write_label_map(folder / "v.nii.gz", maps.vertebrae, Grid(maps.grid.shape, affine))
    refused(segment("--map", segment.maps[1], "--table", "verse"), "does not lie in the image")


REAL = {
    "CT of L3": (
        "subregions_ct_L3",
        "sub-ct_label-22_ct",
        ("sub-ct_seg-subreg_label-22_msk", "sub-ct_seg-vert_label-22_msk"),
        "spineps",
        3,
    ),
    "MR of C6": (
        "subregions_mr_C6",
        "sub-mri_label-6_T2w",
        ("sub-mri_seg-subreg_label-6_msk", "sub-mri_seg-vert_label-6_msk"),
        "spineps",
        3,
    ),
    "VerSe 004": ("verse004", "vertebrae", ("vertebrae",), "verse", 9),
    "a whole spine": ("whole_spine_ct_masks", "vertebrae", ("vertebrae",), "verse", 24),
    "TotalSegmentator": ("totalsegmentator_example", "ct", ("segmentation",), "totalsegmentator-v2", 8),
}


@pytest.mark.parametrize("name", REAL)
def test_real_maps_of_other_programs(run, name, tmp_path):
    folder, image, maps, table, count = REAL[name]
    if not (DATA / folder).is_dir():
        pytest.skip(f"there is no {DATA / folder}; set SPINETWIN_REAL_DATA to the folder of the real data")
    files = [DATA / folder / f"{each}.nii.gz" for each in (image, *maps)]
    said = run("segment", files[0], "--map", *files[1:], "--table", table, "--out", tmp_path, "--quiet")
    assert said.code == 0, said.err
    report = json.loads((tmp_path / "segmentation.json").read_text(encoding="utf-8"))
    assert len(report["levels"]) == count
    assert not [each for each in report["warnings"] if "order" in each or "right table" in each or "does not know" in each]
    if table != "spineps":
        assert any("told from the arches by shape" in each for each in report["warnings"])
    array, _ = read_label_map(tmp_path / "vertebrae.nii.gz")
    original, _ = read_label_map(files[-1])
    if table != "totalsegmentator-v2":
        np.testing.assert_array_equal(array, original)
    else:
        np.testing.assert_array_equal(array == level("L3").id, original == 29)


@pytest.mark.parametrize(
    ("name", "kind"), [("VB2_02", "corpus_border"), ("VB1_10_DzZ_T1", "corpus_border"), ("IVD_11", "intervertebral_disc")]
)
def test_real_maps_without_a_known_table(run, name, kind, tmp_path):
    image, labels = (DATA / "lumbar_mr" / f"{name}_{which}.nii.gz" for which in ("image", "labels"))
    if not image.is_file():
        pytest.skip(f"there is no {image}; set SPINETWIN_REAL_DATA to the folder of the real data")
    array, _ = read_label_map(labels)
    # labelled from the top, and the lowest taken for that of L5
    names = ["T9", "T10", "T11", "T12", "L1", "L2", "L3", "L4", "L5"][-int(array.max()) :]
    part = "disc" if "disc" in kind else "vertebra"
    rows = [f"{label},{each},{part},{kind}" for label, each in enumerate(names, start=1)]
    (tmp_path / "own.csv").write_text("\n".join(["label,level,part,subregion", *rows, ""]), encoding="utf-8")
    said = run("segment", image, "--map", labels, "--table", tmp_path / "own.csv", "--out", tmp_path / "out", "--quiet")
    assert said.code == 0, said.err
    if part == "disc":
        assert said.out.startswith("No vertebra by import")
        assert "Warning: " in said.out
        return
    assert f"{names[0]} to {names[-1]}: only the body is known" in said.out
    assert "from below" not in said.out
    for number, each in enumerate(names, start=1):
        found, _ = read_label_map(tmp_path / "out" / "vertebrae.nii.gz")
        np.testing.assert_array_equal(found == level(each).id, array == number)


def test_a_real_atlas_through_a_table_of_ones_own(run, tmp_path):
    atlas = DATA / "spl_atlas" / "seg.nrrd"
    if not atlas.is_file():
        pytest.skip(f"there is no {atlas}; set SPINETWIN_REAL_DATA to the folder of the real data")
    names = [*(f"T{number}" for number in range(9, 13)), *(f"L{number}" for number in range(1, 6))]
    labels = [*range(409, 413), *range(501, 506)]
    rows = [f"{label},{name},vertebra," for label, name in zip(labels, names, strict=True)]
    rows += [f"{559 - number},{name},disc,intervertebral_disc" for number, name in enumerate(names)]
    (tmp_path / "atlas.csv").write_text(
        "\n".join(["label,level,part,subregion", *rows, "600,S1,,sacrum", ""]), encoding="utf-8"
    )
    said = run("segment", atlas, "--map", atlas, "--table", tmp_path / "atlas.csv", "--out", tmp_path / "out", "--quiet")
    assert said.code == 0, said.err
    assert said.out.startswith("10 levels (T9 to S1)")
    assert "and 68 more" in said.out
    original, _ = read_label_map(atlas)
    vertebrae, _ = read_label_map(tmp_path / "out" / "vertebrae.nii.gz")
    subregions, _ = read_label_map(tmp_path / "out" / "subregions.nii.gz")
    for label, name in zip(labels, names, strict=True):
        np.testing.assert_array_equal(vertebrae == level(name).id, original == label)
    # of T9 only the spinous process is in view
    assert not subregions[vertebrae == level("T9").id].any()
    assert subregions[vertebrae == level("L4").id].any()


def test_real_bodies_without_levels_are_refused_in_words(run, tmp_path, refused):
    folder = DATA / "totalsegmentator_example"
    if not folder.is_dir():
        pytest.skip(f"there is no {folder}; set SPINETWIN_REAL_DATA to the folder of the real data")
    (tmp_path / "own.csv").write_text("label,level,subregion\n1,,corpus_border\n2,,intervertebral_disc\n", encoding="utf-8")
    said = run(
        "segment", folder / "ct.nii.gz", "--map", folder / "bodies_and_discs.nii.gz", "--table", tmp_path / "own.csv",
        "--out", tmp_path / "out", "--quiet",
    )  # fmt: skip
    refused(said, "No label of the map is a level in the table own.csv")
