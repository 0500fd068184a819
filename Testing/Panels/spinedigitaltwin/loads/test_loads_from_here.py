"""Where loads go from section Biomechanics: beside others, into a report, into files, with the scene."""

import json

import pytest
from slicerhost.loads import cells, choose, rest, row_of, shift
from slicerhost.waiting import settle
from spinetwin.anatomy import level
from spinetwin.biomechanics import Person
from spinetwin.io.multibody import read_model

L3 = level("L3").id


class TestComparing:
    def test_before_and_after_a_correction(self, computed, host, screenshot):
        ui = computed.ui
        ui.keepLoadsButton.click()
        before = {row[1]: int(row[2]) for row in cells(ui.loadsTable)}
        ui.liveBox.click()
        choose(computed, host, taskBox=row_of("flexion-36"))
        rest(computed, host)
        table = cells(ui.loadsTable)
        for row in table:
            assert abs(int(row[8]) - (int(row[2]) - before[row[1]])) <= 1, "rounded each by itself"
        assert ui.keptLabel.text.startswith("Compared with: standing as imaged, kept at ")
        screenshot(ui.loadsSection, "SpineDigitalTwin-biomechanics-compared.png")
        ui.endKeptButton.click()
        settle(host)
        assert ui.loadsTable.columnCount == 8
        assert ui.keptLabel.visible is False

    def test_a_moved_point_and_lying(self, computed, host):
        ui = computed.ui
        ui.keepLoadsButton.click()
        ui.liveBox.click()
        settle(host)
        assert {row[8] for row in cells(ui.loadsTable)} == {"0"}
        shift(L3, 100, (0, 3.0, 0))
        settle(host)
        assert "0" not in {row[8] for row in cells(ui.loadsTable) if row[1] in ("L3/L4", "L2/L3")}
        assert "Compression changed most below L" in ui.keptLabel.text
        choose(computed, host, taskBox=row_of("supine"))
        lumbar = [int(row[8]) for row in cells(ui.loadsTable) if row[1].startswith("L")]
        assert max(lumbar) < -100, "a lying spine bears less"


class TestReport:
    @pytest.fixture
    def opened_pages(self, computed, host, monkeypatch):
        """What the browser was given, with an interval of few models."""
        from SpineDigitalTwinLib.loads import answers

        monkeypatch.setattr(answers, "SAMPLES", 4)
        pages = []
        computed.panel.loadsReport.openPage = pages.append
        settle(host)
        return pages

    def opened(self, twin, host):
        twin.ui.loadsReportButton.click()
        settle(host, 240, until=lambda: not twin.panel.background.busy)

    def test_it_is_written_by_the_worker_and_opened(self, computed, host, opened_pages):
        computed.ui.keepLoadsButton.click()
        choose(computed, host, taskBox=row_of("flexion-36"))
        assert computed.ui.loadsReportButton.enabled is False
        assert "compute again first" in computed.ui.loadsReportButton.toolTip
        computed.ui.loadsButton.click()
        settle(host)
        self.opened(computed, host)
        (page,) = opened_pages
        text = page.read_text(encoding="utf-8")
        assert computed.panel.loads.answer.found.task.label in text
        assert "Compression before" in text, "it compares with the loads that were kept"
        assert "kept loads" in text
        self.opened(computed, host)
        assert opened_pages == [page, page], "the same one, not written again"
        computed.ui.endKeptButton.click()
        settle(host)
        self.opened(computed, host)
        assert "Compression before" not in opened_pages[-1].read_text(encoding="utf-8")
        host.mrmlScene.Clear(False)
        assert not opened_pages[-1].exists()

    def test_a_worker_that_fails_leaves_a_sentence(self, computed, host, opened_pages, monkeypatch):
        from SpineDigitalTwinLib.loads import handover

        monkeypatch.setattr(handover, "options", lambda *_: {})
        self.opened(computed, host)
        assert opened_pages == []
        assert "needs the option sex" in computed.ui.workerLabel.text
        assert computed.ui.loadsReportButton.enabled is True


def test_the_worker_writes_model_and_loads_of_the_same_numbers(computed, host, tmp_path):
    import vtk

    ui = computed.ui
    ball = vtk.vtkSphereSource()
    ball.Update()
    mesh = host.mrmlScene.AddNewNodeByClass("vtkMRMLModelNode", "L3")
    mesh.SetAndObservePolyData(ball.GetOutput())
    rest(computed, host)
    assert ui.exportLoadsButton.text == "Choose a folder"
    ui.exportFolder.currentPath = str(tmp_path)
    ui.exportNameEdit.text = "patient 1"
    settle(host)
    assert ui.exportLoadsButton.text == "Write model and loads"
    ui.exportLoadsButton.click()
    settle(host, 240, until=lambda: not computed.panel.background.busy)
    assert ui.exportMessage.text.startswith("Written: "), ui.workerLabel.text
    content = json.loads((tmp_path / "patient 1_loads.json").read_text(encoding="utf-8"))
    shown = computed.panel.loads.answer
    assert [each["compression"] for each in content["joints"]] == pytest.approx(list(shown.found.compression), abs=0.01)
    assert content["samples"] == 200
    assert content["joints"][0]["compression_95"][0] == pytest.approx(shown.spread.low["compression"][0], abs=0.05)
    assert read_model(tmp_path / "patient 1_model.spinembs.json").person == Person("f", 168.0, 64.0)
    for name in ("loads.csv", "loads.html", "loads.png", "model.osim"):
        assert (tmp_path / f"patient 1_{name}").stat().st_size > 1000
    assert (tmp_path / "patient 1_L3.stl").stat().st_size > 1000
    assert "patient 1_L3.stl</mesh_file>" in (tmp_path / "patient 1_model.osim").read_text(encoding="utf-8")
    shift(L3, 100, (0, 3.0, 0))
    settle(host)
    assert ui.exportLoadsButton.text == "Compute loads first, in section Biomechanics", "old loads are not written"


def test_form_result_and_comparison_come_back_with_the_scene(computed, host, tmp_path):
    from SpineDigitalTwinLib.loads import handover

    choose(computed, host, taskBox=row_of("flexion-60"), strengthBox=60.0, rhythmBox=1, pelvisBox=0.3, powerBox=2.0)
    computed.ui.loadsButton.click()
    computed.ui.keepLoadsButton.click()
    settle(host)
    before = [row[:3] for row in cells(computed.ui.loadsTable)]
    path = str(tmp_path / "loads.mrb")
    host.util.saveScene(path)
    host.mrmlScene.Clear(False)
    settle(host)
    assert computed.ui.loadsFrame.visible is False
    host.util.loadScene(path)
    settle(host)
    assert (computed.ui.taskBox.currentIndex, computed.ui.strengthBox.value) == (row_of("flexion-60"), 60.0)
    assert computed.ui.rhythmBox.currentIndex == 1
    assert computed.panel.loads.answer.found.settings.rhythm == "pearcy"
    assert (computed.ui.pelvisBox.value, computed.ui.powerBox.value) == (0.3, 2.0)
    settings = computed.panel.loads.answer.found.settings
    assert (settings.pelvis_share, settings.power) == (0.3, 2.0)
    asked = handover.options(computed.panel.loads.answer, computed._parameters)
    assert (asked["pelvis_share"], asked["power"]) == (0.3, 2.0), "the worker is told, too"
    assert [row[:3] for row in cells(computed.ui.loadsTable)] == before
    assert computed.ui.keptLabel.visible is True
    models = {node.GetName() for node in host.util.getNodesByClass("vtkMRMLModelNode")}
    assert len([name for name in models if name in ("Muscles", "Ligaments")]) == 2
