"""From two films of a phantom to standing vertebrae, by the command; and films that do not belong together.

The films are made by marching rays through voxels, which shares nothing with the surfaces that are fitted.
"""

import json
import sys

import numpy as np
import pytest
from spinetwin.anatomy import level
from spinetwin.cli import main
from spinetwin.geometry import Grid
from spinetwin.io import read_pois, write_volume
from spinetwin.io.film_forms import write_landmarks
from spinetwin.io.standing import read_standing
from spinetwin.phantom import SpineParameters, make_spine, truth
from spinetwin.poi import Status
from spinetwin.poi.model import LEVELS_UNVERIFIED

pytest.importorskip("vtkmodules", reason="VTK is not installed")

PIXELS, PIXEL_MM = 150, 1.2


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """Return the folder of two films of an L3 and its landmarks, and the spine."""
    from spinetwin.xray.synthetic import FilmLook, clicked_landmarks, films_of, usual_cameras

    rng = np.random.default_rng(4)
    spine = make_spine(SpineParameters(levels="L3"), rng)
    spine = spine.transformed(np.eye(3), -next(iter(spine.frames.values())).origin)
    cameras = usual_cameras(PIXELS, PIXEL_MM)
    films = films_of(spine, cameras, FilmLook(voxel_mm=1.0), rng)
    folder = tmp_path_factory.mktemp("films")
    for film in films:
        _save(folder / f"{film.view}.nii.gz", film.values)
    write_landmarks(folder / "marks.csv", clicked_landmarks(spine, cameras, rng, click_mm=1.5))
    return folder, spine


def _save(path, values):
    write_volume(path, values.T[:, :, None].astype(np.float32), Grid((*values.T.shape, 1), np.eye(4)))


def _run(folder, out, *more, frontal="frontal", lateral="lateral", marks="marks.csv", pixel=PIXEL_MM):
    films = [str(folder / f"{name}.nii.gz") for name in (frontal, lateral)]
    geometry = ["--sdd", "1800", "--sod", "1500", "--pixel", str(pixel)]
    return main(["xray", *films, *geometry, "--landmarks", str(folder / marks), "--out", str(out), "--quiet", *more])


@pytest.fixture(scope="module")
def results(made, tmp_path_factory):
    out = tmp_path_factory.mktemp("out")
    assert _run(made[0], out) == 0
    return out


def test_without_matplotlib_all_but_the_picture_is_written(made, results, tmp_path, monkeypatch, capsys):
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    assert _run(made[0], tmp_path, "--landmarks-source", "a student") == 0
    assert "The films beside their renderings: Not drawn, because this Python has no matplotlib" in capsys.readouterr().out
    assert {each.name for each in results.iterdir()} - {each.name for each in tmp_path.iterdir()} == {"films.png"}
    assert (tmp_path / "points.mrk.json").read_bytes() == (results / "points.mrk.json").read_bytes()
    sources = [json.loads((each / "xray.json").read_text(encoding="utf-8"))["landmarks"] for each in (results, tmp_path)]
    assert sources == ["marks.csv", "a student"]


def test_the_surface_is_that_of_the_vertebra(made, results):
    from vtkmodules.util.numpy_support import vtk_to_numpy
    from vtkmodules.vtkIOXML import vtkXMLPolyDataReader

    reader = vtkXMLPolyDataReader()
    reader.SetFileName(str(results / "surfaces" / "L3.vtp"))
    reader.Update()
    vertices = vtk_to_numpy(reader.GetOutput().GetPoints().GetData()) * [-1, -1, 1]
    (key, shape), spine = next(iter(made[1].shapes.items())), made[1]
    away = np.abs(shape.solid(spine.frames[key].to_local(vertices)))
    assert away.mean() < 1.2
    assert np.percentile(away, 99) < 5.0


def test_points_lie_where_the_phantom_has_them(made, results):
    found, exact = read_pois(results / "points.mrk.json"), truth(made[1]).points
    apart = [np.linalg.norm(np.array(poi.position) - exact[poi.key]) for poi in found if poi.key in exact]
    assert len(apart) > 40
    assert np.median(apart) < 2.5
    assert {poi.source for poi in found} == {"radiographs, levels unverified, standing"}


def test_the_file_says_standing_spacing_and_trust(results):
    content = json.loads((results / "xray.json").read_text(encoding="utf-8"))
    assert content["posture"] == "standing"
    assert "1.2 x 1.2 mm at the detector (the command line)" in content["spacing"]["frontal"]
    (level,) = content["levels"]
    assert level["level"] == "L3"
    assert min(level["correlation"].values()) > 0.9
    assert level["trust"] == (not level["reasons"])
    assert (results / "films.png").read_bytes().startswith(b"\x89PNG")


def test_the_names_are_not_verified_and_it_says_why_and_what_to_do(results):
    names = json.loads((results / "xray.json").read_text(encoding="utf-8"))["level_names"]
    rest_on = "they came with the landmarks (marks.csv), the lowest of which are those of L3"
    assert names == {"verified": False, "lowest": "L3", "rest_on": rest_on, "hints": []}
    found = read_standing(results / "xray.json")
    assert (found.verified, found.lowest, found.rest_on) == (False, level("L3").id, rest_on)
    assert read_pois(results / "points.mrk.json").standing


def test_a_person_names_the_lowest_and_so_all(made, tmp_path, capsys):
    """The same bone under another name: shapes are those of L4 then."""
    assert _run(made[0], tmp_path, "--lowest", "L4") == 0
    assert "not verified" not in capsys.readouterr().out
    found = read_standing(tmp_path / "xray.json")
    assert (found.verified, [each.level for each in found.levels]) == (True, [level("L4").id])
    assert {poi.source for poi in read_pois(tmp_path / "points.mrk.json")} == {"radiographs, standing"}
    assert _run(made[0], tmp_path, "--lowest", "L1-L5") == 1
    assert "--lowest L1-L5 is not one level. Give one, such as L4." in capsys.readouterr().err


def test_a_report_from_before_names_were_told_of_is_not_verified(results, tmp_path):
    content = json.loads((results / "xray.json").read_text(encoding="utf-8"))
    del content["level_names"]
    (tmp_path / "xray.json").write_text(json.dumps(content), encoding="utf-8")
    found = read_standing(tmp_path / "xray.json")
    assert (found.verified, found.lowest, found.hints) == (False, None, ())


def test_measure_takes_the_points(results, tmp_path, capsys):
    assert main(["measure", str(results / "points.mrk.json"), "--out", str(tmp_path), "--draws", "0", "--quiet"]) == 0
    said = capsys.readouterr()
    assert "measurements" in said.out
    assert LEVELS_UNVERIFIED in said.out + said.err


def test_films_without_the_bone_are_not_trusted(made, tmp_path, capsys):
    """What lies beneath the landmarks is noise, as if a knee had been given."""
    folder, _ = made
    rng = np.random.default_rng(8)
    for view in ("frontal", "lateral"):
        _save(folder / f"noise_{view}.nii.gz", rng.normal(size=(PIXELS, PIXELS)))
    code = _run(folder, tmp_path / "out", frontal="noise_frontal", lateral="noise_lateral")
    said = capsys.readouterr()
    if code == 0:
        assert "Do not trust L3" in said.out
        assert {poi.status for poi in read_pois(tmp_path / "out" / "points.mrk.json")} == {Status.SUSPECT}
    else:
        assert "bone is darker than what is around it" in said.err


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"lateral": "frontal"}, "Both films are the same picture"),
        ({"frontal": "lateral", "lateral": "frontal"}, "films seem to be swapped"),
        ({"frontal": "lateral", "lateral": "frontal", "marks": "exchanged.csv"}, "from those of a vertebra"),
        ({"pixel": 4.0}, "times the usual size"),
        ({"pixel": 40.0}, "between 0.02 and 5"),
        ({"frontal": "none"}, "There is no file"),
        ({"marks": "few.csv"}, "L3 has 3 landmarks on both films; 4 are needed"),
        ({"marks": "outside.csv"}, "lies outside the lateral film"),
        ({"frontal": "inverted_frontal", "lateral": "inverted_lateral"}, "bone is darker than what is around it"),
    ],
)
def test_bad_input_gets_a_sentence(made, tmp_path, capsys, change, sentence):
    import SimpleITK

    folder, _ = made
    lines = (folder / "marks.csv").read_text(encoding="utf-8").splitlines()
    (folder / "few.csv").write_text("\n".join([lines[0], *lines[1:4], *lines[8:11]]) + "\n", encoding="utf-8")
    away = ",".join([*lines[-1].split(",")[:3], "9000", "3"])
    (folder / "outside.csv").write_text("\n".join([*lines[:-1], away]) + "\n", encoding="utf-8")
    names = {"frontal": "lateral", "lateral": "frontal"}
    exchanged = [",".join([names[line.split(",")[0]], *line.split(",")[1:]]) for line in lines[1:]]
    (folder / "exchanged.csv").write_text("\n".join([lines[0], *exchanged]) + "\n", encoding="utf-8")
    for view in names:
        image = SimpleITK.ReadImage(str(folder / f"{view}.nii.gz"))
        _save(folder / f"inverted_{view}.nii.gz", -SimpleITK.GetArrayFromImage(image)[0])
    assert _run(folder, tmp_path / "out", **change) == 1
    assert sentence in capsys.readouterr().err
    assert not (tmp_path / "out" / "points.mrk.json").exists()


def test_levels_without_landmarks_are_named(made, tmp_path, capsys):
    assert _run(made[0], tmp_path / "out", "--levels", "L2-L3") == 1
    assert "has no landmarks of L2" in capsys.readouterr().err


def test_a_film_without_geometry_says_what_is_missing(made, tmp_path, capsys):
    folder, _ = made
    films = [str(folder / f"{view}.nii.gz") for view in ("frontal", "lateral")]
    assert main(["xray", *films, "--landmarks", str(folder / "marks.csv"), "--out", str(tmp_path / "out")]) == 1
    assert "source_detector_mm, source_patient_mm, pixel_mm unknown" in capsys.readouterr().err
