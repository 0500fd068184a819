"""Shape models: what their modes can do, and that a kept one is the one that was made."""

from dataclasses import replace

import numpy as np
import pytest
from spinetwin.anatomy import level
from spinetwin.jobs import standing_models
from spinetwin.jobs.standing_models import kept_model
from spinetwin.phantom import Curve, SpineParameters, make_spine
from spinetwin.xray import shapes
from spinetwin.xray.variation import usual_shape, variation_of

pytest.importorskip("vtkmodules", reason="VTK is not installed")


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("models")


@pytest.fixture(scope="module")
def model(folder):
    return kept_model("L3", folder)


def _same(a, b):
    for name in ("modes", "landmarks"):
        np.testing.assert_array_equal(getattr(a, name), getattr(b, name))
    np.testing.assert_array_equal(a.mean.vertices, b.mean.vertices)
    np.testing.assert_array_equal(a.mean.triangles, b.mean.triangles)
    np.testing.assert_array_equal(a.core.modes, b.core.modes)
    assert (a.level, a.anatomical, list(a.points)) == (b.level, b.anatomical, list(b.points))
    np.testing.assert_array_equal(list(a.points.values()), list(b.points.values()))


def _files(folder):
    return [path for path in folder.rglob("*") if path.is_file()]


def test_a_kept_model_is_the_one_that_was_made_and_is_not_made_again(folder, model, monkeypatch):
    _same(model, shapes.shape_model("L3"))

    def never(key):
        raise AssertionError(f"{key} was made again")

    monkeypatch.setattr(standing_models, "shape_model", never)
    _same(kept_model("L3", folder), model)
    assert [path.name for path in _files(folder)] == ["l3.npz"]


@pytest.mark.parametrize("damage", [b"", b"PK\x03\x04 but no archive", None])
def test_a_damaged_file_is_made_again(folder, model, damage):
    (path,) = _files(folder)
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) // 2] if damage is None else damage)
    _same(kept_model("L3", folder), model)
    assert len(path.read_bytes()) > 1e5
    assert _files(folder) == [path]


def test_a_folder_that_cannot_be_written_keeps_nothing(tmp_path, model):
    (tmp_path / "file").write_text("no folder", encoding="utf-8")
    _same(kept_model("L3", tmp_path / "file"), model)


def test_marrow_lies_inside_the_body(model):
    body = make_spine().shapes[model.level].body
    away = body.distance(*model.core.mean.vertices.T)
    assert away.max() < 0.0
    assert model.core.mean.volume > 0.5 * 40 * 30 * 20


@pytest.mark.parametrize("change", ["wedge", "joint"])
def test_modes_reach_what_only_scoliotic_vertebrae_have(model, change):
    """A body that leans, and joints that differ between the sides: least squares on the modes brings the surface there."""
    shape = make_spine().shapes[model.level]
    if change == "wedge":
        there = replace(shape, alteration=replace(shape.alteration, wedge=3.0))
    else:
        joint = shape.inferior
        moved = replace(joint, point=tuple(np.add(joint.point, (0.0, 1.0, -2.0))))
        there = replace(shape, left=(shape.superior, moved))
    moves = shapes.displacements(model.mean, [there])[0].reshape(-1)
    flat = model.modes.reshape(len(moves), -1)
    scores = np.linalg.lstsq(flat, moves, rcond=None)[0]
    before, after = (np.abs(there.solid(each.vertices)) for each in (model.mean, model.surface(scores)))
    assert before.max() > 0.5
    assert after.mean() < 0.45 * before.mean()
    assert np.abs(scores).max() < 3.0


@pytest.mark.parametrize("seed", [0, 1, 3])
def test_fourteen_modes_hold_most_of_what_scoliosis_does(model, seed):
    """Of a person that the model was not made of, at a Cobb angle of 40 degrees: rigid motion and 14 scores."""
    person = make_spine(SpineParameters(levels="L1-L5", curves=(Curve(40.0, apex="L2"),)), np.random.default_rng([40, seed]))
    there = person.shapes[model.level]
    moves, points = shapes.displacements(model.mean, [there])[0].reshape(-1), model.mean.vertices
    turns = np.stack([np.cross(unit, points).ravel() for unit in np.eye(3)], axis=1)
    basis = np.concatenate([turns, np.tile(np.eye(3), (len(points), 1)), model.modes.reshape(len(moves), -1)[:, :14]], axis=1)
    moved = points + (basis @ np.linalg.lstsq(basis, moves, rcond=None)[0]).reshape(-1, 3)
    away = np.abs(there.solid(moved))
    assert away.mean() < 0.5
    assert away.max() < 5.5


@pytest.mark.parametrize("name", ["C3", "T13", "L6"])
def test_every_level_varies_rare_ones_too(name):
    usual = usual_shape(level(name).id)
    assert usual.level == level(name).id
    found = variation_of(usual)
    assert len(found.changed) == 2 * len(found.correlation)
    np.testing.assert_allclose(np.diag(found.correlation), 1.0)
    assert np.linalg.eigvalsh(found.correlation)[0] > -1e-9


def test_a_body_that_leans_has_joints_that_differ_between_the_sides():
    """The wedge of a scoliotic body goes along with its joints: the curve makes both."""
    correlation = variation_of(usual_shape(level("L2").id)).correlation
    wedge, unlike = len(correlation) - 17, [-12, -11, -10, -9, -4, -3, -2, -1]
    assert np.abs(correlation[wedge, unlike]).max() > 0.2  # of 300 people, independent ones would reach 0.06


def test_landmarks_move_with_the_surface(model):
    scores = np.zeros(model.count)
    scores[0] = 1.5
    posed = shapes.Posed(model, scores, make_spine().frames[model.level])
    carried = posed.frame.to_local(posed.landmarks) - model.landmarks
    moved = model.surface(scores).vertices - model.mean.vertices
    tips = np.linalg.norm(model.mean.vertices[:, None] - model.landmarks, axis=2).min(axis=0) < 1.5
    assert tips.sum() >= 4
    for place in np.flatnonzero(tips):
        vertex = np.linalg.norm(model.mean.vertices - model.landmarks[place], axis=1).argmin()
        assert np.linalg.norm(carried[place] - moved[vertex]) < 0.5
