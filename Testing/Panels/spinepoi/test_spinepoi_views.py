"""The panel with real views: what it guards, where it jumps, and what a drag shows in its tables."""

import types

import numpy as np
import pytest
from slicerhost import views as hosted
from spinetwin.anatomy import level

L3 = level("L3").id


@pytest.fixture
def layout(on_the_host, host, monkeypatch):
    """The layout manager of the application, as far as the panel asks it."""
    if not hosted.can_draw():
        pytest.skip("VTK cannot draw here: needs EGL or OSMesa")
    import vtk

    three = hosted.ThreeDView(host)
    # the default style of VTK grabs the mouse as soon as a button is pressed
    three.interactor.SetInteractorStyle(vtk.vtkInteractorStyleUser())
    slices = {}
    for tag, orientation in (("Red", "Axial"), ("Yellow", "Sagittal"), ("Green", "Coronal")):
        view = slices[tag] = hosted.SliceView(host, tag, orientation)
        view.node.SetDefaultOrientation(orientation)
        view.node.SetFieldOfView(120.0, 120.0, 1.0)
    manager = types.SimpleNamespace(
        sliceViewNames=lambda: tuple(slices),
        sliceWidget=lambda name: types.SimpleNamespace(sliceView=lambda: slices[name]),
        threeDViewCount=1,
        threeDWidget=lambda _index: types.SimpleNamespace(threeDView=lambda: three),
        connect=lambda *_: True,
        disconnect=lambda *_: True,
    )
    monkeypatch.setattr(host.app, "layoutManager", lambda: manager)
    return types.SimpleNamespace(three=three, slices=slices, every=(three, *slices.values()))


@pytest.fixture
def seen(layout, shown, host, pois):
    """L3 in all views, guarded."""
    shown.panel.session.select([81])
    host.app.processEvents()
    for view in layout.every:
        view.render()
    shown.panel._guards.start(0)
    host.app.processEvents()
    return shown


def drag(view, position, by, button="Left"):
    view.render()
    x, y = view.pixel(position)
    view.drag((x, y), (x + by[0], y + by[1]), button)


def now():
    from SpinePOILib import pointnodes

    return pointnodes.readAll()


def test_a_drag_shows_in_the_tables(layout, seen, host, pois):
    drag(layout.slices["Yellow"], pois[L3, 81].position, (-20, 0))
    host.app.processEvents()
    moved = np.linalg.norm(np.subtract(now()[L3, 81].position, pois[L3, 81].position))
    assert moved == pytest.approx(6.0, abs=0.7)
    assert seen.ui.reasonLabel.text == f"<b>Muscle insertion on the spinous process</b>: moved {moved:.1f} mm"
    seen.ui.undoButton.click()
    host.app.processEvents()
    assert now().points == pois.points


@pytest.mark.parametrize("name", ["Red", "Yellow", "Green", "three"])
def test_a_middle_drag_moves_nothing(layout, seen, pois, name):
    drag(layout.three if name == "three" else layout.slices[name], pois[L3, 81].position, (30, 10), "Middle")
    assert now().points == pois.points


def test_a_drag_is_held_on_the_bone(layout, seen, host, maps, pois, phantom):
    seen.ui.vertebraeSelector.setCurrentNode(maps.vertebrae)
    seen.ui.surfaceBox.checked = True
    host.app.processEvents()
    drag(layout.slices["Yellow"], pois[L3, 81].position, (60, 0))
    found = np.array(now()[L3, 81].position)
    assert now()[L3, 81].edited
    voxels = phantom.maps.grid.to_ras(np.argwhere(phantom.maps.vertebrae == L3))
    assert np.linalg.norm(voxels - found, axis=1).min() < 1.5, "18 mm were dragged"


def test_the_chosen_point_is_in_the_middle_of_every_slice(layout, seen, pois):
    for view in layout.slices.values():
        assert view.pixel(pois[L3, 81].position) == pytest.approx([200.0, 200.0], abs=1e-6)
