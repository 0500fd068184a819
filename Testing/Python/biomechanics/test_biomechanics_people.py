"""What the model makes of spines of known shape, beside what was measured in people and what other models have."""

from functools import cache

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
