"""Plot views that show the chart of a node as Slicer's do, drawn off-screen: lines, dots, ranges, titles, legend.

After Slicer's qMRMLPlotView and qMRMLLayoutManager: a view has a `vtkChartXY`, filled from the chart and series nodes each time
one of the nodes changes; nothing of the nodes names the ticks, and nothing of the view takes named ticks away.
"""

from __future__ import annotations

import os

import vtk


class PlotView:
    """`plotWidget.plotView()`, and the node that it shows."""

    def __init__(self, slicer, name="PlotViewForTests", size=(520, 640)):
        self._slicer = slicer
        self.node = slicer.vtkMRMLPlotViewNode()
        for set_name in (self.node.SetSingletonTag, self.node.SetName, self.node.SetLayoutName):
            set_name(name)
        slicer.mrmlScene.AddNode(self.node)
        self.size = size
        self._chart = vtk.vtkChartXY()

    def chart(self):
        """Return the chart, as Q_INVOKABLE of ctkVTKChartView does."""
        return self._chart

    def fill(self):
        """Take what the nodes say."""
        self._chart.ClearPlots()
        node = self.node.GetPlotChartNode()
        if node is not None:
            _fill(self._chart, node)

    def png(self, path):
        """Draw into a file."""
        self.fill()
        _render(self._chart, path, self.size)


class PlotLayout:
    """`slicer.app.layoutManager()`, as far as plot views go: one view, which is always there."""

    plotViewCount = 1

    def __init__(self, slicer):
        self.view = PlotView(slicer)

    def plotWidget(self, _row):
        return self

    def plotView(self):
        return self.view

    def mrmlPlotViewNode(self):
        return self.view.node


def draw(node, path, size=(640, 420)):
    """Draw a plot chart node, shown in no view, into a png of so many pixels."""
    chart = vtk.vtkChartXY()
    _fill(chart, node)
    _render(chart, path, size)


def _fill(chart, node):
    chart.SetTitle(node.GetTitle() or "")
    chart.GetTitleProperties().SetFontSize(node.GetTitleFontSize())
    chart.SetShowLegend(node.GetLegendVisibility())
    for row in range(node.GetNumberOfPlotSeriesNodes()):
        chart.AddPlot(_line(node.GetNthPlotSeriesNode(row)))
    for place, title, auto, limits in (
        (vtk.vtkAxis.BOTTOM, node.GetXAxisTitle(), node.GetXAxisRangeAuto(), node.GetXAxisRange()),
        (vtk.vtkAxis.LEFT, node.GetYAxisTitle(), node.GetYAxisRangeAuto(), node.GetYAxisRange()),
    ):
        axis = chart.GetAxis(place)
        axis.SetTitle(title or "")
        axis.GetTitleProperties().SetFontSize(node.GetAxisTitleFontSize())
        axis.GetTitleProperties().SetBold(False)
        axis.GetLabelProperties().SetFontSize(node.GetAxisLabelFontSize())
        axis.SetGridVisible(node.GetGridVisibility())
        axis.SetBehavior(vtk.vtkAxis.AUTO if auto else vtk.vtkAxis.FIXED)
        if not auto:
            axis.SetUnscaledRange(*limits)
            axis.Update()


def _line(series):
    pens = {
        series.LineStyleNone: vtk.vtkPen.NO_PEN,
        series.LineStyleSolid: vtk.vtkPen.SOLID_LINE,
        series.LineStyleDash: vtk.vtkPen.DASH_LINE,
        series.LineStyleDot: vtk.vtkPen.DOT_LINE,
    }
    line = vtk.vtkPlotLine()
    line.SetUseIndexForXSeries(False)
    line.SetInputData(series.GetTableNode().GetTable(), series.GetXColumnName(), series.GetYColumnName())
    line.SetLabel(series.GetName())
    line.SetWidth(series.GetLineWidth())
    line.SetColorF(*series.GetColor())
    line.GetPen().SetLineType(pens[series.GetLineStyle()])
    line.SetMarkerStyle(series.GetMarkerStyle())
    line.SetMarkerSize(series.GetMarkerSize())
    return line


def _render(chart, path, size):
    view = vtk.vtkContextView()
    view.GetRenderer().SetBackground(1.0, 1.0, 1.0)
    window = view.GetRenderWindow()
    window.SetOffScreenRendering(1)
    window.SetMultiSamples(0)
    window.SetSize(*size)
    view.GetScene().AddItem(chart)
    window.Render()
    grabbed = vtk.vtkWindowToImageFilter()
    grabbed.SetInput(window)
    grabbed.ReadFrontBufferOff()
    writer = vtk.vtkPNGWriter()
    writer.SetFileName(os.fspath(path))
    writer.SetInputConnection(grabbed.GetOutputPort())
    writer.Write()
    view.GetScene().RemoveItem(chart)
