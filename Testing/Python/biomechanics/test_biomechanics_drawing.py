"""Models drawn for the interval: what shares a point moves together, vertebrae turn with their points, spreads are as said."""

import csv
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import spinetwin.biomechanics as room
from made_columns import MAN, made_column, made_model
from scipy.spatial.transform import Rotation
from spinetwin.anatomy import level, point
from spinetwin.biomechanics import TASKS, Spread, build_model, interval, loads
from spinetwin.biomechanics.drawing import Draw
from spinetwin.geometry import Frame

POINTS_ALONE = Spread(1.5, 0.0, 0.0)
S1 = level("S1").id
NAMES = ["T11", "T12", "L1", "L2", "L3", "L4", "L5"]


@pytest.fixture(scope="module")
def model():
    return made_model(curve_mm=10.0)


@pytest.fixture(scope="module")
def drawn(model):
    draw, generator = Draw(model, POINTS_ALONE), np.random.default_rng(0)
    return [draw(generator) for _ in range(300)]


def steps(model, drawn, part):
    return np.array([getattr(each, part).points - getattr(model, part).points for each in drawn])


def test_fascicles_and_a_ligament_at_one_point_move_together(model, drawn):
    moved = steps(model, drawn, "muscles")
    one, other = (model.muscles.names.index(f"{name}_lumborum_L3_right") for name in ("longissimus", "iliocostalis"))
    np.testing.assert_array_equal(model.muscles.points[one, 0], model.muscles.points[other, 0])
    np.testing.assert_array_equal(moved[:, one, 0], moved[:, other, 0])
    at = (model.ligaments.points[:, 0] == model.muscles.points[one, 0]).all(axis=1)
    assert {model.ligaments.names[each] for each in np.flatnonzero(at)} == {"ITL"}
    np.testing.assert_array_equal(steps(model, drawn, "ligaments")[:, at][:, 0, 0], moved[:, one, 0])


def test_other_points_do_not_follow_them(model, drawn):
    moved = steps(model, drawn, "muscles")
    right, left = (model.muscles.names.index(f"longissimus_lumborum_L3_{side}") for side in ("right", "left"))
    assert abs(np.corrcoef(moved[:, right, 0, 0], moved[:, left, 0, 0])[0, 1]) < 0.2


def test_every_coordinate_spreads_as_said(model, drawn):
    for part in ("muscles", "ligaments"):
        np.testing.assert_allclose(steps(model, drawn, part).std(axis=0), 1.5, rtol=0.25)
    for part in ("origins", "joints"):
        moved = np.array([getattr(each, part) for each in drawn]) - getattr(model, part)
        np.testing.assert_allclose(moved.std(axis=0), 1.5, rtol=0.25)


def test_masses_and_arms_go_along_with_their_vertebra(model, drawn):
    for each in drawn[:5]:
        moved = each.origins - model.origins
        np.testing.assert_allclose(each.masses.points - model.masses.points, moved[model.masses.owners], atol=1e-9)
        np.testing.assert_allclose(each.shoulders - model.shoulders, [moved[model.shoulder_owner]] * 2, atol=1e-9)


def test_a_vertebra_turns_as_its_points_do(model):
    """Another way to find the turn: the best rotation of the points themselves, not of small steps."""
    once = Draw(model, Spread(0.3, 0.0, 0.0))(np.random.default_rng(3))
    for body in range(len(model.origins)):
        mine = model.ligaments.owners == body
        before = np.concatenate([model.origins[[body]], model.ligaments.points[mine]])
        after = np.concatenate([once.origins[[body]], once.ligaments.points[mine]])
        best, _ = Rotation.align_vectors(after - after.mean(axis=0), before - before.mean(axis=0))
        np.testing.assert_allclose(once.axes[body], best.apply(model.axes[body]), atol=2e-3)


def test_without_ligaments_nothing_tells_how_a_vertebra_turns(model):
    strands = model.ligaments
    none = replace(
        strands, names=(), levels=(), owners=strands.owners[:0], points=strands.points[:0], shares=strands.shares[:0]
    )
    once = Draw(replace(model, ligaments=none), POINTS_ALONE)(np.random.default_rng(0))
    np.testing.assert_allclose(once.axes, model.axes, atol=1e-12)


SACRAL = {101: (0, 17, 0), 117: (10, 15, 0), 102: (0, -17, 0), 118: (9, -15, 0), 125: (0, -32, -3), 141: (7, -29, -3),
          133: (0, -47, -10), 81: (0, -49, -20), 89: (20, -28, 10)}  # fmt: skip
INSIDE = (85, 84, 123, 124, 100)
"""Points that no ligament ends at."""


def column_on_a_sacrum():
    """Return points and frames of a column whose sacrum has points, too, on a slope of 35 degrees."""
    points, frames = made_column(NAMES, curve_mm=5.0)
    origin, turn = frames[level("L5").id].to_ras([0.0, -3.0, -28.0]), Rotation.from_euler("x", -35, degrees=True)
    frames[S1] = Frame(origin, turn.apply(np.eye(3)), "made")
    points[S1, 105] = origin
    for poi, offset in SACRAL.items():
        points[S1, poi] = frames[S1].to_ras(np.array(offset, dtype=float))
        points[S1, point(poi).mirror] = frames[S1].to_ras(np.array(offset, dtype=float) * [-1, 1, 1])
    return points, frames


def rebuilt(generator, places):
    """Build a model anew from points of interest that are each off by a step; what is none of them by a step for its place."""
    points, frames = column_on_a_sacrum()
    moved = {key: at + 1.5 * generator.standard_normal(3) for key, at in points.items()}
    turned = {}
    for key, frame in frames.items():
        mine = [each for each in points if each[0] == key and each[1] not in INSIDE]
        before, after = (np.array([where[each] for each in mine]) for where in (points, moved))
        best, _ = Rotation.align_vectors(after - after.mean(axis=0), before - before.mean(axis=0))
        turned[key] = Frame(moved[key, 105 if key == S1 else 50], best.apply(frame.axes), "drawn")
    model = build_model(moved, turned, MAN)
    paths, off = model.muscles.points.copy(), {}
    for at, (name, side) in enumerate(zip(model.muscles.names, model.muscles.sides, strict=True)):
        path = places[name.rsplit("_", 1)[0]]
        for step, place in enumerate(path):
            if not is_placed(place):
                paths[at, step] += off.setdefault((place, side), 1.5 * generator.standard_normal(3))
        paths[at, len(path) :] = paths[at, len(path) - 1]
    return replace(model, muscles=replace(model.muscles, points=paths))


def is_placed(place):
    """Say whether a point of a path is a point of interest of a level that is seen."""
    poi, at, where = place.partition("@")
    return bool(at) and where in NAMES and poi.isdigit()


def test_an_interval_spreads_like_models_built_anew_from_other_points():
    with (Path(room.__file__).parent / "fascicles.csv").open(encoding="utf-8") as file:
        places = {row["name"]: [each.strip() for each in row["path"].split(">")] for row in csv.DictReader(file)}
    generator = np.random.default_rng(7)
    anew = [loads(rebuilt(generator, places), TASKS["standing"]) for _ in range(80)]
    model = build_model(*column_on_a_sacrum(), MAN)
    around = interval(model, TASKS["standing"], samples=160, spread=POINTS_ALONE)
    lumbar = [at for at, key in enumerate(model.levels) if level(key).region == "lumbar"]
    for name in ("compression", "shear_anterior", "shear_right"):
        wide = (around.high[name] - around.low[name])[lumbar]
        ends = np.percentile([getattr(each, name)[lumbar] for each in anew], (2.5, 97.5), axis=0)
        np.testing.assert_allclose(ends[1] - ends[0], wide, rtol=0.45, err_msg=name)
        assert np.mean((ends[1] - ends[0]) / wide) == pytest.approx(1.0, abs=0.2), name
