"""Counting labels, and carrying them onto another grid, against the same done voxel by voxel."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from spinetwin.geometry import Grid, PartialMaps, label_boxes, label_counts, labels_in
from spinetwin.geometry.resampling import resampled_labels


def any_grid(rng, shape):
    """Make an oblique, sheared and flipped grid."""
    affine = np.eye(4)
    affine[:3, :3] = rng.normal(size=(3, 3)) + np.diag(rng.choice([-2.0, 2.0], 3))
    affine[:3, 3] = rng.normal(size=3)
    return Grid(shape, affine)


@settings(max_examples=30, deadline=None)
@given(seed=st.integers(0, 2**32 - 1))
def test_each_voxel_gets_the_label_of_the_nearest(seed):
    rng = np.random.default_rng(seed)
    source, target = any_grid(rng, (5, 6, 7)), any_grid(rng, (6, 4, 5))
    array = rng.integers(1, 300, source.shape).astype(np.uint16)
    moved = resampled_labels(array, source, target)
    assert (moved.shape, moved.dtype) == (target.shape, array.dtype)
    for at in np.ndindex(target.shape):
        exact = source.to_ijk(target.to_ras(at))
        nearest = np.rint(exact).astype(int)
        if np.abs(exact - np.floor(exact) - 0.5).min() < 1e-6:
            continue  # two voxels are as near
        inside = (nearest >= 0).all() and (nearest < source.shape).all()
        assert moved[at] == (array[tuple(nearest)] if inside else 0)


def test_the_outermost_voxels_reach_half_a_voxel_beyond_their_centres():
    array = np.full((2, 2, 2), 7, np.uint8)
    shift = np.eye(4)
    shift[0, 3] = 1.4
    moved = resampled_labels(array, Grid((2, 2, 2), np.eye(4)), Grid((2, 2, 2), shift))
    assert moved[0].tolist() == [[7, 7], [7, 7]]
    assert not moved[1].any()


@pytest.mark.parametrize("order", ["C", "F"])
def test_labels_are_counted_across_blocks(order):
    array = np.asarray(np.random.default_rng(3).integers(0, 5, (128, 128, 80)).astype(np.uint8), order=order)
    np.testing.assert_array_equal(label_counts(array), np.bincount(array.ravel()))
    assert labels_in(array) == (1, 2, 3, 4)
    assert labels_in(np.zeros((3, 3, 3), np.uint8)) == ()


@pytest.mark.parametrize("turned", [(0, 1, 2), (2, 1, 0), (1, 2, 0), (2, 0, 1)])
@pytest.mark.parametrize("step", [1, -1])
def test_boxes_hold_their_labels_and_no_more_in_any_storage_order(turned, step):
    rng = np.random.default_rng(4)
    array = np.where(rng.random((9, 7, 5)) < 0.05, rng.choice([3, 7, 200], (9, 7, 5)), 0).astype(np.uint8)
    array = array.transpose(turned)[:, ::step]
    boxes = label_boxes(array)
    assert tuple(sorted(boxes)) == labels_in(array)
    for label, box in boxes.items():
        there = np.argwhere(array == label)
        assert [(each.start, each.stop) for each in box] == list(zip(there.min(0), there.max(0) + 1, strict=True))
    assert label_boxes(np.zeros((3, 3, 3), np.uint16)) == {}


def test_maps_that_do_not_fit_their_grid_are_a_mistake_of_the_caller():
    grid = Grid((3, 3, 3), np.eye(4))
    with pytest.raises(ValueError, match="shape"):
        PartialMaps(grid, np.zeros((3, 3, 4), np.uint8), None)
    with pytest.raises(ValueError, match="uint8 or uint16"):
        PartialMaps(grid, None, np.zeros((3, 3, 3), np.int32))
    assert PartialMaps(grid, None, None).grid is grid
