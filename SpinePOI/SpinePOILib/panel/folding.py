"""Widgets of a section that are there only at times, in a section that can be folded."""

from __future__ import annotations

from typing import Any


class Occasional:
    """Shows and hides widgets of one section; unfolding the section shows only those that are to be seen now.

    Parameters
    ----------
    section : ctkCollapsibleButton
    """

    def __init__(self, section: Any) -> None:
        self._section = section
        self._wanted: dict[str, tuple[Any, bool]] = {}
        section.connect("contentsCollapsed(bool)", self._onFolded)

    def show(self, visible: bool, *widgets: Any) -> None:
        """Show or hide widgets, now or as soon as the section is unfolded."""
        for widget in widgets:
            self._wanted[widget.objectName] = widget, visible
            if not self._section.collapsed:
                widget.visible = visible

    def _onFolded(self, collapsed: bool) -> None:
        for widget, visible in self._wanted.values():
            widget.visible = visible and not collapsed
