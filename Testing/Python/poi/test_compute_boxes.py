"""Points of box vertebrae against arithmetic: exactness, storage orders, tilt, and what a rule does with odd masks."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from spinetwin.errors import MapError
from spinetwin.geometry import Grid, LabelMaps
from spinetwin.poi import Status
from spinetwin.poi.compute import compute_pois

SIX = {84: (-20, 0, 0), 85: (20, 0, 0), 105: (0, 0, 12), 106: (0, -15, 0), 107: (0, 0, -12), 108: (0, 15, 0)}


def position(points, level, point):
    found = points[level, point]
    assert found.position is not None, found
    return np.array(found.position)


def stored_as(maps: LabelMaps, order, flips) -> LabelMaps:
    """The same anatomy in another storage order."""
    change = np.zeros((4, 4))
    change[3, 3] = 1
    for new, old in enumerate(order):
        change[old, new] = -1 if flips[new] else 1
        change[old, 3] = maps.grid.shape[old] - 1 if flips[new] else 0
    subregions, vertebrae = (np.flip(a.transpose(order), np.flatnonzero(flips)) for a in (maps.subregions, maps.vertebrae))
    return LabelMaps(Grid(subregions.shape, maps.grid.ijk_to_ras @ change), subregions, vertebrae)


def test_an_exact_box_gives_exact_points_on_all_six_sides(three):
    points = compute_pois(three.maps())
    for point, expected in SIX.items():
        assert np.abs(position(points, 22, point) - expected).max() < 0.01


def test_a_box_with_thick_slices_gives_exact_points(three):
    # 4 mm slices whose faces coincide with the sides of the body, left to right.
    points = compute_pois(three.maps(spacing=(4.0, 0.5, 0.5), low=(-44, -70, -60), high=(44, 30, 60)))
    for point, expected in SIX.items():
        assert np.abs(position(points, 22, point) - expected).max() < 0.01


def test_corners_of_a_box_are_its_edges(three):
    points = compute_pois(three.maps(spacing=(0.5, 0.5, 0.5)))
    expected = {101: (0, 15, 12), 102: (0, -15, 12), 103: (0, 15, -12), 104: (0, -15, -12)}
    for point, corner in expected.items():
        assert np.linalg.norm(position(points, 22, point) - corner) < 0.4


def test_shifted_points_lie_a_third_of_the_articular_distance_aside(three):
    points = compute_pois(three.maps())
    shift = 24.0 / 3
    assert np.abs(position(points, 22, 113) - (-shift, 0, 12)).max() < 0.01
    assert np.abs(position(points, 22, 121) - (shift, 0, 12)).max() < 0.01
    assert np.abs(position(points, 22, 116) - (-shift, 15, 0)).max() < 0.01


@pytest.mark.parametrize(("level", "factor"), [(11, 12 / 11), (8, 15 / 11), (3, 20 / 11)])
def test_towards_the_neck_the_shift_is_divided(box_spine, level, factor):
    points = compute_pois(box_spine({level: (0, 0, 0), level + 1: (0, 0, -34)}).maps())
    assert position(points, level, 121)[0] == pytest.approx(8.0 / factor, abs=0.01)


@pytest.fixture
def axis(box_spine, box_parts):
    """C2 with a dens of 10 x 10 x 8 mm, which a ray straight up from a shifted start runs into, above C3."""
    box_parts[49].append(((-5, -5, 12), (5, 5, 20)))
    return box_spine({2: (0, 0, 0), 3: (0, 0, -34)}, parts={2: box_parts})


def test_on_the_axis_the_upper_lateral_points_lie_on_the_shoulder_beside_the_dens(axis):
    points = compute_pois(axis.maps())
    centre, shift = 800 * 16 / 29600, 8.0 / (21 / 11)
    assert shift < 5.0, "under the dens"
    for point, side in ((113, -1), (121, 1)):
        assert points[2, point].status is Status.OK
        assert np.abs(position(points, 2, point) - (side * (shift + 0.4 * (12 - centre)), 0, 12)).max() < 0.01
    assert np.abs(position(points, 2, 105) - (0, 0, 20)).max() < 0.01


def test_a_crack_in_a_shoulder_of_the_axis_is_told(axis):
    maps = axis.maps()
    local = maps.grid.to_ras(np.stack(np.indices(maps.grid.shape), -1))
    crack = (np.abs(local[..., 2] - 6) < 1.6) & (local[..., 0] > 2) & (local[..., 0] < 12) & (np.abs(local[..., 1]) < 4)
    kept = [np.where(crack, 0, each) for each in (maps.subregions, maps.vertebrae)]
    points = compute_pois(LabelMaps(maps.grid, *kept))
    assert points[2, 121].status is Status.SUSPECT
    assert "gap" in points[2, 121].reason
    assert position(points, 2, 121)[2] == pytest.approx(12, abs=0.01)
    assert points[2, 113].status is Status.OK


def test_process_tips_lie_where_the_ray_leaves_the_process(three):
    points = compute_pois(three.maps())
    # From the centroid (0, -48, -4) of the spinous process along I + 0.2 P to its underside at -10.
    assert np.abs(position(points, 22, 81) - (0, -49.2, -10)).max() < 0.01
    # From (26, -29, 1) along R + P to the back of the transverse process at -32.
    assert np.abs(position(points, 22, 82) - (29, -32, 1)).max() < 0.01
    assert np.abs(position(points, 22, 83) - (-29, -32, 1)).max() < 0.01
    assert np.abs(position(points, 22, 86) - (-11, -37, -22)).max() < 0.01
    assert np.abs(position(points, 22, 89) - (12, -30, 18)).max() < 0.01


def test_flavum_points_lie_on_the_front_of_the_arch_within_its_height(three):
    points = compute_pois(three.maps())
    superior, inferior = position(points, 22, 125), position(points, 22, 127)
    assert np.abs(superior - (0, -30, 5)).max() < 0.2
    assert np.abs(inferior - (0, -30, -5)).max() < 0.2
    assert abs(superior[1] + 30) < 0.02


def test_canal_and_facets(three):
    points = compute_pois(three.maps())
    assert np.abs(position(points, 22, 61) - (0, -22.5, 0)).max() < 0.6
    # The inferior process of L3 (front at -34, reaching down to -22) and the superior one of L4 (-34..-26, up to -16).
    left, right = position(points, 22, 94), position(points, 22, 95)
    assert np.abs(left * (-1, 1, 1) - right).max() < 1e-6
    assert -22 < right[2] < -16


ORDERS = [(order, flips) for order in itertools.permutations(range(3)) for flips in itertools.product((0, 1), repeat=3)]


@pytest.mark.parametrize(("order", "flips"), ORDERS[1::5])
def test_storage_order_does_not_matter(box_spine, turn, order, flips):
    spine = box_spine({21: (0, 0, 34), 22: (3, 1, 0), 23: (0, 0, -34)}, rotation=turn((1, 2, 3), 17))
    maps = spine.maps()
    _, expected = compute_pois(maps).positions()
    _, found = compute_pois(stored_as(maps, order, flips)).positions()
    assert np.abs(found - expected).max() < 0.001


@pytest.mark.parametrize(("axis", "degrees"), [((0, 1, 0), 45), ((1, 0, 0), 40), ((0, 0, 1), 60), ((1, 1, 1), 80)])
def test_frames_follow_the_vertebra_at_any_tilt(box_spine, turn, axis, degrees):
    rotation = turn(axis, degrees)
    spine = box_spine({21: (0, 0, 34), 22: (0, 0, 0), 23: (0, 0, -34)}, rotation=rotation)
    points = compute_pois(spine.maps(spacing=(1, 1, 1)))
    frame = points.frames[22]
    assert np.degrees(np.arccos(np.clip((frame.axes * rotation).sum(1), -1, 1))).max() < 0.5
    for point, expected in SIX.items():
        assert np.linalg.norm(position(points, 22, point) - np.array(expected) @ rotation) < 0.6


def test_an_oblique_grid_gives_the_same_points(three, turn):
    straight = compute_pois(three.maps(spacing=(0.8, 0.8, 0.8)))
    oblique = compute_pois(three.maps(spacing=(0.8, 0.8, 0.8), axes=turn((1, 2, 0.5), 30)))
    for point in SIX:
        assert np.linalg.norm(position(straight, 22, point) - position(oblique, 22, point)) < 0.5


def test_neighbours_do_not_move_the_posterior_axis(three):
    alone = compute_pois(three.maps()).frames[22]
    maps = three.maps()
    vertebrae, subregions = maps.vertebrae.copy(), maps.subregions.copy()
    # The neighbours' spinous processes now stand to the right; L3's own axes must not care.
    for level in (21, 23):
        own = (vertebrae == level) & (subregions == 42)
        vertebrae[own], subregions[own] = 0, 0
        moved = np.roll(own, 15, axis=0) & (vertebrae == 0)
        vertebrae[moved], subregions[moved] = level, 42
    frame = compute_pois(LabelMaps(maps.grid, subregions, vertebrae)).frames[22]
    assert np.abs(frame.axes - alone.axes).max() < 1e-9


class TestOddMasks:
    """A start outside its mask, a hole, two crossings, a fragment, the border: the right point or a reason."""

    def with_subregions(self, three, change):
        maps = three.maps()
        subregions, vertebrae = maps.subregions.copy(), maps.vertebrae.copy()
        local = maps.grid.to_ras(np.stack(np.indices(maps.grid.shape), -1))
        change(local, subregions, vertebrae)
        return compute_pois(LabelMaps(maps.grid, subregions, vertebrae))

    def test_a_hole_at_the_centroid_does_not_move_the_points(self, three):
        def hole(local, subregions, vertebrae):
            inside = (np.abs(local) < 3).all(-1)
            subregions[inside] = vertebrae[inside] = 0

        points = self.with_subregions(three, hole)
        for point, expected in SIX.items():
            assert np.abs(position(points, 22, point) - expected).max() < 0.01
            assert "outside its mask" in points[22, point].reason

    def test_a_crack_on_the_way_is_stepped_over(self, three):
        def crack(local, subregions, vertebrae):
            inside = (np.abs(local[..., 2] - 6) < 1.6) & (np.abs(local[..., 0]) < 4) & (np.abs(local[..., 1]) < 4)
            subregions[inside] = vertebrae[inside] = 0

        points = self.with_subregions(three, crack)
        assert np.abs(position(points, 22, 105) - (0, 0, 12)).max() < 0.01
        assert points[22, 105].status is Status.SUSPECT
        assert "gap" in points[22, 105].reason

    def test_a_stray_fragment_changes_nothing(self, three):
        expected = compute_pois(three.maps())

        def fragment(local, subregions, vertebrae):
            inside = (np.abs(local - (0, 0, 60)) < 2).all(-1) | (np.abs(local - (50, 20, 5)) < 2).all(-1)
            subregions[inside], vertebrae[inside] = 49, 22

        points = self.with_subregions(three, fragment)
        for point in SIX:
            assert np.abs(position(points, 22, point) - position(expected, 22, point)).max() < 1e-9
            assert points[22, point].status is Status.OK

    def test_a_part_in_two_halves_is_suspect(self, three):
        def cut(local, subregions, vertebrae):
            inside = (subregions == 42) & (vertebrae == 22) & (np.abs(local[..., 1] + 48) < 2)
            subregions[inside] = vertebrae[inside] = 0

        points = self.with_subregions(three, cut)
        assert points[22, 81].status is Status.SUSPECT
        assert "2 pieces" in points[22, 81].reason

    def test_a_part_at_the_border_of_the_image_is_suspect(self, three):
        points = compute_pois(three.maps(low=(-44, -70, -60), high=(30, 30, 60)))
        assert points[22, 82].status is Status.SUSPECT
        assert "border" in points[22, 82].reason
        assert points[22, 83].status is Status.OK

    def test_missing_parts_cost_only_their_own_points(self, three, box_parts):
        three.parts[22] = {label: boxes for label, boxes in box_parts.items() if label not in (42, 44)}
        points = compute_pois(three.maps())
        for point, reason in ((81, "spinous process"), (82, "costal process right"), (133, "spinous process")):
            assert points[22, point].status is Status.MISSING
            assert reason in points[22, point].reason
        assert points[22, 83].status is Status.OK
        assert {poi.status for poi in points.of_level(21) if poi.id in SIX} == {Status.OK}

    def test_a_hollow_body_still_has_its_surface(self, three):
        def hollow(local, subregions, vertebrae):
            inside = (np.abs(local) < (17, 12, 9)).all(-1)
            subregions[inside] = vertebrae[inside] = 0

        points = self.with_subregions(three, hollow)
        for point, expected in SIX.items():
            assert np.abs(position(points, 22, point) - expected).max() < 0.01
            assert points[22, point].status is Status.SUSPECT


class TestFallbackFrames:
    def test_one_level_alone_uses_its_own_endplates(self, box_spine, turn):
        rotation = turn((1, 1, 0), 25)
        points = compute_pois(box_spine({22: (0, 0, 0)}, rotation=rotation).maps())
        frame = points.frames[22]
        assert frame.source == "own endplates and arch"
        assert np.degrees(np.arccos((frame.axes * rotation).sum(1).clip(-1, 1))).max() < 1.0
        assert points[22, 105].status is Status.OK

    def test_two_levels_use_the_line_between_them(self, box_spine):
        frame = compute_pois(box_spine({21: (0, 0, 34), 22: (0, 0, 0)}).maps()).frames[21]
        assert frame.source == "line through two bodies and arch"
        assert np.abs(frame.axes - np.eye(3)).max() < 0.01

    def test_a_level_without_an_arch_borrows_from_its_neighbours(self, three, box_parts):
        three.parts[22] = {49: box_parts[49]}
        points = compute_pois(three.maps())
        assert points.frames[22].source == "spline and neighbour L2, L4"
        assert np.abs(points.frames[22].axes - np.eye(3)).max() < 0.01
        assert points[22, 108].status is Status.SUSPECT
        assert "no arch" in points[22, 108].reason

    def test_a_level_without_arch_and_neighbours_turns_to_the_canal(self, box_spine, box_parts, turn):
        rotation = turn((0, 0, 1), 30)
        spine = box_spine({22: (0, 0, 0)}, rotation=rotation, parts={22: {49: box_parts[49]}})
        frame = compute_pois(spine.maps()).frames[22]
        assert frame.source == "own endplates and spinal canal"
        assert np.degrees(np.arccos((frame.axes * rotation).sum(1).clip(-1, 1))).max() < 2.0

    def test_the_atlas_takes_the_frame_of_the_axis(self, box_spine, box_parts):
        atlas = {label: boxes for label, boxes in box_parts.items() if label != 49}
        spine = box_spine({1: (0, 0, 34), 2: (0, 0, 0), 3: (0, 0, -34)}, parts={1: atlas})
        points = compute_pois(spine.maps())
        assert points.frames[1].source == "neighbour C2"
        assert np.abs(position(points, 1, 81) - (0, -49.2, 24)).max() < 0.01
        assert (1, 101) not in points.points, "C1 has no body, so the rule does not apply"

    def test_a_body_cut_by_the_border_is_no_knot_of_the_spline(self, three):
        whole = compute_pois(three.maps())
        cut = compute_pois(three.maps(low=(-66, -70, -66), high=(66, 30, 38)))
        assert cut.frames[21].source.startswith("spline at") or "line" in cut.frames[21].source
        assert cut[21, 105].status is Status.SUSPECT
        assert np.abs(cut.frames[22].axes - whole.frames[22].axes).max() < 0.02


class TestUnusableMaps:
    def test_empty_maps(self, three):
        maps = three.maps()
        with pytest.raises(MapError, match="holds no vertebra"):
            compute_pois(LabelMaps(maps.grid, maps.subregions, np.zeros_like(maps.vertebrae)))

    def test_maps_that_were_exchanged(self, three):
        maps = three.maps()
        with pytest.raises(MapError, match=r"no parts of a vertebra|holds no vertebra"):
            compute_pois(LabelMaps(maps.grid, maps.vertebrae, maps.subregions))

    def test_levels_numbered_from_below(self, box_spine):
        with pytest.raises(MapError, match="numbered from below"):
            compute_pois(box_spine({23: (0, 0, 34), 22: (0, 0, 0), 21: (0, 0, -34)}).maps())

    def test_left_and_right_swapped(self, three):
        maps = three.maps()
        swapped = maps.subregions.copy()
        for left in (43, 45, 47):
            swapped[maps.subregions == left] = left + 1
            swapped[maps.subregions == left + 1] = left
        with pytest.raises(MapError, match="Left and right are swapped"):
            compute_pois(LabelMaps(maps.grid, swapped, maps.vertebrae))

    def test_one_level_with_swapped_sides_is_suspect_and_costs_no_other(self, three):
        maps = three.maps()
        swapped = maps.subregions.copy()
        for left in (43, 45, 47):
            for label in (left, left + 1):
                swapped[(maps.subregions == label) & (maps.vertebrae == 22)] = 2 * left + 1 - label
        points = compute_pois(LabelMaps(maps.grid, swapped, maps.vertebrae))
        assert "swapped" in points[22, 82].reason
        assert points[21, 82].status is Status.OK

    def test_only_the_sacrum(self, three):
        maps = three.maps()
        vertebrae = np.where(maps.vertebrae, 26, 0).astype(np.uint8)
        subregions = np.where(maps.vertebrae, 26, 0).astype(np.uint8)
        with pytest.raises(MapError, match="S1"):
            compute_pois(LabelMaps(maps.grid, subregions, vertebrae))

    def test_a_level_that_is_not_there(self, three):
        with pytest.raises(MapError, match="hold L2, L3, L4"):
            compute_pois(three.maps(), levels=[8])


def test_only_some_points_and_levels_are_returned_when_asked(three):
    everything = compute_pois(three.maps())
    some = compute_pois(three.maps(), levels=[22], only=[81, 113])
    assert [poi.key for poi in some] == [(22, 81), (22, 113)]
    assert all(poi == everything[poi.key] for poi in some)


def test_every_level_is_reported_as_it_is_finished(three):
    seen = []
    compute_pois(three.maps(), progress=lambda fraction, name: seen.append((round(fraction, 3), name)))
    assert seen == [(0.333, "L2"), (0.667, "L3"), (1.0, "L4")]


def test_the_reference_rules_take_the_extreme_voxels(three):
    points = compute_pois(three.maps(), "tptbox")
    assert points[22, 81].source == "tptbox 1"
    assert np.abs(position(points, 22, 81) - (1.5, -59.5, -9.5)).max() < 4
    assert position(points, 22, 86)[2] == pytest.approx(-21.5)
    assert position(points, 22, 82)[0] == pytest.approx(39.5)
