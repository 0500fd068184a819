"""Vertebrae as binary masks, from real people and from the phantom, one `MaskField` a level."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from scipy import ndimage
from spinetwin.anatomy import level
from spinetwin.geometry import Grid
from spinetwin.geometry.fields import MaskField, field_of_voxels
from spinetwin.io import read_label_map
from spinetwin.phantom import Dimensions, Spacing, Spine, SpineParameters, make_spine

DATA = Path(os.environ.get("SPINETWIN_REAL_DATA") or Path(__file__).resolve().parents[2] / "shared" / "data")

Bones = dict[int, MaskField]


@dataclass(frozen=True)
class Source:
    """One person: where the vertebrae lie, and how the phantom is voxelised to be measured the same way.

    Attributes
    ----------
    name : str
        Folder of the data.
    spacing : Spacing
        Voxel size of the masks.
    levels : str
        What it holds.
    """

    name: str
    spacing: Spacing
    levels: str


SOURCES = (
    Source("whole_spine_ct_masks", Spacing(1.5, 1.5, 1.5), "C1-L5"),
    Source("lumbosacral_meshes", Spacing(1.0, 1.0, 1.0), "L1-S1"),
    Source("verse004", Spacing(2.0, 1.0, 1.0), "T9-L5"),
)

_METRES = 1000.0


def real_bones(source: Source) -> Bones:
    """Read the vertebrae of one person, each reduced to its largest piece.

    Raises
    ------
    FileNotFoundError
        If the data set is not there.
    """
    folder = DATA / source.name
    if not folder.is_dir():
        raise FileNotFoundError(f"there is no {folder}; set SPINETWIN_REAL_DATA to the folder of the real data")
    if source.name == "lumbosacral_meshes":
        return {level(name).id: _voxels_of_mesh(folder / f"{name}.obj") for name in ("L1", "L2", "L3", "L4", "L5", "S1")}
    return dict(_masks(*read_label_map(folder / "vertebrae.nii.gz")))


def phantom_bones(source: Source, sex: str = "", height_cm: float | None = None) -> Bones:
    """Voxelise the straight phantom of a given sex and stature with the spacing of a data set."""
    return masks_of(make_spine(SpineParameters(levels=source.levels, sex=sex, height_cm=height_cm)), source.spacing)


def bones_of_person(source: Source, person: Mapping[int, Dimensions]) -> Bones:
    """Voxelise the straight phantom of given dimensions with the spacing of a data set."""
    return masks_of(make_spine(SpineParameters(levels=source.levels), person=person), source.spacing)


def masks_of(spine: Spine, spacing: Spacing) -> Bones:
    """Voxelise the vertebrae of a phantom."""
    maps = spine.voxelise(spine.grid(spacing))
    bone = np.where(np.isin(maps.vertebrae, list(spine.shapes)), maps.vertebrae, 0)
    return dict(_masks(bone, maps.grid))


def _masks(labels: np.ndarray, grid: Grid) -> Iterator[tuple[int, MaskField]]:
    for index, box in enumerate(ndimage.find_objects(labels)):
        if box is not None:
            start = [each.start for each in box]
            yield index + 1, field_of_voxels(np.argwhere(_largest_piece(labels[box] == index + 1)) + start, grid)


def _largest_piece(mask: np.ndarray) -> np.ndarray:
    pieces, _ = ndimage.label(mask)
    return pieces == 1 + np.argmax(np.bincount(pieces.ravel())[1:])


def _voxels_of_mesh(path: Path) -> MaskField:
    """Fill a closed surface, in metres along anterior, left, superior, with voxels of 1 mm."""
    import vtk
    from vtk.util.numpy_support import numpy_to_vtk, vtk_to_numpy

    reader = vtk.vtkOBJReader()
    reader.SetFileName(str(path))
    reader.Update()
    surface = reader.GetOutput()
    anterior, left, superior = vtk_to_numpy(surface.GetPoints().GetData()).astype(np.float64).T * _METRES
    points = np.stack([-left, anterior, superior], axis=1)
    surface.GetPoints().SetData(numpy_to_vtk(np.ascontiguousarray(points), deep=True))
    low = np.floor(points.min(axis=0)) - 2.0
    shape = (np.ceil(points.max(axis=0)) + 3.0 - low).astype(int)
    stencil = vtk.vtkPolyDataToImageStencil()
    stencil.SetInputData(surface)
    stencil.SetOutputOrigin(*low)
    stencil.SetOutputSpacing(1.0, 1.0, 1.0)
    stencil.SetOutputWholeExtent(0, int(shape[0]) - 1, 0, int(shape[1]) - 1, 0, int(shape[2]) - 1)
    image = vtk.vtkImageStencilToImage()
    image.SetInputConnection(stencil.GetOutputPort())
    image.SetInsideValue(1)
    image.SetOutputScalarTypeToUnsignedChar()
    image.Update()
    filled = vtk_to_numpy(image.GetOutput().GetPointData().GetScalars()).reshape(shape[::-1]).transpose(2, 1, 0)
    affine = np.eye(4)
    affine[:3, 3] = low
    return field_of_voxels(np.argwhere(_largest_piece(filled > 0)), Grid(tuple(shape.tolist()), affine))
