"""Module 2 of the extension, as Slicer sees it."""

from typing import Any

from slicer.i18n import tr as _
from slicer.i18n import translate
from slicer.ScriptedLoadableModule import ScriptedLoadableModule


class SpinePOI(ScriptedLoadableModule):
    """Who and what the module is."""

    def __init__(self, parent: Any) -> None:
        ScriptedLoadableModule.__init__(self, parent)
        parent.title = _("Spine POI")
        parent.categories = [translate("qSlicerAbstractCoreModule", "Quantification")]
        parent.dependencies = []
        parent.hidden = True  # there is no panel yet
        parent.contributors = ["SpineDigitalTwin contributors"]
        parent.helpText = _(
            "Compute anatomical points of interest of a segmented spine, look at them in slices and in 3D, "
            "correct them by hand, compare two readers, and save them for a multibody simulation."
        )
        parent.acknowledgementText = _(
            "The points of interest follow Graf et al., Rule-based Key-Point Extraction for MR-Guided Biomechanical "
            "Digital Twins of the Spine."
        )
