"""Section Measurements of the panel: pressed, dragged, compared, saved and looked at."""

import json
import os
import shutil
import sys
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from slicerhost import views
from slicerhost.plots import PlotLayout
from slicerhost.waiting import settle
from spinetwin.anatomy import level
from spinetwin.io import write_pois
from spinetwin.io.measurements import read_measurements
from spinetwin.poi import PoiSet, compute_pois

ROOT = Path(__file__).resolve().parents[3]
L1, L3 = level("L1").id, level("L3").id


@pytest.fixture(scope="session")
def points(spine_maps):
    return compute_pois(spine_maps)


@pytest.fixture
def placed(twin, nodes, points, host):
    """The panel with maps and points in the scene."""
    from SpinePOILib import pointnodes

    twin.ui.subregionsSelector.setCurrentNode(nodes[0])
    twin.ui.vertebraeSelector.setCurrentNode(nodes[1])
    pointnodes.show(points)
    settle(host)
    return twin


@pytest.fixture(scope="session")
def result(tmp_path_factory):
    """Where the worker's first result is kept, and what it said: measuring the same again takes seconds."""
    return SimpleNamespace(folder=tmp_path_factory.mktemp("result") / "files", verdict=None)


@pytest.fixture
def measured(placed, host, monkeypatch, result):
    """The same, measured; by a worker the first time."""

    def once(_title, _step, _inputs, _options, output, done):
        shutil.copytree(result.folder, output, dirs_exist_ok=True)
        done(result.verdict)

    panel = placed.panel
    with monkeypatch.context() as kept:
        if result.verdict is not None:
            kept.setattr(panel.background, "start", once)
        placed.ui.measureButton.click()
        settle(host, until=lambda: not panel.measures.busy)
    if result.verdict is None:
        shutil.copytree(panel.measures._folders.page().parent, result.folder)
        paths = {name: str(result.folder / f"{name}.json") for name in ("measurements", "endplates")}
        result.verdict = SimpleNamespace(result=SimpleNamespace(paths=paths, summary="1 measurement, 0 missing with a reason"))
    return placed


@pytest.fixture
def picture(tmp_path):
    """Return a function that tells where a picture of a view goes, and skips where nothing can be drawn."""
    if "PythonQt" in sys.modules:
        pytest.skip("the application has a plot view of its own")
    if not views.can_draw():
        pytest.skip("VTK cannot draw here: needs EGL (Debian: libegl1 libegl-mesa0 libgl1-mesa-dri) or OSMesa")
    folder = ROOT / "Resources" / "Screenshots" if os.environ.get("SPINETWIN_SCREENSHOTS") else tmp_path
    return folder.joinpath


def node_of(key):
    from SpinePOILib import pointnodes

    return pointnodes.nodes()[key]


def shift(key, point, by):
    """Move a point of the scene, as a mouse would."""
    from SpinePOILib import pointnodes

    node = node_of(key)
    row = pointnodes.idsOf(node).index(point)
    node.SetNthControlPointPosition(row, *np.add(node.GetNthControlPointPosition(row), by))


def rows(table):
    return [[table.item(row, column).text() for column in range(table.columnCount)] for row in range(table.rowCount)]


def angles(host):
    return [node.GetAngleDegrees() for node in host.util.getNodesByClass("vtkMRMLMarkupsAngleNode")]


def lower_end(points):
    """The lower end vertebra of the largest curve."""
    from SpineDigitalTwinLib.measures import live

    figures = live.figures({poi.key: np.array(poi.position) for poi in points if poi.position is not None})
    return max(figures, key=lambda each: each.angle).lower


class TestBefore:
    def test_without_points_the_button_says_what_is_missing(self, twin):
        assert twin.ui.measureButton.enabled is False
        assert twin.ui.measureButton.text == "Compute or load points of interest first"
        assert twin.ui.resultsFrame.visible is False
        assert twin.ui.staleLabel.visible is False
        assert twin.ui.cobbBox.enabled is False

    def test_points_alone_can_be_measured_and_the_panel_says_what_is_lost(self, twin, points, host):
        from SpinePOILib import pointnodes

        pointnodes.show(points)
        settle(host)
        assert twin.ui.measureButton.enabled is True
        missing = "areas and volumes stay missing (Choose the subregion map and the vertebra map)"
        assert twin.ui.measureState.text.endswith(f" points of T10 to L5; {missing}")
        pointnodes.remove()
        settle(host)
        assert twin.ui.measureButton.enabled is False

    def test_with_maps_they_are_used(self, placed):
        assert placed.ui.measureState.text.startswith("✓ ")
        assert placed.ui.measureState.text.endswith(" points of T10 to L5, with the label maps of section 1")


class TestMeasuring:
    def test_what_matters_is_read_at_a_glance(self, measured, host, screenshot):
        ui = measured.ui
        assert ui.resultsFrame.visible is True
        first = rows(ui.summaryTable)[0]
        assert first[0].startswith("Cobb ")
        assert float(first[1].split(" ± ")[0]) == pytest.approx(30.0, abs=3.0), "the spine was made with 30 degrees"
        said = {row[0]: row for row in rows(ui.summaryTable)}
        assert said["Lordosis L1-S1"][2] == "lying position"
        assert said["Kyphosis T4-T12"][1] == "–"
        assert "T4" in said["Kyphosis T4-T12"][2]
        assert "lying" in ui.supineLabel.text
        assert ui.measureButton.text == "Measure again"
        assert ui.measureMessage.text.endswith("missing with a reason.")
        assert ui.staleLabel.visible is False
        fold(measured, host)
        screenshot(measured.ui.measureSection, "SpineDigitalTwin-measurements.png")

    @pytest.mark.usefixtures("measured")
    def test_the_maps_were_used(self):
        from SpineDigitalTwinLib.measures import results

        found = results.study("now").found
        assert found.get("canal_area", L3).value > 150
        assert found.get("sacral_slope").value is not None

    def test_cobb_lines_come_with_the_first_measurement(self, measured, host):
        assert measured.ui.cobbBox.checked is True
        said = [float(row[1].split(" ± ")[0]) for row in rows(measured.ui.summaryTable) if row[0].startswith("Cobb")]
        assert angles(host) == pytest.approx(said, abs=0.05), "as long as nothing moves they say what was measured"
        measured.ui.cobbBox.click()
        settle(host)
        assert angles(host) == []
        measured.ui.measureButton.click()
        settle(host, until=lambda: not measured.panel.measures.busy)
        assert angles(host) == [], "whoever took them away does not get them again"

    def test_a_dragged_point_moves_lines_and_number_and_makes_the_rest_old(self, measured, points, host):
        before, text, key = angles(host), measured.ui.cobbLabel.text, lower_end(points)
        for point in (111, 112):
            shift(key, point, (0, 0, 3.0))
        for point in (119, 120):
            shift(key, point, (0, 0, -3.0))
        settle(host)
        after = angles(host)
        assert max(np.abs(np.subtract(before, after))) > 5 if len(after) == len(before) else after != before
        assert measured.ui.cobbLabel.text != text
        assert f"{max(after):.1f}°" in measured.ui.cobbLabel.text
        assert measured.ui.staleLabel.visible is True
        assert "Measure again" in measured.ui.staleLabel.text

    @pytest.mark.usefixtures("measured")
    def test_many_moves_in_a_row_are_one_update(self, host, monkeypatch):
        from SpineDigitalTwinLib.measures import live

        calls = []
        monkeypatch.setattr(live, "figures", lambda *given, was=live.figures: calls.append(1) or was(*given))
        for _each in range(20):
            shift(L3, 103, (0, 0, 0.1))
        settle(host)
        assert len(calls) == 1

    def test_a_failure_leaves_the_earlier_results(self, measured, host, monkeypatch):
        from SpineDigitalTwinLib.maps import labelfiles
        from spinetwin.errors import WriteError

        def fail(*_):
            raise WriteError("The disk is full.", "Make room.")

        monkeypatch.setattr(labelfiles, "writingForWorker", fail)
        before = rows(measured.ui.summaryTable)
        measured.ui.measureButton.click()
        settle(host)
        assert measured.ui.measureMessage.text == "The disk is full. Make room."
        assert rows(measured.ui.summaryTable) == before

    def test_results_that_a_person_deletes_leave_the_panel_sane(self, measured, host):
        for node in host.util.getNodesByClass("vtkMRMLTextNode"):
            host.mrmlScene.RemoveNode(node)
        settle(host)
        assert measured.ui.resultsFrame.visible is False
        assert measured.ui.measureButton.text == "Measure"
        for node in host.util.getNodesByClass("vtkMRMLMarkupsLineNode"):
            host.mrmlScene.RemoveNode(node)
        settle(host)
        assert len(host.util.getNodesByClass("vtkMRMLMarkupsLineNode")) == 2 * len(angles(host)), "the box is still checked"

    def test_cancel_leaves_the_scene_as_it_was(self, placed, host):
        before = host.mrmlScene.GetNumberOfNodes()
        placed.ui.measureButton.click()
        settle(host, until=lambda: placed.panel.background.busy)
        placed.ui.cancelButton.click()
        settle(host, until=lambda: not placed.panel.measures.busy)
        assert host.mrmlScene.GetNumberOfNodes() == before
        assert placed.ui.resultsFrame.visible is False
        assert placed.ui.measureButton.enabled is True

    def test_the_scene_is_cleared_in_the_middle(self, placed, host):
        placed.ui.measureButton.click()
        settle(host, until=lambda: placed.panel.background.busy)
        host.mrmlScene.Clear(False)
        settle(host, until=lambda: not placed.panel.measures.busy)
        assert placed.ui.measureButton.text == "Compute or load points of interest first"
        assert host.util.getNodesByClass("vtkMRMLTextNode") == []


class TestFromHere:
    def test_the_table_comes_into_view_also_after_it_was_deleted(self, measured, host):
        view = host.vtkMRMLTableViewNode()
        view.SetLayoutName("Table")
        host.mrmlScene.AddNode(view)
        measured.ui.showTableButton.click()
        assert view.GetTableNode().GetName() == "Spine measurements"
        host.mrmlScene.RemoveNode(view.GetTableNode())
        measured.ui.showTableButton.click()
        assert view.GetTableNode().GetNumberOfRows() > 100

    def test_the_report_opens(self, measured):
        opened = []
        measured.panel.measures.openPage = opened.append
        measured.ui.openReportButton.click()
        assert "lying" in opened[0].read_text(encoding="utf-8")

    def test_export_writes_the_three_files(self, measured, tmp_path):
        folder = tmp_path / "Müller, Größe"
        folder.mkdir()
        measured.ui.exportNameEdit.text = "patient 1"
        measured.panel.measures.chooseFolder = lambda: str(folder)
        measured.ui.exportMeasuresButton.click()
        names = ["patient 1_measurements.json", "patient 1_measurements.csv", "patient 1_measurements.html"]
        assert measured.ui.measureMessage.text == f"Written: {', '.join(names)}"
        assert sorted(each.name for each in folder.iterdir()) == sorted(names)
        assert len(read_measurements(folder / names[0])) > 100

    def test_a_folder_that_is_gone_is_said_and_none_chosen_does_nothing(self, measured, tmp_path):
        measured.panel.measures.chooseFolder = lambda: str(tmp_path / "gone")
        measured.ui.exportMeasuresButton.click()
        assert "There is no folder" in measured.ui.measureMessage.text
        measured.panel.measures.chooseFolder = lambda: ""
        measured.ui.exportMeasuresButton.click()
        assert measured.ui.measureMessage.text == ""

    def test_the_plot_shows_the_chosen_quantity_with_the_names_of_the_levels(self, measured, host, monkeypatch, picture):
        layout = PlotLayout(host)
        monkeypatch.setattr(host.app, "layoutManager", lambda: layout)
        box = measured.ui.profileBox
        box.currentIndex = box.findText("Canal width, mm")
        measured.ui.showPlotButton.click()
        settle(host)
        chart = layout.view.node.GetPlotChartNode()
        assert chart.GetTitle() == "Canal width, mm"
        assert layout.view.chart().GetAxis(0).GetTickLabels().GetValue(0) == "L5"
        layout.view.png(picture("SpineDigitalTwin-profile.png"))
        box.currentIndex = box.findText("Body height, mm")
        settle(host)
        assert chart.GetTitle() == "Body height, mm", "the plot that is there follows"
        layout.view.png(picture("SpineDigitalTwin-profile.png"))
        other = host.mrmlScene.AddNewNodeByClass("vtkMRMLPlotChartNode")
        layout.view.node.SetPlotChartNodeID(other.GetID())
        settle(host)
        assert layout.view.chart().GetAxis(0).GetTickLabels().GetNumberOfValues() == 0, "names stay beside our charts only"


class TestComparing:
    @pytest.fixture
    def straighter(self, points, tmp_path):
        """The points of an earlier study, in which L1 had another shape."""
        lifted = {
            key: poi.moved_to(tuple(np.add(poi.position, (0, 0, 4.0)).tolist()))
            if key[0] == L1 and poi.position and key[1] in (101, 109, 117)
            else poi
            for key, poi in points.points.items()
        }
        path = tmp_path / "Vorher.mrk.json"
        write_pois(path, PoiSet(lifted, points.frames))
        return path

    def test_an_earlier_file_of_measurements(self, measured, host, tmp_path, screenshot):
        measured.panel.measures.chooseFolder = lambda: str(tmp_path)
        measured.ui.exportMeasuresButton.click()
        path = tmp_path / "spine_measurements.json"
        content = json.loads(path.read_text(encoding="utf-8"))
        for each in content["measurements"]:
            if each["name"] == "cobb_patient" and each["value"] is not None:
                each["value"] -= 12.0
        path.write_text(json.dumps(content), encoding="utf-8")
        assert measured.ui.compareButton.text == "Choose a file"
        measured.ui.earlierFile.currentPath = str(path)
        settle(host)
        measured.ui.compareButton.click()
        settle(host)
        ui = measured.ui
        assert ui.changesFrame.visible is True
        first = rows(ui.changesTable)[0]
        assert first[0] == f"Cobb {rows(ui.summaryTable)[0][0].split()[1].rstrip(',')}"
        assert first[3] == "+12.0"
        assert ui.changesLabel.text.startswith("Against spine_measurements.json: ")
        fold(measured, host)
        screenshot(measured.ui.measureSection, "SpineDigitalTwin-comparison.png")

    def test_earlier_points_are_measured_first(self, measured, host, straighter):
        measured.ui.earlierFile.currentPath = str(straighter)
        settle(host)
        measured.ui.compareButton.click()
        settle(host, until=lambda: not measured.panel.measures.busy)
        assert "Vorher.mrk.json, from its points alone" in measured.ui.changesLabel.text
        said = {row[0]: row for row in rows(measured.ui.changesTable)}
        assert float(said["Body height in front, L1"][3]) < -3.0

    def test_all_changes_come_into_view_and_go_again(self, measured, host, straighter):
        measured.ui.earlierFile.currentPath = str(straighter)
        measured.ui.compareButton.click()
        settle(host, until=lambda: not measured.panel.measures.busy)
        view = host.vtkMRMLTableViewNode()
        view.SetLayoutName("Table")
        host.mrmlScene.AddNode(view)
        measured.ui.showChangesButton.click()
        assert view.GetTableNode().GetName() == "Spine measurements, changes"
        measured.ui.endCompareButton.click()
        settle(host)
        assert measured.ui.changesFrame.visible is False
        names = {node.GetName() for node in host.util.getNodesByClass("vtkMRMLTextNode")}
        assert names == {"Spine measurements", "Spine measurements, endplates"}

    def test_what_is_no_earlier_study_is_said(self, measured, host, tmp_path):
        for name, content, sentence in (
            ("gone.json", None, "There is no file"),
            ("cut.json", '{"format": "spinetwin meas', "is no complete JSON file"),
            ("new.json", '{"format": "spinetwin measurements", "version": 7}', "is of version 7"),
            ("other.json", '{"a": 1}', "other.json"),
            ("noise.csv", "nothing\x00", "noise.csv"),
        ):
            path = tmp_path / name
            if content is not None:
                path.write_text(content)
            measured.ui.earlierFile.currentPath = str(path)
            settle(host)
            measured.ui.compareButton.click()
            settle(host, until=lambda: not measured.panel.measures.busy)
            assert sentence in measured.ui.measureMessage.text + measured.ui.workerLabel.text
            assert measured.ui.changesFrame.visible is False
            assert measured.ui.measureButton.enabled is True


def test_all_is_saved_with_the_scene_and_the_panel_finds_it_again(measured, host, tmp_path):
    before, text = rows(measured.ui.summaryTable), measured.ui.cobbLabel.text
    path = str(tmp_path / "measured.mrb")
    host.util.saveScene(path)
    host.mrmlScene.Clear(False)
    settle(host)
    assert measured.ui.resultsFrame.visible is False
    assert measured.ui.cobbLabel.text == ""
    host.util.loadScene(path)
    settle(host)
    assert rows(measured.ui.summaryTable) == before
    assert measured.ui.cobbLabel.text == text
    assert measured.ui.staleLabel.visible is False
    assert measured.ui.openReportButton.enabled is False
    assert "measure again" in measured.ui.openReportButton.toolTip
    hierarchy = host.vtkMRMLSubjectHierarchyNode.GetSubjectHierarchyNode(host.mrmlScene)
    assert hierarchy.GetItemChildWithName(hierarchy.GetSceneItemID(), "Measurements")
    count = host.mrmlScene.GetNumberOfNodes()
    shift(L3, 103, (0, 0, 1.0))
    settle(host)
    assert host.mrmlScene.GetNumberOfNodes() == count, "the lines of the scene move, no others are made"
    assert measured.ui.staleLabel.visible is True


def fold(widget, host):
    """Close the other sections, as somebody does who measures."""
    ui = widget.ui
    for section in (ui.dataSection, ui.labelMapsSection, ui.levelsSection, ui.poiSection):
        section.collapsed = True
    settle(host)
