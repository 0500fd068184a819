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
from spinetwin.xray.equations import CLICK_MM, Guess, heard
from spinetwin.xray.films import Film
from spinetwin.xray.fit import fit, start_poses, targets_of
from spinetwin.xray.landmarks import LANDMARKS, Landmarks
from spinetwin.xray.shapes import Core, Posed, ShapeModel
from spinetwin.xray.stages import Stage
from spinetwin.xray.trust import agreements
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
    assert _errors(taken_for_dense) > 1.6 * _errors(found)


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


def _clicked(scores=(0.0, 0.0, 0.0)):
    """Return where the landmarks of the true poses are seen, of shapes with these scores."""
    seen = {}
    for each, height in zip(_starts(), HEIGHTS, strict=True):
        posed = replace(each, frame=_frame(height), scores=np.array(scores))
        for view, camera in zip(("frontal", "lateral"), CAMERAS, strict=True):
            pixels = camera.project(posed.landmarks)[:, :2]
            seen.update({(each.model.level, name, view): at for name, at in zip(LANDMARKS, pixels, strict=True)})
    return Landmarks(seen)


def _with_gas(films, strength, width=6.0):
    """Return films with bubbles that no bone explains, of `strength` mm of bone."""
    from scipy.ndimage import gaussian_filter

    rng, noisy = np.random.default_rng(5), []
    for film in films:
        bubbles = gaussian_filter(rng.normal(size=film.values.shape), width / film.pixel_mm)
        noisy.append(replace(film, values=film.values + 0.04 * strength * bubbles / bubbles.std()))
    return noisy


def test_a_clean_film_is_heard_as_the_stage_says_and_a_loud_one_with_doubt():
    vertebrae = tuple(replace(each, frame=_frame(height)) for each, height in zip(_starts(), HEIGHTS, strict=True))
    exact = tuple(replace(each, scores=AXES[n] - each.model.mean.vertices.max(axis=0)) for n, each in enumerate(vertebrae))
    stage = Stage(2.0, 3, 6, 5.0, 1.0, 0.1)
    clean = _films(CAMERAS, 0.0)
    assert heard(targets_of(clean, stage, exact, NOTHING), stage, Guess(exact, np.zeros(0)))[1] == stage
    loud = _with_gas(clean, 40.0)
    targets, doubted = heard(targets_of(loud, stage, exact, NOTHING), stage, Guess(exact, np.zeros(0)))
    assert stage.robust_mm < doubted.robust_mm < 30.0
    assert {each.robust_mm for each in targets} == {doubted.robust_mm}
    # a standard deviation of a shape weighs as much as one click that is off by its own
    per_mm = doubted.landmark * 400.0
    assert doubted.prior * doubted.robust_mm**2 / per_mm == pytest.approx(CLICK_MM**2)
    assert doubted.prior > stage.prior


def test_bubbles_do_not_draw_vertebrae_away_from_their_landmarks(monkeypatch):
    """A fit that is deaf to the doubt follows them."""
    films, stages = (
        _with_gas(_films(CAMERAS, 0.0), 40.0),
        (Stage(2.0, 0, 12, 20.0, 1.0, 0.1), Stage(2.0, 3, 12, 5.0, 1.0, 0.01)),
    )

    def away():
        found = fit(films, _starts(), _clicked(), stages).vertebrae
        off = [each.frame.origin - _frame(height).origin for each, height in zip(found, HEIGHTS, strict=True)]
        return np.linalg.norm(off, axis=1).max()

    listening = away()
    monkeypatch.setattr("spinetwin.xray.fit.heard", lambda targets, stage, _guess: (targets, stage))
    assert listening < 1.5
    assert away() > 2 * listening


def test_a_start_is_as_large_as_its_landmarks_say():
    films = _films(CAMERAS, 0.0)
    starts = start_poses(films, _clicked((2.0, 1.0, -2.0)), [each.model for each in _starts()])
    for each, height in zip(starts, HEIGHTS, strict=True):
        assert each.frame.origin == pytest.approx(_frame(height).origin, abs=0.6)
        # drawn to the usual size as far as clicks may be wrong
        assert (each.scores / (2.0, 1.0, -2.0)).min() > 0.1
        assert (each.scores / (2.0, 1.0, -2.0)).max() < 1.0


def test_a_film_of_bubbles_is_not_trusted():
    stages, clean = (Stage(2.0, 3, 12, 5.0, 1.0, 0.1),), _films(CAMERAS, 0.0)
    for films, doubted in ((clean, False), (_with_gas(clean, 40.0), True)):
        found = fit(films, _starts(), _clicked(), stages)
        reasons = [reason for each in agreements(found, films, _clicked()) for reason in each.reasons]
        assert any("mm of bone" in reason for reason in reasons) is doubted


@pytest.mark.parametrize("pixel_mm", [0.7, 0.834, 1.4, 2.4, 2.8, 5.6])
def test_a_background_reaches_from_the_first_pixel_to_the_last_whatever_the_size(pixel_mm):
    """A rounding error put the last pixel of some sizes beyond the last knot, and the reconstruction ended in an error."""
    for count in range(2, 620, 7 if pixel_mm > 1 else 1):
        splines = background((count, 2), pixel_mm).down
        assert len(splines) == count
        np.testing.assert_allclose(splines.sum(axis=1), 1.0, atol=1e-12)
