"""Spines with other levels than usual, and vertebrae whose axes rest on other points than usual."""

import numpy as np
import pytest
from made_columns import LEVELS, MAN, made_column, made_model
from spinetwin.anatomy import level, point
from spinetwin.biomechanics import TASKS, build_model, loads
from spinetwin.biomechanics.column import TEMPLATE, find_column
from spinetwin.biomechanics.posture import flexed
from spinetwin.errors import ParameterError
from spinetwin.measure.frames import frames_from_points

LUMBAR = ["L1", "L2", "L3", "L4", "L5"]
THORAX = [f"T{number}" for number in range(1, 13)]


@pytest.mark.parametrize(
    ("names", "extra", "as_usual"),
    [
        ([*THORAX, "T13", *LUMBAR], "T13", {"T13": "T12", **{name: name for name in LUMBAR}}),
        (["T13", *LUMBAR], "T13", {"T13": "T12", **{name: name for name in LUMBAR}}),
        ([*LEVELS, "L6"], "L6", {"L6": "L5", "L5": "L4", **{name: name for name in ("T12", "L1", "L2", "L3", "L4")}}),
    ],
)
def test_a_spine_with_another_level_bends_where_no_rib_holds_it(names, extra, as_usual):
    model, usual = made_model(names), made_model()
    bent = flexed(model, 60.0, 0.4).bent
    of_usual = {level(key).name: angle for key, angle in zip(usual.levels, flexed(usual, 60.0, 0.4).bent, strict=True)}
    wanted = np.array([of_usual[as_usual[level(key).name]] if level(key).name in as_usual else 0.0 for key in model.levels])
    assert bent == pytest.approx(36.0 * wanted / wanted.sum())
    assert np.array_equal(bent > 0, model.mobile)
    note = next(each for each in model.notes if each.startswith(f"No published shares of flexion are of a spine with {extra}"))
    assert f"the joint below {extra} bends as a usual one below {as_usual[extra]}" in note
    assert not any("No published shares" in each for each in usual.notes)


def test_another_level_does_not_make_a_spine_larger():
    column, frames = made_column([*THORAX, "T13", *LUMBAR])
    assert find_column(column, frames, 20.0).size == pytest.approx(find_column(*made_column(), 20.0).size, rel=0.02)


def test_what_is_above_a_highest_t13_stands_on_it_as_on_l1():
    column = find_column(*made_column(["T13", *LUMBAR]), 20.0)
    step = column.frame_of(level("T12").id).origin - column.frames[level("T13").id].origin
    usual = TEMPLATE[level("T12").id][0] - TEMPLATE[level("L1").id][0]
    assert column.trunk @ step == pytest.approx(column.size * usual)


def test_a_spine_of_four_lumbar_vertebrae_is_refused():
    with pytest.raises(ParameterError, match="There is no model of a spine of four lumbar vertebrae"):
        made_model([*THORAX, *LUMBAR[:-1]])
    with pytest.raises(ParameterError) as refused:
        made_model([*THORAX, *LUMBAR[:2], *LUMBAR[3:]])
    assert "four lumbar" not in str(refused.value)


def _directions(frame):
    return (128, -frame.anterior), (129, -frame.superior), (130, frame.right)


@pytest.mark.parametrize(("placed", "rested_on"), [((41, 61, 42), 41), ((61, 42), 42), ((61,), 61)])
def test_a_suspect_point_that_axes_rest_on_makes_the_result_red(placed, rested_on):
    points, frames = made_column()
    third = level("L3").id
    behind = {(third, poi): frames[third].to_ras([0.0, -20.0 - 0.1 * poi, 0.0]) for poi in placed}
    directions = {
        (key, poi): frame.origin + 10 * away
        for key, frame in frames.items()
        for poi, away in _directions(frame)
        if key != third
    }
    points = {**points, **directions, **behind}
    suspect = {(third, poi) for poi in (41, 42, 61, 128)}
    of_third = frames_from_points(points)
    model = build_model(points, of_third, MAN, suspect=suspect)
    note = f"Suspect points that the model rests on: {point(rested_on).name} of L3."
    assert note in model.notes
    assert not loads(model, TASKS["standing"]).trusted
    askew = {**points, (third, rested_on): points[third, rested_on] + [25.0, 0.0, 0.0]}
    assert not np.allclose(frames_from_points(askew)[third].axes, of_third[third].axes, atol=0.1)
    whole = {**points, **{(third, poi): frames[third].origin + 10 * away for poi, away in _directions(frames[third])}}
    assert build_model(whole, frames_from_points(whole), MAN, suspect=suspect - {(third, 128)}).suspect == ()
