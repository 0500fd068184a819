"""Strange inputs, and nodes that go in the middle of something: every press ends in a sentence or in what was wanted."""

import numpy as np
import pytest
from slicerhost.waiting import settle
from spinetwin.geometry import Grid, LabelMaps
from spinetwin.phantom import SpineParameters, make_spine

L3 = 22


@pytest.fixture(scope="module")
def spine_maps():
    """A short spine of coarse voxels: its surfaces are quick to make."""
    spine = make_spine(SpineParameters(levels="L2-S1"))
    return spine.voxelise(spine.grid(3.0, "LPS", margin_mm=12))


def idle(twin):
    panel = twin.panel
    return not any(each.busy for each in (panel.labels, panel.levels, panel.export, panel.data))


def wait(twin, host):
    settle(host, 120, until=lambda: idle(twin))


def everything(twin):
    """Return all buttons of the panel that can be pressed and open no dialog."""
    dialogs = {"loadButton", "openPOIButton"}
    samples = {each.objectName for each in twin.panel.data.sampleButtons}
    found = twin.parent.findChildren("QPushButton")
    return [each for each in found if each.enabled and each.visible and each.name not in dialogs | samples]


def press_everything(twin, host):
    """Press each of them, one after the other, and wait; what raises in a slot fails the test."""
    for button in everything(twin):
        if button.enabled and button.visible:
            button.click()
            wait(twin, host)


def choose(twin, host, maps, grid=None, dtype=np.uint8):
    """Put two maps into the scene as Slicer would have loaded them, and choose them."""
    nodes = []
    for name, array in (("parts", maps.subregions), ("levels", maps.vertebrae)):
        volume = np.ascontiguousarray(array.T).astype(dtype)
        nodes.append(host.util.addVolumeFromArray(volume, maps.grid.ijk_to_ras, name, "vtkMRMLLabelMapVolumeNode"))
    twin.ui.subregionsSelector.setCurrentNode(nodes[0])
    twin.ui.vertebraeSelector.setCurrentNode(nodes[1])
    wait(twin, host)
    return nodes


def one_level(maps, keep=L3):
    there = maps.vertebrae == keep
    return LabelMaps(maps.grid, np.where(there, maps.subregions, 0).astype(np.uint8), np.where(there, keep, 0).astype(np.uint8))


def test_an_empty_scene(twin, host):
    press_everything(twin, host)
    assert twin.ui.showButton.text == "Choose the subregion map and the vertebra map"


def test_one_level_alone(twin, host, spine_maps, tmp_path):
    choose(twin, host, one_level(spine_maps))
    twin.ui.exportFolder.currentPath = str(tmp_path)
    twin.ui.showButton.click()
    wait(twin, host)
    assert twin.ui.levelTable.rowCount == 1
    twin.ui.mergeButton.click()
    wait(twin, host)
    assert "There is nothing below L3" in twin.ui.levelsMessage.text or not twin.ui.mergeButton.enabled
    press_everything(twin, host)
    assert twin.ui.levelTable.rowCount == 1


@pytest.mark.parametrize("dtype", [np.int16, np.int32, np.float32])
def test_maps_of_other_number_types(twin, host, spine_maps, dtype):
    nodes = choose(twin, host, spine_maps, dtype=dtype)
    twin.ui.showButton.click()
    wait(twin, host)
    twin.ui.levelTable.setCurrentCell(1, 0)
    twin.ui.mergeButton.click()
    wait(twin, host)
    assert twin.ui.levelsMessage.text == ""
    assert twin.ui.levelTable.rowCount == 4
    assert host.util.arrayFromVolume(nodes[1]).dtype == dtype
    twin.ui.undoButton.click()
    wait(twin, host)
    assert np.array_equal(host.util.arrayFromVolume(nodes[1]).T, spine_maps.vertebrae)


def test_foreign_labels_are_shown_and_kept(twin, host, spine_maps):
    vertebrae = spine_maps.vertebrae.astype(np.uint16)
    vertebrae[:3, :3, :3] = 7001
    maps = LabelMaps(spine_maps.grid, spine_maps.subregions, vertebrae)
    nodes = choose(twin, host, maps, dtype=np.uint16)
    twin.ui.showButton.click()
    wait(twin, host)
    twin.ui.levelTable.setCurrentCell(1, 0)
    twin.ui.mergeButton.click()
    wait(twin, host)
    assert (host.util.arrayFromVolume(nodes[1]).T[:3, :3, :3] == 7001).all()
    press_everything(twin, host)


def test_a_label_that_no_map_can_hold_is_said(twin, host, spine_maps):
    vertebrae = spine_maps.vertebrae.astype(np.int32)
    vertebrae[:3] = 70_000
    shape = spine_maps.grid
    parts = host.util.addVolumeFromArray(
        np.ascontiguousarray(spine_maps.subregions.T), shape.ijk_to_ras, "parts", "vtkMRMLLabelMapVolumeNode"
    )
    levels = host.util.addVolumeFromArray(
        np.ascontiguousarray(vertebrae.T), shape.ijk_to_ras, "levels", "vtkMRMLLabelMapVolumeNode"
    )
    twin.ui.subregionsSelector.setCurrentNode(parts)
    twin.ui.vertebraeSelector.setCurrentNode(levels)
    wait(twin, host)
    twin.ui.showButton.click()
    wait(twin, host)
    assert twin.ui.showButton.text == "levels holds the label 70000; labels end at 65535"
    press_everything(twin, host)


def test_maps_of_different_grids(twin, host, spine_maps):
    nodes = choose(twin, host, spine_maps)
    other = host.util.addVolumeFromArray(np.full((4, 5, 6), L3, np.uint8), np.eye(4), "other", "vtkMRMLLabelMapVolumeNode")
    twin.ui.showButton.click()
    wait(twin, host)
    twin.ui.vertebraeSelector.setCurrentNode(other)
    wait(twin, host)
    assert twin.ui.showButton.text == "The two maps do not lie on the same voxels"
    press_everything(twin, host)
    twin.ui.vertebraeSelector.setCurrentNode(nodes[1])
    wait(twin, host)
    assert twin.ui.showButton.enabled is True


def test_an_image_of_another_size(twin, host, spine_maps):
    image = host.util.addVolumeFromArray(np.zeros((3, 3, 3), np.int16), np.eye(4), "image")
    choose(twin, host, spine_maps)
    twin._parameters.image = image
    wait(twin, host)
    twin.ui.showButton.click()
    wait(twin, host)
    assert twin._parameters.segmentation is not None
    host.mrmlScene.RemoveNode(image)
    press_everything(twin, host)


def test_the_same_node_for_both(twin, host, spine_maps):
    nodes = choose(twin, host, spine_maps)
    twin.ui.subregionsSelector.setCurrentNode(nodes[1])
    wait(twin, host)
    assert "holds levels, not the parts of vertebrae" in twin.ui.showButton.text
    press_everything(twin, host)


def test_maps_without_voxels(twin, host, spine_maps):
    nodes = choose(twin, host, spine_maps)
    twin.ui.showButton.click()
    wait(twin, host)
    nodes[1].SetAndObserveImageData(None)
    twin.panel.refresh()
    wait(twin, host)
    assert twin.ui.showButton.text == "levels is empty"
    press_everything(twin, host)


@pytest.mark.parametrize("which", [0, 1])
@pytest.mark.parametrize("button", ["showButton", "mergeButton", "shiftUpButton", "exportButton"])
def test_a_map_goes_while_something_is_on_its_way(twin, host, spine_maps, tmp_path, button, which):
    nodes = choose(twin, host, spine_maps)
    twin.ui.exportFolder.currentPath = str(tmp_path)
    settle(host)
    if button != "showButton":
        twin.ui.showButton.click()
        wait(twin, host)
    getattr(twin.ui, button).click()
    host.mrmlScene.RemoveNode(nodes[which])
    wait(twin, host)
    assert twin.ui.showButton.text.startswith("Choose the ")
    assert twin.ui.levelTable.rowCount == 0
    press_everything(twin, host)


@pytest.mark.parametrize("button", ["showButton", "mergeButton", "undoButton", "exportButton"])
def test_the_scene_is_closed_while_something_is_on_its_way(twin, host, spine_maps, tmp_path, button):
    choose(twin, host, spine_maps)
    twin.ui.exportFolder.currentPath = str(tmp_path)
    settle(host)
    if button != "showButton":
        twin.ui.showButton.click()
        wait(twin, host)
    if button == "undoButton":
        twin.ui.mergeButton.click()
        wait(twin, host)
    getattr(twin.ui, button).click()
    host.mrmlScene.Clear(False)
    wait(twin, host)
    assert host.util.getNodesByClass("vtkMRMLSegmentationNode") == []
    assert twin.ui.showButton.text == "Choose the subregion map and the vertebra map"
    assert list(tmp_path.iterdir()) == []


def test_impatient_presses_are_done_one_after_the_other(twin, host, spine_maps):
    nodes = choose(twin, host, spine_maps)
    twin.ui.showButton.click()
    twin.ui.showButton.click()
    wait(twin, host)
    for button in (twin.ui.mergeButton, twin.ui.mergeButton, twin.ui.undoButton, twin.ui.undoButton):
        button.click()
    wait(twin, host)
    assert np.array_equal(host.util.arrayFromVolume(nodes[1]).T, spine_maps.vertebrae)
    assert np.array_equal(host.util.arrayFromVolume(nodes[0]).T, spine_maps.subregions)


def test_files_loaded_twice_and_a_scene_closed_meanwhile(twin, host, spine_maps, tmp_path):
    from spinetwin.io import write_label_map

    path = tmp_path / "a.nrrd"
    write_label_map(path, spine_maps.vertebrae, spine_maps.grid)
    twin.panel.data.loadFiles([str(path), str(path)])
    wait(twin, host)
    assert len(host.util.getNodesByClass("vtkMRMLLabelMapVolumeNode")) == 2
    twin.panel.data.loadFiles([str(path), str(path)])
    host.mrmlScene.Clear(False)
    wait(twin, host)
    assert host.util.getNodesByClass("vtkMRMLLabelMapVolumeNode") == []


def test_maps_of_one_slice(twin, host):
    parts = np.zeros((9, 9, 1), np.uint8)
    parts[2:7, 2:7] = 49
    maps = LabelMaps(Grid(parts.shape, np.eye(4)), parts, np.where(parts, L3, 0).astype(np.uint8))
    choose(twin, host, maps)
    press_everything(twin, host)
    assert twin._parameters.segmentation.GetSegmentation().GetNumberOfSegments() == 1


def test_two_things_at_once_for_the_worker(twin, host):
    first, second = twin.panel.data.sampleButtons[2], twin.panel.background
    first.click()
    gaveUp = []
    second.start("Other:", "sample", {}, {}, second.scratch(), print, lambda: gaveUp.append(True))
    assert gaveUp == [True]
    assert twin.ui.workerLabel.text == "Other: something else is running; try again when it has ended."
    twin.ui.cancelButton.click()
    wait(twin, host)
