"""Every edit of a point, whoever makes it: noticed, remembered, undone and redone, without Slicer's undo of the whole scene.

A mouse drag, a nudge, a typed coordinate in the Markups module: all end as one `Edit` that holds the points of a level before
and after. The nodes remain the only place where points live; what is kept here is how they were last known to be.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

import slicer
from slicer.i18n import tr as _
from slicer.util import VTKObservationMixin

from . import pointnodes

if TYPE_CHECKING:
    from collections.abc import Iterator

    from spinetwin.poi import Poi
    from spinetwin.poi.model import Position

Changed = Callable[[int], None]
Constraint = Callable[[int, "Position"], "Position"]

_MOST_EDITS = 1000


@dataclass(frozen=True)
class Edit:
    """One thing that a person did.

    Attributes
    ----------
    text : str
        What it was, for the buttons undo and redo.
    level : int
        Level id.
    before, after : tuple of Poi
        The points that it changed, in the same order.
    """

    text: str
    level: int
    before: tuple[Poi, ...]
    after: tuple[Poi, ...]


class Edits(VTKObservationMixin):
    """The edits of the points in the scene.

    Attributes
    ----------
    constrain : callable or None
        Given a level and a position, RAS mm, returns where a moved point may lie; None lets it lie anywhere.
    """

    def __init__(self, changed: Changed | None = None, constrain: Constraint | None = None) -> None:
        """Begin to watch the scene; `changed` is called with a level whenever its points or its node have changed."""
        VTKObservationMixin.__init__(self)
        self.constrain = constrain
        self._changed = changed or (lambda _level: None)
        self._done: list[Edit] = []
        self._undone: list[Edit] = []
        self._nodes: dict[int, slicer.vtkMRMLMarkupsFiducialNode] = {}
        self._known: dict[int, dict[int, Poi]] = {}
        self._named: list[slicer.vtkMRMLMarkupsFiducialNode] = []
        self._dragged: str | None = None
        self._ownWork = 0
        self._count = 0
        scene = slicer.mrmlScene
        changes = scene.NodeAddedEvent, scene.NodeRemovedEvent
        ends = scene.EndCloseEvent, scene.EndImportEvent, scene.EndBatchProcessEvent
        for event in (*changes, *ends):
            self.addObserver(scene, event, self._onScene)
        self.refresh()

    def close(self) -> None:
        """Stop watching."""
        self.removeObservers()
        self._nodes.clear()
        self._named.clear()

    # --- what was done ------------------------------------------------------------------------------------------------

    @property
    def count(self) -> int:
        """How many edits, undos and redos there were; whoever saves remembers it to know what is unsaved."""
        return self._count

    @property
    def undoText(self) -> str:
        """What `undo` would take back; "" when there is nothing."""
        return self._done[-1].text if self._done else ""

    @property
    def redoText(self) -> str:
        """What `redo` would do again; "" when there is nothing."""
        return self._undone[-1].text if self._undone else ""

    def undo(self) -> Edit | None:
        """Take the last edit back, exactly, and return it."""
        return self._step(self._done, self._undone, lambda edit: edit.before)

    def redo(self) -> Edit | None:
        """Do again what was taken back last, and return it."""
        return self._step(self._undone, self._done, lambda edit: edit.after)

    def forget(self, levels: Collection[int] | None = None) -> None:
        """Take the points of some levels, or of all, as they are now; what was done to them cannot be undone any more."""
        fresh = self.refresh()
        for level in [level for level in self._nodes if level not in fresh]:
            if levels is None or level in levels:
                self._dropEdits(level)
                self._learn(level)
                self._changed(level)

    @contextmanager
    def ownWork(self) -> Iterator[None]:
        """Take no notice of what happens to the nodes meanwhile, but look which there are afterwards; nests."""
        self._ownWork += 1
        try:
            yield
        finally:
            self._ownWork -= 1
        if not self._ownWork:
            self.refresh()

    def perform(self, text: str, level: int, wanted: Iterable[Poi]) -> Edit | None:
        """Put points of one level where and how they are wanted, as one edit; None when nothing would change."""
        if level not in self._nodes:
            return None
        known = self._known[level]
        after = tuple(poi for poi in wanted if poi.id in known and poi != known[poi.id])
        if not after:
            return None
        edit = Edit(text, level, tuple(known[poi.id] for poi in after), after)
        self._write(level, after)
        self._remember(edit)
        return edit

    @property
    def levels(self) -> tuple[int, ...]:
        """The levels that have a node, from the top."""
        from spinetwin.anatomy import level as levelOf

        return tuple(sorted(self._nodes, key=lambda level: levelOf(level).order))

    def points(self, level: int) -> Mapping[int, Poi]:
        """Return the points of a level by id, as last known; empty when the level has no node."""
        return self._known.get(level, {})

    def _step(self, source: list[Edit], target: list[Edit], side: Callable[[Edit], tuple[Poi, ...]]) -> Edit | None:
        if not source:
            return None
        edit = source.pop()
        target.append(edit)
        self._write(edit.level, side(edit))
        self._count += 1
        self._changed(edit.level)
        return edit

    def _remember(self, edit: Edit) -> None:
        self._done.append(edit)
        del self._done[:-_MOST_EDITS]
        self._undone.clear()
        self._count += 1
        self._changed(edit.level)

    def _write(self, level: int, pois: Collection[Poi]) -> None:
        self._ownWork += 1
        try:
            pointnodes.write(self._nodes[level], pois)
        finally:
            self._ownWork -= 1
        self._known[level].update({poi.id: poi for poi in pois})

    # --- what happens to the scene ------------------------------------------------------------------------------------

    def refresh(self) -> list[int]:
        """Look which nodes there are, and return the levels that are new.

        Edits of a level whose node has gone or was replaced cannot be undone any more.
        """
        here = {} if slicer.mrmlScene.IsClosing() else pointnodes.nodes()
        self._followNames()
        stale = [level for level, node in self._nodes.items() if here.get(level) is not node]
        for level in stale:
            self._unwatch(level)
        fresh = [level for level in here if level not in self._nodes]
        for level in fresh:
            self._watch(level, here[level])
        for level in dict.fromkeys([*stale, *fresh]):
            self._changed(level)
        return fresh

    def _followNames(self) -> None:
        """Watch the names of our nodes, of those too that were put aside: they may come back."""
        ours = [] if slicer.mrmlScene.IsClosing() else pointnodes.candidates()
        for node in [each for each in self._named if each not in ours]:
            self.removeObserver(node, "ModifiedEvent", self._onNode)
        for node in [each for each in ours if each not in self._named]:
            self.addObserver(node, "ModifiedEvent", self._onNode)
        self._named = ours

    def _onScene(self, _caller: object, _event: object) -> None:
        scene = slicer.mrmlScene
        if not (self._ownWork or scene.IsImporting() or scene.IsBatchProcessing()):
            self.refresh()

    def _watch(self, level: int, node: slicer.vtkMRMLMarkupsFiducialNode) -> None:
        self._nodes[level] = node
        self.addObserver(node, node.PointStartInteractionEvent, self._onStart)
        self.addObserver(node, node.PointEndInteractionEvent, self._onEnd)
        self.addObserver(node, node.PointModifiedEvent, self._onModified)
        self._learn(level)

    def _unwatch(self, level: int) -> None:
        node = self._nodes.pop(level)
        self.removeObserver(node, node.PointStartInteractionEvent, self._onStart)
        self.removeObserver(node, node.PointEndInteractionEvent, self._onEnd)
        self.removeObserver(node, node.PointModifiedEvent, self._onModified)
        del self._known[level]
        self._dropEdits(level)

    def _dropEdits(self, level: int) -> None:
        self._done = [edit for edit in self._done if edit.level != level]
        self._undone = [edit for edit in self._undone if edit.level != level]

    def _learn(self, level: int) -> None:
        self._known[level] = {poi.id: poi for poi in pointnodes.read(level, self._nodes[level])}

    # --- what a person does to a node ---------------------------------------------------------------------------------

    def _onStart(self, node: slicer.vtkMRMLMarkupsNode, _event: object) -> None:
        self._dragged = node.GetID()

    def _onEnd(self, node: slicer.vtkMRMLMarkupsNode, _event: object) -> None:
        self._dragged = None
        self._notice(node)

    def _onModified(self, node: slicer.vtkMRMLMarkupsNode, _event: object) -> None:
        if not self._ownWork and node.GetID() != self._dragged:
            self._notice(node)

    def _onNode(self, node: slicer.vtkMRMLMarkupsNode, _event: object) -> None:
        """Follow a vertebra that was given another name; nodes and levels are looked at anew."""
        if pointnodes.levelOf(node) != next((level for level, each in self._nodes.items() if each is node), None):
            self.refresh()

    def _notice(self, node: slicer.vtkMRMLMarkupsNode) -> None:
        """Make an edit of what differs from what was known."""
        level = next((level for level, each in self._nodes.items() if each is node), None)
        if level is None or self._ownWork:
            return
        known = self._known[level]
        moved = [poi for poi in pointnodes.read(level, node) if _elsewhere(poi, known.get(poi.id))]
        if not moved:
            return
        before = [known[poi.id] for poi in moved]
        placed = [self._placed(*pair) for pair in zip(before, moved, strict=True)]
        if self.perform(_describeMove(moved), level, placed) is None:
            self._write(level, before)  # held where it was: the node must say so too

    def _placed(self, before: Poi, found: Poi) -> Poi:
        """Return a point that a person moved: described as such, the computed position kept, constrained if asked for."""
        if found.position is None:
            return found
        position = self.constrain(found.level, found.position) if self.constrain else found.position
        return before.moved_to(position)


def _elsewhere(poi: Poi, known: Poi | None) -> bool:
    return known is not None and poi.position != known.position


def _describeMove(moved: list[Poi]) -> str:
    from spinetwin.anatomy import level as levelOf
    from spinetwin.io.markups import label_of

    what = label_of(moved[0].id) if len(moved) == 1 else _("{count} points").format(count=len(moved))
    return _("Move {what} of {level}").format(what=what, level=levelOf(moved[0].level).name)
