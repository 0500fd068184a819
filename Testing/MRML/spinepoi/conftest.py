"""A bent spine with its points, and the four views of Slicer's conventional layout."""

import types

import pytest
import vtk
from slicerhost import spines
from slicerhost import views as hosted


@pytest.fixture(scope="session")
def phantom():
    """A short, bent spine with its label maps."""
    return spines.bent()


@pytest.fixture(scope="session")
def pois(phantom):
    """Its points."""
    return phantom.pois


@pytest.fixture
def poi(host):
    """`slicer` with an empty scene, and the module's glue importable."""
    return host


def drag(view, position, by=(20, 0), button="Left"):
    """Press a mouse button on a RAS place, move by some pixels, release."""
    view.render()
    x, y = view.pixel(position)
    view.drag((x, y), (x + by[0], y + by[1]), button)


def press(view, key, code, position):
    """Press a key with the mouse on a RAS place."""
    view.render()
    x, y = view.pixel(position)
    view.interactor.InvokeEvent("EnterEvent")
    view.move(x + 60, y + 60)
    view.move(x, y)
    view.interactor.SetKeyEventInformation(0, 0, code, 1, key)
    view.interactor.InvokeEvent("KeyPressEvent")
    view.interactor.InvokeEvent("KeyReleaseEvent")


@pytest.fixture
def views(poi, drawing):
    """The three slice views and a 3D view, as in Slicer's conventional layout."""
    made = {"three": hosted.ThreeDView(poi)}
    # the default style of VTK grabs the mouse as soon as a button is pressed
    made["three"].interactor.SetInteractorStyle(vtk.vtkInteractorStyleUser())
    made["three"].render()
    for tag, orientation in (("Red", "Axial"), ("Yellow", "Sagittal"), ("Green", "Coronal")):
        view = hosted.SliceView(poi, tag, orientation)
        view.node.SetDefaultOrientation(orientation)
        view.node.SetFieldOfView(120.0, 120.0, 1.0)
        made[tag.lower()] = view
    return types.SimpleNamespace(**made, drag=drag, press=press)
