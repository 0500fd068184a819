"""Section Label maps: segments of the two maps, which of them are seen, and how."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from types import SimpleNamespace
from typing import TYPE_CHECKING

import slicer
from slicer.i18n import tr as _
from slicer.util import VTKObservationMixin
from spinetwin.errors import SpineTwinError

from ..messages import FAILED, Message
from ..parameters import Colouring
from ..running.steps import StepRunner
from . import inputs, painting, segments, surfaces, visibility

if TYPE_CHECKING:
    from spinetwin.geometry import LabelMaps

    from ..parameters import SpineDigitalTwinParameters


class LabelPanel(VTKObservationMixin):
    """Shows the label maps in slices and in 3D.

    Parameters
    ----------
    ui : namespace of widgets
    parameters : callable
        Returns the parameters of the scene as it is now.
    problem : callable
        Says what is missing before maps can be shown; "" when nothing is.
    takeOver : callable
        Writes what was painted on the segments into the maps; returns the names of segments that were left out.
    """

    def __init__(
        self,
        ui: SimpleNamespace,
        parameters: Callable[[], SpineDigitalTwinParameters],
        problem: Callable[[], str],
        takeOver: Callable[[], tuple[str, ...]],
    ) -> None:
        VTKObservationMixin.__init__(self)
        self._ui, self._parameters, self._problem, self._takeOver = ui, parameters, problem, takeOver
        self._watched: slicer.vtkMRMLSegmentationNode | None = None
        self._message = Message(ui.labelMapsMessage)
        self._steps = StepRunner(self._onFraction, self._onSurfaces)
        self._building = False
        self._shown: tuple[object, ...] = ()
        self._presets = {
            "all": ui.showAllButton,
            "bodies": ui.showBodiesButton,
            "posterior": ui.showPosteriorButton,
            "discs": ui.showDiscsButton,
        }
        for preset, button in self._presets.items():
            button.connect("clicked()", lambda preset=preset: self._choosePreset(preset))
        ui.showButton.connect("clicked()", self.show)
        ui.takeOverButton.connect("clicked()", self.takeOver)
        ui.levelBox.connect("currentIndexChanged(int)", self._chooseLevel)
        ui.levelUpButton.connect("clicked()", lambda: self._step(-1))
        ui.levelDownButton.connect("clicked()", lambda: self._step(1))
        ui.correctionsLabel.styleSheet = FAILED
        ui.surfacesBar.setVisible(False)

    # --- segments -----------------------------------------------------------------------------------------------------

    def show(self) -> None:
        """Make the segments of the chosen maps, and then their surfaces little by little."""
        parameters = self._parameters()
        self._message.clear()
        try:
            maps = inputs.labelMaps(parameters.subregions, parameters.vertebrae)
        except SpineTwinError as error:
            self._message.fail(error)
            return
        self._building = True
        self._ui.surfacesBar.setVisible(True)
        self._steps.start(self._making(maps, self._name()))

    def _making(self, maps: LabelMaps, name: str) -> Iterator[float]:
        parameters = self._parameters()
        node = yield from segments.showing(maps, name, parameters.segmentation)
        yield 0.0
        self._building = False
        parameters.level = ""
        parameters.segmentation = node
        visibility.layInSlices(parameters.image, parameters.vertebrae)
        self._shown = ()
        self.refresh()
        yield 0.0
        yield from surfaces.make(node)

    def _name(self) -> str:
        return _("{name}, segments").format(name=self._parameters().vertebrae.GetName().split(",")[0])

    def makeSurfaces(self) -> None:
        """Make the surfaces that are missing; what is seen in 3D grows meanwhile."""
        segmentation = self._parameters().segmentation
        if self._building:
            # the segments that are being made are those of maps that have changed since
            self.show()
        elif segmentation is not None:
            self._shown = ()
            self.refresh()
            self._ui.surfacesBar.setVisible(True)
            self._steps.start(surfaces.make(segmentation))

    def _onFraction(self, fraction: float) -> None:
        self._ui.surfacesBar.value = round(100 * fraction)

    def _onSurfaces(self) -> None:
        self._ui.surfacesBar.setVisible(False)
        if slicer.app.layoutManager() is not None:
            slicer.util.resetThreeDViews()

    @property
    def busy(self) -> bool:
        """Whether surfaces are still being made."""
        return self._steps.busy

    # --- what a person paints -----------------------------------------------------------------------------------------

    def _watch(self, node: slicer.vtkMRMLSegmentationNode | None) -> None:
        """Notice when voxels of the segments that are shown change, here or in another module."""
        if node is self._watched:
            return
        event = slicer.vtkSegmentation.SourceRepresentationModified
        if self._watched is not None:
            self.removeObserver(self._watched, event, self._onPainted)
        if node is not None:
            self.addObserver(node, event, self._onPainted)
        self._watched = node

    def _onPainted(self, node: slicer.vtkMRMLSegmentationNode, _event: object) -> None:
        if not painting.isCorrected(node):
            painting.mark(node, True)
            self._showCorrections()

    def _showCorrections(self) -> None:
        """Say whether there are corrections to take over, and what showing the maps again would do to them."""
        segmentation, problem = self._parameters().segmentation, self._problem()
        corrected = painting.isCorrected(segmentation)
        self._ui.correctionsFrame.setVisible(corrected)
        self._ui.takeOverButton.enabled = not problem and not self.busy
        if segmentation is None:
            text = _("Show label maps in slices and in 3D")
        else:
            text = _("Show label maps again, without the corrections") if corrected else _("Show label maps again")
        self._ui.showButton.text = problem or text

    def takeOver(self) -> None:
        """Write what was painted into the maps; what is not possible becomes a sentence."""
        self._message.clear()
        try:
            leftOut = self._takeOver()
        except SpineTwinError as error:
            self._message.fail(error)
            return
        text = _("The corrections are in the label maps; section Levels can undo that.")
        if leftOut:
            text += " " + _("Left out, as they stand for no part of a vertebra: {names}.").format(names=", ".join(leftOut))
        self._message.say(text)
        self._showCorrections()

    # --- what is seen -------------------------------------------------------------------------------------------------

    def refresh(self) -> None:
        """Show the state of the parameters, in the widgets and in the views."""
        parameters, problem = self._parameters(), self._problem()
        if problem and self._building:
            self.forget()
        self._ui.showButton.enabled = not problem
        self._watch(parameters.segmentation)
        self._showCorrections()
        self._ui.lookFrame.enabled = parameters.segmentation is not None
        for preset, button in self._presets.items():
            button.checked = preset == parameters.preset
        self._fillLevels(parameters)
        if parameters.segmentation is not None:
            self._look(parameters)

    def _fillLevels(self, parameters: SpineDigitalTwinParameters) -> None:
        from spinetwin.anatomy import level

        box, found = self._ui.levelBox, segments.levels(parameters.segmentation) if parameters.segmentation else []
        texts = [_("All levels"), *(level(each).name for each in found)]
        blocked = box.blockSignals(True)
        if [box.itemText(index) for index in range(box.count)] != texts:
            box.clear()
            box.addItems(texts)
        box.currentIndex = texts.index(parameters.level) if parameters.level in texts else 0
        box.blockSignals(blocked)

    def _look(self, parameters: SpineDigitalTwinParameters) -> None:
        """Change only what is not shown yet: visibility of two hundred segments is not for nothing."""
        from spinetwin.anatomy import level

        node = parameters.segmentation
        byLevel = parameters.colouring is Colouring.LEVEL
        wanted = (node.GetID(), parameters.preset, parameters.level, byLevel)
        if wanted != self._shown:
            if (node.GetAttribute(segments.BY_LEVEL) == "1") != byLevel:
                segments.colourByLevel(node, byLevel)
            visibility.show(node, parameters.preset, level(parameters.level).id if parameters.level else None)
            self._shown = wanted
        visibility.set2D(node, fill=parameters.filled, opacity=parameters.opacity)
        visibility.set3D(node, parameters.shown3D)

    def _choosePreset(self, preset: str) -> None:
        self._parameters().preset = preset
        self.refresh()

    def _chooseLevel(self, index: int) -> None:
        self._parameters().level = self._ui.levelBox.itemText(index) if index > 0 else ""
        self.refresh()

    def _step(self, direction: int) -> None:
        count = self._ui.levelBox.count
        if count:
            self._chooseLevel((self._ui.levelBox.currentIndex + direction) % count)

    def forget(self) -> None:
        """Stop, for a scene that is closed."""
        self._watch(None)
        self._building = False
        self._steps.stop()
        self._shown = ()
        self._ui.surfacesBar.setVisible(False)
        self._message.clear()
