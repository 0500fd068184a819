"""Module 1 of the extension, as Slicer sees it."""

from pathlib import Path
from typing import Any

import slicer
from slicer.i18n import tr as _
from slicer.i18n import translate
from slicer.ScriptedLoadableModule import ScriptedLoadableModule


class SpineDigitalTwin(ScriptedLoadableModule):
    """Who and what the module is; puts the sample spines on Slicer's list once the application has started."""

    def __init__(self, parent: Any) -> None:
        ScriptedLoadableModule.__init__(self, parent)
        parent.title = _("Spine Digital Twin")
        parent.categories = [translate("qSlicerAbstractCoreModule", "Quantification")]
        parent.dependencies = []
        parent.hidden = True  # there is no panel yet
        parent.contributors = ["SpineDigitalTwin contributors"]
        parent.helpText = _(
            "Sample spines for teaching and testing: see the category Spine Digital Twin of the Sample Data module. "
            "They are computed on this machine; nothing is downloaded."
        )
        parent.acknowledgementText = _(
            "The points of interest follow Graf et al., Rule-based Key-Point Extraction for MR-Guided Biomechanical "
            "Digital Twins of the Spine."
        )
        slicer.app.connect("startupCompleted()", registerSamples)


def registerSamples() -> None:
    """Put the sample spines on the list of the Sample Data module."""
    from SpineDigitalTwinLib import sampledata

    sampledata.register(Path(__file__).parent / "Resources" / "Icons")
