"""Segments corrected by hand: the panel notices, says so, and takes the corrections over."""

import numpy as np
import pytest
from slicerhost.waiting import settle

L2, BODY, SPINOUS = 21, 49, 42


def idle(twin):
    return not (twin.panel.labels.busy or twin.panel.levels.busy)


@pytest.fixture
def paint(host, shown, spine_maps):
    """Return a function that adds a part's middle to another segment, as Segment Editor does; returns its voxels."""

    def do(name="L2 spinous process"):
        from SpineDigitalTwinLib.maps import volumes

        node, grid = shown._parameters.segmentation, spine_maps.grid
        there = np.argwhere((spine_maps.vertebrae == L2) & (spine_maps.subregions == BODY))
        i, j, k = np.median(there, axis=0).astype(int)
        voxels = np.zeros(grid.shape, np.uint8)
        voxels[i - 2 : i + 2, j - 2 : j + 2, k - 2 : k + 2] = 1
        image = host.vtkOrientedImageData()
        image.DeepCopy(volumes.imageOf(voxels))
        image.SetImageToWorldMatrix(host.util.vtkMatrixFromArray(grid.ijk_to_ras))
        ids = node.GetSegmentation().GetSegmentIDs()
        target = node.GetSegmentation().GetSegmentIdBySegmentName(name)
        logic = host.vtkSlicerSegmentationsModuleLogic
        others = [each for each in ids if each != target]
        logic.SetBinaryLabelmapToSegment(image, node, target, logic.MODE_MERGE_MASK, image.GetExtent(), False, others)
        settle(host)
        return voxels > 0

    return do


def test_nothing_is_said_while_nobody_paints(shown, host):
    assert shown.ui.correctionsFrame.visible is False
    shown.ui.shiftUpButton.click()
    settle(host, until=lambda: idle(shown))
    shown.ui.mergeButton.click()
    settle(host, until=lambda: idle(shown))
    shown.ui.undoButton.click()
    settle(host, until=lambda: idle(shown))
    assert shown.ui.correctionsFrame.visible is False, "its own corrections are in the maps already"


def test_corrections_are_noticed_taken_over_and_taken_back(shown, host, paint, spine_maps, screenshot):
    voxels = paint()
    assert shown.ui.correctionsFrame.visible is True
    assert shown.ui.showButton.text == "Show label maps again, without the corrections"
    screenshot(shown.parent, "SpineDigitalTwin-corrections.png")
    shown.ui.takeOverButton.click()
    settle(host, until=lambda: idle(shown))
    assert shown.ui.correctionsFrame.visible is False
    assert "are in the label maps" in shown.ui.labelMapsMessage.text
    subregions = host.util.arrayFromVolume(shown._parameters.subregions).T
    assert (subregions[voxels] == SPINOUS).all()
    assert np.array_equal(subregions[~voxels], spine_maps.subregions[~voxels])
    assert shown.ui.undoButton.text == "Undo: corrections of L2"
    shown.ui.undoButton.click()
    settle(host, until=lambda: idle(shown))
    assert np.array_equal(host.util.arrayFromVolume(shown._parameters.subregions).T, spine_maps.subregions)
    assert shown.ui.correctionsFrame.visible is False


def test_what_would_be_lost_is_refused_in_a_sentence(shown, host, paint):
    paint()
    shown.ui.mergeButton.click()
    settle(host, until=lambda: idle(shown))
    assert "would be lost" in shown.ui.levelsMessage.text
    assert "Take them over first" in shown.ui.levelsMessage.text
    assert shown.ui.undoButton.enabled is False


def test_showing_the_maps_again_drops_the_corrections(shown, host, paint, spine_maps):
    paint()
    shown.ui.showButton.click()
    settle(host, until=lambda: idle(shown))
    assert shown.ui.correctionsFrame.visible is False
    assert shown.ui.showButton.text == "Show label maps again"
    assert np.array_equal(host.util.arrayFromVolume(shown._parameters.subregions).T, spine_maps.subregions)


def test_corrections_are_still_known_in_a_scene_that_was_saved(shown, host, paint, tmp_path):
    paint()
    path = str(tmp_path / "corrected.mrb")
    host.util.saveScene(path)
    host.mrmlScene.Clear(False)
    settle(host)
    assert shown.ui.correctionsFrame.visible is False
    host.util.loadScene(path)
    settle(host)
    assert shown.ui.correctionsFrame.visible is True
    shown.ui.takeOverButton.click()
    settle(host, until=lambda: idle(shown))
    assert shown.ui.undoButton.text == "Undo: corrections of L2"


def test_points_are_said_to_be_older(shown, host, paint):
    from SpinePOILib import pointnodes
    from spinetwin.poi import Poi, PoiSet, Status

    pointnodes.show(PoiSet.of([Poi(L2, 101, Status.OK, (1.0, 2.0, 3.0))]))
    paint()
    shown.ui.takeOverButton.click()
    settle(host, until=lambda: idle(shown))
    assert shown.ui.openPOIButton.text == "Compute points again in Spine POI: those of L2 are older than the maps"


def test_a_map_that_is_gone_is_no_reason_to_fail(shown, host, paint, nodes):
    paint()
    host.mrmlScene.RemoveNode(nodes[0])
    settle(host)
    assert shown.ui.takeOverButton.enabled is False
