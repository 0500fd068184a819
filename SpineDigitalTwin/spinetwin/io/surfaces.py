"""Closed surfaces as .vtp and .stl, which 3D Slicer and most programs read.

Files are in LPS, as Slicer expects, and say so the way Slicer writes and reads it: the header of an .stl holds ``SPACE=LPS``, a
.vtp has a field data array ``SPACE``. Both are binary; the same surface gives the same bytes.

References
----------
vtkMRMLModelStorageNode.cxx of 3D Slicer. The VTK user's guide, "XML file formats".
"""

from __future__ import annotations

import base64
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from ..errors import ParameterError, ReadError
from ..geometry.surfaces import Surface
from .atomic import atomic_write
from .texts import PathLike

SURFACE_SUFFIXES = (".vtp", ".stl")

TO_LPS = np.array([-1.0, -1.0, 1.0])
"""Times places in RAS: the same in LPS, and back."""

_STL_HEADER, _MOST_BYTES = 80, 1 << 28
_STL_TRIANGLE = np.dtype([("normal", "<f4", 3), ("corners", "<f4", (3, 3)), ("attribute", "<u2")])


def write_surface(path: PathLike, surface: Surface) -> None:
    """Write a surface, whole or not at all.

    Parameters
    ----------
    path : path
        .vtp or .stl.
    surface : Surface
        RAS mm.

    Raises
    ------
    ParameterError
        If the name says no known format.
    WriteError
        As `spinetwin.io.atomic.atomic_write`.
    """
    suffix = Path(path).suffix.lower()
    if suffix not in SURFACE_SUFFIXES:
        raise ParameterError(f"Cannot tell from its name how to write {path}.", "Known are .vtp and .stl.")
    # turning x and y round is a rotation, so that the triangles still look outwards
    lps = Surface(surface.vertices * TO_LPS, surface.triangles)
    with atomic_write(path) as temporary:
        temporary.write_bytes(_vtp(lps) if suffix == ".vtp" else _stl(lps))


def read_stl(path: PathLike) -> Surface:
    """Read a binary .stl file; without a word of its axes it is in LPS, as 3D Slicer takes it.

    Parameters
    ----------
    path : path
        mm.

    Returns
    -------
    Surface
        RAS mm; every triangle has corners of its own.

    Raises
    ------
    ReadError
        If there is no such file, or it is no binary .stl, cut off, or holds what is no number.
    """
    name = Path(path).name
    try:
        if Path(path).stat().st_size > _MOST_BYTES:
            raise ReadError(f"{name} is too large for the surface of a vertebra.", "Decimate it.")
        data = Path(path).read_bytes()
    except OSError as error:
        raise ReadError(f"Cannot open {path}: {error.strerror or error}.", "Check the name.") from error
    count = int.from_bytes(data[_STL_HEADER : _STL_HEADER + 4], "little")
    if not count or len(data) != _STL_HEADER + 4 + count * _STL_TRIANGLE.itemsize:
        raise ReadError(f"{name} is no binary .stl file, or it is cut off.", "Save the surface again, as binary .stl.")
    corners = np.frombuffer(data, _STL_TRIANGLE, count, _STL_HEADER + 4)["corners"].reshape(-1, 3).astype(np.float64)
    if not np.isfinite(corners).all():
        raise ReadError(f"{name} holds corners that are no numbers.", "Save the surface again.")
    vertices = corners if b"SPACE=RAS" in data[:_STL_HEADER] else corners * TO_LPS
    return Surface(vertices, np.arange(3 * count).reshape(-1, 3))


def write_local_stl(path: PathLike, surface: Surface) -> None:
    """Write a surface that is told along axes of its own, in a unit of its own, as binary .stl.

    Raises
    ------
    WriteError
        As `spinetwin.io.atomic.atomic_write`.
    """
    with atomic_write(path) as temporary:
        temporary.write_bytes(_stl(surface, b"spinetwin"))


def _stl(surface: Surface, header: bytes = b"spinetwin. SPACE=LPS") -> bytes:
    triangles = np.zeros(len(surface.triangles), dtype=_STL_TRIANGLE)
    normals = surface.normals
    triangles["normal"] = normals / np.maximum(np.linalg.norm(normals, axis=1, keepdims=True), 1e-30)
    triangles["corners"] = surface.vertices[surface.triangles]
    count = len(triangles).to_bytes(4, "little")
    return header.ljust(_STL_HEADER) + count + bytes(triangles.tobytes())


def _vtp(surface: Surface) -> bytes:
    count = len(surface.triangles)
    text = f"""<?xml version="1.0"?>
<VTKFile type="PolyData" version="1.0" byte_order="LittleEndian" header_type="UInt64">
<PolyData>
<FieldData>
<Array type="String" Name="SPACE" NumberOfTuples="1" format="ascii">{" ".join(str(each) for each in b"LPS")} 0</Array>
</FieldData>
<Piece NumberOfPoints="{len(surface.vertices)}" NumberOfVerts="0" NumberOfLines="0" NumberOfStrips="0" NumberOfPolys="{count}">
<Points>{_array("Points", "Float32", surface.vertices.astype("<f4"), 'NumberOfComponents="3" ')}</Points>
<Polys>
{_array("connectivity", "Int64", surface.triangles.astype("<i8"))}
{_array("offsets", "Int64", 3 * np.arange(1, count + 1, dtype="<i8"))}
</Polys>
</Piece>
</PolyData>
</VTKFile>
"""
    return text.encode("ascii")


def _array(name: str, kind: str, values: npt.NDArray[Any], more: str = "") -> str:
    data = values.tobytes()
    packed = base64.b64encode(len(data).to_bytes(8, "little") + data).decode("ascii")
    return f'<DataArray type="{kind}" Name="{name}" {more}format="binary">{packed}</DataArray>'
