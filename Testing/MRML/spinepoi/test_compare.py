"""Two readers compared in the scene: tables, plots and lines."""

import numpy as np
import pytest
from spinetwin.anatomy import level
from spinetwin.poi import Poi, PoiSet, Status

L2, L3 = level("L2").id, level("L3").id


@pytest.fixture
def compare(poi):
    from SpinePOILib import compare

    return compare


def reader(*moves):
    """Three points of two levels; `moves` are added to their positions."""
    points = [(L2, 101, (0.0, 0.0, 0.0)), (L2, 102, (10.0, 0.0, 0.0)), (L3, 101, (0.0, 5.0, 0.0))]
    shifts = [*moves, *[(0.0, 0.0, 0.0)] * 3][:3]
    return PoiSet.of(
        Poi(key, point, Status.OK, tuple(np.add(place, shift).tolist()))
        for (key, point, place), shift in zip(points, shifts, strict=True)
    )


def column(table, title):
    data = table.GetTable().GetColumnByName(title)
    return [data.GetValue(row) for row in range(data.GetNumberOfTuples())]


def test_the_tables_hold_the_numbers(compare):
    tables = compare.addTables(compare.agree(reader(), reader((3.0, 4.0, 0.0), (0.0, 0.0, 1.0), (-2.0, 0.0, 0.0))))
    assert column(tables["points"], "Level") == ["L2", "L2", "L3"]
    assert column(tables["points"], "Point")[0] == "anterior longitudinal ligament superior, median"
    assert column(tables["points"], "Distance [mm]") == [5.0, 1.0, 2.0]
    assert column(tables["points"], "Anterior [mm]") == [4.0, 0.0, 0.0]
    assert column(tables["levels"], "Level") == ["L2", "L3", "all"]
    assert column(tables["levels"], "Mean [mm]") == pytest.approx([3.0, 2.0, 8 / 3])
    assert column(tables["kinds"], "n") == [2.0, 1.0, 3.0]
    assert column(tables["axes"], "Bias [mm]") == pytest.approx([1 / 3, 4 / 3, 1 / 3])


def test_plots_show_pairs_bias_and_limits(compare, poi):
    agreement = compare.agree(reader(), reader((1.0, 0.0, 0.0), (2.0, 0.0, 0.0), (3.0, 0.0, 0.0)))
    charts = compare.addPlots(agreement)
    assert list(charts) == ["right", "anterior", "superior"]
    chart = charts["right"]
    assert chart.GetTitle() == "Right: bias 2.00 mm, limits of agreement 0.04 to 3.96 mm"
    series = [chart.GetNthPlotSeriesNode(row) for row in range(chart.GetNumberOfPlotSeriesNodes())]
    assert [each.GetName() for each in series] == ["pairs", "bias", "bias + 1.96 SD", "bias - 1.96 SD"]
    pairs, bias, upper, lower = series
    assert column(pairs.GetTableNode(), pairs.GetYColumnName()) == [1.0, 2.0, 3.0]
    assert column(bias.GetTableNode(), bias.GetYColumnName()) == [2.0, 2.0]
    assert column(lower.GetTableNode(), lower.GetYColumnName()) == pytest.approx([0.04, 0.04])
    assert column(upper.GetTableNode(), upper.GetYColumnName()) == pytest.approx([3.96, 3.96])


def test_comparing_again_replaces_what_was_there(compare, poi):
    agreement = compare.agree(reader(), reader((1.0, 0.0, 0.0)))
    compare.addTables(agreement)
    compare.addPlots(agreement)
    compare.showLines(reader(), reader((1.0, 0.0, 0.0)))
    before = poi.mrmlScene.GetNumberOfNodes()
    again = compare.agree(reader(), reader((2.0, 0.0, 0.0)))
    tables, charts = compare.addTables(again), compare.addPlots(again)
    compare.showLines(reader(), reader((2.0, 0.0, 0.0)))
    assert poi.mrmlScene.GetNumberOfNodes() == before
    assert column(tables["points"], "Distance [mm]")[0] == 2.0
    assert charts["right"].GetNumberOfPlotSeriesNodes() == 4
    compare.remove()
    classes = ("vtkMRMLTableNode", "vtkMRMLPlotChartNode", "vtkMRMLPlotSeriesNode", "vtkMRMLModelNode")
    assert [each for name in classes for each in poi.util.getNodesByClass(name)] == []


def test_lines_run_from_one_reader_to_the_other(compare, poi):
    from SpinePOILib import lines

    compare.showLines(reader(), reader((3.0, 4.0, 0.0)))
    data = lines.find(compare.KIND).GetPolyData()
    assert data.GetNumberOfLines() == 3
    assert (data.GetPoint(0), data.GetPoint(1)) == ((0.0, 0.0, 0.0), (3.0, 4.0, 0.0))


def test_a_reader_against_the_rules(compare, poi, pois):
    from SpinePOILib import pointnodes

    moved = PoiSet(
        {**pois.points, (L3, 101): pois[L3, 101].moved_to(tuple(np.add(pois[L3, 101].position, (0.0, 3.0, 4.0)).tolist()))}
    )
    pointnodes.show(moved)
    now = pointnodes.readAll()
    agreement = compare.agree(compare.computedSet(now), now)
    assert agreement.overall().maximum == pytest.approx(5.0)
    assert np.count_nonzero(agreement.distances) == 1
    there = agreement.keys.index((L3, 101))
    assert agreement.differences[there] == pytest.approx(pois.frames[L3].axes @ [0.0, 3.0, 4.0])


def test_the_summary_is_a_sentence(compare):
    agreement = compare.agree(reader(), PoiSet.of([*reader((3.0, 4.0, 0.0)), Poi(L3, 108, Status.OK, (0.0, 0.0, 0.0))]))
    text = compare.summary(agreement)
    assert text.startswith("3 points: mean 1.67 mm, median 0.00 mm, 95 % within 4.50 mm, largest 5.00 mm.")
    assert text.endswith("In one of the two only: 1.")
    assert compare.summary(compare.agree(reader(), PoiSet.of([]))) == "The two sets have no point in common."
    charts = compare.addPlots(compare.agree(reader(), PoiSet.of([])))
    assert charts["right"].GetNumberOfPlotSeriesNodes() == 1
