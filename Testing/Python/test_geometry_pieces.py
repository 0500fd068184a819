"""Connected pieces of masks, against SciPy."""

import numpy as np
import pytest
from scipy import ndimage
from spinetwin.geometry.pieces import connected_pieces


@pytest.mark.parametrize("shape", [(14, 11, 9), (1, 12, 7), (23, 17)])
@pytest.mark.parametrize("corners", [True, False])
@pytest.mark.parametrize("share", [0.05, 0.1, 0.6])
def test_pieces_are_those_of_scipy_in_the_same_order(shape, corners, share):
    mask = np.random.default_rng(5).random(shape) < share
    found, count = connected_pieces(mask, corners=corners)
    neighbours = ndimage.generate_binary_structure(len(shape), len(shape) if corners else 1)
    expected, expected_count = ndimage.label(mask, neighbours)
    assert count == expected_count >= 1
    np.testing.assert_array_equal(found, expected)


def test_a_view_that_lies_apart_in_memory_is_read_right():
    mask = np.random.default_rng(6).random((20, 16, 12)) < 0.2
    some = mask[::2, :, 3:9].transpose(2, 0, 1)
    np.testing.assert_array_equal(connected_pieces(some, corners=True)[0], ndimage.label(some, np.ones((3, 3, 3)))[0])


@pytest.mark.parametrize("shape", [(0, 4, 3), (4, 0), (3, 4, 5)])
def test_nothing_inside_is_no_piece(shape):
    found, count = connected_pieces(np.zeros(shape, dtype=bool), corners=True)
    assert count == 0
    assert found.shape == shape
    assert not found.any()
