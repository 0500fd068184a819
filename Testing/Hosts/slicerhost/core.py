"""A scene with its logics, and `slicer.app` without a window: what Slicer's application has besides Qt."""

from __future__ import annotations

import os
import sys
import types

import vtk

from . import modules
from .storage import CoreIOManager

LOGICS = {
    "colors": "vtkSlicerColorLogic",
    "volumes": "vtkSlicerVolumesLogic",
    "models": "vtkSlicerModelsLogic",
    "transforms": "vtkSlicerTransformLogic",
    "terminologies": "vtkSlicerTerminologiesModuleLogic",
    "subjecthierarchy": "vtkSlicerSubjectHierarchyModuleLogic",
    "segmentations": "vtkSlicerSegmentationsModuleLogic",
    "markups": "vtkSlicerMarkupsLogic",
    "tables": "vtkSlicerTablesLogic",
    "plots": "vtkSlicerPlotsLogic",
    "texts": "vtkSlicerTextsLogic",
    "cameras": "vtkSlicerCamerasModuleLogic",
}
"""Module of `slicer.modules`, and the class of its logic."""

APPLICATION_NAMES = {"subjecthierarchy": "SubjectHierarchy"}
"""Names by which logics find each other, where they are not the capitalised name of the module."""

TERMINOLOGIES = os.environ.get("SLICER_TERMINOLOGIES", "")
"""Folder of Slicer's terminology files, which the pip package does not bring."""

LIBRARY_MODULES = {
    "slicer.i18n": modules.translations,
    "slicer.ScriptedLoadableModule": modules.scripted,
    "slicer.parameterNodeWrapper": modules.parameters,
}


class Application:
    """`slicer.app` without a window."""

    applicationName = "Slicer"

    def __init__(self, slicer, logic, folder):
        self.connected = {}
        self.temporaryPath = folder
        self.slicerUserSettingsFilePath = os.path.join(folder, "Slicer.ini")  # noqa: PTH118 - as text, like Slicer
        self._slicer, self._logic, self._io = slicer, logic, CoreIOManager(slicer)

    def connect(self, signal, receiver):
        """Keep what is to happen on a signal; a test lets it happen."""
        self.connected[signal] = receiver
        return True

    def disconnect(self, signal, _receiver=None):
        """Forget it."""
        return self.connected.pop(signal, None) is not None

    def applicationLogic(self):
        return self._logic

    def mrmlScene(self):
        return self._slicer.mrmlScene

    def coreIOManager(self):
        return self._io

    ioManager = coreIOManager

    def layoutManager(self):
        return None

    def processEvents(self, *_):
        pass

    def setOverrideCursor(self, _cursor):
        pass

    def restoreOverrideCursor(self):
        pass

    def pauseRender(self):
        pass

    def resumeRender(self):
        pass

    def testingEnabled(self):
        return True


def start(monkeypatch, slicer, folder):
    """Make `slicer` of the pip package look like the application's, with a scene of its own; returns `slicer`.

    Parameters
    ----------
    monkeypatch : pytest.MonkeyPatch
        Takes everything back after the test.
    slicer : module
        The pip package `slicer-core`.
    folder : path
        An empty folder for temporary files; Slicer's cache deletes what it finds in its own.
    """
    import slicer.util

    scene, logic = slicer.vtkMRMLScene(), slicer.vtkSlicerApplicationLogic()
    crosshair = slicer.vtkMRMLCrosshairNode()
    crosshair.SetCrosshairName("default")
    scene.AddNode(crosshair)
    logic.SetTemporaryPath(str(folder))
    logic.SetHomeDirectory(str(folder))
    logic.SetMRMLScene(scene)
    logic.SetSliceLogics(vtk.vtkCollection())
    logic.SetViewLogics(vtk.vtkCollection())
    monkeypatch.setattr(slicer, "mrmlScene", scene, raising=False)
    monkeypatch.setattr(slicer, "app", Application(slicer, logic, str(folder)), raising=False)
    monkeypatch.setattr(slicer, "modules", _modules(slicer, scene, logic), raising=False)
    slicer.app.kept = _remote_files(slicer, scene, logic, str(folder))
    for name, make in LIBRARY_MODULES.items():
        module = make()
        monkeypatch.setitem(sys.modules, name, module)
        monkeypatch.setattr(slicer, name.rpartition(".")[2], module, raising=False)
    slicer.modules.colors.logic().AddDefaultColorNodes()
    slicer.vtkMRMLSliceNode.AddDefaultSliceOrientationPresets(scene, True)
    slicer.vtkMRMLSubjectHierarchyNode.GetSubjectHierarchyNode(scene)
    return slicer


def _modules(slicer, scene, application):
    found = types.SimpleNamespace()
    for name, class_name in LOGICS.items():
        logic = getattr(slicer, class_name)()
        logic.SetMRMLApplicationLogic(application)
        if name == "terminologies":
            logic.SetModuleShareDirectory(TERMINOLOGIES)
        logic.SetMRMLScene(scene)
        application.SetModuleLogic(APPLICATION_NAMES.get(name, name.capitalize()), logic)
        setattr(found, name, types.SimpleNamespace(name=name, logic=lambda logic=logic: logic))
    return found


def _remote_files(slicer, scene, application, folder):
    """Wire what volumes are read through; returns what has to live as long as the scene."""
    remote, files = slicer.vtkMRMLRemoteIOLogic(), slicer.vtkDataIOManagerLogic()
    for each in (remote, files):
        each.SetMRMLScene(scene)
        each.SetMRMLApplicationLogic(application)
    remote.GetCacheManager().SetRemoteCacheDirectory(folder)
    files.SetAndObserveDataIOManager(remote.GetDataIOManager())
    remote.AddDataIOToScene()
    return remote, files
