"""What a scanner adds, each against a truth of its own."""

import numpy as np
import pytest
from scipy import ndimage
from spinetwin.anatomy import level
from spinetwin.errors import ParameterError
from spinetwin.geometry import Grid
from spinetwin.phantom import ImageParameters, make_spine, render_image
from spinetwin.phantom.image.artefacts import (
    average_slices,
    coil_shading,
    dephase,
    metal_streaks,
    rician,
    ring,
    shift,
    slice_weights,
    smooth_field,
    texture,
)
from spinetwin.phantom.image.metal import pedicle_screws


@pytest.mark.parametrize("softness", [0.0, 0.15, 0.4])
@pytest.mark.parametrize("count", [2, 3, 4, 5])
def test_slices_of_a_constant_are_constant(count, softness):
    weights = slice_weights(count, softness)
    assert weights.sum() == pytest.approx(1.0, abs=1e-6)
    assert weights == pytest.approx(weights[::-1])
    fine = np.full((3, 4, count * 7), 5.0, dtype=np.float32)
    assert average_slices(fine, 2, count, count, softness) == pytest.approx(np.full((3, 4, 5), 5.0))


def test_slices_of_a_ramp_lie_in_their_middle():
    fine = np.arange(3 * 7, dtype=np.float32).reshape(1, 1, -1)
    assert average_slices(fine, 2, 3, 3, 0.2)[0, 0] == pytest.approx([4, 7, 10, 13, 16], abs=1e-4)


def test_a_sharp_slice_sees_nothing_of_its_neighbours():
    fine = np.zeros((1, 1, 12), dtype=np.float32)
    fine[..., 4:8] = 1.0
    assert average_slices(fine, 2, 4, 4, 0.0)[0, 0] == pytest.approx([1.0])


def test_an_edge_overshoots_by_nine_per_cent():
    """The overshoot of a truncated Fourier series is 8.95 % of the step (Wilbraham 1848, Gibbs 1899)."""
    step = np.zeros((256, 4), dtype=np.float32)
    step[128:] = 1.0
    rung = ring(step, 0, 0.75)
    assert rung.max() - 1.0 == pytest.approx(0.0895, abs=0.01)
    assert -rung.min() == pytest.approx(0.0895, abs=0.01)
    assert rung.mean() == pytest.approx(0.5, abs=1e-3)


def test_ringing_without_truncation_changes_nothing():
    image = np.random.default_rng(1).random((20, 31, 5), dtype=np.float32)
    for axis in range(3):
        assert ring(image, axis, 0.0) == pytest.approx(image, abs=1e-5)


def test_an_image_rings_at_the_edge_of_fat(scene):
    """Beside the same image without: only near edges, with over- and undershoot, and the mean stays."""
    spine, grid = scene
    plain, rung = (
        render_image(spine, grid, ImageParameters(gibbs=gibbs, bias=0.0, snr=1e6), np.random.default_rng(1)).astype(float)
        for gibbs in (0.0, 0.4)
    )
    added = rung - plain
    edge = ndimage.gaussian_gradient_magnitude(plain, 1.0)
    steep, flat = edge > np.percentile(edge, 95), edge < np.percentile(edge, 30)
    assert np.abs(added[steep]).mean() > 3.0 * np.abs(added[flat]).mean()
    assert added[steep].max() > 0.09 * np.ptp(plain[steep]) * 0.5
    assert added.mean() == pytest.approx(0.0, abs=0.002 * plain.mean())


def test_noise_on_a_strong_signal_is_gaussian():
    noisy = rician(np.full((40, 40, 40), 100.0, dtype=np.float32), 2.0, np.random.default_rng(3))
    assert noisy.std() == pytest.approx(2.0, rel=0.02)
    assert noisy.mean() == pytest.approx(100.0 + 2.0**2 / 200.0, abs=0.05)


def test_textures_have_mean_zero_and_size_one():
    for skew in (False, True):
        made = texture((40, 150, 20), (1.0, 2.0, 0.5), np.random.default_rng(2), skew)
        assert made.shape == (40, 150, 20)
        assert made[:, :128].mean() == pytest.approx(0.0, abs=1e-3)
        assert made[:, :128].std() == pytest.approx(1.0, rel=1e-3)
    along, across = (np.abs(np.diff(made, axis=axis)).mean() for axis in (1, 2))
    assert along < across


def test_shading_is_one_at_the_canal_and_falls_ahead():
    ahead = np.array([-85.0, -25.0, 0.0, 120.0])
    shading = coil_shading(ahead, 1.0)
    assert shading[1] == pytest.approx(1.0)
    assert (np.diff(shading) < 0).all()
    assert coil_shading(ahead, 0.0) == pytest.approx(1.0)
    field = smooth_field((20, 20, 20), 0.2, np.random.default_rng(1))
    assert np.abs(np.log(field)).max() <= 0.2 + 1e-6
    assert np.abs(np.diff(field, axis=0)).max() < 0.05


def test_displaced_signal_is_neither_lost_nor_made():
    rng = np.random.default_rng(5)
    image, voxels = rng.random((12, 20, 8), dtype=np.float32), rng.normal(0, 2, (12, 20, 8)).astype(np.float32)
    for axis in range(3):
        assert shift(image, voxels, axis).sum() == pytest.approx(image.sum(), rel=1e-5)
    assert shift(image, np.full_like(image, 2.0), 1)[:, 5] == pytest.approx(image[:, 3])


def test_signal_is_lost_only_where_the_field_changes():
    image = np.ones((10, 10, 10), dtype=np.float32)
    assert dephase(image, np.full_like(image, 3.0)) == pytest.approx(image)
    steep = np.broadcast_to(np.arange(10, dtype=np.float32)[:, None, None] * 2.0, image.shape)
    assert dephase(image, steep).max() < 0.2


def test_two_screws_darken_the_tissue_between_them():
    metal = np.zeros((120, 100), dtype=bool)
    metal[30:36, 50:56] = metal[84:90, 50:56] = True
    streaks = metal_streaks(metal, (1.0, 1.0))
    assert streaks[50:70, 51:55].mean() < streaks[50:70, 15:25].mean() - 20.0
    assert streaks == pytest.approx(streaks[::-1], abs=1e-3)


@pytest.fixture(scope="module")
def scene():
    spine = make_spine()
    frame = spine.frames[level("L4").id]
    affine = np.eye(4)
    affine[:3, 3] = frame.origin - [60, 70, 15]
    return spine, Grid((120, 120, 30), affine)


def test_metal_is_white_in_ct_and_black_in_mr(scene):
    spine, grid = scene
    screw = pedicle_screws(spine, ("L4",))[0]
    middle = np.rint(grid.to_ijk(screw.frame.to_ras((np.array(screw.head) + screw.tip) / 2))).astype(int)
    around = tuple(slice(n - 1, n + 2) for n in middle)
    for modality in ("ct", "t2w"):
        with_metal, without = (
            render_image(spine, grid, ImageParameters(modality, metal=metal, snr=1000.0), np.random.default_rng(1)).astype(
                float
            )
            for metal in (("L4",), ())
        )
        changed = np.abs(with_metal - without)
        if modality == "ct":
            assert with_metal[around].mean() > 2500
            assert changed[10:30, 10:30].mean() > 5.0  # streaks reach far
        else:
            assert with_metal[around].mean() < 0.2 * without[around].mean()
            assert changed[around].mean() > 10 * changed[:5, :5].mean()


def test_a_screw_enters_behind_and_ends_in_the_body(scene):
    spine, _ = scene
    for screw, side in zip(pedicle_screws(spine, ("L2",)), (1, -1), strict=True):
        shape = spine.shapes[level("L2").id]
        assert side * screw.head[0] > 5
        assert screw.head[1] < -shape.row.body_depth / 2 - shape.row.canal_depth
        tip = np.array([screw.tip])
        assert shape.distance(tip, 49)[0] < -3.0
        along = np.array(screw.head) + np.linspace(0, 1, 40)[:, None] * (np.array(screw.tip) - screw.head)
        assert shape.canal.distance(*along.T).min() > 0.0  # never through the canal


@pytest.mark.parametrize("name", ["C4", "S1"])
def test_screws_need_a_pedicle(scene, name):
    with pytest.raises(ParameterError, match=name):
        pedicle_screws(scene[0], (name,))
