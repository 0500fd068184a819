"""What two networks of one's own will take, from their plans: counted by hand, and growing with what makes them slow."""

import numpy as np
import pytest
from fabricated_models import NAMES
from model_folders import plans, write_model
from spinetwin.geometry import Grid
from spinetwin.segmentation.two_phase.model_folder import read_model
from spinetwin.segmentation.two_phase.models import read_models
from spinetwin.segmentation.two_phase.network_work import windows_of, work_of_window
from spinetwin.segmentation.two_phase.seconds import body_seconds, file_seconds, phase_parts
from unet_plans import GRID, PUBLISHED, unet


def model(folder, plan, folds=("fold_0",)):
    return read_model(write_model(folder, NAMES, plan, folds=folds))


def test_the_work_of_a_small_network_is_what_one_counts_by_hand(tmp_path):
    found = work_of_window(model(tmp_path, unet()))
    top, bottom, taps, labels = 8**3, 4**3, 27, len(NAMES) + 1
    down = top * 1 * 2 * taps + bottom * 2 * 4 * taps
    # up: a turned convolution of one tap, then what came up beside what was skipped past it
    up = top * 4 * 2 + top * (2 + 2) * 2 * taps
    assert found.products == down + up + top * 2 * labels
    assert found.values == top * 2 + bottom * 4 + top * 2 * (1 + 1)
    assert found.scores == top * labels


def test_one_number_may_stand_for_all_axes_and_stages(tmp_path):
    listed = model(tmp_path / "a", unet(n_conv_per_stage=[2, 2], n_conv_per_stage_decoder=[2]))
    short = model(tmp_path / "b", unet(n_conv_per_stage=2, n_conv_per_stage_decoder=2, kernel_sizes=[3, 3], strides=[1, 2]))
    assert work_of_window(listed) == work_of_window(short)


def test_a_block_of_a_residual_encoder_has_two_convolutions(tmp_path):
    plain, blocks = (
        model(tmp_path / name, unet(**setting))
        for name, setting in (("a", {"n_conv_per_stage": [2, 4]}), ("b", {"n_blocks_per_stage": [1, 2]}))
    )
    assert work_of_window(plain) == work_of_window(blocks)


@pytest.mark.parametrize(("shape", "count"), [((8, 8, 8), 1), ((9, 8, 8), 2), ((12, 12, 12), 8), ((17, 3, 8), 4)])
def test_windows_overlap_by_half(tmp_path, shape, count):
    """As nnU-Net counts them: ceil((size - window) / (window / 2)) + 1 along each axis."""
    small = model(tmp_path, unet())
    assert windows_of(small, shape, np.array(small.spacing)) == count


def parts_of(folder, plan=None, folds=("fold_0",), voxels=GRID):
    write_model(folder / "semantic", NAMES, plan or unet(patch=(16, 64, 64)), folds=folds)
    write_model(folder / "instance", ("above", "centre", "below"), unet(patch=(16, 64, 64)), channels={"0": "noNorm"})
    models = read_models(folder)
    return {each.name: each.seconds for each in phase_parts(models, voxels)}, models


def test_the_network_takes_as_long_as_it_has_to_compute_and_the_rest_stays(tmp_path):
    small, _ = parts_of(tmp_path / "small")
    wide, _ = parts_of(tmp_path / "wide", unet((64, 128, 256), (16, 64, 64)))
    folds, _ = parts_of(tmp_path / "folds", folds=("fold_0", "fold_1", "fold_2"))
    assert wide["semantic"] > 20 * small["semantic"]
    assert folds["semantic"] == pytest.approx(3 * small["semantic"])
    for name in ("grey", "label", "separate", "instance", "fuse", "clean"):
        assert wide[name] == folds[name] == small[name]
    # a start takes its time however small the network is
    assert small["load"] > 3.0


def test_one_of_the_published_size_takes_minutes(tmp_path):
    """30.4 million weights in six stages: 289e9 products in a window of 16 x 256 x 256, measured as 8.3 s on one core."""
    plan = unet(**PUBLISHED)
    assert work_of_window(model(tmp_path / "alone", plan)).products == pytest.approx(288.6e9, rel=0.001)
    seconds, _ = parts_of(tmp_path / "both", plan)
    assert 60 < seconds["semantic"] < 300


def test_cutouts_are_counted_by_the_height_until_the_bodies_are_known(tmp_path):
    seconds, models = parts_of(tmp_path / "models")
    half = Grid((512, 256, 16), GRID.ijk_to_ras)
    assert seconds["instance"] == pytest.approx(9 * body_seconds(models))
    assert {each.name: each.seconds for each in phase_parts(models, half)}["instance"] == pytest.approx(
        4 * body_seconds(models)
    )


def test_a_plan_that_does_not_tell_is_made_up_for_by_the_size_of_the_file(tmp_path):
    seconds, models = parts_of(tmp_path, plans(patch_size=[16, 64, 64]))
    size = models.semantic.checkpoints[0].stat().st_size
    windows = windows_of(models.semantic, (512, 512, 16), np.array([0.6, 0.6, 4.0]))
    assert seconds["semantic"] == pytest.approx(windows * file_seconds(size, 16 * 64 * 64))
    assert file_seconds(2 * size, 100.0) == pytest.approx(2 * file_seconds(size, 100.0))
