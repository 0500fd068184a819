"""A chart drawn off-screen from its nodes, as Slicer's plot view makes it (qMRMLPlotView): the same VTK chart, no window."""

from __future__ import annotations

import vtk


def draw(chart, path, size=(640, 420)):
    """Draw a plot chart node into a png.

    Parameters
    ----------
    chart : vtkMRMLPlotChartNode
    path : path
    size : (width, height) in pixels
    """
    xy = vtk.vtkChartXY()
    xy.SetTitle(chart.GetTitle())
    xy.GetTitleProperties().SetFontSize(chart.GetTitleFontSize())
    xy.SetShowLegend(chart.GetLegendVisibility())
    for axis, title in ((vtk.vtkAxis.BOTTOM, chart.GetXAxisTitle()), (vtk.vtkAxis.LEFT, chart.GetYAxisTitle())):
        xy.GetAxis(axis).SetTitle(title)
        xy.GetAxis(axis).GetTitleProperties().SetFontSize(chart.GetAxisTitleFontSize())
        xy.GetAxis(axis).GetTitleProperties().SetBold(False)
        xy.GetAxis(axis).GetLabelProperties().SetFontSize(chart.GetAxisLabelFontSize())
    if not chart.GetYAxisRangeAuto():
        xy.GetAxis(vtk.vtkAxis.LEFT).SetBehavior(vtk.vtkAxis.FIXED)
        xy.GetAxis(vtk.vtkAxis.LEFT).SetRange(*chart.GetYAxisRange())
    for index in range(chart.GetNumberOfPlotSeriesNodes()):
        xy.AddPlot(_plot(chart.GetNthPlotSeriesNode(index)))
    view = vtk.vtkContextView()
    view.GetRenderer().SetBackground(1.0, 1.0, 1.0)
    window = view.GetRenderWindow()
    window.SetOffScreenRendering(1)
    window.SetMultiSamples(0)
    window.SetSize(*size)
    view.GetScene().AddItem(xy)
    window.Render()
    grabbed = vtk.vtkWindowToImageFilter()
    grabbed.SetInput(window)
    grabbed.ReadFrontBufferOff()
    writer = vtk.vtkPNGWriter()
    writer.SetFileName(str(path))
    writer.SetInputConnection(grabbed.GetOutputPort())
    writer.Write()


def _plot(series):
    pens = {
        series.LineStyleNone: vtk.vtkPen.NO_PEN,
        series.LineStyleSolid: vtk.vtkPen.SOLID_LINE,
        series.LineStyleDash: vtk.vtkPen.DASH_LINE,
        series.LineStyleDot: vtk.vtkPen.DOT_LINE,
    }
    markers = {series.MarkerStyleNone: vtk.vtkPlotLine.NONE, series.MarkerStyleCircle: vtk.vtkPlotLine.CIRCLE}
    plot = vtk.vtkPlotLine()
    plot.SetWidth(series.GetLineWidth())
    plot.SetColorF(*series.GetColor())
    plot.GetPen().SetLineType(pens[series.GetLineStyle()])
    plot.SetMarkerSize(series.GetMarkerSize())
    plot.SetMarkerStyle(markers[series.GetMarkerStyle()])
    plot.SetLabel(series.GetName())
    plot.SetUseIndexForXSeries(False)
    plot.SetInputData(series.GetTableNode().GetTable(), series.GetXColumnName(), series.GetYColumnName())
    return plot
