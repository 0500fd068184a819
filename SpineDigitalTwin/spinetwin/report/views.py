"""From which side a picture looks at the patient, and where a point in space lies in it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ..geometry import FloatArray


@dataclass(frozen=True)
class View:
    """One orthographic direction of view along the patient's axes.

    Attributes
    ----------
    name : str
        Also the name of the picture's file.
    title : str
        For people.
    across, up, towards : tuple of 3 ints
        Unit vectors in RAS: to the right in the picture, up in the picture, and towards the viewer.
    left_letter, right_letter : str
        Side of the patient that lies at the left and at the right of the picture.
    """

    name: str
    title: str
    across: tuple[int, int, int]
    up: tuple[int, int, int]
    towards: tuple[int, int, int]
    left_letter: str
    right_letter: str

    def components(self, ras: npt.ArrayLike) -> FloatArray:
        """Map RAS mm (..., 3) to mm across, up and towards the viewer (..., 3)."""
        return np.asarray(ras, dtype=np.float64) @ np.array([self.across, self.up, self.towards], dtype=np.float64).T


VIEWS: tuple[View, ...] = (
    View("front", "From the front", (-1, 0, 0), (0, 0, 1), (0, 1, 0), "R", "L"),
    View("right", "From the right", (0, 1, 0), (0, 0, 1), (1, 0, 0), "P", "A"),
    View("back", "From the back", (1, 0, 0), (0, 0, 1), (0, -1, 0), "L", "R"),
)
"""The three views of the report. RAS: R is +x, A is +y, S is +z."""


@dataclass(frozen=True)
class Canvas:
    """The pixels of one view.

    Attributes
    ----------
    view : View
        The direction of view.
    pixel : float
        Edge of a pixel in mm.
    left, top : int
        Pixel counts from the RAS origin to the centre of the first pixel: across, and up.
    shape : (rows, columns)
        Size of the picture.
    """

    view: View
    pixel: float
    left: int
    top: int
    shape: tuple[int, int]

    @classmethod
    def around(cls, view: View, low: npt.ArrayLike, high: npt.ArrayLike, pixel: float) -> Canvas:
        """Return the canvas that holds the RAS box from `low` to `high` (mm)."""
        ends = view.components(np.array([low, high]))[:, :2] / pixel
        left, bottom = np.floor(ends.min(axis=0) + 1e-6).astype(int)
        right, top = np.ceil(ends.max(axis=0) - 1e-6).astype(int)
        return cls(view, pixel, int(left), int(top), (int(top - bottom) + 1, int(right - left) + 1))

    def project(self, ras: npt.ArrayLike) -> tuple[FloatArray, FloatArray, FloatArray]:
        """Map RAS mm (..., 3) to column, row (pixel centres are whole numbers; row 0 is on top) and mm towards the viewer."""
        across, up, towards = np.moveaxis(self.view.components(ras), -1, 0)
        return across / self.pixel - self.left, self.top - up / self.pixel, towards

    def holds(self, column: FloatArray, row: FloatArray) -> npt.NDArray[np.bool_]:
        """Say which pixel positions lie on the canvas."""
        rows, columns = self.shape
        return np.asarray((column >= -0.5) & (column <= columns - 0.5) & (row >= -0.5) & (row <= rows - 0.5))
