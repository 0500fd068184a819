"""The radiographs that networks are trained on: what is said of them is true, and the same seed gives the same bytes."""

import sys
from dataclasses import replace
from importlib.util import find_spec

import numpy as np
import pytest
from backends_python import TRAINING
from scipy.ndimage import gaussian_filter
from spinetwin.xray.landmarks import LANDMARKS, VIEWS
from spinetwin.xray.triangulate import triangulate

SMALL = {"pixels": 128, "pixel_mm": 2.0}


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    """The generator; shape models that it makes are kept for this module alone."""
    if not (TRAINING / "radiographs").is_dir():
        pytest.skip("the training is not beside the tests")
    if find_spec("vtk") is None:
        pytest.skip("shape models need VTK")
    patch = pytest.MonkeyPatch()
    patch.syspath_prepend(str(TRAINING))
    patch.setenv("SPINETWIN_HOME", str(tmp_path_factory.mktemp("home")))
    from radiographs import data

    yield data
    patch.undo()
    for name in [each for each in sys.modules if each.partition(".")[0] in ("common", "radiographs")]:
        del sys.modules[name]


@pytest.fixture(scope="module")
def spec(data):
    """Few levels, because each wants a shape model."""
    return replace(data.RadiographSpec(), **SMALL, first="L2", last="L4", top="L3", bottom="L3", collimated=1.0)


@pytest.fixture(scope="module")
def pair(data, spec):
    return data.radiographs(np.random.default_rng(3), spec)


def test_the_same_seed_gives_the_same_bytes(data, spec, pair):
    again = data.radiographs(np.random.default_rng(3), spec)
    other = data.radiographs(np.random.default_rng(4), spec)
    for view in VIEWS:
        assert again.views[view].film.tobytes() == pair.views[view].film.tobytes()
        assert again.views[view].thickness.tobytes() == pair.views[view].thickness.tobytes()
        assert np.array_equal(again.views[view].landmarks, pair.views[view].landmarks)
        assert other.views[view].film.tobytes() != pair.views[view].film.tobytes()


def test_both_films_show_the_same_person(pair):
    """Landmarks found again in space from where they lie on both films."""
    cameras = [pair.views[view].camera for view in VIEWS]
    for number, vertebra in enumerate(pair.vertebrae):
        for mark in range(len(LANDMARKS)):
            pixels = [pair.views[view].landmarks[number, mark] for view in VIEWS]
            assert np.linalg.norm(triangulate(cameras, pixels).position - vertebra.landmarks[mark]) < 1e-6


def test_landmarks_lie_on_their_vertebra(pair):
    """Bone of this vertebra lies within 4 mm of each landmark that falls on the film, whatever the shutters hide."""
    for view in pair.views.values():
        rows, columns = view.film.shape
        for marks, thickness in zip(view.landmarks, view.thickness, strict=True):
            row, column = np.nonzero(thickness > 0)
            for at in marks[((marks >= 0) & (marks < (columns, rows))).all(axis=1)]:
                assert np.hypot(column - at[0], row - at[1]).min() < 4.0 / SMALL["pixel_mm"]


def test_right_and_left_and_up_are_where_a_reader_of_films_expects_them(pair):
    right, left = (LANDMARKS.index(f"transverse_{side}") for side in ("right", "left"))
    upper, lower, tip = (LANDMARKS.index(name) for name in ("superior_endplate", "inferior_endplate", "spinous"))
    frontal, lateral = (pair.views[view].landmarks for view in VIEWS)
    assert (frontal[:, right, 0] < frontal[:, left, 0]).all()
    assert (lateral[:, tip, 0] > lateral[:, upper, 0]).all()
    for marks in (frontal, lateral):
        assert (marks[:, upper, 1] < marks[:, lower, 1]).all()
        assert (np.diff(marks[:, upper, 1]) > 0).all()


def test_what_the_shutters_hide_is_not_visible(pair):
    for view in pair.views.values():
        assert not view.open.all()
        assert np.unique(view.film[~view.open]).size == 1
        place = np.rint(view.landmarks[view.visible]).astype(int)
        assert view.open[place[:, 1], place[:, 0]].all()


def test_labels_name_the_vertebra_that_weakens_the_ray_most(pair):
    for view in pair.views.values():
        labels = view.labels(pair.levels)
        assert set(np.unique(labels)) <= {0, *pair.levels}
        assert np.array_equal(labels > 0, view.bone > 0)
        for number, level in enumerate(pair.levels):
            assert (view.thickness[number][labels == level] > 0).all()


def test_bone_shows_on_the_films(data, spec):
    """Where vertebrae are thicker a film is brighter, its slow changes apart, unless it is worse than films of patients are."""
    clear = replace(spec, collimated=0.0, noise=(0.005, 0.01), gas=(0, 0), bone_per_mm=(0.03, 0.03), scatter=(0.1, 0.2))
    pair = data.radiographs(np.random.default_rng(1), clear)
    for view in pair.views.values():
        box = tuple(slice(int(each.min()), int(each.max())) for each in np.nonzero(view.bone))
        film, bone = (each - gaussian_filter(each, 12.0) for each in (view.film, view.bone))
        assert np.corrcoef(film[box].ravel(), bone[box].ravel())[0, 1] > 0.5


def test_films_differ_in_contrast_and_shutters(data, spec):
    films = [data.radiographs(np.random.default_rng(seed), replace(spec, collimated=0.5)) for seed in range(6)]
    spreads = [float(each.views["frontal"].film.std()) for each in films]
    assert max(spreads) > 1.2 * min(spreads)
    assert {bool(view.open.all()) for each in films for view in each.views.values()} == {True, False}
    assert all(view.film.min() >= 0.0 and view.film.max() <= 1.0 for each in films for view in each.views.values())


@pytest.fixture(scope="module")
def samples(data):
    """What the network is told of the films; needs no torch."""
    assert data.__name__ == "radiographs.data"
    from radiographs.landmarks import samples

    return samples


@pytest.fixture(scope="module")
def frontal(samples, pair):
    return samples.sample(pair.views["frontal"], lateral=False)


def test_flips_exchange_right_and_left_landmarks(samples, pair, frontal):
    flipped = samples.flipped(frontal)
    right, left = (LANDMARKS.index(f"pedicle_{side}") for side in ("right", "left"))
    assert np.array_equal(flipped.film, frontal.film[:, ::-1])
    assert np.allclose(flipped.marks[:, right, 0], SMALL["pixels"] - 1.0 - frontal.marks[:, left, 0])
    assert (flipped.marks[:, right, 0] < flipped.marks[:, left, 0]).all()
    assert np.array_equal(flipped.visible[:, 1 + right], frontal.visible[:, 1 + left])
    again = samples.flipped(flipped)
    assert np.allclose(again.marks, frontal.marks)
    assert np.array_equal(again.visible, frontal.visible)
    lateral = samples.sample(pair.views["lateral"], lateral=True)
    assert samples.flipped(lateral) is lateral


def test_a_network_that_says_what_it_shall_finds_all_visible_landmarks(samples, frontal):
    """The targets, put through what follows the network, are the landmarks again."""
    from spinetwin.xray.networks.spots import spotted

    wanted = samples.targets(frontal, spread=1.2)
    found = spotted(wanted["heat"], wanted["offsets"])
    assert len(found) == frontal.visible[:, 0].sum() > 0
    apart = np.linalg.norm(frontal.marks[:, None] - frontal.marks[None], axis=-1)
    apart[np.eye(len(apart), dtype=bool)] = np.inf
    alone = apart.min(axis=1) > 8.0  # the same landmark of two vertebrae, one before the other, is one spot
    assert alone.mean() > 0.9
    for vertebra, number in zip(found, np.flatnonzero(frontal.visible[:, 0]), strict=True):
        shown = frontal.visible[number, 1:] & alone[number]
        # the nearest cell of a spot is raised to 1, which moves its top by up to half a pixel
        assert np.abs(vertebra.marks[shown] - frontal.marks[number][shown]).max() < 1.0
        assert np.linalg.norm(vertebra.centre - frontal.centres[number]) < 1.0


def test_bone_behind_the_shutters_is_not_asked_for(samples, pair, frontal):
    assert not frontal.bone[~pair.views["frontal"].open].any()
    assert samples.seen(frontal).shape == (2, SMALL["pixels"], SMALL["pixels"])


def test_pairs_depend_on_seed_and_number_alone(samples, spec):
    from radiographs.landmarks.recipe import Recipe

    recipe = Recipe(films=spec, ring=4, batch=4)
    batches = samples.batches(recipe, 0, workers=1)
    try:
        films, truth = next(batches)
    finally:
        batches.close()
    assert films.shape == (4, 2, SMALL["pixels"], SMALL["pixels"])
    assert films[:, 1, 0, 0].tolist() == [0.0, 1.0, 0.0, 1.0]
    known = [samples.pair(recipe, number) for number in range(4)]
    ways = [samples.seen(way(each)) for each in sum(known, ()) for way in (samples.flipped, lambda same: same)]
    assert all(any(np.array_equal(film, way) for way in ways) for film in films)
    assert truth["heat"].shape == (4, 8, SMALL["pixels"] // 4, SMALL["pixels"] // 4)
