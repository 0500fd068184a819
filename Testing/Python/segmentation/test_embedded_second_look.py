"""The second look of the embedded network: what the first has seen is found again at the same place of the patient."""

import numpy as np
import pytest
from spinetwin.geometry import Grid
from spinetwin.segmentation.embedded.lattice import lattice_of
from spinetwin.segmentation.embedded.network import Description, segment
from spinetwin.segmentation.embedded.second_look import FirstLook, logarithms, mean_of_looks, packed, unpacked
from spinetwin.segmentation.stages import Stages

LABELS = np.array([49, 0, 100], np.uint8)
COARSE, FINE = (3.0, 2.0, 4.0), (2.4, 1.6, 3.2)
AXES = {
    "PIR": [[0, 0, 1.0], [-1.0, 0, 0], [0, -1.0, 0]],
    "RAS": np.eye(3),
    "LSA": [[-1.0, 0, 0], [0, 0, 1.0], [0, 1.0, 0]],
}


def grid_of(axes, spacing=(1.1, 0.9, 1.7), shape=(70, 64, 48)):
    affine = np.eye(4)
    affine[:3, :3] = np.array(axes) * spacing
    affine[:3, 3] = 5.0, -20.0, 30.0
    return Grid(shape, affine)


def places(grid, lattice):
    """Return the patient coordinates of the voxels of a working array, of which the axes are posterior, inferior, right."""
    index = [np.zeros(0)] * 3
    for axis, (size, step, count, flipped) in enumerate(
        zip(lattice.size, lattice.step, lattice.shape, lattice.flipped, strict=True)
    ):
        at = (np.arange(size) - (size - 1) / 2) * step + (count - 1) / 2
        index[lattice.order[axis]] = count - 1 - at if flipped else at
    mesh = np.stack(np.meshgrid(*index, indexing="ij"), axis=-1)
    return grid.to_ras(mesh).transpose(*lattice.order, 3)


def ramp(points):
    """Return scores of three labels that grow along the patient's axes; the second, the background, has the least."""
    return np.stack([0.01 * points[..., 0] + 0.02 * points[..., 2], np.full(points.shape[:3], -9.0), -0.01 * points[..., 1]])


def looked(grid):
    """Return a first look at a ramp, in slabs of ten rows, that overlap by one."""
    lattice = lattice_of(grid, COARSE)
    scores = ramp(places(grid, lattice)).astype(np.float32)
    slabs = [(first, scores[:, :, first : first + 11]) for first in range(0, lattice.size[1] - 1, 10)]
    return lattice, slabs


@pytest.mark.parametrize("axes", AXES.values(), ids=AXES)
def test_both_looks_speak_of_the_same_place(axes):
    grid = grid_of(axes)
    lattice, slabs = looked(grid)
    first = FirstLook.of(lattice, slabs, LABELS)
    block = tuple(slice(size // 5, size - size // 6) for size in lattice.shape)
    place = lattice.in_image(block)
    part = grid.crop([each.start for each in place], [each.stop - each.start for each in place])
    fine = lattice_of(part, FINE)
    expected = ramp(places(part, fine))
    (_, mean), *rest = mean_of_looks(first, fine, block, [(4, expected[:, :, 4:9].astype(np.float32))])
    assert not rest
    # half-precision keeps three digits
    np.testing.assert_allclose(mean, expected[:, :, 4:9], atol=0.006)


def test_what_is_background_around_all_is_not_kept():
    lattice = lattice_of(grid_of(AXES["PIR"]), COARSE)
    shares = np.zeros((3, *lattice.size), np.float32)
    shares[1] = 1.0
    shares[:, 5:8, 6:9, 4:6] = np.array([0.9, 0.05, 0.05], np.float32)[:, None, None, None]
    first = FirstLook.of(lattice, logarithms([(0, shares)]), LABELS)
    assert [(each.start, each.stop) for each in first.box] == [(4, 9), (5, 10), (3, 7)]
    block = first.block(np.array([1.0, 1.0, 1.0]))
    for axis, each in enumerate(block):
        middle = ((5, 8), (6, 9), (4, 6))[axis]
        ends = [(at - (lattice.size[axis] - 1) / 2) * lattice.step[axis] + (lattice.shape[axis] - 1) / 2 for at in middle]
        assert each.start <= ends[0]
        assert each.stop > ends[1]
    whole = first.block(np.array([1e3, 1e3, 1e3]))
    assert [(each.start, each.stop) for each in whole] == [(0, size) for size in lattice.shape]


def test_nothing_seen_is_nothing_to_look_at_again():
    lattice = lattice_of(grid_of(AXES["RAS"]), COARSE)
    shares = np.zeros((3, *lattice.size), np.float32)
    shares[1] = 1.0
    assert FirstLook.of(lattice, logarithms([(0, shares)]), LABELS) is None


def test_logarithms_find_borders_between_voxels():
    """Where the odds of two labels grow evenly across a border, it is found where it lies, and by shares beside that."""
    grid = Grid((40, 40, 160), np.diag([-1.0, -1.0, -0.1, 1.0]))
    lattice = lattice_of(grid, (4.0, 1.0, 4.0))
    downwards = -places(grid, lattice)[..., 2]
    off = {"by logarithms": [], "by shares": []}
    for border in 7.0 + np.arange(10) / 10:
        odds = np.exp(6.0 * (downwards - border))
        shares = np.stack([odds / (1 + odds), np.full_like(odds, 1e-9), 1 / (1 + odds)]).astype(np.float32)
        for way, slabs in (("by logarithms", logarithms([(0, shares.copy())])), ("by shares", [(0, shares)])):
            found = np.count_nonzero(lattice.to_labels(slabs, LABELS)[20, 20] == 100) / 10
            off[way].append(abs(found - border))
    # the voxels of the image are 0.1 mm high
    assert max(off["by logarithms"]) < 0.11
    assert np.mean(off["by shares"]) > 1.5 * np.mean(off["by logarithms"])


class Network:
    """Takes what is brighter than the middle for a body, counts its windows, and stops working after some."""

    def __init__(self, lasts=1000):
        self.lasts, self.windows = lasts, 0

    def __call__(self, image):
        self.windows += 1
        if self.windows > self.lasts:
            raise MemoryError
        return np.stack([image, np.full_like(image, 0.5), np.zeros_like(image)])


TWICE = Description((49, 0, 100), COARSE, (16, 16, 16), "sha256 of no weights", "by nobody", second_look=0.8)


@pytest.fixture
def ball():
    grid = grid_of(AXES["PIR"])
    middle = grid.to_ras(np.array(grid.shape) / 2)
    away = np.linalg.norm(grid.to_ras(np.moveaxis(np.indices(grid.shape), 0, -1)) - middle, axis=-1)
    return np.clip(1000 - 40 * away, 0, None).astype(np.int16), grid


def test_a_first_look_that_is_over_is_not_looked_again(ball, tmp_path):
    image, grid = ball
    whole, looks = Network(), []
    expected = segment(image, grid, whole, TWICE, lambda look, _: looks.append(look))
    assert np.any(expected == 49)
    first, again = looks[0].runs, looks[-1].runs
    assert first + again == whole.windows
    # the memory is full in the middle of the second look
    with pytest.raises(MemoryError):
        segment(image, grid, Network(first + again // 2), TWICE, stages=Stages(tmp_path))
    stages, rest = Stages(tmp_path), Network(again)
    np.testing.assert_array_equal(segment(image, grid, rest, TWICE, stages=stages), expected)
    assert (rest.windows, stages.reused) == (again, ("embedded-first-look",))


def test_a_first_look_at_nothing_is_kept_too():
    lattice = lattice_of(grid_of(AXES["RAS"]), COARSE)
    assert unpacked(packed(None), lattice) is None
