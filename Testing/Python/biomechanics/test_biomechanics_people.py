"""What the model makes of spines of known shape, beside what was measured in people and what other models have."""

from functools import cache

import numpy as np
import pytest
from spinetwin.anatomy import level
from spinetwin.biomechanics import TASKS, Person, Task, build_model, loads
from spinetwin.phantom import Curve, SpineParameters, make_spine
from spinetwin.phantom.ground_truth.truth import truth
from spinetwin.report.loads.pictures import PUBLISHED

MAN, WOMAN = Person("m", 176.0, 70.0), Person("f", 165.0, 60.0)
UNLOADED_MPA, PRESSED_MM2 = 0.07, 0.66 * 1800.0
"""Of the disc of the man in whom Wilke measured: what it has without a load, and where the pressure of its nucleus presses."""

CLOSE = Task("close", "", -15.0, 20.0, pelvis_share=0.0, hands_ahead_mm=300.0)
AWAY = Task("away", "", 0.0, 20.0, hands_ahead_mm=570.0)


@cache
def trunk(person, curves=()):
    here = truth(make_spine(SpineParameters("T1-S1", sex=person.sex, height_cm=person.height_cm, curves=curves)))
    return build_model(dict(here.points), dict(here.frames), person)


@cache
def trunk_up_to(top):
    here = truth(make_spine(SpineParameters("T1-S1", sex="m", height_cm=MAN.height_cm)))
    points = {key: place for key, place in here.points.items() if level(key[0]).order >= level(top).order}
    return build_model(points, {key: here.frames[key] for key in here.frames if level(key).order >= level(top).order}, MAN)


def below(model, task, name="L4"):
    return float(loads(model, task).compression[model.levels.index(level(name).id)])


def test_bands_of_measured_pressures_are_those_pressures_on_an_endplate_and_say_of_whom():
    """As each source says: MPa times 0.66 of 12 to 21 cm2, to 10 N; the band of models is not called measured."""
    megapascals = {"standing": 0.5, "flexion-36": 1.1, "lifting-20kg": 2.3}
    measured = {row["task"]: row for row in PUBLISHED if "measured in a man of 70 kg" in row["basis"]}
    assert measured.keys() == megapascals.keys()
    for task, mpa in megapascals.items():
        assert f"{mpa:g} MPa times 0.66" in measured[task]["source"]
        ends = [float(measured[task][name]) for name in ("low_n", "high_n")]
        assert ends == pytest.approx([mpa * 0.66 * 1200, mpa * 0.66 * 2100], abs=10)
    others = [row for row in PUBLISHED if row["task"] not in measured]
    assert [row["basis"] for row in others] == ["models, not measured"]
    assert {row["task"] for row in PUBLISHED} <= TASKS.keys()


@pytest.mark.parametrize("person", [MAN, WOMAN], ids=["man", "woman"])
def test_forces_are_those_of_a_pressure_and_of_other_models(person):
    """0.5 MPa in vivo times 0.66 of an endplate; and 2360 and 2500 N of two image-based models."""
    model = trunk(person)
    assert 400.0 < below(model, TASKS["standing"]) < 700.0
    assert 2000.0 < below(model, TASKS["flexion-60-10kg"]) < 3200.0


@pytest.mark.parametrize(
    ("task", "ratio"),
    [
        (TASKS["supine"], 0.1 / 0.5),
        (TASKS["prone"], 0.1 / 0.5),
        (TASKS["flexion-36"], 1.1 / 0.5),
        (CLOSE, 1.1 / 0.5),
        (AWAY, 1.8 / 0.5),
        (TASKS["lifting-20kg"], 2.3 / 0.5),
    ],
    ids=lambda each: each.name if isinstance(each, Task) else "",
)
def test_pressures_over_that_of_standing_are_the_measured_ones(task, ratio):
    """Wilke 1999; `benchmarks/disc_pressures.py` tells which of them rest on what assumption."""
    pressures = [UNLOADED_MPA + below(trunk(MAN), each) / PRESSED_MM2 for each in (task, TASKS["standing"])]
    assert pressures[0] / pressures[1] == pytest.approx(ratio, rel=0.3)


def test_a_curve_of_45_degrees_presses_its_apex_by_at_most_a_third_more():
    slight, large = (trunk(WOMAN, (Curve(cobb),)) for cobb in (10.0, 45.0))
    for name in ("T8", "L4"):
        assert below(large, TASKS["standing"], name) < 1.3 * below(slight, TASKS["standing"], name)


@pytest.mark.parametrize("task", ["flexion-60", "flexion-60-10kg", "lifting-20kg"])
@pytest.mark.parametrize(("top", "degrees"), [("L1", 54), ("L2", 46)])
def test_a_column_that_ends_in_the_lumbar_spine_bends_like_a_whole_one(top, degrees, task):
    found = loads(trunk_up_to(top), TASKS[task])
    assert below(trunk_up_to(top), TASKS[task]) == pytest.approx(below(trunk(MAN), TASKS[task]), rel=0.15)
    told = [each for each in found.findings if f"above {top} are not seen and do not bend" in each.text]
    assert [each.severity for each in told] == ["note"]
    assert f"bent by {degrees} of 60 degrees" in told[0].text


def test_most_of_the_lumbar_spine_unseen_is_red_where_the_task_bends():
    short = trunk_up_to("L3")
    said = {
        name: [each.severity for each in loads(short, TASKS[name]).findings if "do not bend" in each.text] for name in TASKS
    }
    assert said["flexion-60"] == said["lifting-20kg"] == ["red"]
    assert said["standing"] == said["supine"] == []


def falls(task):
    return [
        each.text for each in loads(trunk(MAN), task).findings if each.severity == "red" and "the person falls" in each.text
    ]


@pytest.mark.parametrize("task", [*TASKS.values(), CLOSE, AWAY], ids=lambda task: task.name)
def test_nobody_falls_who_does_what_people_have_done(task):
    assert not falls(task)


@pytest.mark.parametrize(
    ("task", "centre"),
    [
        (Task("far", "", 0.0, 40.0, hands_ahead_mm=600.0), 220),
        (Task("heavy", "", 60.0, 80.0, hands_ahead_mm=400.0), 269),
    ],
    ids=lambda each: getattr(each, "name", ""),
)
def test_a_load_before_the_toes_is_red_upright_and_bent(task, centre):
    """Upright by hand: 33.4 kg of trunk, head and arms 6 mm ahead and 40 kg 600 mm ahead of 110 kg in all are 220 mm."""
    (said,) = falls(task)
    assert f"their centre {centre} mm in front" in said


@pytest.mark.parametrize(("flexion", "ahead"), [(0.0, None), (0.0, 300.0), (40.0, None)])
def test_more_load_in_the_hands_never_lowers_the_compression_of_a_crooked_spine(flexion, ahead):
    crooked = trunk(WOMAN, (Curve(45.0),))
    pressed = [
        loads(crooked, Task("hold", "", flexion, mass, hands_ahead_mm=ahead)).compression for mass in (0.0, 4.0, 8.0, 16.0)
    ]
    assert (np.diff(pressed, axis=0)[:, crooked.mobile] > -1e-6).all()
