"""Module 1 of the extension, as Slicer sees it."""

from pathlib import Path
from typing import Any

import slicer
from slicer.i18n import tr as _
from slicer.i18n import translate
from slicer.ScriptedLoadableModule import (
    ScriptedLoadableModule,
    ScriptedLoadableModuleLogic,
    ScriptedLoadableModuleWidget,
)
from slicer.util import VTKObservationMixin


class SpineDigitalTwin(ScriptedLoadableModule):
    """Who and what the module is; puts the sample spines on Slicer's list once the application has started."""

    def __init__(self, parent: Any) -> None:
        ScriptedLoadableModule.__init__(self, parent)
        parent.title = _("Spine Digital Twin")
        parent.categories = [translate("qSlicerAbstractCoreModule", "Quantification")]
        parent.dependencies = ["SpinePOI"]
        parent.contributors = ["SpineDigitalTwin contributors"]
        parent.helpText = _(
            "From an image of a spine to a digital twin: choose an image and segment it in the background (or choose the two "
            "label maps that another program has made, or a sample spine, which is "
            "computed on this machine), look at them as named and coded segments in slices and in 3D, correct the levels, "
            "compute points of interest, measure curves and vertebrae, and write the label maps. Work through the sections "
            "from the top."
        )
        parent.acknowledgementText = _(
            "The points of interest follow Graf et al., Rule-based Key-Point Extraction for MR-Guided Biomechanical "
            "Digital Twins of the Spine."
        )
        slicer.app.connect("startupCompleted()", registerSamples)


def registerSamples() -> None:
    """Put the sample spines on the list of the Sample Data module."""
    from SpineDigitalTwinLib.data import sampledata

    sampledata.register(Path(__file__).parent / "Resources" / "Icons")


class SpineDigitalTwinLogic(ScriptedLoadableModuleLogic):
    """The parameters of the scene; everything else the module can do is in SpineDigitalTwinLib."""

    def getParameterNode(self) -> Any:
        """Return the typed parameters of the scene."""
        from SpineDigitalTwinLib.parameters import SpineDigitalTwinParameters

        return SpineDigitalTwinParameters(super().getParameterNode())


class SpineDigitalTwinWidget(ScriptedLoadableModuleWidget, VTKObservationMixin):
    """Loads the panel and tells it when the scene changes and when all ends."""

    def __init__(self, parent: Any = None) -> None:
        ScriptedLoadableModuleWidget.__init__(self, parent)
        VTKObservationMixin.__init__(self)
        self.logic: SpineDigitalTwinLogic | None = None
        self.panel: Any = None
        self._parameters: Any = None
        self._binding: Any = None

    def setup(self) -> None:
        """Build the panel."""
        from SpineDigitalTwinLib.panel import Panel
        from SpineDigitalTwinLib.running.process import WorkerProcess

        ScriptedLoadableModuleWidget.setup(self)
        root = slicer.util.loadUI(self.resourcePath("UI/SpineDigitalTwin.ui"))
        self.layout.addWidget(root)
        self.ui = slicer.util.childWidgetVariables(root)
        root.setMRMLScene(slicer.mrmlScene)
        self.logic = SpineDigitalTwinLogic()
        self._bind()
        self.panel = Panel(self.ui, lambda: self._parameters, WorkerProcess, Path(self.resourcePath("Icons")))
        scene = slicer.mrmlScene
        self.addObserver(scene, scene.StartCloseEvent, self.onSceneClosing)
        self.addObserver(scene, scene.EndCloseEvent, self.onSceneChanged)
        self.addObserver(scene, scene.EndImportEvent, self.onSceneChanged)

    def enter(self) -> None:
        """Follow the scene each time the module is opened."""
        self.onSceneChanged()

    def cleanup(self) -> None:
        """End all, when the application ends and when the module is reloaded."""
        self.removeObservers()
        self.panel.close()
        self._unbind()

    def onSceneClosing(self, *_arguments: object) -> None:
        """Nothing that runs may come into the next scene."""
        self.panel.forget()
        self._unbind()

    def onSceneChanged(self, *_arguments: object) -> None:
        """Another scene has other parameters."""
        self._bind()
        self.panel.follow()

    def _bind(self) -> None:
        self._unbind()
        self._parameters = self.logic.getParameterNode()
        self._binding = self._parameters.connectGui(self.ui)

    def _unbind(self) -> None:
        if self._parameters is not None and self._binding is not None:
            self._parameters.disconnectGui(self._binding)
            self._binding = None
