"""The Cobb lines: exact on true points, following a dragged point, and no trace left when they go."""

import numpy as np
import pytest
from bent_points import COBBS, ENDS, bent_points
from spinetwin.anatomy import level
from spinetwin.measure.frames import frames_from_points
from spinetwin.measure.subject import Subject
from spinetwin.poi import Poi, PoiSet, Status

L2, L3 = level("L2").id, level("L3").id
MARKUPS = ("vtkMRMLMarkupsLineNode", "vtkMRMLMarkupsAngleNode")


@pytest.fixture(scope="module")
def points():
    """The points of a spine with two curves of known angles."""
    return PoiSet.of(Poi(*key, Status.OK, tuple(place.tolist())) for key, place in bent_points().items())


def placed(points):
    return {poi.key: np.array(poi.position) for poi in points}


def moved(points, key, by):
    return PoiSet({**points.points, key: points.points[key].moved_to(tuple(np.add(points.points[key].position, by).tolist()))})


@pytest.fixture
def live(host):
    from SpineDigitalTwinLib.measures import live

    return live


@pytest.fixture
def lines(host):
    from SpineDigitalTwinLib.measures import lines

    return lines


class TestFigures:
    def test_the_angles_are_those_that_the_spine_was_made_with(self, live, points):
        figures = live.figures(placed(points))
        assert [each.angle for each in figures] == pytest.approx(COBBS, abs=1e-6)
        assert tuple((level(each.upper).name, level(each.lower).name) for each in figures) == ENDS
        assert [each.side for each in figures] == ["left", "right"]

    def test_they_are_what_a_measurement_of_the_points_says(self, live, points):
        from spinetwin.measure.compute import measure

        found = measure(Subject.of(placed(points), frames_from_points(placed(points))), draws=0)
        assert [each.angle for each in live.figures(placed(points))] == [each.value for each in found.of("cobb_patient")]

    def test_lines_lie_on_the_endplates_and_in_the_coronal_plane(self, live, points):
        subject = Subject.of(placed(points), frames_from_points(placed(points)))
        for figure in live.figures(placed(points)):
            for line, key, side in zip(figure.lines, (figure.upper, figure.lower), ("superior", "inferior"), strict=True):
                plate = subject.spine.plate(key, side)
                way = line[1] - line[0]
                seen = np.array([way @ subject.coronal.across, way @ subject.coronal.up])
                normal = np.array([plate.normal @ subject.coronal.across, plate.normal @ subject.coronal.up])
                assert seen @ normal == pytest.approx(0.0, abs=1e-9), "perpendicular to the normal as seen from the front"
                assert np.linalg.norm(way) == pytest.approx(np.linalg.norm(seen)), "in the plane"
                assert np.linalg.norm(np.cross(plate.centre - line[0], way)) == pytest.approx(0.0, abs=1e-6)

    def test_lines_of_a_curve_meet_on_its_hollow_side(self, live, points):
        view = Subject.of(placed(points), frames_from_points(placed(points))).coronal
        for figure in live.figures(placed(points)):
            gaps = [view.height(figure.lines[0][end]) - view.height(figure.lines[1][end]) for end in (0, 1)]
            assert gaps[1] < gaps[0], "nearer to each other at the long ends"
            towards = view.offset(figure.lines[0][1]) - view.offset(figure.lines[0][0])
            assert (towards < 0) == (figure.side == "right")

    @pytest.mark.parametrize("keep", [(), (L2,), (L2, L3)])
    def test_too_few_levels_have_no_curve(self, live, points, keep):
        assert live.figures({key: place for key, place in placed(points).items() if key[0] in keep}) == ()

    def test_a_straight_spine_has_no_lines(self, live):
        assert live.figures(bent_points({"T10": 0.0, "L5": 4.0})) == ()

    def test_the_digest_notices_a_move_and_nothing_else(self, live, points):
        places = placed(points)
        first = live.digest(places)
        assert live.digest(dict(reversed(places.items()))) == first
        assert live.digest({key: place + 1e-6 for key, place in places.items()}) == first
        assert live.digest(placed(moved(points, (L3, 101), (0.05, 0, 0)))) != first
        assert live.digest({key: place for key, place in places.items() if key != (L3, 101)}) != first
        assert live.digest({}) != first


class TestNodes:
    def test_a_pair_of_lines_and_an_angle_for_each_curve(self, host, live, lines, points):
        figures = live.figures(placed(points))
        lines.show(figures)
        nodes = lines.nodes()
        assert len(nodes) == 3 * len(figures)
        for figure, (upper, lower, angle) in zip(figures, zip(*[iter(nodes)] * 3, strict=True), strict=True):
            for node, line in ((upper, figure.lines[0]), (lower, figure.lines[1])):
                np.testing.assert_allclose(host.util.arrayFromMarkupsControlPoints(node), line, atol=1e-9)
            assert angle.GetAngleDegrees() == pytest.approx(figure.angle, abs=1e-6)
            assert angle.GetName() == f"Cobb {level(figure.upper).name}-{level(figure.lower).name}"
            assert angle.GetPropertiesLabelText().strip().startswith(f"{figure.angle:.1f}")
            assert upper.GetLocked()
            assert angle.GetLocked()
            assert not upper.GetDisplayNode().GetPropertiesLabelVisibility()

    def test_they_lie_in_one_folder_and_go_with_it(self, host, live, lines, points):
        before = host.mrmlScene.GetNumberOfNodes()
        lines.show(live.figures(placed(points)))
        hierarchy = host.vtkMRMLSubjectHierarchyNode.GetSubjectHierarchyNode(host.mrmlScene)
        folder = hierarchy.GetItemChildWithName(hierarchy.GetSceneItemID(), "Measurements")
        assert hierarchy.GetNumberOfItemChildren(folder) == len(lines.nodes())
        lines.hide()
        assert host.mrmlScene.GetNumberOfNodes() == before
        assert not hierarchy.GetItemChildWithName(hierarchy.GetSceneItemID(), "Measurements")

    def test_showing_again_moves_the_same_nodes(self, live, lines, points):
        lines.show(live.figures(placed(points)))
        first = [node.GetID() for node in lines.nodes()]
        lines.show(live.figures({key: place + 5.0 for key, place in placed(points).items()}))
        assert [node.GetID() for node in lines.nodes()] == first

    def test_a_curve_that_is_gone_takes_its_lines_along(self, host, live, lines, points):
        figures = live.figures(placed(points))
        lines.show(figures)
        lines.show(figures[:1])
        assert len(lines.nodes()) == 3
        assert sum(len(host.util.getNodesByClass(each)) for each in MARKUPS) == 3

    def test_one_that_a_person_deleted_comes_back_and_the_others_stay(self, host, live, lines, points):
        figures = live.figures(placed(points))
        lines.show(figures)
        host.mrmlScene.RemoveNode(lines.nodes()[0])
        lines.show(figures)
        assert len(lines.nodes()) == 3 * len(figures)
        lines.hide()
        assert lines.nodes() == []

    def test_they_are_saved_with_the_scene_and_found_again(self, host, live, lines, points, tmp_path):
        figures = live.figures(placed(points))
        lines.show(figures)
        path = str(tmp_path / "cobb.mrb")
        assert host.util.saveScene(path)
        host.mrmlScene.Clear(False)
        assert lines.nodes() == []
        host.util.loadScene(path)
        angles = [node.GetAngleDegrees() for node in lines.nodes() if node.IsA("vtkMRMLMarkupsAngleNode")]
        assert angles == pytest.approx([each.angle for each in figures], abs=1e-3)
        before = host.mrmlScene.GetNumberOfNodes()
        lines.show(figures)
        assert host.mrmlScene.GetNumberOfNodes() == before


@pytest.fixture
def watch(host):
    from SpineDigitalTwinLib.measures import pointwatch

    told = []
    made = pointwatch.PointWatch(lambda: told.append(1))
    made.told = told
    yield made
    made.close()


class TestWatch:
    def test_it_knows_every_placed_point(self, watch, points):
        from SpinePOILib import pointnodes

        assert watch.positions() == {}
        pointnodes.show(PoiSet.of([*points.of_level(L3), Poi(L2, 101, Status.MISSING, None, "not seen")]))
        assert watch.told
        found = watch.positions()
        assert set(found) == {poi.key for poi in points.of_level(L3)}
        np.testing.assert_array_equal(found[L3, 101], points.points[L3, 101].position)

    def test_a_moved_point_is_noticed_and_the_other_levels_are_not_read_again(self, watch, points, monkeypatch):
        from SpineDigitalTwinLib.measures import pointwatch
        from SpinePOILib import pointnodes

        node = pointnodes.show(points)[L3]
        watch.positions()
        read = []
        monkeypatch.setattr(pointwatch, "_placed", lambda key, each, was=pointwatch._placed: read.append(key) or was(key, each))
        watch.told.clear()
        row = pointnodes.idsOf(node).index(101)
        node.SetNthControlPointPosition(row, 1.0, 2.0, 3.0)
        assert watch.told
        assert watch.positions()[L3, 101].tolist() == [1.0, 2.0, 3.0]
        assert read == [L3]

    def test_renamed_removed_and_replaced_levels(self, host, watch, points):
        from SpinePOILib import pointnodes

        node = pointnodes.show(PoiSet.of(points.of_level(L3)))[L3]
        assert {key for key, _point in watch.positions()} == {L3}
        node.SetAttribute(pointnodes.LEVEL, "L2")
        node.SetName("L2")
        assert {key for key, _point in watch.positions()} == {L2}
        pointnodes.remove([L2])
        assert watch.positions() == {}
        pointnodes.show(PoiSet.of(points.of_level(L3)))
        assert {key for key, _point in watch.positions()} == {L3}
        host.mrmlScene.Clear(False)
        assert watch.positions() == {}

    def test_nothing_is_told_after_the_end(self, watch, points):
        from SpinePOILib import pointnodes

        node = pointnodes.show(PoiSet.of(points.of_level(L3)))[L3]
        watch.positions()
        watch.close()
        watch.told.clear()
        node.SetNthControlPointPosition(0, 1.0, 2.0, 3.0)
        assert watch.told == []


def test_a_dragged_corner_turns_the_line_of_its_endplate(live, lines, watch, points):
    from SpinePOILib import pointnodes

    first = live.figures(placed(points))
    nodes = pointnodes.show(points)
    lower = first[-1].lower
    for point in (103, 111, 112, 119, 120):
        row = pointnodes.idsOf(nodes[lower]).index(point)
        place = np.array(nodes[lower].GetNthControlPointPosition(row))
        nodes[lower].SetNthControlPointPosition(row, *np.add(place, (0, 0, 2.0 if point in (111, 112) else -2.0)))
    figures = live.figures(watch.positions())
    lines.show(figures)
    assert abs(figures[-1].angle - first[-1].angle) > 1.0
    angle = [node for node in lines.nodes() if node.IsA("vtkMRMLMarkupsAngleNode")][-1]
    assert angle.GetAngleDegrees() == pytest.approx(figures[-1].angle, abs=1e-6)


def test_the_angle_follows_while_the_mouse_is_still_down(live, lines, watch, sliceView, points):
    from SpinePOILib import display, pointnodes

    lower = live.figures(placed(points))[-1].lower
    node = pointnodes.show(points)[lower]
    display.activate(lower)
    lines.show(live.figures(watch.positions()))
    corner = node.GetNthControlPointPosition(pointnodes.idsOf(node).index(119))
    sliceView.node.SetFieldOfView(120.0, 120.0, 1.0)
    sliceView.jump(corner)
    seen, ended = [], []

    def follow(*_):
        lines.show(live.figures(watch.positions()))
        seen.append(lines.nodes()[-1].GetAngleDegrees())

    ends = node.PointEndInteractionEvent
    tags = [node.AddObserver(node.PointModifiedEvent, follow), node.AddObserver(ends, lambda *_: ended.append(len(seen)))]
    x, y = sliceView.pixel(corner)
    sliceView.drag((x, y), (x, y + 6))
    for tag in tags:
        node.RemoveObserver(tag)
    assert ended, "the mouse has dragged the point"
    assert len(set(np.round(seen[: ended[0]], 3))) >= 3, "one angle after the other, before the button is released"
    assert watch.positions()[lower, 119][2] == pytest.approx(corner[2] + 1.8, abs=0.2)
