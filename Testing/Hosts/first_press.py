"""A program that a test starts: opens a panel, lets it rest, does what a first press does, and prints what was imported then.

``python first_press.py spine_poi|spine_digital_twin POINTS.mrk.json``
"""

import sys
import tempfile
from pathlib import Path

import pytest
import slicer
from slicerhost import desktop
from slicerhost.waiting import settle

ROOT = Path(__file__).resolve().parents[2]
ROOMS = ("spinetwin", "SpinePOILib", "SpineDigitalTwinLib", "numpy", "scipy", "vtk")
UPRIGHT = [[1.0, 0.0, 0.0, 0.0], [0.0, 1.0, 0.0, 0.0], [0.0, 0.0, 1.0, 0.0], [0.0, 0.0, 0.0, 1.0]]


def opened(host, widget_class):
    """Return the panel of a module after it was opened and has come to rest."""
    import qt

    parent = host.qMRMLWidget()
    parent.setLayout(qt.QVBoxLayout())
    parent.setMRMLScene(host.mrmlScene)
    widget = widget_class(parent)
    widget.setup()
    widget.enter()
    settle(host, until=lambda: not widget.panel.warmup.busy)
    return widget


def spine_poi(host, points):
    """Take in a level as the worker announces it, and then the whole result."""
    from SpinePOI import SpinePOIWidget

    widget = opened(host, SpinePOIWidget)
    from SpinePOILib.computing import Computation
    from spinetwin.io import read_pois

    known = set(sys.modules)
    computation = Computation(widget.panel.session)
    found = read_pois(points)
    computation.finish(found)
    computation.levelReady(points.with_name("level.mrk.json"), UPRIGHT)
    widget.panel.session.step(1)
    settle(host)
    assert [each for each in host.util.getNodesByClass("vtkMRMLMarkupsFiducialNode") if each.GetNumberOfControlPoints()]
    return known


def spine_digital_twin(host, points):
    """Compute loads and draw the Cobb lines of points that come into the scene."""
    from SpineDigitalTwin import SpineDigitalTwinWidget

    widget = opened(host, SpineDigitalTwinWidget)
    from SpinePOILib import pointnodes
    from spinetwin.io import read_pois

    known = set(sys.modules)
    ui = widget.ui
    pointnodes.show(read_pois(points))
    ui.sexBox.currentIndex, ui.heightBox.value, ui.weightBox.value = 1, 168.0, 64.0
    settle(host)
    ui.loadsButton.click()
    ui.cobbBox.checked = True
    settle(host)
    assert widget.panel.loads.answer is not None
    return known


def main():
    """Print the modules, one a line."""
    sys.path[:0] = [str(ROOT / name) for name in ("SpineDigitalTwin", "SpinePOI")]
    presses = {each.__name__: each for each in (spine_poi, spine_digital_twin)}
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        host = desktop.start(pytest.MonkeyPatch(), slicer, folder)
        known = presses[sys.argv[1]](host, Path(sys.argv[2]))
        new = sorted(each for each in set(sys.modules) - known if each.split(".")[0] in ROOMS)
    sys.stdout.write("".join(f"imported only then: {each}\n" for each in new) + "done\n")


if __name__ == "__main__":
    main()
