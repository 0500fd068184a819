"""How much memory two networks of one's own will take, from their plans and files."""

import numpy as np
import pytest
from fabricated_models import NAMES
from model_folders import plans, write_model
from spinetwin.geometry import Grid
from spinetwin.segmentation.two_phase.memory import file_memory, model_memory, phases_memory
from spinetwin.segmentation.two_phase.models import read_models
from unet_plans import GRID, PUBLISHED, unet

SMALL = {"widths": (8, 16, 32), "patch": (16, 64, 64)}
MEASURED_GB = 5.3
"""One fold of the published size on 512 x 512 x 16 voxels."""
CHECKPOINT = 245_000_000


def models(folder, plan, folds=("fold_0",), instance=None, size=0):
    """Write both models; `size` is that of each checkpoint of phase 1, of which nothing is read."""
    write_model(folder / "semantic", NAMES, plan, folds=folds)
    write_model(folder / "instance", ("above", "centre", "below"), instance or unet(**SMALL), channels={"0": "noNorm"})
    found = read_models(folder)
    for each in found.semantic.checkpoints:
        with each.open("r+b") as file:
            file.truncate(max(size, each.stat().st_size))
    return found


def test_the_measured_run_is_met(tmp_path):
    found = phases_memory(models(tmp_path, unet(**PUBLISHED), size=CHECKPOINT), GRID)
    assert found == pytest.approx(MEASURED_GB * 1e9, rel=0.1)


def test_small_networks_need_less_and_folds_more_by_their_files(tmp_path):
    published = phases_memory(models(tmp_path / "a", unet(**PUBLISHED), size=CHECKPOINT), GRID)
    small = phases_memory(models(tmp_path / "b", unet(**SMALL)), GRID)
    folds = phases_memory(models(tmp_path / "c", unet(**PUBLISHED), ("fold_0", "fold_1", "fold_2"), size=CHECKPOINT), GRID)
    assert small < published - 1e9
    assert folds - published == pytest.approx(2 * CHECKPOINT)


def test_a_small_image_needs_little_with_a_small_network(tmp_path):
    tiny = Grid((64, 64, 16), GRID.ijk_to_ras)
    assert phases_memory(models(tmp_path, unet(**SMALL)), tiny) < 1.2e9


def test_scores_are_counted_on_the_finer_grid(tmp_path):
    model = models(tmp_path, unet(**SMALL)).semantic
    coarse, fine = (model_memory(model, (100, 100, 100), scale * np.array(model.spacing)) for scale in (1.0, 2.0))
    finer_than_the_model = model_memory(model, (100, 100, 100), 0.5 * np.array(model.spacing))
    assert finer_than_the_model == coarse
    assert fine - coarse > 6.9 * (coarse - model_memory(model, (1, 1, 1), model.spacing))


def test_the_cutouts_of_phase_2_count_where_they_are_larger(tmp_path):
    """248 x 304 x 64 voxels with 32 features are 0.6 GB for one map."""
    large = unet((32, 64, 128), (64, 304, 248))
    tiny = Grid((64, 64, 16), GRID.ijk_to_ras)
    small, wide = (
        phases_memory(models(tmp_path / str(n), unet(**SMALL), instance=each), tiny) for n, each in enumerate((None, large))
    )
    assert wide > small + 4e9


def test_a_network_of_one_file_is_taken_by_its_size():
    cutout = 248 * 304 * 64.0
    assert file_memory(123_000_000, cutout) > 4e9
    assert file_memory(1_000_000, cutout) < 0.5e9
    assert file_memory(500_000_000, cutout) - file_memory(250_000_000, cutout) == pytest.approx(5e8)


def test_a_plan_that_does_not_tell_leaves_it_to_the_size_of_the_image(tmp_path):
    assert phases_memory(models(tmp_path, plans(patch_size=[16, 64, 64])), GRID) is None
