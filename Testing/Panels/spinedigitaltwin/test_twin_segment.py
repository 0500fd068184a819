"""Section Segment: what can run, the run, its end in every case, and the label maps in the scene."""

import functools
import os
from pathlib import Path

import numpy as np
import pytest
from slicerhost.waiting import settle
from spinetwin.phantom import Spacing, SpineParameters, make_spine, render_image

ROOT = Path(__file__).resolve().parents[3]
WORKER = Path(__file__).with_name("stand_in_segmenter.py")
SHIFT = 1000
OBLIQUE = [[0.8, -0.6, 0.0], [0.6, 0.8, 0.0], [0.0, 0.0, 1.0]]


@pytest.fixture(scope="module")
def small_maps():
    """Two vertebrae and what lies between, of coarse voxels."""
    spine = make_spine(SpineParameters(levels="L3-L5"))
    return spine.voxelise(spine.grid(3.0, "PIR", margin_mm=6))


@pytest.fixture(scope="module")
def scan():
    """A sagittal T2w image of the same vertebrae, and what it shows."""
    spine = make_spine(SpineParameters(levels="L3-L5"))
    grid = spine.grid(Spacing(3.3, 1.0, 1.0), "PIR", margin_mm=12)
    return render_image(spine, grid), spine.voxelise(grid)


@pytest.fixture
def stand_in(host, monkeypatch, tmp_path):
    """Let the panel's worker have the backends of stand_in_segmenter.py; returns the file that says what is installed."""
    if os.name != "posix":
        pytest.skip("needs a shell")
    from SpineDigitalTwinLib.running import process
    from SpineDigitalTwinLib.running.interpreter import candidates

    script, installed = tmp_path / "ein Python mit Leerzeichen", tmp_path / "installed"
    python = candidates()[0]
    # the interpreter is given `-m spinetwin worker JOB`; this one passes JOB on
    run = f'export PYTHONPATH="{ROOT}/SpineDigitalTwin"\nexec "{python}" "{WORKER}" "$4" "{installed}"\n'
    script.write_text(f'#!/bin/sh\n[ "$1" = -c ] && exit 0\n{run}', "utf-8")
    script.chmod(0o755)
    monkeypatch.setattr(process, "WorkerProcess", functools.partial(process.WorkerProcess, interpreter=str(script)))
    return installed


def image_of(host, maps, affine=None, name="Patient 1 T2w"):
    """Put an image into the scene whose values hold both maps."""
    values = maps.vertebrae.astype(np.int32) * SHIFT + maps.subregions
    affine = maps.grid.ijk_to_ras if affine is None else affine
    return host.util.addVolumeFromArray(np.ascontiguousarray(values.T), affine, name)


@pytest.fixture
def image(host, small_maps):
    return image_of(host, small_maps)


@pytest.fixture
def segmenting(stand_in, twin, host, image):
    """The panel with the image chosen, knowing what can run."""
    twin.ui.imageSelector.setCurrentNode(image)
    known(twin, host)
    return twin


@pytest.fixture
def scanned(stand_in, twin, host, scan):
    """The same with the T2w image."""
    image, maps = scan
    np.save(stand_in.with_name("truth.npy"), [maps.vertebrae, maps.subregions])
    node = host.util.addVolumeFromArray(np.ascontiguousarray(image.T), maps.grid.ijk_to_ras, "Patient 1 T2w")
    twin.ui.imageSelector.setCurrentNode(node)
    known(twin, host)
    return twin


def known(twin, host):
    settle(host, 600, until=lambda: twin.panel.segment.chooser.offer is not None and not twin.panel.segment.chooser.busy)


def choose(twin, host, name):
    twin._parameters.backend = name
    settle(host)
    assert twin.panel.segment.chooser.offer.name == name


def ended(twin, host):
    panel = twin.panel
    settle(host, 600, until=lambda: not any(each.busy for each in (panel.segment, panel.background, panel.labels, panel.data)))


def run(twin, host):
    assert twin.ui.segmentButton.enabled, twin.ui.segmentButton.text
    twin.ui.segmentButton.click()
    ended(twin, host)


def running(twin, host):
    """Press, and wait until the backend is at work."""
    twin.ui.segmentButton.click()
    settle(host, 600, until=lambda: "an öccasional line of a library" in twin.ui.logText.plainText)


@pytest.fixture
def picture(host, screenshot):
    """Return a function that draws the sections Data and Segment; all others are closed."""

    def draw(twin, name):
        ui = twin.ui
        for section in (ui.labelMapsSection, ui.levelsSection, ui.poiSection, ui.measureSection, ui.exportSection):
            section.collapsed = True
        # the layout follows first
        settle(host)
        twin.parent.resize(480, 900)
        settle(host)
        return screenshot(twin.parent, name)

    return draw


def idle(twin):
    ui = twin.ui
    return (ui.segmentButton.enabled, ui.segmentBar.visible, ui.segmentCancelButton.visible) == (True, False, False)


def maps_of(host):
    return host.util.getNodesByClass("vtkMRMLLabelMapVolumeNode")


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
        assert ui.availabilityLabel.text == "Cannot run: the programs of Big network are not on this computer"
        assert ui.installButton.visible is True
        picture(scanned, "SpineDigitalTwin-install.png")

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
        assert (ui.sourcesFrame.visible, ui.deviceBox.visible) == (True, False)
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

        tables = ROOT / "SpineDigitalTwin" / "spinetwin" / "segmentation" / "backends" / "tables"
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


def bend(host, image):
    node = host.mrmlScene.AddNewNodeByClass("vtkMRMLBSplineTransformNode")
    node.SetAndObserveTransformFromParent(host.vtkOrientedBSplineTransform())
    image.SetAndObserveTransformNodeID(node.GetID())


class TestRun:
    def test_an_image_becomes_segments(self, scanned, host, scan, picture):
        ui, parameters = scanned.ui, scanned._parameters
        ui.logButton.click()
        running(scanned, host)
        assert ui.segmentLabel.text.startswith("Segmenting Patient 1 T2w: looking for the spine")
        assert ui.segmentButton.text == "Segmenting..."
        assert ui.segmentBar.visible is True
        assert ui.imageSelector.enabled is False
        ended(scanned, host)
        assert ui.segmentMessage.text.startswith("Segmented: 3 levels (L3 to L5) by small (the best that can run: nothing has")
        assert "not verified" in ui.segmentMessage.text
        assert "• The lowest vertebra is cut off." in ui.segmentWarnings.text
        _image, maps = scan
        for node, array in ((parameters.subregions, maps.subregions), (parameters.vertebrae, maps.vertebrae)):
            assert np.array_equal(host.util.arrayFromVolume(node).T, array)
        assert parameters.vertebrae.GetName() == "Patient 1 T2w, vertebrae"
        segmentation = parameters.segmentation.GetSegmentation()
        names = {segmentation.GetSegment(each).GetName() for each in segmentation.GetSegmentIDs()}
        assert {"L3 spinous process", "L3/L4 disc"} <= names
        log = ui.logText.plainText
        assert "Segmenting Patient 1 T2w" in log
        assert "an öccasional line of a library" in log
        assert ui.workerFrame.visible is False, "one run is shown in one place"
        assert idle(scanned)
        picture(scanned, "SpineDigitalTwin-segmented.png")

    def test_the_names_are_unverified_until_a_person_confirms(self, segmenting, host, tmp_path):
        run(segmenting, host)
        ui = segmenting.ui
        assert ui.unverifiedFrame.visible is True
        path = str(tmp_path / "scene.mrb")
        host.util.saveScene(path)
        host.mrmlScene.Clear(False)
        settle(host)
        assert ui.unverifiedFrame.visible is False
        host.util.loadScene(path)
        settle(host)
        assert ui.unverifiedFrame.visible is True
        assert '"warnings"' in segmenting._parameters.vertebrae.GetAttribute("SpineDigitalTwin.segmentation")
        ui.confirmButton.click()
        assert ui.unverifiedFrame.visible is False
        assert segmenting._parameters.vertebrae.GetAttribute("SpineDigitalTwin.levels") == "confirmed"

    @pytest.mark.usefixtures("stand_in")
    @pytest.mark.parametrize("transformed", [False, True])
    def test_oblique_images_and_images_under_a_transform_stay_in_place(self, twin, host, small_maps, transformed):
        affine = np.eye(4)
        affine[:3, :3] = np.array(OBLIQUE) @ small_maps.grid.ijk_to_ras[:3, :3]
        affine[:3, 3] = [10 / 3, -2 / 7, 1000 / 9]
        image = image_of(host, small_maps, affine)
        if transformed:
            move = np.array([[0, -1, 0, 5.5], [1, 0, 0, 1 / 3], [0, 0, 1, -40], [0, 0, 0, 1.0]])
            node = host.mrmlScene.AddNewNodeByClass("vtkMRMLLinearTransformNode")
            node.SetMatrixTransformToParent(host.util.vtkMatrixFromArray(move))
            image.SetAndObserveTransformNodeID(node.GetID())
            affine = move @ affine
        twin.ui.imageSelector.setCurrentNode(image)
        known(twin, host)
        run(twin, host)
        import vtk

        matrix = vtk.vtkMatrix4x4()
        twin._parameters.vertebrae.GetIJKToRASMatrix(matrix)
        assert np.abs(host.util.arrayFromVTKMatrix(matrix) - affine).max() < 1e-9
        assert twin._parameters.vertebrae.GetParentTransformNode() is None
        assert np.array_equal(host.util.arrayFromVolume(twin._parameters.vertebrae).T, small_maps.vertebrae)

    def test_a_second_time_adds_maps_of_another_name(self, segmenting, host):
        run(segmenting, host)
        run(segmenting, host)
        assert segmenting._parameters.vertebrae.GetName() == "Patient 1 T2w, vertebrae_1"
        assert len(maps_of(host)) == 4


class TestEnds:
    """Whatever happens, the panel is idle afterwards, one sentence says what, and the scene is as it was."""

    def test_cancelled(self, scanned, host, picture):
        choose(scanned, host, "slow")
        scanned.ui.logButton.click()
        running(scanned, host)
        picture(scanned, "SpineDigitalTwin-segmenting.png")
        scanned.ui.segmentCancelButton.click()
        ended(scanned, host)
        assert scanned.ui.segmentLabel.text == "Cancelled; nothing was changed."
        assert idle(scanned)
        assert maps_of(host) == []

    def test_cancelled_while_the_image_is_handed_over(self, segmenting, host):
        segmenting.ui.segmentButton.click()
        segmenting.ui.segmentCancelButton.click()
        settle(host)
        assert segmenting.ui.segmentLabel.text == "Cancelled; nothing was changed."
        assert idle(segmenting)

    @pytest.mark.parametrize(
        ("name", "said"), [("crashing", "The computation crashed"), ("refusing", "No vertebra was found in this image. Is it")]
    )
    def test_failed(self, segmenting, host, name, said):
        import qt

        choose(segmenting, host, name)
        run(segmenting, host)
        ui = segmenting.ui
        assert ui.segmentLabel.text.startswith(said)
        assert idle(segmenting)
        assert maps_of(host) == []
        assert ui.segmentDiagnosticsButton.visible is True
        ui.segmentDiagnosticsButton.click()
        assert "--- Log" in qt.QApplication.clipboard().text()
        ui.copyLogButton.click()
        assert "looking for the spine" in qt.QApplication.clipboard().text()

    @pytest.mark.parametrize("what", ["removed", "another", "closed", "pressed"])
    def test_something_happens_meanwhile(self, segmenting, host, small_maps, image, what):
        ui = segmenting.ui
        choose(segmenting, host, "slow")
        running(segmenting, host)
        if what == "removed":
            host.mrmlScene.RemoveNode(image)
            said = "Patient 1 T2w was removed, and its segmentation stopped."
        elif what == "another":
            segmenting._parameters.image = image_of(host, small_maps, name="Patient 2")
            said = "Another image was chosen: the segmentation of Patient 1 T2w stopped."
        elif what == "closed":
            host.mrmlScene.Clear(False)
            said = "The scene was closed, and the segmentation of Patient 1 T2w stopped."
        else:
            segmenting.panel.segment.segment()
            assert segmenting.panel.segment.busy
            ui.segmentCancelButton.click()
            said = "Cancelled; nothing was changed."
        ended(segmenting, host)
        assert ui.segmentLabel.text == said
        assert (ui.segmentBar.visible, ui.segmentCancelButton.visible, ui.imageSelector.enabled) == (False, False, True)
        assert maps_of(host) == []

    def test_the_image_is_painted_on_meanwhile(self, segmenting, host, image):
        running(segmenting, host)
        host.util.arrayFromVolume(image)[0] = 5
        host.util.arrayFromVolumeModified(image)
        ended(segmenting, host)
        assert segmenting.ui.segmentLabel.text == "Patient 1 T2w was changed meanwhile; its segmentation was not taken in."
        assert maps_of(host) == []

    def test_the_panel_goes_away_while_it_runs(self, segmenting, host):
        choose(segmenting, host, "slow")
        running(segmenting, host)
        segmenting.panel.close()
        settle(host)
        assert segmenting.panel.background.busy is False
        assert maps_of(host) == []

    def test_nobody_can_tell_what_runs(self, host, monkeypatch, panel, image, tmp_path):
        from SpineDigitalTwinLib.running import process

        nothing = functools.partial(process.WorkerProcess, interpreter=str(tmp_path / "no Python"))
        monkeypatch.setattr(process, "WorkerProcess", nothing)
        from SpineDigitalTwin import SpineDigitalTwinWidget

        twin = panel(SpineDigitalTwinWidget, 460, 1180)
        twin.ui.imageSelector.setCurrentNode(image)
        settle(host, 600, until=lambda: "could not be started" in twin.ui.availabilityLabel.text)
        assert twin.ui.segmentButton.text == "Nothing can segment here, see above"


def test_the_log_is_bounded_and_cannot_be_written_into(twin, host):
    from SpineDigitalTwinLib.running import runlog
    from spinetwin.jobs import Log

    log = twin.panel.segment._log
    for number in range(runlog.MOST_LINES + 50):
        log.hear(Log(f"line {number} " + "x" * 400))
    lines = twin.ui.logText.plainText.splitlines()
    assert len(lines) <= runlog.MOST_LINES
    assert f"line {runlog.MOST_LINES + 49}" in lines[-1]
    assert max(map(len, lines)) < runlog.LONGEST_LINE + 20
    assert twin.ui.logText.readOnly is True
