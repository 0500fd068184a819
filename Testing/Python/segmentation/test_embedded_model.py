"""The weights that come with the package, on small phantoms that they were never trained on."""

import numpy as np
import pytest
from spinetwin.anatomy import SubregionId
from spinetwin.geometry import LabelMaps
from spinetwin.phantom import Curve, ImageParameters, Spacing, SpineParameters, image_grid, make_spine, render_image
from spinetwin.segmentation.backends import EmbeddedBackend, Request
from spinetwin.segmentation.backends.embedded import MODEL
from spinetwin.segmentation.embedded.network import read_description
from spinetwin.segmentation.evaluation import score_case

pytest.importorskip("onnxruntime", reason="ONNX Runtime is not installed; `make test` installs it")
pytestmark = pytest.mark.skipif(not (MODEL / "model.onnx").is_file(), reason="no weights are packaged")

LEAST = {
    "body": 0.94,
    "disc": 0.88,
    "endplate": 0.70,
    "canal": 0.90,
    "cord": 0.88,
    "sacrum": 0.90,
    "arch": 0.84,
    "spinous": 0.80,
    "costal_left": 0.75,
    "costal_right": 0.75,
    "superior_articular_left": 0.77,
    "superior_articular_right": 0.78,
    "inferior_articular_left": 0.73,
    "inferior_articular_right": 0.70,
}
"""Dice below which the weights are not those that were measured."""
MOST_MEGABYTES = 10.0


@pytest.fixture(scope="module")
def phantom():
    spine = make_spine(SpineParameters(curves=(Curve(15.0, "L1"),)), np.random.default_rng(3_000_000_000))
    grid = image_grid(spine, "lumbar", Spacing(right=4.0, anterior=1.0, superior=1.0), "PIR")
    image = render_image(spine, grid, ImageParameters("t2w"), np.random.default_rng(3_000_000_001))
    return image, spine.voxelise(grid, endplates=True)


@pytest.fixture(scope="module")
def found(phantom):
    image, maps = phantom
    return EmbeddedBackend().run(Request(lambda: image, maps.grid), lambda *_: None)


@pytest.fixture(scope="module")
def scores(found, phantom):
    return score_case("phantom", found.maps, phantom[1])


def test_the_weights_are_small_and_those_that_are_described():
    description = read_description(MODEL)
    assert (MODEL / "model.onnx").stat().st_size <= MOST_MEGABYTES * 1e6
    assert set(description.labels) == {0, 26, *range(41, 50), 60, 61, 62, 100}
    assert description.spacing == (1.5, 1.0, 2.5)


@pytest.mark.parametrize("name", LEAST)
def test_structures_are_found(scores, name):
    score = next(each for each in scores.structures if each.structure == name and not each.region)
    assert score.dice > LEAST[name]


def test_every_vertebra_that_shows_its_body_is_recognised(scores, phantom):
    _, maps = phantom
    vertebrae = [each for each in scores.matches if each.family == "vertebra"]
    missed = [each.reference for each in vertebrae if each.predicted is None]
    bodies = np.isin(maps.subregions, (SubregionId.BODY_BORDER, SubregionId.BODY))
    assert not (bodies & np.isin(maps.vertebrae, missed)).any()
    assert len(vertebrae) - len(missed) >= 8
    assert all(each.reference is not None for each in vertebrae), "none is invented"


def test_left_lies_on_the_left(found):
    maps: LabelMaps = found.maps
    left, right = (
        maps.grid.to_ras(np.argwhere(maps.subregions == label))[:, 0].mean()
        for label in (SubregionId.SUPERIOR_ARTICULAR_LEFT, SubregionId.SUPERIOR_ARTICULAR_RIGHT)
    )
    assert left < right


@pytest.mark.parametrize(("shape", "spacing"), [((96, 112, 48), (1.5, 1.5, 1.5)), ((128, 160, 20), (1.0, 1.0, 4.0))])
def test_noise_is_no_spine(shape, spacing):
    from spinetwin.errors import MapError
    from spinetwin.geometry import Grid

    noise = np.random.default_rng(1).normal(100.0, 20.0, shape).astype(np.float32)
    with pytest.raises(MapError, match=r"No vertebra was found|no spine"):
        EmbeddedBackend().run(Request(lambda: noise, Grid(noise.shape, np.diag([*spacing, 1.0]))), lambda *_: None)


def test_the_demonstration_from_an_image(tmp_path):
    from spinetwin.cli import main
    from spinetwin.io import read_label_maps, read_pois

    assert main(["demo", "--from-image", "--out", str(tmp_path), "--quiet"]) == 0
    names = {each.name for each in tmp_path.iterdir()}
    assert names == {"image.nii.gz", "subregions.nii.gz", "vertebrae.nii.gz", "spine.mrk.json", "report"}
    maps = read_label_maps(tmp_path / "subregions.nii.gz", tmp_path / "vertebrae.nii.gz")
    assert set(read_pois(tmp_path / "spine.mrk.json").levels) <= set(np.unique(maps.vertebrae).tolist())
    assert len(read_pois(tmp_path / "spine.mrk.json").levels) >= 5
