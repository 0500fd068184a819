"""A module like ours but small: tests of the host use it."""

import enum

import slicer
from slicer.parameterNodeWrapper import parameterNodeWrapper
from slicer.ScriptedLoadableModule import ScriptedLoadableModuleLogic, ScriptedLoadableModuleWidget


class Side(enum.Enum):
    LEFT = 1
    RIGHT = 2

    def label(self):
        return self.name.title()


@parameterNodeWrapper
class ToyParameters:
    volume: slicer.vtkMRMLScalarVolumeNode
    name: str = "spine"
    count: int = 3
    size: float = 1.5
    bright: bool = True
    side: Side = Side.RIGHT


class ToyLogic(ScriptedLoadableModuleLogic):
    def getParameterNode(self):
        return ToyParameters(super().getParameterNode())


class ToyWidget(ScriptedLoadableModuleWidget):
    def setup(self):
        super().setup()
        self.root = slicer.util.loadUI(self.resourcePath("UI/Toy.ui"))
        self.layout.addWidget(self.root)
        self.ui = slicer.util.childWidgetVariables(self.root)
        self.root.setMRMLScene(slicer.mrmlScene)
        self.parameters = ToyLogic().getParameterNode()
        self.binding = self.parameters.connectGui(self.ui)
        self.pressed = 0
        self.ui.applyButton.connect("clicked(bool)", self.onApply)

    def onApply(self):
        self.pressed += 1
        self.ui.resultLabel.text = f"{self.parameters.name} {self.parameters.count}"

    def cleanup(self):
        self.parameters.disconnectGui(self.binding)
