"""What the parts of the panel share: the edits, the bone surfaces, and what is chosen. Knows no Qt."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from enum import StrEnum
from typing import TYPE_CHECKING

from . import display, navigation, pointnodes
from .edits import Edits
from .surfaces import BoneSurfaces

if TYPE_CHECKING:
    from spinetwin.geometry import Frame
    from spinetwin.poi import PoiSet
    from spinetwin.poi.model import Position


class Change(StrEnum):
    """What a listener is told about."""

    POINTS = "points"
    """Points of any level: moved, computed, loaded, gone."""
    LEVEL = "level"
    """Another level was chosen."""
    SELECTION = "selection"
    """Other points of it were chosen."""
    REVIEW = "review"
    """A verdict was given or taken back."""


Listener = Callable[[Change], None]


class Session:
    """The state of one panel.

    Attributes
    ----------
    edits : Edits
    surfaces : BoneSurfaces
    level : int or None
        The chosen level: its points can be moved.
    selection : tuple of int
        The chosen points of it.
    tilted : bool
        Whether slice views turn with the vertebra.
    """

    def __init__(self) -> None:
        self.surfaces = BoneSurfaces()
        self.level: int | None = None
        self.selection: tuple[int, ...] = ()
        self.tilted = True
        self._listeners: list[Listener] = []
        self.edits = Edits(self._onPoints)

    def close(self) -> None:
        """Stop watching the scene."""
        self._listeners.clear()
        self.edits.close()

    def listen(self, listener: Listener) -> None:
        """Call a function after each change, until `close`."""
        self._listeners.append(listener)

    def tell(self, change: Change) -> None:
        """Say that something has changed."""
        for listener in tuple(self._listeners):
            listener(change)

    def choose(self, level: int | None) -> None:
        """Choose a level: only its points can be moved from now on, and the views go to it."""
        if level not in self.edits.levels:
            level = None
        self.level, self.selection = level, ()
        display.activate(level)
        if level is not None:
            self.goToLevel()
        self.tell(Change.LEVEL)

    def step(self, by: int) -> None:
        """Choose the next level below (1) or above (-1); at an end nothing happens."""
        levels = self.edits.levels
        if not levels:
            return
        here = levels.index(self.level) if self.level in levels else -1 if by > 0 else len(levels)
        self.choose(levels[min(max(here + by, 0), len(levels) - 1)])

    def select(self, points: Iterable[int], *, jump: bool = True) -> None:
        """Choose points of the level, and bring the first of them into the middle of the views."""
        self.selection = tuple(each for each in points if each in self.points())
        position = self.positionOf(self.selection[0]) if self.selection else None
        if jump and position is not None:
            navigation.jumpToPoint(position)
        self.tell(Change.SELECTION)

    def goToLevel(self) -> None:
        """Bring the views to the chosen level, turned with it or along the scanner's axes."""
        frame = self.frame()
        if frame is None:
            return
        if self.tilted:
            navigation.jumpToVertebra(frame)
        else:
            navigation.jumpToPoint(frame.origin)

    def tilt(self, tilted: bool) -> None:
        """Turn the slice views with the vertebra from now on, or back to the scanner's axes."""
        self.tilted = tilted
        if not tilted:
            navigation.backToScanner()
        elif self.frame() is not None:
            position = self.positionOf(self.selection[0]) if self.selection else None
            navigation.jumpToVertebra(self.frame(), position)

    def keepOnSurface(self, keep: bool) -> None:
        """Hold points that are moved on the bone from now on, or no more."""
        self.edits.constrain = self.surfaces.nearest if keep else None
        display.snapToSurface(keep)

    def points(self) -> dict:
        """Return the points of the chosen level by id."""
        return dict(self.edits.points(self.level)) if self.level is not None else {}

    def pois(self) -> PoiSet:
        """Return the points of all levels as they are now, with the axes of the vertebrae; nothing is read anew."""
        from spinetwin.poi import PoiSet

        frames = {level: frame for level, node in pointnodes.nodes().items() if (frame := pointnodes.frameOf(node)) is not None}
        return PoiSet.of((poi for level in self.edits.levels for poi in self.edits.points(level).values()), frames)

    def frame(self) -> Frame | None:
        """Return the axes of the chosen level."""
        node = pointnodes.nodes().get(self.level) if self.level is not None else None
        return pointnodes.frameOf(node) if node is not None else None

    def positionOf(self, point: int) -> Position | None:
        """Return where a point of the chosen level is."""
        poi = self.points().get(point)
        return None if poi is None else poi.position

    def replace(self, pois: PoiSet, *, computed: PoiSet | None = None, only: bool = False) -> None:
        """Show points that were computed or loaded; nothing of their levels can be undone.

        Parameters
        ----------
        pois, computed : PoiSet
            As for `pointnodes.show`.
        only : bool
            Whether levels that `pois` do not have leave the scene.
        """
        with self.edits.ownWork():
            if only:
                pointnodes.remove([level for level in pointnodes.nodes() if level not in pois.levels])
            pointnodes.show(pois, computed=computed)
            self.edits.forget(pois.levels)
        display.activate(self.level)

    def _onPoints(self, _level: int) -> None:
        if self.level is not None and self.level not in self.edits.levels:
            self.level, self.selection = None, ()
            self.tell(Change.LEVEL)
        self.tell(Change.POINTS)
