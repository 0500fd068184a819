"""Volumes and label maps: NIfTI, NRRD, MHA and MHD, in any storage order, oblique or not.

Arrays are (i, j, k) and grids RAS mm here and everywhere; what a file uses stays in this room.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from ..errors import MapError, ReadError, WriteError
from ..geometry import Grid, IntArray, LabelMaps
from .atomic import atomic_write
from .itk import open_itk, write_itk
from .lattice import describe_difference, reorder_onto
from .nifti import open_nifti, write_nifti

PathLike = str | os.PathLike[str]
Slabs = Iterator[npt.NDArray[Any]]

SUFFIXES = (".nii.gz", ".nii", ".nrrd", ".mha", ".mhd")
_NOT_LABELS = "A label map of whole numbers is needed here, not an image; resample label maps with nearest neighbour."
_LARGEST = 65535


def suffix_of(path: PathLike) -> str:
    """Return the volume suffix of a name in lower case (``".nii.gz"``), or ``""`` where it has none of ours."""
    name = Path(path).name.lower()
    return next((each for each in SUFFIXES if name.endswith(each)), "")


@contextmanager
def open_volume(path: PathLike) -> Iterator[tuple[Grid, Slabs]]:
    """Open one volume to read it bit by bit.

    Yields
    ------
    grid : Grid
    slabs : iterator of (i, j, n) arrays
        Consecutive blocks along k, each valid until the next one is asked for.

    Raises
    ------
    ReadError
        As `read_volume`; also while the blocks are read.
    """
    path = Path(path)
    suffix = _check_file(path)
    try:
        if suffix in (".nii", ".nii.gz"):
            with open_nifti(path) as (header, slabs):
                yield header.grid, slabs
        else:
            with open_itk(path, suffix) as opened:
                yield opened
    except OSError as error:
        raise ReadError(f"Cannot read {path}: {error.strerror or error}.") from error
    except MemoryError as error:
        raise ReadError(f"{path.name} does not fit into the memory of this computer.") from error


def read_volume(path: PathLike) -> tuple[npt.NDArray[Any], Grid]:
    """Read one volume.

    Parameters
    ----------
    path : path
        NIfTI (.nii, .nii.gz), NRRD, MHA or MHD.

    Returns
    -------
    array : (i, j, k) array
        Values in the stored type (float64 where the file scales them).
    grid : Grid
        Where the voxels lie, RAS mm.

    Raises
    ------
    ReadError
        If the file is missing, damaged, truncated, or is not one volume.
    """
    with open_volume(path) as (grid, slabs):
        return _gather(slabs, grid), grid


def read_grid(path: PathLike) -> Grid:
    """Return where the voxels of a volume lie; of a NIfTI file only the header is read.

    Raises
    ------
    ReadError
        As `read_volume`, as far as the header tells.
    """
    with open_volume(path) as (grid, _):
        return grid


def read_label_map(path: PathLike) -> tuple[IntArray, Grid]:
    """Read one label map.

    Returns
    -------
    array : (i, j, k) array
        uint8, or uint16 where a value is above 255. Float files with whole numbers are accepted.
    grid : Grid

    Raises
    ------
    ReadError
        As `read_volume`.
    MapError
        If a value is no label: fractional, negative, above 65535, or not a number.
    """
    with open_volume(path) as (grid, slabs):
        return _gather_labels(slabs, grid, Path(path).name), grid


def read_label_maps(subregions_path: PathLike, vertebrae_path: PathLike) -> LabelMaps:
    """Read the pair of label maps of one spine.

    A second map that is stored in another axis order of the same voxels (PIR beside RAS) is re-ordered without loss. No map is
    ever resampled.

    Returns
    -------
    LabelMaps
        On the grid of the subregion map.

    Raises
    ------
    ReadError, MapError
        As `read_label_map`; MapError also if the maps are on different grids.
    """
    subregions, grid = read_label_map(subregions_path)
    vertebrae, other = read_label_map(vertebrae_path)
    ordered = reorder_onto(vertebrae, other, grid)
    if ordered is None:
        names = Path(subregions_path).name, Path(vertebrae_path).name
        raise MapError(
            f"{names[0]} and {names[1]} are on different grids: {describe_difference(grid, other)}.",
            "Resample one onto the grid of the other with nearest neighbour.",
        )
    return LabelMaps(grid, subregions, ordered)


def write_label_map(path: PathLike, array: IntArray, grid: Grid, *, packed: bool = True) -> None:
    """Write a label map, whole or not at all.

    Parameters
    ----------
    path : path
        .nii, .nii.gz, .nrrd or .mha (an .mhd would be two files).
    array : (i, j, k) array of integers
    grid : Grid
        Its shape must be that of the array.
    packed : bool
        False writes .nrrd and .mha quickly, and large.

    Raises
    ------
    WriteError
        If the file cannot be written, or the format cannot hold the grid.
    """
    write_volume(path, array, grid, packed=packed)


def write_volume(path: PathLike, array: npt.NDArray[Any], grid: Grid, *, packed: bool = True) -> None:
    """Write a volume of any numbers, such as an image, as `write_label_map` does."""
    if array.shape != grid.shape:
        raise ValueError(f"an array of shape {array.shape} on a grid of shape {grid.shape}")
    suffix = suffix_of(path)
    if suffix not in (".nii.gz", ".nii", ".nrrd", ".mha"):
        raise WriteError(f"Cannot write a volume to {path}.", "Use a name that ends in .nii.gz, .nii, .nrrd or .mha.")
    with atomic_write(path) as temporary:
        if suffix in (".nii.gz", ".nii"):
            write_nifti(temporary, array, grid, packed=suffix == ".nii.gz")
        else:
            write_itk(temporary, array, grid, name=Path(path).name, packed=packed)


def _check_file(path: Path) -> str:
    """Return the suffix of a file that can be opened at all."""
    try:
        if path.is_dir():
            raise ReadError(f"{path} is a folder.", "Give a volume file (DICOM series: convert them to NIfTI first).")
        if not path.exists():
            raise ReadError(f"There is no file {path}.", "Check the name.")
        if path.stat().st_size == 0:
            raise ReadError(f"{path} is empty.", "Copy or download it again.")
    except OSError as error:
        raise ReadError(f"Cannot open {path}: {error.strerror or error}.") from error
    suffix = suffix_of(path)
    if not suffix:
        raise ReadError(f"{path} is no volume file by its name.", "Known are .nii, .nii.gz, .nrrd, .mha and .mhd.")
    return suffix


def _gather(slabs: Slabs, grid: Grid) -> npt.NDArray[Any]:
    whole: npt.NDArray[Any] | None = None
    at = 0
    for slab in slabs:
        if whole is None:
            whole = np.empty(grid.shape, dtype=slab.dtype.newbyteorder("="), order="F")
        whole[:, :, at : at + slab.shape[2]] = slab
        at += slab.shape[2]
    assert whole is not None  # noqa: S101 - a grid has at least one slab
    return whole


def _gather_labels(slabs: Slabs, grid: Grid, name: str) -> IntArray:
    whole: IntArray = np.empty(grid.shape, dtype=np.uint8, order="F")
    at = 0
    for slab in slabs:
        if _largest_label(slab, name) > np.iinfo(whole.dtype).max:
            whole = whole.astype(np.uint16, order="F")
        whole[:, :, at : at + slab.shape[2]] = slab
        at += slab.shape[2]
    return whole


def _largest_label(slab: npt.NDArray[Any], name: str) -> int:
    if slab.dtype.kind == "u" and slab.dtype.itemsize == 1:
        return 0
    low, high = slab.min(), slab.max()
    if not (np.isfinite(low) and np.isfinite(high)):
        raise MapError(f"{name} holds voxels that are not a number (NaN or infinite).", _NOT_LABELS)
    if low < 0 or high > _LARGEST:
        value = low if low < 0 else high
        raise MapError(f"{name} holds the value {value:g}; labels run from 0 to {_LARGEST}.", _NOT_LABELS)
    if slab.dtype.kind == "f":
        fractional = slab != np.rint(slab)
        if fractional.any():
            raise MapError(f"{name} holds the value {slab[fractional][0]:g}, which is no whole number.", _NOT_LABELS)
    return int(high)
