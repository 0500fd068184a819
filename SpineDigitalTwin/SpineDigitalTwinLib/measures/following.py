"""Following the points of the scene: once in a turn of the event loop, however many have moved."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import qt
import slicer

from .pointwatch import PointWatch

if TYPE_CHECKING:
    from ..parameters import SpineDigitalTwinParameters

_AGAIN_MS = 50
"""How long a scene that is being filled is left alone."""


class PointFollower:
    """Tells of changes of the points, but not of a scene that is closing, and only when one that is being filled is whole.

    Parameters
    ----------
    parameters : callable
        Returns the parameters of the scene as it is now.
    changed : callable
        Called after each turn in which points have changed.

    Attributes
    ----------
    watch : PointWatch
        Has the points.
    """

    def __init__(self, parameters: Callable[[], SpineDigitalTwinParameters], changed: Callable[[], None]) -> None:
        self._parameters, self._changed = parameters, changed
        self._later = qt.QTimer()
        self._later.setSingleShot(True)
        self._later.connect("timeout()", self._onLater)
        self.watch = PointWatch(self._soon)

    def close(self) -> None:
        """Stop following."""
        self._later.stop()
        self.watch.close()

    def _soon(self) -> None:
        if not self._later.isActive():
            self._later.start(0)

    def _onLater(self) -> None:
        if self._parameters().parameterNode.GetScene() is None or slicer.mrmlScene.IsClosing():
            return
        if slicer.mrmlScene.IsImporting() or slicer.mrmlScene.IsBatchProcessing():
            self._later.start(_AGAIN_MS)
            return
        self._changed()
