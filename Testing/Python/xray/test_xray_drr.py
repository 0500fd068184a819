"""Rendered radiographs against spheres and boxes that are known exactly, and derivatives against differences."""

import numpy as np
import pytest
from spinetwin.errors import ParameterError
from spinetwin.geometry.surfaces import Surface
from spinetwin.xray import rasterise, rasterise_loops
from spinetwin.xray.drr import path_derivative, path_forces, path_lengths
from xray.made_films import ball, box, chord_of_ball, chord_of_box, cone, slot

CAMERAS = [cone(), cone(azimuth=90), cone(mirrored=True), slot(), slot(azimuth=35)]
NAMES = ["frontal", "lateral", "mirrored", "slot", "oblique slot"]


class Uncompiled:
    """The loops as Python runs them, so that they are tested where numba is not installed."""

    @staticmethod
    def add_depths(projected, *others):
        rasterise_loops.loop_depths(projected, *others)

    @staticmethod
    def add_derivative(projected, *others):
        rasterise_loops.loop_derivative(projected, *others)

    @staticmethod
    def add_forces(projected, *others):
        rasterise_loops.loop_forces(projected, *others)


@pytest.mark.parametrize("camera", CAMERAS, ids=NAMES)
def test_a_ray_is_as_long_as_its_direction(camera):
    lengths = np.linalg.norm(camera.all_rays()[1], axis=-1)
    np.testing.assert_allclose(camera.ray_lengths(), lengths, atol=1e-12)


@pytest.mark.parametrize("camera", [CAMERAS[0], CAMERAS[2], CAMERAS[4]], ids=[NAMES[0], NAMES[2], NAMES[4]])
def test_a_sphere_is_as_thick_as_it_is(camera):
    surface = ball(finer=7)
    found = path_lengths(camera, [surface], using=rasterise)
    exact = chord_of_ball(camera, 30.0)
    inside = exact > 20.0  # nearer to its outline the facets of the sphere show
    assert np.abs(found - exact)[inside].max() < 0.01
    assert not found[chord_of_ball(camera, 30.5) == 0].any()


@pytest.mark.parametrize("camera", CAMERAS[:3], ids=NAMES[:3])
def test_a_box_is_as_thick_as_it_is(camera):
    low, high = (-31.3, -12.7, -20.9), (18.1, 33.3, 41.7)
    found = path_lengths(camera, [box(low, high)], using=rasterise)
    exact = chord_of_box(camera, low, high)
    edges = np.ptp([np.roll(exact, move, axis) for move in (-1, 1) for axis in (0, 1)], axis=0) > 0.6
    assert np.abs(found - exact)[~edges].max() < 0.01
    assert np.abs(found - exact)[~edges & (exact > 0)].size > 500


@pytest.mark.parametrize("camera", CAMERAS, ids=NAMES)
def test_no_crack_shows(camera):
    surface = ball(radius=38.0, finer=5, middle=(3.3, -2.1, 5.7))
    found = path_lengths(camera, [surface], using=rasterise)
    exact = chord_of_ball(camera, 38.0, (3.3, -2.1, 5.7))
    # a pixel that one surface misses would be off by the distance of the patient from the source
    assert np.abs(found - exact).max() < 8.0
    assert found.min() > -1e-6


def test_two_solids_add_up():
    first, second = ball(20.0, 3), ball(15.0, 3, (12.0, 40.0, 3.0))
    camera = cone()
    both = path_lengths(camera, [first, second], using=rasterise)
    single = [path_lengths(camera, [each], using=rasterise) for each in (first, second)]
    np.testing.assert_allclose(both, sum(single), atol=1e-9)


@pytest.mark.parametrize("camera", CAMERAS, ids=NAMES)
def test_loops_and_arrays_give_the_same(camera):
    camera = camera.scaled(2)
    surface = ball(radius=33.0, finer=2, middle=(3.3, -2.1, 5.7))
    velocities = np.random.default_rng(1).normal(size=(len(surface.vertices), 3, 4))
    np.testing.assert_allclose(
        path_lengths(camera, [surface], using=Uncompiled), path_lengths(camera, [surface], using=rasterise), atol=1e-9
    )
    a, b = (path_derivative(camera, surface, velocities, using=each) for each in (Uncompiled, rasterise))
    assert a.first == b.first
    np.testing.assert_allclose(a.values, b.values, atol=1e-9)
    weights = np.random.default_rng(2).normal(size=camera.size[::-1])
    a, b = (path_forces(camera, surface, weights, using=each) for each in (Uncompiled, rasterise))
    np.testing.assert_allclose(a, b, atol=1e-9)


@pytest.mark.parametrize("camera", CAMERAS, ids=NAMES)
def test_forces_are_the_derivative_summed_over_the_film(camera):
    surface = ball(radius=33.0, finer=3, middle=(3.3, -2.1, 75.7))  # in part beside the film
    rng = np.random.default_rng(1)
    velocities, weights = rng.normal(size=(len(surface.vertices), 3, 4)), rng.normal(size=camera.size[::-1])
    patch = path_derivative(camera, surface, velocities, using=rasterise)
    expected = np.einsum("rcp,rc->p", patch.values, weights[patch.where])
    forces = path_forces(camera, surface, weights, using=rasterise)
    np.testing.assert_allclose(np.einsum("nc,ncp->p", forces, velocities), expected, rtol=1e-9)


def test_compiled_loops_give_the_same():
    pytest.importorskip("numba", reason="numba is not installed")
    camera, surface = cone(), ball(radius=33.0, finer=4, middle=(3.3, -2.1, 5.7))
    velocities = np.random.default_rng(1).normal(size=(len(surface.vertices), 3, 4))
    np.testing.assert_allclose(
        path_lengths(camera, [surface], using=rasterise_loops), path_lengths(camera, [surface], using=rasterise), atol=1e-9
    )
    a, b = (path_derivative(camera, surface, velocities, using=each) for each in (rasterise_loops, rasterise))
    np.testing.assert_allclose(a.values, b.values, atol=1e-9)
    weights = np.random.default_rng(2).normal(size=camera.size[::-1])
    a, b = (path_forces(camera, surface, weights, using=each) for each in (rasterise_loops, rasterise))
    np.testing.assert_allclose(a, b, atol=1e-9)


@pytest.mark.parametrize("camera", CAMERAS, ids=NAMES)
def test_the_derivative_is_that_of_differences(camera):
    """Moves, turns and growth of a sphere."""
    middle, step = np.array([4.0, -3.0, 6.0]), 0.03
    surface = ball(30.0, 3, middle)
    arms = surface.vertices - middle
    columns = [np.broadcast_to(unit, arms.shape) for unit in np.eye(3)]
    columns += [np.cross(unit, arms) / 30.0 for unit in np.eye(3)]
    velocities = np.stack([*columns, arms / 30.0], axis=2)
    found = path_derivative(camera, surface, velocities, using=rasterise)

    def moved(column, by):
        there = Surface(surface.vertices + by * velocities[:, :, column], surface.triangles)
        return path_lengths(camera, [there], using=rasterise)

    inside = chord_of_ball(camera, 30.0, middle)[found.where] > 25.0
    assert inside.sum() > 100
    for column in range(7):
        expected = ((moved(column, step) - moved(column, -step)) / (2 * step))[found.where]
        # where an edge of the mesh passes a pixel's centre during the step, the difference belongs to two facets
        apart = np.abs(found.values[:, :, column] - expected)[inside] / np.abs(expected[inside]).max()
        assert np.median(apart) < 2e-3
        assert np.percentile(apart, 90) < 0.02


@pytest.mark.parametrize("camera", CAMERAS, ids=NAMES)
def test_growth_of_a_sphere_is_exact(camera):
    surface = ball(30.0, 6)
    found = path_derivative(camera, surface, surface.vertices[:, :, None] / 30.0, using=rasterise)
    expected = ((chord_of_ball(camera, 30.01) - chord_of_ball(camera, 29.99)) / 0.02)[found.where]
    inside = chord_of_ball(camera, 30.0)[found.where] > 40.0  # further out the facets lean away from the sphere
    assert np.abs(found.values[:, :, 0] - expected)[inside].max() < 0.05


def test_what_lies_beside_the_film_is_left_out():
    camera = cone()
    away = ball(20.0, 2, (900.0, 0.0, 0.0))
    assert not path_lengths(camera, [away], using=rasterise).any()
    assert path_derivative(camera, away, np.zeros((len(away.vertices), 3, 2)), using=rasterise).values.size == 0
    edge = ball(40.0, 3, (125.0, 0.0, 0.0))
    assert path_lengths(camera, [edge], using=rasterise)[:, 0].max() > 40


def test_bone_behind_the_source_is_refused():
    with pytest.raises(ParameterError, match="behind the X-ray source"):
        path_lengths(cone(), [ball(20.0, 1, (0.0, 1510.0, 0.0))])


def test_a_triangle_seen_edge_on_counts_for_nothing():
    flat = Surface(np.array([[0.0, -5, 0], [0, 5, 0], [0, 0, 0]]), np.array([[0, 1, 2]]))
    assert not path_lengths(cone(), [flat], using=rasterise).any()
