"""A profile along the spine as Slicer's plot: levels on the vertical axis from the head down, normal values as a grey band.

Slicer's plots know points and lines only. So the band is one grey line that goes to and fro between its edges, dense enough to
be an area, and whiskers of two standard deviations are part of the line that joins the values.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import slicer
from slicer.i18n import tr as _

from .. import rolenodes

if TYPE_CHECKING:
    from spinetwin.geometry import FloatArray
    from spinetwin.measure.norms import Norm
    from spinetwin.measure.results import Measurement, Measurements
    from spinetwin.report.measures.profiles import Profile

CHART = "vtkMRMLPlotChartNode"
SERIES = "vtkMRMLPlotSeriesNode"
Ink = tuple[float, float, float]

ROLE = "chart"
LEVELS = "SpineDigitalTwin.plotLevels"
"""Attribute of a chart: the names of its levels from the lowest, whose heights in the plot are 0, 1, 2 and so on."""

NAMED = "SpineDigitalTwin.namedTicks"
"""Attribute of a plot view whose axis has names."""

_GREY = (0.85, 0.87, 0.9)
_INKS = ((0.122, 0.373, 0.839), (0.702, 0.149, 0.118))
_PALE = ((0.62, 0.72, 0.93), (0.9, 0.62, 0.6))
_STROKES = 48
"""Of the band between two levels."""

_PARTS = ("band", *(f"{kind} {number}" for kind in ("earlier", "line", "dots") for number in (1, 2)))


@dataclass(frozen=True)
class _Line:
    """The values of one quantity from the top, and what the legend calls them."""

    legend: str
    values: Sequence[Measurement]


def profiles(found: Measurements) -> list[Profile]:
    """Return the profiles that have two values or more."""
    from spinetwin.report.measures.profiles import PROFILES

    return [each for each in PROFILES if max(len(line.values) for line in _lines(found, each)) > 1]


def show(profile: Profile, now: Measurements, earlier: Measurements | None = None) -> slicer.vtkMRMLPlotChartNode:
    """Put a profile into the scene, in place of the one that is there.

    Parameters
    ----------
    profile : Profile
        One of `profiles`.
    now, earlier : Measurements
        The earlier ones are drawn pale.
    """
    lines = _lines(now, profile)
    before = _lines(earlier, profile) if earlier is not None else []
    rows = _rows([*lines, *before])
    chart = rolenodes.ensure(CHART, ROLE, _("Spine profile"))
    series = _band(rows, _normsOf(profile))
    for number, (ink, line) in enumerate(zip(_PALE, before, strict=False), start=1):
        name = _("earlier {what}").format(what=line.legend).strip()
        series += _joined(f"earlier {number}", name, line, rows, ink)
    for number, (ink, line) in enumerate(zip(_INKS, lines, strict=False), start=1):
        name = line.legend or _("measured")
        series += _joined(f"line {number}", _lineName(name, line), line, rows, ink)
        series += _dots(f"dots {number}", name, line, rows, ink)
    _label(chart, profile, rows, series)
    return chart


def _label(chart: Any, profile: Profile, rows: Mapping[int, int], series: Sequence[Any]) -> None:
    from spinetwin.anatomy import level

    was = chart.StartModify()
    chart.RemoveAllPlotSeriesNodeIDs()
    for each in series:
        chart.AddAndObservePlotSeriesNodeID(each.GetID())
    roles = {each.GetAttribute(rolenodes.ROLE) for each in series}
    rolenodes.remove(SERIES, [part for part in _PARTS if part not in roles])
    rolenodes.remove("vtkMRMLTableNode", [part for part in _PARTS if part not in roles])
    chart.SetTitle(profile.title)
    chart.SetXAxisTitle(_axisTitle(profile, rows))
    chart.SetAxisTitleFontSize(12)
    chart.SetYAxisTitle(_("Level"))
    chart.SetYAxisRangeAuto(False)
    chart.SetYAxisRange(-0.5, len(rows) - 0.5)
    chart.SetLegendVisibility(len(series) > 2)
    chart.SetAttribute(LEVELS, ",".join(level(key).name for key in sorted(rows, key=rows.__getitem__)))
    chart.EndModify(was)


def _axisTitle(profile: Profile, rows: Mapping[int, int]) -> str:
    """Return the quantity, and whose the normal values are where there is a band."""
    norms = _normsOf(profile)
    sources = dict.fromkeys(norms[key].source for key in rows if key in norms)
    if len(_known(rows, norms)) < 2:
        return str(profile.title)
    return _("{title}; grey: {sources}").format(title=profile.title, sources="; ".join(sources))


def _normsOf(profile: Profile) -> Mapping[int, Norm]:
    """Return the normal values of the first quantity of a profile: its band is theirs."""
    from spinetwin.measure.norms import norms_of

    return norms_of(next(iter(profile.lines.values())))


def _known(rows: Mapping[int, int], norms: Mapping[int, Norm]) -> list[tuple[int, int]]:
    """Return height in the plot and level id of the levels that have normal values, from the lowest."""
    return sorted((row, key) for key, row in rows.items() if key in norms)


def _lines(found: Measurements, profile: Profile) -> list[_Line]:
    return [
        _Line(
            " ".join(part for part in (legend, side) if part),
            [each for each in found.of(name) if each.value is not None and each.level is not None and each.side == side],
        )
        for legend, name in profile.lines.items()
        for side in profile.sides
    ]


def _rows(lines: Iterable[_Line]) -> dict[int, int]:
    """Return the height in the plot of each level that has a value; the lowest level has 0."""
    from spinetwin.anatomy import level

    keys = {each.level for line in lines for each in line.values if each.level is not None}
    return {key: row for row, key in enumerate(sorted(keys, key=lambda key: -level(key).order))}


def _band(rows: Mapping[int, int], norms: Mapping[int, Norm]) -> list[Any]:
    """Return the series of mean plus and minus two standard deviations; none where fewer than two levels have norms."""
    known = _known(rows, norms)
    if len(known) < 2:
        return []
    heights = np.array([row for row, _key in known], dtype=float)
    fine = np.linspace(heights[0], heights[-1], int(heights[-1] - heights[0]) * _STROKES + 1)
    low, high = (
        np.interp(fine, heights, [norms[key].mean + sign * 2 * norms[key].sd for _row, key in known]) for sign in (-1, 1)
    )
    sides = np.where(np.arange(len(fine)) % 2 == 0, [low, high], [high, low])
    series = _series("band", _("normal, mean ± 2 SD"), sides.T.ravel(), np.repeat(fine, 2), [], _GREY)
    series.SetLineWidth(3)
    return [series]


def _lineName(name: str, line: _Line) -> str:
    """Return what the legend calls the line that joins values: quantities of label maps have no whiskers."""
    if any(each.uncertainty is not None for each in line.values):
        return f"{name} ± 2 SD"
    return _("{what}, joined").format(what=name)


def _joined(role: str, name: str, line: _Line, rows: Mapping[int, int], ink: Ink) -> list[Any]:
    """Return the series of the line that joins the values, with a whisker at each of them; none without values."""
    if not line.values:
        return []
    values, heights = _places(line, rows)
    reach = np.array([2 * (each.uncertainty or 0.0) for each in line.values])
    whiskers = np.stack([values, values - reach, values + reach, values], axis=1).ravel()
    series = _series(role, name, whiskers, np.repeat(heights, 4), [], ink)
    series.SetLineWidth(1.5)
    return [series]


def _dots(role: str, name: str, line: _Line, rows: Mapping[int, int], ink: Ink) -> list[Any]:
    """Return the series of the values themselves, whose tooltips name the levels."""
    from spinetwin.anatomy import level

    if not line.values:
        return []
    names = [level(each.level).name for each in line.values if each.level is not None]
    series = _series(role, name, *_places(line, rows), names, ink)
    series.SetLineStyle(series.LineStyleNone)
    series.SetMarkerStyle(series.MarkerStyleCircle)
    series.SetMarkerSize(7)
    return [series]


def _places(line: _Line, rows: Mapping[int, int]) -> tuple[FloatArray, FloatArray]:
    """Return values (n,) and heights in the plot (n,)."""
    heights = [rows[each.level] for each in line.values if each.level is not None]
    return np.array([each.value for each in line.values], dtype=float), np.array(heights, dtype=float)


def _series(role: str, name: str, values: FloatArray, heights: FloatArray, names: Sequence[str], ink: Ink) -> Any:
    """Return a line without dots through values at heights."""
    table = rolenodes.ensure("vtkMRMLTableNode", role, _("Spine profile, {name}").format(name=name))
    columns = {_("Value"): values, _("Height"): heights, **({_("Level"): names} if names else {})}
    rolenodes.fillTable(table, columns)
    series = rolenodes.ensure(SERIES, role, name)
    was = series.StartModify()
    series.SetAndObserveTableNodeID(table.GetID())
    series.SetPlotType(series.PlotTypeScatter)
    series.SetXColumnName(_("Value"))
    series.SetYColumnName(_("Height"))
    series.SetLabelColumnName(_("Level") if names else "")
    series.SetMarkerStyle(series.MarkerStyleNone)
    series.SetLineStyle(series.LineStyleSolid)
    series.SetColor(*ink)
    series.EndModify(was)
    return series


# --- in the views -----------------------------------------------------------------------------------------------------


def inView(chart: slicer.vtkMRMLPlotChartNode) -> None:
    """Bring a chart into a plot view, in a layout that has one."""
    slicer.modules.plots.logic().ShowChartInLayout(chart)
    nameTicks()


def nameTicks() -> None:
    """Write the names of the levels beside the plot views that show a chart of ours, and take them off all others.

    A chart node cannot hold names for its ticks: the axis of the view is asked.
    """
    import vtk

    for widget in _plotWidgets():
        view = widget.mrmlPlotViewNode()
        chart = slicer.mrmlScene.GetNodeByID(view.GetPlotChartNodeID() or "") if view is not None else None
        names = (chart.GetAttribute(LEVELS) or "") if chart is not None else ""
        if names or (view is not None and view.GetAttribute(NAMED)):
            axis = widget.plotView().chart().GetAxis(vtk.vtkAxis.LEFT)
            axis.SetCustomTickPositions(*_ticks(names.split(",")) if names else (None, None))
            view.SetAttribute(NAMED, "1" if names else None)


def _ticks(names: Sequence[str]) -> tuple[Any, Any]:
    import vtk

    places, texts = vtk.vtkDoubleArray(), vtk.vtkStringArray()
    for height, name in enumerate(names):
        places.InsertNextValue(height)
        texts.InsertNextValue(name)
    return places, texts


def _plotWidgets() -> list[Any]:
    manager = slicer.app.layoutManager()
    return [] if manager is None else [manager.plotWidget(row) for row in range(manager.plotViewCount)]
