"""Triangle meshes of .ply files, ASCII or binary.

References
----------
Turk G (1994) The PLY polygon file format. Stanford University.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from ..errors import ReadError
from ..geometry import FloatArray
from .limits import DAMAGED
from .shape_limits import check_count

_TYPES = {"char": "i1", "uchar": "u1", "short": "i2", "ushort": "u2", "int": "i4", "uint": "u4", "float": "f4", "double": "f8"}
_TYPES |= {"int8": "i1", "uint8": "u1", "int16": "i2", "uint16": "u2", "int32": "i4", "uint32": "u4"}
_TYPES |= {"float32": "f4", "float64": "f8"}
_ORDERS = {"ascii": "", "binary_little_endian": "<", "binary_big_endian": ">"}
_LONGEST_HEADER = 1 << 16

Columns = dict[str, npt.NDArray[Any]]
Triangles = npt.NDArray[np.int64]


@dataclass(frozen=True)
class _Element:
    """What the header says of vertices or faces: how many, and the names and types of their properties."""

    name: str
    count: int
    properties: tuple[tuple[str, str], ...]

    def dtype(self, order: str) -> np.dtype[np.void]:
        """Return how one of them lies in a binary file; a list counts as one of three."""
        fields: list[tuple[str, str] | tuple[str, str, int]] = []
        for name, kind in self.properties:
            if " " in kind:
                count, item = kind.split()
                fields += [(f"{name}#", order + count), (name, order + item, 3)]
            else:
                fields.append((name, order + kind))
        return np.dtype(fields)


def read_ply_arrays(path: Path) -> tuple[FloatArray, Triangles]:
    """Return vertices (n, 3) and triangles (t, 3) as they stand in the file.

    Raises
    ------
    ReadError
        If the file is damaged, or has faces that are no triangles.
    """
    data = path.read_bytes()
    order, elements, body = _header(path.name, data)
    tables = _ascii(path.name, body, elements) if not order else _binary(path.name, body, elements, order)
    try:
        vertices = np.stack([tables["vertex"][axis].astype(np.float64) for axis in "xyz"], axis=1)
        faces = next(tables["face"][name] for name in ("vertex_indices", "vertex_index") if name in tables["face"])
    except (KeyError, StopIteration) as error:
        raise ReadError(f"{path.name} lacks vertices or faces.", DAMAGED) from error
    return vertices, faces.astype(np.int64)


def _header(name: str, data: bytes) -> tuple[str, list[_Element], bytes]:
    head, found, _ = data[:_LONGEST_HEADER].partition(b"end_header")
    if not data.startswith(b"ply") or not found:
        raise ReadError(f"{name} is no .ply file.", DAMAGED)
    first = data.index(b"\n", len(head)) + 1 if b"\n" in data[len(head) :] else len(data)
    elements: list[_Element] = []
    order = None
    for line in head.decode("ascii", "replace").splitlines():
        words = line.split()
        if words[:1] == ["format"] and len(words) > 1:
            order = _ORDERS.get(words[1])
        elif words[:1] == ["element"] and len(words) == 3 and words[2].isdigit():
            elements.append(_Element(words[1], check_count(name, words[1], int(words[2]), 1 << 20), ()))
        elif words[:1] == ["property"] and elements:
            elements[-1] = _with_property(name, elements[-1], words[1:])
    if order is None:
        raise ReadError(f"{name} is a .ply file of no known kind.", DAMAGED)
    return order, elements, data[first:]


def _with_property(name: str, element: _Element, words: list[str]) -> _Element:
    kinds = [_TYPES.get(each, "") for each in (words[1:3] if words[:1] == ["list"] else words[:1])]
    if not kinds or not all(kinds):
        raise ReadError(f"{name} has a property of an unknown type.", DAMAGED)
    return _Element(element.name, element.count, (*element.properties, (words[-1], " ".join(kinds))))


def _binary(name: str, body: bytes, elements: list[_Element], order: str) -> dict[str, Columns]:
    tables, at = {}, 0
    for element in elements:
        kind = element.dtype(order)
        if len(body) < at + element.count * kind.itemsize:
            raise ReadError(f"{name} is cut off, or has faces that are no triangles.", "Triangulate it, or save it again.")
        rows = np.frombuffer(body, kind, element.count, at)
        at += element.count * kind.itemsize
        tables[element.name] = _columns(name, {each: rows[each] for each in kind.names or ()})
    return tables


def _ascii(name: str, body: bytes, elements: list[_Element]) -> dict[str, Columns]:
    tables, lines, at = {}, body.split(b"\n"), 0
    for element in elements:
        width = sum(4 if " " in kind else 1 for _, kind in element.properties)
        try:
            rows = np.array([line.split() for line in lines[at : at + element.count]], dtype=np.float64)
        except ValueError as error:
            raise ReadError(f"{name} holds lines of different lengths: not all its faces are triangles.", DAMAGED) from error
        if rows.shape != (element.count, width):
            raise ReadError(f"{name} is cut off, or has faces that are no triangles.", "Triangulate it, or save it again.")
        at += element.count
        columns, first = {}, 0
        for each, kind in element.properties:
            if " " in kind:
                columns[f"{each}#"], columns[each], first = rows[:, first], rows[:, first + 1 : first + 4], first + 4
            else:
                columns[each], first = rows[:, first], first + 1
        tables[element.name] = _columns(name, columns)
    return tables


def _columns(name: str, columns: Columns) -> Columns:
    """Return the columns once every list is one of three."""
    for each, values in columns.items():
        if each.endswith("#") and (values != 3).any():
            raise ReadError(f"{name} has faces that are no triangles.", "Triangulate it.")
    return columns
