"""The modules' real panels on a small host that imitates Slicer's Qt; a picture of each where SPINETWIN_SCREENSHOTS is set."""

import os
import sys
import types
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
IN_APPLICATION = "PythonQt" in sys.modules
"""Started by Testing/Slicer in the real application, the tests get the application."""

OURS = ("SpineDigitalTwin", "SpineDigitalTwinLib", "SpinePOI", "SpinePOILib")


@pytest.fixture
def host(monkeypatch, capfd, tmp_path_factory):
    """`slicer` with `qt`, `ctk` and an empty scene; what a slot raises fails the test."""
    slicer = pytest.importorskip("slicer", reason="needs 3D Slicer's modules: pip install slicer-core")
    if IN_APPLICATION:
        slicer.mrmlScene.Clear(False)
        yield slicer
        slicer.mrmlScene.Clear(False)
        return
    pytest.importorskip("PySide6.QtWidgets", reason="needs Qt: pip install PySide6-Essentials", exc_type=ImportError)
    from slicerhost import desktop

    for name in ("SpineDigitalTwin", "SpinePOI"):
        monkeypatch.syspath_prepend(os.fspath(ROOT / name))
    desktop.start(monkeypatch, slicer, tmp_path_factory.mktemp("slicer"))
    yield slicer
    desktop.application().processEvents()
    slicer.mrmlScene.Clear(True)
    for each in [name for name in sys.modules if name.split(".")[0] in OURS]:
        del sys.modules[each]
    sys.stdout.flush()
    capfd.readouterr()
    raised = desktop.slots_that_raised()
    assert not raised, f"a slot raised {raised[0]!r}"


@pytest.fixture
def on_the_host():
    """For what the application cannot be asked for: replacing its parts, or letting its slots raise."""
    if IN_APPLICATION:
        pytest.skip("replaces parts of the application, or lets it fail: only on the host")


@pytest.fixture
def screenshot(host, tmp_path):
    """Return a function that draws a widget into a png: into Resources/Screenshots where SPINETWIN_SCREENSHOTS is set."""
    folder = ROOT / "Resources" / "Screenshots" if os.environ.get("SPINETWIN_SCREENSHOTS") else tmp_path
    folder.mkdir(parents=True, exist_ok=True)

    def grab(widget, name):
        path = folder / name
        _makeRoom(host, widget)
        assert widget.grab().save(os.fspath(path)), "the picture could not be written"
        return path

    return grab


def _makeRoom(host, widget):
    """Make a window as tall as what it shows: in the application a panel scrolls, here it would be squeezed."""
    for _ in range(3):
        host.app.processEvents()
        needed = widget.heightForWidth(widget.width)
        if widget.isWindow() and needed > widget.height:
            widget.resize(widget.width, needed)


@pytest.fixture
def panel(host):
    """Return a function that makes the panel of a module as Slicer does: a scripted widget in a window with a scene."""
    import qt

    made = []

    def make(widgetClass, width=420, height=900):
        parent = host.qMRMLWidget()
        parent.setLayout(qt.QVBoxLayout())
        parent.setMRMLScene(host.mrmlScene)
        widget = widgetClass(parent)
        made.append(types.SimpleNamespace(widget=widget, parent=parent, ready=False))
        widget.setup()
        made[-1].ready = True
        parent.resize(width, height)
        parent.show()
        host.app.processEvents()
        return widget

    yield make
    for each in made:
        if each.ready:
            each.widget.cleanup()
        each.parent.delete()
