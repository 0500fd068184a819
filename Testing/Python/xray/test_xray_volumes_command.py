"""`spinetwin xray --transvert`: what is written beside the reconstruction, and what is said where there is no network.

The network is one that sees nothing but shadows; films and landmarks are those of a phantom.
"""

import json

import numpy as np
import pytest
from spinetwin.cli import main
from spinetwin.io import read_label_map
from spinetwin.phantom import SpineParameters, make_spine
from spinetwin.xray.networks import volumes
from xray.hull_network import write_model
from xray.made_people import command, write_films

pytest.importorskip("vtkmodules", reason="VTK is not installed")
pytest.importorskip("onnxruntime", reason="ONNX Runtime is not installed")


@pytest.fixture(scope="module")
def films(tmp_path_factory):
    """Return the folder of films of an L3, and where its body is."""
    spine = make_spine(SpineParameters(levels="L3"), np.random.default_rng(4))
    spine = spine.transformed(np.eye(3), [4.0, -3.0, 20.0] - next(iter(spine.frames.values())).origin)
    folder = tmp_path_factory.mktemp("films")
    write_films(folder, spine)
    return folder, spine


def test_map_surfaces_and_report_lie_beside_the_reconstruction(films, tmp_path, monkeypatch, capsys):
    folder, spine = films
    monkeypatch.setattr(volumes, "FOLDER", write_model(tmp_path / "model"))
    out = tmp_path / "out"
    assert main(command(folder, out, "--transvert")) == 0
    assert (
        "what a network trained on synthetic radiographs sees; its Dice with the reconstruction is" in capsys.readouterr().out
    )
    assert {"points.mrk.json", "transvert_vertebrae.nii.gz", "transvert.json"} <= {each.name for each in out.iterdir()}
    assert [each.name for each in (out / "transvert_surfaces").iterdir()] == ["L3.vtp"]
    labels, grid = read_label_map(out / "transvert_vertebrae.nii.gz")
    (key, frame) = next(iter(spine.frames.items()))
    assert set(np.unique(labels)) == {0, key}
    i, j, k = np.rint(grid.to_ijk(frame.origin)).astype(int)
    assert labels[i, j, k] == key
    assert (labels == key).sum() * grid.voxel_volume > 40_000
    report = json.loads((out / "transvert.json").read_text(encoding="utf-8"))
    assert "trained on synthetic radiographs" in report["network"]
    assert report["trained"] == "on shadows"
    assert 0.2 < report["dice_with_reconstruction"]["L3"] < 1.0
    assert report["left_out"] == {}


def test_a_level_that_the_network_does_not_see_is_left_out_and_named(films, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(volumes, "FOLDER", write_model(tmp_path / "model"))
    monkeypatch.setattr(
        volumes, "session_run", lambda _weights: lambda shown: np.full((len(shown), 64, 64, 64), -1.0, np.float32)
    )
    out = tmp_path / "out"
    assert main(command(films[0], out, "--transvert")) == 0
    assert "has no L3: The network sees no vertebra where the landmarks are." in capsys.readouterr().out
    assert not (out / "transvert_vertebrae.nii.gz").exists()
    assert (out / "points.mrk.json").exists()


def test_without_a_network_nothing_is_written(films, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(volumes, "FOLDER", tmp_path)
    out = tmp_path / "out"
    assert main(command(films[0], out, "--transvert")) != 0
    assert "No network for volumes is installed. Leave out --transvert." in capsys.readouterr().err
    assert not out.exists()
