"""Section Segment: what can run, what it takes, and what is chosen."""

from pathlib import Path

import numpy as np
import pytest
from slicerhost.segmenting import choose, known, run
from slicerhost.waiting import settle
from spinetwin.segmentation import backends


def bend(host, image):
    node = host.mrmlScene.AddNewNodeByClass("vtkMRMLBSplineTransformNode")
    node.SetAndObserveTransformFromParent(host.vtkOrientedBSplineTransform())
    image.SetAndObserveTransformNodeID(node.GetID())


class TestChoice:
    def test_without_an_image_the_button_says_so_and_nothing_is_started(self, twin):
        assert twin.ui.segmentButton.enabled is False
        assert twin.ui.segmentButton.text == "Choose an image in section Data"
        assert not twin.panel.segment.chooser.busy

    def test_every_backend_of_the_list_is_offered(self, scanned, picture):
        ui = scanned.ui
        texts = [ui.backendBox.itemText(each) for each in range(ui.backendBox.count)]
        assert texts[:3] == ["Automatic: Small network", "Big network", "Small network"]
        assert texts[-1] == "Import of an existing label map"
        assert "Bodies, arches, processes" in ui.backendLabel.text
        assert "Licence: Apache-2.0. Nothing has to be downloaded." in ui.backendLabel.text
        assert ui.availabilityLabel.text.startswith("✓ Can run: nothing has to be fetched.")
        assert (ui.segmentButton.enabled, ui.segmentButton.text) == (True, "Segment the image")
        picture(scanned, "SpineDigitalTwin-segment.png")

    def test_what_cannot_run_is_said_with_the_reason_and_the_command(self, scanned, host, picture):
        choose(scanned, host, "big")
        ui = scanned.ui
        assert ui.segmentButton.enabled is False
        assert ui.segmentButton.text == "Big network cannot run yet, see above"
        assert "Licence: CC BY-NC 4.0. 1.2 GB to download." in ui.backendLabel.text
        missing, takes = ui.availabilityLabel.text.split(" For this image it would take ")
        assert missing == "Cannot run: the programs of Big network are not on this computer."
        assert takes.startswith("about 900 MB of memory and ")
        assert ui.installButton.visible is True
        picture(scanned, "SpineDigitalTwin-install.png")

    def test_every_method_of_the_list_says_what_it_takes_before_it_is_chosen(self, scanned):
        import qt

        box = scanned.ui.backendBox
        hints = {box.itemText(row): box.itemData(row, qt.Qt.ToolTipRole) for row in range(box.count)}
        assert hints["Small network"].startswith("✓ Can run: nothing has to be fetched. It takes about 900 MB of memory and ")
        assert hints["Automatic: Small network"] == hints["Small network"]
        assert hints["Big network"].startswith(
            "Cannot run: the programs of Big network are not on this computer. For this image"
        )
        assert hints["Import of an existing label map"] == ""

    def test_a_person_says_which_kind_of_image_it_is(self, segmenting, host):
        ui, image = segmenting.ui, segmenting._parameters.image
        shown = [ui.contrastBox.itemText(each) for each in range(ui.contrastBox.count)]
        assert shown == ["By its name: T2w", "T2w", "T1w", "CT", "Vibe"]
        ui.contrastBox.currentIndex = 2
        known(segmenting, host)
        assert image.GetAttribute("SpineDigitalTwin.Contrast") == "T1w"
        run(segmenting, host)
        assert "runs on auto, of a T1w image" in ui.logText.plainText
        assert "As was said, Patient 1 T2w is a T1w image" in ui.segmentWarnings.text
        ui.contrastBox.currentIndex = 0
        known(segmenting, host)
        assert image.GetAttribute("SpineDigitalTwin.Contrast") is None
        assert ui.contrastBox.currentText == "By its name: T2w"

    def test_installing_shows_licence_and_size_asks_and_runs_the_worker(self, segmenting, host, stand_in):
        ui = segmenting.ui
        choose(segmenting, host, "big")
        assert ui.installButton.text == "Install... (1.2 GB)"
        ui.installButton.click()
        assert (ui.installFrame.visible, ui.installButton.visible) == (True, False)
        assert "1.2 GB are downloaded: big 1.0 with its weights (MIT)." in ui.installLabel.text
        assert "Licence of its weights: CC BY-NC 4.0" in ui.installLabel.text
        ui.notNowButton.click()
        assert (ui.installFrame.visible, stand_in.exists()) == (False, False)
        ui.installButton.click()
        ui.installNowButton.click()
        settle(host, 600, until=lambda: stand_in.exists() and ui.segmentButton.enabled)
        assert ui.availabilityLabel.text.startswith("✓ Can run")
        assert ui.installButton.visible is False
        assert "fetching the programs" in ui.logText.plainText

    def test_only_devices_that_the_backend_can_use_here_are_offered(self, segmenting, host):
        ui = segmenting.ui

        def offered():
            return [ui.deviceBox.itemText(each) for each in range(ui.deviceBox.count)]

        assert offered() == ["Automatic", "Processor (CPU)"]
        choose(segmenting, host, "graphic")
        cards = ["Graphics card 1 (CUDA)", "Graphics card 2 (CUDA)"]
        assert offered() == ["Automatic", "Processor (CPU)", *cards, "Graphics of this Mac (MPS)"]
        ui.deviceBox.currentIndex = 3
        run(segmenting, host)
        assert "runs on cuda:1" in ui.logText.plainText
        # remembered for this computer, and not forced on what cannot use it
        choose(segmenting, host, "small")
        assert (offered(), ui.deviceBox.currentText) == (["Automatic", "Processor (CPU)"], "Automatic")
        choose(segmenting, host, "graphic")
        assert ui.deviceBox.currentText == cards[1]

    def test_a_backend_that_takes_maps_over_asks_for_them(self, segmenting, host, small_maps, tmp_path):
        from spinetwin.io import write_label_map

        choose(segmenting, host, "import")
        ui = segmenting.ui
        assert (ui.sourcesFrame.visible, ui.deviceBox.visible, ui.contrastBox.visible) == (True, False, False)
        assert ui.segmentButton.text == "Choose the label map to take over"
        write_label_map(tmp_path / "map.nii.gz", small_maps.vertebrae, small_maps.grid)
        write_label_map(tmp_path / "parts.nii.gz", small_maps.subregions, small_maps.grid)
        ui.mapFile.currentPath = str(tmp_path / "map.nii.gz")
        settle(host)
        assert ui.segmentButton.text == "Choose the program that made the label map"
        ui.secondMapFile.currentPath = str(tmp_path / "parts.nii.gz")
        ui.tableBox.currentIndex = ui.tableBox.findText("SPINEPS and TPTBox")
        settle(host)
        run(segmenting, host)
        assert ui.segmentMessage.text.startswith("Segmented: 3 levels (L3 to L5) by import (asked for)")
        assert np.array_equal(host.util.arrayFromVolume(segmenting._parameters.vertebrae).T, small_maps.vertebrae)

    def test_an_own_table_says_what_the_labels_mean(self, segmenting, host, small_maps, tmp_path):
        from spinetwin.io import write_label_map

        tables = Path(backends.__file__).with_name("tables")
        (tmp_path / "mine ü.csv").write_bytes((tables / "spineps.csv").read_bytes())
        write_label_map(tmp_path / "map.nii.gz", small_maps.vertebrae, small_maps.grid)
        choose(segmenting, host, "import")
        ui = segmenting.ui
        ui.mapFile.currentPath = str(tmp_path / "map.nii.gz")
        assert ui.tableFile.visible is False
        ui.tableBox.currentIndex = ui.tableBox.findText("own table (csv)")
        settle(host)
        assert (ui.tableFile.visible, ui.segmentButton.text) == (True, "Choose the csv file of your table")
        ui.tableFile.currentPath = str(tmp_path / "mine ü.csv")
        settle(host)
        run(segmenting, host)
        assert "(L3 to L5) by import" in ui.segmentMessage.text, ui.segmentLabel.text

    @pytest.mark.parametrize(
        ("spoil", "text"),
        [
            (lambda _, image: image.SetAndObserveImageData(None), "Patient 1 T2w has no voxels"),
            (lambda host, image: host.util.arrayFromVolume(image).fill(7), "All voxels of Patient 1 T2w have the value 7"),
            (lambda host, image: bend(host, image), "Patient 1 T2w is under a transform that bends it: harden that first"),
        ],
    )
    @pytest.mark.usefixtures("stand_in")
    def test_an_image_that_cannot_be_segmented(self, twin, host, image, spoil, text):
        spoil(host, image)
        twin.ui.imageSelector.setCurrentNode(image)
        settle(host)
        assert twin.ui.segmentButton.text.startswith(text)
        assert twin.ui.segmentButton.enabled is False
        twin.panel.segment.segment()
        assert twin.panel.segment.busy is False

    def test_the_image_is_described_with_what_to_mind(self, segmenting):
        ui = segmenting.ui
        assert "voxels, values 0 to " in ui.imageState.text
        assert "it seems to be a label map and no image" in ui.imageWarnings.text
