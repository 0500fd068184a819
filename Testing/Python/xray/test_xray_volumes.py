"""Blocks between two films and the volumes in them, against balls and boxes whose truth is a formula."""

import json
from dataclasses import replace

import numpy as np
import pytest
from spinetwin.errors import ParameterError
from spinetwin.xray.films import Film
from spinetwin.xray.networks.blocks import EDGE_MM, SHOWN, SIDE, block_around, disc, filled, patch, shown_of
from spinetwin.xray.networks.volumes import (
    DESCRIPTION,
    FOLDER,
    WEIGHTS,
    Volume,
    open_network,
    vertebra_map,
    volume_of,
    volumes_of,
)
from xray.hull_network import hull, write_model
from xray.made_films import ball, box, chord_of_ball, cone, slot

_FILM = {"pixels": 300, "pitch": 1.2}
CAMERAS = {
    "cone": (cone(**_FILM), cone(**_FILM, azimuth=-90.0)),
    "slot": (slot(**_FILM), slot(**_FILM, azimuth=-90.0)),
    "from behind and from the left": (cone(**_FILM, azimuth=180.0), cone(**_FILM, azimuth=90.0)),
    "mirrored": (cone(**_FILM, mirrored=True), cone(**_FILM, azimuth=-90.0, mirrored=True)),
    "oblique": (cone(**_FILM, azimuth=4.0), cone(**_FILM, azimuth=-93.0)),
}
BODY = np.array([12.0, 25.0, 90.0])
"""Well above the central rays."""


@pytest.fixture(params=CAMERAS, ids=str)
def cameras(request):
    return CAMERAS[request.param]


@pytest.fixture
def block(cameras):
    return block_around(cameras, BODY)


def _voxels(block):
    """Return where the middle of every voxel lies, (64, 64, 64, 3), RAS mm."""
    return block.points(np.stack(np.meshgrid(*[np.arange(SIDE)] * 3, indexing="ij"), axis=-1))


def _films(cameras, radius, middle):
    return tuple(
        Film(view, chord_of_ball(camera, radius, middle), camera)
        for view, camera in zip(("frontal", "lateral"), cameras, strict=True)
    )


def test_the_axes_are_those_of_the_patient_however_the_films_were_taken(block):
    assert np.linalg.det(block.frame.axes) == pytest.approx(1.0)
    assert np.diag(block.frame.axes).min() > np.cos(np.radians(12.0))


def test_two_films_from_the_same_side_span_no_block():
    with pytest.raises(ParameterError, match="nearly the same side"):
        block_around((cone(azimuth=-30.0), cone(azimuth=-50.0)), BODY)


def test_the_spine_lies_behind_the_body(block):
    assert block.frame.to_local(BODY)[1] == pytest.approx(22.0)


def test_points_and_voxels_are_each_other_the_other_way_round(block):
    wanted = np.random.default_rng(1).uniform(0, SIDE - 1, (200, 3))
    assert np.abs(block.voxels(block.points(wanted)) - wanted).max() < 1e-3


def test_a_voxel_is_behind_its_pixels_on_both_films(block):
    """Up is the mean of both films: perspective differs by less than half a pixel."""
    voxels = np.random.default_rng(1).uniform(4, SIDE - 5, (200, 3))
    points = block.points(voxels)
    for view, across in enumerate((0, 1)):
        seen = block.in_patch(view, points)
        assert np.abs(seen[:, 0] - voxels[:, across]).max() < 1e-3
        assert np.abs(seen[:, 1] - voxels[:, 2]).max() < 1.0


def test_voxels_have_their_size_in_the_middle(block):
    middle = np.full(3, (SIDE - 1) / 2)
    for axis in np.eye(3):
        apart = block.points(middle + 0.5 * axis) - block.points(middle - 0.5 * axis)
        assert np.linalg.norm(apart) == pytest.approx(EDGE_MM, rel=0.01)


def test_a_ball_fills_the_voxels_whose_middle_is_in_it(block):
    middle, radius = block.frame.origin + np.array([3.0, -6.0, 4.0]), 22.0
    inside = np.linalg.norm(_voxels(block) - middle, axis=-1) < radius
    mesh = ball(radius, 5, middle)
    found = filled(block.voxels(mesh.vertices), mesh.triangles)
    # a ball of triangles lies a little within the ball
    assert (found ^ inside).sum() < 0.004 * inside.sum()
    assert (found & ~inside).sum() == 0


def test_a_box_fills_its_voxels_exactly_and_what_sticks_out_is_cut():
    mesh = box([3.2, -7.7, 10.5], [20.4, 9.1, 90.0])
    found = filled(mesh.vertices, mesh.triangles)
    expected = np.zeros((SIDE, SIDE, SIDE), bool)
    expected[4:21, 0:10, 11:] = True
    assert np.array_equal(found, expected)
    other = filled(mesh.vertices, mesh.triangles, (40, 12, 100))
    expected = np.zeros((40, 12, 100), bool)
    expected[4:21, 0:10, 11:90] = True
    assert np.array_equal(other, expected)


def test_a_patch_shows_the_shadow_of_what_is_in_the_block(cameras, block):
    middle, radius = block.frame.origin + np.array([5.0, 4.0, -7.0]), 20.0
    mesh = ball(radius, 4, middle)
    inside = filled(block.voxels(mesh.vertices), mesh.triangles)
    for view, film in enumerate(_films(cameras, radius, middle)):
        shadow = patch(film, block, view) > 4.0
        expected = inside.any(axis=1 - view)
        assert 2 * (shadow & expected).sum() / (shadow.sum() + expected.sum()) > 0.96
        rows, columns = np.nonzero(shadow)
        assert [rows.mean(), columns.mean()] == pytest.approx(block.in_patch(view, middle), abs=0.25)


def test_the_disc_is_where_the_body_shows(block):
    for view in (0, 1):
        bell = disc(block, view, BODY)
        peak = np.unravel_index(bell.argmax(), bell.shape)
        assert np.abs(np.array(peak) - block.in_patch(view, BODY)).max() <= 0.5
        assert bell.max() > 0.95


def test_brightness_and_contrast_of_a_film_change_nothing(cameras, block):
    films = _films(cameras, 20.0, block.frame.origin)
    other = [replace(film, values=3.0 * film.values - 40.0) for film in films]
    assert np.allclose(shown_of(films, block, BODY), shown_of(other, block, BODY), atol=1e-4)


def _odds_of_ball(block, radius, middle):
    """Return odds that are zero on a ball."""
    away = radius - np.linalg.norm(_voxels(block) - middle, axis=-1)
    return np.clip(2.0 * away / EDGE_MM, -9.0, 9.0).astype(np.float32)


def test_the_surface_of_a_volume_lies_where_the_ball_is(block):
    pytest.importorskip("vtkmodules", reason="VTK is not installed")
    middle, radius = block.frame.origin + np.array([3.0, -6.0, 4.0]), 21.0
    surface = Volume(22, block, _odds_of_ball(block, radius, middle)).surface
    assert np.abs(np.linalg.norm(surface.vertices - middle, axis=1) - radius).max() < 0.15
    assert surface.volume == pytest.approx(4 / 3 * np.pi * radius**3, rel=0.01)


def test_two_vertebrae_make_one_map_and_the_surer_one_has_what_both_claim(cameras):
    middles = [np.array([0.0, 0.0, 60.0]), np.array([4.0, 2.0, 90.0])]
    blocks = [block_around(cameras, each) for each in middles]
    volumes = [
        Volume(key, block, _odds_of_ball(block, 18.0, each)) for key, block, each in zip((21, 22), blocks, middles, strict=True)
    ]
    labels, grid = vertebra_map(volumes)
    places = grid.to_ras(np.stack(np.meshgrid(*[np.arange(side) for side in grid.shape], indexing="ij"), axis=-1))
    away = [np.linalg.norm(places - each, axis=-1) for each in middles]
    assert set(np.unique(labels)) == {0, 21, 22}
    assert np.abs(np.array([labels.shape[2] * grid.spacing[2]]) - 66.0).max() < 8.0
    for key, mine, others in ((21, *away), (22, *away[::-1])):
        right = (mine < 17.5) & (mine < others - 0.5)
        assert (labels[right] == key).mean() > 0.999
        assert not (labels[mine > 18.6] == key).any()


def test_only_the_largest_piece_is_kept(cameras):
    block = block_around(cameras, BODY)
    odds = np.full((SIDE, SIDE, SIDE), -3.0, np.float32)
    odds[20:40, 20:40, 20:40], odds[2:5, 2:5, 2:5] = 2.0, 5.0
    found = volume_of(_films(cameras, 20.0, BODY), 22, BODY, lambda _shown: odds[None])
    assert found.inside.sum() == 8000
    assert found.inside[20:40, 20:40, 20:40].all()
    assert np.allclose(found.block.frame.origin, block.frame.origin)


def test_where_nothing_is_seen_a_sentence_says_so(cameras):
    with pytest.raises(ParameterError, match=r"sees no vertebra where the landmarks are\. Check the landmarks"):
        volume_of(_films(cameras, 20.0, BODY), 22, BODY, lambda _shown: np.full((1, SIDE, SIDE, SIDE), -1.0, np.float32))


def test_all_vertebrae_are_shown_in_one_call_and_one_that_is_not_seen_costs_no_other(cameras):
    films, calls = _films(cameras, 20.0, BODY), []
    bodies = {key: BODY + np.array([0.0, 0.0, 30.0 * row]) for row, key in enumerate((22, 21, 20))}

    def run(shown):
        calls.append(shown)
        odds = np.full((len(shown), SIDE, SIDE, SIDE), -1.0, np.float32)
        odds[0, 10:20, 10:20, 10:20], odds[2, 30:40, 30:40, 30:45] = 1.0, 1.0
        return odds

    found = volumes_of(films, bodies, run)
    assert [(each.level, int(each.inside.sum())) for each in found] == [(22, 1000), (20, 1500)]
    (shown,) = calls
    for row, body in enumerate(bodies.values()):
        np.testing.assert_array_equal(shown[row], shown_of(films, block_around(cameras, body), body))
    assert volumes_of(films, {}, run) == []


def test_onnx_runtime_gets_what_is_shown_in_the_right_order(tmp_path):
    pytest.importorskip("onnxruntime", reason="ONNX Runtime is not installed")
    network = open_network(write_model(tmp_path / "model"))
    shown = np.random.default_rng(2).normal(size=(2, SHOWN, SIDE, SIDE)).astype(np.float32)
    assert np.allclose(network.run(shown[None]), [hull(shown)], atol=1e-6)
    assert network.trained == "on shadows"
    assert network.measured == {"lumbar": 0.5}


def test_without_a_network_one_sentence_says_so(tmp_path):
    with pytest.raises(ParameterError, match=r"^No network for volumes is installed\. Leave out --transvert\.$"):
        open_network(tmp_path)


@pytest.mark.parametrize(
    ("content", "words"),
    [("{", "is damaged"), ("[]", "is damaged"), ('{"sha256": "x", "trained": "y"}', "is damaged")],
)
def test_a_damaged_description_is_refused(tmp_path, content, words):
    folder = write_model(tmp_path / "model")
    (folder / DESCRIPTION).write_text(content, encoding="utf-8")
    with pytest.raises(ParameterError, match=words):
        open_network(folder)


def test_other_weights_than_those_described_are_refused(tmp_path):
    folder = write_model(tmp_path / "model", sha256="0" * 64)
    with pytest.raises(ParameterError, match="not what they should be"):
        open_network(folder)


def test_what_is_installed_is_described():
    if not (FOLDER / WEIGHTS).exists():
        pytest.skip("no network is installed")
    assert (FOLDER / WEIGHTS).stat().st_size < 6e6
    said = json.loads((FOLDER / DESCRIPTION).read_text(encoding="utf-8"))
    assert "synthetic radiographs" in said["trained"]
    assert set(said["dice"]) == {"thoracic", "lumbar"}
