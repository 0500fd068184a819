"""What Slicer's application gives its modules, as far as nodes and storage go: a scene, logics, translations; no Qt."""

import os
import sys
import types
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
LOGICS = {"segmentations": "vtkSlicerSegmentationsModuleLogic", "markups": "vtkSlicerMarkupsLogic"}


class Application:
    """Stands for `slicer.app` without a window."""

    def __init__(self):
        self.connected = {}

    def connect(self, signal, receiver):
        self.connected[signal] = receiver
        return True

    def layoutManager(self):
        return None

    def processEvents(self, *_):
        pass

    def setOverrideCursor(self, _cursor):
        pass

    def restoreOverrideCursor(self):
        pass

    def testingEnabled(self):
        return True


def translations():
    """Return the module `slicer.i18n` of an application whose language is English."""
    module = types.ModuleType("slicer.i18n")
    module.tr = lambda text: text
    module.translate = lambda _context, text: text
    return module


def scripted():
    """Return the module `slicer.ScriptedLoadableModule` as far as a module's description needs it."""
    module = types.ModuleType("slicer.ScriptedLoadableModule")

    class ScriptedLoadableModule:
        def __init__(self, parent):
            self.parent = parent

    module.ScriptedLoadableModule = ScriptedLoadableModule
    return module


@pytest.fixture
def host(monkeypatch, capfd):
    """`slicer` as a module of the extension finds it in the application; returns it with an empty scene."""
    slicer = pytest.importorskip("slicer", reason="needs 3D Slicer's modules: pip install slicer-core")
    if not hasattr(slicer, "vtkSlicerSegmentationsModuleLogic"):
        pytest.skip("this `slicer` has no segmentations")
    import slicer.util

    monkeypatch.syspath_prepend(os.fspath(ROOT / "SpineDigitalTwin"))
    monkeypatch.setitem(sys.modules, "qt", types.SimpleNamespace(Qt=types.SimpleNamespace(WaitCursor=3)))
    monkeypatch.setitem(sys.modules, "slicer.i18n", translations())
    monkeypatch.setitem(sys.modules, "slicer.ScriptedLoadableModule", scripted())
    scene = slicer.vtkMRMLScene()
    application = slicer.vtkSlicerApplicationLogic()
    application.SetMRMLScene(scene)
    monkeypatch.setattr(slicer, "mrmlScene", scene, raising=False)
    monkeypatch.setattr(slicer, "app", Application(), raising=False)
    modules = types.SimpleNamespace()
    for name, each in LOGICS.items():
        logic = getattr(slicer, each)()
        logic.SetMRMLScene(scene)
        logic.SetMRMLApplicationLogic(application)
        setattr(modules, name, types.SimpleNamespace(logic=lambda logic=logic: logic))
    monkeypatch.setattr(slicer, "modules", modules, raising=False)
    monkeypatch.setattr(slicer.util, "showStatusMessage", lambda *_: None)
    yield slicer
    scene.Clear(True)
    for each in [name for name in sys.modules if name.split(".")[0] in ("SpineDigitalTwin", "SpineDigitalTwinLib")]:
        del sys.modules[each]
    # Slicer logs about nodes that only the application has
    sys.stdout.flush()
    capfd.readouterr()
