"""True angles and dimensions of the phantom, against arithmetic that shares nothing with them."""

from __future__ import annotations

from dataclasses import asdict

import numpy as np
import pytest
from spinetwin.anatomy import level, subregion
from spinetwin.phantom import Curve, Spine, SpineParameters, VertebraShape, make_spine
from spinetwin.phantom.ground_truth.angles import angles, turning_pairs
from spinetwin.phantom.ground_truth.endplates import endplates
from spinetwin.phantom.ground_truth.quadrature import part_moments
from spinetwin.phantom.ground_truth.search import answered
from spinetwin.phantom.ground_truth.sizes import body_landmarks, body_sizes, canal_sizes, lengths, sizes

ROTATION = np.linalg.qr(np.random.default_rng(3).standard_normal((3, 3)))[0]
TURN = ROTATION * np.sign(np.linalg.det(ROTATION))
L3 = level("L3").id


def flat(content):
    """Every number of nested dataclasses and mappings, in order."""
    if isinstance(content, dict):
        return [each for value in content.values() for each in flat(value)]
    if isinstance(content, (list, tuple)):
        return [each for value in content for each in flat(value)]
    return [content]


# --- angles -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("lordosis", "kyphosis", "neck"), [(50, 40, 15), (30, 60, -5), (70, 20, 25)])
def test_a_flat_spine_has_the_angles_that_were_asked_for(lordosis, kyphosis, neck):
    found = angles(make_spine(SpineParameters(lordosis=lordosis, kyphosis=kyphosis, cervical_lordosis=neck)))
    assert found.kyphosis_t1_t12 == pytest.approx(kyphosis, abs=1e-6)
    assert found.cervical_lordosis_c2_c7 == pytest.approx(neck, abs=1e-6)
    # the wings of the sacrum rise a little into its endplate
    assert found.lordosis_l1_s1 == pytest.approx(lordosis, abs=0.2)
    assert 0 < found.kyphosis_t4_t12 < kyphosis
    assert found.curves == ()
    assert set(found.axial_rotation.values()) == {0.0}


@pytest.mark.parametrize(("cobb", "side"), [(25, "right"), (60, "left")])
def test_a_curve_is_found_where_it_was_put(cobb, side):
    spine = make_spine(SpineParameters(curves=(Curve(cobb, apex="T8", side=side),)))
    found = angles(spine)
    curve = max(found.curves, key=lambda each: each.cobb)
    assert curve.cobb == pytest.approx(cobb, abs=0.5)
    assert (curve.apex, curve.side) == ("T8", side)
    assert (curve.upper, curve.lower) == ("T3", "L1")
    most = max(found.axial_rotation, key=lambda name: abs(found.axial_rotation[name]))
    assert most == "T8"
    assert (found.axial_rotation["T8"] > 0) == (side == "right")


def test_the_axial_rotation_is_that_against_the_sacrum():
    spine = make_spine(SpineParameters(curves=(Curve(50, apex="L2"),)))
    right, sacrum = spine.upright[level("L2").id].right, spine.upright[level("S1").id].right
    wanted = np.degrees(np.arccos(right[:2] @ sacrum[:2] / np.linalg.norm(right[:2]) / np.linalg.norm(sacrum[:2])))
    found = angles(spine).axial_rotation
    assert found["L2"] == pytest.approx(wanted)
    assert found["S1"] == 0.0


def test_two_curves_point_to_two_sides():
    spine = make_spine(
        SpineParameters(curves=(Curve(45, apex="T7", half_length=3), Curve(35, apex="L1", side="left", half_length=3)))
    )
    found = [curve for curve in angles(spine).curves if curve.apex in ("T7", "L1")]
    assert [(curve.apex, curve.side) for curve in found] == [("T7", "right"), ("L1", "left")]
    assert [curve.cobb for curve in found] == pytest.approx([45, 35], abs=0.7)
    assert found[0].lower == found[1].upper


def test_what_is_not_built_has_no_angle():
    found = angles(make_spine(SpineParameters(levels="L2-L4")))
    assert (found.lordosis_l1_s1, found.sacral_slope, found.kyphosis_t1_t12, found.pelvic_tilt) == (None,) * 4
    assert list(found.axial_rotation) == ["L2", "L3", "L4"]


@pytest.mark.parametrize(
    ("series", "pairs"),
    [
        ([0, 0, 0], []),
        ([0, 4, 0, -4, 0], []),
        ([0, 0, 12, 0, 0], [(1, 2), (2, 3)]),
        ([0, 12, 11, 13, 0], [(0, 3), (3, 4)]),
        ([10, 5, 0, -5, -10], [(0, 4)]),
        ([], []),
    ],
)
def test_turning_places(series, pairs):
    assert turning_pairs(series, 10) == pairs


def test_turning_the_person_changes_no_angle_and_no_size():
    spine = make_spine(SpineParameters(levels="L2-L3", curves=(Curve(40, apex="L2"),)))
    turned = spine.transformed(TURN, (10, -20, 300))
    assert flat(asdict(angles(turned))) == pytest.approx(flat(asdict(angles(spine))), abs=1e-9)
    key = level("L2").id
    assert flat(asdict(sizes(turned, key))) == pytest.approx(flat(asdict(sizes(spine, key))), abs=1e-9)


# --- dimensions -------------------------------------------------------------------------------------------------------


def test_the_landmarks_of_a_box_are_its_corners():
    half = np.array([20.0, 15.0, 12.0])
    search = body_landmarks(((-21, -16, -13), (21, 16, 13)), np.array([0.4, -0.3, 0.2]))
    marks = answered(lambda p: np.max(np.abs(p) - half, axis=-1), search)
    found = lengths(marks)
    wanted = {"height_front": 24, "height_middle": 24, "height_back": 24, "width": 40, "depth": 30}
    wanted |= {"superior_width": 40, "superior_depth": 30, "inferior_width": 40, "inferior_depth": 30}
    assert found == pytest.approx(wanted, abs=0.01)


@pytest.mark.parametrize("name", ["C4", "C7", "T2", "T8", "T12", "L3", "L5"])
def test_a_body_has_the_dimensions_of_its_row(name):
    shape = VertebraShape.of(name)
    row, found = shape.row, body_sizes(shape)
    for key, nominal in (("height_front", row.height_front), ("height_back", row.height_back)):
        assert found[key] == pytest.approx(nominal, abs=0.2), key
    # the waist takes from the width, the taper gives some of it back in front of the middle
    assert row.body_width * 0.85 < found["width"] < row.body_width * 1.03
    assert row.body_depth * 0.8 < found["depth"] < row.body_depth + 0.2
    assert found["superior_tilt_forward"] == pytest.approx(-row.endplate_angle, abs=1e-6)
    assert found["inferior_tilt_forward"] == pytest.approx(row.endplate_angle, abs=1e-6)
    assert found["superior_tilt_right"] == pytest.approx(0, abs=1e-9)


def test_the_middle_height_is_that_of_the_formula():
    shape = VertebraShape.of("L3")
    body, y = shape.body, part_moments(shape)[49].centroid[1]
    turned = body.rim * (1.0 - np.sqrt(0.5))  # by so much the corner of a rounded edge lies within each of its faces
    here, corner = (np.exp(-((place / (0.72 * body.depth / 2)) ** 2)) for place in (y, body.depth / 2 - turned))
    height = body.height + 2 * turned - sum(body.concavity) * (here - corner)
    assert body_sizes(shape)["height_middle"] == pytest.approx(height, abs=0.01)


@pytest.mark.parametrize("name", ["C1", "C5", "T8", "L4"])
def test_the_canal_is_as_wide_as_its_row_says(name):
    shape = VertebraShape.of(name)
    found = canal_sizes(shape)
    assert found["canal_width"] == pytest.approx(shape.row.canal_width, abs=0.15)
    # the row holds behind the middle of the body; the canal is least deep above it, because its posterior wall leans
    assert shape.row.canal_depth - 2.2 < found["canal_depth"] < shape.row.canal_depth + 1.0


def test_a_disc_opens_as_its_endplates_do():
    spine = make_spine(SpineParameters(lordosis=60))
    upper, lower = (level(name).id for name in ("L4", "L5"))
    tilts = [
        plate.seen(spine.upright[key].origin, spine.upright[key].axes).tilt_forward
        for key, plate in (
            (upper, endplates(spine.shapes[upper])["inferior"]),
            (lower, endplates(spine.shapes[lower])["superior"]),
        )
    ]
    found = sizes(spine, upper)
    assert found.disc_wedge_forward == pytest.approx(tilts[1] - tilts[0])
    assert found.disc_wedge_right == pytest.approx(0, abs=1e-9)
    assert found.disc_height_front > found.disc_height_middle > found.disc_height_back > 4
    # a wedge: what it gains in front of the middle of the rims is its depth times its angle
    opening = np.degrees(2 * np.arctan((found.disc_height_front - found.disc_height_back) / 2 / found.inferior_depth))
    assert opening == pytest.approx(found.disc_wedge_forward, abs=0.5)


def test_levels_without_a_body_have_no_body():
    spine = make_spine(SpineParameters(levels="C1-C3"))
    atlas, axis = sizes(spine, level("C1").id), sizes(spine, level("C2").id)
    assert (atlas.width, atlas.height_front, atlas.disc_height_middle) == (None, None, None)
    assert (axis.height_middle, axis.superior_depth) == (None, None)
    assert axis.inferior_depth > 10
    assert axis.disc_height_middle > 3
    assert "corpus_border" not in atlas.volumes


@pytest.mark.parametrize("name", ["C6", "T9", "L2"])
def test_voxels_of_half_a_millimetre_have_the_true_volumes(name):
    key = level(name).id
    spine = make_spine(SpineParameters(levels=name))
    spine = Spine(spine.parameters, spine.shapes, spine.upright, {}, {})
    maps = spine.voxelise(spine.grid(0.5, oblique_deg=10))
    exact = sizes(spine, key).volumes
    for part, volume in exact.items():
        count = (maps.subregions == subregion(part).id).sum()
        assert count * maps.grid.voxel_volume == pytest.approx(volume, rel=0.01), part
