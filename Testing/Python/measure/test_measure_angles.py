"""Angles on spines of boxes, where each is arithmetic."""

import numpy as np
import pytest
from spinetwin.anatomy import LEVELS, level
from spinetwin.geometry import Frame
from spinetwin.measure import bodies, sagittal
from spinetwin.measure.compute import measure
from spinetwin.measure.landmarks import Landmarks, Plate
from spinetwin.measure.planes import image_coronal, patient_coronal, patient_sagittal
from spinetwin.measure.results import MissingInput
from spinetwin.measure.rotation import axial_rotation, lateral_tilt
from spinetwin.measure.subject import Subject

EXACT = 1e-6
KEYS = [each.id for each in LEVELS if level("T1").order <= each.order <= level("L5").order and each.name not in ("T13", "L6")]


def arc(total):
    """Lean of each level on a circular arc that turns by `total` degrees from T1 to L5."""
    return np.linspace(-total / 2, total / 2, len(KEYS))


def coronal_spine(leans, boxes, forward=None):
    forward = np.zeros(len(leans)) if forward is None else forward
    frames = boxes.stack([boxes.turned(lean_forward=f, lean_right=r) for f, r in zip(forward, leans, strict=True)])
    return boxes.points_of(frames), frames


def test_the_cobb_angle_of_a_circular_arc(boxes):
    points, frames = coronal_spine(arc(50.0), boxes)
    found = measure(Subject.of(points, frames), draws=0)
    (curve,) = found.of("cobb_patient")
    assert curve.value == pytest.approx(50.0, abs=EXACT)
    assert found.get("curve_ends", curve=1).text == "T1-L5"
    assert found.get("curve_apex", curve=1).text == "T9"
    # the reference is the lowest level, which leans by 25 degrees to the right: that is no axial rotation of anything
    assert max(abs(each.value) for each in found.of("axial_rotation")) < EXACT


def test_the_side_is_where_the_convexity_points(boxes):
    points, frames = coronal_spine(arc(50.0), boxes)
    (side,) = measure(Subject.of(points, frames), draws=0).of("curve_side")
    offsets = {key: points[key, 50][0] for key in KEYS}
    bulges_right = offsets[level("T9").id] > (offsets[KEYS[0]] + offsets[KEYS[-1]]) / 2
    assert side.text == ("right" if bulges_right else "left")
    mirrored, frames = coronal_spine(-arc(50.0), boxes)
    (other,) = measure(Subject.of(mirrored, frames), draws=0).of("curve_side")
    assert {side.text, other.text} == {"left", "right"}


def test_three_curves_with_their_ends_and_apices(boxes):
    # leans in degrees from T1 to L5: curves of 25, 45 and 35 degrees between T4, T12 and L4
    knots = {"T1": 5.0, "T4": -20.0, "T12": 25.0, "L4": -10.0, "L5": -5.0}
    leans = np.interp(range(len(KEYS)), [KEYS.index(level(name).id) for name in knots], list(knots.values()))
    points, frames = coronal_spine(leans, boxes)
    found = measure(Subject.of(points, frames), draws=0)
    assert [each.text for each in found.of("curve_ends")] == ["T1-T4", "T4-T12", "T12-L4"]
    # in the image's plane the leans are what they are; the patient's plane is turned by nothing here
    assert [each.value for each in found.of("cobb_image")] == pytest.approx([25.0, 45.0, 35.0], abs=EXACT)
    sides = [each.text for each in found.of("curve_side")]
    assert sides[0] == sides[2] != sides[1]


def test_a_straight_spine_has_no_curve(boxes):
    points, frames = coronal_spine(np.zeros(len(KEYS)), boxes)
    found = measure(Subject.of(points, frames), draws=0)
    assert found.of("cobb_patient") == ()


def test_the_plane_of_maximum_curvature_of_an_arc_in_an_oblique_plane(boxes):
    # an arc of 60 degrees in an upright plane turned by 30 degrees to the front: its true size shows in that plane only
    turn = np.radians(30.0)
    about_s = np.array([[np.cos(turn), -np.sin(turn), 0], [np.sin(turn), np.cos(turn), 0], [0, 0, 1]])
    axes = [boxes.turned(lean_right=lean) @ about_s.T for lean in arc(60.0)]
    frames = boxes.stack(axes)
    straight = Frame(np.array([0.0, 0.0, -900.0]), np.eye(3), "box")
    points = boxes.points_of(frames)
    found = measure(Subject.of(points, {**frames, level("S1").id: straight}), draws=0)
    assert found.get("cobb_greatest", curve=1).value == pytest.approx(60.0, abs=1e-4)
    assert found.get("plane_of_maximum_curvature", curve=1).value == pytest.approx(30.0, abs=0.01)
    seen = 2 * np.degrees(np.arctan(np.tan(np.radians(30.0)) * np.cos(turn)))
    assert found.get("cobb_patient", curve=1).value == pytest.approx(seen, abs=EXACT)


def test_kyphosis_and_lordosis_of_arcs(boxes):
    lean = np.concatenate([np.linspace(15.0, -25.0, 12), np.linspace(-25.0, 30.0, 6)[1:]])
    points, frames = coronal_spine(np.zeros(len(KEYS)), boxes, forward=lean)
    _, ahead, up = boxes.turned(lean_forward=38.0)
    s1 = Plate(np.zeros(3), normal=up, front=16 * ahead, back=-16 * ahead)
    subject = Subject(Landmarks(points, frames, plates={(level("S1").id, "superior"): s1}))
    found = measure(subject, draws=0)
    by_level = dict(zip(KEYS, lean, strict=True))
    t4 = by_level[level("T4").id]
    assert found.get("kyphosis_t1_t12").value == pytest.approx(40.0, abs=EXACT)
    assert found.get("kyphosis_t4_t12").value == pytest.approx(t4 + 25.0, abs=EXACT)
    assert found.get("lordosis_l1_s1").value == pytest.approx(38.0 - by_level[level("L1").id], abs=EXACT)
    assert found.get("sacral_slope").value == pytest.approx(38.0, abs=EXACT)
    assert "lying position" in found.get("sacral_slope").reason


def test_pelvic_incidence_is_the_sum_of_tilt_and_slope(boxes):
    rng = np.random.default_rng(3)
    for _ in range(50):
        slope, tilt, radius = rng.uniform(10, 60), rng.uniform(-10, 40), rng.uniform(80, 130)
        normal = boxes.turned(lean_forward=slope)[2]
        hip = np.array([0.0, np.sin(np.radians(tilt)) * radius, -np.cos(np.radians(tilt)) * radius])
        heads = hip + np.array([[-90.0, 0, 0], [90.0, 0, 0]])
        plate = Plate(np.zeros(3), normal, normal * 0, normal * 0)
        spine = Landmarks({}, {26: Frame(np.zeros(3), np.eye(3))}, plates={(26, "superior"): plate})
        view = patient_sagittal(Frame(np.zeros(3), np.eye(3)))
        assert sagittal.pelvic_tilt(spine, heads, view) == pytest.approx(tilt, abs=EXACT)
        assert sagittal.sacral_slope(spine, view) == pytest.approx(slope, abs=EXACT)
        assert sagittal.pelvic_incidence(spine, heads, view) == pytest.approx(slope + tilt, abs=EXACT)


@pytest.mark.parametrize(("forward", "right", "axial"), [(0, 0, 20), (30, 0, -15), (10, 25, 12), (-40, -30, 35)])
def test_axial_rotation_and_tilt_are_the_angles_the_vertebra_was_turned_by(forward, right, axial, boxes):
    frame = Frame(np.zeros(3), boxes.turned(forward, right, axial))
    # whatever the slope of the sacrum
    for slope in (0.0, 40.0):
        reference = Frame(np.zeros(3), boxes.turned(slope))
        assert axial_rotation(frame, reference) == pytest.approx(axial, abs=EXACT)
        assert lateral_tilt(frame, reference) == pytest.approx(right, abs=EXACT)


def test_the_patients_planes_are_upright_and_follow_the_reference(boxes):
    reference = Frame(np.zeros(3), boxes.turned(35.0, 8.0, 20.0))
    coronal, front = patient_coronal(reference), patient_sagittal(reference)
    assert coronal.up @ [0, 0, 1] == pytest.approx(1.0)
    assert coronal.across @ coronal.up == pytest.approx(0.0, abs=1e-12)
    assert front.across @ coronal.across == pytest.approx(0.0, abs=1e-12)
    assert front.across[1] > 0.5
    assert image_coronal().across.tolist() == [1.0, 0.0, 0.0]


def test_wedges_heights_and_grades(boxes):
    frame = Frame(np.array([5.0, -3.0, 7.0]), boxes.turned(20.0, 10.0, 15.0))
    spine = Landmarks(boxes.box_points(22, frame, height_front=18.0, height_back=24.0, bowl=2.0), {22: frame})
    assert bodies.height(spine, 22, "front") == pytest.approx(18.0, abs=EXACT)
    assert bodies.height(spine, 22, "back") == pytest.approx(24.0, abs=EXACT)
    assert bodies.height(spine, 22, "middle") == pytest.approx(21.0 - 4.0, abs=EXACT)
    assert bodies.wedge(spine, 22) == pytest.approx(2 * np.degrees(np.arctan(3.0 / boxes.DEPTH)), abs=EXACT)
    assert bodies.lateral_wedge(spine, 22) == pytest.approx(0.0, abs=EXACT)
    assert bodies.concavity(spine, 22, "superior") == pytest.approx(2.0 * np.cos(np.arctan(3.0 / boxes.DEPTH)), abs=EXACT)
    assert bodies.height_lost(spine, 22) == pytest.approx(1 - 17 / 24, abs=EXACT)
    assert bodies.genant_grade(spine, 22) == "moderate (grade 2)"
    assert bodies.width(spine, 22) == pytest.approx(40.0, abs=EXACT)


@pytest.mark.parametrize(
    ("low", "grade"),
    [(23.0, "none (grade 0)"), (18.5, "mild (grade 1)"), (15.0, "moderate (grade 2)"), (12.0, "severe (grade 3)")],
)
def test_genant_grades(low, grade, boxes):
    frame = Frame(np.zeros(3), np.eye(3))
    spine = Landmarks(boxes.box_points(20, frame, height_front=low), {20: frame})
    spine = Landmarks({key: value for key, value in spine.points.items() if key[1] not in (105, 107)}, spine.frames)
    points = dict(spine.points)
    points[20, 105], points[20, 107] = np.array([0, 0, boxes.HEIGHT / 2]), np.array([0, 0, -boxes.HEIGHT / 2])
    assert bodies.genant_grade(Landmarks(points, spine.frames), 20) == grade


@pytest.mark.parametrize(
    ("slip", "grade"), [(0.5, "none"), (6.0, "grade 1"), (10.0, "grade 2"), (-12.0, "grade 2"), (31.0, "grade 5")]
)
def test_known_slips(slip, grade, boxes):
    lean = boxes.turned(30.0)
    upper = Frame(np.zeros(3), lean)
    below = Frame(-(boxes.HEIGHT + 9.0) * lean[2] - slip * lean[1], lean)
    spine = Landmarks({**boxes.box_points(23, upper), **boxes.box_points(24, below)}, {23: upper, 24: below})
    assert bodies.slip(spine, 23, 24) == pytest.approx(slip, abs=EXACT)
    assert bodies.meyerding_grade(spine, 23, 24) == grade
    for where in ("front", "middle", "back"):
        assert bodies.disc_height(spine, 23, 24, where) == pytest.approx(9.0, abs=EXACT)


def test_a_disc_that_opens_to_the_front(boxes):
    upper, lower = Frame(np.zeros(3), boxes.turned(0.0)), Frame(np.array([0.0, 0.0, -34.0]), boxes.turned(10.0))
    spine = Landmarks({**boxes.box_points(22, upper), **boxes.box_points(23, lower)}, {22: upper, 23: lower})
    assert bodies.disc_wedge(spine, 22, 23) == pytest.approx(10.0, abs=EXACT)
    front, back = (bodies.disc_height(spine, 22, 23, where) for where in ("front", "back"))
    assert front > back


def test_what_is_missing_has_a_reason(boxes):
    points, frames = coronal_spine(arc(50.0), boxes)
    for poi in (101, 102, 117, 118):
        del points[level("L3").id, poi]
    found = measure(Subject.of(points, frames), draws=0)
    lost = found.get("endplate_depth_superior", level("L3").id)
    assert lost.missing
    assert "101" in lost.reason
    assert found.get("lordosis_l1_s1").reason == "the corners of the superior endplate of S1 are not placed"
    assert found.get("pelvic_tilt").missing
    assert found.get("canal_area", level("L2").id).reason == "there are no label maps"
    assert not found.get("cobb_patient", curve=1).missing, "one bad level never costs the others"


def test_a_plate_needs_corners_that_span_a_plane():
    frame = Frame(np.zeros(3), np.eye(3))
    points = {(22, poi): frame.to_ras([0, y, 12.0]) for poi, y in ((101, 15.0), (117, 10.0), (102, -15.0))}
    with pytest.raises(MissingInput, match="lie on one line"):
        Landmarks(points, {22: frame}).plate(22, "superior")


def test_a_corner_that_a_person_placed_counts_however_far_off_it_lies(boxes):
    frame = Frame(np.zeros(3), np.eye(3))
    points = boxes.box_points(22, frame)
    points[22, 101] = points[22, 101] + [0.0, 0.0, 12.0]
    doubted = Landmarks(points, {22: frame}).plate(22, "superior")
    believed = Landmarks(points, {22: frame}, edited=frozenset({(22, 101)})).plate(22, "superior")
    assert doubted.normal == pytest.approx([0.0, 0.0, 1.0])
    corners = np.array([points[22, poi] for poi in (101, 102, 109, 110, 117, 118)])
    middle = corners.mean(axis=0)
    assert believed.centre == pytest.approx(middle)
    assert believed.normal == pytest.approx(
        np.linalg.svd(corners - middle)[2][2] * np.sign(np.linalg.svd(corners - middle)[2][2, 2])
    )


def test_uncertain_points_make_uncertain_angles(boxes):
    points, frames = coronal_spine(arc(50.0), boxes)
    sure = measure(Subject.of(points, frames), draws=400, seed=1)
    doubtful = frozenset((level("T1").id, poi) for poi in (101, 102, 109, 110, 117, 118))
    unsure = measure(Subject.of(points, frames, suspect=doubtful), draws=400, seed=1)
    first, second = (each.get("cobb_patient", curve=1).uncertainty for each in (sure, unsure))
    # lean of a plate through six corners at -10, 0 and 10 mm: sd of a slope with noise 1/sqrt(12) mm
    slope = np.degrees(12.0**-0.5 / np.sqrt(4 * 100.0))
    assert first == pytest.approx(np.sqrt(2) * slope, rel=0.15)
    assert second == pytest.approx(np.sqrt(10) * slope, rel=0.15)
    again = measure(Subject.of(points, frames), draws=400, seed=1)
    assert again.all == sure.all


LENKE_LEANS = {
    # the lean of the end vertebrae, degrees: Cobb angles are their differences
    "1": {"T1": 0, "T5": -20, "T12": 20, "L4": 0, "L5": 0},
    "2": {"T1": 15, "T5": -20, "T12": 20, "L4": 0, "L5": 0},
    "3": {"T1": 0, "T5": -20, "T12": 25, "L4": -15, "L5": -10},
    "4": {"T1": 15, "T5": -20, "T12": 25, "L4": -15, "L5": -10},
    "5": {"T1": 0, "T5": 5, "T11": 20, "L4": -20, "L5": -15},
    "6": {"T1": 0, "T5": -8, "T11": 20, "L4": -20, "L5": -15},
}


@pytest.mark.parametrize("kind", LENKE_LEANS)
def test_the_lenke_type_follows_from_the_structural_curves(kind, boxes):
    knots = LENKE_LEANS[kind]
    leans = np.interp(range(len(KEYS)), [KEYS.index(level(name).id) for name in knots], list(knots.values()))
    forward = np.linspace(10, -15, len(KEYS))
    points, frames = coronal_spine(leans, boxes, forward=forward)
    found = measure(Subject.of(points, frames), draws=0).get("lenke_type")
    assert found.text.startswith(kind), found
    assert "major curve" in found.reason
    assert "bending films" in found.reason


def test_a_straight_spine_has_no_lenke_type(boxes):
    points, frames = coronal_spine(np.zeros(len(KEYS)), boxes)
    assert "no scoliotic curve" in measure(Subject.of(points, frames), draws=0).get("lenke_type").reason
