"""Surfaces of segments for display: smoothed, and with a fraction of their triangles, so that views stay quick.

Points are never computed from these surfaces.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np
import slicer
import vtk

from .layers import LABELMAP
from .segments import SURFACE
from .sharedmap import voxelsOf

if TYPE_CHECKING:
    Node = slicer.vtkMRMLSegmentationNode

REDUCTION = 0.85
"""Share of the triangles that decimation takes away."""

SMOOTHING = 20
"""Rounds of smoothing."""

LARGE = 100_000
"""Voxels of a box (as of the canal of a whole spine) from which on not every voxel is needed for display."""

COARSEST = 3
"""At least every third voxel is."""


def make(node: Node) -> Iterator[float]:
    """Make the surface of every segment that has none, one at each step; yields the fraction that is done.

    Whoever calls decides how many steps fit between two looks at the mouse.
    """
    segmentation = node.GetSegmentation()
    missing = [each for each in segmentation.GetSegmentIDs() if not segmentation.GetSegment(each).GetRepresentation(SURFACE)]
    boxes: dict[int, tuple[slice, ...] | None] = {}
    for done, segmentId in enumerate(missing):
        segment = segmentation.GetSegment(segmentId)
        # somebody may have removed the segment between two steps
        if segment is None:
            continue
        image = segment.GetRepresentation(LABELMAP)
        if not boxes:
            boxes = _boxes(image)
            yield 0.0
        box = boxes.get(segment.GetLabelValue())
        if box is not None:
            segment.AddRepresentation(SURFACE, closedSurface(voxelsOf(image), segment.GetLabelValue(), box, image))
            segment.Modified()
        yield (done + 1) / len(missing)


def _boxes(image: slicer.vtkOrientedImageData) -> dict[int, tuple[slice, ...] | None]:
    from scipy import ndimage

    return dict(enumerate(ndimage.find_objects(voxelsOf(image)), start=1))


def closedSurface(
    voxels: np.ndarray, label: int, box: tuple[slice, ...], image: slicer.vtkOrientedImageData
) -> vtk.vtkPolyData:
    """Return the surface of one label in RAS mm.

    Parameters
    ----------
    voxels : (k, j, i) array
    label : int
    box : tuple of 3 slices
        Around the voxels of the label.
    image : vtkOrientedImageData
        Where the voxels lie.
    """
    from vtkmodules.util.numpy_support import numpy_to_vtk

    stride = min(COARSEST, int(np.ceil((voxels[box].size / LARGE) ** (1 / 3))))
    # a border of background closes the surface also where the label touches the end of the image
    inside = np.pad((voxels[box][::stride, ::stride, ::stride] == label).astype(np.uint8), 1)
    block = vtk.vtkImageData()
    block.SetDimensions(*inside.shape[::-1])
    block.SetSpacing(stride, stride, stride)
    first = image.GetExtent()[::2]
    block.SetOrigin(*[start + each.start - stride for start, each in zip(first, reversed(box), strict=True)])
    block.GetPointData().SetScalars(numpy_to_vtk(inside.reshape(-1), deep=True))
    nets = vtk.vtkSurfaceNets3D()
    nets.SetInputData(block)
    nets.SetValue(0, 1)
    nets.GetSmoother().SetNumberOfIterations(SMOOTHING)
    triangles = vtk.vtkTriangleFilter()
    triangles.SetInputConnection(nets.GetOutputPort())
    # vtkDecimatePro tears holes into some bodies
    decimated = vtk.vtkQuadricDecimation()
    decimated.SetInputConnection(triangles.GetOutputPort())
    decimated.SetTargetReduction(REDUCTION)
    decimated.VolumePreservationOn()
    placed = vtk.vtkTransformPolyDataFilter()
    placed.SetInputConnection(decimated.GetOutputPort())
    placed.SetTransform(_toRas(image))
    outward = vtk.vtkReverseSense()
    outward.SetInputConnection(placed.GetOutputPort())
    # a left-handed grid turns every triangle inside out
    outward.SetReverseCells(_toRas(image).GetMatrix().Determinant() < 0)
    normals = vtk.vtkPolyDataNormals()
    normals.SetInputConnection(outward.GetOutputPort())
    normals.SplittingOff()
    # the triangles agree already; looking for agreement turns pieces over where two of them touch in an edge
    normals.ConsistencyOff()
    normals.Update()
    surface = normals.GetOutput()
    surface.GetCellData().Initialize()
    return surface


def _toRas(image: slicer.vtkOrientedImageData) -> vtk.vtkTransform:
    matrix, transform = vtk.vtkMatrix4x4(), vtk.vtkTransform()
    image.GetImageToWorldMatrix(matrix)
    transform.SetMatrix(matrix)
    return transform
