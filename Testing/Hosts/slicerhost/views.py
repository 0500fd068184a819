"""A slice view and a 3D view with Slicer's displayable managers, drawn off-screen; a mouse for both."""

from __future__ import annotations

import functools
import os
import subprocess
import sys

import vtk

SLICE_MANAGERS = (
    "vtkMRMLCrosshairDisplayableManager",
    "vtkMRMLSegmentationsDisplayableManager2D",
    "vtkMRMLMarkupsDisplayableManager",
    "vtkMRMLModelSliceDisplayableManager",
)
THREE_D_MANAGERS = (
    "vtkMRMLCameraDisplayableManager",
    "vtkMRMLViewDisplayableManager",
    "vtkMRMLModelDisplayableManager",
    "vtkMRMLSegmentationsDisplayableManager3D",
    "vtkMRMLMarkupsDisplayableManager",
    "vtkMRMLColorLegendDisplayableManager",
)
_PROBE = (
    "import vtk\nw = vtk.vtkRenderWindow()\nw.SetOffScreenRendering(1)\nw.SetMultiSamples(0)\n"
    "w.AddRenderer(vtk.vtkRenderer())\nw.Render()"
)


@functools.cache
def can_draw():
    """Say whether VTK can draw here; tried in a process of its own, because without EGL and OSMesa drawing crashes."""
    tried = subprocess.run([sys.executable, "-c", _PROBE], capture_output=True, check=False, timeout=120)
    return tried.returncode == 0


class _View:
    """A window without a screen, and what is drawn in it."""

    def __init__(self, size):
        self.window = vtk.vtkRenderWindow()
        self.window.SetOffScreenRendering(1)
        self.window.SetMultiSamples(0)
        self.window.SetSize(*size)
        self.renderer = vtk.vtkRenderer()
        self.window.AddRenderer(self.renderer)
        self.interactor = vtk.vtkRenderWindowInteractor()
        self.interactor.SetRenderWindow(self.window)
        self.interactor.Initialize()
        self.interactor.UpdateSize(*size)

    def _wire(self, slicer, factory, names, style):
        factory.SetMRMLApplicationLogic(slicer.app.applicationLogic())
        self.managers = slicer.vtkMRMLDisplayableManagerGroup()
        self.managers.SetRenderer(self.renderer)
        for name in names:
            if not factory.IsDisplayableManagerRegistered(name):
                factory.RegisterDisplayableManager(name)
        self.managers.Initialize(factory, self.renderer)
        self.style = style
        style.SetDisplayableManagers(self.managers)
        style.SetInteractor(self.interactor)

    def displayableManagerByClassName(self, name):
        """Return one of the displayable managers, as Slicer's own views do."""
        found = (self.managers.GetNthDisplayableManager(n) for n in range(self.managers.GetDisplayableManagerCount()))
        return next((each for each in found if each.IsA(name)), None)

    def render(self):
        self.window.Render()

    def png(self, path):
        """Draw into a file."""
        writer = vtk.vtkPNGWriter()
        writer.SetFileName(os.fspath(path))
        writer.SetInputData(self._picture())
        writer.Write()

    def pixels(self):
        """Return what is drawn as a (rows, columns, 3) array, the top row first."""
        from vtkmodules.util.numpy_support import vtk_to_numpy

        image = self._picture()
        width, height, _ = image.GetDimensions()
        return vtk_to_numpy(image.GetPointData().GetScalars()).reshape(height, width, -1)[::-1]

    def _picture(self):
        self.render()
        grabbed = vtk.vtkWindowToImageFilter()
        grabbed.SetInput(self.window)
        grabbed.ReadFrontBufferOff()
        grabbed.Update()
        return grabbed.GetOutput()

    def move(self, x, y):
        """Move the mouse to a pixel, counted from the lower left corner."""
        self.interactor.SetEventPosition(round(x), round(y))
        self.interactor.InvokeEvent("MouseMoveEvent")

    def drag(self, start, stop, button="Left", steps=10):
        """Press at a pixel, move in steps to another, release."""
        (x, y), (to_x, to_y) = start, stop
        self.interactor.InvokeEvent("EnterEvent")
        # a point becomes active when the mouse arrives at it
        self.move(x + 40, y)
        self.move(x, y)
        self.interactor.InvokeEvent(f"{button}ButtonPressEvent")
        for step in range(1, steps + 1):
            self.move(x + (to_x - x) * step / steps, y + (to_y - y) * step / steps)
        self.interactor.InvokeEvent(f"{button}ButtonReleaseEvent")

    def key(self, symbol):
        """Press and release a key."""
        self.interactor.SetKeyEventInformation(0, 0, "\0", 0, symbol)
        for event in ("KeyPressEvent", "CharEvent", "KeyReleaseEvent"):
            self.interactor.InvokeEvent(event)


class SliceView(_View):
    """A slice view; `mrmlSliceNode()` is its node."""

    def __init__(self, slicer, name="Red", orientation="Sagittal", size=(400, 400)):
        super().__init__(size)
        self._slicer = slicer
        self.renderer.GetActiveCamera().ParallelProjectionOn()
        # Slicer draws markups into a second layer
        overlay = vtk.vtkRenderer()
        overlay.GetActiveCamera().ParallelProjectionOn()
        overlay.SetLayer(1)
        self.window.SetNumberOfLayers(2)
        self.window.AddRenderer(overlay)
        style = slicer.vtkMRMLSliceViewInteractorStyle()
        self._wire(slicer, slicer.vtkMRMLSliceViewDisplayableManagerFactory.GetInstance(), SLICE_MANAGERS, style)
        self.interactor.SetInteractorStyle(vtk.vtkInteractorStyleUser())
        self.logic = slicer.vtkMRMLSliceLogic()
        self.logic.SetMRMLApplicationLogic(slicer.app.applicationLogic())
        self.logic.SetMRMLScene(slicer.mrmlScene)
        slicer.app.applicationLogic().GetSliceLogics().AddItem(self.logic)
        self.node = self.logic.AddSliceNode(name)
        style.SetSliceLogic(self.logic)
        self.node.SetOrientation(orientation)
        self.node.SetMappedInLayout(1)
        self.managers.SetMRMLDisplayableNode(self.node)
        self._mapper = vtk.vtkImageMapper()
        self._mapper.SetColorWindow(255)
        self._mapper.SetColorLevel(127.5)
        self._actor = vtk.vtkActor2D()
        self._actor.SetMapper(self._mapper)
        self._actor.GetProperty().SetDisplayLocationToBackground()
        self.logic.ResizeSliceNode(*size)

    def mrmlSliceNode(self):
        return self.node

    def show(self, volume=None, label=None):
        """Show volumes and fit the view to them."""
        composite = self.logic.GetSliceCompositeNode()
        composite.SetBackgroundVolumeID(volume.GetID() if volume else None)
        composite.SetLabelVolumeID(label.GetID() if label else None)
        self.logic.FitSliceToAll()
        self._mapper.SetInputConnection(self.logic.GetImageDataConnection())
        self.renderer.AddViewProp(self._actor)

    def jump(self, ras):
        """Centre the slice on a position in RAS mm."""
        self.node.JumpSliceByCentering(*ras)
        self.render()

    def pixel(self, ras):
        """Return where a position in RAS mm is drawn: (x, y) from the lower left corner."""
        matrix = vtk.vtkMatrix4x4()
        vtk.vtkMatrix4x4.Invert(self.node.GetXYToRAS(), matrix)
        return matrix.MultiplyPoint([*ras, 1.0])[:2]


class ThreeDView(_View):
    """A 3D view; `mrmlViewNode()` is its node."""

    def __init__(self, slicer, name="1", size=(400, 400)):
        super().__init__(size)
        factory = slicer.vtkMRMLThreeDViewDisplayableManagerFactory.GetInstance()
        self._wire(slicer, factory, THREE_D_MANAGERS, slicer.vtkMRMLThreeDViewInteractorStyle())
        self.logic = slicer.vtkMRMLViewLogic()
        self.logic.SetMRMLApplicationLogic(slicer.app.applicationLogic())
        self.logic.SetMRMLScene(slicer.mrmlScene)
        slicer.app.applicationLogic().GetViewLogics().AddItem(self.logic)
        self.node = self.logic.AddViewNode(name)
        self.node.SetMappedInLayout(1)
        self.node.SetBoxVisible(False)
        self.node.SetAxisLabelsVisible(False)
        self.managers.SetMRMLDisplayableNode(self.node)

    def mrmlViewNode(self):
        return self.node

    def look(self, towards):
        """Look at everything from a side: R, L, A, P, S or I."""
        direction = {"R": (1, 0, 0), "L": (-1, 0, 0), "A": (0, 1, 0), "P": (0, -1, 0), "S": (0, 0, 1), "I": (0, 0, -1)}[towards]
        camera = self.renderer.GetActiveCamera()
        camera.SetFocalPoint(0, 0, 0)
        camera.SetPosition(*direction)
        camera.SetViewUp(*((0, 1, 0) if towards in "SI" else (0, 0, 1)))
        self.renderer.ResetCamera()

    def pixel(self, ras):
        """Return where a position in RAS mm is drawn: (x, y) from the lower left corner."""
        self.renderer.SetWorldPoint(*ras, 1.0)
        self.renderer.WorldToDisplay()
        return self.renderer.GetDisplayPoint()[:2]
