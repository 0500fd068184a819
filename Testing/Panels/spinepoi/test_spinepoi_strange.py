"""Strange inputs, and nodes that go in the middle of a run: every press ends in a sentence or in what was wanted."""

import numpy as np
import pytest
from slicerhost import spines
from slicerhost.waiting import settle
from spinetwin.geometry import Grid, LabelMaps

L3 = 22
DIALOGS = {"loadButton", "saveButton", "compareFileButton", "saveReviewButton"}


def wait(widget, host):
    settle(host, 120, until=lambda: not widget.panel.compute.busy)


def press_everything(widget, host):
    """Press each button and box that opens no dialog; what raises in a slot fails the test."""
    for kind in ("QPushButton", "QCheckBox"):
        for button in widget.parent.findChildren(kind):
            if button.enabled and button.visible and button.name not in DIALOGS:
                button.click()
                wait(widget, host)


def choose(widget, host, maps):
    from SpineDigitalTwinLib.maps import volumes

    nodes = (
        volumes.addSubregions("parts", maps.subregions, maps.grid),
        volumes.addVertebrae("levels", maps.vertebrae, maps.grid),
    )
    widget.ui.subregionsSelector.setCurrentNode(nodes[0])
    widget.ui.vertebraeSelector.setCurrentNode(nodes[1])
    host.app.processEvents()
    return nodes


def part_of(maps, *labels):
    there = np.isin(maps.vertebrae, labels)
    return LabelMaps(maps.grid, *(np.where(there, each, 0).astype(np.uint8) for each in (maps.subregions, maps.vertebrae)))


def levels():
    from SpinePOILib import pointnodes

    return list(pointnodes.nodes())


def test_an_empty_scene(spinepoi, host):
    press_everything(spinepoi, host)
    assert spinepoi.ui.computeButton.text == "Choose the subregion map and the vertebra map"
    assert levels() == []


def test_one_level_alone(spinepoi, host, phantom):
    choose(spinepoi, host, part_of(phantom.maps, L3))
    spinepoi.ui.computeButton.click()
    wait(spinepoi, host)
    assert levels() == [L3]
    press_everything(spinepoi, host)
    assert spinepoi.ui.levelTable.rowCount == 1


def test_a_vertebra_without_parts(spinepoi, host, phantom):
    maps = phantom.maps
    subregions = np.where(maps.vertebrae == L3, 0, maps.subregions).astype(np.uint8)
    choose(spinepoi, host, LabelMaps(maps.grid, subregions, maps.vertebrae))
    spinepoi.ui.computeButton.click()
    wait(spinepoi, host)
    assert spinepoi.ui.statusLabel.text
    assert set(levels()) >= {L3 - 1, L3 + 1}, "a bad level never costs the others"
    press_everything(spinepoi, host)


def test_foreign_labels_beside_the_spine(spinepoi, host, phantom):
    vertebrae = phantom.maps.vertebrae.astype(np.uint16)
    vertebrae[:2, :2, :2] = 7001
    choose(spinepoi, host, LabelMaps(phantom.maps.grid, phantom.maps.subregions, vertebrae))
    spinepoi.ui.computeButton.click()
    wait(spinepoi, host)
    assert L3 in levels()


def test_an_image_in_place_of_a_map(spinepoi, host, maps):
    noise = np.random.default_rng(1).normal(size=(20, 20, 20))
    image = host.util.addVolumeFromArray(noise, np.eye(4), "image", "vtkMRMLLabelMapVolumeNode")
    spinepoi.ui.vertebraeSelector.setCurrentNode(image)
    spinepoi.ui.subregionsSelector.setCurrentNode(maps.subregions)
    host.app.processEvents()
    assert spinepoi.ui.computeButton.text == "image looks like an image, not like a label map"
    press_everything(spinepoi, host)


def test_maps_of_one_slice(spinepoi, host):
    parts = np.zeros((9, 9, 1), np.uint8)
    parts[2:7, 2:7] = 49
    choose(spinepoi, host, LabelMaps(Grid(parts.shape, np.eye(4)), parts, np.where(parts, L3, 0).astype(np.uint8)))
    spinepoi.ui.computeButton.click()
    wait(spinepoi, host)
    assert spinepoi.ui.statusLabel.text
    press_everything(spinepoi, host)


@pytest.mark.parametrize("when", ["writing", "running"])
@pytest.mark.parametrize("what", ["map", "scene"])
def test_what_goes_in_the_middle_of_a_run(spinepoi, host, phantom, when, what):
    nodes = choose(spinepoi, host, part_of(phantom.maps, L3))
    spinepoi.ui.computeButton.click()
    if when == "running":
        settle(host, 60, until=lambda: spinepoi.panel.compute._worker.busy)
    if what == "map":
        host.mrmlScene.RemoveNode(nodes[1])
        wait(spinepoi, host)
        assert levels() == [L3], "the points are those of the map that was there"
        assert spinepoi.ui.computeButton.text == "Choose the vertebra map"
    else:
        host.mrmlScene.Clear(False)
        wait(spinepoi, host)
        assert levels() == [], "nothing of a scene comes into the next one"
    press_everything(spinepoi, host)


def test_a_level_removed_in_the_middle_of_everything(shown, host, pois):
    from SpinePOILib import pointnodes

    shown.ui.compareComputedButton.click()
    shown.ui.reviewSection.collapsed = False
    host.app.processEvents()
    host.mrmlScene.RemoveNode(pointnodes.nodes()[L3])
    host.app.processEvents()
    press_everything(shown, host)
    assert L3 not in levels()


def test_a_segmentation_whose_segments_have_other_names(spinepoi, host, maps):
    node = spines.segmented(host, "segments", maps.vertebrae)
    segmentation = node.GetSegmentation()
    for number, segment in enumerate(segmentation.GetSegmentIDs()):
        segmentation.GetSegment(segment).SetName(f"Wirbel {chr(65 + number)}")
    spinepoi.ui.vertebraeSelector.setCurrentNode(node)
    spinepoi.ui.subregionsSelector.setCurrentNode(maps.subregions)
    host.app.processEvents()
    assert spinepoi.ui.computeButton.text == "segments has no segment whose name is known"
    press_everything(spinepoi, host)


def test_the_label_maps_were_corrected_since(shown, host):
    from SpinePOILib import pointnodes

    assert shown.ui.outdatedLabel.visible is False
    pointnodes.toggleOutdated(pointnodes.nodes()[L3], 1)
    shown.exit()
    shown.enter()
    host.app.processEvents()
    assert shown.ui.outdatedLabel.visible is True
    assert shown.ui.outdatedLabel.text.startswith("The label maps were corrected since the points of L3 were computed")
