"""Points as markups nodes and back."""

import pytest
from spinetwin.anatomy import level, point
from spinetwin.io.description import describe
from spinetwin.io.markups import SUSPECT_COLOR, level_color
from spinetwin.poi import Poi, PoiSet, Status
from spinetwin.poi.merge import VERDICT_LOST

L2, L3 = level("L2").id, level("L3").id


@pytest.fixture
def pointnodes(poi):
    from SpinePOILib import pointnodes

    return pointnodes


def sample():
    return PoiSet.of(
        [
            Poi(L3, 101, Status.OK, (1.123456789012345, -3.5, 88.125), source="paper 1"),
            Poi(L3, 102, Status.SUSPECT, (1 / 3, -2.0, 1e3), "the ray; left\nthe image → é", "paper 1"),
            Poi(L3, 103, Status.MISSING, None, "no spinous process", "paper 1"),
            Poi(L3, 104, Status.OK, (4.0, 5.0, 6.0), source="paper 1").moved_to((7.0, 8.0, 9.0)),
            Poi(L2, 250, Status.OK, (0.1, 0.2, 0.3), source="tptbox 1"),
        ]
    )


def folderOf(slicer, node):
    hierarchy = slicer.vtkMRMLSubjectHierarchyNode.GetSubjectHierarchyNode(slicer.mrmlScene)
    return hierarchy.GetItemName(hierarchy.GetItemParent(hierarchy.GetItemByDataNode(node)))


def test_one_node_a_level_in_the_folder_with_the_colour_of_the_level(poi, pointnodes):
    nodes = pointnodes.show(sample())
    assert [node.GetName() for node in nodes.values()] == ["L2", "L3"]
    for key, node in nodes.items():
        display = node.GetDisplayNode()
        assert display.GetSelectedColor() == pytest.approx(level_color(key))
        assert display.GetColor() == pytest.approx(SUSPECT_COLOR)
        assert not display.GetPointLabelsVisibility()
        assert node.GetFixedNumberOfControlPoints()
        assert node.GetLocked()
        assert folderOf(poi, node) == "Spine POI"


def test_control_points_say_what_the_points_say(pointnodes):
    node = pointnodes.show(sample())[L3]
    for row, each in enumerate(sample().of_level(L3)):
        assert node.GetNthControlPointLabel(row) == point(each.id).label
        assert node.GetNthControlPointDescription(row) == describe(each)
        assert bool(node.GetNthControlPointSelected(row)) == (each.status is not Status.SUSPECT)
        defined = node.GetNthControlPointPositionStatus(row) == node.PositionDefined
        assert defined == (each.position is not None), "a missing point has no place"
    assert node.GetNumberOfDefinedControlPoints() == 3


def test_the_scene_tells_the_points_and_the_frames_again(pointnodes, pois):
    pointnodes.show(pois)
    found = pointnodes.readAll()
    assert found.points == pois.points
    for key, frame in pois.frames.items():
        assert (found.frames[key].axes == frame.axes).all()
        assert (found.frames[key].origin == frame.origin).all()
        assert found.frames[key].source == frame.source


def test_showing_again_renews_the_same_nodes(poi, pointnodes):
    first = pointnodes.show(sample())
    moved = PoiSet.of([poi.moved_to((1.0, 1.0, 1.0)) if poi.position else poi for poi in sample()])
    second = pointnodes.show(moved)
    assert {key: node.GetID() for key, node in second.items()} == {key: node.GetID() for key, node in first.items()}
    assert pointnodes.readAll().points == moved.points
    assert len(poi.util.getNodesByClass("vtkMRMLMarkupsFiducialNode")) == 2


def test_showing_other_points_of_a_level_replaces_them(pointnodes):
    pointnodes.show(sample())
    fewer = PoiSet.of([Poi(L3, 108, Status.OK, (1.0, 2.0, 3.0))])
    pointnodes.show(fewer)
    assert [each.id for each in pointnodes.readAll().of_level(L3)] == [108]
    assert [each.id for each in pointnodes.readAll().of_level(L2)] == [250], "other levels are left alone"


def test_what_the_rules_had_said_is_remembered(pointnodes):
    before = Poi(L3, 104, Status.SUSPECT, (4.0, 5.0, 6.0), "doubt", "paper 1")
    edited = PoiSet.of([before.moved_to((7.0, 8.0, 9.0))])
    node = pointnodes.show(edited, computed=PoiSet.of([before]))[L3]
    assert pointnodes.computedOf(L3, node) == {104: before}
    node = pointnodes.show(edited)[L3]
    assert pointnodes.computedOf(L3, node)[104].reason == VERDICT_LOST
    node = pointnodes.show(sample())[L3]
    assert pointnodes.computedOf(L3, node)[103] == sample()[L3, 103]


def test_delete_has_no_effect(pointnodes, capfd):
    node = pointnodes.show(sample())[L3]
    node.RemoveNthControlPoint(0)
    node.RemoveAllControlPoints()
    assert node.GetNumberOfControlPoints() == 4


def test_removing(poi, pointnodes):
    pointnodes.show(sample())
    pointnodes.remove([L3])
    assert list(pointnodes.nodes()) == [L2]
    pointnodes.remove()
    assert pointnodes.nodes() == {}
    hierarchy = poi.vtkMRMLSubjectHierarchyNode.GetSubjectHierarchyNode(poi.mrmlScene)
    assert not hierarchy.GetItemChildWithName(hierarchy.GetSceneItemID(), "Spine POI")
    assert poi.util.getNodesByClass("vtkMRMLMarkupsFiducialDisplayNode") == []


def test_other_peoples_nodes_are_not_ours(poi, pointnodes):
    node = poi.mrmlScene.AddNewNodeByClass("vtkMRMLMarkupsFiducialNode", "L3")
    node.AddControlPoint(1.0, 2.0, 3.0)
    assert pointnodes.nodes() == {}
    pointnodes.show(sample())
    pointnodes.remove()
    assert poi.mrmlScene.GetNodeByID(node.GetID()) is node


def test_of_a_copied_node_the_first_counts(poi, pointnodes):
    node = pointnodes.show(sample())[L3]
    copy = poi.mrmlScene.AddNewNodeByClass("vtkMRMLMarkupsFiducialNode")
    copy.Copy(node)
    copy.SetName("L3 copy")
    assert pointnodes.nodes()[L3] is node


def test_a_transform_moves_what_is_shown_not_what_is_known(poi, pointnodes):
    import vtk

    node = pointnodes.show(sample())[L3]
    matrix = vtk.vtkMatrix4x4()
    matrix.SetElement(0, 3, 10.0)
    transform = poi.mrmlScene.AddNewNodeByClass("vtkMRMLLinearTransformNode")
    transform.SetMatrixTransformToParent(matrix)
    node.SetAndObserveTransformNodeID(transform.GetID())
    assert pointnodes.readAll().points == sample().points
    assert node.GetNthControlPointPositionWorld(0)[0] == pytest.approx(11.123456789012345)


def test_families_are_shown_and_hidden(poi, pointnodes, pois):
    from SpinePOILib import display

    node = pointnodes.show(pois)[L3]
    display.showFamilies(["muscle"])
    visible = {point(key).family for row, key in enumerate(pointnodes.idsOf(node)) if node.GetNthControlPointVisibility(row)}
    assert visible == {"muscle"}
    assert pointnodes.readAll().points == pois.points, "hidden points are still there"
    display.showFamilies(display.families())
    assert all(node.GetNthControlPointVisibility(row) for row in range(node.GetNumberOfControlPoints()))


def test_only_the_active_level_is_unlocked(pointnodes, pois):
    from SpinePOILib import display

    nodes = pointnodes.show(pois)
    assert display.activeLevel() is None
    display.activate(L3)
    assert [key for key, node in nodes.items() if not node.GetLocked()] == [L3]
    display.activate(None)
    assert all(node.GetLocked() for node in nodes.values())


def test_labels_and_levels_are_shown_on_request(pointnodes, pois):
    from SpinePOILib import display

    nodes = pointnodes.show(pois)
    display.showLabels(L3)
    assert [key for key, node in nodes.items() if node.GetDisplayNode().GetPointLabelsVisibility()] == [L3]
    display.showOnly([L2, L3])
    assert [key for key, node in nodes.items() if node.GetDisplayNode().GetVisibility()] == [L2, L3]
    display.showOnly(None)
    display.showBeyondSlice(True)
    assert all(node.GetDisplayNode().GetVisibility() and node.GetDisplayNode().GetSliceProjection() for node in nodes.values())


def test_a_level_appears_with_one_event_not_with_one_a_point(pointnodes, pois):
    node = pointnodes.show(sample())[L3]
    heard = []
    node.AddObserver(node.PointModifiedEvent, lambda *_: heard.append("points"))
    pointnodes.show(pois)
    assert node.GetNumberOfControlPoints() > 40
    assert heard == ["points"]
