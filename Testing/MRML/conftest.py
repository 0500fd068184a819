"""What Slicer's application gives its modules, as far as nodes, storage and views go: a scene, logics, translations; no Qt."""

import os
import sys
import types
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
OURS = ("SpineDigitalTwin", "SpineDigitalTwinLib", "SpinePOI", "SpinePOILib")


@pytest.fixture
def host(monkeypatch, capfd, tmp_path_factory):
    """`slicer` as a module of the extension finds it in the application; returns it with an empty scene."""
    slicer = pytest.importorskip("slicer", reason="needs 3D Slicer's modules: pip install slicer-core")
    if not hasattr(slicer, "vtkSlicerSegmentationsModuleLogic"):
        pytest.skip("this `slicer` has no segmentations")
    from slicerhost import core

    for name in ("SpineDigitalTwin", "SpinePOI"):
        monkeypatch.syspath_prepend(os.fspath(ROOT / name))
    monkeypatch.setitem(sys.modules, "qt", types.SimpleNamespace(Qt=types.SimpleNamespace(WaitCursor=3)))
    core.start(monkeypatch, slicer, tmp_path_factory.mktemp("slicer"))
    monkeypatch.setattr(slicer.util, "showStatusMessage", lambda *_: None)
    yield slicer
    slicer.mrmlScene.Clear(True)
    for each in [name for name in sys.modules if name.split(".")[0] in OURS]:
        del sys.modules[each]
    # Slicer logs about nodes that only the application has
    sys.stdout.flush()
    capfd.readouterr()


@pytest.fixture
def drawing(host):
    """Skip where VTK cannot draw without a screen."""
    from slicerhost import views

    if not views.can_draw():
        pytest.skip("VTK cannot draw here: needs EGL (Debian: libegl1 libegl-mesa0 libgl1-mesa-dri) or OSMesa")


@pytest.fixture
def sliceView(host, drawing):
    """A slice view that draws off-screen."""
    from slicerhost import views

    return views.SliceView(host)


@pytest.fixture
def threeDView(host, drawing):
    """A 3D view that draws off-screen."""
    from slicerhost import views

    return views.ThreeDView(host)


@pytest.fixture
def picture(tmp_path):
    """Return a function that tells where a picture goes: into Resources/Screenshots where SPINETWIN_SCREENSHOTS is set."""
    folder = ROOT / "Resources" / "Screenshots" if os.environ.get("SPINETWIN_SCREENSHOTS") else tmp_path
    folder.mkdir(parents=True, exist_ok=True)
    return folder.joinpath


@pytest.fixture(scope="session")
def lumbar_maps():
    """Label maps of a short spine."""
    from spinetwin.phantom import SpineParameters, make_spine

    spine = make_spine(SpineParameters(levels="T12-L4"))
    return spine.voxelise(spine.grid(2.0, "LPS", margin_mm=8))


@pytest.fixture
def editor(host, lumbar_maps):
    """Corrects the levels of a short spine that is shown."""
    from SpineDigitalTwinLib.levels.editing import LevelEditor
    from SpineDigitalTwinLib.maps import segments, volumes

    subregions = volumes.addSubregions("subregions", lumbar_maps.subregions, lumbar_maps.grid)
    vertebrae = volumes.addVertebrae("vertebrae", lumbar_maps.vertebrae, lumbar_maps.grid)
    return LevelEditor(subregions, vertebrae, segments.show(lumbar_maps, "spine"))


@pytest.fixture
def points(host):
    """One point each of L1 and L2."""
    from SpinePOILib import pointnodes
    from spinetwin.poi import Poi, PoiSet, Status

    pointnodes.show(PoiSet.of([Poi(level, 101, Status.OK, (1.0, 2.0, float(level))) for level in (20, 21)]))
    return pointnodes
