"""The published TotalSpineSeg as a backend: real package, real process, weights that read codes out of the image."""

import json

import numpy as np
import pytest
from spinetwin import cli
from spinetwin.anatomy import level, subregion
from spinetwin.errors import ProgramError
from spinetwin.geometry import LabelMaps
from spinetwin.io import read_label_map, write_volume
from spinetwin.jobs.external.totalspineseg import LACKS_POSTERIOR, TotalSpineSegBackend
from spinetwin.jobs.weights import Store
from spinetwin.phantom import SpineParameters, make_spine
from spinetwin.segmentation.backends import Request

LEVELS = ("L4", "L5")


def quiet(*_):
    pass


@pytest.fixture(scope="session")
def fabricated(fabricate):
    return fabricate("fabricate_totalspineseg.py")


@pytest.fixture(scope="module")
def coded(tmp_path_factory):
    """An image whose values are the codes that the weights read, of a phantom with a sacrum."""
    spine = make_spine(SpineParameters(levels="L4-S1"))
    maps = spine.voxelise(spine.grid(1.0, "RAS", margin_mm=8.0, levels="L4-L5"))
    path = tmp_path_factory.mktemp("coded ü") / "spine.nii.gz"
    write_volume(path, codes(maps), maps.grid)
    return path, maps


def codes(maps: LabelMaps):
    image = np.zeros(maps.grid.shape, dtype=np.int16)
    for number, name in enumerate(LEVELS):
        found = level(name)
        image[maps.vertebrae == found.id] = 1 + number % 2
        image[maps.vertebrae == found.disc_id] = 4 if name == "L5" else 3
    image[maps.vertebrae == level("S1").id] = 5
    image[maps.subregions == subregion("spinal_canal").id] = 6
    image[maps.subregions == subregion("spinal_cord").id] = 7
    return image


@pytest.fixture
def with_weights(home, fabricated):
    def put(first):
        store = Store(home)
        store.add("totalspineseg-step1", fabricated / first, quiet, trust=True)
        store.add("totalspineseg-step2", fabricated / "step2", quiet, trust=True)

    return put


def test_whole_vertebrae_are_found_and_what_they_lack_is_said(coded, with_weights, tmp_path, capsys):
    path, maps = coded
    with_weights("step1")
    out = tmp_path / "out ü"
    code = cli.main(["segment", str(path), "--out", str(out), "--backend", "totalspineseg"])
    said = capsys.readouterr()
    assert code == 0, said.err
    report = json.loads((out / "segmentation.json").read_text(encoding="utf-8"))
    assert report["versions"]["totalspineseg"] == "20260807"
    assert report["warnings"][0] == LACKS_POSTERIOR
    assert any(name.startswith("totalspineseg/nnUNet/results/Dataset101") for name in report["weights"])
    vertebrae, grid = read_label_map(out / "vertebrae.nii.gz")
    np.testing.assert_allclose(grid.ijk_to_ras, maps.grid.ijk_to_ras, atol=1e-4)
    for name in LEVELS:
        mine, truth = vertebrae == level(name).id, maps.vertebrae == level(name).id
        assert 2 * np.count_nonzero(mine & truth) / (mine.sum() + truth.sum()) > 0.9, name
    assert not list((tmp_path / "home ü" / "runs").iterdir())


def test_networks_that_find_nothing_say_so(coded, with_weights, tmp_path, capsys):
    with_weights("random1")
    assert cli.main(["segment", str(coded[0]), "--out", str(tmp_path / "out"), "--backend", "totalspineseg"]) == 1
    assert "TotalSpineSeg did not segment spine.nii.gz: " in capsys.readouterr().err


def test_what_is_missing_is_said(coded, home):
    path, maps = coded
    state = TotalSpineSegBackend(home).available(Request(lambda: None, maps.grid, path=path))
    assert not state.ready
    assert "totalspineseg-step1 is missing (size not published, licence LGPL-3.0)" in state.reason
    assert "totalspineseg-step2 is missing" in state.reason


def test_its_description_says_what_it_lacks():
    assert "posterior points will be missing" in TotalSpineSegBackend().describe().makes


def test_weights_that_are_no_weights(coded, home, tmp_path):
    path, maps = coded
    (tmp_path / "bad" / "nnUNetTrainer__nnUNetPlans__3d_fullres" / "fold_0").mkdir(parents=True)
    for name in ("plans.json", "fold_0/checkpoint_final.pth"):
        (tmp_path / "bad" / "nnUNetTrainer__nnUNetPlans__3d_fullres" / name).write_text("{}")
    for name in ("totalspineseg-step1", "totalspineseg-step2"):
        Store(home).add(name, tmp_path / "bad", quiet, trust=True)
    request = Request(lambda: codes(maps), maps.grid, path=path)
    with pytest.raises(ProgramError, match=r"totalspineseg\.inference ended with exit code 1"):
        TotalSpineSegBackend(home).run(request, quiet)
