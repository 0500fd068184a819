"""Bodies found in maps that know a vertebra as one label, against the subregions the phantom knows."""

import numpy as np
import pytest
from spinetwin.anatomy import level
from spinetwin.anatomy.subregions import SubregionId as Sub
from spinetwin.geometry import Grid
from spinetwin.measure.compute import measure
from spinetwin.measure.subject import Subject
from spinetwin.phantom import Curve, Spacing, SpineParameters, make_spine
from spinetwin.phantom.ground_truth.sizes import sizes
from spinetwin.poi import compute_pois
from spinetwin.segmentation.whole_vertebrae import split_vertebrae

BODIES = (Sub.BODY_BORDER, Sub.BODY, Sub.DENS)


@pytest.fixture(scope="module", params=[Spacing(1.5, 1.5, 1.5), Spacing(right=3.3, anterior=0.75, superior=0.75)], ids=str)
def scene(request):
    spine = make_spine(SpineParameters(levels="C5-S1", curves=(Curve(40.0, apex="T9"),)))
    maps = spine.voxelise(spine.grid(request.param, "PIR", 12.0))
    vertebrae = np.where(maps.vertebrae < 100, maps.vertebrae, 0).astype(np.uint16)
    return spine, maps, *split_vertebrae(vertebrae, maps.grid)


@pytest.fixture(scope="module")
def measured(scene):
    split = scene[2]
    points = compute_pois(split)
    placed = {poi.key: np.array(poi.position) for poi in points if poi.position is not None}
    return measure(Subject.of(placed, points.frames, maps=split, whole=True), draws=0)


def overlap(maps, split, key):
    """Dice coefficient of the body of a level."""
    own = maps.vertebrae == key
    true, got = own & np.isin(maps.subregions, BODIES), own & (split.subregions == Sub.BODY_BORDER)
    return 2 * (true & got).sum() / (true.sum() + got.sum())


def test_every_body_is_found(scene):
    _, maps, split, bodies = scene
    assert not bodies.unsure
    assert [level(key).name for key in bodies.found][::19] == ["C5", "L5"]
    for key in bodies.found:
        # the roots of the transverse processes of the neck lie beside the body
        least = 0.88 if level(key).region == "cervical" else 0.94
        assert overlap(maps, split, key) > least, level(key).name


def test_heights_of_bodies_and_discs_are_those_of_the_shape(scene, measured):
    spine, _, _, bodies = scene
    for name in ("height_front", "height_middle", "height_back"):
        errors = [
            each.value - getattr(sizes(spine, each.level), name)
            for each in measured.of(f"body_{name}")
            if each.value is not None
        ]
        assert len(errors) == len(bodies.found)
        assert np.abs(errors).mean() < 0.6
        assert np.percentile(np.abs(errors), 90) < 1.2
    for place in ("front", "back"):
        errors = [
            each.value - getattr(sizes(spine, each.level), f"disc_height_{place}")
            for each in measured.of(f"disc_height_{place}")
            if each.value is not None
        ]
        assert len(errors) >= len(bodies.found) - 1
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
    first = split_vertebrae(vertebrae, maps.grid)[0].subregions
    turned = np.ascontiguousarray(vertebrae.transpose(2, 0, 1)[::-1])
    affine = maps.grid.ijk_to_ras[:, [2, 0, 1, 3]].copy()
    affine[:3, 3] += (maps.grid.shape[2] - 1) * affine[:3, 0]
    affine[:3, 0] *= -1
    second = split_vertebrae(turned, Grid(turned.shape, affine))[0].subregions
    back = second[::-1].transpose(1, 2, 0)
    differ = (first == Sub.BODY_BORDER) != (back == Sub.BODY_BORDER)
    assert differ.sum() < 0.005 * (first == Sub.BODY_BORDER).sum()


def test_a_spine_that_leans_far_is_found_too():
    # the whole scene turned by 45 degrees about the patient's right axis
    spine = make_spine(SpineParameters(levels="T11-L3"))
    maps = spine.voxelise(spine.grid(1.5, "RAS", 0.0))
    vertebrae = np.where(maps.vertebrae < 100, maps.vertebrae, 0).astype(np.uint8)
    c = np.sqrt(0.5)
    turn = np.array([[1.0, 0, 0, 0], [0, c, -c, 0], [0, c, c, 0], [0, 0, 0, 1]])
    upright = split_vertebrae(vertebrae, maps.grid)[0].subregions
    leaning = split_vertebrae(vertebrae, Grid(maps.grid.shape, turn @ maps.grid.ijk_to_ras))[0].subregions
    assert ((upright == Sub.BODY_BORDER) != (leaning == Sub.BODY_BORDER)).sum() < 0.005 * (upright == Sub.BODY_BORDER).sum()


def test_stray_pieces_cost_nothing_and_a_lost_body_is_unsure(scene):
    _, maps, _, bodies = scene
    vertebrae = np.where(maps.vertebrae < 100, maps.vertebrae, 0).astype(np.uint16)
    l2, l1 = level("L2").id, level("L1").id
    vertebrae[:3, :3, :3] = l2
    vertebrae[(vertebrae == l1) & np.isin(maps.subregions, BODIES)] = 0
    split, again = split_vertebrae(vertebrae, maps.grid)
    assert split.vertebrae[0, 0, 0] == 0
    assert overlap(maps, split, l2) > 0.94
    assert again.unsure == (l1,)
    assert len(again.found) == len(bodies.found) - 1


def test_discs_and_the_sacrum_keep_their_names():
    vertebrae = np.zeros((20, 20, 40), dtype=np.uint16)
    sacrum, disc = level("S1").id, level("L5").disc_id
    vertebrae[5:15, 5:15, 5:15], vertebrae[5:15, 5:15, 16:20] = sacrum, disc
    vertebrae[:2, :2, :2] = level("L5").endplate_id
    split, bodies = split_vertebrae(vertebrae, Grid(vertebrae.shape, np.eye(4)))
    assert (bodies.found, bodies.unsure) == ((), ())
    assert np.array_equal(split.vertebrae, np.where(vertebrae < 200, vertebrae, 0))
    assert np.array_equal(split.subregions == Sub.SACRUM, vertebrae == sacrum)
    assert np.array_equal(split.subregions == Sub.DISC, vertebrae == disc)
