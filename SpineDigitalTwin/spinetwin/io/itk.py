"""NRRD and MetaImage through SimpleITK. LPS becomes RAS here."""

from __future__ import annotations

import importlib
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from ..errors import ReadError, WriteError
from ..geometry import Grid
from .limits import DAMAGED, check_dimensions, check_size

_READERS = {".nrrd": "NrrdImageIO", ".mha": "MetaImageIO", ".mhd": "MetaImageIO"}
_LPS_TO_RAS = np.diag([-1.0, -1.0, 1.0])
_SLAB_VOXELS = 1 << 21


def _sitk() -> Any:
    """Import SimpleITK, which takes longer than reading most files."""
    return importlib.import_module("SimpleITK")


@contextmanager
def open_itk(path: Path, suffix: str) -> Iterator[tuple[Grid, Iterator[npt.NDArray[Any]]]]:
    """Open a NRRD or MetaImage file.

    Yields
    ------
    grid : Grid
    slabs : iterator of (i, j, n) arrays
        Consecutive blocks along k; views, valid until the next one is asked for.

    Raises
    ------
    ReadError
        If the file is damaged, truncated, or is not one volume.
    """
    image = _read(path, suffix)
    affine = np.eye(4)
    direction = np.array(image.GetDirection()).reshape(3, 3)
    affine[:3, :3] = _LPS_TO_RAS @ direction * np.array(image.GetSpacing())
    affine[:3, 3] = _LPS_TO_RAS @ np.array(image.GetOrigin())
    try:
        grid = Grid(image.GetSize(), affine)
    except ValueError as error:
        raise ReadError(f"{path.name} has an unusable orientation in its header.", "Write it again from its source.") from error
    yield grid, _slabs(image)


def _slabs(image: Any) -> Iterator[npt.NDArray[Any]]:
    view = _sitk().GetArrayViewFromImage(image).T
    step = max(1, _SLAB_VOXELS // (view.shape[0] * view.shape[1]))
    for start in range(0, view.shape[2], step):
        yield view[:, :, start : start + step]


def _read(path: Path, suffix: str) -> Any:
    reader = _sitk().ImageFileReader()
    reader.SetFileName(str(path))
    reader.SetImageIO(_READERS[suffix])
    try:
        with _quiet():
            reader.ReadImageInformation()
            shape = check_dimensions(path, reader.GetSize())
            if reader.GetNumberOfComponents() > 1:
                raise ReadError(f"{path.name} holds {reader.GetNumberOfComponents()} numbers per voxel.", "One is needed.")
            data = path if suffix != ".mhd" else _data_file(path)
            itemsize = _sitk().GetArrayViewFromImage(_sitk().Image([1, 1, 1], reader.GetPixelID())).itemsize
            check_size(data, shape, itemsize, packed=True)
            if reader.GetDimension() > 3:
                reader.SetExtractSize([*shape, *[0] * (reader.GetDimension() - 3)])
            return reader.Execute()
    except RuntimeError as error:
        raise ReadError(f"{path.name} is damaged, truncated, or not {_kind(suffix)}.", DAMAGED) from error


def _kind(suffix: str) -> str:
    return "a NRRD file" if suffix == ".nrrd" else "a MetaImage file"


def _data_file(path: Path) -> Path:
    """Return the file that holds the voxels of an .mhd header."""
    for line in path.read_text(encoding="utf-8", errors="replace").splitlines():
        key, _, value = line.partition("=")
        if key.strip() == "ElementDataFile":
            data = path.parent / value.strip()
            if not data.is_file():
                raise ReadError(f"{path.name} belongs to {value.strip()}, which is not there.", "Keep the two files together.")
            return data
    raise ReadError(f"{path.name} does not name the file of its voxels.", DAMAGED)


@contextmanager
def _quiet() -> Iterator[None]:
    """Keep ITK's own messages from the terminal: it prints some of them before it raises, past Python."""
    sys.stderr.flush()
    try:
        saved = os.dup(2)
    except OSError:  # a program without a console has no standard error
        yield
        return
    try:
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, 2)
        os.close(nowhere)
        yield
    finally:
        os.dup2(saved, 2)
        os.close(saved)


def write_itk(path: Path, array: npt.NDArray[Any], grid: Grid, *, name: str, packed: bool = True) -> None:
    """Write an (i, j, k) array; `name` is what messages call the file.

    Raises
    ------
    WriteError
        If the grid is sheared or ITK cannot write.
    """
    axes = grid.ijk_to_ras[:3, :3] / grid.spacing
    if np.abs(axes.T @ axes - np.eye(3)).max() > 1e-4:
        raise WriteError(f"Cannot write {name}: its axes are not at right angles.", "NIfTI can hold such a grid.")
    image = _sitk().GetImageFromArray(np.ascontiguousarray(array.T))
    image.SetSpacing(grid.spacing.tolist())
    image.SetOrigin((_LPS_TO_RAS @ grid.ijk_to_ras[:3, 3]).tolist())
    image.SetDirection((_LPS_TO_RAS @ axes).ravel().tolist())
    try:
        with _quiet():
            _sitk().WriteImage(image, str(path), useCompression=packed)
    except RuntimeError as error:
        raise WriteError(f"Cannot write {name}.", "Is there space, and permission to write there?") from error
