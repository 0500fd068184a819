"""`spinetwin segment IMAGE --out DIR` without any label map, and images in which there is nothing to find."""

import hashlib
import json

import numpy as np
import pytest
from spinetwin.cli import main
from spinetwin.geometry import Grid
from spinetwin.io import read_label_map, write_volume
from spinetwin.jobs import backends
from spinetwin.phantom import SpineParameters, make_spine
from spinetwin.segmentation.backends import EmbeddedBackend, ImportBackend
from tiny_network import shown, write_model

pytest.importorskip("onnxruntime", reason="ONNX Runtime is not installed; `make test` installs it")


@pytest.fixture(scope="module")
def maps():
    spine = make_spine(SpineParameters(levels="L4-S1"))
    return spine.voxelise(spine.grid(2.0, "PIR"), endplates=True)


@pytest.fixture
def segment(tmp_path, monkeypatch, capsys):
    model = write_model(tmp_path / "model", window=(32, 64, 32), spacing=2.0)
    monkeypatch.setattr(backends, "BACKENDS", (EmbeddedBackend(model), ImportBackend()))

    def segment(array, grid, name="image.nii.gz"):
        write_volume(tmp_path / name, array, grid)
        code = main(["segment", str(tmp_path / name), "--out", str(tmp_path / "out"), "--quiet"])
        return code, capsys.readouterr()

    segment.out = tmp_path / "out"
    segment.model = model
    return segment


def test_from_an_image_to_files(segment, maps):
    code, said = segment(shown(maps.subregions), maps.grid)
    assert code == 0, said.err
    assert said.out.startswith("2 levels (L4 to L5) by embedded (the best that can run: it comes with spinetwin")
    assert "Levels were told from the subregions (sacrum) and are not verified." in said.out
    assert sorted(each.name for each in segment.out.iterdir()) == ["segmentation.json", "subregions.nii.gz", "vertebrae.nii.gz"]
    vertebrae, grid = read_label_map(segment.out / "vertebrae.nii.gz")
    assert grid.same_place(maps.grid)
    assert np.mean(vertebrae != maps.vertebrae) < 0.01
    report = json.loads((segment.out / "segmentation.json").read_text(encoding="utf-8"))
    weights = hashlib.sha256((segment.model / "model.onnx").read_bytes()).hexdigest()
    assert report["weights"] == {"model.onnx": f"sha256:{weights}"}
    assert report["backend"]["name"] == "embedded"
    assert report["versions"]["network"] == "on nothing"
    assert "onnxruntime" in report["versions"]
    assert list(report["backend_seconds"]) == ["prepare", "look", "clean", "separate"]
    assert 0 < sum(report["backend_seconds"].values()) <= report["seconds"]["segment"]
    assert list(report["levels"]) == ["L4", "L5"]
    assert all(0 < each["confidence"] <= 1 for each in report["levels"].values())


_CRUMBS = shown(np.random.default_rng(1).choice([0, 49, 41, 43], (40, 50, 30), p=[0.5, 0.02, 0.24, 0.24]))
_NOISE = np.random.default_rng(0).integers(0, 1000, (40, 50, 30)).astype(np.int16)


@pytest.mark.parametrize(
    ("array", "spacing", "words"),
    [
        (np.zeros((40, 50, 30), np.int16), 2.0, "have the value 0"),
        (np.full((40, 50, 30), 7.5, np.float32), 2.0, "have the value 7.5"),
        (_NOISE[:, :, :2], 2.0, "only 2 voxels along one axis"),
        (_NOISE, 0.1, "less than one vertebra"),
        (np.where(_NOISE > 990, np.nan, 1.0).astype(np.float32), 2.0, "not a number"),
        (_CRUMBS, 2.0, "No vertebra was found in image.nii.gz"),
    ],
    ids=["empty", "constant", "two voxels thick", "tiny", "not a number", "no spine"],
)
def test_where_there_is_no_spine_that_is_said_and_nothing_is_written(segment, array, spacing, words):
    code, said = segment(array, Grid(array.shape, np.diag([spacing, spacing, spacing, 1.0])))
    assert code != 0
    assert words in said.err
    assert "Traceback" not in said.err
    assert list(segment.out.glob("*")) == []


def test_a_knee_is_warned_of(segment, maps):
    code, said = segment(shown(maps.subregions), maps.grid, "knee_t1w.nii.gz")
    assert code == 0
    assert "By its name knee_t1w.nii.gz is" in said.out
