"""Two readers, or a reader and the rules: distances as tables, Bland-Altman plots, and lines in the views."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import slicer
from slicer.i18n import tr as _

from . import lines

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from spinetwin.measure.agreement import Agreement, BlandAltman, Statistics
    from spinetwin.poi import PoiSet

KIND = "differences"
TABLE = "SpinePOI.comparison"

_PLOT_MARGIN_MM = 5.0
_LEGEND_SHARE = 0.4
"""Of the height of the pairs, added above them."""
_TITLE_SIZE = 15


def computedSet(pois: PoiSet) -> PoiSet:
    """Return the points as the rules had placed them: what a reader can be compared with."""
    from spinetwin.poi import PoiSet
    from spinetwin.poi.merge import as_computed

    return PoiSet.of((as_computed(poi) for poi in pois), pois.frames)


def agree(first: PoiSet, second: PoiSet) -> Agreement:
    """Compare the points that have a position in both sets, along the axes of the vertebrae of `first`."""
    from spinetwin.measure.agreement import compare
    from spinetwin.poi.axes import frames_of

    positions = [{poi.key: poi.position for poi in pois if poi.position is not None} for pois in (first, second)]
    return compare(*positions, frames_of(first))


def summary(agreement: Agreement) -> str:
    """Say in one sentence how well two sets agree."""
    numbers = agreement.overall()
    if not numbers.n:
        return _("The two sets have no point in common.")
    text = _("{n} points: mean {mean:.2f} mm, median {median:.2f} mm, 95 % within {p95:.2f} mm, largest {largest:.2f} mm.")
    found = text.format(
        n=numbers.n, mean=numbers.mean, median=numbers.median, p95=numbers.percentile_95, largest=numbers.maximum
    )
    alone = len(agreement.only_first) + len(agreement.only_second)
    return found + (" " + _("In one of the two only: {n}.").format(n=alone) if alone else "")


# --- tables -----------------------------------------------------------------------------------------------------------


def addTables(agreement: Agreement) -> dict[str, slicer.vtkMRMLTableNode]:
    """Put the distances into the scene as tables; earlier ones are replaced.

    Returns
    -------
    dict of str to table node
        "points": one row a pair; "levels" and "kinds": one row a level or a kind of point; "axes": Bland-Altman numbers.
    """
    from spinetwin.anatomy import level as levelOf
    from spinetwin.io.markups import label_of

    byLevel = {levelOf(key).name: numbers for key, numbers in agreement.by_level().items()}
    byPoint = {label_of(key): numbers for key, numbers in agreement.by_point().items()}
    return {
        "points": _table("points", _("Differences, points"), _pairColumns(agreement)),
        "levels": _table("levels", _("Differences, levels"), _statisticsColumns(_("Level"), byLevel, agreement)),
        "kinds": _table("kinds", _("Differences, kinds of points"), _statisticsColumns(_("Point"), byPoint, agreement)),
        "axes": _table("axes", _("Differences, Bland-Altman"), _axisColumns(agreement.bland_altman())),
    }


def _pairColumns(agreement: Agreement) -> dict[str, Iterable[object]]:
    from spinetwin.anatomy import level as levelOf
    from spinetwin.io.markups import label_of

    return {
        _("Level"): [levelOf(level).name for level, _point in agreement.keys],
        _("Point"): [label_of(point) for _level, point in agreement.keys],
        _("Distance [mm]"): agreement.distances,
        _("Right [mm]"): agreement.differences[:, 0],
        _("Anterior [mm]"): agreement.differences[:, 1],
        _("Superior [mm]"): agreement.differences[:, 2],
    }


def _statisticsColumns(title: str, groups: dict[str, Statistics], agreement: Agreement) -> dict[str, Iterable[object]]:
    rows = {**groups, _("all"): agreement.overall()}
    numbers = list(rows.values())
    return {
        title: list(rows),
        _("n"): [float(each.n) for each in numbers],
        _("Mean [mm]"): [each.mean for each in numbers],
        _("SD [mm]"): [each.sd for each in numbers],
        _("Median [mm]"): [each.median for each in numbers],
        _("95th percentile [mm]"): [each.percentile_95 for each in numbers],
        _("Largest [mm]"): [each.maximum for each in numbers],
    }


def _axisColumns(axes: dict[str, BlandAltman]) -> dict[str, Iterable[object]]:
    numbers = list(axes.values())
    return {
        _("Axis"): [_(axis) for axis in axes],
        _("n"): [float(each.n) for each in numbers],
        _("Bias [mm]"): [each.bias for each in numbers],
        _("SD [mm]"): [each.sd for each in numbers],
        _("Lower limit [mm]"): [each.lower for each in numbers],
        _("Upper limit [mm]"): [each.upper for each in numbers],
    }


def _table(kind: str, name: str, columns: dict[str, Iterable[object]]) -> slicer.vtkMRMLTableNode:
    import vtk

    node = _renewed("vtkMRMLTableNode", kind, name)
    data = vtk.vtkTable()
    for title, values in columns.items():
        values = list(values)
        texts = bool(values) and isinstance(values[0], str)
        column = vtk.vtkStringArray() if texts else vtk.vtkDoubleArray()
        column.SetName(title)
        for value in values:
            column.InsertNextValue(value)
        data.AddColumn(column)
    node.SetAndObserveTable(data)
    return node


# --- plots ------------------------------------------------------------------------------------------------------------


def addPlots(agreement: Agreement) -> dict[str, slicer.vtkMRMLPlotChartNode]:
    """Put a Bland-Altman plot for each axis into the scene; earlier ones are replaced.

    Returns
    -------
    dict of axis to chart node
        "right", "anterior", "superior".
    """
    from spinetwin.measure.agreement import AXES

    numbers = agreement.bland_altman()
    return {
        axis: _chart(axis, agreement.means[:, column], agreement.differences[:, column], numbers[axis])
        for column, axis in enumerate(AXES)
    }


def _chart(
    axis: str, means: Sequence[float], differences: Sequence[float], numbers: BlandAltman
) -> slicer.vtkMRMLPlotChartNode:
    chart = _renewed("vtkMRMLPlotChartNode", f"chart {axis}", _("Bland-Altman, {axis}").format(axis=_(axis)))
    chart.SetTitle(
        _("{axis}: bias {bias:.2f} mm, limits of agreement {lower:.2f} to {upper:.2f} mm").format(
            axis=_(axis).capitalize(), bias=numbers.bias, lower=numbers.lower, upper=numbers.upper
        )
    )
    chart.SetTitleFontSize(_TITLE_SIZE)
    titles = (
        _("Mean of both places, {axis} [mm]").format(axis=_(axis)),
        _("Scene minus the other, {axis} [mm]").format(axis=_(axis)),
    )
    chart.SetXAxisTitle(titles[0])
    chart.SetYAxisTitle(titles[1])
    chart.RemoveAllPlotSeriesNodeIDs()
    pairs = _table(
        f"pairs {axis}", _("Pairs, {axis}").format(axis=_(axis)), dict(zip(titles, (means, differences), strict=True))
    )
    series = _series(f"pairs {axis}", _("pairs"), pairs, titles, (0.11, 0.24, 0.45))
    series.SetLineStyle(series.LineStyleNone)
    series.SetMarkerStyle(series.MarkerStyleCircle)
    series.SetMarkerSize(5)
    chart.AddAndObservePlotSeriesNodeID(series.GetID())
    if numbers.n > 1:
        for line in _limitLines(axis, means, numbers):
            chart.AddAndObservePlotSeriesNodeID(line.GetID())
        lowest, highest = min([*differences, numbers.lower]), max([*differences, numbers.upper])
        height = max(highest - lowest, _PLOT_MARGIN_MM / 10)
        chart.SetYAxisRangeAuto(False)
        # Slicer lays the legend into the upper right corner
        chart.SetYAxisRange(lowest - 0.05 * height, highest + _LEGEND_SHARE * height)
    return chart


def _limitLines(axis: str, means: Sequence[float], numbers: BlandAltman) -> list[slicer.vtkMRMLPlotSeriesNode]:
    ends = [float(np.min(means)) - _PLOT_MARGIN_MM, float(np.max(means)) + _PLOT_MARGIN_MM]
    heights = {
        _("bias"): numbers.bias,
        _("bias + 1.96 SD"): numbers.upper,
        _("bias - 1.96 SD"): numbers.lower,
    }
    table = _table(
        f"limits {axis}",
        _("Limits, {axis}").format(axis=_(axis)),
        {_("from, to"): ends, **{title: [height, height] for title, height in heights.items()}},
    )
    found = []
    for title in heights:
        solid = title == _("bias")
        series = _series(
            f"{title} {axis}", title, table, (_("from, to"), title), (0.15, 0.15, 0.15) if solid else (0.84, 0.15, 0.16)
        )
        series.SetLineStyle(series.LineStyleSolid if solid else series.LineStyleDash)
        series.SetMarkerStyle(series.MarkerStyleNone)
        found.append(series)
    return found


def _series(
    kind: str, name: str, table: slicer.vtkMRMLTableNode, columns: tuple[str, str], colour: lines.Colour
) -> slicer.vtkMRMLPlotSeriesNode:
    series = _renewed("vtkMRMLPlotSeriesNode", kind, name)
    series.SetAndObserveTableNodeID(table.GetID())
    series.SetXColumnName(columns[0])
    series.SetYColumnName(columns[1])
    series.SetPlotType(series.PlotTypeScatter)
    series.SetColor(*colour)
    return series


def _renewed(nodeClass: str, kind: str, name: str) -> slicer.vtkMRMLNode:
    """Return the node of a comparison, the earlier one where there is one."""
    for node in slicer.util.getNodesByClass(nodeClass):
        if node.GetAttribute(TABLE) == kind:
            return node
    node = slicer.mrmlScene.AddNewNodeByClass(nodeClass, name)
    node.SetAttribute(TABLE, kind)
    return node


def remove() -> None:
    """Take everything of a comparison out of the scene."""
    lines.hide(KIND)
    for nodeClass in ("vtkMRMLPlotChartNode", "vtkMRMLPlotSeriesNode", "vtkMRMLTableNode"):
        for node in slicer.util.getNodesByClass(nodeClass):
            if node.GetAttribute(TABLE):
                slicer.mrmlScene.RemoveNode(node)


# --- in the views -----------------------------------------------------------------------------------------------------


def showLines(first: PoiSet, second: PoiSet) -> None:
    """Draw a line from each point of the first set to its place in the second."""
    from spinetwin.report.colours import EDITED, rgb

    colour = rgb(EDITED)
    pairs = ((poi.position, second.points[poi.key].position) for poi in first if poi.key in second.points)
    lines.show(KIND, _("Differences"), [(here, there, colour) for here, there in pairs if here and there])
