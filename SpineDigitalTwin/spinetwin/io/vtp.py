"""Triangle meshes of .vtp files: ASCII, inline or appended, plain or packed with zlib.

References
----------
The VTK user's guide, "XML file formats".
"""

from __future__ import annotations

import base64
import binascii
import re
import zlib
from pathlib import Path
from xml.etree.ElementTree import Element, ParseError, XMLParser

import numpy as np
import numpy.typing as npt

from ..errors import ReadError
from ..geometry import FloatArray
from .limits import DAMAGED
from .shape_limits import MOST_BYTES, check_count

_TYPES = {"Float32": "f4", "Float64": "f8", "Int8": "i1", "UInt8": "u1", "Int16": "i2", "UInt16": "u2"}
_TYPES |= {"Int32": "i4", "UInt32": "u4", "Int64": "i8", "UInt64": "u8"}
_APPENDED = re.compile(rb"<AppendedData[^>]*encoding=\"(\w+)\"[^>]*>\s*_")
_MOST_BLOCKS = 1 << 16
_LONGEST_WORD = 16


def read_vtp_arrays(path: Path) -> tuple[FloatArray, npt.NDArray[np.int64], str]:
    """Return vertices (n, 3) and triangles (t, 3) as they stand in the file, and the word of its axes, such as "LPS", or "".

    Raises
    ------
    ReadError
        If the file is damaged, or has cells that are no triangles.
    """
    try:
        return _arrays(path.name, path.read_bytes())
    except (ParseError, ValueError, KeyError, IndexError, zlib.error, binascii.Error, MemoryError) as error:
        raise ReadError(f"{path.name} is no whole .vtp file of triangles.", DAMAGED) from error


def _arrays(name: str, data: bytes) -> tuple[FloatArray, npt.NDArray[np.int64], str]:
    if b"<!DOCTYPE" in data or b"<!ENTITY" in data:
        raise ReadError(f"{name} declares entities, which no .vtp file needs.", DAMAGED)
    found = _APPENDED.search(data)
    appended = None
    if found:
        appended = found[1].decode(), data[found.end() : data.rfind(b"</AppendedData>")]
        data = data[: found.start()] + b"</VTKFile>"
    # without entities, and no larger than what was read, there is nothing an attack could do
    parser = XMLParser()  # noqa: S314
    parser.feed(data)
    root = parser.close()
    file = _File(name, root, appended)
    pieces = root.findall("./PolyData/Piece")
    if len(pieces) != 1:
        raise ReadError(f"{name} holds {len(pieces)} pieces; one is needed.", "Save one surface to a file of its own.")
    counts = {key: int(pieces[0].get(f"NumberOf{key}", "0")) for key in ("Points", "Polys", "Strips")}
    check_count(name, "points", counts["Points"])
    points = file.values(pieces[0].find("./Points/DataArray"), 3 * counts["Points"])
    cells = {each.get("Name"): each for each in pieces[0].findall("./Polys/DataArray")}
    offsets = file.values(cells.get("offsets"), check_count(name, "cells", counts["Polys"], 1 << 20)).astype(np.int64)
    if counts["Strips"] or (offsets != 3 * np.arange(1, counts["Polys"] + 1)).any():
        raise ReadError(f"{name} has polygons that are no triangles.", "Triangulate it.")
    triangles = file.values(cells.get("connectivity"), 3 * counts["Polys"]).astype(np.int64)
    return points.astype(np.float64).reshape(-1, 3), triangles.reshape(-1, 3), file.space(root)


class _File:
    """How numbers lie in this file."""

    def __init__(self, name: str, root: Element, appended: tuple[str, bytes] | None) -> None:
        self._name, self._appended = name, appended
        self._order = ">" if root.get("byte_order") == "BigEndian" else "<"
        self._head = np.dtype(self._order + _TYPES[root.get("header_type", "UInt32")])
        packer = root.get("compressor", "")
        if packer not in ("", "vtkZLibDataCompressor"):
            raise ReadError(f"{name} is packed in a way that is not read.", "Save it with zlib, or unpacked.")
        self._packed = bool(packer)

    def space(self, root: Element) -> str:
        """Return the word of its axes, "" if it has none."""
        for each in root.findall("./PolyData/FieldData/Array"):
            if each.get("Name") == "SPACE":
                plain = each.get("format") == "ascii"
                text = bytes(int(code) for code in (each.text or "").split()) if plain else self._bytes(each, _LONGEST_WORD)
                return text.partition(b"\0")[0].decode("ascii", "replace")
        return ""

    def values(self, array: Element | None, count: int) -> npt.NDArray[np.generic]:
        """Return so many numbers of an array."""
        if array is None:
            raise ReadError(f"{self._name} lacks points or polygons.", DAMAGED)
        kind = np.dtype(self._order + _TYPES[array.get("type", "")])
        if array.get("format") == "ascii":
            numbers = np.array((array.text or "").split()[: count + 1], dtype=np.float64)
        else:
            numbers = np.frombuffer(self._bytes(array, kind.itemsize * count), kind)
        if len(numbers) != count:
            raise ReadError(f"{self._name} holds {len(numbers)} numbers where {count} should be.", DAMAGED)
        return numbers

    def _bytes(self, array: Element, size: int) -> bytes:
        if array.get("format") == "appended":
            if self._appended is None:
                raise ReadError(f"{self._name} lacks its appended data.", DAMAGED)
            encoding, data = self._appended
            data = data[int(array.get("offset", "0")) :]
            return self._unpacked(data, size, text=encoding == "base64")
        return self._unpacked("".join((array.text or "").split()).encode(), size, text=True)

    def _unpacked(self, data: bytes, size: int, *, text: bool) -> bytes:
        if not self._packed:
            whole = _decoded(data, self._head.itemsize + size) if text else data
            return whole[self._head.itemsize : self._head.itemsize + size]
        first = self._numbers(data, 1, text=text)
        blocks = int(first[0])
        if not 0 <= blocks <= _MOST_BLOCKS or size > MOST_BYTES:
            raise ReadError(f"{self._name} claims to hold {blocks} packed blocks.", DAMAGED)
        head = self._numbers(data, 3 + blocks, text=text)
        sizes, length = head[3:].tolist(), (3 + blocks) * self._head.itemsize
        if text:
            start = -(-length // 3) * 4
            body = _decoded(data[start:], sum(sizes))
        else:
            body = data[length:]
        parts, at = [], 0
        for each in sizes:
            parts.append(zlib.decompressobj().decompress(body[at : at + each], size))
            at += each
        return b"".join(parts)[:size]

    def _numbers(self, data: bytes, count: int, *, text: bool) -> npt.NDArray[np.uint64]:
        size = count * self._head.itemsize
        raw = _decoded(data, size) if text else data[:size]
        return np.frombuffer(raw[:size], self._head).astype(np.uint64)


def _decoded(data: bytes, size: int) -> bytes:
    """Return at least so many bytes of base64, as far as they are there."""
    return base64.b64decode(data[: -(-size // 3) * 4])
