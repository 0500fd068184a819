"""Writing a volume without packing it, bit by bit, for an application that must not wait: MetaImage and NIfTI.

Nothing but numpy is needed: a library that packs and converts takes longer to load than most volumes take to write.
"""

from __future__ import annotations

from collections.abc import Generator
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from ..errors import WriteError
from ..geometry import Grid
from .atomic import atomic_write
from .nifti import nifti_header

_SLAB_BYTES = 1 << 23
_LPS_TO_RAS = np.diag([-1.0, -1.0, 1.0])
_ELEMENTS = {
    "u1": "MET_UCHAR",
    "i1": "MET_CHAR",
    "u2": "MET_USHORT",
    "i2": "MET_SHORT",
    "u4": "MET_UINT",
    "i4": "MET_INT",
    "u8": "MET_ULONG_LONG",
    "i8": "MET_LONG_LONG",
    "f4": "MET_FLOAT",
    "f8": "MET_DOUBLE",
}


def writing(folder: str | Path, stem: str, array: npt.NDArray[Any], grid: Grid) -> Generator[float, None, Path]:
    """Write a volume whole or not at all, some slices at each step.

    Parameters
    ----------
    folder : path
        It exists.
    stem : str
        Name of the file without its ending: .mha, which holds the place of the grid exactly; .nii where the axes are not at
        right angles, which only NIfTI can hold.
    array : (i, j, k) array of numbers
        Best in Fortran order, as the file has it.
    grid : Grid
        Of the same shape.

    Yields
    ------
    float
        The fraction that is written.

    Returns
    -------
    Path
        The file, once the generator is at its end.

    Raises
    ------
    WriteError
        If the file cannot be written.
    """
    if array.shape != grid.shape:
        raise ValueError(f"an array of shape {array.shape} on a grid of shape {grid.shape}")
    kind = array.dtype.str[1:]
    upright = _at_right_angles(grid)
    if kind not in _ELEMENTS:
        raise WriteError(f"Cannot write {stem}: {array.dtype} is no type of voxels.", "Convert it to whole numbers or floats.")
    path = Path(folder) / f"{stem}{'.mha' if upright else '.nii'}"
    header = _meta_header(kind, grid) if upright else nifti_header(array.dtype, grid)
    little = array.dtype.newbyteorder("<")
    count = max(1, _SLAB_BYTES // (array.shape[0] * array.shape[1] * array.dtype.itemsize))
    with atomic_write(path) as temporary, temporary.open("wb") as stream:
        stream.write(header)
        for start in range(0, array.shape[2], count):
            stream.write(np.ascontiguousarray(array[:, :, start : start + count].T, dtype=little).data)
            yield min(1.0, (start + count) / array.shape[2])
    return path


def _at_right_angles(grid: Grid) -> bool:
    axes = grid.ijk_to_ras[:3, :3] / grid.spacing
    return bool(np.abs(axes.T @ axes - np.eye(3)).max() <= 1e-6)


def _meta_header(kind: str, grid: Grid) -> bytes:
    """Return the header of a MetaImage file; its axes are vectors, one after the other, in LPS."""
    axes = _LPS_TO_RAS @ grid.ijk_to_ras[:3, :3] / grid.spacing
    fields = {
        "ObjectType": "Image",
        "NDims": 3,
        "BinaryData": True,
        "BinaryDataByteOrderMSB": False,
        "CompressedData": False,
        "TransformMatrix": _numbers(axes.T.ravel()),
        "Offset": _numbers(_LPS_TO_RAS @ grid.ijk_to_ras[:3, 3]),
        "CenterOfRotation": "0 0 0",
        "ElementSpacing": _numbers(grid.spacing),
        "DimSize": " ".join(map(str, grid.shape)),
        "ElementType": _ELEMENTS[kind],
        "ElementDataFile": "LOCAL",
    }
    return "".join(f"{key} = {value}\n" for key, value in fields.items()).encode("ascii")


def _numbers(values: npt.NDArray[np.float64]) -> str:
    return " ".join(repr(float(each)) for each in values)
