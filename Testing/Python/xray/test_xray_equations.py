"""The linear parts of a film, and the second camera: recovered from films that were made with known ones.

The films are made of ellipsoids by exact chords, which share nothing with the surfaces that are fitted.
"""

from dataclasses import replace

import numpy as np
import pytest
from spinetwin.geometry import Frame
from spinetwin.geometry.surfaces import Surface
from spinetwin.xray.background import background
from spinetwin.xray.calibrate import QUANTITIES, moved_camera
from spinetwin.xray.films import Film
from spinetwin.xray.fit import fit
from spinetwin.xray.landmarks import Landmarks
from spinetwin.xray.shapes import Core, Posed, ShapeModel
from spinetwin.xray.stages import Stage
from xray.made_films import ball, cone

AXES = np.array([[23.0, 15.0, 12.0], [19.0, 21.0, 11.0], [22.0, 17.0, 15.0]])
MARROW = 0.75
"""Its size as a part of the bone's."""

HEIGHTS = (45.0, 0.0, -45.0)
STAGES = (Stage(2.0, 0, 12, 5.0, 1.0, 0.0), Stage(2.0, 3, 12, 5.0, 1e-3, 0.0))


def _model(level, axes, core=True):
    sphere = ball(1.0, 4)
    modes = np.einsum("nc,ck->nck", sphere.vertices, np.eye(3))
    inside = ball(MARROW, 3)
    marrow = Core(Surface(inside.vertices * axes, inside.triangles), np.einsum("nc,ck->nck", inside.vertices, np.eye(3)))
    marks = np.vstack([np.eye(3), -np.eye(3), [[0.6, 0.6, 0.5]]]) * axes
    return ShapeModel(level, Surface(sphere.vertices * axes, sphere.triangles), modes, 3, marks, {}, marrow if core else None)


def _frame(height, turn=4.0):
    a = np.radians(turn)
    axes = np.array([[np.cos(a), np.sin(a), 0.0], [-np.sin(a), np.cos(a), 0.0], [0.0, 0.0, 1.0]])
    return Frame(np.array([3.0, -5.0, height]), axes, "truth")


def _chord(camera, axes, frame):
    """Return the exact way of each ray through an ellipsoid: through the unit sphere after it was made round."""
    origins, directions = camera.all_rays()
    start, way = frame.to_local(origins) / axes, (directions @ frame.axes.T) / axes
    a, b, c = (way**2).sum(-1), (start * way).sum(-1), (start**2).sum(-1) - 1.0
    return 2.0 * np.sqrt(np.maximum(b * b - a * c, 0.0)) / a * np.linalg.norm(directions, axis=-1)


def _films(cameras, marrow):
    films = []
    for view, camera in zip(("frontal", "lateral"), cameras, strict=True):
        path = np.zeros(camera.size[::-1])
        for axes, height in zip(AXES, HEIGHTS, strict=True):
            path += _chord(camera, axes, _frame(height)) + marrow * _chord(camera, MARROW * axes, _frame(height))
        x = np.linspace(-1, 1, camera.size[0])
        films.append(Film(view, 0.04 * path + 2.0 + 0.5 * x - 0.7 * x**3, camera))
    return films


def _starts(core=True):
    return tuple(
        Posed(_model(22 + place, np.add(axes, (0.6, -0.5, 0.4)), core), np.zeros(3), _frame(height, 1.0))
        for place, (axes, height) in enumerate(zip(AXES, HEIGHTS, strict=True))
    )


def _errors(found):
    """Return the largest error of a half axis, mm."""
    sizes = np.array([each.model.mean.vertices.max(axis=0) + each.scores for each in found.vertebrae])
    return np.abs(sizes - AXES).max()


CAMERAS = (cone(96, 2.4), cone(96, 2.4, azimuth=90))
NOTHING = Landmarks()


def test_the_sums_of_a_background_are_those_of_its_functions():
    rng = np.random.default_rng(3)
    basis = background((30, 21), 2.0)
    functions = np.einsum("ra,cb->abrc", basis.down, basis.across).reshape(basis.count, 30, 21)
    images, weights, where = rng.normal(size=(12, 9, 2)), rng.random((30, 21)), (slice(5, 17), slice(3, 12))
    np.testing.assert_allclose(basis.products(images, where), np.einsum("brc,rck->bk", functions[:, 5:17, 3:12], images))
    np.testing.assert_allclose(basis.matrix(weights), np.einsum("arc,rc,brc->ab", functions, weights, functions), atol=1e-12)
    factors = rng.normal(size=basis.count)
    np.testing.assert_allclose(basis.values(factors), np.einsum("b,brc->rc", factors, functions))


def test_a_background_follows_cubics_and_no_pedicle():
    basis = background((60, 60), 1.0)
    functions = np.einsum("ra,cb->rcab", basis.down, basis.across).reshape(3600, -1)
    x = np.linspace(-1, 1, 60)
    y, z = np.meshgrid(x, x, indexing="ij")
    for image, least, most in ((y**3 - z * y + 2, 0.0, 1e-6), (np.exp(-(y**2 + z**2) / (2 * 0.1**2)), 0.3, 1.0)):
        left = image.ravel() - functions @ np.linalg.lstsq(functions, image.ravel(), rcond=None)[0]
        assert least <= np.linalg.norm(left) / np.linalg.norm(image) <= most


def test_marrow_gets_the_factor_that_it_has():
    found = fit(_films(CAMERAS, -0.4), _starts(), NOTHING, STAGES)
    for compared in found.compared:
        assert compared.gain == pytest.approx(0.04, rel=0.02)
        assert compared.marrow == pytest.approx(-0.4, abs=0.03)
    assert _errors(found) < 0.4
    taken_for_dense = fit(_films(CAMERAS, -0.4), _starts(core=False), NOTHING, STAGES)
    assert _errors(taken_for_dense) > 2 * _errors(found)


def test_bone_without_marrow_gets_none():
    found = fit(_films(CAMERAS, 0.0), _starts(), NOTHING, STAGES)
    assert max(abs(compared.marrow) for compared in found.compared) < 0.03
    assert _errors(found) < 0.4


def test_the_second_camera_is_found_with_the_vertebrae():
    """Films of the second camera further away by 30 mm: otherwise heights differ by two per cent between the films."""
    change = np.array([0.0, 30.0, 0.0, 2.0])
    real = CAMERAS[0], moved_camera(CAMERAS[1], change)
    films = [replace(film, camera=camera) for film, camera in zip(_films(real, 0.0), CAMERAS, strict=True)]
    told, refined = (fit(films, _starts(), NOTHING, STAGES, calibrate=calibrate) for calibrate in (False, True))
    assert told.change.size == 0
    distance, along = (QUANTITIES.index(name) for name in ("distance_mm", "along_mm"))
    assert refined.change[distance] == pytest.approx(30.0, abs=3.0)
    assert refined.change[along] == pytest.approx(2.0, abs=0.2)
    assert sum(each.cost for each in refined.compared) < 0.5 * sum(each.cost for each in told.compared)
    moved = refined.calibrated(films)[1].camera
    assert np.linalg.norm(moved.source) == pytest.approx(1530.0, abs=3.0)
    assert told.calibrated(films)[1].camera is films[1].camera
