"""Real nodes, slice and 3D views for the module Spine POI, without a window."""

import os
import subprocess
import sys
import types
from pathlib import Path

import numpy as np
import pytest
from spinetwin.phantom import Curve, SpineParameters, make_spine
from spinetwin.poi import compute_pois

ROOT = Path(__file__).resolve().parents[3]
SLICE_MANAGERS = (
    "vtkMRMLCrosshairDisplayableManager",
    "vtkMRMLSegmentationsDisplayableManager2D",
    "vtkMRMLMarkupsDisplayableManager",
    "vtkMRMLModelSliceDisplayableManager",
)
THREED_MANAGERS = (
    "vtkMRMLCameraDisplayableManager",
    "vtkMRMLViewDisplayableManager",
    "vtkMRMLModelDisplayableManager",
    "vtkMRMLSegmentationsDisplayableManager3D",
    "vtkMRMLMarkupsDisplayableManager",
)


@pytest.fixture(scope="session")
def phantom():
    """A short, bent spine with its label maps."""
    spine = make_spine(SpineParameters(levels="T11-L4", curves=(Curve(25.0, apex="L1"),)))
    return types.SimpleNamespace(spine=spine, maps=spine.voxelise(spine.grid(1.5)))


@pytest.fixture(scope="session")
def pois(phantom):
    """Its points."""
    return compute_pois(phantom.maps)


@pytest.fixture
def poi(host, monkeypatch):
    """`slicer` with an empty scene, and the module's glue importable; returns `slicer`."""
    monkeypatch.syspath_prepend(os.fspath(ROOT / "SpinePOI"))
    host.vtkMRMLSliceNode.AddDefaultSliceOrientationPresets(host.mrmlScene, True)
    host.vtkMRMLSubjectHierarchyNode.GetSubjectHierarchyNode(host.mrmlScene)
    yield host
    for each in [name for name in sys.modules if name.split(".")[0] in ("SpinePOI", "SpinePOILib")]:
        del sys.modules[each]


def _can_draw():
    """Without EGL and OSMesa drawing kills the process, so another one tries it."""
    code = "import vtk; w = vtk.vtkRenderWindow(); w.SetOffScreenRendering(1); w.SetMultiSamples(0); w.Render()"
    return subprocess.run([sys.executable, "-c", code], capture_output=True, check=False, timeout=120).returncode == 0


@pytest.fixture(scope="session")
def drawing():
    if not _can_draw():
        pytest.skip("nothing can be drawn here: neither EGL nor OSMesa")


class View:
    """An off-screen view with Slicer's own displayable managers."""

    def __init__(self, slicer, size):
        import vtk

        self.slicer, self.size = slicer, size
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
        self.application = slicer.modules.markups.logic().GetMRMLApplicationLogic()
        self.group = slicer.vtkMRMLDisplayableManagerGroup()
        self.group.SetRenderer(self.renderer)

    def _manage(self, factory, names):
        factory.SetMRMLApplicationLogic(self.application)
        for name in names:
            if not factory.IsDisplayableManagerRegistered(name):
                factory.RegisterDisplayableManager(name)
        self.group.Initialize(factory, self.renderer)

    def manager(self, name="vtkMRMLMarkupsDisplayableManager"):
        return self.group.GetDisplayableManagerByClassName(name)

    def draw(self):
        self.window.Render()

    def move(self, x, y):
        self.interactor.SetEventPosition(round(x), round(y))
        self.interactor.InvokeEvent("MouseMoveEvent")

    def drag(self, position, by=(20, 0), button="Left"):
        """Press a mouse button on a RAS place, move by some pixels, release."""
        self.draw()
        x, y = self.to_display(position)
        self.interactor.InvokeEvent("EnterEvent")
        self.move(x + 60, y + 60)
        self.move(x, y)
        self.interactor.InvokeEvent(f"{button}ButtonPressEvent")
        for step in range(1, 11):
            self.move(x + by[0] * step / 10, y + by[1] * step / 10)
        self.interactor.InvokeEvent(f"{button}ButtonReleaseEvent")

    def press(self, key, code, position):
        self.draw()
        x, y = self.to_display(position)
        self.move(x + 60, y + 60)
        self.move(x, y)
        self.interactor.SetKeyEventInformation(0, 0, code, 1, key)
        self.interactor.InvokeEvent("KeyPressEvent")
        self.interactor.InvokeEvent("KeyReleaseEvent")

    def picture(self, path):
        import vtk

        self.draw()
        grab = vtk.vtkWindowToImageFilter()
        grab.SetInput(self.window)
        grab.ReadFrontBufferOff()
        writer = vtk.vtkPNGWriter()
        writer.SetFileName(os.fspath(path))
        writer.SetInputConnection(grab.GetOutputPort())
        writer.Write()


class SliceView(View):
    def __init__(self, slicer, tag="Red", orientation="Axial", size=(400, 400)):
        import vtk

        super().__init__(slicer, size)
        self.renderer.GetActiveCamera().ParallelProjectionOn()
        overlay = vtk.vtkRenderer()
        overlay.GetActiveCamera().ParallelProjectionOn()
        overlay.SetLayer(1)
        self.window.SetNumberOfLayers(2)
        self.window.AddRenderer(overlay)
        self._manage(slicer.vtkMRMLSliceViewDisplayableManagerFactory.GetInstance(), SLICE_MANAGERS)
        self.style = slicer.vtkMRMLSliceViewInteractorStyle()
        self.style.SetDisplayableManagers(self.group)
        self.style.SetInteractor(self.interactor)
        self.interactor.SetInteractorStyle(vtk.vtkInteractorStyleUser())
        self.logic = slicer.vtkMRMLSliceLogic()
        self.logic.SetMRMLApplicationLogic(self.application)
        self.logic.SetMRMLScene(slicer.mrmlScene)
        self.application.GetSliceLogics().AddItem(self.logic)
        self.node = self.logic.AddSliceNode(tag)
        self.style.SetSliceLogic(self.logic)
        self.node.SetDefaultOrientation(orientation)
        self.node.SetOrientation(orientation)
        self.node.SetMappedInLayout(1)
        self.node.SetFieldOfView(120.0, 120.0, 1.0)
        self.group.SetMRMLDisplayableNode(self.node)
        self.logic.ResizeSliceNode(*size)
        mapper = vtk.vtkImageMapper()
        mapper.SetColorWindow(255)
        mapper.SetColorLevel(127.5)
        self.actor = vtk.vtkActor2D()
        self.actor.SetMapper(mapper)
        self.actor.GetProperty().SetDisplayLocationToBackground()

    def pose(self):
        return self.slicer.util.arrayFromVTKMatrix(self.node.GetSliceToRAS())

    def to_display(self, position):
        ras_to_xy = np.linalg.inv(self.slicer.util.arrayFromVTKMatrix(self.node.GetXYToRAS()))
        return (ras_to_xy @ [*position, 1.0])[:2]

    def background(self, volume):
        self.logic.GetSliceCompositeNode().SetBackgroundVolumeID(volume.GetID())
        self.actor.GetMapper().SetInputConnection(self.logic.GetImageDataConnection())
        self.renderer.AddViewProp(self.actor)


class ThreeDView(View):
    def __init__(self, slicer, tag="1", size=(400, 400)):
        super().__init__(slicer, size)
        self._manage(slicer.vtkMRMLThreeDViewDisplayableManagerFactory.GetInstance(), THREED_MANAGERS)
        self.style = slicer.vtkMRMLThreeDViewInteractorStyle()
        self.style.SetDisplayableManagers(self.group)
        self.style.SetInteractor(self.interactor)
        self.logic = slicer.vtkMRMLViewLogic()
        self.logic.SetMRMLApplicationLogic(self.application)
        self.logic.SetMRMLScene(slicer.mrmlScene)
        self.application.GetViewLogics().AddItem(self.logic)
        self.node = self.logic.AddViewNode(tag)
        self.node.SetMappedInLayout(1)
        self.group.SetMRMLDisplayableNode(self.node)

    def to_display(self, position):
        self.renderer.SetWorldPoint(*position, 1.0)
        self.renderer.WorldToDisplay()
        return self.renderer.GetDisplayPoint()[:2]


@pytest.fixture
def views(poi, drawing):
    """The three slice views and a 3D view, as in Slicer's conventional layout."""
    import vtk

    application = poi.modules.markups.logic().GetMRMLApplicationLogic()
    application.SetSliceLogics(vtk.vtkCollection())
    application.SetViewLogics(vtk.vtkCollection())
    for name in ("markups", "segmentations"):
        application.SetModuleLogic(name.capitalize(), getattr(poi.modules, name).logic())
    crosshair = poi.vtkMRMLCrosshairNode()
    crosshair.SetCrosshairName("default")
    poi.mrmlScene.AddNode(crosshair)
    three = ThreeDView(poi)
    three.draw()
    orientations = {"Red": "Axial", "Yellow": "Sagittal", "Green": "Coronal"}
    slices = {tag: SliceView(poi, tag, orientation) for tag, orientation in orientations.items()}
    return types.SimpleNamespace(**{tag.lower(): view for tag, view in slices.items()}, three=three)
