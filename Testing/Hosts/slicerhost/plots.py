"""A plot view that shows the chart of its node as Slicer's does, drawn off-screen: lines, dots, ranges, titles, legend.

After Slicer's qMRMLPlotView and qMRMLLayoutManager: a view has a `vtkChartXY`, filled from the chart and series nodes each time
one of the nodes changes; nothing of the nodes names the ticks, and nothing of the view takes named ticks away.
"""

from __future__ import annotations

import os

import vtk

_PENS = {0: vtk.vtkPen.NO_PEN, 1: vtk.vtkPen.SOLID_LINE, 2: vtk.vtkPen.DASH_LINE}


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
        chart, node = self._chart, self.node.GetPlotChartNode()
        chart.ClearPlots()
        if node is None:
            return
        for row in range(node.GetNumberOfPlotSeriesNodes()):
            self._add(node.GetNthPlotSeriesNode(row))
        chart.SetTitle(node.GetTitle() or "")
        chart.SetShowLegend(node.GetLegendVisibility())
        for place, title, auto, limits in (
            (vtk.vtkAxis.BOTTOM, node.GetXAxisTitle(), node.GetXAxisRangeAuto(), node.GetXAxisRange()),
            (vtk.vtkAxis.LEFT, node.GetYAxisTitle(), node.GetYAxisRangeAuto(), node.GetYAxisRange()),
        ):
            axis = chart.GetAxis(place)
            axis.SetTitle(title or "")
            axis.GetTitleProperties().SetFontSize(node.GetAxisTitleFontSize())
            axis.SetGridVisible(node.GetGridVisibility())
            axis.SetBehavior(vtk.vtkAxis.AUTO if auto else vtk.vtkAxis.FIXED)
            if not auto:
                axis.SetUnscaledRange(*limits)
                axis.Update()

    def _add(self, series):
        table = series.GetTableNode().GetTable()
        line = vtk.vtkPlotLine()
        line.SetInputData(table, series.GetXColumnName(), series.GetYColumnName())
        line.SetLabel(series.GetName())
        line.SetWidth(series.GetLineWidth())
        line.SetColorF(*series.GetColor())
        line.GetPen().SetLineType(_PENS[series.GetLineStyle()])
        line.SetMarkerStyle(series.GetMarkerStyle())
        line.SetMarkerSize(series.GetMarkerSize())
        self._chart.AddPlot(line)

    def png(self, path):
        """Draw into a file."""
        self.fill()
        view = vtk.vtkContextView()
        view.GetRenderer().SetBackground(1.0, 1.0, 1.0)
        window = view.GetRenderWindow()
        window.SetOffScreenRendering(1)
        window.SetMultiSamples(0)
        window.SetSize(*self.size)
        view.GetScene().AddItem(self._chart)
        window.Render()
        grabbed = vtk.vtkWindowToImageFilter()
        grabbed.SetInput(window)
        grabbed.ReadFrontBufferOff()
        writer = vtk.vtkPNGWriter()
        writer.SetFileName(os.fspath(path))
        writer.SetInputConnection(grabbed.GetOutputPort())
        writer.Write()
        view.GetScene().RemoveItem(self._chart)


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
