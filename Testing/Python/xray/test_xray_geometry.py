"""Cameras, triangulation, calibration and forms, against projections written out by hand."""

import json

import numpy as np
import pytest
from spinetwin.anatomy import level
from spinetwin.errors import ParameterError, ReadError
from spinetwin.io.film_forms import read_geometry, read_landmarks, write_landmarks
from spinetwin.xray.calibrate import moved_camera, refine
from spinetwin.xray.landmarks import Landmarks, beside, renamed
from spinetwin.xray.setups import Setup, camera_of, spacing_sentence
from spinetwin.xray.triangulate import rigid, triangulate
from xray.made_films import cone, slot

POINTS = np.array([[10.0, -20.0, 30.0], [-35.0, 12.0, -60.0], [0.0, 0.0, 0.0]])
FORM = Setup(source_detector_mm=1800.0, source_patient_mm=1500.0, pixel_mm=(0.5, 0.4), spacing_from="form")


@pytest.mark.parametrize("camera", [cone(), cone(azimuth=77), cone(mirrored=True), slot(azimuth=20)])
def test_a_ray_goes_through_the_point_that_is_seen(camera):
    seen = camera.project(POINTS)
    origins, directions = camera.rays(seen[:, :2])
    np.testing.assert_allclose(origins + seen[:, 2:] * directions, POINTS, atol=1e-9)


@pytest.mark.parametrize("camera", [cone(), cone(azimuth=77), slot(azimuth=20)])
def test_the_derivative_of_a_projection(camera):
    step = 1e-4
    moved = [camera.project(POINTS + step * unit) - camera.project(POINTS - step * unit) for unit in np.eye(3)]
    expected = np.stack(moved, axis=-1)[:, :2] / (2 * step)
    np.testing.assert_allclose(camera.derivative(POINTS), expected, atol=1e-6)


def test_a_reduced_film_sees_the_same():
    """The middle of 4 x 4 pixels is the middle of the one they become."""
    full, small = cone(), cone().scaled(4)
    np.testing.assert_allclose(small.project(POINTS)[:, :2], (full.project(POINTS)[:, :2] - 1.5) / 4, atol=1e-9)
    np.testing.assert_allclose(full.cropped((5, 9), (20, 20)).project(POINTS)[:, :2], full.project(POINTS)[:, :2] - [5, 9])


def test_a_frontal_film_shows_the_left_on_the_right_and_magnifies():
    camera = camera_of(FORM, "frontal", (401, 301))
    column, row, depth = camera.project([-30.0, 0.0, 50.0])
    assert (column, row, depth) == pytest.approx((200 + 30 * 1.2 / 0.5, 150 - 50 * 1.2 / 0.4, 1500.0))
    assert camera.project([-30.0, 100.0, 0.0])[2] == pytest.approx(1400.0), "the source stands in front of the patient"


def test_a_lateral_film_shows_the_back_on_the_right():
    camera = camera_of(FORM, "lateral", (401, 301))
    assert camera.project([0.0, -10.0, 0.0])[0] > 200
    assert camera.project([100.0, 0.0, 0.0])[2] == pytest.approx(1400.0), "the source stands on the right"


def test_a_film_from_behind_is_shown_mirrored():
    from dataclasses import replace

    camera = camera_of(replace(FORM, source_side="P"), "frontal", (401, 301))
    assert camera.project([-30.0, 0.0, 0.0])[0] > 200
    assert camera.handedness == -1.0


def test_a_slot_scanner_magnifies_across_only():
    from dataclasses import replace

    camera = camera_of(replace(FORM, kind="slot"), "frontal", (401, 301))
    assert camera.project([-30.0, 0.0, 50.0])[:2] == pytest.approx((200 + 30 * 1.2 / 0.5, 150 - 50 / 0.4))


def test_a_pixel_measured_at_the_patient_is_smaller_than_at_the_film():
    from dataclasses import replace

    setup = replace(FORM, pixel_mm=(0.25, 0.25), pixel_at="patient")
    camera = camera_of(setup, "frontal", (401, 301))
    assert camera.project([-30.0, 0.0, 0.0])[0] == pytest.approx(200 + 30 / 0.25)
    assert "at the patient (form)" in spacing_sentence(setup, camera)


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"source_detector_mm": None}, "no usable geometry: source_detector_mm unknown"),
        ({"pixel_mm": None, "source_patient_mm": None}, "source_patient_mm, pixel_mm unknown"),
        ({"source_patient_mm": 1900.0}, "further away than the patient"),
        ({"source_side": "R"}, "swapped"),
        ({"columns_to": "A"}, "cannot run along its rays"),
    ],
)
def test_a_geometry_that_cannot_be_is_refused(change, sentence):
    from dataclasses import replace

    with pytest.raises(ParameterError, match=sentence):
        camera_of(replace(FORM, **change), "frontal", (401, 301))


@pytest.mark.parametrize(
    ("form", "sentence"),
    [
        ({"colour": 3}, "unknown entry 'colour'"),
        ({"pixel_mm": "wide"}, "between 0.02 and 5"),
        ({"pixel_mm": [0.1, 0.1, 0.1]}, "between"),
        ({"source_detector_mm": 1.8}, "between 500 and 6000"),
        ({"kind": "fan"}, "cone, slot"),
        ({"bright": float("nan")}, "bone, air"),
    ],
)
def test_a_form_that_cannot_be_is_refused(form, sentence):
    with pytest.raises(ParameterError, match=sentence):
        Setup().with_form(form, "the form")


def test_a_point_is_found_where_it_is_with_its_uncertainty():
    cameras = [cone(512, 0.6), cone(512, 0.6, azimuth=90)]
    rng = np.random.default_rng(5)
    exact = [camera.project(POINTS[0])[:2] for camera in cameras]
    found = triangulate(cameras, exact)
    np.testing.assert_allclose(found.position, POINTS[0], atol=1e-9)
    drawn = [triangulate(cameras, [pixel + rng.normal(0, 2.0, 2) for pixel in exact], 2.0).position for _ in range(400)]
    expected = np.sqrt(np.diag(triangulate(cameras, exact, 2.0).covariance))
    np.testing.assert_allclose(np.std(drawn, axis=0), expected, rtol=0.12)


def test_two_films_from_one_side_are_refused():
    with pytest.raises(ParameterError, match="same side"):
        triangulate([cone(), cone()], [np.array([60.0, 60.0])] * 2)


def test_rigid_finds_the_motion_and_never_a_mirror():
    from scipy.spatial.transform import Rotation

    rng = np.random.default_rng(1)
    turn, shift, points = (
        Rotation.from_rotvec([0.3, -0.9, 0.4]).as_matrix(),
        np.array([5.0, -7.0, 2.0]),
        rng.normal(size=(7, 3)),
    )
    rotation, translation = rigid(points, points @ turn.T + shift)
    np.testing.assert_allclose(rotation, turn, atol=1e-9)
    np.testing.assert_allclose(translation, shift, atol=1e-9)
    assert np.linalg.det(rigid(points, points * [1, 1, -1])[0]) == pytest.approx(1.0)


def _clicks(count, change, noise, rng):
    first, second = cone(512, 0.6), cone(512, 0.6, azimuth=90)
    points = rng.uniform([-45, -60, -110], [45, 40, 110], (count, 3))
    true = moved_camera(second, change)
    pixels = np.stack([each.project(points)[:, :2] for each in (first, true)], axis=1)
    return (first, second), pixels + rng.normal(0, noise, pixels.shape)


def test_calibration_finds_how_the_second_film_was_moved():
    change = np.array([1.5, 0.0, 0.0, 6.0])
    cameras, pixels = _clicks(40, change, 0.3, np.random.default_rng(2))
    found = refine(cameras, pixels, pixel_sd=0.3)
    assert found.change[3] == pytest.approx(6.0, abs=0.35)
    # two films tell an azimuth by the heights of points alone, so hardly at all; the uncertainty must say so
    assert 0.5 < found.sd[0] < 2.0
    assert (np.abs(found.change - change) < 3 * found.sd).all()
    assert found.after < 0.4 < found.before


def test_the_uncertainty_of_a_calibration_is_that_of_repeated_clicks():
    rng, change = np.random.default_rng(3), np.array([1.0, 5.0, 1.0, 4.0])
    found = [refine(*_clicks(14, change, 0.5, rng), pixel_sd=0.5) for _ in range(12)]
    misses = np.array([each.change - change for each in found])
    scores = misses / np.array([each.sd for each in found])
    assert 0.4 < np.sqrt((scores**2).mean()) < 1.6


def test_a_calibration_needs_eight_points():
    cameras, pixels = _clicks(7, np.zeros(4), 0.1, np.random.default_rng(2))
    with pytest.raises(ParameterError, match="7 landmarks are seen on both films; a calibration needs 8"):
        refine(cameras, pixels)


def test_landmarks_survive_a_file(tmp_path):
    seen = {(22, "spinous", "lateral"): np.array([1.25, 2.5]), (20, "pedicle_left", "frontal"): np.array([3.0, 4.0])}
    write_landmarks(tmp_path / "marks.csv", Landmarks(seen))
    found = read_landmarks(tmp_path / "marks.csv")
    assert found.levels == (20, 22)
    assert {key: pixel.tolist() for key, pixel in found.seen.items()} == {key: pixel.tolist() for key, pixel in seen.items()}


@pytest.mark.parametrize(
    ("row", "sentence"),
    [
        ("frontal,L9,spinous,1,2", "Line 2 of marks.csv is not understood"),
        ("oblique,L3,spinous,1,2", "not understood"),
        ("frontal,L3,rib,1,2", "landmarks superior_endplate"),
        ("frontal,L3,spinous,one,2", "no pixel: 'one'"),
        ("frontal,L3,spinous,nan,2", "no pixel"),
        ("frontal,L3,spinous,1,2\nfrontal,L3,spinous,1,2", "a second time"),
    ],
)
def test_a_row_that_is_no_landmark_is_refused(tmp_path, row, sentence):
    (tmp_path / "marks.csv").write_text(f"view,level,landmark,column,row\n{row}\n", encoding="utf-8")
    with pytest.raises(ReadError, match=sentence):
        read_landmarks(tmp_path / "marks.csv")


@pytest.mark.parametrize("content", [[], {}, {"oblique": {}}, {"frontal": 3}, "text"])
def test_a_form_of_another_kind_is_refused(tmp_path, content):
    (tmp_path / "form.json").write_text(json.dumps(content), encoding="utf-8")
    with pytest.raises(ReadError):
        read_geometry(tmp_path / "form.json")


def _named(*names):
    """Return one landmark of each level, whose column tells which it was."""
    return Landmarks({(level(name).id, "spinous", "frontal"): np.array([float(n), 0.0]) for n, name in enumerate(names)})


def _columns(landmarks):
    return {level(key).name: float(pixel[0]) for (key, _, _), pixel in landmarks.seen.items()}


@pytest.mark.parametrize(
    ("names", "of", "to", "expected"),
    [
        (("L2", "L3", "L4"), "L4", "L5", ("L3", "L4", "L5")),
        (("T11", "T12", "L1"), "L1", "T12", ("T10", "T11", "T12")),
        (("T12", "L2", "L3"), "T12", "L1", ("L1", "L3", "L4")),
        (("L3", "L4", "L5"), "L5", "L6", ("L4", "L5", "L6")),
        (("L4", "L5", "L6"), "L6", "L5", ("L3", "L4", "L5")),
        (("T12", "T13", "L1"), "L1", "L2", ("T12", "L1", "L2")),
    ],
)
def test_naming_one_level_counts_all_again(names, of, to, expected):
    found = renamed(_named(*names), level(of).id, level(to).id)
    assert _columns(found) == {name: float(n) for n, name in enumerate(expected)}


def test_names_end_where_vertebrae_do():
    with pytest.raises(ParameterError, match=r"C4 cannot be C3: .* Names go from C3"):
        renamed(_named("C3", "C4"), level("C4").id, level("C3").id)
    assert beside(level("C3").id, -1) is None
    assert beside(level("L6").id, 1) is None
    assert level(beside(level("T12").id, 1)).name == "L1"
    assert level(beside(level("T13").id, 1)).name == "L1"
