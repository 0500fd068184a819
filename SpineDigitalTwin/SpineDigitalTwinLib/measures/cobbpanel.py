"""The Cobb lines of section Measurements: they follow every point while it is dragged."""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace
from typing import TYPE_CHECKING

from . import lines, live, results, texts
from .following import PointFollower

if TYPE_CHECKING:
    from spinetwin.measure.known import KnownPlates

    from ..parameters import SpineDigitalTwinParameters
    from .live import Positions


class CobbPanel:
    """Keeps lines, angles and their text in step with the points: once in a turn of the event loop, however many have moved.

    Parameters
    ----------
    ui : namespace of widgets
    parameters : callable
        Returns the parameters of the scene as it is now.
    changed : callable
        Called after each turn in which points have changed.
    """

    def __init__(
        self, ui: SimpleNamespace, parameters: Callable[[], SpineDigitalTwinParameters], changed: Callable[[], None]
    ) -> None:
        self._ui, self._parameters, self._changed = ui, parameters, changed
        self._follower = PointFollower(parameters, self._onPoints)
        self._plates: KnownPlates | None = None
        self._stamp: object = None

    def positions(self) -> Positions:
        """Return the placed points of the scene."""
        return self._follower.watch.positions()

    def refresh(self) -> None:
        """Draw the lines, or take them away, and say the angles."""
        positions, shown = self.positions(), bool(self._parameters().cobbShown)
        self._ui.cobbBox.enabled = bool(positions)
        figures = live.figures(positions, self._endplates()) if shown else ()
        lines.show(figures)
        self._ui.cobbLabel.text = texts.live(figures) if shown and positions else ""

    def _endplates(self) -> KnownPlates | None:
        """Read the endplates of the scene once as long as they stay."""
        stamp = results.stamp(results.PLATES)
        if stamp != self._stamp:
            self._stamp, self._plates = stamp, results.endplates()
        return self._plates

    def close(self) -> None:
        """Stop following."""
        self._follower.close()

    def _onPoints(self) -> None:
        self.refresh()
        self._changed()
