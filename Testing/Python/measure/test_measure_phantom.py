"""Measurements of a voxelised spine against what was asked of it, and against its continuous shape."""

import numpy as np
import pytest
from spinetwin.anatomy import PointId, SubregionId, level
from spinetwin.geometry import LabelMaps
from spinetwin.measure.compute import measure
from spinetwin.measure.subject import Subject
from spinetwin.phantom import Curve, Spacing, SpineParameters, make_spine
from spinetwin.phantom.ground_truth.endplates import endplates
from spinetwin.phantom.ground_truth.sizes import canal_sizes, sizes
from spinetwin.poi import compute_pois

L3 = level("L3").id


@pytest.fixture(scope="module")
def scene():
    spine = make_spine(SpineParameters(curves=(Curve(40.0, apex="T8"),)))
    maps = spine.voxelise(spine.grid(1.5, "PIR", 7.0))
    return spine, maps, compute_pois(maps)


def subject(scene, **changes):
    _, maps, points = scene
    placed = {poi.key: np.array(poi.position) for poi in points if poi.position is not None}
    return Subject.of(placed, points.frames, maps=maps, **changes)


@pytest.fixture(scope="module")
def found(scene):
    return measure(subject(scene), draws=0)


def test_the_curve_that_was_put_in_is_found(found):
    (major,) = [each.curve for each in found.of("cobb_patient") if each.value > 35]
    assert found.get("cobb_patient", curve=major).value == pytest.approx(40.0, abs=1.5)
    assert found.get("curve_side", curve=major).text == "right"
    assert found.get("curve_apex", curve=major).text in ("T7", "T8", "T9")
    ends = found.get("curve_ends", curve=major).text
    assert ends in ("T3-L1", "T2-L1", "T3-T12", "T4-L1")


def test_a_notch_in_an_endplate_is_not_taken_for_its_rim(scene):
    """On real endplates the ray that looks for the front corner may leave the body at a notch, 13 mm behind the front wall."""
    _, maps, points = scene
    placed = {poi.key: np.array(poi.position) for poi in points if poi.position is not None}
    whole = Subject.of(placed, points.frames, maps=maps).spine.plate(L3, "superior")
    frame = points.frames[L3]
    voxels = np.argwhere((maps.vertebrae == L3) & (maps.subregions == SubregionId.BODY_BORDER))
    right, front, up = (frame.to_local(maps.grid.to_ras(voxels)) - frame.to_local(whole.front)).T
    subregions = maps.subregions.copy()
    subregions[tuple(voxels[(np.abs(right) < 8) & (front > -12) & (front < -7) & (up > -5)].T)] = 0
    notched = LabelMaps(maps.grid, subregions, maps.vertebrae)
    corner = {**placed, (L3, PointId.ALL_SUPERIOR): whole.front - 13.0 * frame.anterior}
    found = Subject.of(corner, points.frames, maps=notched).spine.plate(L3, "superior")
    assert np.linalg.norm(found.front - whole.front) < 1.0


def test_lordosis_and_slope_reach_down_to_the_sacrum_that_the_disc_shows(found):
    assert found.get("lordosis_l1_s1").value == pytest.approx(50.0, abs=3.0)
    assert 20 < found.get("sacral_slope").value < 50
    assert found.get("coronal_balance").value == pytest.approx(0.0, abs=8.0)


def test_sizes_are_those_of_the_shape(scene, found):
    spine = scene[0]
    true = canal_sizes(spine.shapes[L3])
    assert found.get("canal_width", L3).value == pytest.approx(true["canal_width"], abs=1.2)
    for side in ("left", "right"):
        assert found.get("facet_orientation", L3, side).value == pytest.approx(
            found.get("facet_orientation", L3, "left").value, abs=8.0
        )
    assert found.get("body_width", L3).value == pytest.approx(41.6, abs=1.5)
    area = found.get("endplate_area_superior", L3).value
    width, depth = spine.shapes[L3].row.body_width, spine.shapes[L3].row.body_depth
    assert 0.75 * width * depth * np.pi / 4 < area < 1.2 * width * depth * np.pi / 4


@pytest.mark.parametrize("name", ["C4", "C6", "T1", "T4", "T8", "T12", "L1", "L3", "L4"])
def test_pedicles_are_as_wide_as_the_shape_was_made(scene, found, name):
    key = level(name).id
    widths = [found.get("pedicle_width", key, side).value for side in ("left", "right")]
    assert np.mean(widths) == pytest.approx(scene[0].shapes[key].row.pedicle_width, abs=1.6)


def test_every_number_of_a_whole_spine_has_a_unit_and_no_level_is_lost(found):
    assert {each.level for each in found.of("body_height_back")} == set(range(2, 25))
    assert all(each.unit for each in found if each.value is not None)
    assert sum(each.missing for each in found) < 0.02 * len(found)


def test_an_edited_corner_overrules_the_fitted_endplate(scene):
    points = {poi.key: np.array(poi.position) for poi in scene[2] if poi.position is not None}
    rim = [(L3, poi) for poi in (101, 117, 109)]
    lifted = {**points, **{key: points[key] + 3.0 * scene[2].frames[L3].superior for key in rim}}
    before, after = (
        measure(Subject.of(each, scene[2].frames, maps=scene[1], edited=frozenset(rim)), draws=0).get("body_wedge", L3).value
        for each in (points, lifted)
    )
    # 3 mm at the front of an endplate some 31 mm deep, which makes the body more lordotic
    assert after - before == pytest.approx(-np.degrees(np.arctan(3.0 / 31.0)), abs=0.3)


def test_doubtful_points_are_said_with_what_rests_on_them(scene):
    suspect = frozenset({(L3, 101)})
    found = measure(subject(scene, suspect=suspect), draws=0)
    assert found.get("body_height_front", L3).reason == "points of L3 are suspect"
    assert found.get("body_height_front", level("L4").id).reason == ""


@pytest.mark.parametrize("spacing", [Spacing(1.5, 1.5, 1.5), Spacing(right=3.3, anterior=0.75, superior=0.75)])
def test_the_axes_of_the_sacrum_come_from_its_endplate_and_its_alae(spacing):
    spine = make_spine(SpineParameters(levels="L4-S1", curves=(Curve(30.0, apex="L2"),)))
    maps = spine.voxelise(spine.grid(spacing, "PIR", 7.0))
    points = compute_pois(maps)
    placed = {poi.key: np.array(poi.position) for poi in points if poi.position is not None}
    found, true = Subject.of(placed, points.frames, maps=maps).spine, spine.frames[level("S1").id]
    frame = found.frames[level("S1").id]
    assert abs(np.degrees(np.arctan2(frame.right @ true.anterior, frame.right @ true.right))) < 0.5
    plate = endplates(spine.shapes[level("S1").id])["superior"].seen(true.origin, true.axes)
    assert np.degrees(np.arccos(np.clip(frame.superior @ plate.normal, -1, 1))) < 2.0


def test_the_axis_has_no_superior_endplate(found):
    lost = found.get("endplate_area_superior", level("C2").id)
    assert lost.reason == "C2 has no superior endplate: the dens stands there"
    assert found.get("endplate_depth_inferior", level("C2").id).value > 8


def test_every_number_says_how_far_it_may_be_off(scene):
    found = measure(subject(scene, heads=np.array([[-90.0, 0.0, -700.0], [90.0, 0.0, -700.0]])), draws=40)
    numbers = [each for each in found if each.value is not None]
    unsure = {(each.name, level(each.level).name) for each in numbers if each.uncertainty is None and each.level}
    # the axes of the atlas are those of its neighbours, the sacrum is the reference
    assert unsure == {(name, key) for name in ("axial_rotation", "lateral_tilt") for key in ("C1", "S1")}
    assert all(each.uncertainty is not None for each in found if each.value is not None and each.level is None)
    assert all(each.uncertainty >= 0 for each in found if each.uncertainty is not None)


@pytest.mark.parametrize(("name", "field"), [("body_height_front", "height_front"), ("body_height_back", "height_back")])
def test_heights_are_as_uncertain_as_they_are_wrong(scene, name, field):
    found = measure(subject(scene), draws=60)
    off = [
        (each.value - getattr(sizes(scene[0], each.level), field)) / each.uncertainty
        for each in found.of(name)
        if each.value is not None and getattr(sizes(scene[0], each.level), field) is not None
    ]
    assert len(off) > 20
    assert 0.3 < np.sqrt(np.mean(np.square(off))) < 2.5
