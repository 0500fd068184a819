"""The axes of the vertebrae as thin lines: right red, anterior green, superior blue."""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING

from slicer.i18n import tr as _

from . import lines, pointnodes

if TYPE_CHECKING:
    from spinetwin.geometry import Frame

KIND, KIND_OF_LEVEL = "axes", "axes of the level"
LENGTH_MM = 25.0


def show(level: int | None = None) -> None:
    """Draw the axes of all levels in 3D, and in slices those of one level: those of its neighbours would cover it."""
    frames = {each: frame for each, node in pointnodes.nodes().items() if (frame := pointnodes.frameOf(node)) is not None}
    lines.show(KIND, _("Axes of the vertebrae"), _segments(frames.values()), slices=False)
    chosen = [frames[level]] if level in frames else []
    lines.show(KIND_OF_LEVEL, _("Axes of the level"), _segments(chosen), space=False)


def _segments(frames: Collection[Frame]) -> list[lines.Segment]:
    from spinetwin.report.colours import AXES, rgb

    return [
        (frame.origin, frame.origin + LENGTH_MM * axis, rgb(colour))
        for frame in frames
        for axis, colour in zip(frame.axes, AXES, strict=True)
    ]


def hide() -> None:
    """Take the axes out of the scene."""
    lines.hide(KIND)
    lines.hide(KIND_OF_LEVEL)


def shown() -> bool:
    """Say whether the axes are in the scene."""
    return lines.find(KIND) is not None
