"""The modules `qt` and `ctk`, and Slicer's widget classes for the module `slicer`."""

from __future__ import annotations

import ctypes
import os
import sys
import types

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
if sys.version_info < (3, 12):
    # PySide6 6.12 gives back one reference to None too many for each call of a void function. Since Python 3.12 None counts
    # none; before that the process dies after some thousand calls, so None gets references to spare.
    ctypes.c_ssize_t.from_address(id(None)).value += 1 << 40

from PySide6 import QtCore, QtGui, QtWidgets
from shiboken6 import Shiboken

from .faces import Face
from .uiloader import QUiLoader
from .values import Number
from .widgets import ctk, mrml

_FUNCTIONS = ("qVersion",)


class _Constants:
    """`qt.Qt`: every member of every enumeration, as an int of its own type."""

    def __getattr__(self, name):
        found = getattr(QtCore.Qt, name)
        return Number(found) if hasattr(found, "value") and not isinstance(found, type) else found


def qt_module():
    """Return `qt`: all classes of QtCore, QtGui and QtWidgets with their faces."""
    module = types.ModuleType("qt")
    for source in (QtCore, QtGui, QtWidgets):
        for name in dir(source):
            found = getattr(source, name)
            if name.startswith("Q") and isinstance(found, type) and issubclass(found, Shiboken.Object):
                setattr(module, name, Face.of(found))
    for name in _FUNCTIONS:
        setattr(module, name, getattr(QtCore, name))
    module.QUiLoader = Face.of(QUiLoader)
    module.Qt = _Constants()
    return module


def ctk_module():
    """Return `ctk`."""
    module = types.ModuleType("ctk")
    for each in ctk.CLASSES:
        setattr(module, each.__name__, Face.of(each))
    return module


def slicer_widgets():
    """Return Slicer's widget classes by name."""
    return {each.__name__: Face.of(each) for each in mrml.CLASSES}
