"""What kind of image a volume is, told by its grid and a sample of its voxels: quick for a CT of any size."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import slicer
import vtk
from slicer.i18n import tr as _
from spinetwin.errors import MapError

if TYPE_CHECKING:
    from spinetwin.geometry import Grid

_SAMPLE = 300_000
"""Voxels looked at: sorting them takes some hundredths of a second."""


@dataclass(frozen=True)
class ImageLook:
    """What an image was found to be.

    Attributes
    ----------
    problem : str
        Why it cannot be segmented at all; "" where it can.
    text : str
        What it is, for people.
    warnings : tuple of str
        What a person should know before it is segmented.
    """

    problem: str = ""
    text: str = ""
    warnings: tuple[str, ...] = ()


def worldGridOf(volume: slicer.vtkMRMLVolumeNode) -> Grid | None:
    """Return where the voxels of a volume lie in the scene, its transforms included; None under one that bends."""
    from spinetwin.geometry import Grid

    transform = volume.GetParentTransformNode()
    if transform is not None and not transform.IsTransformToWorldLinear():
        return None
    matrix, toWorld = vtk.vtkMatrix4x4(), vtk.vtkMatrix4x4()
    volume.GetIJKToRASMatrix(matrix)
    if transform is not None:
        transform.GetMatrixTransformToWorld(toWorld)
    affine = slicer.util.arrayFromVTKMatrix(toWorld) @ slicer.util.arrayFromVTKMatrix(matrix)
    return Grid(volume.GetImageData().GetDimensions(), affine)


def look(volume: slicer.vtkMRMLScalarVolumeNode | None) -> ImageLook:
    """Look an image over."""
    from spinetwin.segmentation.images import check_image

    if volume is None:
        return ImageLook(_("Choose an image in section Data"))
    name = volume.GetName()
    data = volume.GetImageData()
    if data is None or data.GetPointData().GetScalars() is None or min(data.GetDimensions()) < 1:
        return ImageLook(_("{name} has no voxels").format(name=name))
    if data.GetNumberOfScalarComponents() != 1:
        return ImageLook(_("{name} is a colour image: choose one of grey values").format(name=name))
    try:
        grid = worldGridOf(volume)
    except ValueError:
        return ImageLook(_("{name} has an unusable orientation").format(name=name))
    if grid is None:
        return ImageLook(_("{name} is under a transform that bends it: harden that first").format(name=name))
    sample = _sampleOf(slicer.util.arrayFromVolume(volume))
    try:
        warnings = check_image(sample, grid, name)
    except MapError as error:
        return ImageLook(error.message.rstrip("."), _text(sample, grid), (str(error),))
    return ImageLook("", _text(sample, grid), warnings)


def _sampleOf(array: np.ndarray) -> np.ndarray:
    """Return some rows of a (k, j, i) array, from everywhere, as an (n, 1, i) array."""
    step = max(1, round((array.size / _SAMPLE) ** (1 / 2)))
    rows = array[::step, ::step]
    # the values of so few rows can be alike where those of the whole image are not: then all of them count
    return rows if rows.size and rows.min() != rows.max() else array


def _text(sample: np.ndarray, grid: Grid) -> str:
    from spinetwin.segmentation.images import slice_direction

    direction, spacing = slice_direction(grid), sorted(float(each) for each in grid.spacing)
    slices = {
        "sagittal": _("Sagittal slices {gap:.1f} mm apart"),
        "coronal": _("Coronal slices {gap:.1f} mm apart"),
        "axial": _("Axial slices {gap:.1f} mm apart"),
    }.get(direction, _("Voxels of about {gap:.1f} mm"))
    size = " × ".join(map(str, grid.shape))
    values = _("values {low:g} to {high:g}").format(low=float(sample.min()), high=float(sample.max()))
    return ", ".join([slices.format(gap=spacing[2]), _("{size} voxels").format(size=size), values])
