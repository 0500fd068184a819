"""What TransVert is trained on and how: samples that are true, a network that sees what it should, a training that goes on."""

import importlib
import sys
import warnings
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest
from spinetwin.xray.landmarks import VIEWS
from spinetwin.xray.networks.blocks import EDGE_MM
from spinetwin.xray.networks.model import session_of

TRAINING = Path(__file__).resolve().parents[3] / "training"


@pytest.fixture(scope="module")
def training(tmp_path_factory):
    """The package of the training; shape models that it makes are kept for this module alone."""
    if not (TRAINING / "radiographs").is_dir():
        pytest.skip("the training is not beside the tests")
    if find_spec("vtk") is None:
        pytest.skip("shape models need VTK")
    patch = pytest.MonkeyPatch()
    patch.syspath_prepend(str(TRAINING))
    patch.setenv("SPINETWIN_HOME", str(tmp_path_factory.mktemp("home")))
    from radiographs.transvert import samples

    yield samples
    patch.undo()
    for name in [each for each in sys.modules if each.startswith("radiographs")]:
        del sys.modules[name]


@pytest.fixture(scope="module")
def recipe(training):
    """Few levels, because each wants a shape model."""
    shapes = _part(training, "recipe").SHAPES
    films = replace(shapes.films, first="L2", last="L4", top="L3", bottom="L3", collimated=0.0, scoliotic=0.0)
    return replace(shapes, films=films, first="L2", last="L4", of_a_pair=2, batch=2, held_out=1, steps=4)


def test_the_same_number_gives_the_same_bytes(training, recipe):
    first, again, other = (training.samples_of(recipe, number) for number in (3, 3, 4))
    for a, b in zip(first, again, strict=True):
        assert a.shown.tobytes() == b.shown.tobytes()
        assert a.truth.tobytes() == b.truth.tobytes()
        assert a.level == b.level
    assert first[0].shown.tobytes() != other[0].shown.tobytes()


def test_the_truth_is_the_vertebra_that_the_disc_shows(training, recipe):
    """Its volume by the divergence theorem, less what perspective makes of it; and its body where the disc is."""
    volumes = {each.level: each.surface.volume for each in _pair(training, recipe).vertebrae}
    for sample in training.samples_of(recipe, 3):
        assert sample.truth.sum() * EDGE_MM**3 == pytest.approx(volumes[sample.level], rel=0.06)
        (i, front), (j, side) = (np.unravel_index(sample.shown[view, 1].argmax(), (64, 64)) for view in (0, 1))
        assert sample.truth[i, j, (front + side) // 2]
        assert not sample.truth[:, :2].any()
        assert not sample.truth[:, -2:].any(), "all of a vertebra is in its block"


def _part(training, name):
    return importlib.import_module(f"{training.__package__}.{name}")


def _pair(training, recipe):
    return training.radiographs(np.random.default_rng([recipe.seed, 3]), recipe.films)


def test_only_vertebrae_that_are_whole_on_both_films_are_learned(training, recipe):
    pair = _pair(training, recipe)
    hidden = pair.views["lateral"].visible.copy()
    hidden[1, 4] = False
    views = dict(pair.views) | {"lateral": replace(pair.views["lateral"], visible=hidden)}
    seen = [each.level for each in training.whole_vertebrae(replace(pair, views=views), recipe)]
    assert pair.levels[1] not in seen
    expected = [key for key, whole in zip(pair.levels, _whole(pair), strict=True) if whole and key != pair.levels[1]]
    assert seen == expected


def _whole(pair):
    return np.all([pair.views[view].visible.all(axis=1) for view in VIEWS], axis=0)


@pytest.fixture
def network(training):
    """An untrained network."""
    torch = pytest.importorskip("torch", reason="torch is not installed")
    torch.manual_seed(1)
    return _part(training, "train").network_of(_part(training, "recipe").SHAPES).eval()


def test_the_network_is_small_and_fills_a_block(network):
    import torch

    assert sum(each.numel() for each in network.parameters()) < 3_000_000
    with torch.no_grad():
        assert network(torch.zeros(2, 2, 64, 64), torch.zeros(2, 2, 64, 64)).shape == (2, 1, 64, 64, 64)


def test_a_pixel_of_a_view_changes_what_lies_behind_it_most(network):
    """The first axis of a frontal patch is that of the volume, the first of a lateral one is its second."""
    import torch

    shown = [torch.randn(1, 2, 64, 64, requires_grad=True) for _ in range(2)]
    i, j, k = 20, 41, 10
    network(*shown)[0, 0, i, j, k].backward()
    for each, place in zip(shown, ((i, k), (j, k)), strict=True):
        slope = each.grad[0, 0].abs().numpy()
        near = slope[max(place[0] - 4, 0) : place[0] + 5, max(place[1] - 4, 0) : place[1] + 5]
        assert near.mean() > 4 * slope.mean()


def test_the_exported_file_says_what_the_network_says(training, network, tmp_path):
    import torch

    for name in ("onnx", "onnxruntime"):
        pytest.importorskip(name, reason=f"{name} is not installed")
    weights, shown = tmp_path / "transvert.onnx", torch.randn(2, 2, 64, 64)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # torch's own, of the way it exports
        _part(training, "export").export(network, weights)
    assert weights.stat().st_size < 6e6
    with torch.no_grad():
        expected = network(shown[:1], shown[1:])[0, 0].numpy()
    frontal, lateral = shown[:, None].numpy()
    found = session_of(weights).run(None, {"frontal": frontal, "lateral": lateral})[0][0, 0]
    assert np.abs(found - expected).max() < 1e-3


def test_without_the_disc_it_changes_nothing(training):
    torch = pytest.importorskip("torch", reason="torch is not installed")
    recipes = _part(training, "recipe")
    blind = _part(training, "train").network_of(replace(recipes.SHAPES, **recipes.ABLATIONS["no-centroid"])).eval()
    shown = torch.randn(1, 2, 64, 64)
    other = shown.clone()
    other[:, 1] += 1.0
    with torch.no_grad():
        assert torch.equal(blind(shown, shown), blind(other, other))


def test_a_training_that_was_stopped_goes_on_as_if_it_had_not_been(training, recipe, tmp_path):
    torch = pytest.importorskip("torch", reason="torch is not installed")
    begun = _part(training, "train").Training
    small = replace(recipe, flat=(4, 8, 8, 8), fused=(4, 4, 4), deep=(4, 8, 8), judge=(2, 2, 2), adversary=0.1)
    torch.set_num_threads(1)
    batches = [training.batch(small, step) for step in range(4)]
    straight = begun(small, tmp_path / "straight", "cpu", short=False)
    losses = [straight.take(each) for each in batches]
    stopped = begun(small, tmp_path / "stopped", "cpu", short=False)
    for each in batches[:2]:
        stopped.take(each)
    stopped.save()
    again = begun(small, tmp_path / "stopped", "cpu", short=False)
    assert again.step == 2
    assert [again.take(each) for each in batches[2:]] == losses[2:]
    for a, b in zip(straight.kept.parameters(), again.kept.parameters(), strict=True):
        assert torch.equal(a, b)
    with pytest.raises(SystemExit, match="trained by another recipe"):
        begun(replace(small, rate=1e-5), tmp_path / "stopped", "cpu", short=False)
