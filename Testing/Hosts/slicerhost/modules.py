"""Python modules that the application adds to `slicer`: translations, the base classes of a scripted module, parameters."""

from __future__ import annotations

import inspect
import os
import types


def translations():
    """Return `slicer.i18n` of an application whose language is English."""
    module = types.ModuleType("slicer.i18n")
    module.tr = lambda text: text
    module.translate = lambda _context, text: text
    return module


def parameters():
    """Return `slicer.parameterNodeWrapper`."""
    from . import parameternode

    module = types.ModuleType("slicer.parameterNodeWrapper")
    for each in parameternode.NAMES:
        setattr(module, each.__name__, each)
    return module


class ScriptedLoadableModule:
    """Base of the class that describes a module."""

    def __init__(self, parent):
        self.parent = parent
        self.moduleName = type(self).__name__

    def resourcePath(self, name):
        return os.path.join(os.path.dirname(self.parent.path), "Resources", name)  # noqa: PTH118, PTH120 - as text, like Slicer


class ScriptedLoadableModuleLogic:
    """Base of a module's logic: one parameter node for each module and scene."""

    def __init__(self, parent=None):
        super().__init__()
        self.moduleName = type(self).__name__.removesuffix("Logic")
        self.isSingletonParameterNode = True

    def getParameterNode(self):
        import slicer

        node = slicer.mrmlScene.GetSingletonNode(self.moduleName, "vtkMRMLScriptedModuleNode")
        return node or slicer.mrmlScene.AddNode(self.createParameterNode())

    def createParameterNode(self):
        import slicer

        node = slicer.mrmlScene.CreateNodeByClass("vtkMRMLScriptedModuleNode")
        node.UnRegister(None)
        node.SetSingletonTag(self.moduleName)
        node.SetAttribute("ModuleName", self.moduleName)
        node.SetName(slicer.mrmlScene.GenerateUniqueName(self.moduleName))
        return node


class ScriptedLoadableModuleWidget:
    """Base of a module's panel."""

    def __init__(self, parent=None):
        import qt
        import slicer

        super().__init__()
        self.moduleName = type(self).__name__.removesuffix("Widget")
        self.developerMode = False
        if parent is None:
            parent = slicer.qMRMLWidget()
            parent.setLayout(qt.QVBoxLayout())
            parent.setMRMLScene(slicer.mrmlScene)
            self.parent, self.layout = parent, parent.layout()
            self.setup()
            parent.show()
            return
        self.parent, self.layout = parent, parent.layout()

    def resourcePath(self, name):
        source = inspect.getfile(type(self))
        return os.path.join(os.path.dirname(source), "Resources", name)  # noqa: PTH118, PTH120 - as text, like Slicer

    def setup(self):
        pass

    def cleanup(self):
        pass


class ScriptedLoadableModuleTest:
    """Base of a module's self-test; only its name is needed here."""


def scripted():
    """Return `slicer.ScriptedLoadableModule`."""
    module = types.ModuleType("slicer.ScriptedLoadableModule")
    for each in (
        ScriptedLoadableModule,
        ScriptedLoadableModuleLogic,
        ScriptedLoadableModuleTest,
        ScriptedLoadableModuleWidget,
    ):
        setattr(module, each.__name__, each)
    module.__all__ = [name for name in vars(module) if name.startswith("Scripted")]
    return module
