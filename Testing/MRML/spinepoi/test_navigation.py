"""Slices through a vertebra in its own frame, and back."""

import numpy as np
import pytest
from spinetwin.anatomy import level
from spinetwin.geometry import Frame

L3 = level("L3").id


@pytest.fixture
def navigation(poi):
    from SpinePOILib import navigation

    return navigation


@pytest.fixture
def slices(poi):
    """Slice nodes without views, as Slicer's layouts make them."""
    found = {}
    for tag, orientation in (("Red", "Axial"), ("Yellow", "Sagittal"), ("Green", "Coronal")):
        node = poi.mrmlScene.AddNewNodeByClass("vtkMRMLSliceNode", tag)
        node.SetLayoutName(tag)
        node.SetDefaultOrientation(orientation)
        node.SetOrientation(orientation)
        node.SetDimensions(400, 300, 1)
        node.SetFieldOfView(200.0, 150.0, 1.0)
        found[orientation] = node
    return found


def pose(slicer, node):
    return slicer.util.arrayFromVTKMatrix(node.GetSliceToRAS())


def test_each_view_cuts_along_the_vertebra(poi, navigation, slices, pois):
    frame = pois.frames[L3]
    navigation.jumpToVertebra(frame)
    right, anterior, superior = frame.axes
    # screen right, screen up, out of the screen, for a patient whose right is on the left of the screen
    expected = {
        "Axial": (-right, anterior, superior),
        "Coronal": (-right, superior, anterior),
        "Sagittal": (-anterior, superior, right),
    }
    for name, (x, y, normal) in expected.items():
        found = pose(poi, slices[name])
        assert found[:3, 0] == pytest.approx(x, abs=1e-12)
        assert found[:3, 1] == pytest.approx(y, abs=1e-12)
        assert abs(found[:3, 2] @ normal) == pytest.approx(1.0, abs=1e-12)
        assert found[:3, 3] == pytest.approx(frame.origin, abs=1e-12)
        assert slices[name].GetOrientation() == "Reformat"
    assert navigation.isTilted()


def test_an_upright_vertebra_gives_the_scanners_slices(poi, navigation, slices):
    before = {name: pose(poi, node)[:3, :3] for name, node in slices.items()}
    navigation.jumpToVertebra(Frame(np.array([1.0, 2.0, 3.0]), np.eye(3)))
    for name, node in slices.items():
        assert (pose(poi, node)[:3, :3] == before[name]).all()
        assert pose(poi, node)[:3, 3].tolist() == [1.0, 2.0, 3.0]
    assert not navigation.isTilted()


def test_neurological_views_stay_neurological(poi, navigation, slices, pois):
    import vtk

    flipped = vtk.vtkMatrix3x3()
    poi.vtkMRMLSliceNode.GetAxialSliceToRASMatrix(flipped, False)
    node = slices["Axial"]
    node.RemoveSliceOrientationPreset("Axial")
    node.AddSliceOrientationPreset("Axial", flipped)
    navigation.jumpToVertebra(pois.frames[L3])
    assert pose(poi, node)[:3, 0] == pytest.approx(pois.frames[L3].right, abs=1e-12)


def test_a_point_of_the_vertebra_may_be_the_centre(poi, navigation, slices, pois):
    navigation.jumpToVertebra(pois.frames[L3], pois[L3, 81].position)
    for node in slices.values():
        assert pose(poi, node)[:3, 3] == pytest.approx(pois[L3, 81].position)


def test_jumping_to_a_point_does_not_turn_the_views(poi, navigation, slices, pois):
    navigation.jumpToVertebra(pois.frames[L3])
    before = {name: pose(poi, node)[:3, :3] for name, node in slices.items()}
    navigation.jumpToPoint(pois[L3, 81].position)
    for name, node in slices.items():
        assert (pose(poi, node)[:3, :3] == before[name]).all()
        assert pose(poi, node)[:3, 3] == pytest.approx(pois[L3, 81].position)
        xy = np.linalg.inv(poi.util.arrayFromVTKMatrix(node.GetXYToRAS())) @ [*pois[L3, 81].position, 1.0]
        assert xy[:3] == pytest.approx([200.0, 150.0, 0.0], abs=1e-6), "in the middle of the view"


def test_back_to_the_scanner(poi, navigation, slices, pois):
    before = {name: pose(poi, node)[:3, :3] for name, node in slices.items()}
    navigation.jumpToVertebra(pois.frames[L3])
    navigation.backToScanner()
    for name, node in slices.items():
        assert (pose(poi, node)[:3, :3] == before[name]).all()
        assert pose(poi, node)[:3, 3] == pytest.approx(pois.frames[L3].origin), "the place stays"
        assert node.GetOrientation() == name
    assert not navigation.isTilted()


def test_the_camera_turns_to_the_vertebra_and_keeps_its_direction(poi, navigation, slices, pois):
    camera = poi.mrmlScene.AddNewNodeByClass("vtkMRMLCameraNode")
    camera.SetFocalPoint(0.0, 0.0, 0.0)
    camera.SetPosition(0.0, 500.0, 30.0)
    navigation.jumpToVertebra(pois.frames[L3])
    origin = pois.frames[L3].origin
    assert camera.GetFocalPoint() == pytest.approx(tuple(origin))
    assert camera.GetPosition() == pytest.approx(tuple(np.add(origin, [0.0, 500.0, 30.0])))


@pytest.mark.parametrize("direction", ["P", "R", "S"])
def test_looking_at_a_vertebra_from_one_of_its_sides(poi, navigation, pois, direction):
    camera = poi.mrmlScene.AddNewNodeByClass("vtkMRMLCameraNode")
    frame = pois.frames[L3]
    navigation.look3D(frame, direction)
    assert np.array(camera.GetPosition()) == pytest.approx(frame.origin + 300.0 * frame.direction(direction))
    assert abs(np.array(camera.GetViewUp()) @ frame.direction(direction)) < 1e-9


def test_zoom_sets_the_height_and_keeps_the_proportions(navigation, slices):
    navigation.zoomTo(100.0)
    assert slices["Axial"].GetFieldOfView()[:2] == pytest.approx((400.0 / 3.0, 100.0))


def test_whiskers_run_along_the_axes(poi, navigation, pois):
    from SpinePOILib import lines, pointnodes, whiskers

    pointnodes.show(pois)
    whiskers.show()
    assert whiskers.shown()
    model = next(
        node for node in poi.util.getNodesByClass("vtkMRMLModelNode") if node.GetAttribute(lines.KIND) == whiskers.KIND
    )
    data = model.GetPolyData()
    assert data.GetNumberOfLines() == 3 * len(pois.frames)
    row = list(pois.frames).index(L3)
    for axis in range(3):
        ends = [np.array(data.GetPoint(2 * (3 * row + axis) + end)) for end in (0, 1)]
        assert ends[0] == pytest.approx(pois.frames[L3].origin)
        assert ends[1] - ends[0] == pytest.approx(whiskers.LENGTH_MM * pois.frames[L3].axes[axis])
    whiskers.show(L3)
    both = poi.util.getNodesByClass("vtkMRMLModelNode")
    assert [node.GetPolyData().GetNumberOfLines() for node in both] == [3 * len(pois.frames), 3]
    assert [bool(node.GetDisplayNode().GetVisibility2D()) for node in both] == [False, True]
    assert [bool(node.GetDisplayNode().GetVisibility3D()) for node in both] == [True, False]
    whiskers.hide()
    assert poi.util.getNodesByClass("vtkMRMLModelNode") == []
    assert not whiskers.shown()
    whiskers.hide()
