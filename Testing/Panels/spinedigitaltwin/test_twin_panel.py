"""The panel Spine Digital Twin: pressed, typed into, looked at; the scene cleared in the middle."""

import numpy as np
import pytest
from slicerhost.waiting import settle


def names(widget):
    table = widget.ui.levelTable
    return [table.item(row, 0).text() for row in range(table.rowCount)]


class TestEmpty:
    def test_every_button_says_what_is_missing(self, twin, screenshot):
        ui = twin.ui
        for button in (ui.showButton, ui.openPOIButton, ui.exportButton):
            assert button.enabled is False
            assert button.text == "Choose the subregion map and the vertebra map"
        assert ui.levelsHint.text == "Choose the subregion map and the vertebra map"
        assert ui.lookFrame.enabled is False
        screenshot(twin.parent, "SpineDigitalTwin-empty.png")

    def test_sections_are_numbered_from_the_top(self, twin):
        ui = twin.ui
        sections = (
            ui.dataSection,
            ui.segmentSection,
            ui.labelMapsSection,
            ui.levelsSection,
            ui.poiSection,
            ui.measureSection,
            ui.loadsSection,
            ui.radiographsSection,
            ui.exportSection,
        )
        assert [each.text.split()[0] for each in sections] == ["1", "2", "3", "4", "5", "6", "7", "8", "9"]

    def test_every_widget_that_is_used_says_what_it_does(self, twin):
        kinds = ("QPushButton", "QToolButton", "QComboBox", "QCheckBox", "QSpinBox", "qMRMLNodeComboBox", "ctkSliderWidget")
        ours = [
            each for kind in kinds for each in twin.parent.findChildren(kind) if each.name and not each.name.startswith("qt_")
        ]
        silent = [each.name for each in ours if not each.toolTip]
        assert len(ours) > 25
        assert silent == []


class TestData:
    def test_maps_are_recognised_below_their_selectors(self, twin, nodes, host):
        twin.ui.subregionsSelector.setCurrentNode(nodes[0])
        settle(host)
        assert twin.ui.subregionsState.text.startswith("subregions: ")
        assert twin.ui.showButton.text == "Choose the vertebra map"
        twin.ui.vertebraeSelector.setCurrentNode(nodes[1])
        settle(host)
        assert twin.ui.vertebraeState.text == "✓ vertebrae: T10 to S1, discs"
        assert twin.ui.showButton.enabled is True

    def test_exchanged_maps_are_noticed(self, twin, nodes, host):
        twin.ui.subregionsSelector.setCurrentNode(nodes[1])
        twin.ui.vertebraeSelector.setCurrentNode(nodes[0])
        settle(host)
        assert "holds levels, not the parts of vertebrae" in twin.ui.showButton.text

    def test_files_are_loaded_in_any_order(self, twin, host, spine_maps, tmp_path):
        from spinetwin.io import write_label_map

        for name, array in (("a", spine_maps.vertebrae), ("b", spine_maps.subregions)):
            write_label_map(tmp_path / f"{name}.nii.gz", array, spine_maps.grid)
        twin.panel.data.loadFiles([str(tmp_path / "a.nii.gz"), str(tmp_path / "b.nii.gz")])
        settle(host, until=lambda: twin._parameters.segmentation is not None and not twin.panel.labels.busy)
        assert twin.ui.subregionsSelector.currentNode().GetName() == "b"
        assert twin.ui.vertebraeSelector.currentNode().GetName() == "a"
        assert np.array_equal(host.util.arrayFromVolume(twin._parameters.vertebrae).T, spine_maps.vertebrae)

    def test_a_file_that_is_no_label_map_becomes_a_sentence(self, twin, host, tmp_path):
        path = tmp_path / "broken.nii.gz"
        path.write_bytes(b"nothing")
        twin.panel.data.loadFiles([str(path), str(tmp_path / "another.nii.gz")])
        settle(host, until=lambda: not twin.panel.data.busy)
        assert "broken.nii.gz" in twin.ui.workerLabel.text
        assert twin.ui.showButton.enabled is False
        assert twin.ui.loadButton.enabled is True

    def test_a_map_of_nothing_known_becomes_a_sentence(self, twin, host, tmp_path):
        from spinetwin.geometry import Grid
        from spinetwin.io import write_label_map

        write_label_map(tmp_path / "liver.nrrd", np.full((4, 4, 4), 190, np.uint8), Grid((4, 4, 4), np.eye(4)))
        twin.panel.data.loadFiles([str(tmp_path / "liver.nrrd")])
        settle(host, until=lambda: not twin.panel.data.busy)
        assert "liver.nrrd holds neither levels nor parts of vertebrae" in twin.ui.workerLabel.text
        assert host.util.getNodesByClass("vtkMRMLLabelMapVolumeNode") == []

    def test_maps_of_the_scene_are_chosen_when_the_module_is_opened(self, twin, nodes, host):
        twin.enter()
        settle(host)
        assert (twin._parameters.subregions, twin._parameters.vertebrae) == nodes


@pytest.mark.usefixtures("small_samples")
class TestSample:
    def test_a_sample_is_made_in_the_background_and_shown(self, twin, host, screenshot):
        button = twin.panel.data.sampleButtons[0]
        assert button.text == "Straight spine"
        button.click()
        settle(host, until=lambda: twin.ui.workerBar.value > 0)
        assert twin.panel.background.busy
        assert button.enabled is False
        assert twin.ui.workerLabel.text.startswith("Making Straight spine:")
        screenshot(twin.parent, "SpineDigitalTwin-working.png")
        settle(host, 120, until=lambda: twin._parameters.segmentation is not None and not twin.panel.labels.busy)
        assert (names(twin)[0], names(twin)[-1]) == ("L3", "L5")
        assert twin.ui.workerFrame.visible is False
        assert button.enabled is True

    def test_cancel_leaves_the_scene_as_it_was(self, twin, host):
        before = host.mrmlScene.GetNumberOfNodes()
        twin.panel.data.sampleButtons[1].click()
        settle(host, until=lambda: twin.ui.workerBar.value > 0)
        twin.ui.cancelButton.click()
        settle(host, until=lambda: not twin.panel.background.busy)
        assert host.mrmlScene.GetNumberOfNodes() == before
        assert "ancel" in twin.ui.workerLabel.text
        assert twin.panel.data.sampleButtons[1].enabled is True

    def test_a_failure_is_one_sentence_and_an_idle_panel(self, twin, host):
        import qt

        before = host.mrmlScene.GetNumberOfNodes()
        twin.panel.background.start("Making X:", "sample", {}, {"levels": "Q9"}, twin.panel.background.scratch(), print)
        settle(host, until=lambda: not twin.panel.background.busy)
        assert "'Q9'" in twin.ui.workerLabel.text
        assert twin.ui.workerBar.visible is False
        assert twin.ui.cancelButton.visible is False
        assert twin.panel.data.sampleButtons[0].enabled is True
        assert host.mrmlScene.GetNumberOfNodes() == before
        twin.ui.diagnosticsButton.click()
        assert "Q9" in qt.QApplication.clipboard().text()

    def test_the_scene_is_cleared_in_the_middle_of_a_run(self, twin, host):
        twin.panel.data.sampleButtons[0].click()
        settle(host, until=lambda: twin.ui.workerBar.value > 0)
        host.mrmlScene.Clear(False)
        settle(host, until=lambda: not twin.panel.background.busy)
        assert twin.ui.showButton.text == "Choose the subregion map and the vertebra map"
        assert twin._parameters.segmentation is None
        twin.ui.exportNameEdit.text = "after"
        assert twin._parameters.exportName == "after"


class TestLabelMaps:
    def visible(self, widget):
        node = widget._parameters.segmentation
        display, segmentation = node.GetDisplayNode(), node.GetSegmentation()
        return {
            segmentation.GetSegment(each).GetName()
            for each in segmentation.GetSegmentIDs()
            if display.GetSegmentVisibility(each)
        }

    def test_segments_and_their_surfaces(self, shown, screenshot):
        node = shown._parameters.segmentation
        assert node.GetName() == "Patient 1, segments"
        segmentation = node.GetSegmentation()
        ids = segmentation.GetSegmentIDs()
        assert all(segmentation.GetSegment(each).GetRepresentation("Closed surface") for each in ids)
        assert shown.ui.surfacesBar.visible is False
        assert shown.ui.lookFrame.enabled is True
        screenshot(shown.parent, "SpineDigitalTwin.png")

    def test_the_event_loop_goes_on_while_surfaces_are_made(self, twin, nodes, host):
        twin.ui.subregionsSelector.setCurrentNode(nodes[0])
        twin.ui.vertebraeSelector.setCurrentNode(nodes[1])
        settle(host)
        twin.ui.showButton.click()
        turns = 0
        while twin.panel.labels.busy:
            host.app.processEvents()
            turns += 1
        assert turns > 3, "surfaces come little by little"

    def test_presets(self, shown, host):
        shown.ui.showDiscsButton.click()
        settle(host)
        assert self.visible(shown) == {f"{a}/{b} disc" for a, b in zip(names(shown), names(shown)[1:], strict=False)}
        assert shown._parameters.preset == "discs"
        shown.ui.showAllButton.click()
        settle(host)
        assert len(self.visible(shown)) == shown._parameters.segmentation.GetSegmentation().GetNumberOfSegments()

    def test_one_level_and_the_next(self, shown, host):
        shown.ui.levelBox.currentIndex = shown.ui.levelBox.findText("L3")
        settle(host)
        assert {each.split()[0] for each in self.visible(shown)} == {"L3", "L3/L4"}
        shown.ui.levelDownButton.click()
        settle(host)
        assert shown._parameters.level == "L4"
        assert {each.split()[0] for each in self.visible(shown)} == {"L4", "L4/L5"}
        shown.ui.levelBox.currentIndex = 0
        settle(host)
        assert shown._parameters.level == ""

    def test_colours_filling_and_surfaces(self, shown, host):
        node, ui = shown._parameters.segmentation, shown.ui
        ui.colouringBox.currentIndex = 1
        ui.filledBox.checked = False
        ui.opacitySlider.value = 0.25
        ui.shown3DBox.checked = False
        settle(host)
        display = node.GetDisplayNode()
        assert (display.GetVisibility2DFill(), display.GetOpacity2DFill(), display.GetVisibility3D()) == (False, 0.25, False)
        assert node.GetAttribute("SpineDigitalTwin.colourByLevel") == "1"

    def test_the_segmentation_is_removed(self, shown, host):
        host.mrmlScene.RemoveNode(shown._parameters.segmentation)
        settle(host)
        assert shown.ui.lookFrame.enabled is False
        shown.ui.showButton.click()
        settle(host, until=lambda: not shown.panel.labels.busy)
        assert shown.ui.lookFrame.enabled is True

    def test_a_map_is_removed(self, shown, nodes, host):
        host.mrmlScene.RemoveNode(nodes[1])
        settle(host)
        assert shown.ui.showButton.text == "Choose the vertebra map"
        assert shown.ui.levelTable.rowCount == 0

    def test_the_scene_is_cleared_while_surfaces_are_made(self, twin, nodes, host):
        twin.ui.subregionsSelector.setCurrentNode(nodes[0])
        twin.ui.vertebraeSelector.setCurrentNode(nodes[1])
        settle(host)
        twin.ui.showButton.click()
        host.app.processEvents()
        host.mrmlScene.Clear(False)
        settle(host)
        assert twin.panel.labels.busy is False
        assert twin.ui.lookFrame.enabled is False


class TestHandingOver:
    def test_spine_poi_opens_with_the_same_maps(self, shown, nodes, host, monkeypatch):
        opened = []
        monkeypatch.setattr(host.util, "selectModule", opened.append)
        shown.ui.openPOIButton.click()
        assert opened == ["SpinePOI"]
        other = host.mrmlScene.GetSingletonNode("SpinePOI", "vtkMRMLScriptedModuleNode")
        assert (other.GetNodeReference("subregions"), other.GetNodeReference("vertebrae")) == nodes

    def test_export_writes_both_maps(self, shown, spine_maps, host, tmp_path):
        from spinetwin.io import read_label_maps

        ui = shown.ui
        assert ui.exportButton.text == "Choose a folder"
        folder = tmp_path / "Müller, Größe"
        folder.mkdir()
        ui.exportFolder.currentPath = str(folder)
        ui.exportNameEdit.text = "patient 1"
        ui.exportFormatBox.currentIndex = 1
        settle(host)
        ui.exportButton.click()
        settle(host, until=lambda: not shown.panel.background.busy)
        assert ui.exportMessage.text == "Written: patient 1_subregions.nrrd and patient 1_vertebrae.nrrd"
        found = read_label_maps(folder / "patient 1_subregions.nrrd", folder / "patient 1_vertebrae.nrrd")
        assert np.array_equal(found.vertebrae, spine_maps.vertebrae)
        assert np.abs(found.grid.ijk_to_ras - spine_maps.grid.ijk_to_ras).max() < 1e-6

    def test_a_folder_that_is_gone_is_said(self, shown, host, tmp_path):
        shown.ui.exportFolder.currentPath = str(tmp_path / "gone")
        settle(host)
        shown.ui.exportButton.click()
        assert "There is no folder" in shown.ui.exportMessage.text


def test_the_state_is_saved_with_the_scene(shown, host, tmp_path):
    shown.ui.showBodiesButton.click()
    shown.ui.exportNameEdit.text = "kept"
    settle(host)
    path = str(tmp_path / "twin.mrb")
    host.util.saveScene(path)
    host.mrmlScene.Clear(False)
    settle(host)
    assert shown.ui.exportNameEdit.text == "spine"
    host.util.loadScene(path)
    settle(host)
    assert shown.ui.exportNameEdit.text == "kept"
    assert shown._parameters.preset == "bodies"
    assert shown.ui.showBodiesButton.checked is True
    assert names(shown)[0] == "T10"
    assert shown._parameters.segmentation is not None
