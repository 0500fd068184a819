"""Volumes written bit by bit are what the other readers read, whole or not there at all."""

import errno

import numpy as np
import pytest
from spinetwin.errors import WriteError
from spinetwin.geometry import Grid
from spinetwin.io import read_volume, slabwise

OBLIQUE = np.array([[0.6, -0.5, 0.3, 7.1], [0.2, 0.9, 1.1, -33.25], [-0.4, 0.1, 2.2, 1 / 3], [0, 0, 0, 1]])


def turned():
    """A grid whose axes are turned, of three spacings, and right-angled."""
    q, _ = np.linalg.qr(OBLIQUE[:3, :3])
    affine = np.eye(4)
    affine[:3, :3] = q * [0.7, 1.1, 3.3]
    affine[:3, 3] = [10 / 3, -2 / 7, 1e3 / 9]
    return affine


def write(folder, array, affine, stem="a"):
    """Take all steps; returns their fractions and the path."""
    steps, fractions = slabwise.writing(folder, stem, array, Grid(array.shape, affine)), []
    while True:
        try:
            fractions.append(next(steps))
        except StopIteration as end:
            return fractions, end.value


@pytest.mark.parametrize("dtype", ["u1", "i1", "u2", "i2", "u4", "i4", "f4", "f8", ">i2"])
@pytest.mark.parametrize("order", ["C", "F"])
def test_voxels_and_place_survive(tmp_path, dtype, order):
    rng = np.random.default_rng(1)
    array = np.asarray(rng.integers(0, 100, (3, 4, 5)), dtype, order=order)
    _, path = write(tmp_path, array, turned())
    assert path.name == "a.mha"
    found, grid = read_volume(path)
    assert np.array_equal(found, array)
    assert found.dtype == array.dtype.newbyteorder("=")
    assert np.abs(grid.ijk_to_ras - turned()).max() < 1e-12


def test_a_grid_that_is_not_at_right_angles_becomes_nifti(tmp_path):
    array = np.arange(60, dtype=np.int16).reshape(3, 4, 5)
    _, path = write(tmp_path, array, OBLIQUE)
    found, grid = read_volume(path)
    assert path.name == "a.nii"
    assert np.array_equal(found, array)
    assert np.abs(grid.ijk_to_ras - OBLIQUE).max() < 1e-5


def test_some_slices_at_each_step(tmp_path, monkeypatch):
    monkeypatch.setattr(slabwise, "_SLAB_BYTES", 2 * 12)
    array = np.arange(60, dtype=np.uint8).reshape(3, 4, 5)
    fractions, path = write(tmp_path, array, np.eye(4))
    assert fractions == [0.4, 0.8, 1.0]
    assert np.array_equal(read_volume(path)[0], array)


def test_what_is_given_up_leaves_nothing(tmp_path, monkeypatch):
    monkeypatch.setattr(slabwise, "_SLAB_BYTES", 1)
    steps = slabwise.writing(tmp_path, "a", np.zeros((2, 2, 9), np.uint8), Grid((2, 2, 9), np.eye(4)))
    next(steps)
    assert len(list(tmp_path.iterdir())) == 1
    steps.close()
    assert list(tmp_path.iterdir()) == []


def test_a_full_disk_is_a_sentence(tmp_path, monkeypatch):
    def full(*_arguments, **_options):
        raise OSError(errno.ENOSPC, "no space")

    monkeypatch.setattr(slabwise, "_meta_header", lambda *_: b"")
    monkeypatch.setattr(slabwise.np, "ascontiguousarray", full)
    with pytest.raises(WriteError, match="the disk is full"):
        write(tmp_path, np.zeros((2, 2, 2), np.uint8), np.eye(4))
    assert list(tmp_path.iterdir()) == []


def test_numbers_that_no_file_holds_are_refused(tmp_path):
    with pytest.raises(WriteError, match="complex128"):
        write(tmp_path, np.zeros((2, 2, 2), complex), np.eye(4))
    with pytest.raises(WriteError, match="does not exist"):
        write(tmp_path / "nowhere", np.zeros((2, 2, 2), np.uint8), np.eye(4))
