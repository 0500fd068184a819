"""The embedded network is trained on patches that stay right, goes on where it was, and becomes what the backend runs."""

import sys
from dataclasses import replace

import embedded_checks
import numpy as np
import pytest
from backends_python import TRAINING, python_with, run_script
from embedded_checks import CHECKS


@pytest.fixture(scope="module")
def training():
    """The modules of the training that need no torch."""
    if not (TRAINING / "embedded").is_dir():
        pytest.skip("the training is not beside the tests")
    patch = pytest.MonkeyPatch()
    patch.syspath_prepend(str(TRAINING))
    from embedded import pairs, recipe

    yield pairs, recipe
    patch.undo()
    for name in [each for each in sys.modules if each.partition(".")[0] in ("common", "embedded")]:
        del sys.modules[name]


@pytest.fixture
def small(training):
    """A recipe of small patches: the label follows from the grey value, so that it is known for each voxel of a patch."""
    _, recipe = training
    return replace(recipe.STAGES[-1], patch=(16, 32, 16), narrow=0.0)


def image_and_channels():
    grey = np.random.default_rng(0).random((20, 40, 20)).astype(np.float32)
    return grey, (grey > 0.5).astype(np.uint8)


def test_pairs_hold_the_patches_and_can_be_looked_at_whole(training):
    _, recipe = training
    for stage in recipe.STAGES:
        halved = 2 ** len(stage.widths)
        for spec in stage.pairs:
            *in_plane, slices = spec.shape
            size = (*in_plane, slices // stage.thinned)
            assert all(wanted <= there for wanted, there in zip(stage.patch, size, strict=True))
            assert all(each % halved == 0 for each in (*stage.patch, *size))
            assert spec.voxel == stage.pairs[0].voxel
    assert recipe.STAGES[-1].spacing == (1.5, 1.0, 2.5)


def test_all_stages_give_the_same_labels(training):
    pairs, recipe = training
    image, channels = pairs.pair(replace(recipe.STAGES[-1], thinned=4), pairs.HELD_OUT)
    assert image.shape == channels.shape
    assert image.shape[2] == recipe.STAGES[-1].pairs[0].shape[2] // 4
    assert channels.max() < len(recipe.LABELS)
    again, _ = pairs.pair(replace(recipe.STAGES[-1], thinned=4), pairs.HELD_OUT)
    assert again.tobytes() == image.tobytes()


def test_a_thinned_pair_keeps_every_so_many_th_slice(training):
    pairs, _ = training
    grey, channels = image_and_channels()
    image, right = pairs.thinned(grey, channels, 2)
    assert np.array_equal(right, channels[:, :, ::2])
    assert image.shape == right.shape
    # the smoothing is slight: what is left is nearer to its own slice than to others
    own, other = (np.abs(image[:, :, :-1] - slices).mean() for slices in (grey[:, :, :-2:2], grey[:, :, 1:-1:2]))
    assert own < other
    assert pairs.thinned(grey, channels, 1)[0] is grey


def test_a_patch_and_what_is_right_are_cut_alike(training, small):
    pairs, recipe = training
    grey, channels = image_and_channels()
    mirrored = 0
    for seed in range(12):
        patch, right = pairs.cut(grey, channels, small, np.random.default_rng(seed))
        assert patch.shape == right.shape == small.patch
        # bending grey values keeps their order
        assert patch[right == 1].min() > patch[right == 0].max()
        mirrored += not any(
            np.array_equal(right[:, :, 0], channels[i : i + 16, j : j + 32, k])
            for i in range(5)
            for j in range(9)
            for k in range(5)
        )
    assert 2 <= mirrored <= 10
    assert [recipe.LABELS[each] for each in pairs._MIRROR] == [recipe.MIRRORED.get(each, each) for each in recipe.LABELS]


def test_the_borders_of_a_narrow_patch_go_on(training):
    pairs, _ = training
    grey, channels = image_and_channels()
    for seed in range(5):
        narrow, right = pairs.narrowed(grey, channels, np.random.default_rng(seed))
        assert narrow.shape == grey.shape
        same = [k for k in range(20) if np.array_equal(narrow[:, :, k], grey[:, :, k])]
        assert len(same) >= 10
        assert same == list(range(same[0], same[-1] + 1))
        assert np.array_equal(right == 1, narrow > 0.5)
        assert all(np.array_equal(narrow[:, :, k], grey[:, :, same[0]]) for k in range(same[0]))
        assert all(np.array_equal(narrow[:, :, k], grey[:, :, same[-1]]) for k in range(same[-1], 20))


@pytest.mark.parametrize("name", CHECKS)
def test_the_training(name, tmp_path):
    """By the Python of the backends, which has torch."""
    done = run_script(embedded_checks.__file__, name, tmp_path, python=python_with("torch", "onnx"))
    assert done.returncode == 0, done.stderr[-2000:]
