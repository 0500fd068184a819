"""A film and the camera it was taken with."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from ..geometry import FloatArray
from .cameras import Camera
from .setups import Setup, camera_of, spacing_sentence


@dataclass(frozen=True)
class Picture:
    """A radiograph as it was read.

    Attributes
    ----------
    values : (rows, columns) array
        Larger where more is in the way of the rays.
    setup : Setup
        What its file says of its geometry.
    """

    values: FloatArray
    setup: Setup

    def film(self, view: str) -> Film:
        """Return the film with its camera.

        Raises
        ------
        ParameterError
            If the geometry is not known.
        """
        rows, columns = self.values.shape
        camera = camera_of(self.setup, view, (columns, rows))
        values = -self.values if self.setup.bright == "air" else self.values
        return Film(view, values, camera, spacing_sentence(self.setup, camera))


@dataclass(frozen=True)
class Film:
    """One radiograph, ready to be compared with a rendered one.

    Attributes
    ----------
    view : str
        "frontal" or "lateral".
    values : (rows, columns) array
        Larger where more is in the way of the rays; affine in the way through bone, in any unit.
    camera : Camera
    spacing : str
        Which size of a pixel was used and where it was written, for people.
    """

    view: str
    values: FloatArray
    camera: Camera
    spacing: str = ""

    @property
    def pixel_mm(self) -> float:
        """Size of a pixel at the patient, mm, along the columns."""
        return float(np.linalg.norm(self.camera.source) / self.camera.focal[0])

    def cropped(self, first: tuple[int, int], size: tuple[int, int]) -> Film:
        """Return a rectangle of the film that begins at column and row `first` and has `size` columns and rows."""
        (left, top), (width, height) = first, size
        values = self.values[top : top + height, left : left + width]
        return replace(self, values=values, camera=self.camera.cropped(first, size))

    def reduced(self, factor: int) -> Film:
        """Return the film whose pixels are the means of `factor` times `factor` pixels; what is left over at the rim is cut."""
        return replace(self, values=means(self.values, factor), camera=self.camera.scaled(factor))


def means(values: FloatArray, factor: int, axes: int = 2) -> FloatArray:
    """Return the means of `factor` values along each of the first axes; what is left over at the end is cut."""
    for axis in range(axes):
        count = values.shape[axis] // factor
        blocks = np.moveaxis(values, axis, 0)[: count * factor].reshape(count, factor, *np.delete(values.shape, axis))
        values = np.moveaxis(blocks.mean(axis=1), 0, axis)
    return values
