"""The surface of each vertebra, to keep points on the bone."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import slicer
from SpineDigitalTwinLib.maps import inputs, sharedmap, voxels
from SpineDigitalTwinLib.maps.voxels import contentTime

from . import pointnodes

if TYPE_CHECKING:
    from spinetwin.geometry import FloatArray, Grid
    from spinetwin.geometry.nearest import MaskSurface
    from spinetwin.poi.model import Position

_MARGIN_MM = 40.0
"""Of the block around the points of a level in which its voxels are looked for."""


class BoneSurfaces:
    """Surfaces of the vertebrae of one vertebra map, made when they are first asked for.

    The map may be changed, replaced or removed at any time: a surface is made anew when the map is newer, and without a map
    points stay where they are put.
    """

    def __init__(self) -> None:
        self._source: str | None = None
        self._surfaces: dict[int, tuple[int, MaskSurface | None]] = {}

    def use(self, vertebrae: slicer.vtkMRMLNode | None) -> None:
        """Take the vertebrae from a label map volume or a segmentation."""
        self._source = None if vertebrae is None else vertebrae.GetID()
        self._surfaces.clear()

    def nearest(self, level: int, position: Position) -> Position:
        """Return the place on the bone of a level that is nearest to a position, RAS mm; itself where there is no bone."""
        surface = self._surface(level)
        if surface is None:
            return position
        x, y, z = surface.nearest([position])[0].tolist()
        return x, y, z

    def available(self) -> bool:
        """Say whether there is a map to take surfaces from."""
        return self._node() is not None

    def _node(self) -> slicer.vtkMRMLNode | None:
        return slicer.mrmlScene.GetNodeByID(self._source) if self._source else None

    def _surface(self, level: int) -> MaskSurface | None:
        node = self._node()
        if node is None:
            return None
        now = contentTime(node)
        made, surface = self._surfaces.get(level, (-1, None))
        if made != now:
            surface = _surfaceOf(node, level)
            self._surfaces[level] = now, surface
        return surface


def _surfaceOf(node: slicer.vtkMRMLNode, level: int) -> MaskSurface | None:
    from spinetwin.geometry.fields import field_of_voxels
    from spinetwin.geometry.nearest import surface_of

    found = _segmentVoxels(node, level) if node.IsA("vtkMRMLSegmentationNode") else _volumeVoxels(node, level)
    if found is None or not len(found[0]):
        return None
    return surface_of(field_of_voxels(*found))


def _volumeVoxels(node: slicer.vtkMRMLVolumeNode, level: int) -> tuple[np.ndarray, Grid] | None:
    if node.GetImageData() is None:
        return None
    array, grid = slicer.util.arrayFromVolume(node).T, voxels.gridOf(node)
    low, high = _block(level, grid)
    block = tuple(slice(a, b) for a, b in zip(low, high, strict=True))
    return np.argwhere(array[block] == level) + low, grid


def _block(level: int, grid: Grid) -> tuple[np.ndarray, np.ndarray]:
    """Return the block of voxels around the points of a level: a whole image need not be searched for one vertebra."""
    places = _places(level)
    if not len(places):
        return np.zeros(3, dtype=int), np.array(grid.shape)
    corners = np.array(np.meshgrid(*zip(places.min(axis=0) - _MARGIN_MM, places.max(axis=0) + _MARGIN_MM, strict=True)))
    ijk = grid.to_ijk(corners.reshape(3, -1).T)
    low = np.clip(np.floor(ijk.min(axis=0)).astype(int), 0, grid.shape)
    return low, np.clip(np.ceil(ijk.max(axis=0)).astype(int) + 1, 0, grid.shape)


def _places(level: int) -> FloatArray:
    node = pointnodes.nodes().get(level)
    points = [] if node is None else pointnodes.read(level, node)
    # where the rules had put a point says where the vertebra is, however far a person moved it
    found = [place for poi in points if (place := poi.computed or poi.position) is not None]
    return np.array(found, dtype=np.float64).reshape(-1, 3)


def _segmentVoxels(node: slicer.vtkMRMLSegmentationNode, level: int) -> tuple[np.ndarray, Grid] | None:
    segment = next((segment for segment, label in inputs.segmentLabels(node).items() if label == level), None)
    image = slicer.vtkOrientedImageData()
    if segment is None or not node.GetBinaryLabelmapRepresentation(segment, image) or image.GetNumberOfPoints() == 0:
        return None
    return np.argwhere(sharedmap.voxelsOf(image).T > 0), sharedmap.gridOf(image)
