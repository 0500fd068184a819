"""Bodies found in maps that know a vertebra as one label, against the subregions the phantom knows."""

import numpy as np
import pytest
from spinetwin.anatomy import level
from spinetwin.anatomy.subregions import SubregionId as Sub
from spinetwin.geometry import Grid
from spinetwin.measure.compute import measure
from spinetwin.measure.subject import Subject
from spinetwin.measure.wholes import with_bodies
from spinetwin.phantom import Curve, Spacing, SpineParameters, make_spine
from spinetwin.phantom.ground_truth.sizes import sizes
from spinetwin.poi import compute_pois

BODIES = (Sub.BODY_BORDER, Sub.BODY, Sub.DENS)


@pytest.fixture(scope="module", params=[Spacing(1.5, 1.5, 1.5), Spacing(right=3.3, anterior=0.75, superior=0.75)], ids=str)
def scene(request):
    spine = make_spine(SpineParameters(levels="C5-S1", curves=(Curve(40.0, apex="T9"),)))
    maps = spine.voxelise(spine.grid(request.param, "PIR", 12.0))
    vertebrae = np.where(maps.vertebrae < 100, maps.vertebrae, 0).astype(np.uint16)
    return spine, maps, with_bodies(vertebrae, maps.grid)


@pytest.fixture(scope="module")
def measured(scene):
    found = scene[2]
    points = compute_pois(found.maps)
    placed = {poi.key: np.array(poi.position) for poi in points if poi.position is not None}
    return measure(Subject.of(placed, points.frames, maps=found.maps, whole=True), draws=0)


def overlap(maps, found, key):
    """Dice coefficient of the body of a level."""
    own = maps.vertebrae == key
    true, got = own & np.isin(maps.subregions, BODIES), own & (found.maps.subregions == Sub.BODY_BORDER)
    return 2 * (true & got).sum() / (true.sum() + got.sum())


def test_every_body_is_found(scene):
    _, maps, found = scene
    assert not found.lacks
    assert [level(key).name for key in found.bodies][::19] == ["C5", "L5"]
    for key in found.bodies:
        # the roots of the transverse processes of the neck lie beside the body
        least = 0.88 if level(key).region == "cervical" else 0.94
        assert overlap(maps, found, key) > least, level(key).name


def test_heights_of_bodies_and_discs_are_those_of_the_shape(scene, measured):
    spine, _, found = scene
    for name in ("height_front", "height_middle", "height_back"):
        errors = [
            each.value - getattr(sizes(spine, each.level), name)
            for each in measured.of(f"body_{name}")
            if each.value is not None
        ]
        assert len(errors) == len(found.bodies)
        assert np.abs(errors).mean() < 0.6
        assert np.percentile(np.abs(errors), 90) < 1.2
    for place in ("front", "back"):
        errors = [
            each.value - getattr(sizes(spine, each.level), f"disc_height_{place}")
            for each in measured.of(f"disc_height_{place}")
            if each.value is not None
        ]
        assert len(errors) >= len(found.bodies) - 1
        assert np.abs(errors).mean() < 0.7
    assert measured.get("sacral_slope").value == pytest.approx(
        np.degrees(np.arctan2(*spine.frames[level("S1").id].superior[[1, 2]])), abs=8.0
    )


def test_what_such_a_map_cannot_tell_is_missing_with_its_reason(measured):
    l3 = level("L3").id
    assert "not in the label maps" in measured.get("disc_height_rectangle", l3).reason
    assert (
        "parts behind the body" in next(each for each in measured.of("part_volume") if each.level == l3 and each.missing).reason
    )
    for name, side in (("canal_area", ""), ("facet_orientation", "left"), ("pedicle_width", "right")):
        lost = measured.get(name, l3, side)
        assert lost.missing
        assert lost.reason


def test_the_same_bodies_whichever_way_the_map_is_stored():
    spine = make_spine(SpineParameters(levels="T11-L3"))
    maps = spine.voxelise(spine.grid(1.5, "RAS", 0.0))
    vertebrae = np.where(maps.vertebrae < 100, maps.vertebrae, 0).astype(np.uint8)
    first = with_bodies(vertebrae, maps.grid).maps.subregions
    turned = np.ascontiguousarray(vertebrae.transpose(2, 0, 1)[::-1])
    affine = maps.grid.ijk_to_ras[:, [2, 0, 1, 3]].copy()
    affine[:3, 3] += (maps.grid.shape[2] - 1) * affine[:3, 0]
    affine[:3, 0] *= -1
    second = with_bodies(turned, Grid(turned.shape, affine)).maps.subregions
    back = second[::-1].transpose(1, 2, 0)
    differ = (first == Sub.BODY_BORDER) != (back == Sub.BODY_BORDER)
    assert differ.sum() < 0.005 * (first == Sub.BODY_BORDER).sum()


def test_a_lying_spine_is_found_too():
    # the whole scene turned by 90 degrees about the patient's right axis: nothing asks where up is but the order of the levels
    spine = make_spine(SpineParameters(levels="T11-L3"))
    maps = spine.voxelise(spine.grid(1.5, "RAS", 0.0))
    vertebrae = np.where(maps.vertebrae < 100, maps.vertebrae, 0).astype(np.uint8)
    turn = np.array([[1.0, 0, 0, 0], [0, 0, -1, 0], [0, 1, 0, 0], [0, 0, 0, 1]])
    upright = with_bodies(vertebrae, maps.grid).maps.subregions
    lying = with_bodies(vertebrae, Grid(maps.grid.shape, turn @ maps.grid.ijk_to_ras)).maps.subregions
    assert ((upright == Sub.BODY_BORDER) != (lying == Sub.BODY_BORDER)).sum() < 0.005 * (upright == Sub.BODY_BORDER).sum()


def test_stray_pieces_cost_nothing_and_cut_vertebrae_say_why(scene):
    _, maps, found = scene
    vertebrae = np.where(maps.vertebrae < 100, maps.vertebrae, 0).astype(np.uint16)
    l2, l1 = level("L2").id, level("L1").id
    vertebrae[:3, :3, :3] = l2
    voxels = np.argwhere(vertebrae == l1)
    vertebrae[tuple(voxels[50:].T)] = 0
    again = with_bodies(vertebrae, maps.grid)
    assert again.lacks == {l1: "too little of the vertebra is in the map"}
    assert again.maps.vertebrae[0, 0, 0] == 0
    assert overlap(maps, again, l2) > 0.94
    assert l1 not in again.bodies
    assert len(again.bodies) == len(found.bodies) - 1


def test_an_open_ring_is_said():
    block = np.zeros((40, 40, 30), dtype=np.uint8)
    block[5:35, 5:35, 5:25] = level("L3").id
    found = with_bodies(block, Grid(block.shape, np.eye(4)))
    assert found.lacks == {level("L3").id: "no ring of bone closes around the canal"}
    assert not found.bodies
