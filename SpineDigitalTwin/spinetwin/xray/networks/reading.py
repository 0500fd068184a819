"""A film as the network reads it: columns to the left or the back, pixels of a millimetre; and the way back to the film."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ...errors import ParameterError
from ...geometry import FloatArray
from ..films import Film
from .contrast import Float32, local_contrast

MULTIPLE = 32
"""Rows and columns that the network sees are multiples of this."""

LARGEST = 4096
"""Most rows or columns that it is given: four metres."""

_TOWARDS = {"frontal": np.array([-1.0, 0.0, 0.0]), "lateral": np.array([0.0, -1.0, 0.0])}
_DOWN = np.array([0.0, 0.0, -1.0])


@dataclass(frozen=True)
class Reading:
    """A film on the network's pixels.

    Attributes
    ----------
    view : str
    values : (rows, columns) array of float32
        Local contrast; what was added at the right and at the bottom is 0.
    film_px : (2,) array
        Pixels of the film along columns and rows for one of the network's.
    size : (int, int)
        Columns and rows of the film.
    turned : (bool, bool)
        Whether columns and rows are counted from the other side.
    mirrored : bool
        Whether what it calls right is left: on a lateral film whose source was on the left.
    """

    view: str
    values: Float32
    film_px: FloatArray
    size: tuple[int, int]
    turned: tuple[bool, bool]
    mirrored: bool

    def on_film(self, pixels: FloatArray) -> FloatArray:
        """Return places (..., 2) of the network's pixels on the film."""
        there = (pixels + 0.5) * self.film_px - 0.5
        return np.where(self.turned, np.array(self.size) - 1.0 - there, there)


def reading_of(film: Film, pixel_mm: float) -> Reading:
    """Return a film as the network reads it.

    Parameters
    ----------
    film : Film
    pixel_mm : float
        Size of the network's pixels at the patient's middle.

    Raises
    ------
    ParameterError
        If the film is larger than any person.
    """
    camera = film.camera
    across, down = camera.axes[0], camera.axes[1]
    turned = bool(across @ _TOWARDS[film.view] < 0), bool(down @ _DOWN < 0)
    film_px = pixel_mm * np.linalg.norm(camera.derivative(np.zeros(3)), axis=1)
    columns, rows = (max(1, round(size / step)) for size, step in zip(camera.size, film_px, strict=True))
    if max(columns, rows) > LARGEST:
        raise ParameterError(
            f"The {film.view} film would be {columns * pixel_mm / 1000:.1f} by {rows * pixel_mm / 1000:.1f} m large.",
            "Check the size of its pixels.",
        )
    values = film.values[:: -1 if turned[1] else 1, :: -1 if turned[0] else 1]
    small = local_contrast(_resampled(values, film_px, (rows, columns)))
    mirrored = film.view == "lateral" and bool(camera.source[0] < 0)
    return Reading(film.view, _padded(small), film_px, camera.size, turned, mirrored)


def _resampled(values: FloatArray, film_px: FloatArray, size: tuple[int, int]) -> FloatArray:
    """Return an image of so many rows and columns, whose pixels are as many of the given ones wide and high."""
    from scipy.ndimage import affine_transform, gaussian_filter

    steps = film_px[::-1]
    smooth = gaussian_filter(values, 0.4 * np.maximum(steps - 1.0, 0.0), mode="nearest")
    return np.asarray(affine_transform(smooth, steps, 0.5 * steps - 0.5, output_shape=size, order=1, mode="nearest"))


def _padded(values: Float32) -> Float32:
    rows, columns = values.shape
    return np.pad(values, ((0, -rows % MULTIPLE), (0, -columns % MULTIPLE)))
