"""The application with Qt: the modules `qt` and `ctk`, Slicer's widgets, and its managers as far as panels ask them."""

from __future__ import annotations

import sys

from PySide6 import QtCore, QtWidgets

from . import core
from .pythonqt import modules, signals
from .pythonqt.faces import Face, face


class Application(core.Application):
    """`slicer.app` with an event loop."""

    def __init__(self, slicer, logic, folder):
        super().__init__(slicer, logic, folder)
        self._modules = ModuleManager()

    def processEvents(self, *_):
        QtWidgets.QApplication.processEvents()

    def moduleManager(self):
        return self._modules

    def topLevelWidgets(self):
        return tuple(face(each) for each in QtWidgets.QApplication.topLevelWidgets())

    def userSettings(self):
        return Face.of(QtCore.QSettings)()

    settings = userSettings


class ModuleManager:
    """`slicer.app.moduleManager()`: nothing is ever unloaded here."""

    def connect(self, _signal, _receiver):
        return True

    def disconnect(self, _signal, _receiver=None):
        return True

    def module(self, _name):
        return None


def start(monkeypatch, slicer, folder):
    """Make `slicer` look like the application with its window; as `core.start`, `folder` holding the settings too."""
    application()
    for name, make in {"qt": modules.qt_module, "ctk": modules.ctk_module}.items():
        monkeypatch.setitem(sys.modules, name, make())
    settings = QtCore.QSettings
    settings.setDefaultFormat(settings.Format.IniFormat)
    settings.setPath(settings.Format.IniFormat, settings.Scope.UserScope, str(folder))
    core.start(monkeypatch, slicer, folder)
    kept = slicer.app.kept
    monkeypatch.setattr(slicer, "app", Application(slicer, slicer.app.applicationLogic(), str(folder)))
    slicer.app.kept = kept
    for name, each in modules.slicer_widgets().items():
        monkeypatch.setattr(slicer, name, each, raising=False)
    monkeypatch.setattr(slicer, "selfTests", {}, raising=False)
    signals.raised.clear()
    return slicer


def application():
    """Return the one Qt application of this process."""
    found = QtWidgets.QApplication.instance()
    if found is None:
        found = QtWidgets.QApplication(["Slicer"])
        found.setOrganizationName("SpineDigitalTwin")
        found.setApplicationName("tests")
        found.setStyle("Fusion")
    application.kept = found
    return found


def slots_that_raised():
    """Return what slots raised since the last look, and forget it."""
    found, signals.raised[:] = list(signals.raised), []
    return found
