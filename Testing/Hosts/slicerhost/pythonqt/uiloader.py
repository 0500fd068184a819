"""Loads .ui files with the widgets of CTK and Slicer in them, and refuses what Slicer's loader would quietly ignore."""

from __future__ import annotations

import xml.etree.ElementTree as ET

from PySide6 import QtCore, QtUiTools, QtWidgets

from .widgets import ctk, mrml

OURS = {each.__name__: each for each in (*ctk.CLASSES, *mrml.CLASSES)}


class QUiLoader(QtUiTools.QUiLoader):
    """`qt.QUiLoader`: PySide6's with our widget classes and with connections that carry nodes and the scene."""

    def createWidget(self, class_name, parent=None, name=""):
        """Make a widget of the file."""
        if class_name in OURS:
            widget = OURS[class_name](parent)
            widget.setObjectName(name)
            return widget
        return super().createWidget(class_name, parent, name)

    def load(self, device, parent=None):
        """Return the root widget of a .ui file that is open for reading."""
        tree = ET.fromstring(bytes(device.readAll().data()))  # noqa: S314 - a file of this repository
        connections = _take_connections(tree)
        content = QtCore.QBuffer()
        content.setData(ET.tostring(tree, encoding="utf-8"))
        content.open(QtCore.QIODevice.OpenModeFlag.ReadOnly)
        root = super().load(content, parent)
        if root is None:
            raise RuntimeError(self.errorString())
        _check(tree, root)
        for each in connections:
            _connect(root, **each)
        return root


def _take_connections(tree):
    parts = tree.find("connections")
    if parts is None:
        return []
    tree.remove(parts)
    return [{part.tag: part.text for part in each if part.tag != "hints"} for each in parts]


def _find(root, name):
    found = root if root.objectName() == name else root.findChild(QtCore.QObject, name)
    if found is None:
        raise ValueError(f"the .ui file connects {name!r}, which it does not have")
    return found


def _connect(root, sender, signal, receiver, slot):
    source, target = _find(root, sender), _find(root, receiver)
    getattr(source, signal.split("(")[0]).connect(getattr(target, slot.split("(")[0]))


def _check(tree, root):
    """Raise for a widget of an unknown class and for a property that its class does not have."""
    for element in tree.iter("widget"):
        name, class_name = element.get("name"), element.get("class")
        if class_name not in OURS and not hasattr(QtWidgets, class_name) and class_name != "Line":
            raise ValueError(f"{name}: this host has no {class_name}")
        meta = _find(root, name).metaObject()
        for each in element.findall("property"):
            if each.get("stdset") != "0" and meta.indexOfProperty(each.get("name")) < 0:
                raise ValueError(f"{name}: a {class_name} has no property {each.get('name')!r}")
