"""A model built from some phantoms reconstructs another one from two films: label maps, command, file, command."""

import json

import numpy as np
import pytest
from spinetwin.anatomy import level
from spinetwin.cli import main
from spinetwin.io import read_pois
from spinetwin.io.meshes import read_mesh
from spinetwin.phantom import SpineParameters, make_spine, truth
from xray.made_people import command, write_films, write_scan

pytest.importorskip("vtkmodules", reason="VTK is not installed")
pytest.importorskip("h5py", reason="h5py is not installed")

PEOPLE = 5


@pytest.fixture(scope="module")
def models(tmp_path_factory):
    """Models of L2 and L3, of five people."""
    folder = tmp_path_factory.mktemp("models")
    for seed in range(PEOPLE):
        spine = make_spine(SpineParameters(levels="L2-L3"), np.random.default_rng(100 + seed))
        (folder / "people").mkdir(exist_ok=True)
        write_scan(folder / "people" / f"p{seed}", spine, points=False)
    words = ["shape-model", str(folder / "people"), "--levels", "L2-L3", "--vertices", "2500", "--quiet"]
    assert main([*words, "--out", str(folder / "built")]) == 0
    return folder / "built"


@pytest.fixture(scope="module")
def standing(tmp_path_factory):
    """Somebody else on two films, and the folder of these."""
    folder = tmp_path_factory.mktemp("films")
    spine = make_spine(SpineParameters(levels="L2-L3"), np.random.default_rng(7))
    spine = spine.transformed(np.eye(3), -np.mean([each.origin for each in spine.frames.values()], axis=0))
    write_films(folder, spine)
    return spine, folder


@pytest.fixture(scope="module")
def out(models, standing, tmp_path_factory):
    out = tmp_path_factory.mktemp("out")
    assert main(command(standing[1], out, "--shape-model", str(models))) == 0
    return out


def test_another_person_is_reconstructed(standing, out):
    spine, _ = standing
    for name in ("L2", "L3"):
        key = level(name).id
        away = np.abs(spine.shapes[key].solid(spine.frames[key].to_local(read_mesh(out / "surfaces" / f"{name}.vtp").vertices)))
        assert away.mean() < 0.9
        # of a process that is longer than those of all five people the tip stays away; the rest does not
        assert np.percentile(away, 95) < 2.5


def test_points_travel_to_the_films(standing, out):
    exact, found = truth(standing[0]).points, read_pois(out / "points.mrk.json")
    apart = [np.linalg.norm(np.array(poi.position) - exact[poi.key]) for poi in found if poi.key in exact]
    assert len(apart) > 80
    assert np.median(apart) < 1.8


def test_the_report_names_the_models(out, models):
    said = json.loads((out / "xray.json").read_text(encoding="utf-8"))
    assert said["shapes"] == f"shape model {models.name}"


def test_a_level_without_a_model_is_left_out_and_said(models, standing, tmp_path, capsys):
    assert main(command(standing[1], tmp_path / "out", "--shape-model", str(models / "L2.h5"))) == 0
    said = capsys.readouterr().out
    assert "No L3: L2.h5 has no shape model of L3. Add one, or choose --levels." in said
    assert [path.name for path in (tmp_path / "out" / "surfaces").iterdir()] == ["L2.vtp"]


def test_a_damaged_model_costs_no_other_level(models, standing, tmp_path, capsys):
    folder = tmp_path / "models"
    folder.mkdir()
    for name in ("L2.h5", "L3.h5"):
        whole = (models / name).read_bytes()
        (folder / name).write_bytes(whole[: len(whole) // 2] if name == "L3.h5" else whole)
    assert main(command(standing[1], tmp_path / "out", "--shape-model", str(folder))) == 0
    assert "No L3: L3.h5 is no whole HDF5 file of a shape model." in capsys.readouterr().out


@pytest.mark.parametrize(
    ("more", "sentence"),
    [
        (("--shape-model", "nowhere"), "There is no file and no folder nowhere."),
        (("--shape-model", ".", "--shape-from", "."), "The patient's own vertebrae need no shape model."),
    ],
)
def test_models_that_cannot_be_used_are_said(standing, tmp_path, capsys, more, sentence):
    assert main(command(standing[1], tmp_path / "out", *more)) == 1
    assert sentence in capsys.readouterr().err
    assert not (tmp_path / "out").exists()
