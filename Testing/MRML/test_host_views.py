"""The views of the host draw what is in the scene, and their mouse moves real control points."""

import numpy as np
import pytest


@pytest.fixture
def cube(host):
    array = np.zeros((40, 40, 40), np.int16)
    array[10:30, 10:30, 10:30] = 100
    node = host.util.addVolumeFromArray(array, np.diag([1.0, 1.0, 1.0, 1.0]), "cube")
    node.CreateDefaultDisplayNodes()
    return node


@pytest.fixture
def points(host):
    node = host.mrmlScene.AddNewNodeByClass("vtkMRMLMarkupsFiducialNode", "L3")
    node.CreateDefaultDisplayNodes()
    for position in ((20.0, 20.0, 20.0), (20.0, 12.0, 12.0)):
        node.AddControlPoint(position)
    return node


def test_a_slice_view_shows_a_volume(sliceView, cube, tmp_path):
    sliceView.show(cube)
    sliceView.png(tmp_path / "slice.png")
    pixels = sliceView.pixels()
    assert pixels[200, 200].min() > 200
    assert pixels[200, 20].max() < 60
    assert (tmp_path / "slice.png").read_bytes().startswith(b"\x89PNG")


def test_a_drag_moves_one_point_and_only_that(host, sliceView, cube, points):
    sliceView.show(cube)
    before = host.util.arrayFromMarkupsControlPoints(points)
    sliceView.jump(before[0])
    x, y = sliceView.pixel(before[0])
    sliceView.drag((x, y), (x + 30, y))
    after = host.util.arrayFromMarkupsControlPoints(points)
    assert np.linalg.norm(after[0] - before[0]) > 1
    assert np.array_equal(after[1], before[1])


def test_a_locked_point_stays(host, sliceView, cube, points):
    sliceView.show(cube)
    points.SetNthControlPointLocked(0, True)
    before = host.util.arrayFromMarkupsControlPoints(points)
    sliceView.jump(before[0])
    x, y = sliceView.pixel(before[0])
    sliceView.drag((x, y), (x + 30, y))
    assert np.array_equal(host.util.arrayFromMarkupsControlPoints(points), before)


def test_a_3d_view_shows_points(threeDView, points):
    empty = threeDView.pixels()
    threeDView.look("P")
    assert (threeDView.pixels() != empty).any(axis=2).sum() > 20
    assert threeDView.displayableManagerByClassName("vtkMRMLMarkupsDisplayableManager").GetWidget(points.GetDisplayNode())


def test_a_scene_comes_back_from_an_mrb(host, points, tmp_path):
    path = str(tmp_path / "scene.mrb")
    assert host.util.saveScene(path)
    host.mrmlScene.Clear(False)
    assert host.mrmlScene.GetFirstNodeByName("L3") is None
    host.util.loadScene(path)
    found = host.mrmlScene.GetFirstNodeByName("L3")
    assert np.allclose(host.util.arrayFromMarkupsControlPoints(found), [[20, 20, 20], [20, 12, 12]])


def test_markups_come_back_from_their_file(host, points, tmp_path):
    path = str(tmp_path / "L3.mrk.json")
    assert host.util.saveNode(points, path)
    assert host.util.loadMarkups(path).GetNumberOfControlPoints() == 2
