"""Triangle meshes of legacy .vtk files (DATASET POLYDATA), ASCII or binary, of versions 2 to 5.

References
----------
The VTK user's guide, "Simple legacy formats"; version 5.1 of the format (offsets and connectivity).
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import numpy.typing as npt

from ..errors import ReadError
from ..geometry import FloatArray
from .limits import DAMAGED
from .shape_limits import MOST_VERTICES, check_count

_TYPES = {"float": ">f4", "double": ">f8", "int": ">i4", "vtkidtype": ">i8", "vtktypeint64": ">i8", "vtktypeint32": ">i4"}
_NO_TRIANGLES = "Triangulate it."


def read_vtk_arrays(path: Path) -> tuple[FloatArray, npt.NDArray[np.int64], str]:
    """Return vertices (n, 3) and triangles (t, 3) as they stand in the file, and its title.

    Raises
    ------
    ReadError
        If the file is damaged, of another data set, or has cells that are no triangles.
    """
    reader = _Tokens(path)
    points = polygons = None
    while (word := reader.word()) and (points is None or polygons is None):
        if word == "POINTS":
            count, kind = reader.count("points"), reader.word().lower()
            points = reader.values(3 * count, kind).reshape(-1, 3)
        elif word in ("POLYGONS", "TRIANGLE_STRIPS"):
            if word != "POLYGONS":
                raise ReadError(f"{path.name} has strips of triangles.", _NO_TRIANGLES)
            polygons = reader.polygons()
    if points is None or polygons is None:
        raise ReadError(f"{path.name} lacks points or polygons.", DAMAGED)
    return points.astype(np.float64), polygons, reader.title


class _Tokens:
    """A file as words, and as numbers where words announce them."""

    def __init__(self, path: Path) -> None:
        self._name, self._data, self._at = path.name, path.read_bytes(), 0
        version, self.title, mode = (self._line() for _ in range(3))
        if not version.startswith("# vtk DataFile Version") or mode.strip().upper() not in ("ASCII", "BINARY"):
            raise ReadError(f"{path.name} is no legacy .vtk file.", DAMAGED)
        self._binary = mode.strip().upper() == "BINARY"
        if [self.word(), self.word().upper()] != ["DATASET", "POLYDATA"]:
            raise ReadError(f"{path.name} holds no surface.", "Save it as polydata.")

    def _line(self) -> str:
        end = self._data.find(b"\n", self._at)
        end = len(self._data) if end < 0 else end
        text, self._at = self._data[self._at : end].decode("ascii", "replace"), end + 1
        return text

    def word(self) -> str:
        """Return the next word; "" at the end."""
        while self._at < len(self._data) and self._data[self._at : self._at + 1].isspace():
            self._at += 1
        start = self._at
        while self._at < len(self._data) and not self._data[self._at : self._at + 1].isspace():
            self._at += 1
        return self._data[start : self._at].decode("ascii", "replace")

    def count(self, what: str, most: int = MOST_VERTICES) -> int:
        """Return the next word as a believable number of things."""
        word = self.word()
        return check_count(self._name, what, int(word) if word.isdigit() else -1, most)

    def values(self, count: int, kind: str) -> npt.NDArray[np.generic]:
        """Return the numbers that follow."""
        if kind not in _TYPES:
            raise ReadError(f"{self._name} has numbers of the unknown type {kind[:20]}.", DAMAGED)
        if self._binary:
            self._at = self._data.find(b"\n", self._at) + 1
            size = np.dtype(_TYPES[kind]).itemsize * count
            if len(self._data) < self._at + size:
                raise ReadError(f"{self._name} is cut off.", DAMAGED)
            self._at += size
            return np.frombuffer(self._data, _TYPES[kind], count, self._at - size)
        try:
            return np.array([float(self.word()) for _ in range(count)])
        except ValueError as error:
            raise ReadError(f"{self._name} is cut off, or holds words where numbers should be.", DAMAGED) from error

    def polygons(self) -> npt.NDArray[np.int64]:
        """Return the triangles (t, 3) that follow, in the old layout or the one with offsets."""
        first, second = self.count("cells", 1 << 20), self.count("numbers", 1 << 22)
        place = self._at
        if self.word() != "OFFSETS":
            self._at = place
            cells = self.values(second, "int").astype(np.int64)
            if second != 4 * first or (cells[::4] != 3).any():
                raise ReadError(f"{self._name} has polygons that are no triangles.", _NO_TRIANGLES)
            return cells.reshape(-1, 4)[:, 1:]
        offsets = self.values(first, self.word().lower()).astype(np.int64)
        if self.word() != "CONNECTIVITY" or (np.diff(offsets) != 3).any() or second != 3 * (first - 1):
            raise ReadError(f"{self._name} has polygons that are no triangles.", _NO_TRIANGLES)
        return self.values(second, self.word().lower()).astype(np.int64).reshape(-1, 3)
