"""Widgets of Slicer that look at the scene."""

from __future__ import annotations

import weakref

from PySide6 import QtWidgets
from PySide6.QtCore import Property, Signal
from shiboken6 import Shiboken


class qMRMLWidget(QtWidgets.QWidget):
    """The root of a module's panel: hands the scene down to the widgets connected to it in the .ui file."""

    mrmlSceneChanged = Signal(object)

    def __init__(self, parent=None):
        super().__init__(parent)
        self._scene = None

    def mrmlScene(self):
        return self._scene

    def setMRMLScene(self, scene):
        self._scene = scene
        self.mrmlSceneChanged.emit(scene)


class qSlicerWidget(qMRMLWidget):
    """The same under the name that other panels use."""


class qMRMLNodeComboBox(QtWidgets.QWidget):
    """Chooses a node of certain classes; follows the scene."""

    currentNodeChanged = Signal(object)
    currentNodeIDChanged = Signal(str)
    nodeActivated = Signal(object)
    nodeAdded = Signal(object)
    nodeAddedByUser = Signal(object)

    def __init__(self, parent=None):
        super().__init__(parent)
        layout = QtWidgets.QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        self._combo = QtWidgets.QComboBox(self)
        layout.addWidget(self._combo)
        self._scene, self._types, self._attributes, self._current = None, [], [], ""
        self._flags = {"none": False, "add": True, "remove": True, "rename": False, "edit": False, "hidden": False}
        self._flags |= {"children": True, "select": False}
        self._texts = {"none": "None", "base": ""}
        self._filling = False
        self._combo.currentIndexChanged.connect(self._chosen)

    def _flag(key):
        def write(self, value):
            self._flags[key] = value
            self._fill()

        return Property(bool, lambda self: self._flags[key], write)

    noneEnabled, addEnabled, removeEnabled = _flag("none"), _flag("add"), _flag("remove")
    renameEnabled, editEnabled, showHidden = _flag("rename"), _flag("edit"), _flag("hidden")
    showChildNodeTypes, selectNodeUponCreation = _flag("children"), _flag("select")

    def setNoneEnabled(self, enabled):
        self.noneEnabled = enabled

    def _set_none_display(self, text):
        self._texts["none"] = text
        self._fill()

    def _set_types(self, types):
        self._types = list(types)
        self._fill()

    noneDisplay = Property(str, lambda self: self._texts["none"], _set_none_display)
    baseName = Property(str, lambda self: self._texts["base"], lambda self, text: self._texts.update(base=text))
    nodeTypes = Property("QStringList", lambda self: self._types, _set_types)

    def addAttribute(self, node_type, name, value=None):
        self._attributes.append((node_type, name, value))
        self._fill()

    def mrmlScene(self):
        return self._scene

    def setMRMLScene(self, scene):
        if scene is self._scene:
            return
        self._scene = scene
        if scene is not None:
            # the scene outlives a panel, and must not call into one that is gone
            weak = weakref.ref(self)

            def follow(_scene, _event):
                here = weak()
                if here is not None and Shiboken.isValid(here):
                    here._fill()

            for event in (scene.NodeAddedEvent, scene.NodeRemovedEvent, scene.EndCloseEvent, scene.EndImportEvent):
                scene.AddObserver(event, follow)
        self._fill()
        if not self._flags["none"] and self._current == "" and self.nodeCount():
            self._combo.setCurrentIndex(0)

    def _accepts(self, node):
        if not any(self._is_a(node, each) for each in self._types):
            return False
        if node.GetHideFromEditors() and not self._flags["hidden"]:
            return False
        wanted = [each for each in self._attributes if node.IsA(each[0])]
        return all(
            node.GetAttribute(name) is not None and (value is None or node.GetAttribute(name) == str(value))
            for _, name, value in wanted
        )

    def _is_a(self, node, wanted):
        return node.IsA(wanted) if self._flags["children"] else node.GetClassName() == wanted

    def _nodes(self):
        if self._scene is None or self._scene.IsClosing():
            return []
        nodes = (self._scene.GetNthNode(index) for index in range(self._scene.GetNumberOfNodes()))
        return [each for each in nodes if self._accepts(each)]

    def _fill(self):
        nodes = self._nodes()
        self._filling = True
        self._combo.clear()
        if self._flags["none"]:
            self._combo.addItem(self._texts["none"], "")
        for each in nodes:
            self._combo.addItem(each.GetName(), each.GetID())
        known = self._current if any(each.GetID() == self._current for each in nodes) else ""
        self._combo.setCurrentIndex(self._combo.findData(known))
        self._filling = False
        if known != self._current:
            self._become(known)

    def _chosen(self, _index):
        if not self._filling:
            self._become(self._combo.currentData() or "")

    def _become(self, node_id):
        if node_id == self._current:
            return
        self._current = node_id
        self.currentNodeChanged.emit(self.currentNode())
        self.currentNodeIDChanged.emit(node_id)

    def nodeCount(self):
        return len(self._nodes())

    def nodeFromIndex(self, index):
        nodes = self._nodes()
        return nodes[index] if 0 <= index < len(nodes) else None

    def currentNode(self):
        return self._scene.GetNodeByID(self._current) if self._scene is not None and self._current else None

    def setCurrentNode(self, node):
        self.setCurrentNodeID(node.GetID() if node is not None and not isinstance(node, str) else node or "")

    def setCurrentNodeID(self, node_id):
        self._fill()
        self._combo.setCurrentIndex(self._combo.findData(node_id or ""))

    def setCurrentNodeIndex(self, index):
        node = self.nodeFromIndex(index)
        self.setCurrentNode(node)

    def addNode(self, node_type=""):
        node = self._scene.AddNewNodeByClass(node_type or self._types[0], self._texts["base"])
        self.setCurrentNode(node)
        self.nodeAddedByUser.emit(node)
        return node

    currentNodeID = Property(str, lambda self: self._current, setCurrentNodeID)


CLASSES = (qMRMLWidget, qSlicerWidget, qMRMLNodeComboBox)
