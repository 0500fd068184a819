"""`spinetwin phantom` on the command line: what it writes, that it repeats itself, and how it refuses."""

import hashlib
import os
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest
from spinetwin.anatomy import level
from spinetwin.anatomy.subregions import SubregionId
from spinetwin.cli import main
from spinetwin.commands.phantom_scan import Scan
from spinetwin.io import read_label_maps, read_pois, read_volume
from spinetwin.io.film_forms import read_geometry, read_landmarks
from spinetwin.io.films import read_film
from spinetwin.io.truth import read_truth
from spinetwin.phantom import Curve, DiscGrade, SpineParameters, lenke_curves, make_spine, parse_variant, truth

SMALL = ("--fov", "C4", "--spacing", "4", "--quiet")
FILES = {"subregions.nii.gz", "vertebrae.nii.gz", "truth.json", "truth.mrk.json"}
C4, L6 = level("C4").id, level("L6").id
PERSON = ("--seed", "7", "--sex", "f", "--height-cm", "165", "--variant", "L6", "--variant", "osteophytes:L4", "--ribs")
DISCS = ("--degeneration", "4", "--grade", "L6/S1=5")
CURVES = ("--cobb", "45", "--apex", "T8", "--lenke", "1")
PROFILE = ("--lordosis", "50", "--kyphosis", "35", "--pelvic-incidence", "55")
SCAN = ("--spacing", "2", "2", "4", "--orientation", "PIR", "--oblique", "10", "--fov", "L6")
IMAGE = ("--modality", "t2w", "--metal", "L5", "--muscles")
EVERYTHING = (*PERSON, *DISCS, *CURVES, *PROFILE, *SCAN, *IMAGE, "--quiet")


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """What all words together make."""
    out = tmp_path_factory.mktemp("phantom") / "new" / "folder"
    assert main(["phantom", "--out", str(out), *EVERYTHING]) == 0
    return out


def spine_of_everything():
    variants = tuple(parse_variant(word) for word in ("L6", "osteophytes:L4"))
    parameters = SpineParameters(
        lordosis=50.0,
        kyphosis=35.0,
        curves=lenke_curves(1, 45.0),
        sex="f",
        height_cm=165.0,
        pelvic_incidence=55.0,
        variants=variants,
        degeneration=4,
        grades=(DiscGrade("L6", 5),),
        ribs=True,
    )
    return make_spine(parameters, np.random.default_rng(7))


@pytest.mark.parametrize(("words", "what"), [(["--films"], "Radiographs"), (["--surfaces", "stl"], "Surfaces")])
def test_what_needs_vtk_says_so_before_anything_is_computed(run, tmp_path, monkeypatch, words, what):
    monkeypatch.setattr("spinetwin.commands.phantom.find_spec", lambda _: None)
    said = run("phantom", "--out", tmp_path / "new", *SMALL, *words)
    assert said.code != 0
    assert f"{what} need VTK, which is not installed. Install it with: pip install vtk." in said.err
    assert not (tmp_path / "new").exists()


def test_films_go_through_the_reconstruction_with_what_is_written_beside_them(run, tmp_path):
    """Triangulated from the written landmarks and geometry alone, body middles lie where the truth has them."""
    said = run("phantom", "--out", tmp_path, *SMALL, "--films", "--cobb", "30", "--apex", "L2")
    folder = tmp_path / "films"
    assert (said.code, said.err) == (0, "")
    assert {each.name for each in folder.iterdir()} == {"frontal.png", "lateral.png", "geometry.json", "landmarks.csv"}
    forms, landmarks = read_geometry(folder / "geometry.json"), read_landmarks(folder / "landmarks.csv")
    films = []
    for view in ("frontal", "lateral"):
        picture = read_film(folder / f"{view}.png")
        assert picture.values.std() > 0.05 * np.ptp(picture.values)
        films.append(replace(picture, setup=picture.setup.with_form(forms[view], "form")).film(view))
    frames = make_spine(SpineParameters(curves=(Curve(30.0, apex="L2"),))).frames
    for name in ("C3", "T8", "L3", "L5"):
        key = level(name).id
        ends = []
        for end in ("superior_endplate", "inferior_endplate"):
            rays = [film.camera.rays(landmarks.seen[key, end, film.view]) for film in films]
            ends.append(_nearest_to(*[(origin.ravel(), way.ravel()) for origin, way in rays]))
        assert np.linalg.norm(np.mean(ends, axis=0) - frames[key].origin) < 1.0, name


def _nearest_to(*rays):
    """Point nearest to several rays, each an origin (3,) and a direction (3,)."""
    across = [np.eye(3) - np.outer(way, way) / (way @ way) for _, way in rays]
    return np.linalg.solve(sum(across), sum(each @ origin for each, (origin, _) in zip(across, rays, strict=True)))


def test_every_file_is_there_and_named(made, run, tmp_path):
    said = run("phantom", "--out", tmp_path, *SMALL)
    assert said.code == 0
    assert said.err == ""
    assert set(said.out.split()) == {str(tmp_path / name) for name in FILES}
    assert {each.name for each in tmp_path.iterdir()} == FILES
    assert {each.name for each in made.iterdir()} == FILES | {"image.nii.gz", "muscles.nii.gz"}


def test_the_truth_may_be_left_out_but_no_other_left_in(run, refused, tmp_path):
    assert run("phantom", "--out", tmp_path / "new", *SMALL, "--no-truth").code == 0
    maps = FILES - {"truth.json", "truth.mrk.json"}
    assert {each.name for each in (tmp_path / "new").iterdir()} == maps
    (tmp_path / "truth.json").write_text("{}")
    refused(run("phantom", "--out", tmp_path, *SMALL, "--no-truth"), "holds the truth.json of another spine", "empty folder")
    assert {each.name for each in tmp_path.iterdir()} == {"new", "truth.json"}


def test_the_volumes_lie_as_asked(made):
    maps = read_label_maps(made / "subregions.nii.gz", made / "vertebrae.nii.gz")
    steps = maps.grid.ijk_to_ras[:3, :3]
    assert maps.grid.spacing == pytest.approx([2, 2, 4])
    upright = np.array([[0, 0, 1], [-1, 0, 0], [0, -1, 0]])
    turned = np.degrees(np.arccos((np.trace(steps / maps.grid.spacing @ upright.T) - 1) / 2))
    assert turned == pytest.approx(10)
    assert (maps.vertebrae == L6).any()
    for name in ("image", "muscles"):
        volume, grid = read_volume(made / f"{name}.nii.gz")
        assert grid.same_place(maps.grid)
        assert len(np.unique(volume)) > 3


def test_the_truth_is_that_of_the_spine(made):
    exact, found = truth(spine_of_everything(), levels=[L6]), read_truth(made / "truth.json")
    for key, point in exact.points.items():
        assert np.array_equal(found.points["paper"][key], point)
    assert found.points["tptbox"].keys() >= {(L6, 81), (L6, 125)}
    assert np.array_equal(found.frames[L6].axes, exact.frames[L6].axes)
    marks = read_pois(made / "truth.mrk.json")
    assert marks[L6, 101].position == tuple(found.points["paper"][L6, 101])
    curve = max(found.angles.curves, key=lambda each: each.cobb)
    assert (curve.apex, curve.side) == ("T8", "right")
    assert curve.cobb == pytest.approx(45, abs=1)
    assert found.sizes[L6].volumes["corpus_border"] > 10_000
    assert [each.variant.kind for each in found.variants] == ["L6", "osteophytes"]


def test_the_truth_says_how_to_make_it_again(made):
    given = read_truth(made / "truth.json").parameters
    words = given["spine"]
    curves = tuple(Curve(**each) for each in words.pop("curves"))
    variants = tuple(parse_variant(f"{each['kind']}:{each['level']}".strip(":")) for each in words.pop("variants"))
    grades = tuple(DiscGrade(**each) for each in words.pop("grades"))
    parameters = SpineParameters(curves=curves, variants=variants, grades=grades, **words)
    spine = make_spine(parameters, np.random.default_rng(given["seed"]))
    assert np.array_equal(spine.frames[L6].origin, spine_of_everything().frames[L6].origin)
    grid = Scan(**{**given["scan"], "spacing": tuple(given["scan"]["spacing"]), "metal": tuple(given["scan"]["metal"])}).grid(
        spine
    )
    assert grid.same_place(read_volume(made / "image.nii.gz")[1])


def test_the_same_words_give_the_same_bytes_in_another_process(tmp_path):
    """Whatever order sets of texts have there."""
    pytest.importorskip("vtkmodules.vtkFiltersCore", reason="needs VTK: pip install vtk")
    words = ("--seed", "3", "--cobb", "30", "--fov", "T12", "--spacing", "4", "--quiet")
    more = ("--ribs", "--muscles", "--surfaces", "vtp", "--modality", "ct", "--variant", "osteophytes:L1:3")

    def digests(chance):
        out = tmp_path / chance
        command = [sys.executable, "-m", "spinetwin", "phantom", "--out", str(out), *words, *more]
        subprocess.run(command, check=True, env={**os.environ, "PYTHONHASHSEED": chance}, stdout=subprocess.DEVNULL)
        files = (each for each in out.rglob("*") if each.is_file())
        return {each.relative_to(out).as_posix(): hashlib.sha256(each.read_bytes()).hexdigest() for each in files}

    first, second = digests("1"), digests("2")
    assert {"image.nii.gz", "muscles.nii.gz", "truth.json", "surfaces/T12-rib-left.vtp"} <= first.keys()
    assert first == second


def test_surfaces_are_written_on_request(run, tmp_path):
    pytest.importorskip("vtkmodules.vtkFiltersCore", reason="needs VTK: pip install vtk")
    said = run("phantom", "--out", tmp_path, "--surfaces", "stl", *SMALL)
    assert said.code == 0
    found = {each.name for each in (tmp_path / "surfaces").iterdir()}
    assert {"C4.stl", "C4-C5.stl"} <= found
    assert all(name.endswith(".stl") for name in found)


def test_ribs_are_in_everything_that_is_written(run, tmp_path):
    pytest.importorskip("vtkmodules.vtkFiltersCore", reason="needs VTK: pip install vtk")
    said = run("phantom", "--out", tmp_path, "--ribs", "--surfaces", "vtp", "--fov", "T12", "--spacing", "3", "--quiet")
    assert said.code == 0, said.err
    maps = read_label_maps(tmp_path / "subregions.nii.gz", tmp_path / "vertebrae.nii.gz")
    t12 = level("T12")
    for label in (SubregionId.RIB_LEFT, SubregionId.RIB_RIGHT):
        assert set(np.unique(maps.vertebrae[maps.subregions == label])) >= {t12.rib_id}
    assert {"T12-rib-left.vtp", "T12-rib-right.vtp"} <= {each.name for each in (tmp_path / "surfaces").iterdir()}
    found = read_truth(tmp_path / "truth.json")
    assert found.parameters["spine"]["ribs"] is True
    assert found.ribs[t12.id]["left"].length == pytest.approx(115, rel=0.05)


def test_a_file_names_neither_ribs_nor_grades_that_nobody_asked_for(run, tmp_path):
    assert run("phantom", "--out", tmp_path, *SMALL).code == 0
    assert not {"ribs", "grades", "degeneration"} & set(read_truth(tmp_path / "truth.json").parameters["spine"])
    assert "ribs" not in (tmp_path / "truth.json").read_text()


def scanned(run, out, *words):
    """Label maps of a coarse phantom made with these words."""
    said = run("phantom", "--out", out, "--quiet", *words)
    assert (said.code, said.err) == (0, "")
    return read_label_maps(out / "subregions.nii.gz", out / "vertebrae.nii.gz")


def test_a_lumbar_mr_is_stored_as_scanners_do(run, tmp_path):
    maps = scanned(run, tmp_path, "--fov", "lumbar", "--modality", "t2w", "--orientation", "PIR", "--spacing", "3", "3", "5")
    image, grid = read_volume(tmp_path / "image.nii.gz")
    assert grid.same_place(maps.grid)
    assert grid.ijk_to_ras[:3, :3] == pytest.approx(np.array([[0, 0, 5], [-3, 0, 0], [0, -3, 0]]))
    lumbar = {level(f"L{number}").id for number in range(1, 6)}
    assert set(np.unique(maps.vertebrae)) >= {*lumbar, level("S1").id}
    assert set(np.unique(maps.subregions)) & {49, 50} == {49}
    assert np.median(image[maps.subregions == 61]) > 1.5 * np.median(image[maps.subregions == 49])
    assert lumbar <= set(read_truth(tmp_path / "truth.json").frames)


def test_a_ct_has_shell_and_core_of_the_bodies(run, tmp_path):
    maps = scanned(run, tmp_path, "--fov", "L4", "--modality", "ct", "--spacing", "2")
    image, _ = read_volume(tmp_path / "image.nii.gz")
    body = maps.vertebrae == level("L4").id
    core, shell = body & (maps.subregions == 50), body & (maps.subregions == 49)
    assert 0.3 < core.sum() / (core | shell).sum() < 0.9
    assert image.min() < -900 < 0 < np.median(image[core]) < np.median(image[shell & (image > 0)])


def test_endplates_are_labelled_on_request(run, tmp_path):
    words = ("--fov", "L3-L4", "--spacing", "1", "1", "1", "--no-truth")
    plain, plated = (scanned(run, tmp_path / name, *words, *more) for name, more in (("a", ()), ("b", ("--endplates",))))
    l3, l4 = level("L3"), level("L4")
    assert not (plain.subregions == SubregionId.ENDPLATE).any()
    plates = plated.subregions == SubregionId.ENDPLATE
    assert {l3.endplate_id, l4.endplate_id} <= set(np.unique(plated.vertebrae[plates]))
    assert np.isin(plain.subregions[plates], (0, SubregionId.DISC)).all(), "they are a part of the disc, not of the bone"
    disc = [(maps.vertebrae == l3.disc_id) for maps in (plain, plated)]
    assert disc[0][plates & np.isin(plated.vertebrae, (l3.endplate_id, l4.endplate_id)) & (plain.subregions > 0)].mean() > 0.4
    height = plain.grid.to_ras(np.argwhere(plates & (plated.vertebrae == l3.endplate_id)))
    below = plain.grid.to_ras(np.argwhere(plates & (plated.vertebrae == l4.endplate_id)))
    assert disc[1].sum() < disc[0].sum()
    assert len(height) > 500
    assert len(below) > 500
    for name in (l3.id, l4.id):
        assert ((plain.vertebrae == name) == (plated.vertebrae == name)).all()


def test_two_curves_point_where_each_was_asked_to(run, tmp_path):
    scanned(run, tmp_path, *SMALL, "--curve", "T7:45:right", "--curve", "L2:30:left")
    thoracic, lumbar = (
        min(read_truth(tmp_path / "truth.json").angles.curves, key=lambda each: abs(level(each.apex).order - level(apex).order))
        for apex in ("T7", "L2")
    )
    assert (thoracic.side, lumbar.side) == ("right", "left")
    assert (thoracic.cobb, lumbar.cobb) == pytest.approx((45, 30), abs=1.5)


def test_lenke_may_be_mirrored(run, tmp_path):
    said = run("phantom", "--out", tmp_path, "--lenke", "1", "--side", "left", "--cobb", "50", *SMALL)
    assert said.code == 0, said.err
    curve = max(read_truth(tmp_path / "truth.json").angles.curves, key=lambda each: each.cobb)
    assert curve.side == "left"
    assert curve.cobb == pytest.approx(50, abs=1)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--cobb", "200"], ["Cobb", "200"]),
        (["--cobb", "nan"], ["Cobb", "nan"]),
        (["--cobb", "30", "--apex", "X9"], ["X9"]),
        (["--cobb", "30", "--apex", "C3"], ["C3", "thoracic or lumbar"]),
        (["--cobb", "30", "--side", "up"], ["left or right", "up"]),
        (["--apex", "T8"], ["--cobb"]),
        (["--variant", "four-lumbar", "--cobb", "30", "--apex", "L5"], ["no L5 for the apex of a curve"]),
        (["--variant", "four-lumbar", "--curve", "L5:30:left"], ["no L5 for the apex of a curve"]),
        (["--cobb", "30", "--apex", "T13"], ["no T13 for the apex of a curve", "variant T13"]),
        (["--lenke", "5", "--apex", "L6"], ["no L6 for the apex of a curve", "variant L6"]),
        (["--curve", "T8"], ["APEX:COBB:SIDE"]),
        (["--curve", "T8:many:left"], ["APEX:COBB:SIDE"]),
        (["--curve", "T8:30:right", "--cobb", "20"], ["--cobb", "--curve"]),
        (["--lenke", "7"], ["Lenke", "7"]),
        (["--lenke", "0"], ["Lenke", "0"]),
        (["--lenke", "1", "--curve", "T8:30:right"], ["--lenke", "--curve"]),
        (["--lenke", "1", "--side", "up"], ["up"]),
        (["--lordosis", "120"], ["lordosis", "120"]),
        (["--kyphosis", "-5"], ["kyphosis"]),
        (["--pelvic-incidence", "5"], ["pelvic incidence", "5"]),
        (["--pelvic-incidence", "25", "--lordosis", "85"], ["pelvic tilt", "-20 and 60"]),
        (["--sex", "x"], ["sex", "x"]),
        (["--height-cm", "80"], ["stature", "80"]),
        (["--seed", "-1"], ["seed", "-1"]),
        (["--variant", "horns"], ["horns", "wedge"]),
        (["--variant", "wedge:L1:5"], ["wedge"]),
        (["--variant", "listhesis:C3:16"], ["at most 6.9 mm", "C4"]),
        (["--variant", "osteophytes:C4:8"], ["at most 6.9 mm", "C4"]),
        (["--variant", "L6", "--variant", "four-lumbar"], ["L6", "four-lumbar"]),
        (["--from", "nowhere.json"], ["nowhere.json"]),
        (["--from", "nowhere.json", "--cobb", "30"], ["--from", "--cobb"]),
        (["--from", "nowhere.json", "--pelvic-incidence", "50"], ["--from", "--pelvic-incidence"]),
        (["--spacing", "0"], ["Voxels", "0"]),
        (["--spacing", "1", "2"], ["--spacing"]),
        (["--spacing", "nan"], ["Voxels"]),
        (["--spacing", "0.1"], ["too large"]),
        (["--spacing", "0.1", "--modality", "t2w"], ["too large"]),
        (["--orientation", "RAR"], ["RAR"]),
        (["--orientation", "XYZ"], ["XYZ"]),
        (["--oblique", "inf"], ["oblique"]),
        (["--fov", "knee"], ["knee", "lumbar"]),
        (["--fov", "S3"], ["S3"]),
        (["--modality", "x-ray"], ["x-ray", "labels"]),
        (["--modality", "t2w", "--degeneration", "9"], ["Pfirrmann", "9"]),
        (["--grade", "L4/5"], ["LEVEL=GRADE", "L4/5"]),
        (["--grade", "L4=many"], ["LEVEL=GRADE"]),
        (["--grade", "L4/5=6"], ["Pfirrmann", "6"]),
        (["--grade", "X4=3"], ["X4"]),
        (["--grade", "S1=3"], ["disc", "S1"]),
        (["--grade", "C1=3"], ["disc", "C1"]),
        (["--grade", "L4=3", "--grade", "L4/5=4"], ["L4", "two grades"]),
        (["--modality", "t2w", "--metal", "X1"], ["X1"]),
        (["--modality", "t2w", "--metal", "C4"], ["pedicle", "C4"]),
        (["--modality", "ct", "--metal", "L6"], ["pedicle", "L6"]),
        (["--metal", "L4"], ["--modality"]),
        (["--surfaces", "obj"], ["obj", "vtp"]),
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
