"""Section Levels: names of vertebrae that are wrong, pieces that belong together, one label that holds two."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import qt
from slicer.i18n import tr as _
from spinetwin.errors import ParameterError, SpineTwinError

from ..maps import segments, survey, verified
from ..maps.parts import groupOf, levelOf
from ..messages import FAILED, Message
from ..parameters import CountFrom
from ..running.steps import StepRunner
from . import editing

if TYPE_CHECKING:
    from ..parameters import SpineDigitalTwinParameters
    from .editing import LevelEditor


class LevelPanel:
    """Corrects levels.

    Parameters
    ----------
    ui : namespace of widgets
    parameters : callable
        Returns the parameters of the scene as it is now.
    problem : callable
        Says what is missing before there are levels; "" when nothing is.
    changed : callable
        Called when voxels have changed, so that surfaces are missing.
    """

    def __init__(
        self,
        ui: SimpleNamespace,
        parameters: Callable[[], SpineDigitalTwinParameters],
        problem: Callable[[], str],
        changed: Callable[[], None],
    ) -> None:
        self._ui, self._parameters, self._problem, self._changed = ui, parameters, problem, changed
        self._message = Message(ui.levelsMessage)
        self._editor: LevelEditor | None = None
        self._steps = StepRunner(lambda _fraction: None, self._onDone)
        self._looking = StepRunner(lambda _fraction: None, self._onLooked)
        self._survey: survey.Survey | None = None
        self._wanted: tuple[object, object] = (None, None)
        self._levels: list[int] = []
        self._filled: object = None
        ui.levelTable.connect("itemSelectionChanged()", self._onSelection)
        for button, action in (
            (ui.renameButton, self._rename),
            (ui.shiftUpButton, lambda: self._shift(-1)),
            (ui.shiftDownButton, lambda: self._shift(1)),
            (ui.recountButton, self._recount),
            (ui.mergeButton, self._merge),
            (ui.splitButton, self._split),
            (ui.undoButton, lambda: self._do(self._editor.undo)),
            (ui.redoButton, lambda: self._do(self._editor.redo)),
            (ui.confirmButton, self._confirm),
        ):
            button.connect("clicked()", action)
        ui.unverifiedLabel.styleSheet = FAILED

    def takeOver(self) -> tuple[str, ...]:
        """Write what was painted on the segments into the maps; as `LevelEditor.takeOver`.

        Raises
        ------
        SpineTwinError
            If that is not possible.
        """
        self._looking.finish()
        if self._editor is None:
            return ()
        self._message.clear()
        self._steps.finish()
        leftOut = self._editor.takeOver()
        if not self._steps.busy:
            self._onDone()
        return leftOut

    # --- the table ----------------------------------------------------------------------------------------------------

    def refresh(self) -> None:
        """Show the levels of the map; where no maps are chosen, the section says what is missing."""
        parameters, problem = self._parameters(), self._problem()
        self._ui.levelsHint.text = problem
        self._ui.levelsHint.setVisible(bool(problem))
        self._ui.levelsFrame.enabled = not problem
        self._ui.unverifiedFrame.setVisible(not problem and verified.isOpen(parameters.vertebrae))
        if problem:
            self._letGo()
            self._editor, self._levels, self._filled = None, [], None
            self._ui.levelTable.setRowCount(0)
            return
        self._follow(parameters)
        if self._editor is not None and not self.busy:
            self._fill()

    @property
    def busy(self) -> bool:
        """Whether the maps are being looked at, or a correction is still on its way into the scene."""
        return self._steps.busy or self._looking.busy

    def _follow(self, parameters: SpineDigitalTwinParameters) -> None:
        """Keep the history as long as the maps are the same nodes."""
        nodes = (parameters.subregions, parameters.vertebrae)
        editor = self._editor
        if editor is not None and (editor.subregions, editor.vertebrae) != nodes:
            self._letGo()
            self._editor = editor = None
        if editor is not None:
            editor.segmentation = parameters.segmentation
        if editor is None or (editor.isOutdated and not self._steps.busy):
            self._lookAt(nodes)

    def _lookAt(self, nodes: tuple[Any, Any]) -> None:
        """Look at all voxels of the maps, in steps, unless that goes on."""
        wanted = (nodes, survey.timesOf(*nodes))
        if not self._looking.busy or self._wanted != wanted:
            self._wanted = wanted
            self._looking.start(self._surveying(nodes))

    def _surveying(self, nodes: tuple[Any, Any]) -> Iterator[float]:
        try:
            self._survey = yield from survey.surveying(*nodes)
        except SpineTwinError as error:
            self._survey = None
            self._message.fail(error)

    def _onLooked(self) -> None:
        parameters = self._parameters()
        nodes = (parameters.subregions, parameters.vertebrae)
        if self._survey is None or nodes != self._wanted[0]:
            return
        if self._editor is None:
            self._editor = editing.LevelEditor(*nodes, run=self._steps.start, seen=self._survey)
            self._message.clear()
            self._filled = None
            self._showNumbers()
        else:
            self._editor.note(self._survey)
        self._editor.segmentation = parameters.segmentation
        if not self._steps.busy:
            self._fill()

    def _letGo(self) -> None:
        """End a correction that is on its way before other maps are looked at, as long as its own are there."""
        self._looking.stop()
        editor = self._editor
        nodes = () if editor is None else (editor.subregions, editor.vertebrae)
        if all(node.GetScene() is not None and node.GetImageData() is not None for node in nodes):
            self._steps.finish()
        else:
            self._steps.stop()

    def _showNumbers(self) -> None:
        parameters, chain = self._parameters(), self._editor.chain
        parameters.thoracic, parameters.lumbar = chain.thoracic, chain.lumbar

    def _fill(self) -> None:
        from spinetwin.anatomy import level

        found = self._editor.levels()
        state = (found, self._editor.segmentation and self._editor.segmentation.GetSegmentation().GetMTime())
        if state != self._filled:
            self._filled, self._levels = state, found
            chosen = self._ui.levelTable.currentRow()
            self._ui.levelTable.setRowCount(len(found))
            groups = self._groups()
            for row, each in enumerate(found):
                texts = level(each).name, _REGIONS[level(each).region], _partsText(groups.get(each, []))
                for column, text in enumerate(texts):
                    self._ui.levelTable.setItem(row, column, qt.QTableWidgetItem(text))
            self._ui.levelTable.setCurrentCell(min(max(chosen, 0), len(found) - 1), 0)
            self._fillNames()
        self._ui.undoButton.enabled = bool(self._editor.undoName)
        self._ui.undoButton.text = _("Undo: {name}").format(name=self._editor.undoName) if self._editor.undoName else _("Undo")
        self._ui.redoButton.enabled = bool(self._editor.redoName)
        self._ui.redoButton.text = _("Redo: {name}").format(name=self._editor.redoName) if self._editor.redoName else _("Redo")

    def _groups(self) -> dict[int, list[str]]:
        """Return the groups of the parts that the segmentation has of each level."""
        node, groups = self._editor.segmentation, {}
        for part in segments.parts(node).values() if node is not None else ():
            found = levelOf(part.vertebra)
            if found is not None:
                groups.setdefault(found.id, []).append(groupOf(part))
        return groups

    def _fillNames(self) -> None:
        names = [each.name for each in self._editor.chain.levels]
        self._ui.newNameBox.clear()
        self._ui.newNameBox.addItems(names)
        self._describe()

    def chosen(self) -> int | None:
        """Return the level of the row that is selected."""
        row = self._ui.levelTable.currentRow()
        return self._levels[row] if 0 <= row < len(self._levels) else None

    def _onSelection(self) -> None:
        self._describe()
        chosen = self.chosen()
        if chosen is not None and self._editor is not None:
            editing.jumpTo(self._editor.vertebrae, chosen, self._editor.block())

    def _describe(self) -> None:
        """Say on the buttons what they do with the level that is chosen."""
        from spinetwin.anatomy import level

        chosen = self.chosen()
        if chosen is None:
            return
        name, below = level(chosen).name, self._levels[self._levels.index(chosen) + 1 :]
        self._ui.newNameBox.currentIndex = self._ui.newNameBox.findText(name)
        self._ui.selectedLabel.text = _("{name} is really").format(name=name)
        self._ui.mergeButton.text = (
            _("Merge {name} and {below}").format(name=name, below=level(below[0]).name) if below else _("Merge with the next")
        )
        self._ui.splitButton.text = _("Split {name} at the axial slice").format(name=name)

    # --- corrections --------------------------------------------------------------------------------------------------

    def _confirm(self) -> None:
        verified.confirm(self._parameters().vertebrae)
        self.refresh()

    def _rename(self) -> None:
        from spinetwin.anatomy import level

        chosen = self.chosen()
        if chosen is not None:
            new = level(self._ui.newNameBox.currentText).id
            self._do(lambda: self._editor.rename(chosen, new))

    def _shift(self, steps: int) -> None:
        self._do(lambda: self._editor.shift(steps))

    def _recount(self) -> None:
        from spinetwin.segmentation.chain import Chain

        parameters = self._parameters()
        fromSacrum = parameters.countFrom is CountFrom.SACRUM
        self._do(lambda: self._editor.recount(Chain(parameters.thoracic, parameters.lumbar), fromSacrum=fromSacrum))

    def _merge(self) -> None:
        chosen = self.chosen()
        if chosen is not None:
            self._do(lambda: self._editor.merge(chosen))

    def _split(self) -> None:
        chosen, plane = self.chosen(), editing.cuttingPlane()
        if chosen is None:
            return
        if plane is None:
            self._message.fail(ParameterError("There is no axial slice view.", "Choose a layout with slice views."))
            return
        self._do(lambda: self._editor.split(chosen, plane))

    def _do(self, action: Callable[[], None]) -> None:
        """Correct, and show it; what is not possible becomes a sentence."""
        self._looking.finish()
        if self._editor is None:
            return
        self._message.clear()
        self._steps.finish()
        try:
            action()
        except SpineTwinError as error:
            self._message.fail(error)
            return
        if not self._steps.busy:
            self._onDone()

    def _onDone(self) -> None:
        self._showNumbers()
        self._fill()
        self._changed()

    def forget(self) -> None:
        """Forget the maps and the history, for a scene that is closed."""
        self._steps.stop()
        self._looking.stop()
        self._editor, self._levels, self._filled = None, [], None
        self._ui.levelTable.setRowCount(0)
        self._message.clear()


def _partsText(groups: list[str]) -> str:
    """Say what the segmentation has of a level."""
    texts = {
        _("body"): "body" in groups,
        _("sacrum"): "sacrum" in groups,
        _("{count} posterior").format(count=groups.count("posterior")): "posterior" in groups,
        _("disc below"): "disc" in groups,
    }
    return ", ".join(text for text, isThere in texts.items() if isThere)


_REGIONS = {
    "cervical": _("cervical"),
    "thoracic": _("thoracic"),
    "lumbar": _("lumbar"),
    "sacral": _("sacral"),
    "coccygeal": _("coccygeal"),
}
