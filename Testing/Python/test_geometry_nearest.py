"""The nearest place on a voxel surface against shapes whose surfaces are known."""

import numpy as np
import pytest
from spinetwin.geometry import Grid
from spinetwin.geometry.fields import field_of_voxels
from spinetwin.geometry.nearest import surface_of

OBLIQUE = np.array([[0.8, -0.6, 0.0], [0.36, 0.48, -0.8], [0.48, 0.64, 0.6]])


def surface(mask, spacing=(1.0, 1.0, 1.0), axes=None, origin=(0.0, 0.0, 0.0)):
    affine = np.eye(4)
    affine[:3, :3] = (np.eye(3) if axes is None else axes) * np.array(spacing)
    affine[:3, 3] = origin
    return surface_of(field_of_voxels(np.argwhere(mask), Grid(mask.shape, affine)))


@pytest.fixture(scope="module")
def box():
    """From -0.5 to 9.5 along each axis."""
    return surface(np.ones((10, 10, 10), bool))


@pytest.mark.parametrize(
    ("point", "expected"),
    [
        ((5.0, 5.0, 12.0), (5.0, 5.0, 9.5)),
        ((5.2, 4.3, 8.0), (5.2, 4.3, 9.5)),
        ((-3.0, 4.4, 5.1), (-0.5, 4.4, 5.1)),
        ((4.6, 20.0, 5.1), (4.6, 9.5, 5.1)),
    ],
)
def test_the_side_of_a_box(box, point, expected):
    assert box.nearest([point])[0] == pytest.approx(expected, abs=2e-3)


def test_a_point_on_the_surface_stays(box):
    assert box.nearest([(5.3, 4.7, 9.5)])[0] == pytest.approx((5.3, 4.7, 9.5), abs=2e-3)


@pytest.mark.parametrize(("spacing", "axes"), [((1.0, 1.0, 1.0), None), ((0.7, 0.9, 1.6), OBLIQUE)])
def test_a_ball(spacing, axes):
    grid = Grid((61, 61, 41), np.eye(4))
    affine = np.eye(4)
    affine[:3, :3] = (np.eye(3) if axes is None else axes) * np.array(spacing)
    centre = affine[:3, :3] @ (np.array(grid.shape) - 1) / 2
    ras = np.stack(np.mgrid[:61, :61, :41], -1) @ affine[:3, :3].T
    ball = surface(np.linalg.norm(ras - centre, axis=-1) <= 14.0, spacing, axes)
    rng = np.random.default_rng(1)
    directions = rng.normal(size=(400, 3))
    directions /= np.linalg.norm(directions, axis=1, keepdims=True)
    points = centre + directions * rng.uniform(9.0, 22.0, (400, 1))
    found = ball.nearest(points)
    voxel = max(spacing)
    radii = np.linalg.norm(found - centre, axis=1)
    assert np.abs(radii - 14.0).max() < 0.8 * voxel
    assert np.abs(radii - 14.0).mean() < 0.3 * voxel
    sideways = np.linalg.norm(found - (centre + 14.0 * directions), axis=1)
    assert np.median(sideways) < 0.8 * voxel
    assert sideways.max() < 3 * voxel


def test_every_answer_lies_on_the_surface(box):
    points = np.random.default_rng(2).uniform(-6.0, 16.0, (500, 3))
    found = box.nearest(points)
    # within a hair, the field is on either side
    offsets = np.random.default_rng(3).normal(size=(60, 1, 3))
    offsets *= 0.02 / np.linalg.norm(offsets, axis=-1, keepdims=True)
    inside = box.field.inside(found + offsets)
    assert (inside.any(axis=0) & ~inside.all(axis=0)).all()


def test_no_crossing_is_nearer_than_the_answer():
    rng = np.random.default_rng(5)
    waist = np.hypot(*(np.mgrid[:30, :30, :30][:2] - 15)) < 6 + 0.05 * (np.mgrid[:30, :30, :30][2] - 15) ** 2
    found = surface(waist & (np.mgrid[:30, :30, :30][2] % 29 > 3))
    points = rng.uniform(2.0, 27.0, (300, 3))
    answers = np.linalg.norm(found.nearest(points) - points, axis=1)
    nearest = np.linalg.norm(found.crossings[None] - points[:, None], axis=2).min(axis=1)
    assert (answers <= nearest + 1e-9).all()


def test_a_plate_of_one_voxel():
    plate = np.zeros((12, 12, 3), bool)
    plate[:, :, 1] = True
    found = surface(plate).nearest([(5.2, 6.1, 4.0), (5.2, 6.1, -4.0)])
    assert found[:, :2] == pytest.approx(np.array([[5.2, 6.1], [5.2, 6.1]]), abs=0.6)
    assert found[:, 2] == pytest.approx([1.5, 0.5], abs=2e-3)


def test_the_mirror_image_of_a_grid_gives_the_mirror_image():
    mask = np.zeros((20, 20, 20), bool)
    mask[4:15, 6:12, 5:16] = True
    points = np.random.default_rng(4).uniform(0.0, 19.0, (50, 3))
    there = surface(mask).nearest(points)
    flip = np.diag([-1.0, 1.0, 1.0])
    mirrored = surface(mask, axes=flip).nearest(points * [-1.0, 1.0, 1.0])
    assert mirrored * [-1.0, 1.0, 1.0] == pytest.approx(there, abs=1e-6)
