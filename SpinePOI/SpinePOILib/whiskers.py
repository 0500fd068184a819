"""The axes of the vertebrae as thin lines: right red, anterior green, superior blue."""

from __future__ import annotations

from slicer.i18n import tr as _

from . import lines, pointnodes

KIND = "axes"
LENGTH_MM = 25.0


def show() -> None:
    """Draw the axes of all levels in the scene."""
    from spinetwin.report.colours import AXES, rgb

    here = pointnodes.nodes()
    frames = [frame for node in here.values() if (frame := pointnodes.frameOf(node)) is not None]
    segments = [
        (frame.origin, frame.origin + LENGTH_MM * axis, rgb(colour))
        for frame in frames
        for axis, colour in zip(frame.axes, AXES, strict=True)
    ]
    lines.show(KIND, _("Axes of the vertebrae"), segments)


def hide() -> None:
    """Take the axes out of the scene."""
    lines.hide(KIND)


def shown() -> bool:
    """Say whether the axes are in the scene."""
    return lines.find(KIND) is not None
