"""What TransVert is trained on and how: samples that are true, a network that sees what it should, a training that goes on."""

import importlib
import sys
from dataclasses import replace
from importlib.util import find_spec
from itertools import count

import numpy as np
import pytest
import transvert_checks
from backends_python import TRAINING, python_with, run_script
from spinetwin.xray.landmarks import VIEWS
from spinetwin.xray.networks.blocks import EDGE_MM
from transvert_checks import CHECKS


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
    for name in [each for each in sys.modules if each.partition(".")[0] in ("common", "radiographs")]:
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
        (i, front), (j, side) = (np.unravel_index(sample.shown[view, -1].argmax(), (64, 64)) for view in (0, 1))
        assert sample.truth[i, j, (front + side) // 2]
        assert not sample.truth[:, :2].any()
        assert not sample.truth[:, -2:].any(), "all of a vertebra is in its block"


def test_steps_are_mixed_of_several_pairs_and_go_on_where_they_were(training, recipe, monkeypatch):
    mixed = replace(recipe, mixed=3, batch=4)
    monkeypatch.setattr(training, "samples_of", lambda _recipe, number: [(number, each) for each in range(3)])
    monkeypatch.setattr(training, "made_ahead", _made_at_once)
    coming = training.batches(mixed, 0, 1)
    steps = [next(coming) for _ in range(6)]
    assert len({each for step in steps for each in step}) == 24, "no sample is seen twice"
    assert all(len(step) == 4 for step in steps)
    assert max(len({pair for pair, _ in step}) for step in steps) > 2
    again = training.batches(mixed, 4, 1)
    assert [next(again) for _ in range(2)] == steps[4:]


def _made_at_once(make, given, start, *_):
    return (make(given, number) for number in count(start))


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


@pytest.mark.parametrize("name", CHECKS)
def test_the_network(name, tmp_path):
    """By the Python of the backends, which has torch."""
    done = run_script(transvert_checks.__file__, name, tmp_path, python=python_with("torch"))
    assert done.returncode == 0, done.stderr
