"""Images turned to what the embedded network sees, and its answer brought back, in any storage order."""

from itertools import pairwise, permutations, product

import numpy as np
import pytest
from spinetwin.geometry import Grid
from spinetwin.segmentation.embedded.lattice import interpolate, lattice_of
from spinetwin.segmentation.embedded.network import both_ways, is_noise
from spinetwin.segmentation.embedded.tiles import slabs_of, windows

PIR = np.array([[0.0, 0.0, 1.0], [-1.0, 0.0, 0.0], [0.0, -1.0, 0.0]])
"""Columns: posterior, inferior, right in RAS."""
EVEN, UNEVEN = (1.5, 1.5, 1.5), (1.5, 1.0, 2.5)
"""Voxels of a working array, mm along these."""


def grid_of(order, signs, spacing, shape):
    axes = (PIR * spacing)[:, order] * signs
    return Grid(tuple(np.array(shape)[list(order)]), np.vstack([np.column_stack([axes, [3.0, -5.0, 7.0]]), [0, 0, 0, 1]]))


@pytest.mark.parametrize("order", list(permutations(range(3))))
@pytest.mark.parametrize("signs", list(product((1, -1), repeat=3)))
@pytest.mark.parametrize("spacing", [EVEN, UNEVEN])
def test_any_storage_order_gives_the_same_working_array(order, signs, spacing):
    image = np.random.default_rng(0).random((6, 7, 8)).astype(np.float32)
    stored = image.transpose(order)[tuple(slice(None, None, sign) for sign in signs)]
    lattice = lattice_of(grid_of(order, signs, spacing, image.shape), spacing)
    assert lattice.to_working(stored) == pytest.approx(image, abs=1e-6)


@pytest.mark.parametrize("order", list(permutations(range(3))))
@pytest.mark.parametrize("signs", [(1, 1, 1), (-1, 1, -1)])
@pytest.mark.parametrize("spacing", [0.75, 1.5, (3.3, 0.8, 0.8)])
def test_labels_come_back_to_where_they_were(order, signs, spacing):
    """A half space in the image is a half space in the answer, to half a working voxel."""
    shape = (40, 36, 20)
    grid = grid_of(order, signs, np.broadcast_to(spacing, 3), shape)
    ijk = np.indices(grid.shape).reshape(3, -1).T
    middle = grid.to_ras((np.array(grid.shape) - 1) / 2)
    depth = ((grid.to_ras(ijk) - middle) @ [0.3, 0.5, 0.8]).reshape(grid.shape)
    lattice = lattice_of(grid, EVEN)
    inside = np.clip(lattice.to_working(np.clip(depth / 20.0 + 0.5, 0.0, 1.0)), 0.0, 1.0)
    found = lattice.to_labels([(0, np.stack([1.0 - inside, inside]))], np.array([0, 49], dtype=np.uint8))
    assert found.shape == grid.shape
    assert found.dtype == np.uint8
    sure = np.abs(depth) > 0.8
    assert np.array_equal((found == 49)[sure], (depth > 0)[sure])


def test_the_middle_of_the_array_is_the_middle_of_the_image():
    grid = grid_of((0, 1, 2), (1, 1, 1), 0.5, (31, 31, 31))
    image = np.zeros((31, 31, 31), np.float32)
    image[15, 15, 15] = 1.0
    working = lattice_of(grid, EVEN).to_working(image)
    assert (
        np.unravel_index(working.argmax(), working.shape) == tuple((n - 1) // 2 for n in working.shape)
        or working.shape[0] % 2 == 0
    )
    centre = (np.indices(working.shape).reshape(3, -1) * working.ravel()).sum(axis=1) / working.sum()
    assert centre == pytest.approx((np.array(working.shape) - 1) / 2, abs=1e-5)


def test_a_single_slice_is_interpolated_to_itself():
    values = np.arange(6.0, dtype=np.float32).reshape(1, 2, 3)
    assert np.array_equal(interpolate(values, 0, np.array([-1.0, 0.0, 5.0])), np.repeat(values, 3, axis=0))


@pytest.mark.parametrize("shape", [(16, 16, 16), (17, 40, 16), (100, 33, 50)])
def test_windows_cover_everything_and_overlap(shape):
    seen = np.zeros(shape, int)
    for block in windows(shape, (16, 16, 16)):
        assert all(
            each.start >= 0 and each.stop - each.start == 16 and each.stop <= n for each, n in zip(block, shape, strict=True)
        )
        seen[block] += 1
    assert seen.min() >= 1
    starts = sorted({block[0].start for block in windows(shape, (16, 16, 16))})
    assert all(second - first <= 12.5 for first, second in pairwise(starts))


def gathered(slabs):
    """Put slabs together; each begins with the last row of the one before."""
    whole = None
    for first, shares in slabs:
        if whole is None:
            assert first == 0
            whole = shares
        else:
            assert first == whole.shape[2] - 1
            assert np.array_equal(shares[:, :, 0], whole[:, :, -1])
            whole = np.concatenate([whole, shares[:, :, 1:]], axis=2)
    return whole


@pytest.mark.parametrize("shape", [(9, 16, 5), (40, 20, 16), (16, 9, 20), (20, 61, 17)])
def test_shares_do_not_depend_on_the_windows_where_the_network_looks_at_single_voxels(shape):
    image = np.random.default_rng(1).random(shape).astype(np.float32)
    slabs = slabs_of(image, lambda block: np.stack([block * 0.0, np.log(block + 1e-3)]), (16, 16, 16), 2)
    shares = gathered(slabs)
    assert shares.shape == (2, *shape)
    assert shares[1] == pytest.approx((image + 1e-3) / (1.001 + image), abs=1e-5)


def test_a_window_seen_both_ways_has_no_preferred_side():
    """A network that sees left parts only, and brighter ones on its right, is as sure of right parts after that."""
    labels = (0, 49, 43, 44)

    def run(image):
        ramp = np.linspace(0.0, 1.0, image.shape[2], dtype=np.float32)
        return np.stack([0 * image, image, image * ramp, 0 * image])

    image = np.random.default_rng(0).random((4, 4, 6)).astype(np.float32)
    seen, mirrored = both_ways(run, labels)(image), both_ways(run, labels)(image[:, :, ::-1])
    assert seen[1] == pytest.approx(image)
    assert seen[2] == pytest.approx(image * np.linspace(0.0, 1.0, 6) / 2)
    assert seen[2] == pytest.approx(mirrored[3, :, :, ::-1])
    assert seen[3] == pytest.approx(mirrored[2, :, :, ::-1])


def test_noise_is_told_from_an_image_with_noise():
    rng = np.random.default_rng(0)
    noise = rng.normal(0.5, 0.1, (40, 60, 20)).astype(np.float32)
    block = np.zeros_like(noise)
    block[10:30, 15:45] = 0.2
    assert is_noise(noise, UNEVEN)
    assert not is_noise(noise + block, UNEVEN)
    assert not is_noise(np.zeros((40, 60, 20), np.float32), UNEVEN)
    assert not is_noise(noise[:2, :2], UNEVEN)
