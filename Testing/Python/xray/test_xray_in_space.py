"""Planes, frusta, epipolar lines and silhouettes against points projected one by one."""

import numpy as np
import pytest
from spinetwin.phantom import make_spine
from spinetwin.phantom.surfaces import vertebra_surface
from spinetwin.xray.drr import path_lengths
from spinetwin.xray.in_space import epipolar, frustum_of, pixels_at, places_of, plane_of
from spinetwin.xray.silhouettes import silhouette
from xray.made_films import ball, cone, slot

CAMERAS = [cone(), cone(azimuth=90), cone(mirrored=True), slot(), slot(azimuth=35)]
NAMES = ["frontal", "lateral", "mirrored", "slot", "oblique slot"]
POINTS = np.array([[10.0, -20.0, 30.0], [-35.0, 12.0, -60.0], [0.0, 0.0, 0.0], [60.0, 50.0, 80.0]])


@pytest.mark.parametrize("camera", CAMERAS, ids=NAMES)
def test_a_point_its_shadow_and_its_source_lie_on_one_line(camera):
    plane = plane_of(camera, 1800.0)
    for point in POINTS:
        pixel = camera.project(point)[:2]
        shadow, (source, _) = places_of(plane, pixel), camera.rays(pixel)
        np.testing.assert_allclose(np.cross(shadow - source, point - source) / 1800.0, 0.0, atol=1e-6)
        assert (shadow - camera.source) @ camera.axes[2] == pytest.approx(1800.0)
        np.testing.assert_allclose(pixels_at(plane, shadow + 3.0 * camera.axes[2]), pixel, atol=1e-6)


@pytest.mark.parametrize("camera", CAMERAS, ids=NAMES)
def test_the_frustum_ends_at_the_corners_of_the_film(camera):
    plane = plane_of(camera, 1800.0)
    lines = frustum_of(camera, plane)
    assert lines.shape == (9, 2, 3)
    for source, corner in lines[:4]:
        column, row = pixels_at(plane, corner)
        np.testing.assert_allclose(np.abs([column - 63.5, row - 63.5]), 64.0, atol=1e-9)
        np.testing.assert_allclose(camera.project(0.5 * (source + corner))[:2], (column, row), atol=1e-6)


@pytest.mark.parametrize("pair", [(0, 1), (1, 0), (3, 4), (0, 4), (2, 1)])
def test_the_line_on_the_other_film_passes_through_the_truth(pair):
    first, second = (CAMERAS[each] for each in pair)
    for point in POINTS:
        line, truth = epipolar(first, first.project(point)[:2], second), second.project(point)[:2]
        assert _apart(line, truth) < 0.01
        assert _apart(line, truth + np.array([0.0, 25.0])) > 10.0


def _apart(line, point):
    """Distance of a point from the pieces of a line."""
    start, way = line[:-1], np.diff(line, axis=0)
    part = np.clip(((point - start) * way).sum(1) / (way**2).sum(1), 0, 1)
    return np.linalg.norm(start + part[:, None] * way - point, axis=1).min()


@pytest.mark.parametrize("camera", [cone(), slot()])
def test_the_silhouette_of_a_ball_is_where_rays_touch_it(camera):
    middle = np.array([8.0, -5.0, 12.0])
    lines = silhouette(camera, ball(30.0, 5, middle))
    origins, directions = camera.rays(lines.reshape(-1, 2))
    unit = directions / np.linalg.norm(directions, axis=-1, keepdims=True)
    apart = np.linalg.norm(np.cross(middle - origins, unit), axis=1)
    np.testing.assert_allclose(apart, 30.0, atol=0.03)
    angles = np.arctan2(*(lines[:, 0] - lines.reshape(-1, 2).mean(axis=0)).T)
    assert np.diff(np.sort(angles)).max() < 0.15, "it goes all the way round"


def test_the_silhouette_of_a_vertebra_holds_its_shadow():
    pytest.importorskip("vtkmodules", reason="VTK is not installed")
    spine = make_spine()
    (key, shape) = next(item for item in spine.shapes.items() if item[0] == 22)
    surface, camera = vertebra_surface(shape, 0.8), cone(256, 1.2)
    lines = silhouette(camera, surface).reshape(-1, 2)
    seen = camera.project(surface.vertices)[:, :2]
    np.testing.assert_allclose(lines.min(axis=0), seen.min(axis=0), atol=0.3)
    np.testing.assert_allclose(lines.max(axis=0), seen.max(axis=0), atol=0.3)
    shadow = path_lengths(camera, [surface]) > 0
    rows, columns = np.nonzero(
        shadow[1:-1, 1:-1] & ~(shadow[:-2, 1:-1] & shadow[2:, 1:-1] & shadow[1:-1, :-2] & shadow[1:-1, 2:])
    )
    rim = np.stack([columns + 1, rows + 1], axis=1)
    nearest = np.linalg.norm(rim[:, None] - lines[None], axis=-1).min(axis=1)
    assert np.percentile(nearest, 99) < 1.2
    assert key == 22


def test_a_surface_that_nothing_grazes_has_no_silhouette():
    from spinetwin.geometry.surfaces import Surface

    flat = Surface(np.array([[-5.0, 0, -5], [5, 0, -5], [0, 0, 5]]), np.array([[0, 1, 2]]))
    assert silhouette(cone(), flat).shape == (0, 2, 2)
