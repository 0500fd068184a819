"""NIfTI-1 and NIfTI-2, read as a stream of slabs.

Why not through ITK, as the other formats: ITK 5.4 reads a truncated NIfTI file without an error and fills the rest with zeros,
it refuses or alters affines that are sheared, and it holds a whole float64 map in memory. Here a map is converted slab by slab.

Reference: https://nifti.nimh.nih.gov (nifti1.h, nifti2.h).
"""

from __future__ import annotations

import gzip
import struct
import zlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, cast

import numpy as np
import numpy.typing as npt

from ..errors import ReadError
from ..geometry import FloatArray, Grid
from .limits import DAMAGED, check_dimensions, check_size

_CODES = {2: "u1", 4: "i2", 8: "i4", 16: "f4", 64: "f8", 256: "i1", 512: "u2", 768: "u4", 1024: "i8", 1280: "u8"}
_UNITS_IN_MM = {0: 1.0, 1: 1000.0, 2: 1.0, 3: 0.001}
_SLAB_BYTES = 1 << 23

_GZIP = zlib.MAX_WBITS + 16
"""What makes zlib write the header and the end of gzip."""

_LABELS, _NOISE = (6, zlib.Z_DEFAULT_STRATEGY), (1, zlib.Z_RLE)
"""Effort and strategy. Noise has no repeats to look for: without them an image takes half the time, and 4 % more room."""


@dataclass(frozen=True)
class NiftiHeader:
    """What is needed to read the voxels: their type, where they begin, how values are scaled, and where they lie."""

    grid: Grid
    dtype: np.dtype[Any]
    offset: int
    slope: float
    intercept: float

    @property
    def scaled(self) -> bool:
        """Whether stored values differ from the values that are meant."""
        return (self.slope, self.intercept) != (1.0, 0.0)


@contextmanager
def open_nifti(path: Path) -> Iterator[tuple[NiftiHeader, Iterator[npt.NDArray[Any]]]]:
    """Open a NIfTI file.

    Parameters
    ----------
    path : Path
        An existing file, compressed or not (found by content, not by name).

    Yields
    ------
    header : NiftiHeader
    slabs : iterator of (i, j, n) arrays
        Consecutive blocks along k in the stored type and byte order, with the scaling applied.

    Raises
    ------
    ReadError
        If the file is no NIfTI file, damaged, truncated, or does not say where it lies.
    """
    with path.open("rb") as raw:
        packed = raw.read(2) == b"\x1f\x8b"
        raw.seek(0)
        stream = cast(BinaryIO, gzip.GzipFile(fileobj=raw)) if packed else cast(BinaryIO, raw)
        try:
            header = _read_header(stream, path)
            check_size(path, header.grid.shape, header.dtype.itemsize, header.offset, packed=packed)
            yield header, _slabs(stream, header, path)
        except (EOFError, zlib.error, gzip.BadGzipFile) as error:
            raise ReadError(f"{path.name} is damaged or truncated.", DAMAGED) from error


def _read_exactly(stream: BinaryIO, count: int, path: Path) -> bytes:
    data = stream.read(count)
    if len(data) < count:
        raise ReadError(f"{path.name} is truncated.", DAMAGED)
    return data


def _slabs(stream: BinaryIO, header: NiftiHeader, path: Path) -> Iterator[npt.NDArray[Any]]:
    at = stream.tell()
    _read_exactly(stream, header.offset - at, path)
    ni, nj, nk = header.grid.shape
    plane = ni * nj * header.dtype.itemsize
    step = max(1, _SLAB_BYTES // plane)
    for start in range(0, nk, step):
        count = min(step, nk - start)
        data = _read_exactly(stream, plane * count, path)
        slab = np.frombuffer(data, dtype=header.dtype).reshape(count, nj, ni).T
        yield slab * header.slope + header.intercept if header.scaled else slab
    if isinstance(stream, gzip.GzipFile):
        # the checksum is only compared at the very end
        while stream.read(1 << 16):
            pass


def _read_header(stream: BinaryIO, path: Path) -> NiftiHeader:
    head = stream.read(4)
    order, size = next(
        ((order, size) for order in "<>" for size in (348, 540) if head == struct.pack(order + "i", size)), ("", 0)
    )
    if not size:
        raise ReadError(f"{path.name} is not a NIfTI file, or its beginning is damaged.", DAMAGED)
    data = head + _read_exactly(stream, size - 4, path)
    fields = _fields_1(data, order) if size == 348 else _fields_2(data, order)
    if not fields.magic.startswith(b"n+"):
        raise ReadError(f"{path.name} holds only a header, its voxels are in another file.", "Save it as one .nii.gz file.")
    code = _CODES.get(fields.datatype)
    if code is None:
        raise ReadError(
            f"{path.name} holds colours, complex or other unusual voxels (type {fields.datatype}).",
            "One number per voxel is needed.",
        )
    shape = check_dimensions(path, fields.dim[1 : fields.dim[0] + 1] if 0 < fields.dim[0] < 8 else ())
    slope, intercept = (fields.slope, fields.intercept) if fields.slope and np.isfinite(fields.slope) else (1.0, 0.0)
    try:
        grid = Grid(shape, _affine(fields, path))
    except ValueError as error:
        raise ReadError(f"{path.name} has an unusable orientation in its header.", "Write it again from its source.") from error
    offset = max(int(fields.offset), size) if np.isfinite(fields.offset) else size
    return NiftiHeader(grid, np.dtype(order + code), offset, slope, intercept)


@dataclass(frozen=True)
class _Fields:
    magic: bytes
    dim: tuple[int, ...]
    datatype: int
    pixdim: tuple[float, ...]
    offset: float
    slope: float
    intercept: float
    units: int
    qform: int
    sform: int
    quaternion: tuple[float, ...]
    rows: tuple[float, ...]


def _fields_1(data: bytes, order: str) -> _Fields:
    def get(form: str, at: int) -> tuple[Any, ...]:
        return struct.unpack_from(order + form, data, at)

    qform, sform = get("2h", 252)
    offset, slope, intercept = get("3f", 108)
    return _Fields(
        magic=data[344:348],
        dim=get("8h", 40),
        datatype=get("h", 70)[0],
        pixdim=get("8f", 76),
        offset=offset,
        slope=slope,
        intercept=intercept,
        units=data[123] & 7,
        qform=qform,
        sform=sform,
        quaternion=get("6f", 256),
        rows=get("12f", 280),
    )


def _fields_2(data: bytes, order: str) -> _Fields:
    def get(form: str, at: int) -> tuple[Any, ...]:
        return struct.unpack_from(order + form, data, at)

    qform, sform = get("2i", 344)
    offset, slope, intercept = get("q2d", 168)
    return _Fields(
        magic=data[4:8],
        dim=get("8q", 16),
        datatype=get("h", 12)[0],
        pixdim=get("8d", 104),
        offset=offset,
        slope=slope,
        intercept=intercept,
        units=get("i", 500)[0] & 7,
        qform=qform,
        sform=sform,
        quaternion=get("6d", 352),
        rows=get("12d", 400),
    )


def _affine(fields: _Fields, path: Path) -> FloatArray:
    if fields.sform > 0:
        affine = np.vstack([np.array(fields.rows, dtype=np.float64).reshape(3, 4), [0, 0, 0, 1]])
    elif fields.qform > 0:
        affine = _from_quaternion(fields)
    else:
        raise ReadError(
            f"{path.name} does not say how it lies in the patient (neither qform nor sform).",
            "Left and right cannot be known; write it again from its source with the orientation kept.",
        )
    affine[:3] *= _UNITS_IN_MM.get(fields.units, 1.0)
    return affine


def _from_quaternion(fields: _Fields) -> FloatArray:
    b, c, d = (float(x) for x in fields.quaternion[:3])
    a = np.sqrt(max(0.0, 1.0 - b * b - c * c - d * d))
    a, b, c, d = np.array([a, b, c, d]) / np.sqrt(a * a + b * b + c * c + d * d)
    rotation = np.array(
        [
            [a * a + b * b - c * c - d * d, 2 * (b * c - a * d), 2 * (b * d + a * c)],
            [2 * (b * c + a * d), a * a + c * c - b * b - d * d, 2 * (c * d - a * b)],
            [2 * (b * d - a * c), 2 * (c * d + a * b), a * a + d * d - b * b - c * c],
        ]
    )
    affine = np.eye(4)
    # pixdim[0] is the handedness: -1 turns the third axis round
    affine[:3, :3] = rotation * np.array(fields.pixdim[1:4]) * [1, 1, -1 if fields.pixdim[0] < 0 else 1]
    affine[:3, 3] = fields.quaternion[3:]
    return affine


def nifti_header(dtype: npt.DTypeLike, grid: Grid) -> bytes:
    """Return what stands before the voxels: the affine as sform, and as qform where it has no shear."""
    dtype = np.dtype(dtype)
    code = {value: key for key, value in _CODES.items()}[dtype.str[1:]]
    affine = grid.ijk_to_ras
    head = bytearray(348)
    struct.pack_into("<i", head, 0, 348)
    struct.pack_into("<8h", head, 40, 3, *grid.shape, 1, 1, 1, 1)
    struct.pack_into("<2h", head, 70, code, dtype.itemsize * 8)
    quaternion, handedness = _to_quaternion(affine)
    struct.pack_into("<8f", head, 76, handedness, *grid.spacing, 0, 0, 0, 0)
    struct.pack_into("<3f", head, 108, 352, 1, 0)
    head[123] = 2
    struct.pack_into("<2h", head, 252, 0 if quaternion is None else 1, 1)
    struct.pack_into("<6f", head, 256, *(quaternion if quaternion is not None else (0, 0, 0)), *affine[:3, 3])
    struct.pack_into("<12f", head, 280, *affine[:3].ravel())
    head[344:348] = b"n+1\0"
    return bytes(head) + bytes(4)


def write_nifti(path: Path, array: npt.NDArray[Any], grid: Grid, *, packed: bool) -> None:
    """Write an (i, j, k) array as NIfTI-1 with its affine as sform, and as qform where it has no shear.

    Parameters
    ----------
    path : Path
        Where to write; no care is taken here of what was there (see `atomic_write`).
    array : (i, j, k) array of a NIfTI data type
    grid : Grid
    packed : bool
        Compress with gzip; the same input gives the same bytes.
    """
    parts = _in_order(array, grid)
    with path.open("wb") as raw:
        raw.writelines(_deflated(parts, *(_LABELS if array.dtype.itemsize == 1 else _NOISE)) if packed else parts)


def _in_order(array: npt.NDArray[Any], grid: Grid) -> Iterator[bytes]:
    """Yield header and voxels as a file has them, slice by slice."""
    little = array.dtype.newbyteorder("<")
    yield nifti_header(array.dtype, grid)
    for k in range(array.shape[2]):
        yield np.ascontiguousarray(array[:, :, k].T, dtype=little).tobytes()


def _deflated(parts: Iterable[bytes], effort: int, strategy: int) -> Iterator[bytes]:
    pack = zlib.compressobj(effort, wbits=_GZIP, strategy=strategy)
    for part in parts:
        yield pack.compress(part)
    yield pack.flush()


def _to_quaternion(affine: FloatArray) -> tuple[FloatArray | None, float]:
    """Return (b, c, d) and the handedness of an affine, or None for the quaternion of one with shear."""
    axes = affine[:3, :3] / np.linalg.norm(affine[:3, :3], axis=0)
    handedness = 1.0 if np.linalg.det(axes) > 0 else -1.0
    axes[:, 2] *= handedness
    if np.abs(axes.T @ axes - np.eye(3)).max() > 1e-4:
        return None, handedness
    a, *rest = _quaternion(axes)
    return np.array(rest) * (-1.0 if a < 0 else 1.0), handedness


def _quaternion(rotation: FloatArray) -> FloatArray:
    """Return the unit quaternion (a, b, c, d) of a rotation matrix, by its largest component.

    Shepperd SW (1978) Quaternion from rotation matrix. J Guid Control 1:223-224.
    """
    (xx, xy, xz), (yx, yy, yz), (zx, zy, zz) = rotation
    columns = np.array(
        [
            [1 + xx + yy + zz, zy - yz, xz - zx, yx - xy],
            [zy - yz, 1 + xx - yy - zz, xy + yx, xz + zx],
            [xz - zx, xy + yx, 1 - xx + yy - zz, yz + zy],
            [yx - xy, xz + zx, yz + zy, 1 - xx - yy + zz],
        ]
    )
    longest = columns[int(np.argmax(np.diag(columns)))]
    return np.asarray(longest / np.linalg.norm(longest))
