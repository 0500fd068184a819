"""A person's own vertebrae, scanned lying, put where two films show them standing; the truth is the phantom's own."""

import json
from dataclasses import replace

import numpy as np
import pytest
from phantom_measures import cobb
from spinetwin.anatomy import level
from spinetwin.cli import main
from spinetwin.io import read_pois, write_pois
from spinetwin.phantom import truth
from spinetwin.phantom.surfaces import vertebra_surface
from spinetwin.poi import PoiSet
from spinetwin.poi.compute import compute_pois
from spinetwin.xray.landmarks import LANDMARKS, landmarks_of
from spinetwin.xray.own_shapes import OwnShapes
from xray.made_people import command, lying_and_standing, write_films, write_scan

pytest.importorskip("vtkmodules", reason="VTK is not installed")

L2 = level("L2").id


@pytest.fixture(scope="module")
def person(tmp_path_factory):
    """Return the folder with a scan and films, and the spine in both postures."""
    folder = tmp_path_factory.mktemp("person")
    lying, standing = lying_and_standing()
    write_scan(folder / "scan", lying)
    write_films(folder / "films", standing)
    return folder, lying, standing


@pytest.fixture(scope="module")
def out(person, tmp_path_factory):
    out = tmp_path_factory.mktemp("out")
    assert main(command(person[0] / "films", out, "--shape-from", str(person[0] / "scan"))) == 0
    return out


def _apart(found, exact):
    return np.array(
        [np.linalg.norm(np.array(poi.position) - exact[poi.key]) for poi in found if poi.position and poi.key in exact]
    )


def test_points_stand_where_the_standing_phantom_has_them(person, out):
    _, lying, standing = person
    found = read_pois(out / "points.mrk.json")
    apart = _apart(found, truth(standing).points)
    assert len(apart) > 120
    assert np.median(apart) < 0.7
    assert np.percentile(apart, 90) < 1.5
    assert np.median(_apart(found, truth(lying).points)) > 20, "the scan lies elsewhere"


def test_points_move_rigidly_with_their_vertebra(person, out):
    before, after = (read_pois(path) for path in (person[0] / "scan" / "lying.mrk.json", out / "points.mrk.json"))
    shapes = []
    for points in (before, after):
        places = np.array([poi.position for poi in points.of_level(L2) if poi.position])
        shapes.append(np.linalg.norm(places[:, None] - places[None], axis=-1))
    np.testing.assert_allclose(shapes[0], shapes[1], atol=0.01)
    assert [poi.status for poi in before.of_level(L2)] == [poi.status for poi in after.of_level(L2)]


def test_it_is_said_that_the_person_stands(out, tmp_path):
    content = json.loads((out / "xray.json").read_text(encoding="utf-8"))
    assert (content["posture"], content["shapes"]) == ("standing", "the patient's own vertebrae")
    assert {poi.source for poi in read_pois(out / "points.mrk.json")} == {"paper 1, levels unverified, standing"}
    assert main(["measure", str(out / "points.mrk.json"), "--out", str(tmp_path), "--draws", "0", "--quiet"]) == 0
    rows = (tmp_path / "measurements.csv").read_text(encoding="utf-8")
    assert "standing position" in rows
    assert "lying position" not in rows
    page = (tmp_path / "measurements.html").read_text(encoding="utf-8")
    assert "Measured standing" in page
    assert "Measured lying" not in page


def test_the_measured_curve_is_that_of_the_standing_person(person, out, tmp_path):
    _, lying, standing = person
    assert main(["measure", str(out / "points.mrk.json"), "--out", str(tmp_path), "--draws", "0", "--quiet"]) == 0
    found = json.loads((tmp_path / "measurements.json").read_text(encoding="utf-8"))["measurements"]
    (angle,) = [each["value"] for each in found if each["name"] == "cobb_image"]
    assert cobb(lying, "L1", "L3") == pytest.approx(0.0, abs=0.1)
    assert angle == pytest.approx(abs(cobb(standing, "L1", "L3")), abs=1.5)


@pytest.mark.parametrize(("spacing", "most"), [((1.0, 1.0, 1.0), 0.25), ((3.3, 0.9, 0.9), 0.5)])
def test_the_surface_is_that_of_the_bone(tmp_path, spacing, most):
    from spinetwin.io import read_label_maps

    lying, _ = lying_and_standing()
    write_scan(tmp_path / "scan", lying, spacing)
    maps = read_label_maps(*(tmp_path / "scan" / f"{name}.nii.gz" for name in ("subregions", "vertebrae")))
    own = OwnShapes.of(maps, read_pois(tmp_path / "scan" / "lying.mrk.json"))
    model = own.model(L2)
    surface = model.mean.placed(own.frames[L2])
    away = lying.shapes[L2].solid(lying.frames[L2].to_local(surface.vertices))
    assert np.abs(away).mean() < most
    assert surface.volume == pytest.approx(vertebra_surface(lying.shapes[L2], 0.7).volume, rel=0.06)
    places = landmarks_of(lying.shapes[L2], vertebra_surface(lying.shapes[L2], 0.9).vertices)
    apart = np.linalg.norm(own.frames[L2].to_ras(model.landmarks) - lying.frames[L2].to_ras(places), axis=1)
    assert apart.max() < 2.6, dict(zip(LANDMARKS, apart, strict=True))


def test_a_stray_piece_of_a_segmentation_is_no_bone():
    lying, _ = lying_and_standing()
    maps = lying.voxelise(lying.grid(1.5, margin_mm=30.0))
    points = compute_pois(maps)
    stray = maps.vertebrae.copy()
    there = np.argwhere(stray == L2)
    # above its transverse process, far from its own bone
    at = tuple(slice(each, each + 4) for each in (1, 1, int(there[:, 2].max()) + 8))
    assert not stray[at].any()
    stray[at] = L2
    parts = np.where(stray != maps.vertebrae, 49, maps.subregions)
    clean, dirty = (OwnShapes.of(each, points).model(L2) for each in (maps, replace(maps, vertebrae=stray, subregions=parts)))
    assert dirty.mean.volume == pytest.approx(clean.mean.volume, rel=1e-3)
    np.testing.assert_allclose(dirty.mean.vertices.max(axis=0), clean.mean.vertices.max(axis=0), atol=0.5)
    np.testing.assert_allclose(dirty.landmarks, clean.landmarks, atol=1e-6)


def test_a_tip_that_the_image_cuts_off_is_no_landmark(tmp_path):
    from spinetwin.geometry import LabelMaps
    from spinetwin.io import read_label_maps
    from spinetwin.xray.landmarks import Landmarks

    lying, _ = lying_and_standing()
    write_scan(tmp_path / "scan", lying)
    maps = read_label_maps(*(tmp_path / "scan" / f"{name}.nii.gz" for name in ("subregions", "vertebrae")))
    clicked = Landmarks({(L2, name, "frontal"): np.zeros(2) for name in LANDMARKS})
    points = read_pois(tmp_path / "scan" / "lying.mrk.json")
    assert OwnShapes.of(maps, points).known(clicked).levels == (L2,)
    cropped = [np.ascontiguousarray(each[25:-25]) for each in (maps.subregions, maps.vertebrae)]
    cut = LabelMaps(maps.grid.crop((25, 0, 0), cropped[0].shape), *cropped)
    left = OwnShapes.of(cut, points).known(clicked)
    assert {name for _, name, _ in clicked.seen} - {name for _, name, _ in left.seen} == {"transverse_left", "transverse_right"}


def test_points_are_computed_where_there_are_none(person, tmp_path):
    folder, lying, standing = person
    write_scan(tmp_path / "scan", lying, points=False)
    words = command(folder / "films", tmp_path / "out", "--shape-from", str(tmp_path / "scan"), "--levels", "L2")
    assert main(words) == 0
    assert np.median(_apart(read_pois(tmp_path / "out" / "points.mrk.json"), truth(standing).points)) < 1.0


def test_a_level_that_the_scan_lacks_is_left_out(person, tmp_path, capsys):
    folder, *_ = person
    lying, _ = lying_and_standing("L2-L3")
    write_scan(tmp_path / "scan", lying)
    assert main(command(folder / "films", tmp_path / "out", "--shape-from", str(tmp_path / "scan" / "lying.mrk.json"))) == 0
    assert "2 levels standing" in (said := capsys.readouterr().out)
    assert "No L1: The patient's own L1 is not in the label maps and points." in said
    assert "L1" in json.loads((tmp_path / "out" / "xray.json").read_text(encoding="utf-8"))["left_out"]


def test_points_of_another_scan_leave_the_level_out(person, tmp_path, capsys):
    folder, lying, _ = person
    write_scan(tmp_path / "scan", lying)
    other = read_pois(tmp_path / "scan" / "lying.mrk.json")
    moved = [_shifted(poi, 80.0) if poi.level == L2 else poi for poi in other]
    write_pois(tmp_path / "scan" / "lying.mrk.json", PoiSet.of(moved))
    assert main(command(folder / "films", tmp_path / "out", "--shape-from", str(tmp_path / "scan"))) == 0
    said = capsys.readouterr().out
    assert "2 levels standing" in said
    assert "mm from its voxels in the label maps" in said


def _shifted(poi, by):
    return poi if poi.position is None else replace(poi, position=(poi.position[0], poi.position[1], poi.position[2] + by))


def test_points_that_stand_already_are_refused(person, out, capsys):
    folder, *_ = person
    standing = folder / "scan" / "lying.mrk.json"
    kept = standing.read_bytes()
    standing.write_bytes((out / "points.mrk.json").read_bytes())
    try:
        assert main(command(folder / "films", folder / "never", "--shape-from", str(standing))) == 1
    finally:
        standing.write_bytes(kept)
    assert "stand already" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("files", "sentence"),
    [
        ([], "holds no label map"),
        (["lying.mrk.json"], "holds no label map"),
        (["subregions.nii.gz", "lying.mrk.json"], "holds 0 pairs of label maps"),
        (
            ["subregions.nii.gz", "vertebrae.nii.gz", "a.mrk.json", "b.mrk.json"],
            "holds 2 files of points: a.mrk.json, b.mrk.json",
        ),
    ],
)
def test_a_folder_that_will_not_do_gets_a_sentence(person, tmp_path, capsys, files, sentence):
    folder, *_ = person
    given = tmp_path / "given"
    given.mkdir()
    for name in files:
        source = folder / "scan" / (name if (folder / "scan" / name).exists() else "lying.mrk.json")
        (given / name).write_bytes(source.read_bytes())
    assert main(command(folder / "films", tmp_path / "out", "--shape-from", str(given))) == 1
    assert sentence in capsys.readouterr().err
    assert not (tmp_path / "out").exists()
