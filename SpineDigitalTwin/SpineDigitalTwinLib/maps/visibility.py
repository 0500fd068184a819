"""What of a segmentation is seen: everything, bodies, posterior parts, discs; of all levels or of one."""

from __future__ import annotations

from typing import TYPE_CHECKING

import slicer

from .parts import Part, groupOf, levelOf
from .segments import parts

if TYPE_CHECKING:
    Node = slicer.vtkMRMLSegmentationNode

ALL = "all"
PRESETS: dict[str, tuple[str, ...]] = {
    ALL: ("body", "posterior", "disc", "sacrum", "canal"),
    "bodies": ("body", "sacrum"),
    "posterior": ("posterior",),
    "discs": ("disc",),
}
"""Groups of subregions (`spinetwin.anatomy.GROUPS`) that each preset shows."""


def show(node: Node, preset: str = ALL, level: int | None = None) -> None:
    """Show some parts and hide all others, in slices and in 3D.

    Parameters
    ----------
    node : vtkMRMLSegmentationNode
    preset : str
        A key of `PRESETS`.
    level : int, optional
        Id of the only level that is shown; left out, all are.
    """
    display = node.GetDisplayNode()
    was = display.StartModify()
    for segmentId, part in parts(node).items():
        display.SetSegmentVisibility(segmentId, _isShown(part, preset, level))
    display.EndModify(was)


def _isShown(part: Part, preset: str, level: int | None) -> bool:
    found = levelOf(part.vertebra)
    here = level is None or (found is not None and found.id == level)
    return here and groupOf(part) in PRESETS[preset]


def set3D(node: Node, on: bool) -> None:
    """Show or hide the surfaces of everything that is visible."""
    node.GetDisplayNode().SetVisibility3D(on)


def set2D(node: Node, *, fill: bool, opacity: float) -> None:
    """Fill the parts in slices or only outline them.

    Parameters
    ----------
    node : vtkMRMLSegmentationNode
    fill : bool
    opacity : float
        Of the filling, 0 to 1.
    """
    display = node.GetDisplayNode()
    was = display.StartModify()
    display.SetVisibility2DFill(fill)
    display.SetOpacity2DFill(opacity)
    display.EndModify(was)


def layInSlices(image: slicer.vtkMRMLVolumeNode | None, vertebrae: slicer.vtkMRMLVolumeNode) -> None:
    """Lay an image below the segments in all slice views; the map that shows the same as they do is hidden."""
    # without an image, views are fitted to the map all the same
    back = None if image is not None else vertebrae
    slicer.util.setSliceViewerLayers(background=image, label=back, labelOpacity=0.0, fit=True)
