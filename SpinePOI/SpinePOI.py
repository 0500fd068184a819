"""Module 2 of the extension, as Slicer sees it."""

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


class SpinePOI(ScriptedLoadableModule):
    """Who and what the module is."""

    def __init__(self, parent: Any) -> None:
        ScriptedLoadableModule.__init__(self, parent)
        parent.title = _("Spine POI")
        parent.categories = [translate("qSlicerAbstractCoreModule", "Quantification")]
        parent.dependencies = []
        parent.contributors = ["SpineDigitalTwin contributors"]
        parent.helpText = _(
            "Compute anatomical points of interest of a segmented spine, look at them in slices and in 3D, "
            "correct them by hand, compare two readers, and save them for a multibody simulation."
        )
        parent.acknowledgementText = _(
            "The points of interest follow Graf et al., Rule-based Key-Point Extraction for MR-Guided Biomechanical "
            "Digital Twins of the Spine."
        )


class SpinePOILogic(ScriptedLoadableModuleLogic):
    """The parameters of the scene; everything else the module can do is in SpinePOILib."""

    def getParameterNode(self) -> Any:
        """Return the typed parameters of the scene."""
        from SpinePOILib.parameters import SpinePOIParameters

        return SpinePOIParameters(super().getParameterNode())


class SpinePOIWidget(ScriptedLoadableModuleWidget, VTKObservationMixin):
    """Loads the panel and tells it when it is shown, when the scene changes and when all ends."""

    def __init__(self, parent: Any = None) -> None:
        ScriptedLoadableModuleWidget.__init__(self, parent)
        VTKObservationMixin.__init__(self)
        self.logic: SpinePOILogic | None = None
        self.panel: Any = None
        self._parameters: Any = None
        self._binding: Any = None

    def setup(self) -> None:
        """Build the panel."""
        from SpineDigitalTwinLib.running.process import WorkerProcess
        from SpinePOILib.panel.main import Panel

        ScriptedLoadableModuleWidget.setup(self)
        root = slicer.util.loadUI(self.resourcePath("UI/SpinePOI.ui"))
        self.layout.addWidget(root)
        self.ui = slicer.util.childWidgetVariables(root)
        root.setMRMLScene(slicer.mrmlScene)
        self.logic = SpinePOILogic()
        self._bind()
        self.panel = Panel(self.ui, root, lambda: self._parameters, WorkerProcess, settingsFolder())
        scene = slicer.mrmlScene
        self.addObserver(scene, scene.EndCloseEvent, self.onSceneChanged)
        self.addObserver(scene, scene.EndImportEvent, self.onSceneChanged)

    def enter(self) -> None:
        """Follow the scene and take the keys; called each time the module is opened."""
        self.onSceneChanged()
        self.panel.enter()

    def exit(self) -> None:
        """Give the keys back; called each time another module is opened."""
        self.panel.leave()

    def cleanup(self) -> None:
        """Let go of everything; called when the application ends and when the module is reloaded."""
        self.removeObservers()
        self.panel.close()
        self._unbind()

    def onSceneChanged(self, *_arguments: object) -> None:
        """Another scene has other parameters."""
        self._bind()
        self.panel.followParameters()

    def _bind(self) -> None:
        self._unbind()
        self._parameters = self.logic.getParameterNode()
        self._binding = self._parameters.connectGui(self.ui)

    def _unbind(self) -> None:
        if self._parameters is not None:
            self._parameters.disconnectGui(self._binding)


def settingsFolder() -> Path:
    """Return the folder of the user's settings, where copies of unsaved edits are kept for scenes without a file."""
    return Path(slicer.app.slicerUserSettingsFilePath).parent / "SpinePOI"
