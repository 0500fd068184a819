"""Measurements in the scene: kept as text, shown as tables and as a plot along the spine, found again after loading."""

import json

import numpy as np
import pytest
from bent_points import LEANS, bent_points
from slicerhost.plots import PlotLayout
from spinetwin.anatomy import level
from spinetwin.errors import ReadError, WriteError
from spinetwin.io.measurements import read_measurements, write_measurements
from spinetwin.measure.compute import measure
from spinetwin.measure.frames import frames_from_points
from spinetwin.measure.norms import norms_of
from spinetwin.measure.subject import Subject

L3 = level("L3").id


def measured(leans=None, suspect=frozenset()):
    points = bent_points(leans)
    return measure(Subject.of(points, frames_from_points(points), suspect=suspect), draws=20)


@pytest.fixture(scope="module")
def now():
    return measured(suspect=frozenset({(L3, 101)}))


@pytest.fixture(scope="module")
def earlier():
    return measured({name: 0.8 * lean for name, lean in LEANS.items()})


@pytest.fixture
def files(now, earlier, tmp_path):
    """The two studies as files."""
    paths = {"now": tmp_path / "now.json", "earlier": tmp_path / "earlier.json"}
    write_measurements(paths["now"], now)
    write_measurements(paths["earlier"], earlier)
    return paths


@pytest.fixture
def results(host):
    from SpineDigitalTwinLib.measures import results

    return results


@pytest.fixture
def tables(host):
    from SpineDigitalTwinLib.measures import tables

    return tables


@pytest.fixture
def texts(host):
    from SpineDigitalTwinLib.measures import texts

    return texts


@pytest.fixture
def plots(host):
    from SpineDigitalTwinLib.measures import plots

    return plots


def columns(node):
    table = node.GetTable()
    return {
        table.GetColumn(each).GetName(): [table.GetValue(row, each).ToString() for row in range(table.GetNumberOfRows())]
        for each in range(table.GetNumberOfColumns())
    }


def row_of(node, **wanted):
    """Return the only row of a table that has some values."""
    found = columns(node)
    rows = [dict(zip(found, values, strict=True)) for values in zip(*found.values(), strict=True)]
    (row,) = [each for each in rows if all(each[name] == value for name, value in wanted.items())]
    return row


class TestStudies:
    def test_a_study_is_kept_and_read_again_the_same(self, results, files, now):
        assert results.study("now") is None
        assert results.stamp("now") == ("", 0)
        results.keep("now", files["now"], "today", "abc")
        study = results.study("now")
        assert (study.found, study.about, study.points) == (now, "today", "abc")
        stamp = results.stamp("now")
        results.keep("now", files["earlier"], "later")
        assert results.stamp("now") != stamp
        assert results.stamp("now")[0] == stamp[0], "the node stays the same"
        results.forget("now")
        assert results.study("now") is None

    @pytest.mark.parametrize("text", ["", "no json", "[]", '{"format": "spinetwin measurements", "version": 1}', "[" * 100_000])
    def test_a_damaged_study_of_a_loaded_scene_counts_as_none(self, results, host, files, text):
        results.keep("now", files["now"], "today")
        host.util.getNodesByClass("vtkMRMLTextNode")[0].SetText(text)
        assert results.study("now") is None

    def test_a_file_of_measurements_is_told_from_others(self, results, files, now, tmp_path):
        assert results.read(files["now"]) == now
        other = tmp_path / "points.json"
        for content in ([], {"format": "points"}, {"markups": []}):
            other.write_text(json.dumps(content))
            assert results.read(other) is None
        assert results.read(tmp_path / "points.csv") is None

    def test_damaged_and_missing_files_are_said(self, results, files, tmp_path):
        whole = files["now"].read_text(encoding="utf-8")
        files["now"].write_text(whole[: len(whole) // 2], encoding="utf-8")
        with pytest.raises(ReadError, match=r"now\.json is no complete JSON file"):
            results.read(files["now"])
        with pytest.raises(ReadError, match="There is no file"):
            results.read(tmp_path / "gone.json")
        files["earlier"].write_text('{"format": "spinetwin measurements", "version": 99}')
        with pytest.raises(ReadError, match="version 99"):
            results.read(files["earlier"])

    def test_all_is_saved_with_the_scene(self, results, tables, host, files, now, earlier, tmp_path):
        results.keep("now", files["now"], "today", "abc")
        results.keep("earlier", files["earlier"], "März")
        table = columns(tables.addTable(now))
        path = str(tmp_path / "measured.mrb")
        assert host.util.saveScene(path)
        host.mrmlScene.Clear(False)
        host.util.loadScene(path)
        assert results.study("now") == results.Study(now, "today", "abc")
        assert results.study("earlier") == results.Study(earlier, "März", "")
        (loaded,) = host.util.getNodesByClass("vtkMRMLTableNode")
        assert columns(loaded) == table
        before = host.mrmlScene.GetNumberOfNodes()
        results.keep("now", files["now"], "again")
        node = tables.addTable(now)
        assert host.mrmlScene.GetNumberOfNodes() == before, "the nodes of the scene are used again"
        assert node.GetNumberOfRows() == len(now)

    def test_export(self, results, now, tmp_path):
        study = results.Study(now, "today")
        (tmp_path / "worker").mkdir()
        (tmp_path / "worker" / "measurements.html").write_text("<p>±</p>", encoding="utf-8")
        out = tmp_path / "Müller"
        with pytest.raises(WriteError, match="There is no folder"):
            results.export(study, out, "spine", None)
        out.mkdir()
        assert [each.name for each in results.export(study, out, "spine", None)] == [
            "spine_measurements.json",
            "spine_measurements.csv",
        ]
        results.export(study, out, "p 1", tmp_path / "worker" / "measurements.html")
        assert (out / "p 1_measurements.html").read_text(encoding="utf-8") == "<p>±</p>"
        assert read_measurements(out / "p 1_measurements.json") == now


class TestTables:
    def test_one_row_for_each_measurement(self, tables, now):
        node = tables.addTable(now)
        found = columns(node)
        assert list(found) == ["Level", "Quantity", "Part", "Value", "±", "Unit", "Status", "Reason"]
        assert node.GetNumberOfRows() == len(now)
        cobb = row_of(node, Level="curve 1", Quantity="Cobb angle in the patient's coronal plane")
        assert (cobb["Value"], cobb["Unit"], cobb["Status"]) == ("40.0", "deg", "ok")
        assert cobb["Reason"].startswith("lying position")
        assert 0 < float(cobb["±"]) < 3
        assert row_of(node, Level="curve 1", Quantity="End vertebrae of the curve")["Value"] == "T5-T11"

    def test_what_is_missing_or_suspect_says_why(self, tables, now):
        node = tables.addTable(now)
        slope = row_of(node, Quantity="Sacral slope")
        assert (slope["Level"], slope["Value"], slope["±"], slope["Status"]) == ("spine", "", "", "missing")
        assert "S1" in slope["Reason"]
        height = row_of(node, Level="L3", Quantity="Body height in front")
        assert (height["Value"], height["Status"], height["Reason"]) == ("24.0", "suspect", "points of L3 are suspect")

    def test_changes(self, tables, now, earlier):
        from spinetwin.measure.changes import changes

        different = changes(earlier, now)
        node = tables.addChanges(different)
        assert node.GetNumberOfRows() == len(different)
        row = row_of(node, Level="curve 1", Quantity="Cobb angle in the patient's coronal plane")
        assert (row["Before"], row["After"], row["Change"], row["Beyond the uncertainty"]) == ("32.0", "40.0", "8.0", "yes")
        same = row_of(node, Level="L3", Quantity="Body height in front")
        assert (same["Change"], same["Beyond the uncertainty"]) == ("0.0", "no")

    def test_empty_tables_have_their_columns(self, tables):
        from spinetwin.measure.results import Measurements

        assert columns(tables.addTable(Measurements(())))["Reason"] == []
        assert columns(tables.addChanges(()))["Change"] == []

    def test_a_table_comes_into_its_view(self, host, tables, now):
        from SpineDigitalTwinLib import rolenodes

        view = host.vtkMRMLTableViewNode()
        view.SetLayoutName("Table")
        host.mrmlScene.AddNode(view)
        node = tables.addTable(now)
        rolenodes.showTable(node)
        assert view.GetTableNode() is node


class TestTexts:
    def test_the_summary_begins_with_the_curves(self, texts, now):
        rows = texts.summary(now)
        assert [row.what.strip() for row in rows[:7]] == [
            "Cobb T5-T11, to the left",
            "rotation of T8",
            "translation of T8",
            "Cobb T11-L4, to the right",
            "rotation of L2",
            "translation of L2",
            "Lenke type (suggestion)",
        ]
        assert rows[0].value.startswith("40.0 ± ")
        assert rows[0].value.endswith("°")
        assert rows[0].note == "lying position"
        assert [row.what for row in rows if row.bold] == [rows[0].what, rows[3].what]
        missing = [row.missing for row in rows]
        assert missing == sorted(missing), "what is missing comes last"

    def test_every_angle_of_posture_says_lying(self, texts, now):
        row = next(each for each in texts.summary(now) if each.what == "Kyphosis T4-T12")
        assert row.note == "lying position"
        assert "±" in row.value

    def test_what_is_missing_says_why(self, texts, now):
        row = next(each for each in texts.summary(now) if each.what == "Pelvic incidence")
        assert (row.value, bool(row.note)) == ("–", True)

    def test_a_straight_spine(self, texts):
        row = texts.summary(measured({"T10": 0.0, "L5": 4.0}))[0]
        assert (row.what, row.value) == ("Scoliosis", "no curve of 10° or more")

    def test_too_few_levels(self, texts):
        row = texts.summary(measured({"L4": 0.0, "L5": 4.0}))[0]
        assert (row.value, row.note) == ("–", "fewer than three vertebral bodies are seen")

    def test_changes_of_curves_come_first_then_the_surest(self, texts, now, earlier):
        from spinetwin.measure.changes import changes

        rows = texts.changesFirst(changes(earlier, now), now)
        assert rows[0].what == "Cobb T5-T11"
        assert (rows[0].change, rows[0].sure) == ("+8.0", True)
        assert all(
            row.sure for row in rows if "Cobb" not in row.what and "yphosis" not in row.what and "alance" not in row.what
        )

    def test_the_live_line(self, texts):
        from SpineDigitalTwinLib.measures import live

        assert texts.live(live.figures(bent_points())) == "Now: T5-T11 40.0°, T11-L4 28.0°"
        assert texts.live(()) == "No curve of 10° or more"


class TestPlots:
    @pytest.fixture
    def layout(self, host, monkeypatch):
        made = PlotLayout(host)
        monkeypatch.setattr(host.app, "layoutManager", lambda: made)
        return made

    def profile(self, plots, found, title):
        return next(each for each in plots.profiles(found) if each.title.startswith(title))

    def series(self, chart):
        return {
            each.GetName(): each
            for each in (chart.GetNthPlotSeriesNode(row) for row in range(chart.GetNumberOfPlotSeriesNodes()))
        }

    def values(self, node):
        table = node.GetTableNode().GetTable()
        x, y = (table.GetColumnByName(name) for name in (node.GetXColumnName(), node.GetYColumnName()))
        return np.array([(x.GetValue(row), y.GetValue(row)) for row in range(table.GetNumberOfRows())])

    def test_only_what_two_levels_have_is_offered(self, plots, now):
        titles = [each.title for each in plots.profiles(now)]
        assert "Body height, mm" in titles
        assert "Pedicle width, mm" not in titles, "there are no label maps"
        assert plots.profiles(measured({"L5": 0.0})) == []

    def test_levels_stand_on_the_vertical_axis_the_head_above(self, plots, now):
        chart = plots.show(self.profile(plots, now, "Body height"), now)
        names = chart.GetAttribute(plots.LEVELS).split(",")
        assert (names[0], names[-1], len(names)) == ("L5", "T1", 17)
        dots = self.series(chart)["front"]
        values = self.values(dots)
        assert values[:, 1].tolist() == list(range(16, -1, -1)), "from T1 at the top to L5 at the bottom"
        np.testing.assert_allclose(values[:, 0], 24.0, atol=1e-6)
        labels = dots.GetTableNode().GetTable().GetColumnByName(dots.GetLabelColumnName())
        assert [labels.GetValue(row) for row in (0, 16)] == ["T1", "L5"]
        assert chart.GetYAxisRange() == (-0.5, 16.5)
        assert not chart.GetYAxisRangeAuto()
        assert chart.GetTitle() == "Body height, mm"
        assert chart.GetXAxisTitle() == "Body height, mm; grey: Masharawi 2010; Berry 1987", "the source of the band"

    def test_whiskers_reach_two_standard_deviations(self, plots, now):
        chart = plots.show(self.profile(plots, now, "Body height"), now)
        line = self.values(self.series(chart)["front ± 2 SD"])
        first = now.of("body_height_front")[0]
        assert line[:4, 0].tolist() == pytest.approx(
            [first.value, first.value - 2 * first.uncertainty, first.value + 2 * first.uncertainty, first.value]
        )
        assert line[:4, 1].tolist() == [16.0] * 4

    def test_the_band_is_mean_and_two_standard_deviations(self, plots, now):
        chart = plots.show(self.profile(plots, now, "Body height"), now)
        band = self.values(chart.GetNthPlotSeriesNode(0))
        norm = norms_of("body_height_front")[L3]
        height = chart.GetAttribute(plots.LEVELS).split(",").index("L3")
        edges = sorted(band[band[:, 1] == height][:, 0])
        assert edges == pytest.approx([norm.mean - 2 * norm.sd, norm.mean + 2 * norm.sd])
        assert np.diff(np.unique(band[:, 1])).max() < 0.03, "dense enough to be an area"

    def test_without_uncertainties_nothing_is_said_of_them(self, plots):
        bare = measure(Subject.of(bent_points(), frames_from_points(bent_points())), draws=0)
        chart = plots.show(self.profile(plots, bare, "Axial rotation"), bare)
        assert list(self.series(chart)) == ["measured, joined", "measured"]

    def test_without_norms_there_is_no_band(self, plots, now):
        chart = plots.show(self.profile(plots, now, "Segmental angle"), now)
        assert list(self.series(chart)) == ["measured ± 2 SD", "measured"]
        assert chart.GetXAxisTitle() == "Segmental angle, deg"

    def test_another_profile_uses_the_same_chart_and_leaves_nothing(self, plots, host, now, earlier):
        first = plots.show(self.profile(plots, now, "Body height"), now, earlier)
        most = host.mrmlScene.GetNumberOfNodes()
        second = plots.show(self.profile(plots, now, "Axial rotation"), now)
        assert second is first
        assert len(host.util.getNodesByClass("vtkMRMLPlotSeriesNode")) == 2
        plots.show(self.profile(plots, now, "Body height"), now, earlier)
        assert host.mrmlScene.GetNumberOfNodes() == most

    def test_a_plot_is_saved_with_the_scene(self, plots, host, now, tmp_path):
        profile = self.profile(plots, now, "Body height")
        before = {name: self.values(each) for name, each in self.series(plots.show(profile, now)).items()}
        path = str(tmp_path / "plot.mrb")
        assert host.util.saveScene(path)
        host.mrmlScene.Clear(False)
        host.util.loadScene(path)
        (chart,) = host.util.getNodesByClass("vtkMRMLPlotChartNode")
        after = {name: self.values(each) for name, each in self.series(chart).items()}
        assert list(after) == list(before)
        for name, values in before.items():
            np.testing.assert_allclose(after[name], values, atol=1e-3)
        count = host.mrmlScene.GetNumberOfNodes()
        assert plots.show(profile, now) is chart
        assert host.mrmlScene.GetNumberOfNodes() == count

    def test_the_earlier_study_is_drawn_too(self, plots, now, earlier):
        found = self.series(plots.show(self.profile(plots, now, "Segmental angle"), now, earlier))
        assert list(found) == ["earlier", "measured ± 2 SD", "measured"]

    def test_ticks_have_the_names_of_the_levels_and_only_ours(self, plots, layout, host, now):
        import vtk

        chart = plots.show(self.profile(plots, now, "Body height"), now)
        layout.view.node.SetPlotChartNodeID(chart.GetID())
        plots.nameTicks()
        axis = layout.view.chart().GetAxis(vtk.vtkAxis.LEFT)
        labels = axis.GetTickLabels()
        assert [labels.GetValue(row) for row in (0, labels.GetNumberOfValues() - 1)] == ["L5", "T1"]
        other = host.mrmlScene.AddNewNodeByClass("vtkMRMLPlotChartNode")
        layout.view.node.SetPlotChartNodeID(other.GetID())
        plots.nameTicks()
        assert axis.GetTickLabels().GetNumberOfValues() == 0

    @pytest.mark.usefixtures("drawing")
    def test_a_picture_of_it(self, plots, layout, now, earlier, tmp_path):
        import vtk

        chart = plots.show(self.profile(plots, now, "Body height"), now, earlier)
        layout.view.node.SetPlotChartNodeID(chart.GetID())
        plots.nameTicks()
        layout.view.png(tmp_path / "plot.png")
        reader = vtk.vtkPNGReader()
        reader.SetFileName(str(tmp_path / "plot.png"))
        reader.Update()
        scalars = reader.GetOutput().GetPointData().GetScalars()
        pixels = np.array([scalars.GetTuple3(row) for row in range(0, scalars.GetNumberOfTuples(), 7)])
        grey = np.all(np.abs(pixels - np.array([0.85, 0.87, 0.9]) * 255) < 3, axis=1)
        assert grey.mean() > 0.05, "the band is an area"
