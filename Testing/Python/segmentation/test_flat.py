"""Label maps as rows of voxels: the same whatever the memory order, and what has no label is not touched."""

import numpy as np
import pytest
from spinetwin.geometry import Grid, LabelMaps
from spinetwin.segmentation.flat import cropped, flat, labels_of, occupied, occupied_block, replaced
from spinetwin.segmentation.kinds import kind_of


def made(order, dtype=np.uint8, seed=1):
    rng = np.random.default_rng(seed)
    array = np.zeros((7, 9, 11), dtype)
    array[2:5, 3:4, 6:10] = rng.integers(0, 4, (3, 1, 4))
    array[2, 3, 6] = array[4, 3, 9] = np.iinfo(dtype).max
    return np.array(array, order=order)


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
@pytest.mark.parametrize("order", ["C", "F"])
def test_memory_order_does_not_matter(order, dtype):
    array = made(order, dtype)
    at = occupied(array)
    assert np.array_equal(np.unravel_index(at, array.shape, order="F"), np.array(np.nonzero(array.T))[::-1])
    assert set(flat(array)[at].tolist()) == set(array[array != 0].tolist())
    assert labels_of(array).tolist() == sorted(set(array.ravel().tolist()) - {0})
    assert occupied_block(array) == (slice(2, 5), slice(3, 4), slice(6, 10))


def test_a_block_holds_the_labels_of_all_maps():
    first, second = made("F"), np.zeros((7, 9, 11), np.uint8)
    second[6, 0, 10] = 1
    assert occupied_block(first, second) == (slice(2, 7), slice(0, 4), slice(6, 11))
    assert occupied_block(np.zeros((3, 3, 3), np.uint8)) == (slice(0, 0),) * 3
    assert len(occupied(first, second)) == len(occupied(first)) + 1


def test_replacing_leaves_the_array_as_it_was():
    array = made("C")
    before, at = array.copy(), occupied(array)
    changed = replaced(array, at, np.array(9, array.dtype))
    assert np.array_equal(array, before)
    assert np.array_equal(changed, np.where(array, 9, 0))
    assert replaced(array, at[:0], at[:0]) is array, "nothing to do, nothing to copy"


def test_a_crop_lies_where_its_voxels_lay():
    array = made("F")
    grid = Grid(array.shape, np.array([[0, -2.0, 0, 5], [1.5, 0, 0, 6], [0, 0, 3, 7], [0, 0, 0, 1]]))
    part = cropped(LabelMaps(grid, array, array), (slice(2, 5), slice(3, 4), slice(6, 10)))
    assert np.array_equal(part.vertebrae, array[2:5, 3:4, 6:10])
    assert np.allclose(part.grid.to_ras([0, 0, 0]), grid.to_ras([2, 3, 6]))


@pytest.mark.parametrize(
    ("labels", "kind"), [([49, 22], "subregions"), ([22], "vertebrae"), ([28, 128], "vertebrae"), ([180], ""), ([], "")]
)
def test_the_kind_of_a_map(labels, kind):
    assert kind_of(labels) == kind
