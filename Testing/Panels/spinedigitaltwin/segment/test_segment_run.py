"""Section Segment: the run, its end in every case, and the label maps in the scene."""

import functools

import numpy as np
import pytest
from slicerhost.segmenting import choose, ended, idle, image_of, known, maps_of, run, running
from slicerhost.waiting import settle

OBLIQUE = [[0.8, -0.6, 0.0], [0.6, 0.8, 0.0], [0.0, 0.0, 1.0]]


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
